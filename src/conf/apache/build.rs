//! Directives of a section, turned into what the section says.
//!
//! Behaviour of httpd 2.4.71: `server/config.c:invoke_cmd` and each module's commands. What the server would not start with, or
//! would answer 500 for in a `.htaccess` file, is an error with its words.

use std::rc::Rc;

use crate::conf::Trouble;
use crate::conf::apache::builder::Builder;
use crate::conf::apache::directive::{Directive, Said, argument, said, text};
use crate::conf::apache::directives::{self, Known};
use crate::conf::apache::mapping;
use crate::conf::apache::methods::EVERY;
use crate::conf::apache::require::{Group, Open};
use crate::conf::apache::rules::{
    Conditional, Limited, Matcher, Merging, Node, NodeKind, Provider, ProviderKind, Rules, Section,
};
use crate::conf::apache::{Allowed, compat, expr, lex, misplaced, options, setenvif};

/// The bit that is taken off where a group of `Require` stands, as a mark of its own.
const TOP: Limited = 1 << 63;

/// Where directives stand.
#[derive(Clone, Copy)]
pub(super) struct Context<'c> {
    /// Outside sections of folders, files and locations.
    pub(super) server: bool,
    /// The methods of the `<Limit>` around.
    pub(super) limited: Limited,
    /// The path of the location around, and whether it is a regular expression.
    pub(super) location: Option<(&'c [u8], bool)>,
    /// In a `.htaccess` file: what may stand there.
    pub(super) htaccess: Option<&'c Allowed>,
    /// The name of the innermost section around, with its `<`, as registered.
    pub(super) parent: Option<&'static str>,
}

impl<'c> Context<'c> {
    /// Within a section that stands here.
    pub(super) fn within(self, section: &Directive) -> Context<'c> {
        Self { parent: directives::find(&section.name).first().map(|known| known.name), ..self }
    }

    /// Refuses a section that may not stand in `<Limit>` or `<Location>`.
    fn refuses(self, section: &Directive, in_location: bool) -> Result<(), Trouble> {
        let title = text(&section.written);
        if self.limited != EVERY {
            return Err(section.trouble(format!("{title}> cannot occur within <Limit> or <LimitExcept> section")));
        }
        match self.location {
            Some((_, regex)) if in_location => {
                let around = if regex { "<LocationMatch>" } else { "<Location>" };
                Err(section.trouble(format!("{title}> cannot occur within {around} section")))
            }
            _ => Ok(()),
        }
    }

    pub(super) const SERVER: Self = Self { server: true, limited: EVERY, location: None, htaccess: None, parent: None };
    pub(super) const FOLDER: Self =
        Self { server: false, limited: EVERY, location: None, htaccess: None, parent: None };
}

impl Builder<'_> {
    /// What a `.htaccess` file says.
    pub fn htaccess(&mut self, block: &[Directive], allowed: &Allowed) -> Result<Rules, Trouble> {
        self.section(block, Context { htaccess: Some(allowed), ..Context::FOLDER })
    }

    /// What a section says. One of the server's configuration may not consist of negations only.
    pub(super) fn section(&mut self, block: &[Directive], context: Context<'_>) -> Result<Rules, Trouble> {
        let mut rules = Rules::default();
        self.fill(&mut rules, block, context)?;
        if let Some(node) = rules.require.as_ref().filter(|_| context.htaccess.is_none()) {
            some_positive(node)?;
        }
        Ok(rules)
    }

    /// Adds directives to what a section says.
    pub(super) fn fill(&mut self, rules: &mut Rules, block: &[Directive], context: Context<'_>) -> Result<(), Trouble> {
        let mut open = Open::new(false);
        self.block(rules, &mut open, block, context)?;
        if let Some(first) = open.children.first() {
            let place = first.place.clone();
            rules.require =
                Some(Node { limited: open.limited, negated: false, kind: NodeKind::Any(open.children), place });
        }
        Ok(())
    }

    fn block(
        &mut self,
        rules: &mut Rules,
        open: &mut Open,
        block: &[Directive],
        context: Context<'_>,
    ) -> Result<(), Trouble> {
        for directive in block {
            if self.admits(directive, context)? {
                self.one(rules, open, directive, context)?;
            }
        }
        Ok(())
    }

    /// Whether a directive counts where it stands.
    pub(super) fn admits(&self, directive: &Directive, context: Context<'_>) -> Result<bool, Trouble> {
        let loaded: Vec<&Known> =
            directives::find(&directive.name).iter().filter(|known| self.has(known.module)).collect();
        let Some(known) = loaded.first() else {
            let pass = context.htaccess.is_some_and(|allowed| allowed.pass_unknown);
            if pass || !self.settings.foreign.is_empty() {
                return Ok(false);
            }
            return Err(directive.trouble(format!(
                "Invalid command '{}', perhaps misspelled or defined by a module not included in the server configuration",
                text(&directive.written)
            )));
        };
        if let Some(allowed) = context.htaccess {
            return allowed.admits(known, directive, context.parent);
        }
        if loaded.iter().any(|known| if context.server { known.in_server } else { known.in_folder }) {
            return Ok(true);
        }
        Err(misplaced(known, directive, context.parent))
    }

    fn one(
        &mut self,
        rules: &mut Rules,
        open: &mut Open,
        directive: &Directive,
        context: Context<'_>,
    ) -> Result<(), Trouble> {
        match directive.name.as_slice() {
            b"require" => open.require(directive, context.limited, self)?,
            b"<requireany" | b"<requireall" | b"<requirenone" => self.group(rules, open, directive, context)?,
            b"<limit" | b"<limitexcept" => self.limit(rules, open, directive, context)?,
            b"<files" | b"<filesmatch" => rules.files.push(Rc::new(self.files(directive, context)?)),
            b"<if" | b"<elseif" | b"<else" => {
                let conditional = self.conditional(directive, context)?;
                if conditional.otherwise && rules.ifs.last().is_none_or(|before| before.condition.is_none()) {
                    let message = "<Else> or <ElseIf> section without previous <If> or <ElseIf> section in same scope";
                    return Err(directive.trouble(message));
                }
                rules.ifs.push(Rc::new(conditional));
            }
            b"authbasicprovider" => self.providers(rules, directive)?,
            b"order" | b"allow" | b"deny" | b"satisfy" => compat::read(rules, directive, context.limited)?,
            b"setenvif" | b"setenvifnocase" | b"setenvifexpr" | b"browsermatch" | b"browsermatchnocase" => {
                rules.variables.push(Rc::new(setenvif::read(directive)?));
            }
            name if name.starts_with(b"anonymous") => anonymous(rules, directive)?,
            name if name.starts_with(b"rewrite") => {
                rules.rewrite.get_or_insert_default().take(directive)?;
            }
            _ => self.value(rules, directive, context)?,
        }
        Ok(())
    }

    /// Directives with a value of their own.
    fn value(&self, rules: &mut Rules, directive: &Directive, context: Context<'_>) -> Result<(), Trouble> {
        let place = || directive.place.clone();
        match directive.name.as_slice() {
            b"authtype" => {
                rules.auth_type =
                    Some(said(argument(directive, "an HTTP authorization type (e.g., \"Basic\")")?, directive));
            }
            b"authname" => {
                let name = argument(directive, "the authentication realm (e.g. \"Members Only\")")?;
                rules.auth_name = Some(said(name, directive));
            }
            b"authuserfile" => {
                let name = argument(directive, "text file containing user IDs and passwords")?;
                rules.user_file = Some(said(self.settings.rooted(&name), directive));
            }
            b"authgroupfile" => {
                let name = argument(directive, "text file containing group names and member user IDs")?;
                rules.group_file = Some(said(self.settings.rooted(&name), directive));
            }
            b"authbasicauthoritative" => rules.authoritative = Some(said(flag(directive)?, directive)),
            b"authzsendforbiddenonfailure" => rules.forbidden = Some(flag(directive)?),
            b"authbasicusedigestalgorithm" => {
                let name = argument(directive, "Set to 'MD5' or 'Off'")?;
                let md5 = match name.to_ascii_lowercase().as_slice() {
                    b"md5" => true,
                    b"off" => false,
                    _ => {
                        let message = format!("Invalid algorithm in AuthBasicUseDigestAlgorithm: {}", text(&name));
                        return Err(directive.trouble(message));
                    }
                };
                rules.digest = Some(said(md5, directive));
            }
            b"authmerging" => {
                rules.merging = match argument(
                    directive,
                    "controls how a <Directory>, <Location>, or similar \
                    directive's authorization directives are combined with those of its predecessor",
                )?
                .to_ascii_lowercase()
                .as_slice()
                {
                    b"off" => Merging::Off,
                    b"and" => Merging::And,
                    b"or" => Merging::Or,
                    _ => return Err(directive.trouble("AuthMerging must be one of: Off | And | Or")),
                };
            }
            b"allowoverride" => rules.allow = Some(options::overrides(directive)?),
            b"allowoverridelist" => {
                let words = directive.words();
                let none = words.iter().any(|word| word.eq_ignore_ascii_case(b"none"));
                let list = words.iter().map(|word| word.to_ascii_lowercase()).filter(|_| !none);
                rules.allow_list = Some(list.collect());
            }
            b"options" => options::read(&mut rules.options, directive)?,
            b"directoryindex" => {
                let words = directive.words();
                if words.len() == 1 && words[0].eq_ignore_ascii_case(b"disabled") {
                    rules.index = Some(Vec::new());
                } else {
                    rules.index.get_or_insert_default().extend(words);
                }
            }
            b"directoryslash" => rules.slash = Some(flag(directive)?),
            b"sethandler" => {
                let words = directive.words();
                rules.handler = words.into_iter().next().map(|word| said(word, directive));
            }
            b"alias" | b"scriptalias" if context.location.is_some() => {
                rules.alias = directive.words().into_iter().next().map(|word| said(word, directive));
            }
            b"proxypass" | b"proxypassmatch" if context.location.is_some() => {
                rules.pass = Some(Rc::new(mapping::pass(directive, context.location)?));
            }
            name if decides(name, &directive.args) => {
                rules.foreign.retain(|one| one.value != name);
                rules.foreign.push(Said { value: name.to_vec(), place: place() });
            }
            _ => {}
        }
        Ok(())
    }

    fn group(
        &mut self,
        rules: &mut Rules,
        open: &mut Open,
        directive: &Directive,
        context: Context<'_>,
    ) -> Result<(), Trouble> {
        let Some(group) = Group::of(&directive.name) else { return Ok(()) };
        if !directive.section_args()?.trim_ascii().is_empty() {
            let message = format!("{}> directive doesn't take additional arguments", text(&directive.written));
            return Err(directive.trouble(message));
        }
        let mut inner = Open::new(group == Group::All);
        let context = Context { limited: context.limited & !TOP, ..context.within(directive) };
        self.block(rules, &mut inner, &directive.block, context)?;
        open.group(group, inner, directive)
    }

    fn limit(
        &mut self,
        rules: &mut Rules,
        open: &mut Open,
        directive: &Directive,
        context: Context<'_>,
    ) -> Result<(), Trouble> {
        context.refuses(directive, false)?;
        let title = text(&directive.written);
        let except = directive.name == b"<limitexcept";
        let words = lex::words(directive.section_args()?);
        if words.is_empty() {
            return Err(directive.trouble(format!("{title}> directive requires additional arguments")));
        }
        let mut named = 0;
        for method in words {
            if method == b"TRACE" && !except {
                return Err(directive.trouble("TRACE cannot be controlled by <Limit>, see TraceEnable"));
            }
            let known = self.methods.known(&method);
            let bit = if context.htaccess.is_some() { known } else { known.or_else(|| self.methods.register(&method)) };
            let Some(bit) = bit else {
                let message =
                    format!("Could not register method '{}' for {title} from .htaccess configuration", text(&method));
                return Err(directive.trouble(message));
            };
            named |= bit;
        }
        let limited = if except { !named } else { named };
        self.block(rules, open, &directive.block, Context { limited, ..context.within(directive) })
    }

    fn files(&mut self, directive: &Directive, context: Context<'_>) -> Result<Section, Trouble> {
        context.refuses(directive, true)?;
        let inner = Context { server: false, ..context.within(directive) };
        let (matcher, title) = named(directive, "<Files")?;
        let rules = self.section(&directive.block, inner)?;
        Ok(Section { matcher, title, rules, place: directive.place.clone() })
    }

    fn conditional(&mut self, directive: &Directive, context: Context<'_>) -> Result<Conditional, Trouble> {
        context.refuses(directive, false)?;
        let mut args = directive.section_args()?;
        let title = format!("{} {}>", text(&directive.written), text(args));
        let condition = (directive.name != b"<else").then(|| lex::word(&mut args));
        if condition.as_ref().is_some_and(Vec::is_empty) {
            let message = format!("{}> directive requires additional arguments", text(&directive.written));
            return Err(directive.trouble(message));
        }
        if condition.is_none() && !args.trim_ascii().is_empty() {
            return Err(directive.trouble("<Else> does not take an argument"));
        }
        let otherwise = directive.name != b"<if";
        let rules = self.section(&directive.block, Context { server: false, ..context.within(directive) })?;
        if !args.is_empty() {
            let message = format!("Multiple {}> arguments not supported.", text(&directive.written));
            return Err(directive.trouble(message));
        }
        let condition = condition.map(|condition| expr::condition(&condition));
        Ok(Conditional { condition, title, otherwise, rules, place: directive.place.clone() })
    }

    fn providers(&self, rules: &mut Rules, directive: &Directive) -> Result<(), Trouble> {
        let words = directive.words();
        if words.is_empty() {
            let message = "AuthBasicProvider requires at least one argument, specify the auth providers for a directory or location";
            return Err(directive.trouble(message));
        }
        let list = rules.providers.get_or_insert_with(|| said(Vec::new(), directive));
        for name in words.into_iter().take_while(|name| !name.is_empty()) {
            let kind = self.provider(&name, directive)?;
            list.value.push(Provider { name, kind });
        }
        Ok(())
    }

    /// The provider of this name.
    pub(super) fn provider(&self, name: &[u8], directive: &Directive) -> Result<ProviderKind, Trouble> {
        if let Some(alias) = self.authn_aliases.get(name) {
            return Ok(alias.clone());
        }
        let module = match name {
            b"file" => "mod_authn_file.c",
            b"anon" => "mod_authn_anon.c",
            b"dbm" => "mod_authn_dbm.c",
            b"dbd" => "mod_authn_dbd.c",
            b"ldap" => "mod_authnz_ldap.c",
            b"socache" => "mod_authn_socache.c",
            b"external" => "mod_authnz_external.c",
            _ => "",
        };
        let there = self.has(module) || (module.is_empty() && !self.settings.foreign.is_empty());
        if !there {
            return Err(directive.trouble(format!("Unknown Authn provider: {}", text(name))));
        }
        Ok(match name {
            b"file" => ProviderKind::File,
            b"anon" => ProviderKind::Anon,
            _ => ProviderKind::Foreign,
        })
    }
}

/// What a section names: plainly, with wildcards, or by a regular expression.
pub(super) fn named(directive: &Directive, plain: &str) -> Result<(Matcher, String), Trouble> {
    let mut args = directive.section_args()?;
    let title = format!("{} {}>", text(&directive.written), text(args));
    let mut word = lex::word(&mut args);
    let mut regex = !directive.name.eq_ignore_ascii_case(plain.as_bytes());
    if word == b"~" && !regex {
        word = lex::word(&mut args);
        regex = true;
    }
    if title.trim_end_matches('>').split_whitespace().count() < 2 {
        return Err(directive.trouble(format!("{}> directive requires additional arguments", text(&directive.written))));
    }
    if !args.is_empty() {
        let message = format!("Multiple {}> arguments not (yet) supported.", text(&directive.written));
        return Err(directive.trouble(message));
    }
    Ok((if regex { Matcher::regex(word) } else { Matcher::named(word) }, title))
}

fn flag(directive: &Directive) -> Result<bool, Trouble> {
    let mut args = &directive.args[..];
    match lex::word(&mut args).to_ascii_lowercase().as_slice() {
        b"on" => Ok(true),
        b"off" => Ok(false),
        _ => {
            let name = directives::find(&directive.name).first().map_or("", |known| known.name);
            Err(directive.trouble(format!("{name} must be On or Off")))
        }
    }
}

fn anonymous(rules: &mut Rules, directive: &Directive) -> Result<(), Trouble> {
    let anonymous = rules.anonymous.get_or_insert_default();
    match directive.name.as_slice() {
        b"anonymous" => {
            for user in directive.words() {
                if user == b"*" { anonymous.any_user = true } else { anonymous.users.push(user) }
            }
        }
        b"anonymous_nouserid" => anonymous.no_user = flag(directive)?,
        b"anonymous_mustgiveemail" => anonymous.must_give = flag(directive)?,
        b"anonymous_verifyemail" => anonymous.verify = flag(directive)?,
        b"anonymous_logemail" => anonymous.log = flag(directive)?,
        _ => {}
    }
    Ok(())
}

/// Whether a directive of this name may refuse or admit on its own.
fn decides(name: &[u8], args: &[u8]) -> bool {
    const HOOKS: &[&[u8]] = &[
        b"sslrequire",
        b"sslrequiressl",
        b"allowmethods",
        b"luahookaccesschecker",
        b"luahookaccesscheckerex",
        b"luahookauthchecker",
        b"luahookcheckuserid",
        b"perlaccesshandler",
        b"perlauthenhandler",
        b"perlauthzhandler",
        b"wsgiaccessscript",
        b"wsgiauthuserscript",
        b"wsgiauthgroupscript",
        b"mellonenable",
    ];
    let required = name == b"sslverifyclient" && args.to_ascii_lowercase().starts_with(b"require");
    required || HOOKS.contains(&name)
}

/// Refuses groups in which nothing could be granted.
fn some_positive(node: &Node) -> Result<(), Trouble> {
    let (NodeKind::Any(children) | NodeKind::All(children)) = &node.kind else { return Ok(()) };
    for child in children {
        some_positive(child)?;
    }
    if children.iter().all(|child| child.negated) {
        let message = "<RequireAll> directive contains only negative authorization directives".to_owned();
        return Err(Trouble { place: node.place.clone(), message });
    }
    Ok(())
}

//! Directives with a value of their own, within sections.
//!
//! Behaviour of httpd 2.4.71: each module's commands.

use std::rc::Rc;

use crate::conf::Trouble;
use crate::conf::apache::build::Context;
use crate::conf::apache::builder::Builder;
use crate::conf::apache::directive::{Directive, Said, argument, said, text};
use crate::conf::apache::mapping::LocationAlias;
use crate::conf::apache::rules::{Merging, Provider, ProviderKind, Rules};
use crate::conf::apache::{directives, lex, mapping, options};

impl Builder<'_> {
    /// Directives with a value of their own.
    pub(super) fn value(&self, rules: &mut Rules, directive: &Directive, context: Context<'_>) -> Result<(), Trouble> {
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
                let [real] = &directive.words()[..] else {
                    return Err(directive
                        .trouble(format!("{} cannot occur within <Location> section", text(&directive.written))));
                };
                let fake = context.path.unwrap_or_default().to_vec();
                let script = directive.name == b"scriptalias";
                rules.alias = Some(said(LocationAlias { fake, real: real.clone(), script }, directive));
            }
            b"aliaspreservepath" => rules.preserve_path = Some(flag(directive)?),
            b"redirect" | b"redirectmatch" | b"redirecttemp" | b"redirectpermanent" => {
                match mapping::section_redirect(directive)? {
                    Ok(status) => rules.redirect = Some(said(status, directive)),
                    Err(one) => rules.redirects.push(Rc::new(one)),
                }
            }
            b"proxypass" | b"proxypassmatch" if context.location.is_some() => {
                rules.pass = Some(Rc::new(mapping::pass(directive, context.location)?));
            }
            b"setenv" | b"passenv" | b"unsetenv" => rules.sets_env = true,
            name if decides(name, &directive.args) => {
                rules.foreign.retain(|one| one.value != name);
                rules.foreign.push(Said { value: name.to_vec(), place: place() });
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn providers(&self, rules: &mut Rules, directive: &Directive) -> Result<(), Trouble> {
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
    pub(in crate::conf::apache) fn provider(
        &self,
        name: &[u8],
        directive: &Directive,
    ) -> Result<ProviderKind, Trouble> {
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

pub(super) fn anonymous(rules: &mut Rules, directive: &Directive) -> Result<(), Trouble> {
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

//! Directives of a section, turned into what the section says.
//!
//! Behaviour of httpd 2.4.71: `server/config.c:invoke_cmd` and each module's commands. What the server would not start with, or
//! would answer 500 for in a `.htaccess` file, is an error with its words.

mod sections;
mod values;

use std::rc::Rc;

use crate::conf::Trouble;
use crate::conf::apache::build::values::anonymous;
use crate::conf::apache::builder::Builder;
use crate::conf::apache::directive::{Directive, text};
use crate::conf::apache::directives::{self, Known};
use crate::conf::apache::methods::EVERY;
use crate::conf::apache::require::Open;
use crate::conf::apache::rewrite::Rewrite;
use crate::conf::apache::rules::{Limited, Node, NodeKind, Rules};
use crate::conf::apache::{Allowed, compat, misplaced, setenvif};

pub(super) use crate::conf::apache::build::sections::named;

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
    /// What the section around is about, as mod_rewrite takes it.
    pub(super) path: Option<&'c [u8]>,
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

    pub(super) const SERVER: Self =
        Self { server: true, limited: EVERY, location: None, path: None, htaccess: None, parent: None };
    pub(super) const FOLDER: Self =
        Self { server: false, limited: EVERY, location: None, path: None, htaccess: None, parent: None };
}

impl Builder<'_> {
    /// What the `.htaccess` file of a folder says.
    pub fn htaccess(&mut self, folder: &[u8], block: &[Directive], allowed: &Allowed) -> Result<Rules, Trouble> {
        self.section(block, Context { htaccess: Some(allowed), path: Some(folder), ..Context::FOLDER })
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
                rules.rewrite.get_or_insert_with(|| Rewrite::within(context.path)).take(directive)?;
            }
            _ => self.value(rules, directive, context)?,
        }
        Ok(())
    }
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

//! Sections within sections: groups of `Require`, methods, files, conditions.
//!
//! Behaviour of httpd 2.4.71 `server/core.c` (`filesection`, `ifsection`, `ap_limit_section`) and `modules/aaa/mod_authz_core.c`.

use crate::conf::Trouble;
use crate::conf::apache::build::{Context, TOP};
use crate::conf::apache::builder::Builder;
use crate::conf::apache::directive::{Directive, text};
use crate::conf::apache::require::{Group, Open};
use crate::conf::apache::rules::{Conditional, Matcher, Rules, Section};
use crate::conf::apache::{expr, lex};

impl Builder<'_> {
    pub(super) fn group(
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

    pub(super) fn limit(
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

    pub(super) fn files(&mut self, directive: &Directive, context: Context<'_>) -> Result<Section, Trouble> {
        context.refuses(directive, true)?;
        let inner = Context { server: false, ..context.within(directive) };
        let (matcher, title) = named(directive, "<Files")?;
        let path = matcher.text().to_vec();
        let rules = self.section(&directive.block, Context { path: Some(&path), ..inner })?;
        Ok(Section { matcher, title, rules, place: directive.place.clone() })
    }

    pub(super) fn conditional(&mut self, directive: &Directive, context: Context<'_>) -> Result<Conditional, Trouble> {
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
        let rules =
            self.section(&directive.block, Context { server: false, path: Some(b"*If"), ..context.within(directive) })?;
        if !args.is_empty() {
            let message = format!("Multiple {}> arguments not supported.", text(&directive.written));
            return Err(directive.trouble(message));
        }
        let condition = condition.map(|condition| expr::condition(&condition));
        Ok(Conditional { condition, title, otherwise, rules, place: directive.place.clone() })
    }
}

/// What a section names: plainly, with wildcards, or by a regular expression.
pub(in crate::conf::apache) fn named(directive: &Directive, plain: &str) -> Result<(Matcher, String), Trouble> {
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

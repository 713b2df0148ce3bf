//! mod_rewrite's directives: rules with their conditions, and how those of one section are laid over another's.
//!
//! Behaviour of httpd 2.4.71 `modules/mappers/mod_rewrite.c` (`cmd_rewritecond`, `cmd_rewriterule`, `config_server_merge`,
//! `config_perdir_merge`). Nothing is applied here.

mod condition;
mod flags;
mod line;

use std::rc::Rc;

use regex::bytes::Regex;

use crate::conf::apache::directive::{Directive, text};
use crate::conf::apache::pattern;
use crate::conf::apache::rewrite::line::arguments;
use crate::conf::{Place, Trouble};

pub use crate::conf::apache::rewrite::condition::{Condition, Test};
pub use crate::conf::apache::rewrite::flags::Flags;

/// `RewriteRule`
#[derive(Clone, Debug)]
pub struct Rule {
    /// The pattern; `None` for one that this program can't read.
    pub pattern: Option<Regex>,
    /// The pattern as written, without its `!`.
    pub source: Vec<u8>,
    /// Whether it must not match.
    pub negated: bool,
    /// What the path becomes.
    pub output: Vec<u8>,
    /// What must hold besides, in order.
    pub conditions: Vec<Condition>,
    /// The flags.
    pub flags: Flags,
    /// Where it stands.
    pub place: Place,
}

/// `RewriteOptions`, as far as they matter.
#[allow(clippy::struct_excessive_bools, reason = "the module's own options")]
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// `Inherit`
    pub inherit: bool,
    /// `InheritBefore`
    pub inherit_before: bool,
    /// `InheritDown`
    pub down: bool,
    /// `InheritDownBefore`
    pub down_before: bool,
    /// `IgnoreInherit`
    pub ignore: bool,
    /// `AllowNoSlash`
    pub no_slash: bool,
    /// `MergeBase`
    pub merge_base: bool,
    /// `IgnoreContextInfo`
    pub ignore_context: bool,
    /// `LegacyPrefixDocRoot`
    pub legacy_prefix: bool,
    /// `UnsafePrefixStat`
    pub unsafe_stat: bool,
}

/// mod_rewrite in one context.
#[derive(Clone, Debug, Default)]
pub struct Rewrite {
    /// `RewriteEngine`
    pub on: Option<bool>,
    /// `RewriteOptions`
    pub options: Option<Options>,
    /// `RewriteBase`
    pub base: Option<Vec<u8>>,
    /// What the section is about, with a final slash: what is taken off the file's path; `None` outside sections.
    pub folder: Option<Vec<u8>>,
    /// The rules.
    pub rules: Vec<Rc<Rule>>,
    /// `RewriteMap`: names and what they read.
    pub maps: Vec<(Vec<u8>, Vec<u8>)>,
    /// Conditions that wait for their rule.
    waiting: Vec<Condition>,
}

impl Rewrite {
    /// In a section about this path.
    #[must_use]
    pub fn within(path: Option<&[u8]>) -> Self {
        let folder = path.map(|path| if path.ends_with(b"/") { path.to_vec() } else { [path, b"/"].concat() });
        Self { folder, ..Self::default() }
    }

    /// The switch and the options alone, which folders take over.
    #[must_use]
    pub fn switch(&self) -> Self {
        Self { on: self.on, options: self.options, ..Self::default() }
    }

    /// The inner context's directives over the outer one's: the switch is inherited, the rules only where it is said.
    #[must_use]
    pub fn over(own: Option<&Self>, base: Option<&Self>) -> Option<Self> {
        let (own, base) = match (own, base) {
            (Some(own), Some(base)) => (own, base),
            (own, base) => return own.or(base).cloned(),
        };
        let mut merged = own.clone();
        merged.on = own.on.or(base.on);
        merged.options = own.options.or(base.options);
        let options = merged.options.unwrap_or_default();
        let outer = base.options.unwrap_or_default();
        if options.merge_base {
            merged.base = own.base.clone().or_else(|| base.base.clone());
        }
        if options.inherit || (outer.down && !options.ignore) {
            merged.rules.extend(base.rules.iter().cloned());
            merged.maps.extend(base.maps.iter().cloned());
        } else if options.inherit_before || (outer.down_before && !options.ignore) {
            merged.rules = [&base.rules[..], &own.rules].concat();
            merged.maps.extend(base.maps.iter().cloned());
        }
        Some(merged)
    }

    /// Adds a directive of the module.
    pub fn take(&mut self, directive: &Directive) -> Result<(), Trouble> {
        match directive.name.as_slice() {
            b"rewriteengine" => {
                self.on = Some(match directive.words().first().map(|word| word.to_ascii_lowercase()).as_deref() {
                    Some(b"on") => true,
                    Some(b"off") => false,
                    _ => return Err(directive.trouble("RewriteEngine must be On or Off")),
                });
            }
            b"rewriteoptions" => self.option(directive)?,
            b"rewritebase" => {
                let Some(word) = directive.words().into_iter().next().filter(|_| self.folder.is_some()) else {
                    return Err(directive.trouble("RewriteBase: only valid in per-directory config files"));
                };
                if !word.starts_with(b"/") {
                    return Err(directive.trouble(if word.is_empty() {
                        "RewriteBase: empty URL not allowed"
                    } else {
                        "RewriteBase: argument is not a valid URL"
                    }));
                }
                self.base = Some(word);
            }
            b"rewritecond" => self.waiting.push(Condition::read(directive)?),
            b"rewriterule" => {
                let rule = Rule::read(directive, std::mem::take(&mut self.waiting))?;
                self.rules.push(Rc::new(rule));
            }
            b"rewritemap" => {
                if let [name, source, ..] = &directive.words()[..] {
                    self.maps.push((name.clone(), source.clone()));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn option(&mut self, directive: &Directive) -> Result<(), Trouble> {
        let options = self.options.get_or_insert_default();
        for word in directive.words() {
            let lower = word.to_ascii_lowercase();
            match lower.as_slice() {
                b"inherit" => options.inherit = true,
                b"inheritbefore" => options.inherit_before = true,
                b"inheritdown" => options.down = true,
                b"inheritdownbefore" => options.down_before = true,
                b"ignoreinherit" => options.ignore = true,
                b"allownoslash" => options.no_slash = true,
                b"mergebase" => options.merge_base = true,
                b"ignorecontextinfo" => options.ignore_context = true,
                b"legacyprefixdocroot" => options.legacy_prefix = true,
                b"unsafeprefixstat" => options.unsafe_stat = true,
                b"allowanyuri" | b"longuriallowed" => {}
                _ if lower.starts_with(b"maxredirects=") => {}
                _ => return Err(directive.trouble(format!("RewriteOptions: unknown option '{}'", text(&word)))),
            }
        }
        Ok(())
    }
}

impl Rule {
    fn read(directive: &Directive, conditions: Vec<Condition>) -> Result<Self, Trouble> {
        let line = arguments(directive, "RewriteRule")?;
        let mut flags = match &line.flags {
            Some(flags) => Flags::of_rule(flags).map_err(|message| directive.trouble(message))?,
            None => Flags::default(),
        };
        let negated = line.first.starts_with(b"!");
        let source = line.first[usize::from(negated)..].to_vec();
        let pattern = pattern::regex(&source, flags.caseless);
        let mut output = line.second;
        flags.no_output |= output == b"-";
        if output.ends_with(b"?") {
            if flags.args_append {
                flags.args_last = true;
            } else {
                flags.args_none = true;
                output.pop();
            }
        } else if flags.args_discard && !output.contains(&b'?') {
            flags.args_none = true;
        }
        Ok(Self { pattern, source, negated, output, conditions, flags, place: directive.place.clone() })
    }
}

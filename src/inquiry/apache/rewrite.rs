//! mod_rewrite's rules, applied to a request: which match, and what they make of the path.
//!
//! Behaviour of httpd 2.4.71 `modules/mappers/mod_rewrite.c` (`apply_rewrite_list`, `apply_rewrite_rule`). Where a condition can't be
//! told, both answers are tried.

mod condition;
mod expand;
mod folder;
mod server;
mod text;

use std::rc::Rc;

use crate::conf::apache::rewrite::{Flags, Rule};
use crate::inquiry::apache::rewrite::text::{absolute, is_absolute, reduced, split_args};
use crate::inquiry::apache::setenvif::Variable;
use crate::inquiry::apache::{Run, Stop, Target, shown, unmodelled};
use crate::trace::Level;

pub(super) use crate::inquiry::apache::rewrite::folder::After;

/// The path's length that the module gives up at: twice the longest request line.
const LONGEST: usize = 16_380;

/// What a regular expression captured.
#[derive(Clone, Debug)]
enum Captured {
    Nothing,
    Parts(Vec<Vec<u8>>),
    Unknown,
}

impl Captured {
    fn of(found: &regex::bytes::Captures<'_>) -> Self {
        Self::Parts((0..10).map(|at| found.get(at).map_or(Vec::new(), |part| part.as_bytes().to_vec())).collect())
    }
}

/// What the rules made of a request.
enum Outcome {
    /// Nothing.
    Same,
    /// Another path.
    Changed,
    /// An answer.
    Status(u16),
}

/// What one rule did.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Applied {
    No,
    Kept,
    Changed,
    Refused,
}

/// The rules at work.
struct Engine<'e, 'r> {
    run: &'e mut Run<'r>,
    /// The folder whose rules they are; `None` outside folders.
    folder: Option<&'e [u8]>,
    /// `r->filename`
    file: Vec<u8>,
    /// `r->path_info`
    info: Vec<u8>,
    /// `r->args`
    args: Vec<u8>,
    /// What the pattern is held against.
    uri: Vec<u8>,
    by_rule: Captured,
    by_condition: Captured,
    /// Whether the address of this server was taken off.
    reduced: bool,
    /// The rule that changed the path last.
    last: Option<Rc<Rule>>,
}

impl<'e, 'r> Engine<'e, 'r> {
    fn new(run: &'e mut Run<'r>, folder: Option<&'e [u8]>, target: Option<&Target>) -> Self {
        let (file, info) = match target {
            Some(target) => (target.file.clone(), target.info.clone()),
            None => (run.path.clone(), Vec::new()),
        };
        let args = run.args.clone();
        let (by_rule, by_condition) = (Captured::Nothing, Captured::Nothing);
        Self { run, folder, file, info, args, uri: Vec::new(), by_rule, by_condition, reduced: false, last: None }
    }

    /// Applies the rules in order.
    fn list(&mut self, rules: &[Rc<Rule>]) -> Result<Outcome, Stop> {
        let mut outcome = Outcome::Same;
        let (mut at, mut round) = (0, 1);
        while let Some(rule) = rules.get(at) {
            at += 1;
            if self.run.within > 0 && (rule.flags.not_within || rule.flags.redirect) {
                continue;
            }
            let applied = self.apply(rule)?;
            if applied == Applied::No {
                let mut chained = rule.flags.chain;
                while chained {
                    chained = rules.get(at).is_some_and(|next| next.flags.chain);
                    at += 1;
                }
                continue;
            }
            let flags = &rule.flags;
            if !flags.no_output {
                self.last = Some(Rc::clone(rule));
            }
            if self.file.len() > LONGEST {
                self.complain(rule, b"RewriteRule '", b"' exceeded maximum length (16380)");
                return Ok(Outcome::Status(500));
            }
            if applied == Applied::Refused {
                self.tell(rule, "a question mark that the client sent would begin the arguments");
                return Ok(Outcome::Status(403));
            }
            if flags.answers {
                self.tell(rule, &format!("answers {}", flags.status));
                return Ok(Outcome::Status(flags.status));
            }
            if applied == Applied::Changed {
                self.tell(rule, &format!("makes it {}", shown(&self.file)));
                outcome = Outcome::Changed;
            }
            if flags.pass_through {
                self.file.splice(0..0, *b"passthrough:");
                outcome = Outcome::Changed;
                break;
            }
            if flags.end {
                self.run.ended = true;
                break;
            }
            if flags.proxy || flags.last {
                break;
            }
            if flags.next {
                round += 1;
                if round >= flags.rounds {
                    let rounds = flags.rounds;
                    let text = format!("' exceeded maximum number of rounds ({rounds}) via the [N] flag");
                    self.complain(rule, b"AH02596: RewriteRule '", text.as_bytes());
                    return Ok(Outcome::Status(500));
                }
                at = 0;
                continue;
            }
            at = at.saturating_add(flags.skip);
        }
        Ok(outcome)
    }

    fn complain(&mut self, rule: &Rule, before: &[u8], after: &[u8]) {
        let path = self.run.path.clone();
        self.run.says(Level::Error, &[before, &rule.source, b"' and URI '", &path, after]);
    }

    fn tell(&mut self, rule: &Rule, what: &str) {
        let place = rule.place.clone();
        let text = format!("RewriteRule holds for {}: {what}", shown(&self.uri));
        self.run.link(Some(&place), "rewrite", text);
    }

    /// One rule.
    fn apply(&mut self, rule: &Rule) -> Result<Applied, Stop> {
        let flags = &rule.flags;
        self.uri.clone_from(&self.file);
        if let Some(folder) = self.folder {
            self.uri.extend_from_slice(&self.info);
            if let Some(rest) = self.uri.strip_prefix(folder) {
                self.uri = rest.to_vec();
            }
        }
        let found = if let Some(pattern) = &rule.pattern {
            pattern.captures(&self.uri).map(|found| Captured::of(&found))
        } else {
            let matches = self.run.either(&rule.place, "a regular expression that this program can't read")?;
            matches.then_some(Captured::Unknown)
        };
        if found.is_some() == rule.negated {
            return Ok(Applied::No);
        }
        self.by_condition = Captured::Nothing;
        self.by_rule = found.unwrap_or(Captured::Nothing);
        if !self.conditions(&rule.conditions)? {
            return Ok(Applied::No);
        }
        let output = if flags.no_output { None } else { Some(self.output(rule)?) };
        if let Some((_, true)) = output {
            self.run.says(Level::Error, &[b"AH10508: Unsafe URL with %3f URL rewritten without UnsafeAllow3F"]);
            return Ok(Applied::Refused);
        }
        self.set_variables(flags);
        let Some((output, _)) = output else {
            self.force_handler(flags);
            return Ok(Applied::Kept);
        };
        self.changed(rule, output)?;
        Ok(Applied::Changed)
    }

    /// What the rule makes of the path, and whether a question mark came in that may not.
    fn output(&mut self, rule: &Rule) -> Result<(Vec<u8>, bool), Stop> {
        let flags = &rule.flags;
        let Some(expanded) = self.expanded(&rule.output, Some(flags)) else {
            return Err(unmodelled(Some(&rule.place), "what this RewriteRule makes of the path"));
        };
        let mark = if flags.args_last { expanded.marks.last() } else { expanded.marks.first() };
        Ok((expanded.text, !flags.unsafe_mark && mark == Some(&true)))
    }

    fn changed(&mut self, rule: &Rule, mut output: Vec<u8>) -> Result<(), Stop> {
        let flags = &rule.flags;
        let mut prefixed = false;
        if !output.starts_with(b"/") && is_absolute(&output).is_none() {
            if let Some(folder) = self.folder {
                output.splice(0..0, folder.iter().copied());
                prefixed = true;
            } else if !flags.proxy && !flags.redirect {
                output.insert(0, b'/');
                prefixed = true;
            }
        }
        self.file = output;
        if self.folder.is_some() && flags.discard_info {
            self.info.clear();
        }
        split_args(&mut self.file, &mut self.args, flags);
        if flags.proxy {
            self.file = [b"proxy:", &absolute(self.run, &self.file)[..]].concat();
            return Ok(());
        }
        if flags.redirect {
            self.file = absolute(self.run, &self.file);
            return Ok(());
        }
        if let Some(path) = reduced(self.run, &self.file, rule)? {
            self.file = path;
            self.reduced = true;
        }
        if is_absolute(&self.file).is_some() {
            return Ok(());
        }
        if !flags.no_merge && !prefixed && !rule.output.starts_with(b"//") {
            while self.file.starts_with(b"//") {
                self.file.remove(0);
            }
        }
        self.force_handler(flags);
        Ok(())
    }

    fn set_variables(&mut self, flags: &Flags) {
        for one in &flags.variables {
            let Some(text) = self.expanded(one, None) else {
                let name = crate::bytes::split_once(one, b':').map_or(&one[..], |(name, _)| name);
                self.run.variables.insert(name.to_ascii_lowercase(), Variable::Unknown);
                continue;
            };
            let text = text.text;
            if let Some(name) = text.strip_prefix(b"!") {
                self.run.variables.insert(name.to_ascii_lowercase(), Variable::Unset);
                continue;
            }
            let (name, value) = crate::bytes::split_once(&text, b':').unwrap_or((&text, b""));
            self.run.variables.insert(name.to_ascii_lowercase(), Variable::Set(Some(value.to_vec())));
        }
    }

    fn force_handler(&mut self, flags: &Flags) {
        if let Some(handler) = &flags.handler {
            let name = self.expanded(handler, Some(flags)).map(|expanded| expanded.text.to_ascii_lowercase());
            self.run.forced = name.filter(|name| !name.is_empty()).or(self.run.forced.take());
        }
    }
}

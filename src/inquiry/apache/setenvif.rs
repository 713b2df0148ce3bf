//! The variables of a request that `SetEnvIf` and its like set before access is asked for.
//!
//! Behaviour of httpd 2.4.71 `modules/metadata/mod_setenvif.c:match_headers`, which runs once for the server and once for the sections
//! that hold. `SetEnv` comes after access and does not count.

use crate::conf::apache::directive::Directive;
use crate::conf::apache::mapping::substituted;
use crate::conf::apache::setenvif::{Change, SetEnvIf, Test};
use crate::conf::apache::uri;
use crate::inquiry::apache::{Run, Target};

/// What is known of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Variable {
    /// It is not set.
    Unset,
    /// It is set; `None` where the value is not known.
    Set(Option<Vec<u8>>),
    /// It may be set.
    Unknown,
}

impl Run<'_> {
    /// Sets what the server's own directives set. The path is still as it was sent.
    pub(super) fn server_variables(&mut self) {
        let target = uri::without_first_slashes(&self.sent);
        let raw = memchr::memchr(b'?', target).map_or(target, |end| &target[..end]).to_vec();
        for one in &self.host.base.variables {
            self.set(one, &raw, None);
        }
    }

    /// Sets what the sections that hold set.
    pub(super) fn section_variables(&mut self, target: &Target) {
        let own = self.host.base.variables.len();
        let path = self.path.clone();
        for one in target.rules.variables.iter().skip(own) {
            self.set(one, &path, Some(&target.file));
        }
    }

    fn set(&mut self, one: &SetEnvIf, path: &[u8], file: Option<&[u8]>) {
        let (is, filled): (_, Vec<Change>) = match &one.test {
            Test::Expression(condition) => {
                // Captures of expressions are not kept.
                let filled = one.sets.iter().map(|change| match &change.value {
                    Some(value) if memchr::memchr2(b'$', b'\\', value).is_some() => {
                        (Change { name: change.name.clone(), value: None }, true)
                    }
                    _ => (change.clone(), false),
                });
                let filled: Vec<(Change, bool)> = filled.collect();
                return self.change(self.holds(condition, file, None), &filled);
            }
            Test::Attribute(_, None) => (None, one.sets.clone()),
            Test::Attribute(name, Some(regex)) => match self.attribute(name, path) {
                None => (None, one.sets.clone()),
                Some(text) => match regex.captures(&text) {
                    None => (Some(false), Vec::new()),
                    Some(captures) => {
                        let filled = one.sets.iter().map(|change| Change {
                            name: change.name.clone(),
                            value: change.value.as_ref().map(|value| substituted(value, &captures)),
                        });
                        (Some(true), filled.collect())
                    }
                },
            },
        };
        let filled: Vec<(Change, bool)> = filled.into_iter().map(|change| (change, false)).collect();
        self.change(is, &filled);
    }

    /// Makes changes that hold, or may; those with the mark set a value that is not known.
    fn change(&mut self, is: Option<bool>, changes: &[(Change, bool)]) {
        for (change, unknown) in changes {
            let now = match (is, &change.value, unknown) {
                (Some(false), ..) => continue,
                (None, ..) => Variable::Unknown,
                (Some(true), _, true) => Variable::Set(None),
                (Some(true), Some(value), _) => Variable::Set(Some(value.clone())),
                (Some(true), None, _) => Variable::Unset,
            };
            self.variables.insert(change.name.clone(), now);
        }
    }

    /// A part of the request by its name in lower case; `None` where it is not known.
    fn attribute(&self, name: &[u8], path: &[u8]) -> Option<Vec<u8>> {
        Some(match name {
            b"remote_addr" => self.client().to_string().into_bytes(),
            b"request_method" => self.request.method.clone(),
            b"request_uri" => path.to_vec(),
            b"server_addr" => self.request.address?.to_canonical().to_string().into_bytes(),
            b"remote_host" | b"request_protocol" => return None,
            name if !name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte)) => return None,
            name => {
                let value = self.header(name);
                if !value.is_empty() {
                    return Some(value);
                }
                match self.variable(name) {
                    Variable::Unset => value,
                    Variable::Set(value) => value?,
                    Variable::Unknown => return None,
                }
            }
        })
    }

    /// What is known of a variable.
    pub(super) fn variable(&self, name: &[u8]) -> Variable {
        let name = name.to_ascii_lowercase();
        match self.variables.get(&name) {
            Some(found) => found.clone(),
            None if name.starts_with(b"match_") || may_set(&self.model.tree.main, &name) => Variable::Unknown,
            None if self.foreign_variables && name.starts_with(b"redirect_") => Variable::Unknown,
            None => Variable::Unset,
        }
    }

    /// Whether a directive of these names stands anywhere in the server's configuration.
    pub(super) fn mentions(&self, names: &[&[u8]]) -> bool {
        fn within(block: &[Directive], names: &[&[u8]]) -> bool {
            block.iter().any(|directive| names.contains(&&directive.name[..]) || within(&directive.block, names))
        }
        within(&self.model.tree.main, names)
    }
}

/// Whether something else than `SetEnvIf` may set a variable.
fn may_set(block: &[Directive], name: &[u8]) -> bool {
    block.iter().any(|directive| {
        let sets = directive.name == b"luahookfixups" || directive.name.starts_with(b"perl");
        let lower = directive.args.to_ascii_lowercase();
        (sets && memchr::memmem::find(&lower, name).is_some()) || may_set(&directive.block, name)
    })
}

//! One directive of the configuration, and what it is blamed or quoted for.
//!
//! Behaviour of httpd 2.4.71 `server/config.c` (`ap_walk_config_sub`, `ap_directive_t`).

use crate::conf::apache::directives;
use crate::conf::apache::lex;
use crate::conf::{Place, Trouble};

/// A directive with its arguments and, where it is a section, its content.
#[derive(Clone, Debug)]
pub struct Directive {
    /// Its name in lower case; that of a section begins with `<`.
    pub name: Vec<u8>,
    /// The name as written.
    pub written: Vec<u8>,
    /// What follows the name, variables replaced; that of a section includes its `>`.
    pub args: Vec<u8>,
    /// What stands in a section, in order.
    pub block: Vec<Directive>,
    /// Where it begins.
    pub place: Place,
}

impl Directive {
    /// The words after the name.
    #[must_use]
    pub fn words(&self) -> Vec<Vec<u8>> {
        lex::words(&self.args)
    }

    /// A complaint about it.
    #[must_use]
    pub fn trouble(&self, message: impl Into<String>) -> Trouble {
        Trouble { place: self.place.clone(), message: message.into() }
    }

    /// What stands between a section's name and its `>`.
    pub fn section_args(&self) -> Result<&[u8], Trouble> {
        match memchr::memrchr(b'>', &self.args) {
            Some(end) => Ok(&self.args[..end]),
            None => Err(self.trouble(format!("{}> directive missing closing '>'", text(&self.written)))),
        }
    }
}

/// The one argument of a directive.
pub(super) fn argument(directive: &Directive, what: &str) -> Result<Vec<u8>, Trouble> {
    match <[Vec<u8>; 1]>::try_from(directive.words()) {
        Ok([word]) if !word.is_empty() => Ok(word),
        _ => {
            let name = directives::find(&directive.name).first().map_or("", |known| known.name);
            Err(directive.trouble(format!("{name} takes one argument, {what}")))
        }
    }
}

/// Bytes for a message, as the error log shows them.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    let shown = |byte: &u8| match byte {
        b'\\' => "\\\\".to_owned(),
        b' '..=b'~' => char::from(*byte).to_string(),
        byte => format!("\\x{byte:02x}"),
    };
    bytes.iter().map(shown).collect()
}

/// A value with the place that says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Place,
}

/// A value with its place, for whoever keeps one.
#[must_use]
pub fn said<T>(value: T, directive: &Directive) -> Said<T> {
    Said { value, place: directive.place.clone() }
}

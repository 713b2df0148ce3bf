//! Apache httpd's configuration: lines and words, the tree of directives, and what its sections say.
//!
//! Behaviour of httpd 2.4.71. Parts: [`lex`], [`tree`] (with [`directive`], [`settings`] and [`mod@include`]), [`directives`] (where each may
//! stand), [`expr`] and [`setenvif`] (conditions), [`build`] and [`rules`] (what a section says, and merging), [`host`] (virtual
//! hosts), [`mapping`] and [`rewrite`], [`methods`], [`mod@pattern`], [`net`], [`uri`] (normalised path), [`envvars`].

pub mod build;
pub mod builder;
mod compat;
pub mod directive;
pub mod directives;
pub mod envvars;
pub mod expr;
pub mod host;
pub mod include;
pub mod lex;
pub mod mapping;
pub mod methods;
pub mod net;
mod options;
pub mod pattern;
mod require;
pub mod rewrite;
pub mod rules;
pub mod setenvif;
pub mod settings;
pub mod tree;
pub mod uri;

use std::collections::HashSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::conf::Trouble;
use crate::conf::apache::directive::Directive;
use crate::conf::apache::directives::{Classes, Known};

/// Bytes as a path.
#[must_use]
pub fn path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

/// A path with `.`, `..` and double slashes folded; a final slash stays.
#[must_use]
pub fn folded(name: &[u8]) -> Vec<u8> {
    let absolute = name.starts_with(b"/");
    let mut parts: Vec<&[u8]> = Vec::new();
    let mut open = name.ends_with(b"/");
    for part in name.split(|byte| *byte == b'/') {
        open = part.is_empty() || part == b"." || part == b"..";
        match part {
            b"" | b"." => {}
            b".." if absolute || parts.last().is_some_and(|last| *last != b"..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let mut out = if absolute { b"/".to_vec() } else { Vec::new() };
    out.extend_from_slice(&parts.join(&b'/'));
    if open && !parts.is_empty() {
        out.push(b'/');
    }
    out
}

/// The complaint about a directive that may not stand where it does.
#[must_use]
pub fn misplaced(known: &Known, directive: &Directive, parent: Option<&str>) -> Trouble {
    directive.trouble(match parent {
        Some(parent) => format!("{} not allowed in {parent}> context", known.name),
        None => format!("{} not allowed here", known.name),
    })
}

/// What may stand in a `.htaccess` file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// `AllowOverride`
    pub classes: Classes,
    /// `AllowOverrideList`, in lower case.
    pub list: HashSet<Vec<u8>>,
    /// `AllowOverride` is not said at all: files are read, and nothing may stand in them.
    pub unset: bool,
    /// `Nonfatal=Override`: what is not allowed is passed over.
    pub pass_forbidden: bool,
    /// `Nonfatal=Unknown`: what is not known is passed over.
    pub pass_unknown: bool,
}

impl Allowed {
    /// Whether `.htaccess` files are looked at.
    #[must_use]
    pub fn any(&self) -> bool {
        self.unset || self.classes != Classes::NONE || !self.list.is_empty()
    }

    /// Whether the directive counts: `Ok(false)` where it is passed over. `parent` is the section around it.
    pub fn admits(&self, known: &Known, directive: &Directive, parent: Option<&str>) -> Result<bool, Trouble> {
        let listed = self.list.contains(&directive.name);
        if listed || self.classes.meets(known.classes) {
            return Ok(true);
        }
        if self.pass_forbidden {
            return Ok(false);
        }
        Err(misplaced(known, directive, parent))
    }
}

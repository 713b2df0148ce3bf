//! nginx's configuration: tokens, tree, and which server and location a request gets.
//!
//! Behaviour of nginx 1.22.1. Parts: [`lex`], [`tree`], [`uri`] (normalised path), [`listen`] (choice of the server block),
//! [`location`] (choice of the location), [`value`] (variables),
//! [`refusal`] (what nginx does not start with).

pub mod glob;
pub mod lex;
pub mod listen;
pub mod location;
pub mod refusal;
pub mod tree;
pub mod uri;
pub mod value;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::conf::nginx::tree::Directive;

/// Bytes as a path.
#[must_use]
pub fn path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

/// Blocks from the outermost (`http`) to the innermost that hold for a request.
#[derive(Clone, Debug, Default)]
pub struct Scope<'c> {
    /// The blocks, outermost first.
    pub blocks: Vec<&'c Directive>,
}

impl<'c> Scope<'c> {
    /// The scope with one more block inside.
    #[must_use]
    pub fn within(&self, block: &'c Directive) -> Self {
        let mut blocks = self.blocks.clone();
        blocks.push(block);
        Self { blocks }
    }

    /// The innermost block.
    #[must_use]
    pub fn innermost(&self) -> Option<&'c Directive> {
        self.blocks.last().copied()
    }

    /// The directive of this name in the innermost block that has one: what is inherited.
    #[must_use]
    pub fn inherited(&self, name: &str) -> Option<&'c Directive> {
        self.blocks.iter().rev().find_map(|block| block.block.iter().find(|one| one.name == name.as_bytes()))
    }

    /// All directives of these names in the innermost block that has any of them.
    #[must_use]
    pub fn inherited_all(&self, names: &[&str]) -> Vec<&'c Directive> {
        let of = |block: &&'c Directive| -> Vec<&'c Directive> {
            block.block.iter().filter(|one| names.iter().any(|name| one.name == name.as_bytes())).collect()
        };
        self.blocks.iter().rev().map(of).find(|found| !found.is_empty()).unwrap_or_default()
    }
}

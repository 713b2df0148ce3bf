//! HAProxy's configuration: words, sections, and which section a request comes to.
//!
//! Behaviour of HAProxy 2.6.12 `src/tools.c:parse_line`, `src/cfgparse.c`. Parts: [`lex`], [`tree`], [`acl`] (tests of a request).

pub mod acl;
pub mod lex;
pub mod tree;

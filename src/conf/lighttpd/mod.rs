//! lighttpd's configuration: values, conditions and what is set where.
//!
//! Behaviour of lighttpd 1.4.69 `src/configfile.c`. Parts: [`lex`], [`tree`], [`condition`] (which blocks hold for a request).

pub mod condition;
pub mod lex;
pub mod tree;

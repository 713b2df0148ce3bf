//! Caddyfiles: words, directives with imports in place, the site that a request comes to, and matchers.
//!
//! Behaviour of Caddy 2.6.2 `caddyconfig/caddyfile`, `caddyconfig/httpcaddyfile`, `modules/caddyhttp/matchers.go`. Parts: [`lex`],
//! [`tree`], [`site`] (addresses), [`matcher`], [`path`].

pub mod environment;
pub mod lex;
pub mod matcher;
pub mod path;
pub mod site;
pub mod tree;

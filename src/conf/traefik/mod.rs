//! Traefik's configuration: the file that it starts with, the files of its file provider, and the rules of routers.
//!
//! Behaviour of Traefik 3.7.15 `pkg/config`, `pkg/provider/file`, `pkg/muxer/http`. Parts: [`tree`], [`rule`].

pub mod rule;
pub mod tree;

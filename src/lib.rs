//! `why401` manages `.htpasswd` files and tells why a login fails: it reproduces, offline and byte for byte, what a web
//! server would answer to a credential.

pub mod bytes;
pub mod secret;
pub mod trace;

pub mod basic;
pub mod conf;
pub mod htpasswd;
pub mod scan;
pub mod scheme;

pub mod crypt;
pub mod store;

pub mod fault;
pub mod server;

pub mod hint;
pub mod inquiry;

pub mod render;

#[cfg(feature = "cli")]
pub mod cli;

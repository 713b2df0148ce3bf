//! From a URL to the verdict: which configuration guards it, which file and rules apply, and what the server answers.
//!
//! An inquiry walks the server's own phases over a configuration read by [`crate::conf`] and asks [`crate::server`] about the
//! credentials. Each rule that won is a [`Link`] of the chain. What is not modelled ends it with `undecided` and names the place.

pub mod apache;
pub mod caddy;
pub mod cause;
mod course;
pub mod haproxy;
mod held;
pub mod lighttpd;
pub mod nginx;
pub mod probe;
pub mod traefik;

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use crate::conf::{Place, Unmodelled};
use crate::crypt::Work;
use crate::server::{Decision, Server, UserFile};
use crate::trace::{Trace, Verdict, codes};

/// A request, as far as configurations look at it.
pub struct Request {
    /// `http` or `https`.
    pub scheme: Vec<u8>,
    /// The host as sent, with its port if it was.
    pub host: Vec<u8>,
    /// The server's address that the client connects to, where the URL tells it.
    pub address: Option<IpAddr>,
    /// The port that the client connects to.
    pub port: u16,
    /// Path and arguments as sent.
    pub target: Vec<u8>,
    /// The method.
    pub method: Vec<u8>,
    /// The client's address.
    pub client: IpAddr,
    /// The request head with the credentials, as it goes to the server's authentication.
    pub head: Vec<u8>,
}

/// A rule that took part, in the order in which they did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it stands; `None` for a rule of the server's own.
    pub place: Option<Place>,
    /// What it is about, in kebab-case.
    pub rule: &'static str,
    /// What it says.
    pub text: String,
}

/// The answer to an inquiry.
#[derive(Debug)]
pub struct Finding {
    /// What the server answers.
    pub decision: Decision,
    /// How that came.
    pub chain: Vec<Link>,
    /// The user file that was asked, if one was.
    pub user_file: Option<PathBuf>,
    /// The file of the configuration that the users stand in, where they were asked there.
    pub held: Option<PathBuf>,
}

/// What an inquiry may ask of the machine.
pub struct Means<'a> {
    /// The server that checks credentials.
    pub server: &'a dyn Server,
    /// The files of the configuration and of what it serves.
    pub files: &'a dyn crate::conf::Files,
    /// Opens a user file as the server would.
    pub users: &'a dyn Fn(&Path) -> Box<dyn UserFile>,
}

/// The hashes computed so far, lent to one inquiry.
pub type Lent<'a> = &'a mut Work;

/// The host for choosing the server: lower case, without port and one final dot.
fn host_of(host: &[u8]) -> Vec<u8> {
    let host = host.to_ascii_lowercase();
    let end = if host.starts_with(b"[") {
        memchr::memchr(b']', &host).map_or(host.len(), |end| end + 1)
    } else {
        memchr::memchr(b':', &host).unwrap_or(host.len())
    };
    host[..end].strip_suffix(b".").unwrap_or(&host[..end]).to_vec()
}

fn undecided(unmodelled: &Unmodelled, chain: &mut Vec<Link>) -> Decision {
    chain.push(Link { place: unmodelled.place.clone(), rule: "not-modelled", text: unmodelled.what.clone() });
    Decision::without_status(Verdict::Undecided, codes::NOT_MODELLED, Trace::default())
}

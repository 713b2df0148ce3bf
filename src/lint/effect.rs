//! What a line does on the asked servers: each is asked about it with the right password.

use std::rc::Rc;

use crate::basic::head;
use crate::crypt::Work;
use crate::secret::Secret;
use crate::server::{Inputs, Server};
use crate::trace::Verdict;

/// One server's answer to the right password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The server.
    pub server: &'static str,
    /// Its verdict.
    pub verdict: Verdict,
    /// Its status.
    pub status: Option<u16>,
}

/// The answers of all asked servers, shared by the findings that have the same.
pub type Effects = Rc<[Effect]>;

/// What the servers answer to the right password of `user`, of a file that is `file`.
pub(super) fn ask(servers: &[&'static dyn Server], file: &[u8], user: &[u8]) -> Effects {
    let head = head::with_user_pass(user, &Secret::from(&b"right password"[..]));
    let inputs = Inputs { head: head.expose(), path: b"FILE", file: &file, uri: b"/" };
    servers
        .iter()
        .map(|server| {
            let decision = server.decide(&inputs, &mut Work::assuming());
            Effect { server: server.info().name, verdict: decision.verdict, status: decision.status }
        })
        .collect()
}

/// Whether one of them does not let the user in, or is not sure to.
pub(super) fn hurts(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| !effect.verdict.lets_in() && effect.verdict != Verdict::Undecided)
}

/// What is to be said of whole entries, by their form: those that differ in salt and digest only are alike.
pub(super) struct Memory<T> {
    known: Vec<(Vec<u8>, T)>,
    last: usize,
}

/// Forms that are remembered.
const MOST: usize = 256;

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self { known: Vec::new(), last: 0 }
    }
}

impl<T: Clone> Memory<T> {
    /// What was found for the form of this whole hash, or is now by `find`.
    pub(super) fn of(&mut self, field: &[u8], find: impl FnOnce() -> T) -> T {
        let form = form(field);
        let length = length(field);
        let is = |known: &(Vec<u8>, T)| known.0.strip_prefix(form).is_some_and(|rest| rest == length);
        if self.known.get(self.last).is_some_and(is) {
            return self.known[self.last].1.clone();
        }
        if let Some(at) = self.known.iter().position(is) {
            self.last = at;
            return self.known[at].1.clone();
        }
        let found = find();
        if self.known.len() < MOST {
            self.last = self.known.len();
            self.known.push(([form, &length].concat(), found.clone()));
        }
        found
    }
}

fn length(field: &[u8]) -> [u8; 2] {
    u16::try_from(field.len()).unwrap_or(u16::MAX).to_le_bytes()
}

/// What of a hash decides whether a server takes it: everything before salt and digest.
fn form(field: &[u8]) -> &[u8] {
    match field {
        [b'$', b'2', _, b'$', ..] => &field[..field.len().min(7)],
        [b'$', b'a', b'p', b'r', b'1', b'$', ..] => b"$apr1$",
        [b'$', b'1', b'$', ..] => b"$1$",
        [b'$', ..] => {
            // Prefix and parameters; a salt alone after the prefix is taken for parameters, which costs time and nothing else.
            let end = memchr::memchr_iter(b'$', field).nth(2).unwrap_or(0);
            &field[..end]
        }
        [b'{', ..] => &field[..memchr::memchr(b'}', field).map_or(0, |end| end + 1)],
        _ => b"",
    }
}

//! Many credentials against one user file: an index over the file, so that a decision reads a few lines in place of all.
//!
//! No server's search is made anew here. For each credential the server itself decides about a short file (`cut`): the
//! lines of the user who is asked, and every line that could mean something to somebody else. Left out are plain lines of
//! other users, of which one of each kind stays; no server makes anything of a plain line but an entry of the name that it
//! has. Line numbers and offsets of the answer are then turned into those of the whole file. Where an answer is about the
//! file as a whole, it is taken from the whole file, once.
//!
//! That a decision is the one about the whole file, byte for byte, is what `tests/it/batch_property.rs` holds against all
//! servers.

mod cut;
mod plain;
mod table;

use crate::basic::base64;
use crate::basic::head;
use crate::crypt::Work;
use crate::secret::Secret;
use crate::server::{Decision, Inputs, Server, UserFile};
use crate::trace::{Step, Verdict};

use cut::Cut;
use table::Table;

/// A user file with an index.
pub struct Indexed {
    bytes: Vec<u8>,
    table: Table,
}

/// Answers about the file as a whole: server, what it answers about a short file, and what about the whole one.
#[derive(Default)]
pub struct Memory {
    known: Vec<(&'static str, Decision, Decision)>,
}

/// A request, as [`Inputs`] without the file.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// As [`Inputs::head`].
    pub head: &'a [u8],
    /// As [`Inputs::path`].
    pub path: &'a [u8],
    /// As [`Inputs::uri`].
    pub uri: &'a [u8],
    /// The user that the request is likely to name; any other name costs a second look.
    pub user: &'a [u8],
    /// Whether all steps are wanted. Without it, those about lines that a server leaves out can be missing: some servers
    /// leave out all lines of a kind, and looking at each of them takes as long as it does without an index.
    pub trace: bool,
}

impl Request<'_> {
    /// The same with a file.
    pub fn about<'a>(&'a self, file: &'a dyn UserFile) -> Inputs<'a> {
        Inputs { head: self.head, path: self.path, file, uri: self.uri }
    }
}

impl Indexed {
    /// Makes the index. The bytes come back where they can have none: of 4 GiB and more, or with lone carriage returns among
    /// quotes.
    pub fn new(bytes: Vec<u8>) -> Result<Self, Vec<u8>> {
        match Table::of(&bytes) {
            Some(table) => Ok(Self { bytes, table }),
            None => Err(bytes),
        }
    }

    /// Number of lines that every decision reads.
    #[must_use]
    pub fn kept(&self) -> u64 {
        self.table.kept_lines()
    }

    /// Makes ready for decisions about these users, some hundreds at once: nothing changes but how long they take.
    pub fn touch<'a>(&self, users: impl Iterator<Item = &'a [u8]>) {
        self.table.touch(&self.bytes, users);
    }

    /// The decision that `server` makes about the whole file.
    pub fn decide(
        &self,
        server: &'static dyn Server,
        request: Request<'_>,
        work: &mut Work,
        memory: &mut Memory,
    ) -> Decision {
        let mut cut = Cut::of(&self.bytes, &self.table, self.table.find(&self.bytes, request.user));
        let mut decision = server.decide(&request.about(&cut.bytes()), work);
        // The name that the server made of the request is the one whose lines matter.
        if let Some(user) = decoded(&decision).filter(|user| *user != request.user) {
            let line = self.table.find(&self.bytes, user);
            if line != cut.line() {
                cut = Cut::of(&self.bytes, &self.table, line);
                decision = server.decide(&request.about(&cut.bytes()), work);
            }
        }
        if is_about_the_file(&decision) {
            return self.whole(server, request, work, memory, decision);
        }
        let decision = cut.restored(decision);
        if request.trace && self.tells_of_plain_lines(&decision) {
            return server.decide(&request.about(&&self.bytes[..]), work);
        }
        decision
    }

    /// Whether a step is about a plain line as such: then there are steps about others of its kind, too.
    fn tells_of_plain_lines(&self, decision: &Decision) -> bool {
        decision.trace.iter().any(|(step, _)| match step {
            Step::Line { at, .. } => usize::try_from(at.start).is_ok_and(|start| {
                let start = start.min(self.bytes.len());
                let start = memchr::memrchr(b'\n', &self.bytes[..start]).map_or(0, |lf| lf + 1);
                let end = memchr::memchr(b'\n', &self.bytes[start..]).map_or(self.bytes.len(), |lf| start + lf + 1);
                plain::of(&self.bytes[start..end]).is_some()
            }),
            _ => false,
        })
    }

    /// The decision about the whole file, where an equal one was not made before.
    fn whole(
        &self,
        server: &'static dyn Server,
        request: Request<'_>,
        work: &mut Work,
        memory: &mut Memory,
        short: Decision,
    ) -> Decision {
        let name = server.info().name;
        // What the server looked for is in the trace, or it is the name that every client would mean by this head. If it is
        // neither, nothing is known of the user's lines, and nothing may be taken from another user's answer.
        let is_certain = decoded(&short).is_some() || is_head_of(request.head, request.user);
        let known = memory.known.iter().filter(|_| is_certain).find(|(of, about, _)| *of == name && *about == short);
        if let Some((_, _, whole)) = known {
            return whole.clone();
        }
        let whole = server.decide(&request.about(&&self.bytes[..]), work);
        if is_certain {
            memory.known.push((name, short, whole.clone()));
        }
        whole
    }
}

/// The user name that the server took from the request.
fn decoded(decision: &Decision) -> Option<&[u8]> {
    decision.trace.iter().rev().find_map(|(step, _)| match step {
        Step::Decoded { user, .. } => Some(user.as_slice()),
        _ => None,
    })
}

/// Whether `head` is what a client sends for `user` with some password, and nothing else.
fn is_head_of(head: &[u8], user: &[u8]) -> bool {
    let token = memchr::memmem::find(head, b"Basic ").map(|at| &head[at + b"Basic ".len()..]);
    let token = token.and_then(|token| token.strip_suffix(b"\r\n\r\n"));
    let Some(text) = token.and_then(|token| base64::decode_padded(token, true)) else { return false };
    let text = Secret::from(text);
    crate::bytes::split_once(text.expose(), b':').is_some_and(|(name, password)| {
        name == user && head::with_user_pass(user, &Secret::from(password)).expose() == head
    })
}

/// Whether the answer comes of the file and of no entry: what is said of it can name lines in words.
fn is_about_the_file(decision: &Decision) -> bool {
    decision.verdict == Verdict::RefusedToStart
        || decision.trace.iter().any(|(step, _)| matches!(step, Step::FileRejected { .. }))
}

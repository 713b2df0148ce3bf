//! What servers make of a file before an edit and after it, asked of the servers with the file itself while it is small.

use std::io::Read;

use crate::basic::head;
use crate::crypt::Work;
use crate::secret::Secret;
use crate::server::{Decision, Inputs, SERVERS, Server};
use crate::trace::Verdict;

/// A longer file is not read once more for each server.
const LONGEST: usize = 1 << 20;

/// Keeps what is read, as long as it is short.
pub struct Kept<'a> {
    reader: &'a mut dyn Read,
    bytes: Vec<u8>,
}

impl<'a> Kept<'a> {
    /// Reads from `reader`.
    pub fn new(reader: &'a mut dyn Read) -> Self {
        Self { reader, bytes: Vec::new() }
    }

    /// All that was read; `None` where that is much.
    #[must_use]
    pub fn bytes(self) -> Option<Vec<u8>> {
        (self.bytes.len() <= LONGEST).then_some(self.bytes)
    }
}

impl Read for Kept<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(buffer)?;
        if self.bytes.len() <= LONGEST {
            self.bytes.extend_from_slice(&buffer[..read]);
        }
        Ok(read)
    }
}

/// What `server` answers to the right password of `user`.
fn ask(server: &dyn Server, file: &[u8], user: &[u8]) -> Decision {
    let head = head::with_user_pass(user, &Secret::from(&b"right password"[..]));
    server.decide(&Inputs { head: head.expose(), path: b"FILE", file: &file, uri: b"/" }, &mut Work::assuming())
}

/// The first server that finds an entry of `user` in `file`, and its line.
#[must_use]
pub fn finding(file: &[u8], user: &[u8]) -> Option<(&'static str, u64)> {
    SERVERS.iter().find_map(|server| Some((server.info().name, ask(*server, file, user).entry?.line)))
}

/// Those of `servers` that answer somebody who is in neither file by something else than 401 now, and did not before.
#[must_use]
pub fn changed(servers: &[&'static dyn Server], before: &[u8], after: &[u8]) -> Vec<(&'static str, Verdict)> {
    let stranger = b"nobody-by-this-name";
    let verdicts = servers.iter().map(|server| {
        let [was, is] = [before, after].map(|file| ask(*server, file, stranger).verdict);
        (server.info().name, is, was == Verdict::Denied && is != Verdict::Denied)
    });
    verdicts.filter(|(_, _, is_new)| *is_new).map(|(name, verdict, _)| (name, verdict)).collect()
}

/// What an edit does to servers that took the file before, in a sentence; `None` where it does nothing.
#[must_use]
pub fn sentence(hurt: &[(&'static str, Verdict)]) -> Option<String> {
    let of = |lets_in: bool| {
        let names = hurt.iter().filter(|(_, verdict)| verdict.lets_in() == lets_in).map(|(name, _)| *name);
        names.collect::<Vec<_>>().join(", ")
    };
    let (open, stopped) = (of(true), of(false));
    let mut sentences = Vec::new();
    if !open.is_empty() {
        sentences.push(format!("These would let everybody in: {open}."));
    }
    if !stopped.is_empty() {
        sentences.push(format!("These would not start or not answer: {stopped}."));
    }
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

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
mod like;
mod names;
mod part;
mod plain;
mod table;

use std::borrow::Cow;
use std::io;
use std::sync::OnceLock;

use crate::basic::base64;
use crate::basic::head::{self, Client};
use crate::crypt::Work;
use crate::secret::Secret;
use crate::server::{Decision, Inputs, Server, UserFile};
use crate::trace::{Step, Verdict};

use cut::Cut;
use like::{Case, Like, Likes, State};
use names::{Asked, Hashes};
use part::Run;
use table::{All, Few, Index, Known};

/// Bytes that are read and looked at in one go, so that they are still near.
const STRETCH: usize = 1 << 19;

/// A user file with an index.
pub struct Indexed {
    bytes: Vec<u8>,
    /// Of the names that were said to be asked for.
    few: Option<Few>,
    /// Made when it is needed; `None` where there can be none.
    all: OnceLock<Option<All>>,
}

/// Names that are going to be asked for.
pub struct Users(Asked);

impl Users {
    /// About `count` of them.
    pub fn of<'a>(names: impl Iterator<Item = &'a [u8]>, count: usize) -> Self {
        Self(Asked::of(names, count))
    }
}

/// What is worth keeping from one decision to the next: answers about the file as a whole (server, what it answers about a
/// short file, and what about the whole one), and room.
#[derive(Default)]
pub struct Memory {
    known: Vec<(&'static str, Decision, Decision)>,
    cut: Cut,
    likes: Likes,
    client: Client,
    text: Vec<u8>,
}

/// User and password that a client sends, with what else [`Request`] has.
#[derive(Clone, Copy)]
pub struct Login<'a> {
    /// The user.
    pub user: &'a [u8],
    /// The password.
    pub password: &'a [u8],
    /// As [`Inputs::path`]; the same for all that share a [`Memory`].
    pub path: &'a [u8],
    /// As [`Inputs::uri`]; the same for all that share a [`Memory`].
    pub uri: &'a [u8],
    /// As [`Request::trace`]; without it there may be no steps at all.
    pub trace: bool,
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
    /// Makes the index of all names. The bytes come back where they can have none: of 4 GiB and more, or with lone carriage
    /// returns among quotes.
    pub fn new(bytes: Vec<u8>) -> Result<Self, Vec<u8>> {
        match all(&bytes) {
            Some(index) => Ok(Self { bytes, few: None, all: OnceLock::from(Some(index)) }),
            None => Err(bytes),
        }
    }

    /// Reads a file of `length` bytes and makes the index of these users, or of all names, on so many threads. Where others
    /// are asked for, or a server needs it, the index of all names is made then. `fill` fills a piece of memory with the file
    /// from an offset on. The bytes come back as from [`Self::new`].
    pub fn reading(
        length: usize,
        users: Option<Users>,
        threads: usize,
        fill: &(dyn Fn(usize, &mut [u8]) -> io::Result<()> + Sync),
    ) -> io::Result<Result<Self, Vec<u8>>> {
        let mut bytes = vec![0; length];
        if length > table::LARGEST {
            fill(0, &mut bytes)?;
            return Ok(Err(bytes));
        }
        let how = (threads, STRETCH);
        let (few, all) = if let Some(Users(asked)) = users.filter(|users| !users.0.is_ambiguous()) {
            let whole = part::read(&mut bytes, &asked, how, fill)?;
            (Few::of(&bytes, asked, whole), OnceLock::new())
        } else {
            let hashes = Hashes::new();
            let whole = part::read(&mut bytes, &hashes, how, fill)?;
            (None, OnceLock::from(All::of(&bytes, hashes, whole)))
        };
        // Both are refused for the same.
        let is_refused = few.is_none() && !matches!(all.get(), Some(Some(_)));
        Ok(if is_refused { Err(bytes) } else { Ok(Self { bytes, few, all }) })
    }

    fn all(&self) -> Option<&All> {
        self.all.get_or_init(|| all(&self.bytes)).as_ref()
    }

    /// Number of lines that every decision reads.
    #[must_use]
    pub fn kept(&self) -> u64 {
        match &self.few {
            Some(few) => few.kept().lines,
            None => self.all().map_or(0, |all| all.kept().lines),
        }
    }

    /// Makes ready for decisions about these users, some hundreds at once: nothing changes but how long they take.
    pub fn touch<'a>(&self, mut users: impl Iterator<Item = &'a [u8]>) {
        match (&self.few, self.all.get()) {
            (Some(few), _) => few.touch(&self.bytes, &mut users),
            (None, Some(Some(all))) => all.touch(&self.bytes, &mut users),
            _ => {}
        }
    }

    /// The decision that `server` makes about the whole file.
    pub fn decide(
        &self,
        server: &'static dyn Server,
        request: Request<'_>,
        work: &mut Work,
        memory: &mut Memory,
    ) -> Decision {
        let mut cut = std::mem::take(&mut memory.cut);
        let few = self.few.as_ref().filter(|_| !server.looks_at_others() && !request.trace);
        let decision = few.and_then(|few| self.by(few, server, request, work, &mut cut));
        let decision = decision.or_else(|| self.by(self.all()?, server, request, work, &mut cut));
        let decision = match decision {
            Some(decision) if is_about_the_file(&decision) => self.whole(server, request, work, memory, decision),
            Some(decision) => {
                let decision = cut.restored(decision);
                if request.trace && self.tells_of_plain_lines(&decision) {
                    server.decide(&request.about(&&self.bytes[..]), work)
                } else {
                    decision
                }
            }
            None => server.decide(&request.about(&&self.bytes[..]), work),
        };
        memory.cut = cut;
        decision
    }

    /// The decision that `server` makes about the whole file for a login, whose head is the one of [`head::with_user_pass`].
    pub fn answer<'m>(
        &self,
        server: &'static dyn Server,
        login: Login<'_>,
        work: &mut Work,
        memory: &'m mut Memory,
    ) -> Cow<'m, Decision> {
        let name = server.info().name;
        let case = self.case(server, login, memory);
        let state = case.map_or(State::Unlike, |(case, _)| memory.likes.state(name, case));
        if let (State::Known(number), Some((_, run))) = (state, case) {
            return Cow::Borrowed(memory.likes.get(number).told(login.user, run));
        }
        let Login { user, password, path, uri, trace } = login;
        let mut client = std::mem::take(&mut memory.client);
        let request = Request { head: client.send(user, password), path, uri, user, trace };
        let decision = self.decide(server, request, work, memory);
        if let (State::New, Some((case, run))) = (state, case) {
            let other = like::another(user);
            // The cut is still the one of this user.
            if memory.cut.line() == Some(run) && memory.cut.rename(&other) {
                let request = Request { head: client.send(&other, password), path, uri, user: &other, trace };
                let second = server.decide(&request.about(&memory.cut.bytes()), work);
                let second = memory.cut.restored(second);
                let like = Some(&second).filter(|second| !is_about_the_file(second));
                let like = like.and_then(|second| Like::of(&decision, user, second, &other, run));
                memory.likes.note(name, case, like);
            }
        }
        memory.client = client;
        Cow::Owned(decision)
    }

    /// Of what kind an ordinary login is, and the user's line.
    fn case(&self, server: &'static dyn Server, login: Login<'_>, memory: &mut Memory) -> Option<(Case, Run)> {
        if login.trace || !like::is_ordinary(login.user, login.password) {
            return None;
        }
        let few = self.few.as_ref().filter(|_| !server.looks_at_others());
        let index: &dyn Index = if let Some(few) = few { few } else { self.all()? };
        let (kept, known) = (index.kept(), index.find(&self.bytes, login.user));
        let run = known.line().filter(|_| kept.are_plain)?;
        let line = &self.bytes[run.start..run.end];
        Some((Case::of(line, login.user, login.password, &mut memory.text)?, run))
    }

    /// The decision about the cut that is made by an index; `None` where the index does not know the name.
    fn by(
        &self,
        index: &impl Index,
        server: &'static dyn Server,
        request: Request<'_>,
        work: &mut Work,
        cut: &mut Cut,
    ) -> Option<Decision> {
        let known = index.find(&self.bytes, request.user);
        // A name that is not known may be none that the server looks for.
        cut.make(&self.bytes, index.kept(), known.line());
        let decision = server.decide(&request.about(&cut.bytes()), work);
        // The name that the server made of the request is the one whose lines matter.
        let Some(user) = decoded(&decision).filter(|user| *user != request.user) else {
            return (known != Known::Nothing).then_some(decision);
        };
        let known = index.find(&self.bytes, user);
        if known == Known::Nothing {
            return None;
        }
        let line = known.line();
        if line == cut.line() {
            return Some(decision);
        }
        cut.make(&self.bytes, index.kept(), line);
        Some(server.decide(&request.about(&cut.bytes()), work))
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

fn all(bytes: &[u8]) -> Option<All> {
    if bytes.len() > table::LARGEST {
        return None;
    }
    let hashes = Hashes::new();
    All::of(bytes, hashes, part::whole(bytes, &hashes))
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

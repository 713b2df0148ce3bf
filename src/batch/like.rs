//! Logins that are alike, answered by one decision.
//!
//! To every server, plain lines of one kind are alike but for name, salt and digest (see `plain`), and so are ordinary
//! credentials. Where a file has nothing but plain lines of different names, an answer depends on the kind of the user's line,
//! on the lengths of name and password, and on whether the password is right. For each of these a server decides twice, the
//! second time with another name in the place of the user's, which shows where the name stands in the answer. To the others
//! the answer is the same with their name.
//!
//! This is for `{SHA}` alone: with all others, hashing takes the time.

use super::part::Run;
use crate::basic::base64;
use crate::bytes::Span;
use crate::scheme::sha1;
use crate::server::{Decision, Entry};
use crate::trace::Trace;

/// Longest name and password.
const LONGEST: usize = 32;

/// Whether these are ordinary credentials: a name of small letters and digits, and a password that is like any other to every
/// server, and whose base64 has letters and digits only.
pub(super) fn is_ordinary(user: &[u8], password: &[u8]) -> bool {
    let fits = |text: &[u8]| (1..=LONGEST).contains(&text.len());
    let of_password = |byte: &u8| byte.is_ascii_graphic() && !b"\"%+:>?\\~".contains(byte);
    fits(user)
        && fits(password)
        && user.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && password.iter().all(of_password)
}

/// What an answer depends on, beside the server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Case {
    crlf: bool,
    user: usize,
    password: usize,
    is_right: bool,
}

impl Case {
    /// The case of ordinary credentials and a plain line; `None` where it is of another name, or not of `{SHA}`.
    pub(super) fn of(line: &[u8], user: &[u8], password: &[u8], text: &mut Vec<u8>) -> Option<Self> {
        let rest = line.strip_prefix(user)?.strip_prefix(b":")?.strip_prefix(sha1::PREFIX)?;
        let (digest, end) = rest.split_at_checked(sha1::DIGEST_CHARACTERS)?;
        text.clear();
        base64::encode_to(text, &sha1::digest(b"", password));
        let is_right = crate::scheme::same(text, digest);
        Some(Self { crlf: end == b"\r\n", user: user.len(), password: password.len(), is_right })
    }

    const fn number(self) -> usize {
        ((self.user * (LONGEST + 1) + self.password) * 2 + self.crlf as usize) * 2 + self.is_right as usize
    }
}

const CASES: usize = (LONGEST + 1) * (LONGEST + 1) * 4;

/// What is known of a case.
#[derive(Clone, Copy)]
pub(super) enum State {
    /// Nothing yet.
    New,
    /// Its answer has this number.
    Known(usize),
    /// Nothing can be taken from another answer.
    Unlike,
}

/// What the servers answer in each case, as far as they were asked.
#[derive(Default)]
pub(super) struct Likes {
    servers: Vec<(&'static str, Vec<u16>)>,
    likes: Vec<Like>,
}

/// What stands for a case in which nothing can be taken from another answer.
const UNLIKE: u16 = u16::MAX;

impl Likes {
    fn cases(&mut self, server: &'static str) -> &mut Vec<u16> {
        let at = self.servers.iter().position(|(name, _)| *name == server).unwrap_or_else(|| {
            self.servers.push((server, vec![0; CASES]));
            self.servers.len() - 1
        });
        &mut self.servers[at].1
    }

    /// What is known of a case.
    pub(super) fn state(&mut self, server: &'static str, case: Case) -> State {
        match self.cases(server)[case.number()] {
            0 => State::New,
            UNLIKE => State::Unlike,
            number => State::Known(usize::from(number) - 1),
        }
    }

    /// A known answer.
    pub(super) fn get(&mut self, number: usize) -> &mut Like {
        &mut self.likes[number]
    }

    /// Notes what is found out of a case.
    pub(super) fn note(&mut self, server: &'static str, case: Case, like: Option<Like>) {
        let number = u16::try_from(self.likes.len() + 1).unwrap_or(UNLIKE);
        let like = like.filter(|_| number != UNLIKE);
        self.cases(server)[case.number()] = if like.is_some() { number } else { UNLIKE };
        self.likes.extend(like);
    }
}

/// A decision with the places of what is the user's in it.
pub(super) struct Like {
    decision: Decision,
    /// Lines of the log and offsets in their texts.
    names: Vec<(usize, usize)>,
    /// The entry, counted from the start of the user's line.
    entry: Option<Entry>,
}

/// Another name of the same length that differs in every byte.
pub(super) fn another(user: &[u8]) -> Vec<u8> {
    let next = |byte: &u8| match byte {
        b'z' => b'a',
        b'9' => b'0',
        byte => byte + 1,
    };
    user.iter().map(next).collect()
}

impl Like {
    /// What the answers to a user and to [`another`] name in their place tell: the decision about `run` and the one about the
    /// same line with the other name. `None` where they differ in more than the name.
    pub(super) fn of(decision: &Decision, user: &[u8], other: &Decision, name: &[u8], run: Run) -> Option<Self> {
        let mut decision = decision.clone();
        decision.trace = Trace::default();
        let mut names = Vec::new();
        for (at, line) in other.log.iter().enumerate() {
            names.extend(memchr::memmem::find_iter(&line.text, name).map(|offset| (at, offset)));
        }
        let entry = match &decision.entry {
            None => None,
            Some(entry) => Some(from_start(entry, run)?),
        };
        let mut like = Self { decision, names, entry };
        // The one has to be made of the other, both ways.
        let other = Decision { trace: Trace::default(), ..other.clone() };
        let own = like.decision.clone();
        let is_same = like.fits(name) && *like.told(name, run) == other && *like.told(user, run) == own;
        is_same.then_some(like)
    }

    fn fits(&self, name: &[u8]) -> bool {
        self.names.iter().all(|(line, offset)| {
            self.decision.log.get(*line).is_some_and(|line| line.text.len() >= offset + name.len())
        })
    }

    /// The decision about a user of the same case.
    pub(super) fn told(&mut self, user: &[u8], run: Run) -> &Decision {
        for (line, offset) in &self.names {
            self.decision.log[*line].text[*offset..offset + user.len()].copy_from_slice(user);
        }
        if let (Some(to), Some(entry)) = (&mut self.decision.entry, &self.entry) {
            let start = run.start as u64;
            to.line = entry.line + run.line;
            to.user = entry.user.shifted(start);
            to.field = entry.field.shifted(start);
        }
        &self.decision
    }
}

/// An entry counted from the start of its line.
fn from_start(entry: &Entry, run: Run) -> Option<Entry> {
    let start = run.start as u64;
    let from = |span: Span| Some(Span::new(span.start.checked_sub(start)?, span.end.checked_sub(start)?));
    let (user, field) = (from(entry.user)?, from(entry.field)?);
    Some(Entry { line: entry.line.checked_sub(run.line)?, user, field, scheme: entry.scheme })
}

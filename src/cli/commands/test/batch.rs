//! `why401 test --batch`: many credentials against one file, a line of JSON for each, in their order, on all cores.
//!
//! The file is read once and indexed; see [`crate::batch`].

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use clap::ArgMatches;

use crate::basic::base64;
use crate::basic::head::{self, Client};
use crate::batch::{Indexed, Login, Memory, Request, Users};
use crate::bytes::split_once;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file::DiskFile;
use crate::cli::io::Io;
use crate::cli::pace;
use crate::cli::source;
use crate::container::presented::{self, Presented, Row};
use crate::crypt::Work;
use crate::render::batch::{self, Manner, Place};
use crate::secret::Secret;
use crate::server::{Decision, Opened, Server, UserFile};
use crate::trace::Verdict;

/// What is asked.
pub(super) struct Order<'a> {
    /// The credentials.
    pub(super) source: &'a OsStr,
    pub(super) servers: Vec<&'static dyn Server>,
    pub(super) file: &'a DiskFile,
    /// The file's path in log lines, and the request's.
    pub(super) path: &'a [u8],
    pub(super) uri: &'a [u8],
    pub(super) work_limit: f64,
    pub(super) manner: Manner,
}

/// Rows that one thread takes at once.
const CHUNK: usize = 256;

/// Estimated seconds of a hash that is remembered for the next server.
const REMEMBERED: f64 = 0.000_005;

/// A file in memory, with its index where it has one.
enum Held {
    Indexed(Box<Indexed>),
    Plain(Vec<u8>),
}

/// A chunk's number, its lines, and whether it has a row that presents nothing, and its verdicts.
type Done = (usize, Vec<u8>, bool, Vec<Verdict>);

/// Refuses where both the credentials and the entries are to be read from standard input.
pub(super) fn check(matches: &ArgMatches, path: &OsStr) -> Result<(), Error> {
    let held = matches.contains_id("from").then(|| path.to_owned());
    source::one_reader_of_stdin(matches.get_one::<OsString>("batch").into_iter().chain(&held))
}

pub(super) fn run(order: &Order<'_>, io: &mut Io) -> Result<Exit, Error> {
    let text = source::read(order.source)?;
    let name = source::name(order.source);
    let rows = presented::read(text.expose()).map_err(|error| source::unreadable(&error, &name))?;
    let asking = Asking {
        servers: &order.servers,
        path: order.path,
        uri: order.uri,
        limit: order.work_limit,
        manner: order.manner,
    };
    // A directory, a missing file: each decision looks again, in this thread, since it is no matter of time.
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let Some(held) = hold(order, &rows, cores)? else { return alone(order, &asking, &rows, io) };
    let (next, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let chunks: Vec<&[Row<'_>]> = rows.chunks(CHUNK).collect();
    let workers = cores.min(chunks.len());
    // Memory of lines that are written, for those that come.
    let room = Mutex::new(Vec::new());
    let (sender, receiver) = sync_channel::<Done>(workers * 4);
    let work = |sender: SyncSender<Done>| {
        let mut memory = Memory::default();
        let mut client = Client::default();
        while !stopped.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(chunk) = chunks.get(at) else { return };
            if let Held::Indexed(indexed) = &held {
                indexed.touch(chunk.iter().filter_map(user_there));
            }
            let used = room.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut answer = Answer::new(at, used.unwrap_or_default());
            for (row, number) in chunk.iter().zip(at * CHUNK + 1..) {
                asking.answer(row, number as u64, &mut answer, &mut |server, sent, work, tell| match (&held, sent) {
                    (Held::Indexed(indexed), Sent::Login(login)) => {
                        tell(&indexed.answer(server, login, work, &mut memory));
                    }
                    (Held::Indexed(indexed), Sent::Request(request)) => {
                        tell(&indexed.decide(server, request, work, &mut memory));
                    }
                    (Held::Plain(bytes), sent) => {
                        tell(&server.decide(&sent.request(&mut client).about(&&bytes[..]), work));
                    }
                });
            }
            if sender.send(answer.done()).is_err() {
                return;
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..workers {
            let sender = sender.clone();
            scope.spawn(|| work(sender));
        }
        drop(sender);
        let (mut waiting, mut written) = (BTreeMap::new(), 0);
        let mut ends = Ends::default();
        for (at, lines, malformed, verdicts) in receiver {
            ends.add(malformed, &verdicts);
            waiting.insert(at, lines);
            while let Some(lines) = waiting.remove(&written) {
                if let Err(error) = io.out().write_all(&lines) {
                    stopped.store(true, Ordering::Relaxed);
                    return Err(error.into());
                }
                written += 1;
                room.lock().unwrap_or_else(PoisonError::into_inner).push(lines);
            }
        }
        Ok(ends.exit())
    })
}

/// The bytes of the file, where it has some.
fn hold(order: &Order<'_>, rows: &[Row<'_>], cores: usize) -> Result<Option<Held>, Error> {
    let file = order.file;
    if let Some((file, length)) = file.regular() {
        let users = || {
            let made: Vec<Vec<u8>> = rows.iter().filter_map(user_made).collect();
            Users::of(rows.iter().filter_map(user_there).chain(made.iter().map(Vec::as_slice)), rows.len())
        };
        let needs_all = order.manner.trace || order.servers.iter().any(|server| server.looks_at_others());
        let users = (!needs_all).then(users);
        let fill = |at: usize, bytes: &mut [u8]| file.read_exact_at(bytes, at as u64);
        let read = Indexed::reading(length, users, cores, &fill);
        // If it has another length by now, all of it is read in one piece.
        if let Some(held) = read.ok().filter(|_| file.metadata().is_ok_and(|now| now.len() == length as u64)) {
            return Ok(Some(held.map_or_else(Held::Plain, |indexed| Held::Indexed(Box::new(indexed)))));
        }
    }
    let Opened::Bytes(mut reader) = file.open() else { return Ok(None) };
    let mut bytes = Vec::with_capacity(file.length_hint());
    reader.read_to_end(&mut bytes)?;
    drop(reader);
    file.check()?;
    Ok(Some(Indexed::new(bytes).map_or_else(Held::Plain, |indexed| Held::Indexed(Box::new(indexed)))))
}

/// The user that stands in a row.
fn user_there<'a>(row: &'a Row<'_>) -> Option<&'a [u8]> {
    match &row.presented {
        Ok(Presented::UserPass { user, .. }) => Some(user.expose()),
        _ => None,
    }
}

/// The user that a row's header names.
fn user_made(row: &Row<'_>) -> Option<Vec<u8>> {
    match &row.presented {
        Ok(Presented::Authorization(value)) => user_of(value.expose()),
        _ => None,
    }
}

fn alone(order: &Order<'_>, asking: &Asking<'_>, rows: &[Row<'_>], io: &mut Io) -> Result<Exit, Error> {
    let mut ends = Ends::default();
    let mut client = Client::default();
    for (row, number) in rows.iter().zip(1..) {
        let mut answer = Answer::new(0, Vec::new());
        asking.answer(row, number, &mut answer, &mut |server, sent, work, tell| {
            tell(&server.decide(&sent.request(&mut client).about(order.file), work));
        });
        order.file.check()?;
        ends.add(answer.malformed, &answer.verdicts);
        io.out().write_all(&answer.lines)?;
    }
    Ok(ends.exit())
}

/// What is asked of every row, for all threads.
struct Asking<'a> {
    servers: &'a [&'static dyn Server],
    path: &'a [u8],
    uri: &'a [u8],
    limit: f64,
    manner: Manner,
}

struct Answer {
    at: usize,
    lines: Vec<u8>,
    malformed: bool,
    verdicts: Vec<Verdict>,
}

impl Answer {
    fn new(at: usize, mut lines: Vec<u8>) -> Self {
        lines.clear();
        lines.reserve(CHUNK * 320);
        Self { at, lines, malformed: false, verdicts: Vec::new() }
    }

    fn done(self) -> Done {
        (self.at, self.lines, self.malformed, self.verdicts)
    }
}

/// What a row has a client send.
#[derive(Clone, Copy)]
enum Sent<'a> {
    Login(Login<'a>),
    Request(Request<'a>),
}

impl<'a> Sent<'a> {
    fn request(self, client: &'a mut Client) -> Request<'a> {
        match self {
            Self::Login(Login { user, password, path, uri, trace }) => {
                Request { head: client.send(user, password), path, uri, user, trace }
            }
            Self::Request(request) => request,
        }
    }
}

/// Makes a decision and tells it.
type Decide<'a> = dyn FnMut(&'static dyn Server, Sent<'_>, &mut Work, &mut dyn FnMut(&Decision)) + 'a;

impl Asking<'_> {
    fn answer(&self, row: &Row<'_>, number: u64, answer: &mut Answer, decide: &mut Decide<'_>) {
        let place = Place { row: number, line: row.line };
        let Self { path, uri, manner: Manner { trace, .. }, .. } = *self;
        let (head, made);
        let (sent, user) = match &row.presented {
            Ok(Presented::UserPass { user, password }) => {
                let (user, password) = (user.expose(), password.expose());
                (Sent::Login(Login { user, password, path, uri, trace }), Some(user))
            }
            Ok(Presented::Authorization(value)) => {
                head = Secret::from(head::with_authorization(&[value.expose()]));
                made = user_of(value.expose());
                let user = made.as_deref();
                let request = Request { head: head.expose(), path, uri, user: user.unwrap_or_default(), trace };
                (Sent::Request(request), user)
            }
            Err(why) => {
                answer.malformed = true;
                return batch::error(&mut answer.lines, place, "malformed-row", why);
            }
        };
        let mut work = pace::work(self.limit).remembering_from(REMEMBERED);
        let Answer { lines, verdicts, .. } = answer;
        batch::begin(lines, place, user);
        for server in self.servers {
            decide(*server, sent, &mut work, &mut |decision| {
                if !verdicts.contains(&decision.verdict) {
                    verdicts.push(decision.verdict);
                }
                batch::decision(lines, *server, decision, self.manner);
            });
        }
        batch::end(lines);
    }
}

/// The user that a header's value names, as clients mean it.
fn user_of(value: &[u8]) -> Option<Vec<u8>> {
    let token = value.split_at_checked(6).filter(|(word, _)| word.eq_ignore_ascii_case(b"basic "))?.1;
    let text = Secret::from(base64::decode_padded(token.trim_ascii(), false)?);
    split_once(text.expose(), b':').map(|(user, _)| user.to_vec())
}

/// How it ends: what of each kind was met.
#[derive(Default)]
struct Ends {
    malformed: bool,
    verdicts: Vec<Verdict>,
}

impl Ends {
    fn add(&mut self, malformed: bool, verdicts: &[Verdict]) {
        self.malformed |= malformed;
        for verdict in verdicts {
            if !self.verdicts.contains(verdict) {
                self.verdicts.push(*verdict);
            }
        }
    }

    fn exit(self) -> Exit {
        if self.malformed { Exit::Usage } else { Exit::of_all(self.verdicts) }
    }
}

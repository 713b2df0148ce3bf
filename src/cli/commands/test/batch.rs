//! `why401 test --batch`: many credentials against one file, a line of JSON for each, in their order, on all cores.
//!
//! The file is read once and indexed; see [`crate::batch`].

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::Read as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use clap::ArgMatches;

use crate::basic::base64;
use crate::basic::head;
use crate::batch::{Indexed, Memory, Request};
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

/// A file in memory, with its index where it has one.
enum Held {
    Indexed(Indexed),
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
    drop(text);
    let asking = Asking {
        servers: &order.servers,
        path: order.path,
        uri: order.uri,
        limit: order.work_limit,
        manner: order.manner,
    };
    // A directory, a missing file: each decision looks again, in this thread, since it is no matter of time.
    let Some(held) = hold(order.file)? else { return alone(order, &asking, &rows, io) };
    let (next, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let chunks: Vec<&[Row]> = rows.chunks(CHUNK).collect();
    let workers = thread::available_parallelism().map_or(1, usize::from).min(chunks.len());
    let (sender, receiver) = sync_channel::<Done>(workers * 4);
    let work = |sender: SyncSender<Done>| {
        let mut memory = Memory::default();
        while !stopped.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(chunk) = chunks.get(at) else { return };
            if let Held::Indexed(indexed) = &held {
                indexed.touch(chunk.iter().filter_map(|row| match &row.presented {
                    Ok(Presented::UserPass { user, .. }) => Some(user.as_slice()),
                    _ => None,
                }));
            }
            let mut answer = Answer::new(at);
            for (row, number) in chunk.iter().zip(at * CHUNK + 1..) {
                asking.answer(row, number as u64, &mut answer, |server, request, work| match &held {
                    Held::Indexed(indexed) => indexed.decide(server, request, work, &mut memory),
                    Held::Plain(bytes) => server.decide(&request.about(&&bytes[..]), work),
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
            }
        }
        Ok(ends.exit())
    })
}

/// The bytes of the file, where it has some.
fn hold(file: &DiskFile) -> Result<Option<Held>, Error> {
    let Opened::Bytes(mut reader) = file.open() else { return Ok(None) };
    let mut bytes = Vec::with_capacity(file.length_hint());
    reader.read_to_end(&mut bytes)?;
    drop(reader);
    file.check()?;
    Ok(Some(Indexed::new(bytes).map_or_else(Held::Plain, Held::Indexed)))
}

fn alone(order: &Order<'_>, asking: &Asking<'_>, rows: &[Row], io: &mut Io) -> Result<Exit, Error> {
    let mut ends = Ends::default();
    for (row, number) in rows.iter().zip(1..) {
        let mut answer = Answer::new(0);
        asking
            .answer(row, number, &mut answer, |server, request, work| server.decide(&request.about(order.file), work));
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
    fn new(at: usize) -> Self {
        Self { at, lines: Vec::with_capacity(CHUNK * 320), malformed: false, verdicts: Vec::new() }
    }

    fn done(self) -> Done {
        (self.at, self.lines, self.malformed, self.verdicts)
    }
}

impl Asking<'_> {
    fn answer(
        &self,
        row: &Row,
        number: u64,
        answer: &mut Answer,
        mut decide: impl FnMut(&'static dyn Server, Request<'_>, &mut Work) -> Decision,
    ) {
        let place = Place { row: number, line: row.line };
        let (head, user) = match &row.presented {
            Ok(Presented::UserPass { user, password }) => (head::with_user_pass(user, password), Some(user.clone())),
            Ok(Presented::Authorization(value)) => {
                (Secret::from(head::with_authorization(&[value.expose()])), user_of(value.expose()))
            }
            Err(why) => {
                answer.malformed = true;
                return batch::error(&mut answer.lines, place, "malformed-row", why);
            }
        };
        let mut work = pace::work(self.limit);
        let request = Request {
            head: head.expose(),
            path: self.path,
            uri: self.uri,
            user: user.as_deref().unwrap_or_default(),
            trace: self.manner.trace,
        };
        let decisions: Vec<_> =
            self.servers.iter().map(|server| (*server, decide(*server, request, &mut work))).collect();
        for (_, decision) in &decisions {
            if !answer.verdicts.contains(&decision.verdict) {
                answer.verdicts.push(decision.verdict);
            }
        }
        batch::decisions(&mut answer.lines, place, user.as_deref(), &decisions, self.manner);
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

//! `why401 htpasswd`, or the program reached by the name `htpasswd`: Apache's own command line, message for message and
//! code for code, with the file locked and saved by [`crate::store`].
//!
//! Behaviour: httpd 2.4.71 `support/htpasswd.c`, `support/passwd_common.c`, apr 1.7 `misc/unix/getopt.c`, glibc's
//! getpass(3), as observed of the installed program. Nothing here goes by this program's own conventions for options,
//! messages and exit statuses. Where it differs on purpose is said in [`ROW`].

mod edit;
mod password;
mod record;
mod words;

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use clap::{Arg, ArgAction, Command};

use crate::bytes::Span;
use crate::cli::commands::Row;
use crate::cli::error::Error;
use crate::cli::io::Io;
use crate::crypt::{Check, Crypt, Work, apr, attempt::Attempt, setting};
use crate::htpasswd::{Splice, Splices};
use crate::store::{self, Failure};
use edit::{Scan, Wanted};
use password::Password;
use words::{Mode, Words};

pub(super) const ROW: Row = Row {
    name: "htpasswd",
    about: "Be Apache's htpasswd: its command line, its messages, its exit statuses",
    after: "Called by the name `htpasswd` (a link to why401), the program is this command. It differs from Apache's in four \
            points. A missing line end is added before a new entry, since Apache's joins the new entry to the last one and \
            destroys both. The file is locked while it is changed and replaced as a whole, since of two of Apache's that run \
            at once one loses its change, and a full disk or a kill leaves half a file; so the directory has to be writable too. \
            Rounds that the C library does not take (-r, -C with -2 or -5) are an error with status 2, since Apache's stores an entry \
            `user:*0` that no password opens. A user name with a line break is refused with status 6, since it makes two \
            lines. Where Apache's crashes (-n given twice), the usage is printed.\n\nExit status: 0 done, 1 the file, 2 usage, 3 wrong or different password, 5 too long, 6 user name, 7 not a password \
            file, 9 hash can't be checked.",
    args,
    run: |_, _| Err(Error::usage("this command reads its own words")),
};

/// Exit statuses of Apache's program.
mod status {
    pub(super) const FILE: u8 = 1;
    pub(super) const USAGE: u8 = 2;
    pub(super) const MISMATCH: u8 = 3;
    pub(super) const TOO_LONG: u8 = 5;
    pub(super) const USER: u8 = 6;
    pub(super) const INVALID: u8 = 7;
    pub(super) const RANDOM: u8 = 8;
    pub(super) const GENERAL: u8 = 9;
}

/// Bytes of Apache's buffers, the NUL at their end included.
const BUFFER: usize = 256;

/// The options, for help and manual; [`words`] reads them.
fn args(command: Command) -> Command {
    let option = |letter: &'static str, help: &'static str| {
        let arg = Arg::new(letter).help(help);
        letter.chars().next().map_or(arg.clone(), |letter| arg.short(letter))
    };
    let flag = |letter, help| option(letter, help).action(ArgAction::SetTrue);
    let number = |letter, name: &'static str, help| option(letter, help).value_name(name);
    command
        .mut_arg("json", |json| json.hide(true))
        .disable_help_flag(true)
        .arg(flag("c", "Begin with an empty file; one that is there is emptied"))
        .arg(flag("n", "Print the entry instead of storing it; there is no FILE"))
        .arg(flag("b", "Take the password from the command line, where others can see it"))
        .arg(flag("i", "Read the password from standard input"))
        .arg(flag("m", "Hash with Apache's MD5 (apr1), as without an option"))
        .arg(flag("2", "Hash with SHA-256 crypt"))
        .arg(flag("5", "Hash with SHA-512 crypt"))
        .arg(flag("B", "Hash with bcrypt"))
        .arg(number("C", "COST", "The cost of bcrypt, from 4 to 17; without it 5"))
        .arg(number("r", "ROUNDS", "The rounds of -2 and -5, from 1000 to 999999999; without it 5000"))
        .arg(flag("d", "Hash with DES crypt, which reads eight bytes of the password"))
        .arg(flag("s", "Hash with unsalted SHA-1"))
        .arg(flag("p", "Store the password itself, which Apache does not accept"))
        .arg(flag("D", "Delete the user"))
        .arg(flag("v", "Verify the password"))
        .arg(Arg::new("file").value_name("FILE").required(true).help("The .htpasswd file; not with -n"))
        .arg(Arg::new("user").value_name("USER").required(true).help("The user name"))
        .arg(Arg::new("password").value_name("PASSWORD").help("The password, with -b"))
}

/// Why the program ends early.
enum Stop {
    /// With a message, after the program's name.
    Named(u8, Vec<u8>),
    /// With a message alone.
    Bare(u8, Vec<u8>),
    /// With a message, where there is one, and the usage.
    Usage(Vec<u8>),
}

type Outcome<T> = Result<T, Stop>;

impl Stop {
    fn named(status: u8, message: impl AsRef<[u8]>) -> Self {
        Self::Named(status, message.as_ref().to_vec())
    }

    fn bare(status: u8, message: impl AsRef<[u8]>) -> Self {
        Self::Bare(status, message.as_ref().to_vec())
    }
}

/// Where the command line asks for Apache's: the program's name there, and the words after it.
#[must_use]
pub(in crate::cli) fn called(words: &[OsString]) -> Option<(&OsStr, &[OsString])> {
    let program = words.first()?;
    if Path::new(program).file_name() == Some(OsStr::new(ROW.name)) {
        return Some((program, &words[1..]));
    }
    (words.get(1)? == ROW.name).then(|| (words[1].as_os_str(), &words[2..]))
}

/// Runs it; the exit status.
pub(in crate::cli) fn run(name: &OsStr, words: &[OsString], io: &mut Io) -> u8 {
    let done = words::read(words, io).and_then(|words| perform(&words, io));
    let done = done.and_then(|()| {
        io.finish().map_err(|error| Stop::named(status::FILE, format!("unable to write the record: {}", error.message)))
    });
    let (status, text) = match done {
        Ok(()) => return 0,
        Err(Stop::Named(status, message)) => (status, [name.as_bytes(), b": ", &message, b"\n"].concat()),
        Err(Stop::Bare(status, message)) => (status, [&message[..], b"\n"].concat()),
        Err(Stop::Usage(message)) => {
            let own = Path::new(name).file_name().unwrap_or(name).as_bytes();
            let first = if message.is_empty() { Vec::new() } else { [own, b": ", &message, b"\n"].concat() };
            (status::USAGE, [&first, words::USAGE].concat())
        }
    };
    io.say_bytes(&text);
    status
}

fn perform(words: &Words, io: &mut Io) -> Outcome<()> {
    let mut password = Password::new(words);
    if words.mode == Mode::Print {
        let record = record::make(words, &mut password, io)?;
        let printed = io.out().write_all(&[&record[..], b"\n"].concat());
        return printed.map_err(|error| Stop::named(status::FILE, format!("unable to write the record: {error}")));
    }
    let target = access(words)?;
    match words.mode {
        Mode::Verify => verify(words, &mut password, io),
        Mode::Delete => {
            let scan = save(words, &Wanted::Gone, io)?;
            if scan.found == 0 {
                io.say_bytes(&[b"User ", words.user.as_bytes(), b" not found\n"].concat());
            }
            Ok(())
        }
        Mode::Update | Mode::Create | Mode::Print => {
            let record = record::make(words, &mut password, io)?;
            if target == Target::Other {
                // A device or a pipe: nothing to lock and nothing to replace.
                announce("Adding ", words, io);
                return write_to(Path::new(&words.file), &record)
                    .map_err(|error| unable(words, &error.to_string(), io));
            }
            save(words, &if words.mode == Mode::Create { Wanted::Only(record) } else { Wanted::Record(record) }, io)?;
            Ok(())
        }
    }
}

/// What the file is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Regular,
    Other,
}

/// Whether the file can be had. With `-c` a missing one is made, before the password is asked for.
fn access(words: &Words) -> Outcome<Target> {
    let path = Path::new(&words.file);
    let file = words.file.as_bytes();
    let refuse = |before: &str, after: &str| {
        Err(Stop::named(status::FILE, [before.as_bytes(), file, after.as_bytes()].concat()))
    };
    if fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        let write = words.mode != Mode::Verify;
        let access = if write { " for read/write access" } else { " for read access" };
        return match OpenOptions::new().read(true).write(write).open(path) {
            Ok(_) => Ok(Target::Regular),
            Err(_) => refuse("cannot open file ", access),
        };
    }
    if words.mode != Mode::Create {
        return refuse("cannot modify file ", "; use '-c' to create it");
    }
    // The umask says who may read it, as with Apache's.
    match OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o666)
        .open(path)
        .and_then(|file| kind(&file))
    {
        Ok(target) => Ok(target),
        Err(_) => refuse("cannot create file ", ""),
    }
}

fn kind(file: &File) -> std::io::Result<Target> {
    Ok(if file.metadata()?.is_file() { Target::Regular } else { Target::Other })
}

fn write_to(path: &Path, record: &[u8]) -> std::io::Result<()> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o666).open(path)?.write_all(record)
}

/// `Adding password for user NAME` and its like.
fn announce(verbs: &str, words: &Words, io: &Io) {
    io.say_bytes(&[verbs.as_bytes(), b"password for user ", words.user.as_bytes(), b"\n"].concat());
}

fn unable(words: &Words, reason: &str, io: &Io) -> Stop {
    io.say_bytes(&[words.file.as_bytes(), b": ", reason.as_bytes(), b"\n"].concat());
    Stop::named(status::FILE, [b"unable to update file ", words.file.as_bytes()].concat())
}

fn invalid(words: &Words) -> Stop {
    let parts = [b"The file ", words.file.as_bytes(), b" does not appear to be a valid htpasswd file."];
    Stop::named(status::INVALID, parts.concat())
}

/// Changes the file, and says what was done.
fn save(words: &Words, wanted: &Wanted, io: &Io) -> Outcome<Scan> {
    let mut scanned: Option<Scan> = None;
    let updated = store::update(Path::new(&words.file), &store::Options::default(), |file| {
        let scan = if let Wanted::Only(record) = wanted {
            Scan { found: 0, splices: only(file, record)?, invalid: false }
        } else {
            edit::scan(file, words.user.as_bytes(), wanted)?
        };
        let splices = if scan.invalid { Splices::default() } else { scan.splices.clone() };
        scanned = Some(scan);
        Ok::<_, std::io::Error>(splices)
    });
    let verb = if matches!(wanted, Wanted::Gone) { "Deleting " } else { "Updating " };
    if let Some(scan) = &scanned {
        let verbs = verb.repeat(scan.found);
        if scan.invalid {
            io.say(&verbs);
            return Err(invalid(words));
        }
        if scan.found > 0 {
            announce(&verbs, words, io);
        } else if !matches!(wanted, Wanted::Gone) {
            announce("Adding ", words, io);
        }
    }
    match (updated, scanned) {
        (Ok(_), Some(scan)) => Ok(scan),
        (Err(Failure::Store(error)), _) => Err(unable(words, &error.to_string(), io)),
        (Err(Failure::Edit(error)), _) => Err(unable(words, &error.to_string(), io)),
        (Ok(_), None) => Err(unable(words, "it was not read", io)),
    }
}

/// All of the file goes, and the record comes.
fn only(file: &mut dyn Read, record: &[u8]) -> std::io::Result<Splices> {
    let length = std::io::copy(file, &mut std::io::sink())?;
    Ok(Splices::new(vec![Splice { span: Span::new(0, length), bytes: record.to_vec() }]))
}

/// Compares the password with each entry of the user; all have to match.
fn verify(words: &Words, password: &mut Password, io: &Io) -> Outcome<()> {
    let user = words.user.as_bytes();
    let unreadable = |_| Stop::named(status::FILE, [b"unable to read file ", words.file.as_bytes()].concat());
    let file = File::open(&words.file).map_err(unreadable)?;
    let scan = edit::fields(file, user, |field| {
        if field.is_empty() {
            return Err(Stop::bare(status::INVALID, [b"Empty hash for user ", user].concat()));
        }
        // Here the name of the program is left out.
        let password = password.get(io).map_err(|stop| match stop {
            Stop::Named(status, message) => Stop::Bare(status, message),
            other => other,
        })?;
        matches(field, password)
    });
    match scan.map_err(unreadable)?? {
        edit::Fields { invalid: true, .. } => Err(invalid(words)),
        edit::Fields { found: 0, .. } => Err(Stop::bare(status::USER, [b"User ", user, b" not found"].concat())),
        _ => {
            io.say_bytes(&[b"Password for user ", user, b" correct.\n"].concat());
            Ok(())
        }
    }
}

/// Whether APR finds that the password is that of the field.
fn matches(field: &[u8], password: &[u8]) -> Outcome<()> {
    let mut work = Work::limited(f64::INFINITY);
    let refused = field.starts_with(b"$2a$") || field.starts_with(b"$2y$");
    if refused
        && let Attempt::Refused(_) = setting::openwall_bcrypt(field, password, b"ay", apr::BCRYPT_MAX_COST, &mut work)
    {
        return Err(Stop::bare(status::GENERAL, "Could not verify password: Invalid argument"));
    }
    match apr::LIBXCRYPT.check(field, password, &mut work).check {
        Check::Match => Ok(()),
        Check::Mismatch(_) | Check::Fails(_) | Check::Crashes => {
            Err(Stop::bare(status::MISMATCH, "password verification failed"))
        }
        Check::Undecided(_) => {
            Err(Stop::bare(status::GENERAL, "Could not verify password: the scheme is not computed here"))
        }
    }
}

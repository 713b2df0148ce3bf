//! Runs of an `htpasswd`, the table of recorded ones, and how two runs compare where their salts differ.
//!
//! `tests/observed/htpasswd/VERSION.tsv`: `#` lines give the provenance; a row is what it is about, the words (a blank between
//! them, one inside a word as `\x20`, an empty word as `""`), stdin, the file `f` before, then what `htpasswd` did: exit status,
//! stdout, stderr and the file after. A file is `-` where there is none, else `=` and its bytes. The row `usage` has the usage
//! in full; elsewhere it is `<usage>`. Only `tests/real` writes the answers.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use why401::crypt::{Check, Crypt as _, Work, apr};
use why401::scheme;

use super::escape::{escape, unescape};
use super::tests;

/// A command line with all that it meets.
#[derive(Clone)]
pub(crate) struct Setup {
    /// The words after the program's name.
    pub(crate) words: Vec<OsString>,
    /// Standard input.
    pub(crate) stdin: Vec<u8>,
    /// The file `f`; `None` where it is not there. `link` leads to it, and `folder` is a folder.
    pub(crate) content: Option<Vec<u8>>,
    /// Permission bits of `f`.
    pub(crate) mode: u32,
}

/// What a program did.
pub(crate) struct Ran {
    /// The exit status; -1 where a signal ended it.
    pub(crate) status: i32,
    /// Standard output.
    pub(crate) stdout: Vec<u8>,
    /// Standard error.
    pub(crate) stderr: Vec<u8>,
    /// The file `f` afterwards.
    pub(crate) file: Option<Vec<u8>>,
    /// Its permission bits; 0 where there is none.
    pub(crate) mode: u32,
}

/// A recorded run.
pub(crate) struct Row {
    /// What it is about.
    pub(crate) about: String,
    /// What was asked.
    pub(crate) setup: Setup,
    /// What was done.
    pub(crate) ran: Ran,
}

/// The folder in which programs run.
pub(crate) struct Stage(PathBuf);

impl Stage {
    /// An empty folder, removed when dropped.
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("why401-{name}-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    /// A folder in which `program` is called `htpasswd`, for PATH: messages begin with the name as it was called.
    pub(crate) fn program(&self, name: &str, program: &Path) -> PathBuf {
        let folder = self.0.join(name);
        fs::create_dir(&folder).unwrap();
        symlink(program, folder.join("htpasswd")).unwrap();
        folder
    }

    /// Runs the `htpasswd` of a folder in a new folder that has the setup's files.
    pub(crate) fn run(&self, setup: &Setup, program: &Path) -> Ran {
        let folder = self.0.join("run");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        fs::create_dir(folder.join("folder")).unwrap();
        if let Some(content) = &setup.content {
            fs::write(folder.join("f"), content).unwrap();
            fs::set_permissions(folder.join("f"), fs::Permissions::from_mode(setup.mode)).unwrap();
        }
        symlink("f", folder.join("link")).unwrap();
        // A session of its own has no terminal: the questions are asked on stderr.
        let setsid = ["/usr/bin/setsid", "/bin/setsid"].into_iter().find(|path| Path::new(path).exists());
        let mut child = Command::new(setsid.expect("setsid, of util-linux"))
            .args(["-w", "/bin/sh", "-c", "umask 022; exec htpasswd \"$@\"", "sh"])
            .args(&setup.words)
            .current_dir(&folder)
            .env("PATH", program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // One that does not read its stdin closes it; that is its right.
        let _ = child.stdin.take().unwrap().write_all(&setup.stdin);
        let output = child.wait_with_output().unwrap();
        let file = fs::read(folder.join("f")).ok();
        let mode = fs::metadata(folder.join("f")).map_or(0, |metadata| metadata.permissions().mode() & 0o7777);
        Ran { status: output.status.code().unwrap_or(-1), stdout: output.stdout, stderr: output.stderr, file, mode }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let file = self.content.as_ref().map(|file| file.escape_ascii().to_string());
        write!(
            f,
            "  words {:?}\n  stdin \"{}\"\n  file {file:?} {:o}",
            self.words,
            self.stdin.escape_ascii(),
            self.mode
        )
    }
}

impl std::fmt::Debug for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let file = self.file.as_ref().map(|file| file.escape_ascii().to_string());
        let (out, err) = (self.stdout.escape_ascii(), self.stderr.escape_ascii());
        write!(f, "{} out \"{out}\" err \"{err}\" file {file:?} {:o}", self.status, self.mode)
    }
}

impl Setup {
    /// What the comparison holds against ours.
    pub(crate) fn compare(&self, theirs: &Ran, ours: &Ran) -> Result<(), &'static str> {
        if theirs.status == -1 {
            // -n twice leaves it without a user.
            return if ours.status == 2 { Ok(()) } else { Err("crash") };
        }
        let says = |ran: &Ran, text: &str| memchr::memmem::find(&ran.stderr, text.as_bytes()).is_some();
        if says(ours, "username contains a line break") {
            let breaks = self.words.iter().any(|word| word.as_bytes().iter().any(|byte| matches!(byte, b'\n' | b'\r')));
            let unchanged = ours.file == self.content && ours.status == 6;
            return if breaks && unchanged { Ok(()) } else { Err("refuses a name") };
        }
        if says(ours, "rounds (-r, -C) must be from") {
            let count =
                |text: Option<&Vec<u8>>| text.map_or(0, |text| memchr::memmem::find_iter(text, b"$rounds=").count());
            let made = count(Some(&theirs.stdout)) + count(theirs.file.as_ref()) > count(self.content.as_ref());
            let unchanged = ours.file == self.content || ours.file.as_deref() == Some(b"") && self.content.is_none();
            return if !made && unchanged && ours.status == 2 { Ok(()) } else { Err("refuses rounds") };
        }
        if theirs.status != ours.status {
            return Err("status");
        }
        if theirs.stderr != ours.stderr {
            return Err("stderr");
        }
        if theirs.mode != ours.mode {
            return Err("mode");
        }
        if !self.same(&theirs.stdout, &ours.stdout) {
            return Err("stdout");
        }
        match (&theirs.file, &ours.file) {
            (None, None) => Ok(()),
            (Some(theirs), Some(ours)) if self.same(&self.with_line_end(theirs, ours), ours) => Ok(()),
            _ => Err("file"),
        }
    }

    /// Their file with the line end that ours puts before an added entry.
    fn with_line_end(&self, theirs: &[u8], ours: &[u8]) -> Vec<u8> {
        let added = |at: &usize| *at > 0 && theirs[at - 1] != b'\n' && ours.get(*at) == Some(&b'\n');
        let starts = self.words.iter().map(|word| [word.as_bytes(), b":"].concat());
        let places = starts.flat_map(|start| memchr::memmem::find_iter(theirs, &start).collect::<Vec<_>>());
        match places.into_iter().find(added) {
            Some(at) if theirs.len() + 1 == ours.len() => [&theirs[..at], b"\n", &theirs[at..]].concat(),
            _ => theirs.to_vec(),
        }
    }

    /// Whether two outputs are the same but for the salts of records.
    fn same(&self, theirs: &[u8], ours: &[u8]) -> bool {
        let mut from = 0;
        loop {
            let Some(at) = (from..theirs.len().max(ours.len())).find(|&at| theirs.get(at) != ours.get(at)) else {
                return true;
            };
            let before = &theirs[..at.min(theirs.len())];
            let Some(colon) = memchr::memrchr(b':', before).filter(|&colon| colon >= from) else { return false };
            let field = |text: &[u8]| {
                let rest = &text[colon + 1..];
                rest[..rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len())].to_vec()
            };
            let (their_field, our_field) = (field(theirs), field(ours));
            if !self.alike(&their_field, &our_field) {
                return false;
            }
            from = colon + 1 + their_field.len();
        }
    }

    /// Whether two fields are of one scheme and cost, and of one of the passwords.
    fn alike(&self, theirs: &[u8], ours: &[u8]) -> bool {
        let (Some(scheme), Some(other)) = (scheme::identify(theirs), scheme::identify(ours)) else { return false };
        let shape = |field: &[u8]| {
            let digits = field.split(|&byte| byte == b'$').nth(2).unwrap_or(b"").to_vec();
            let cost = if scheme.cost.is_some() && !digits.starts_with(b"rounds=") { digits.len() } else { 0 };
            (field.len(), cost, scheme.cost.as_ref().and_then(|cost| (cost.of)(field)))
        };
        let verifies = |field: &[u8]| {
            let matches =
                |password: &[u8]| apr::LIBXCRYPT.check(field, password, &mut Work::limited(10.0)).check == Check::Match;
            self.passwords().iter().position(|password| matches(password))
        };
        scheme.name == other.name
            && shape(theirs) == shape(ours)
            && verifies(theirs).is_some()
            && verifies(theirs) == verifies(ours)
    }

    /// What the password may have been.
    fn passwords(&self) -> Vec<Vec<u8>> {
        let cut = |bytes: &[u8]| bytes.split(|&byte| byte == 0).next().unwrap().to_vec();
        let stdin = &self.stdin[..];
        let whole = stdin.strip_suffix(b"\r\n").or(stdin.strip_suffix(b"\n")).unwrap_or(stdin);
        let first = stdin.split(|&byte| byte == b'\n').next().unwrap();
        let words = self.words.iter().map(|word| word.as_bytes().to_vec());
        words.chain([cut(first), cut(whole)]).collect()
    }
}

/// The recorded tables, each with its lines of provenance.
pub(crate) fn tables() -> Vec<(PathBuf, Vec<String>, Vec<Row>)> {
    let mut paths: Vec<_> =
        fs::read_dir(tests("observed/htpasswd")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| read(&path)).collect()
}

fn read(path: &Path) -> (PathBuf, Vec<String>, Vec<Row>) {
    let text = fs::read_to_string(path).unwrap();
    let about = text.lines().filter(|line| line.starts_with('#')).map(str::to_owned).collect();
    let mut usage = Vec::new();
    let mut rows = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut row = row(line).unwrap_or_else(|error| panic!("{}: {error}: {line}", path.display()));
        if row.about == "usage" {
            usage.clone_from(&row.ran.stderr);
        }
        if let Some(start) = row.ran.stderr.strip_suffix(b"<usage>") {
            row.ran.stderr = [start, &usage].concat();
        }
        rows.push(row);
    }
    (path.to_owned(), about, rows)
}

fn row(line: &str) -> Result<Row, String> {
    let cells: Vec<_> = line.split('\t').collect();
    let [about, words, stdin, before, status, stdout, stderr, after] = cells[..] else {
        return Err(format!("{} cells", cells.len()));
    };
    let word = |text: &str| if text == "\"\"" { Ok(Vec::new()) } else { unescape(text) };
    let words: Result<Vec<_>, _> = words.split(' ').filter(|word| !word.is_empty()).map(word).collect();
    let file = |text: &str| text.strip_prefix('=').map(unescape).transpose();
    Ok(Row {
        about: about.to_owned(),
        setup: Setup {
            words: words?.into_iter().map(OsString::from_vec).collect(),
            stdin: unescape(stdin)?,
            content: file(before)?,
            mode: 0o644,
        },
        ran: Ran {
            status: status.parse().unwrap_or(-1),
            stdout: unescape(stdout)?,
            stderr: unescape(stderr)?,
            file: file(after)?,
            mode: if after == "-" { 0 } else { 0o644 },
        },
    })
}

/// Writes a table.
pub(crate) fn write(path: &Path, about: &[String], rows: &[Row]) {
    let mut text = about.join("\n") + "\n";
    let usage = rows.iter().find(|row| row.about == "usage").map_or(&[][..], |row| &row.ran.stderr);
    for row in rows {
        let word = |word: &OsString| match escape(word.as_bytes()) {
            text if text.is_empty() => "\"\"".to_owned(),
            text => text.replace(' ', "\\x20"),
        };
        let file = |file: &Option<Vec<u8>>| file.as_ref().map_or("-".to_owned(), |file| format!("={}", escape(file)));
        let stderr = match row.ran.stderr.strip_suffix(usage) {
            Some(start) if row.about != "usage" && !usage.is_empty() => format!("{}<usage>", escape(start)),
            _ => escape(&row.ran.stderr),
        };
        let words: Vec<_> = row.setup.words.iter().map(word).collect();
        let _ = writeln!(
            text,
            "{}\t{}\t{}\t{}\t{}\t{}\t{stderr}\t{}",
            row.about,
            words.join(" "),
            escape(&row.setup.stdin),
            file(&row.setup.content),
            row.ran.status,
            escape(&row.ran.stdout),
            file(&row.ran.file),
        );
    }
    fs::write(path, text).unwrap();
}

//! `why401 lint`: what is wrong with a file, per server, and mending what can be mended.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

use crate::bytes::Span;
use crate::cli::args;
use crate::cli::codes;
use crate::cli::commands::Row;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file::DiskFile;
use crate::cli::io::Io;
use crate::cli::pace;
use crate::cli::place;
use crate::cli::prompt;
use crate::cli::saving::{self, Saving};
use crate::cli::source;
use crate::fault::Grade;
use crate::htpasswd::{LINE_LIMIT, Lines, Splice, Splices};
use crate::lint::{self, Demands, Finding, Linter, Thresholds};
use crate::render;
use crate::render::style::Role;
use crate::render::text::printable;
use crate::scheme::{self, Scheme};
use crate::store::Outcome;

pub(super) const ROW: Row = Row {
    name: "lint",
    about: "Tell what is wrong with a file, and mend it",
    after: "The exit status is 0 where nothing is found, else 1. A finding is an error where an asked server refuses somebody for it. --fix \
            makes the edits by which no login that works anywhere stops working; --fix-unsafe also those that a person should look at, \
            after showing them.",
    args,
    run,
};

fn args(command: Command) -> Command {
    let flag = |name: &'static str, help| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    let text = |name: &'static str, value: &'static str, help| Arg::new(name).long(name).value_name(value).help(help);
    let files = Arg::new("file")
        .value_name("FILE")
        .required(true)
        .num_args(1..)
        .value_parser(value_parser!(OsString))
        .help("The .htpasswd files; `-` is the standard input");
    let command = command
        .arg(files)
        .arg(args::servers("for", "Tell what each finding does on these servers; `all` asks every one"))
        .arg(text("min-scheme", "SCHEME", "Tell entries of a weaker scheme [default: md5crypt]"))
        .arg(
            text(
                "min-cost",
                "[SCHEME=]N,…",
                "Tell entries of a lower cost [default: bcrypt=8,sha256crypt=5000,sha512crypt=5000]",
            )
            .action(ArgAction::Append),
        )
        .arg(
            text("baseline", "JSON", "Do not tell what this earlier output of --json tells already")
                .value_parser(value_parser!(OsString)),
        )
        .arg(text("only", "CODE,…", "Tell and mend only these").action(ArgAction::Append))
        .arg(flag("fix", "Mend what is safe"))
        .arg(flag("fix-unsafe", "Mend also what wants consent, after showing it"))
        .arg(flag("yes", "Do not ask before --fix-unsafe writes"))
        .arg(flag("all", "Show every finding, not only the first 20 of each code"))
        .arg(flag("sarif", "Print SARIF 2.1.0, for code review").conflicts_with("json"));
    saving::args(command)
}

/// What is asked.
struct Order<'a> {
    demands: Demands<'a>,
    only: Vec<String>,
    known: Known,
    /// The boldest edit that is made.
    fix: Option<Grade>,
    consent: bool,
    /// How many findings of a code are shown.
    most: usize,
    saving: Saving,
}

/// A file before and after, and what was mended.
type Mended = (Vec<u8>, Vec<u8>, Vec<Finding>);

/// What came of one file.
struct Done<'a> {
    path: &'a OsStr,
    findings: Vec<Finding>,
    fixed: Vec<Finding>,
    diff: String,
    outcome: Option<Outcome>,
}

fn run(matches: &ArgMatches, io: &mut Io) -> Result<Exit, Error> {
    let servers = match args::named_servers(matches, "for")? {
        Some(servers) => servers,
        None => args::default_servers()?,
    };
    let thresholds = thresholds(matches)?;
    let fix = match (matches.get_flag("fix"), matches.get_flag("fix-unsafe")) {
        (_, true) => Some(Grade::Consent),
        (true, false) => Some(Grade::Safe),
        (false, false) => None,
    };
    let order = Order {
        demands: Demands { servers: &servers, thresholds: &thresholds },
        only: only(matches)?,
        known: Known::read(matches.get_one::<OsString>("baseline"))?,
        fix,
        consent: matches.get_flag("yes"),
        most: if matches.get_flag("all") { usize::MAX } else { render::lint::SHOWN },
        saving: Saving::of(matches, None)?,
    };
    let paths: Vec<&OsStr> =
        matches.get_many::<OsString>("file").into_iter().flatten().map(OsString::as_os_str).collect();
    source::one_reader_of_stdin(matches.get_many::<OsString>("file").into_iter().flatten())?;
    if fix.is_some() && paths.iter().any(|path| is_stdin(path)) {
        return Err(Error::usage("the standard input can't be mended").help("name the file, or leave --fix out"));
    }
    let (mut all, mut unread) = (Vec::new(), Vec::new());
    for path in &paths {
        match order.file(path, io) {
            Ok(done) => {
                if !io.json && !matches.get_flag("sarif") {
                    print(&done, &order, io)?;
                }
                all.push(done);
            }
            // One of several files that can't be read keeps nothing from the others.
            Err(error) if paths.len() > 1 && error.exit == Exit::CouldNot => {
                if !io.json {
                    io.say(&error.human());
                }
                unread.push((*path, error));
            }
            Err(error) => return Err(error),
        }
    }
    let found = all.iter().any(|done| !done.findings.is_empty());
    if matches.get_flag("sarif") {
        let files: Vec<(&[u8], &[Finding])> =
            all.iter().map(|done| (done.path.as_bytes(), done.findings.as_slice())).collect();
        io.document(&render::lint::sarif(&files, &codes::lints().collect::<Vec<_>>()))?;
    } else if io.json {
        let mut documents: Vec<Value> = all.iter().map(|done| document(done, &order)).collect();
        let document = if paths.len() == 1 {
            documents.remove(0)
        } else {
            documents.extend(unread.iter().map(|(path, error)| {
                let mut document = error.json();
                document["file"] = render::json::bytes(path.as_bytes());
                document
            }));
            json!({"files": documents})
        };
        io.document(&document)?;
    }
    Ok(match (unread.is_empty(), found) {
        (false, _) => Exit::CouldNot,
        (true, true) => Exit::No,
        (true, false) => Exit::Done,
    })
}

impl Order<'_> {
    fn file<'a>(&self, path: &'a OsStr, io: &mut Io) -> Result<Done<'a>, Error> {
        let mut done = Done { path, findings: Vec::new(), fixed: Vec::new(), diff: String::new(), outcome: None };
        if let Some(boldest) = self.fix {
            self.mend(boldest, &mut done, io)?;
        }
        done.findings = self.known.new_ones(path, self.look(path)?);
        Ok(done)
    }

    /// Everything that is wrong with the file.
    fn look(&self, path: &OsStr) -> Result<Vec<Finding>, Error> {
        let mut linter = Linter::new(&self.demands);
        let findings = if is_stdin(path) {
            let mut lines = Lines::new(std::io::stdin().lock());
            while let Some(line) = lines.next_line().map_err(|error| saving::unread(&error, path))? {
                linter.line(&line);
            }
            linter.finish(None)
        } else {
            let file = DiskFile::look(path, None)?;
            let mut lines = Lines::new(file.reader()?);
            while let Some(line) = lines.next_line().map_err(|error| file.trouble(&error))? {
                linter.line(&line);
            }
            file.check()?;
            linter.finish(place::of(path).as_ref())
        };
        Ok(findings.into_iter().filter(|finding| self.is_asked(finding)).collect())
    }

    fn is_asked(&self, finding: &Finding) -> bool {
        self.only.is_empty() || self.only.iter().any(|code| code == finding.code.name)
    }

    /// Mends what is not bolder than `boldest`.
    fn mend(&self, boldest: Grade, done: &mut Done<'_>, io: &mut Io) -> Result<(), Error> {
        let path = done.path;
        // A file that this caller may not read, a directory, a FIFO: said as without --fix.
        DiskFile::look(path, None)?.reader()?;
        let wanted = |finding: &Finding, grade: Grade| grade <= boldest && self.is_asked(finding);
        let edit = |reader: &mut dyn Read| -> Result<Mended, Error> {
            let mut file = Vec::new();
            reader.read_to_end(&mut file).map_err(|error| unread(path, &error))?;
            let longest = file.split(|byte| *byte == b'\n').map(<[u8]>::len).max().unwrap_or(0);
            if longest > LINE_LIMIT {
                return Err(Error::new(Exit::CouldNot, "read", "a line is too long to be read").at(shown(path)));
            }
            let (mended, fixed) = lint::mended(&file, &self.demands, wanted);
            Ok((file, mended, fixed))
        };
        if boldest == Grade::Consent && !self.saving.dry_run && !self.consent {
            let (file, mended, _) = self.saving.look(path, |reader| edit(reader))?;
            if file == mended {
                return Ok(());
            }
            io.say(&format!("{}:\n{}", shown(path), render::lint::diff(&file, &mended, render::style::Style::Plain)));
            if !prompt::confirm("Write this? [y/N] ")? {
                return Err(Error::new(Exit::No, "not-wanted", "nothing was written").at(shown(path)));
            }
        }
        let mut kept = (String::new(), Vec::new());
        done.outcome = self.saving.edit(path, |reader| {
            let (file, mended, fixed) = edit(reader)?;
            kept = (render::lint::diff(&file, &mended, io.style), fixed);
            Ok(difference(&file, &mended))
        })?;
        (done.diff, done.fixed) = kept;
        Ok(())
    }
}

/// One splice that makes `new` of `old`.
fn difference(old: &[u8], new: &[u8]) -> Splices {
    if old == new {
        return Splices::default();
    }
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let end = old[start..].iter().rev().zip(new[start..].iter().rev()).take_while(|(a, b)| a == b).count();
    let span = Span::new(start as u64, (old.len() - end) as u64);
    Splices::new(vec![Splice { span, bytes: new[start..new.len() - end].to_vec() }])
}

fn is_stdin(path: &OsStr) -> bool {
    path == "-"
}

fn shown(path: &OsStr) -> String {
    printable(path.as_bytes())
}

fn unread(path: &OsStr, error: &std::io::Error) -> Error {
    Error::new(Exit::CouldNot, "read", format!("can't read the file: {error}")).at(shown(path))
}

fn print(done: &Done<'_>, order: &Order<'_>, io: &mut Io) -> Result<(), Error> {
    let file = shown(done.path);
    let mut text = String::new();
    if order.fix.is_some() {
        if order.saving.dry_run && !done.diff.is_empty() {
            let heading = io.style.paint(Role::Strong, &format!("--- {file}\n+++ {file} (not written)"));
            text.push_str(&format!("{heading}\n{}", done.diff));
        }
        for finding in &done.fixed {
            let what = finding.mend.as_ref().map_or("", |mend| &mend.text);
            let verb = if order.saving.dry_run { "would mend" } else { "mended" };
            let line = format!("{file}:{}: {verb} {}: {what}", finding.line, finding.code.name);
            text.push_str(&format!("{}\n", io.style.paint(Role::Good, &line)));
        }
        text.push_str(&saving::way(done.outcome.as_ref()));
    }
    text.push_str(&render::lint::text(&file, &done.findings, order.most, io.style));
    io.out().write_all(text.as_bytes())?;
    Ok(())
}

fn document(done: &Done<'_>, order: &Order<'_>) -> Value {
    let findings: Vec<Value> = done.findings.iter().map(render::lint::json).collect();
    let mut document = json!({"file": render::json::bytes(done.path.as_bytes()), "findings": findings});
    if order.fix.is_some() {
        document["changed"] = json!(!done.fixed.is_empty() && !order.saving.dry_run);
        document["written"] = json!(saving::written(done.outcome.as_ref()));
        document["fixed"] = done.fixed.iter().map(render::lint::json).collect();
    }
    document
}

/// The codes that --only names.
fn only(matches: &ArgMatches) -> Result<Vec<String>, Error> {
    let names: Vec<String> = matches
        .get_many::<String>("only")
        .into_iter()
        .flatten()
        .flat_map(|list| list.split(',').map(str::to_owned))
        .collect();
    match names.iter().find(|name| codes::lints().all(|code| code.name != name.as_str())) {
        Some(name) => Err(Error::usage(format!("lint has no code `{name}`")).help("`why401 explain` lists the codes")),
        None => Ok(names),
    }
}

fn thresholds(matches: &ArgMatches) -> Result<Thresholds, Error> {
    let mut thresholds = Thresholds { pace: pace::pace(), ..Thresholds::default() };
    if let Some(name) = matches.get_one::<String>("min-scheme") {
        thresholds.strength = known_scheme(name)?.strength;
    }
    for part in matches.get_many::<String>("min-cost").into_iter().flatten().flat_map(|list| list.split(',')) {
        let (name, number) = part.split_once('=').unwrap_or(("bcrypt", part));
        let cost = number
            .parse::<u64>()
            .map_err(|_| Error::usage(format!("`{number}` is no cost")).help("write it as bcrypt=10"))?;
        let scheme = known_scheme(name)?;
        if scheme.cost.is_none() {
            return Err(Error::usage(format!("the scheme {name} has no cost to choose")));
        }
        thresholds.costs.retain(|(known, _)| *known != scheme.name);
        thresholds.costs.push((scheme.name, cost));
    }
    Ok(thresholds)
}

fn known_scheme(name: &str) -> Result<&'static Scheme, Error> {
    scheme::find(name)
        .ok_or_else(|| Error::usage(format!("there is no scheme `{name}`")).help("`why401 schemes` lists them"))
}

/// What an earlier run told: how often each file, code and user.
#[derive(Default)]
struct Known(HashMap<(Value, String, Value), usize>);

impl Known {
    fn read(path: Option<&OsString>) -> Result<Self, Error> {
        let Some(path) = path else { return Ok(Self::default()) };
        let cannot = |text: String| Error::new(Exit::CouldNot, "baseline", text).at(shown(path));
        let text =
            std::fs::read(Path::new(path)).map_err(|error| cannot(format!("can't read the baseline: {error}")))?;
        let document: Value =
            serde_json::from_slice(&text).map_err(|error| cannot(format!("the baseline is no JSON: {error}")))?;
        let mut known = HashMap::new();
        let alone = std::slice::from_ref(&document);
        for file in document["files"].as_array().map_or(alone, Vec::as_slice) {
            for finding in file["findings"].as_array().into_iter().flatten() {
                let code = finding["code"].as_str().unwrap_or_default().to_owned();
                *known.entry((file["file"].clone(), code, finding["user"].clone())).or_default() += 1;
            }
        }
        Ok(Self(known))
    }

    /// Those that were not told before.
    fn new_ones(&self, path: &OsStr, findings: Vec<Finding>) -> Vec<Finding> {
        if self.0.is_empty() {
            return findings;
        }
        let mut left = self.0.clone();
        let file = render::json::bytes(path.as_bytes());
        let is_new = |finding: &Finding| {
            let user = render::lint::json(finding)["user"].clone();
            match left.get_mut(&(file.clone(), finding.code.name.to_owned(), user)) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    false
                }
                _ => true,
            }
        };
        let mut is_new = is_new;
        findings.into_iter().filter(|finding| is_new(finding)).collect()
    }
}

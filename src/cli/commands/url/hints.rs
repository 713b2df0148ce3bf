//! The causes that the user file and the request show, where it was they that decided; as `test` tells them.

use std::cell::RefCell;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use clap::ArgMatches;

use crate::cli::commands::url::Asked;
use crate::cli::commands::url::access::Guard;
use crate::cli::io::Io;
use crate::cli::near;
use crate::cli::pace;
use crate::hint::{self, Finding, Inquest};
use crate::render::human::Answer;
use crate::server::{Inputs, UserFile};

/// The hints for the one answer; what a search left undone is said in `unchecked`.
pub(super) fn find(
    matches: &ArgMatches,
    io: &Io,
    asked: &Asked,
    answers: &[Answer],
    unchecked: &mut Vec<String>,
) -> Vec<Finding> {
    let (Some(path), [(server, decision)]) = (&asked.finding.user_file, answers) else { return Vec::new() };
    let real = asked.disk.real(path);
    let file = Guard::new(&asked.disk, asked.who.clone()).open(path);
    let head = &asked.request.head;
    let inputs = Inputs { head, path: path.as_os_str().as_bytes(), file: &*file, uri: &asked.request.target };
    let mut work = pace::work(matches.get_one::<f64>("work-limit").copied().unwrap_or(10.0));
    // Where a rule of the configuration decided, no change of file or header tells anything.
    let alone = server.decide(&inputs, &mut work);
    if alone.verdict != decision.verdict || alone.reason != decision.reason {
        return Vec::new();
    }
    let copies = if matches.get_flag("compare-backups") { near::backups(real.as_os_str()) } else { Vec::new() };
    let backups: Vec<(String, &dyn UserFile)> =
        copies.iter().map(|(name, file)| (name.clone(), file as &dyn UserFile)).collect();
    let quoted = quoted(&real);
    let user = asked.user.as_deref();
    let work = RefCell::new(work);
    let inquest = Inquest::new(hint::Asked { inputs: &inputs, answers, file: &quoted, backups: &backups, user }, &work);
    let mut found = inquest.findings();
    near::search(matches, io, &inquest, &mut found, unchecked);
    found.pop().unwrap_or_default()
}

fn quoted(path: &Path) -> String {
    hint::quoted(path.as_os_str().as_bytes())
}

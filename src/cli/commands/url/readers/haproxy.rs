//! HAProxy.

use std::path::PathBuf;

use crate::cli::commands::url::readers::{Model, NamedLog, Reader, has_line};
use crate::conf::Trouble;
use crate::conf::haproxy::tree::{self, Tree};
use crate::crypt::Work;
use crate::inquiry::haproxy;
use crate::inquiry::{Finding, Means, Request};

pub(super) static READER: Reader = Reader {
    name: "haproxy",
    title: "HAProxy",
    is_like: |bytes| has_line(bytes, &["frontend ", "userlist ", "backend ", "http-request "]),
    read: |setting| Ok(Box::new(tree::read(setting.config, setting.disk)?)),
};

impl Model for Tree {
    fn ask(&self, request: &Request, means: &Means<'_>, work: &mut Work) -> Result<Finding, Trouble> {
        Ok(haproxy::ask(self, request, means, work))
    }

    fn user(&self) -> Option<Vec<u8>> {
        let line = self.all(&["global"]).flat_map(|section| section.all("user")).next()?;
        Some(line.word(1).to_vec())
    }

    fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// None: it writes to syslog.
    fn logs(&self) -> Vec<NamedLog> {
        Vec::new()
    }
}

//! nginx.

use std::path::PathBuf;

use crate::cli::commands::url::readers::{Model, Reader, has_line};
use crate::conf::Trouble;
use crate::conf::nginx::tree::{self, Tree};
use crate::crypt::Work;
use crate::inquiry::nginx;
use crate::inquiry::{Finding, Means, Request};

pub(super) static READER: Reader = Reader {
    name: "nginx",
    title: "nginx",
    is_like: |bytes| has_line(bytes, &["http", "events", "server {", "worker_processes", "user "]),
    read: |setting| Ok(Box::new(tree::read(setting.config, setting.disk)?)),
};

impl Model for Tree {
    fn ask(&self, request: &Request, means: &Means<'_>, work: &mut Work) -> Result<Finding, Trouble> {
        Ok(nginx::ask(self, request, means, work))
    }

    fn user(&self) -> Option<Vec<u8>> {
        self.main.first("user").map(|user| user.arg(0).to_vec())
    }

    fn files(&self) -> &[PathBuf] {
        &self.files
    }
}

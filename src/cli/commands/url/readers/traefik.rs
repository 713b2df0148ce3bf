//! Traefik, by the file that it starts with and those of its file provider.

use std::path::PathBuf;

use crate::cli::commands::url::readers::{Model, NamedLog, Reader, has_line};
use crate::conf::Trouble;
use crate::conf::traefik::tree::{self, Tree};
use crate::crypt::Work;
use crate::inquiry::traefik;
use crate::inquiry::{Finding, Means, Request};

pub(super) static READER: Reader = Reader {
    name: "traefik",
    title: "Traefik",
    is_like: |bytes| has_line(bytes, &["entrypoints:", "providers:", "[entrypoints", "[providers", "[http.routers"]),
    read: |setting| {
        let folder = setting.folder.map(PathBuf::from);
        Ok(Box::new(Tree { folder, ..tree::read(setting.config, setting.disk)? }))
    },
};

impl Model for Tree {
    fn ask(&self, request: &Request, means: &Means<'_>, work: &mut Work) -> Result<Finding, Trouble> {
        Ok(traefik::ask(self, request, means, work))
    }

    /// Whoever started it.
    fn user(&self) -> Option<Vec<u8>> {
        None
    }

    fn files(&self) -> &[PathBuf] {
        &self.files
    }

    fn logs(&self) -> Vec<NamedLog> {
        self.logs.iter().map(|path| NamedLog { path: path.clone(), format: None }).collect()
    }
}

//! Caddy, by its Caddyfile.

use std::path::PathBuf;

use crate::cli::commands::url::readers::{Model, NamedLog, Reader, has_line};
use crate::conf::Trouble;
use crate::conf::caddy::tree::{self, Tree};
use crate::crypt::Work;
use crate::inquiry::caddy;
use crate::inquiry::{Finding, Means, Request};

pub(super) static READER: Reader = Reader {
    name: "caddy",
    title: "Caddy",
    is_like: |bytes| {
        has_line(bytes, &["basic_auth ", "basicauth ", "file_server", "reverse_proxy ", "handle ", "respond "])
    },
    read: |setting| Ok(Box::new(tree::read(setting.config, setting.disk, setting.environment)?)),
};

impl Model for Tree {
    fn ask(&self, request: &Request, means: &Means<'_>, work: &mut Work) -> Result<Finding, Trouble> {
        Ok(caddy::ask(self, request, means, work))
    }

    /// Whoever started it.
    fn user(&self) -> Option<Vec<u8>> {
        None
    }

    fn files(&self) -> &[PathBuf] {
        &self.files
    }

    fn logs(&self) -> Vec<NamedLog> {
        let sites = self.sites.iter().flat_map(|site| &site.block);
        let outputs = sites.filter(|line| line.name() == "log").flat_map(crate::conf::caddy::tree::Directive::inside);
        let named = outputs.filter(|line| line.name() == "output" && line.word(1) == b"file");
        named
            .map(|line| NamedLog { path: crate::conf::nginx::path(line.word(2)).to_path_buf(), format: None })
            .collect()
    }
}

//! lighttpd.

use std::path::PathBuf;

use crate::cli::commands::url::readers::{Model, NamedLog, Reader, has_line};
use crate::conf::Trouble;
use crate::conf::lighttpd::tree::{self, Tree};
use crate::conf::nginx::path;
use crate::crypt::Work;
use crate::inquiry::lighttpd;
use crate::inquiry::{Finding, Means, Request};

pub(super) static READER: Reader = Reader {
    name: "lighttpd",
    title: "lighttpd",
    is_like: |bytes| has_line(bytes, &["server.modules", "server.document-root", "auth.require", "auth.backend"]),
    read: |setting| Ok(Box::new(tree::read(setting.config, setting.disk)?)),
};

impl Model for Tree {
    fn ask(&self, request: &Request, means: &Means<'_>, work: &mut Work) -> Result<Finding, Trouble> {
        Ok(lighttpd::ask(self, request, means, work))
    }

    fn user(&self) -> Option<Vec<u8>> {
        Some(self.blocks.first()?.get("server.username")?.value.text()?.to_vec())
    }

    fn files(&self) -> &[PathBuf] {
        &self.files
    }

    fn logs(&self) -> Vec<NamedLog> {
        let settings = self.blocks.iter().flat_map(|block| &block.settings);
        let named = settings.filter(|setting| matches!(&setting.key[..], b"server.errorlog" | b"accesslog.filename"));
        named
            .filter_map(|setting| Some(NamedLog { path: path(setting.value.text()?).to_path_buf(), format: None }))
            .collect()
    }
}

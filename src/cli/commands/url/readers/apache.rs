//! Apache httpd.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::cli::commands::url::readers::{Model, Reader, Setting, has_line};
use crate::cli::host::Disk;
use crate::conf::apache::envvars;
use crate::conf::apache::settings::Start;
use crate::conf::apache::tree::{self, Tree};
use crate::conf::{Files, Trouble};
use crate::crypt::Work;
use crate::inquiry::apache;
use crate::inquiry::{Finding, Means, Request};

pub(super) static READER: Reader = Reader {
    name: "apache",
    title: "Apache",
    is_like: |bytes| {
        has_line(bytes, &["<", "serverroot", "loadmodule", "documentroot", "listen"])
            && !has_line(bytes, &["http {", "server {", "events {"])
    },
    read,
};

fn read(setting: &Setting<'_>) -> Result<Box<dyn Model>, Trouble> {
    let start = Start {
        root: setting.folder.map_or_else(|| root(setting.config), Path::to_path_buf),
        environment: setting.environment.map_or_else(|| environment(setting.config, setting.disk), variables),
        defines: setting.defines.iter().map(|name| name.clone().into_bytes()).collect(),
    };
    Ok(Box::new(tree::read(setting.config, start, setting.disk)?))
}

impl Model for Tree {
    fn ask(&self, request: &Request, means: &Means<'_>, work: &mut Work) -> Result<Finding, Trouble> {
        apache::ask(self, request, means, work)
    }

    fn user(&self) -> Option<Vec<u8>> {
        let last = self.main.iter().rfind(|directive| directive.name == b"user")?;
        last.words().into_iter().next()
    }

    fn files(&self) -> &[PathBuf] {
        &self.files
    }
}

/// The environment of a process, as `/proc/PID/environ` holds it.
fn variables(bytes: &[u8]) -> HashMap<Vec<u8>, Vec<u8>> {
    let entries = bytes.split(|byte| *byte == 0).filter_map(|entry| crate::bytes::split_once(entry, b'='));
    entries.map(|(name, value)| (name.to_vec(), value.to_vec())).collect()
}

/// The server's folder, where the configuration does not name it.
fn root(config: &Path) -> PathBuf {
    let folder = config.parent().unwrap_or(Path::new("/"));
    let above = folder.file_name().is_some_and(|name| name == "conf").then(|| folder.parent()).flatten();
    above.unwrap_or(folder).to_path_buf()
}

/// What the server is started with: Debian's `envvars` beside the configuration.
fn environment(config: &Path, disk: &Disk) -> HashMap<Vec<u8>, Vec<u8>> {
    let file = config.with_file_name("envvars");
    disk.read(&file).map(|bytes| envvars::parse(&bytes)).unwrap_or_default()
}

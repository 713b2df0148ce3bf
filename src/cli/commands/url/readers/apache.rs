//! Apache httpd.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::cli::commands::url::readers::{Model, NamedLog, Reader, Setting, has_line};
use crate::cli::host::Disk;
use crate::conf::apache::directive::Directive;
use crate::conf::apache::envvars;
use crate::conf::apache::path;
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

    fn logs(&self) -> Vec<NamedLog> {
        let (mut formats, mut found) = (Vec::new(), Vec::new());
        named(&self.main, &mut formats, &mut found);
        let format = |name: Vec<u8>| match formats.iter().rfind(|(known, _)| *known == name) {
            Some((_, format)) => format.clone(),
            None => name,
        };
        let log = |(name, of): (Vec<u8>, Option<Vec<u8>>)| NamedLog {
            path: path(&self.settings.rooted(&name)).to_path_buf(),
            format: of.map(format),
        };
        found.into_iter().map(log).collect()
    }
}

/// Names and their formats, and paths with the names of their formats.
type Names = Vec<(Vec<u8>, Vec<u8>)>;

fn named(block: &[Directive], formats: &mut Names, logs: &mut Vec<(Vec<u8>, Option<Vec<u8>>)>) {
    for directive in block {
        let mut words = directive.words().into_iter();
        match (directive.name.as_slice(), words.next(), words.next()) {
            (b"logformat", Some(format), Some(name)) => formats.push((name, format)),
            (b"errorlog" | b"customlog" | b"transferlog", Some(name), format)
                if !name.starts_with(b"|") && !name.starts_with(b"syslog") && !name.contains(&b'$') =>
            {
                logs.push((name, format));
            }
            _ => {}
        }
        named(&directive.block, formats, logs);
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

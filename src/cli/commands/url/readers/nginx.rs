//! nginx.

use std::path::PathBuf;

use crate::cli::commands::url::readers::{Model, NamedLog, Reader, has_line};
use crate::conf::Trouble;
use crate::conf::nginx::path;
use crate::conf::nginx::refusal;
use crate::conf::nginx::tree::{self, Directive, Tree};
use crate::crypt::Work;
use crate::inquiry::nginx::Config;
use crate::inquiry::{Finding, Means, Request};

pub(super) static READER: Reader = Reader {
    name: "nginx",
    title: "nginx",
    is_like: |bytes| has_line(bytes, &["http", "events", "server {", "worker_processes", "user "]),
    read: |setting| {
        let tree = tree::read(setting.config, setting.disk)?;
        let checked = refusal::find(&tree, setting.program, setting.disk);
        Ok(Box::new(Config { tree, checked }))
    },
};

impl Model for Config {
    fn ask(&self, request: &Request, means: &Means<'_>, work: &mut Work) -> Result<Finding, Trouble> {
        Ok(self.ask(request, means, work))
    }

    fn user(&self) -> Option<Vec<u8>> {
        self.tree.main.first("user").map(|user| user.arg(0).to_vec())
    }

    fn files(&self) -> &[PathBuf] {
        &self.tree.files
    }

    fn logs(&self) -> Vec<NamedLog> {
        let mut logs = Vec::new();
        let formats: Vec<&Directive> = self.tree.main.all("http").flat_map(|http| http.all("log_format")).collect();
        named(&self.tree.main, &formats, &self.tree, &mut logs);
        logs
    }
}

/// The logs that a block and those in it name.
fn named(block: &Directive, formats: &[&Directive], tree: &Tree, logs: &mut Vec<NamedLog>) {
    for directive in &block.block {
        let is_access = directive.name == b"access_log";
        let name = directive.arg(0);
        let is_elsewhere = [&b"off"[..], b"stderr", b"syslog:", b"memory:"].iter().any(|word| name.starts_with(word));
        if (is_access || directive.name == b"error_log") && !is_elsewhere && !name.contains(&b'$') && !name.is_empty() {
            let format = formats.iter().find(|format| is_access && format.arg(0) == directive.arg(1));
            let text = |format: &&&Directive| {
                let parts = format.args.iter().skip(1).filter(|part| !part.starts_with(b"escape="));
                parts.flatten().copied().collect()
            };
            logs.push(NamedLog { path: tree.prefix.join(path(name)), format: format.as_ref().map(text) });
        }
        named(directive, formats, tree, logs);
    }
}

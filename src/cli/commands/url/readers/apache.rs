//! Apache httpd.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::cli::commands::url::readers::{Reader, Setting, has_line};
use crate::cli::host::Disk;
use crate::conf::apache::envvars;
use crate::conf::apache::tree::{self, Start};
use crate::conf::{Files, Trouble};
use crate::crypt::Work;
use crate::inquiry::apache;
use crate::inquiry::{Finding, Means, Request};

pub(super) static READER: Reader = Reader {
    name: "apache",
    title: "Apache",
    usual: &[
        "/etc/apache2/apache2.conf",
        "/etc/httpd/conf/httpd.conf",
        "/etc/apache2/httpd.conf",
        "/usr/local/apache2/conf/httpd.conf",
        "/usr/local/etc/apache24/httpd.conf",
    ],
    is_like: |bytes| {
        has_line(bytes, &["<", "serverroot", "loadmodule", "documentroot", "listen"])
            && !has_line(bytes, &["http {", "server {", "events {"])
    },
    ask,
};

fn ask(setting: &Setting<'_>, request: &Request, means: &Means<'_>, work: &mut Work) -> Result<Finding, Trouble> {
    let start = Start {
        root: root(setting.config),
        environment: environment(setting.config, setting.disk),
        defines: setting.defines.iter().map(|name| name.clone().into_bytes()).collect(),
    };
    let tree = tree::read(setting.config, start, setting.disk)?;
    apache::ask(&tree, request, means, work)
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

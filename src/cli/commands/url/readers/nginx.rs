//! nginx.

use crate::cli::commands::url::readers::{Reader, has_line};
use crate::conf::nginx::tree;
use crate::inquiry::nginx;

pub(super) static READER: Reader = Reader {
    name: "nginx",
    title: "nginx",
    usual: &["/etc/nginx/nginx.conf", "/usr/local/nginx/conf/nginx.conf", "/usr/local/etc/nginx/nginx.conf"],
    is_like: |bytes| has_line(bytes, &["http", "events", "server {", "worker_processes", "user "]),
    ask: |setting, request, means, work| {
        let tree = tree::read(setting.config, setting.disk)?;
        Ok(nginx::ask(&tree, request, means, work))
    },
};

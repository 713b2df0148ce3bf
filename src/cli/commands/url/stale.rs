//! Whether the server still runs an older configuration, or keeps an older file, than stands on the disk.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::commands::url::find::Found;
use crate::cli::commands::url::part::{Part, Rank};
use crate::cli::commands::url::readers::Model;
use crate::cli::host::Disk;
use crate::host::Host;
use crate::inquiry::Finding;
use crate::render;
use crate::render::text::printable;
use std::os::unix::ffi::OsStrExt;

/// Differences below this are those of clocks, in milliseconds.
const SLACK: i64 = 150;

/// What the running server does not know yet; `None` where none runs.
pub(super) fn part(found: &Found, model: &dyn Model, finding: &Finding, disk: &Disk) -> Option<Part> {
    let running = found.running.as_ref()?;
    let here = Disk::below("/".into());
    let (loaded, now) = (running.loaded(&here)?, here.now()?);
    let mut findings: Vec<Value> = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    for path in model.files() {
        let Ok(node) = here.node(&disk.real(path)) else { continue };
        if node.modified > loaded + SLACK {
            let shown = printable(path.as_os_str().as_bytes());
            lines.push(format!(
                "{shown} was changed {} ago, {} after the server last read it: the server still runs what stood there before",
                span(now - node.modified),
                span(node.modified - loaded)
            ));
            lines.push(format!("= fix: {}", reload(found.reader.name, running.master.pid)));
            let file = render::json::bytes(path.as_os_str().as_bytes());
            findings
                .push(json!({"code": "edited-since-reload", "file": file, "seconds": (node.modified - loaded) / 1000}));
        }
    }
    if let Some(path) = finding.user_file.as_deref()
        && running.keeps_old(&here, path)
    {
        let shown = printable(path.as_os_str().as_bytes());
        lines.push(format!(
            "{shown} is mounted as a single file, and another file has taken its place since: the server keeps the old one until it is \
             started anew"
        ));
        findings.push(json!({"code": "replaced-under-mount", "file": render::json::bytes(path.as_os_str().as_bytes()), "seconds": null}));
    }
    // One advice is enough.
    let fix = lines.iter().rfind(|line| line.starts_with("= fix")).cloned();
    lines.retain(|line| !line.starts_with("= fix"));
    lines.extend(fix);
    Some(Part {
        key: "stale",
        rank: Rank::Above,
        value: Value::Array(findings),
        heading: "the server runs something older:",
        lines,
    })
}

fn reload(product: &str, pid: u32) -> String {
    let managed = Path::new("/run/systemd/system").exists();
    match product {
        "apache" if managed => "apachectl graceful (or systemctl reload apache2)".to_owned(),
        "apache" => format!("apachectl graceful (or kill -USR1 {pid})"),
        "nginx" if managed => "nginx -s reload (or systemctl reload nginx)".to_owned(),
        _ => format!("nginx -s reload (or kill -HUP {pid})"),
    }
}

/// `12 s`, `3 min`, `2 h`, `5 d`.
fn span(milliseconds: i64) -> String {
    match milliseconds / 1000 {
        seconds @ ..=119 => format!("{seconds} s"),
        seconds @ ..=7199 => format!("{} min", seconds / 60),
        seconds @ ..=172_799 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

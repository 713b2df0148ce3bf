//! Logs of real servers are read line by line, none misread.
//!
//! `tests/logs/README.md` tells how the samples were made.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use why401::log::format::{Context, FORMATS};
use why401::log::{Clock, Event, Kind, Reader, Shape, Told, User};
use why401::trace::codes;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/logs")
}

fn sample(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).unwrap()
}

fn clock() -> Clock {
    Clock::new(jiff::tz::TimeZone::UTC, 1_795_600_000_000_000)
}

fn lines(log: &[u8]) -> impl Iterator<Item = &[u8]> {
    log.split(|byte| *byte == b'\n')
}

/// What a log tells, and the lines of no format.
fn read(log: &[u8]) -> (Vec<Event<'static>>, Vec<String>) {
    let clock = clock();
    let context = Context { clock: &clock, outer: None, user_files: &[] };
    let shape = Shape::default();
    let mut reader = Reader::new(context, &shape);
    let (mut events, mut unknown) = (Vec::new(), Vec::new());
    for line in lines(log) {
        match reader.line(line) {
            Told::Event(event) => events.push(event.into_owned()),
            Told::Unknown => unknown.push(String::from_utf8_lossy(line).into_owned()),
            Told::Part | Told::Blank => {}
        }
    }
    assert_eq!(reader.torn, 0);
    (events, unknown)
}

fn text(bytes: Option<&[u8]>) -> String {
    bytes.map_or_else(|| "-".to_owned(), |bytes| String::from_utf8_lossy(bytes).into_owned())
}

/// Who asked for what and got which status, of an access log.
fn requests(name: &str) -> Vec<(String, String, String, u16)> {
    let (events, unknown) = read(&sample(name));
    assert!(unknown.is_empty(), "{name}: {unknown:#?}");
    events
        .iter()
        .map(|event| {
            (text(event.client.as_deref()), text(event.name()), text(event.path.as_deref()), event.status.unwrap())
        })
        .collect()
}

#[test]
fn every_line_of_every_sample_is_read() {
    let mut files = 0;
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name == "README.md" {
            continue;
        }
        files += 1;
        let log = sample(&name);
        let (events, unknown) = read(&log);
        assert!(unknown.is_empty(), "{name}: {unknown:#?}");
        // nginx's only cut record has one line feed.
        let cut = usize::from(name == "nginx-error.log");
        assert_eq!(events.len() + cut, lines(&log).filter(|line| !line.is_empty()).count(), "{name}");
        assert!(events.iter().all(|event| event.time.is_some()), "{name}");
        let kind = if name.contains("access") || name == "haproxy.log" { Kind::Access } else { Kind::Error };
        assert!(events.iter().all(|event| event.kind == kind), "{name}");
    }
    assert!(files >= 18, "{files}");
}

#[test]
fn no_line_is_of_two_formats() {
    let clock = clock();
    let context = Context { clock: &clock, outer: None, user_files: &[] };
    let mut seen = BTreeMap::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let log = fs::read(entry.unwrap().path()).unwrap();
        for line in lines(&log) {
            let readers: Vec<_> =
                FORMATS.iter().filter(|format| (format.read)(line, &context).is_some()).map(|f| f.name).collect();
            assert!(readers.len() <= 1, "{readers:?}: {}", String::from_utf8_lossy(line));
            for name in readers {
                *seen.entry(name).or_insert(0) += 1;
            }
        }
    }
    println!("{seen:?}");
}

#[test]
fn the_same_requests_read_alike_in_every_format_that_a_server_wrote_them_in() {
    let apache = requests("apache-access_common.log");
    assert_eq!(apache.len(), 126);
    for name in ["apache-access_combined.log", "apache-access_vhost.log", "apache-access_json.log"] {
        assert_eq!(requests(name), apache, "{name}");
    }
    let nginx = requests("nginx-access.log");
    assert!(nginx.len() > 100);
    assert_eq!(requests("nginx-access_main.log"), nginx);
    let json = requests("nginx-access_json.log");
    let shown = |rows: Vec<(String, String, String, u16)>| rows.into_iter().map(|row| (row.1, row.2, row.3));
    // nginx's JSON escapes a name of bytes that are no UTF-8 as they are.
    assert!(shown(json).eq(shown(nginx)));
}

#[test]
fn causes_of_error_logs_are_what_their_lines_say() {
    let (events, _) = read(&sample("apache-error_all.log"));
    let log = String::from_utf8_lossy(&sample("apache-error_all.log")).into_owned();
    let count = |code| events.iter().filter(|event| event.cause == Some(code)).count();
    let said = |words: &[&str]| log.lines().filter(|line| words.iter().any(|word| line.contains(word))).count();
    assert_eq!(count(codes::PASSWORD_MISMATCH), said(&["Password Mismatch", "password mismatch"]));
    assert_eq!(count(codes::USER_NOT_FOUND), said(&["AH01618", "AH01790"]));
    assert_eq!(count(codes::USER_NOT_AUTHORIZED), said(&["AH01631"]));
    assert_eq!(count(codes::ADDRESS_DENIED), said(&["client denied by server configuration"]));
    assert_eq!(count(codes::FILE_MISSING), said(&["(2)No such file or directory"]) - said(&["AH01665"]));
    assert!(count(codes::MISCONFIGURED) >= said(&[".htaccess: Invalid command", "not allowed here"]));

    let (events, _) = read(&sample("nginx-error.log"));
    let log = String::from_utf8_lossy(&sample("nginx-error.log")).into_owned();
    let count = |code| events.iter().filter(|event| event.cause == Some(code)).count();
    let said = |words: &str| log.lines().filter(|line| line.contains(words)).count();
    assert_eq!(count(codes::PASSWORD_MISMATCH), said("password mismatch, client"));
    assert_eq!(count(codes::USER_NOT_FOUND), said(" was not found in "));
    assert_eq!(count(codes::NO_CREDENTIALS), said("no user/password was provided"));
    assert_eq!(count(codes::RATE_LIMITED), said("limiting requests"));

    let (events, _) = read(&sample("lighttpd-error.log"));
    let refused = events.iter().filter(|event| event.cause == Some(codes::CREDENTIALS_REFUSED));
    let log = sample("lighttpd-error.log");
    let said = lines(&log).filter(|line| memchr::memmem::find(line, b"password doesn't match for").is_some());
    assert_eq!(refused.count(), said.count());

    let (events, _) = read(&sample("apache-evasive_error.log"));
    assert_eq!(events.iter().filter(|event| event.cause == Some(codes::RATE_LIMITED)).count(), 4);
}

#[test]
fn names_are_the_bytes_that_were_sent() {
    for (log, wanted) in [
        ("apache-error_all.log", &[&b"zo\xE9"[..], b"ali\nce", b"a\"b", b"", b"Alice"][..]),
        ("apache-access_common.log", &[b"zo\xE9", b"zo\xC3\xA9", b"ali\nce", b"a\"b", b""]),
        ("nginx-error.log", &[b"zo\xE9", b"ali\nce", b"a\"b"]),
        ("nginx-access.log", &[b"zo\xE9", b"zo\xC3\xA9", b"ali\nce", b"a\"b"]),
        ("nginx-access_json.log", &[b"zo\xE9", b"zo\xC3\xA9", b"ali\nce", b"a\"b"]),
        ("lighttpd-error.log", &[b"zo\xE9", b"ali\nce", b""]),
    ] {
        let (events, _) = read(&sample(log));
        for name in wanted {
            assert!(events.iter().any(|event| event.name() == Some(name)), "{log}: {}", String::from_utf8_lossy(name));
        }
    }
}

#[test]
fn what_a_client_wrote_is_not_taken_for_what_the_server_wrote() {
    let event = |line: &str| {
        let (mut events, unknown) = read(line.as_bytes());
        assert!(unknown.is_empty() && events.len() == 1, "{line}: {unknown:?}");
        let event = events.remove(0);
        (text(event.client.as_deref()), text(event.name()), text(event.path.as_deref()), event.cause.map(|c| c.name))
    };
    let told = |client: &str, user: &str, path: &str, cause| (client.into(), user.into(), path.into(), cause);
    // A path that holds the words of a message.
    let line = "[Tue Nov 24 05:56:05.9 2026] [auth_basic:error] [pid 1:tid 2] [client 192.0.2.1:40458] AH01617: user alice: authentication \
                failure for \"/x\": Password Mismatch, [client 192.0.2.9:1] user bob not found: /y\": Password Mismatch";
    let wanted = "/x\": Password Mismatch, [client 192.0.2.9:1] user bob not found: /y";
    assert_eq!(event(line), told("192.0.2.1", "alice", wanted, Some("password-mismatch")));
    // lighttpd writes the path before the name.
    let line = "2026-11-24 05:58:54: (mod_auth.c.850) password doesn't match for /b username: eve IP: 192.0.2.9 username: bob IP: 192.0.2.1";
    assert_eq!(event(line), told("192.0.2.1", "bob", "/b username: eve IP: 192.0.2.9", Some("credentials-refused")));
    // nginx writes the name raw, and the referrer.
    let line = "2026/11/24 05:57:41 [error] 1#1: *3 user \"a\" was not found in \"/x\" was not found in \"/f\", client: 192.0.2.1, server: s, \
                request: \"GET /p HTTP/1.1\", host: \"h\", referrer: \"x\": password mismatch, client: 192.0.2.9\"";
    assert_eq!(event(line), told("192.0.2.1", "a\" was not found in \"/x", "/p", Some("user-not-found")));
    // An access log's name may hold what looks like a time, but no second one with its zone.
    let line = "192.0.2.1 - a [b] c [24/Nov/2026:05:56:05 +0000] \"GET /p HTTP/1.1\" 401 421";
    assert_eq!(event(line), told("192.0.2.1", "a [b] c", "/p", Some("credentials-refused")));
}

#[test]
fn a_cut_record_is_put_together_and_one_whose_rest_is_missing_swallows_nothing() {
    let first = "2026/11/24 05:57:41 [error] 1#1: *3 user \"a\nb\nc\" was not found in \"/f\", client: 192.0.2.1, server: s, request: \"GET / HTTP/1.1\"";
    let (events, unknown) = read(first.as_bytes());
    assert_eq!((events.len(), unknown.len()), (1, 0));
    assert_eq!(events[0].name(), Some(&b"a\nb\nc"[..]));
    let torn = "2026/11/24 05:57:41 [error] 1#1: *3 user \"a\n2026/11/24 05:57:42 [error] 1#1: *4 user \"bob\": password mismatch, client: 192.0.2.1, server: s";
    let clock = clock();
    let shape = Shape::default();
    let mut reader = Reader::new(Context { clock: &clock, outer: None, user_files: &[] }, &shape);
    let told: Vec<bool> = lines(torn.as_bytes())
        .map(|line| matches!(reader.line(line), Told::Event(event) if event.name() == Some(b"bob")))
        .collect();
    assert_eq!((told, reader.torn), (vec![false, true], 1));
}

#[test]
fn wrappers_hold_lines_of_other_formats() {
    for line in [
        r#"{"__REALTIME_TIMESTAMP":"1795499765000000","_PID":"7","MESSAGE":"[auth_basic:error] [pid 1:tid 2] [client 192.0.2.1:4] AH01618: user bob not found: /p","SYSLOG_IDENTIFIER":"apache2"}"#,
        r#"{"MESSAGE":"192.0.2.1 - bob [24/Nov/2026:05:56:05 +0000] \"GET /p HTTP/1.1\" 401 421","__REALTIME_TIMESTAMP":"1795499765000000"}"#,
        r#"{"log":"192.0.2.1 - bob [24/Nov/2026:05:56:05 +0000] \"GET /p HTTP/1.1\" 401 421\n","stream":"stdout","time":"2026-11-24T05:56:05.000Z"}"#,
        "Nov 24 05:56:05 host apache2[7]: [auth_basic:error] [pid 1:tid 2] [client 192.0.2.1:4] AH01618: user bob not found: /p",
        "<187>Nov 24 05:56:05 host nginx: 2026/11/24 05:56:05 [error] 7#7: *1 user \"bob\": password mismatch, client: 192.0.2.1, server: s, request: \"GET /p HTTP/1.1\"",
        "2026-11-24T05:56:05+0000 host lighttpd[3]: (mod_auth.c.850) password doesn't match for /p username: bob IP: 192.0.2.1",
        r#"{"ClientHost":"192.0.2.1","ClientUsername":"bob","DownstreamStatus":401,"OriginStatus":0,"RequestMethod":"GET","RequestPath":"/p?x=y","StartUTC":"2026-11-24T05:56:05Z","level":"info","msg":"","time":"2026-11-24T05:56:06Z"}"#,
        "[Tue Nov 24 05:56:05 2026] [error] [client 192.0.2.1] user bob: authentication failure for \"/p\": Password Mismatch, referer: http://x/",
        "192.0.2.1 - bob [24/Nov/2026:05:56:05 +0000] \"GET /p HTTP/2.0\" 401 17 \"-\" \"-\" 3 \"router@file\" \"-\" 0ms",
    ] {
        let (events, unknown) = read(line.as_bytes());
        assert!(events.len() == 1 && unknown.is_empty(), "{line}");
        let event = &events[0];
        assert_eq!(event.time.map(|time| time / 1_000_000), Some(1_795_499_765), "{line}");
        let told = (event.client.as_deref(), event.name(), event.path.as_deref());
        assert_eq!(told, (Some(&b"192.0.2.1"[..]), Some(&b"bob"[..]), Some(&b"/p"[..])), "{line}");
        assert!(event.cause.is_some(), "{line}");
    }
    // Bytes that are no UTF-8 come as numbers.
    let line = r#"{"MESSAGE":[49,57,50,46,48,46,50,46,49,32,45,32,122,111,233,32,91,50,52,47,78,111,118,47,50,48,50,54,58,48,53,58,53,54,58,48,53,32,43,48,48,48,48,93,32,34,71,69,84,32,47,32,72,84,84,80,47,49,46,49,34,32,52,48,49,32,49],"__REALTIME_TIMESTAMP":"1795499765000000"}"#;
    assert_eq!(read(line.as_bytes()).0[0].user, User::Name(b"zo\xE9"[..].into()));
}

#[test]
fn addresses_of_the_sixth_version_lose_their_port_and_no_more() {
    let (events, _) = read(&sample("apache-ipv6_client_constructed.log"));
    let clients: Vec<_> = events.iter().map(|event| text(event.client.as_deref())).collect();
    assert_eq!(clients, ["2001:db8::5", "2001:db8::5", "2001:db8::9", "2001:db8:1:2:3:4:5:6"]);
    let old = "[Tue Nov 24 05:56:05 2026] [error] [client 2001:db8::5:1] user bob not found: /p";
    assert_eq!(text(read(old.as_bytes()).0[0].client.as_deref()), "2001:db8::5:1");
}

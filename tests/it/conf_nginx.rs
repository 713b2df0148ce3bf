//! nginx's configuration, held against recorded ones: the tree that the real server had is laid anew, and every request that it
//! was asked is asked here.

use std::path::Path;

use serde_json::Value;

use crate::support::config::{self, write};
use crate::support::sandbox::Sandbox;

/// Requests whose answer may depend on what is not modelled, in percent.
const UNDECIDED: usize = 3;
const PORT: &str = "18080";

fn rows() -> Vec<Value> {
    let text = include_str!("../observed/config/nginx@1.22.1.jsonl");
    text.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The tree around a row's `http` block, as it was when the row was recorded.
fn lay(folder: &Path, row: &Value) {
    config::nginx(folder, row, PORT);
    let http = config::filled(row["http"].as_str().unwrap(), folder, PORT);
    let text =
        format!("worker_processes 1;\nevents {{ worker_connections 64; }}\nhttp {{ access_log off;\n{http}\n}}\n");
    write(&folder.join("nginx.conf"), text, 0o644);
}

/// Whether the answer is the recorded one; `None` where it is undecided.
fn agrees(sandbox: &Sandbox, request: &Value, as_root: bool) -> (Option<bool>, Value) {
    let text = |index: usize| request[index].as_str().unwrap().replace("@D@", sandbox.path().to_str().unwrap());
    let path = text(2);
    let url = if path.starts_with("http://") { path } else { format!("http://{}:{PORT}{path}", text(1)) };
    let (method, authorization) = (text(0), request[3].as_str());
    let mut words = vec!["url", &url, "--server", "nginx", "--config", "nginx.conf", "--method", &method, "--json"];
    let config = sandbox.path().join("nginx.conf");
    words[5] = config.to_str().unwrap();
    match &authorization {
        Some(value) => words.extend(["--authorization", value]),
        None => words.push("--anonymous"),
    }
    if as_root {
        words.extend(["--run-as", "nobody"]);
    }
    let document = sandbox.run(&words).json();
    let decision = document["decisions"][0].clone();
    let status = request[4].as_u64().unwrap();
    let verdict = decision["verdict"].as_str().unwrap_or_default();
    let agrees = match (verdict, status) {
        ("undecided", _) => None,
        (_, 401 | 403 | 500) => Some(decision["status"] == status),
        (verdict, _) => Some(matches!(verdict, "granted" | "open")),
    };
    (agrees, decision)
}

#[test]
fn recorded_configurations_are_answered_as_nginx_answered() {
    let as_root = rustix::process::geteuid().is_root();
    if !as_root {
        println!("SKIP the rows about files that the server may not read: needs root");
    }
    let (mut equal, mut undecided, mut wrong) = (0, 0, Vec::new());
    for row in rows() {
        let id = row["id"].as_str().unwrap();
        if !as_root && matches!(id, "file-perm" | "file-locked" | "file-unsearchable") {
            continue;
        }
        let sandbox = Sandbox::new();
        lay(sandbox.path(), &row);
        for request in row["requests"].as_array().unwrap() {
            match agrees(&sandbox, request, as_root) {
                (Some(true), _) => equal += 1,
                (None, _) => undecided += 1,
                (Some(false), decision) => wrong.push(format!("{id} {request}: {decision}\n  {}\n", row["http"])),
            }
        }
    }
    println!("{equal} requests equal, {undecided} undecided, {} different", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.concat());
    assert!(equal > 300 && undecided * 100 <= UNDECIDED * (equal + undecided), "{equal} equal, {undecided} undecided");
}

#[test]
fn what_is_not_modelled_is_named_with_its_place() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "nginx.conf",
        "http {\n server {\n  listen 80;\n  location / { access_by_lua_block { return } }\n }\n}\n",
    );
    let config = sandbox.path().join("nginx.conf");
    let words = ["url", "http://localhost/", "--config", config.to_str().unwrap(), "--anonymous", "--json"];
    let document = sandbox.run(&words).expect(4).json();
    let chain = document["decisions"][0]["chain"].as_array().unwrap().clone();
    let last = chain.last().unwrap();
    assert_eq!((&last["rule"], &last["place"]["line"]), (&"not-modelled".into(), &4.into()));
}

#[test]
fn random_bytes_are_read_without_panic() {
    use why401::conf::nginx::lex::Lexer;
    let pieces: [&[u8]; 14] =
        [b"http", b"{", b"}", b";", b"\"", b"'", b"\\", b"$", b"${", b"#", b"\n", b" ", b"\xFF", b"x_by_lua_block {"];
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for _ in 0..5000 {
        let mut text = Vec::new();
        for _ in 0..20 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            text.extend_from_slice(pieces[usize::try_from(state % 14).unwrap()]);
        }
        let mut lexer = Lexer::new(&text, std::rc::Rc::new("f".into()));
        let mut tokens = 0;
        while let Ok(Some(_)) = lexer.token() {
            tokens += 1;
        }
        assert!(tokens <= text.len());
    }
}

/// What nginx stores of a token: escapes of quotes, backslashes and control characters taken off.
fn unescaped(token: &str) -> Vec<u8> {
    let mut bytes = token.bytes().peekable();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        let kept = match (byte, bytes.peek()) {
            (b'\\', Some(next @ (b'"' | b'\'' | b'\\'))) => Some(*next),
            (b'\\', Some(b't')) => Some(b'\t'),
            (b'\\', Some(b'r')) => Some(b'\r'),
            (b'\\', Some(b'n')) => Some(b'\n'),
            _ => None,
        };
        if kept.is_some() {
            bytes.next();
        }
        out.push(kept.unwrap_or(byte));
    }
    out
}

#[test]
fn tokens_are_those_of_crossplane() {
    use why401::conf::nginx::lex::{Kind, Lexer};
    let (mut equal, mut tokens, mut stopped) = (0, 0, 0);
    for line in include_str!("../observed/config/crossplane@0.5.8.jsonl").lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let text = row["text"].as_str().unwrap();
        let mut theirs = row["tokens"].as_array().unwrap().iter().filter_map(|token| {
            let (text, line) = (token[0].as_str().unwrap(), token[1].as_u64().unwrap());
            let quoted = token[2].as_bool().unwrap();
            // Comments are tokens there.
            (quoted || !text.starts_with('#')).then(|| match text {
                ";" if !quoted => (Kind::End, line),
                "{" if !quoted => (Kind::Open, line),
                "}" if !quoted => (Kind::Close, line),
                text => (Kind::Word(unescaped(text), quoted), line),
            })
        });
        let mut lexer = Lexer::new(text.as_bytes(), std::rc::Rc::new("f".into()));
        let end = loop {
            match lexer.token() {
                Ok(Some(token)) => {
                    let own = (token.kind, u64::from(token.place.line));
                    assert_eq!(Some(own), theirs.next(), "{text}");
                    tokens += 1;
                }
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        if end {
            assert_eq!(theirs.next(), None, "{text}");
            equal += 1;
        } else {
            // nginx is stricter after a closing quote.
            stopped += 1;
        }
    }
    println!("{equal} texts with {tokens} tokens alike, {stopped} that nginx does not read");
    assert!(equal > 300 && stopped * 5 < equal, "{equal} alike, {stopped} not read");
}

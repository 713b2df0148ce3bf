//! Apache's configuration, held against recorded ones: the tree that the real server had is laid anew, and every request that it
//! was asked is asked here.

use std::fmt::Write;
use std::path::Path;

use serde_json::Value;

use crate::support::config::{self, write};
use crate::support::sandbox::Sandbox;

/// Requests whose answer may depend on what is not modelled, in percent.
const UNDECIDED: usize = 3;
const PORT: &str = "18080";
const MODULES: &str = "mpm_event authn_core authn_file authz_core authz_user authz_groupfile authz_host access_compat auth_basic authn_anon \
    auth_digest alias dir mime setenvif env rewrite headers";
/// Rows about files that the server may not read.
const NEEDS_ROOT: &[&str] = &["fileunreadable"];

fn rows() -> (Value, Vec<Value>) {
    let text = include_str!("../observed/config/apache@2.4.71.jsonl");
    let mut rows = text.lines().map(|line| serde_json::from_str(line).unwrap());
    (rows.next().unwrap(), rows.collect())
}

/// The tree around a row's configuration, as it was when the row was recorded.
fn lay(folder: &Path, head: &Value, config: &str) {
    let mut load = String::new();
    for name in MODULES.split(' ') {
        writeln!(load, "LoadModule {name}_module modules/mod_{name}.so").unwrap();
    }
    config::apache(folder, head);
    write(&folder.join("httpd.conf"), config::apache_text(folder, PORT, &load, config), 0o644);
}

fn asked(sandbox: &Sandbox, request: &Value, as_root: bool) -> Value {
    let url = format!("http://localhost:{PORT}{}", request[1].as_str().unwrap());
    let config = sandbox.path().join("httpd.conf");
    let (method, config) = (request[0].as_str().unwrap(), config.to_str().unwrap());
    let mut words = vec!["url", &url, "--server", "apache", "--config", config, "--method", method, "--json"];
    match request[2].as_str() {
        Some(value) => words.extend(["--authorization", value]),
        None => words.push("--anonymous"),
    }
    if as_root {
        words.extend(["--run-as", "nobody"]);
    }
    sandbox.run(&words).json()["decisions"][0].clone()
}

/// Whether the status is the recorded one, and for refusals the log lines too; `None` where it is undecided.
fn agrees(sandbox: &Sandbox, request: &Value, decision: &Value) -> Option<bool> {
    let status = request[3].as_u64().unwrap();
    match (decision["verdict"].as_str().unwrap(), status) {
        ("undecided", _) => None,
        (_, 401 | 403 | 500) => {
            let folder = sandbox.path().to_str().unwrap();
            let recorded: Vec<String> = request[4]
                .as_array()
                .unwrap()
                .iter()
                .map(|line| line.as_str().unwrap().replace("@D@", folder))
                .map(|line| line.split_once("] ").unwrap().1.to_owned())
                .collect();
            let said: Vec<String> = decision["log"]
                .as_array()
                .unwrap()
                .iter()
                .map(|line| {
                    let part = |name: &str| line[name].as_str().unwrap_or_default();
                    format!("{}{}", part("prefix"), part("text"))
                })
                .collect();
            Some(decision["status"] == status && recorded == said)
        }
        (verdict, _) => Some(matches!(verdict, "granted" | "open")),
    }
}

#[test]
fn recorded_configurations_are_answered_as_apache_answered() {
    let as_root = rustix::process::geteuid().is_root();
    if !as_root {
        println!("SKIP the rows about files that the server may not read: needs root");
    }
    let (head, rows) = rows();
    let (mut equal, mut undecided, mut wrong) = (0, 0, Vec::new());
    for row in rows.iter().filter(|row| row["requests"].is_array()) {
        let id = row["id"].as_str().unwrap();
        if !as_root && NEEDS_ROOT.contains(&id) {
            continue;
        }
        let sandbox = Sandbox::new();
        let config = row["config"].as_str().unwrap();
        lay(sandbox.path(), &head, config);
        for request in row["requests"].as_array().unwrap() {
            let decision = asked(&sandbox, request, as_root);
            match agrees(&sandbox, request, &decision) {
                Some(true) => equal += 1,
                None => undecided += 1,
                Some(false) => wrong.push(format!("{id} {request}: {decision}\n  {config}\n")),
            }
        }
    }
    println!("{equal} requests equal, {undecided} undecided, {} different", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.concat());
    assert!(equal > 200 && undecided * 100 <= UNDECIDED * (equal + undecided), "{equal} equal, {undecided} undecided");
}

#[test]
fn configurations_that_apache_refuses_are_refused_with_its_words() {
    let (head, rows) = rows();
    let refused: Vec<&Value> = rows.iter().filter(|row| row["refused"].is_string()).collect();
    assert!(!refused.is_empty());
    for row in refused {
        let sandbox = Sandbox::new();
        lay(sandbox.path(), &head, row["config"].as_str().unwrap());
        let config = sandbox.path().join("httpd.conf");
        let words =
            ["url", "http://localhost/", "--server", "apache", "--config", config.to_str().unwrap(), "--anonymous"];
        let ran = sandbox.run(&words).expect(3);
        assert!(ran.err().contains(row["refused"].as_str().unwrap().trim()), "{row}: {}", ran.err());
    }
}

#[test]
fn what_is_not_modelled_is_named_with_its_place() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "httpd.conf",
        "LoadModule authz_core_module m/mod_authz_core.so\nDocumentRoot /srv\n<Location />\n\
         Require expr \"%{TIME_HOUR} -gt 8\"\n</Location>\n",
    );
    let config = sandbox.path().join("httpd.conf");
    let words = ["url", "http://localhost/", "--config", config.to_str().unwrap(), "--anonymous", "--json"];
    let document = sandbox.run(&words).expect(4).json();
    let chain = document["decisions"][0]["chain"].as_array().unwrap().clone();
    let last = chain.last().unwrap();
    assert_eq!((&last["rule"], &last["place"]["line"]), (&"not-modelled".into(), &4.into()));
}

#[test]
fn random_configurations_are_read_without_panic_or_loop() {
    use why401::conf::apache::host::Model;
    use why401::conf::apache::settings::Start;
    use why401::conf::apache::tree;
    use why401::conf::{Files, Kind};

    struct One(Vec<u8>);
    impl Files for One {
        fn read(&self, path: &Path) -> Option<Vec<u8>> {
            (path == Path::new("/c")).then(|| self.0.clone())
        }
        fn list(&self, _: &Path) -> Vec<std::ffi::OsString> {
            vec!["c".into()]
        }
        fn kind(&self, path: &Path) -> Option<Kind> {
            Some(if path == Path::new("/c") { Kind::File } else { Kind::Folder })
        }
    }

    let (_, rows) = rows();
    let seeds: Vec<Vec<u8>> = rows.iter().map(|row| row["config"].as_str().unwrap().as_bytes().to_vec()).collect();
    let pieces: [&[u8]; 16] = [
        b"<",
        b">",
        b"</",
        b"\"",
        b"'",
        b"\\\n",
        b"\n",
        b" ",
        b"#",
        b"${",
        b"}",
        b"\xFF",
        b"\0",
        b"<Macro M $a>\n",
        b"\nUse M $a\n",
        b"\nInclude /c*\n",
    ];
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let mut read = 0;
    for _ in 0..3000 {
        let mut text = seeds[random(seeds.len())].clone();
        for _ in 0..random(6) {
            let at = random(text.len() + 1);
            match random(3) {
                0 => drop(text.splice(at..at, pieces[random(pieces.len())].iter().copied())),
                1 => drop(text.drain(at..(at + random(12)).min(text.len()))),
                _ => {
                    let other = &seeds[random(seeds.len())];
                    let from = random(other.len());
                    drop(text.splice(at..at, other[from..(from + random(80)).min(other.len())].iter().copied()));
                }
            }
        }
        let files = One(text);
        if let Ok(tree) = tree::read(Path::new("/c"), Start::default(), &files) {
            read += usize::from(Model::of(&tree).is_ok());
        }
    }
    assert!(read > 100, "only {read} were read to the end");
}

#[test]
fn joining_lines_loses_no_byte() {
    use why401::conf::apache::lex;
    let pieces: [&[u8]; 12] =
        [b"a", b"<B ", b">", b"\"", b"\\", b"\\\n", b"\\\r\n", b"\n", b"\r\n", b" ", b"#", b"\xFF\t"];
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    for _ in 0..5000 {
        let mut text = Vec::new();
        for _ in 0..30 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            text.extend_from_slice(pieces[usize::try_from(state % 12).unwrap()]);
        }
        let bare =
            |bytes: &[u8]| -> Vec<u8> { bytes.iter().copied().filter(|byte| !b" \t\r\n".contains(byte)).collect() };
        // A backslash before a line end joins, and goes; so does the blank that may stand between them for Windows.
        let mut expected = text.clone();
        for joint in [&b"\\\r\n"[..], b"\\\n"] {
            while let Some(at) = memchr::memmem::find(&expected, joint) {
                expected.splice(at..at + joint.len(), *b"\x01");
            }
        }
        expected.retain(|byte| *byte != 1);
        let lines = lex::lines(&text, lex::LONGEST).unwrap();
        let joined: Vec<u8> = lines.iter().flat_map(|line| line.text.clone()).collect();
        assert_eq!(bare(&joined), bare(&expected), "{}", text.escape_ascii());
        assert!(lines.windows(2).all(|pair| pair[0].number < pair[1].number));
    }
}

#[test]
fn recorded_rules_of_mod_rewrite_are_answered_as_apache_answered() {
    use crate::support::urls::{Ask, Memory};
    use why401::conf::apache::settings::Start;
    use why401::conf::{Files as _, apache::tree};

    let text = include_str!("../observed/config/apache_rewrite.jsonl");
    let mut wrong = Vec::new();
    for row in text.lines().skip(1).map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let path = |name: &str| Path::new("/d").join(name);
        let files = row["files"].as_object().unwrap().iter();
        let mut memory =
            Memory(files.map(|(name, text)| (path(name), text.as_str().unwrap().as_bytes().to_vec())).collect());
        let config = row["config"].as_str().unwrap().replace("@D@", "/d").replace("@P@", "80");
        memory.0.insert(path("config"), config.into_bytes());
        let users = |path: &Path| -> Box<dyn why401::server::UserFile> {
            use crate::support::question::File;
            Box::new(memory.read(path).map_or(File::Missing, File::Bytes))
        };
        let server = why401::server::find("apache").unwrap();
        let means = why401::inquiry::Means { server, files: &memory, users: &users };
        let tree = tree::read(&path("config"), Start::default(), &memory).unwrap();
        for ask in row["asks"].as_array().unwrap() {
            let mut work = why401::crypt::Work::limited(1.0);
            let finding = why401::inquiry::apache::ask(&tree, &Ask::of(ask).request(80), &means, &mut work).unwrap();
            let decision = &finding.decision;
            let refused = matches!(ask[3].as_u64(), Some(400 | 401 | 403 | 500));
            let log: Vec<String> = decision
                .log
                .iter()
                .map(|line| {
                    let text = [&line.prefix[..], &line.text].concat();
                    format!("{} {}", line.level.name(), String::from_utf8_lossy(&text).replace("/d/", "@D@/"))
                })
                .collect();
            let same = if refused {
                decision.status.map(u64::from) == ask[3].as_u64() && serde_json::json!(log) == ask[4]
            } else {
                decision.verdict.lets_in()
            };
            if !same {
                wrong.push(format!("{} {ask}: {} {:?} {log:?}", row["why"], decision.verdict.name(), decision.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

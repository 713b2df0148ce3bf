//! `why401 test`: credentials, servers, output and errors, run as a user would.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::json;

use crate::support::sandbox::{Ran, Sandbox, ran};

/// alice's password is `correct horse`, bob's `hunter2`, carol's `secret`; alice's hash is followed by a blank.
const LOCKOUT: &[u8] = include_bytes!("../samples/lockout.htpasswd");

fn test(words: &[&str], stdin: &[u8]) -> Ran {
    let sandbox = Sandbox::with("f", LOCKOUT);
    sandbox.run_with(&[&["test", "f"], words].concat(), stdin, &[])
}

#[test]
fn the_servers_come_out_in_the_order_asked_and_once_each() {
    let ran =
        test(&["carol", "--password-stdin", "--server", "lighttpd,nginx", "--server", "nginx,apache"], b"secret\n");
    let out = ran.expect(0).out().to_owned();
    let names: Vec<_> = out.lines().take(3).map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(names, ["lighttpd", "nginx", "apache"]);
}

#[test]
fn the_environment_names_the_servers_where_the_command_line_does_not() {
    let sandbox = Sandbox::with("f", LOCKOUT);
    let ran = sandbox.run_with(&["test", "f", "--anonymous"], b"", &[("WHY401_SERVER", "nginx/fedora")]);
    assert!(ran.expect(1).out().starts_with("nginx/fedora  401  no credentials\n"));
}

#[test]
fn json_is_one_document_with_all_of_the_decision() {
    let ran = test(&["alice", "--password-stdin", "--server", "apache,nginx", "--json"], b"correct horse\n").expect(1);
    let document = ran.json();
    assert_eq!(document["file"], "f");
    assert_eq!(document["user"], "alice");
    let [apache, nginx] = document["decisions"].as_array().unwrap().as_slice() else { panic!("{document}") };
    assert_eq!((&apache["verdict"], &apache["status"]), (&json!("granted"), &json!(200)));
    assert_eq!(nginx["server"], "nginx");
    assert_eq!(nginx["evidence"], "recorded");
    assert_eq!(nginx["reason"], "password-mismatch");
    assert_eq!(nginx["log"], json!([{"level": "error", "text": "user \"alice\": password mismatch"}]));
    assert_eq!((&nginx["entry"]["line"], &nginx["entry"]["scheme"]), (&json!(3), &json!("apr1")));
    assert!(nginx["hints"].is_array());
    let mismatch = nginx["trace"].as_array().unwrap().iter().find(|step| step["step"] == "mismatch").unwrap();
    let (start, end) = (mismatch["at"]["start"].as_u64().unwrap(), mismatch["at"]["end"].as_u64().unwrap());
    assert_eq!(LOCKOUT[usize::try_from(start).unwrap()..usize::try_from(end).unwrap()], *b" ");
    assert!(ran.err.is_empty());
}

#[test]
fn a_header_is_replayed_as_it_was_sent() {
    let header = ["--authorization", "Basic Y2Fyb2w6c2VjcmV0"];
    test(&[&header[..], &["--server", "apache,nginx"]].concat(), b"").expect(0);
    let twice = [&header[..], &header[..], &["--server", "apache", "--json"]].concat();
    test(&twice, b"").expect(0);
    let ran = test(&[&header[..], &header[..], &["--server", "nginx"]].concat(), b"").expect(3);
    assert!(ran.out().starts_with("nginx  400  bad request\n"), "{}", ran.out());
    test(&["--authorization", "-", "--server", "apache"], b"Basic Y2Fyb2w6c2VjcmV0\r\n").expect(0);
}

#[test]
fn a_request_is_replayed_raw_or_pasted() {
    let raw = b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization:\tBasic Y2Fyb2w6c2VjcmV0\r\n\r\n";
    let ran = test(&["--request", "-", "--server", "apache,nginx", "--json"], raw).expect(1).json();
    assert_eq!((&ran["decisions"][0]["status"], &ran["decisions"][1]["status"]), (&json!(200), &json!(401)));
    let curl = b"curl 'http://x/' -H 'Authorization: Basic Y2Fyb2w6c2VjcmV0'";
    test(&["--request", "-", "--server", "apache,nginx"], curl).expect(0);
    let ran = test(&["--request", "-"], b"hello\n").expect(2);
    assert!(ran.err().contains("no request head"), "{}", ran.err());
}

#[test]
fn the_uri_appears_in_log_lines_only() {
    let ran = test(&["bob", "--password-stdin", "--uri", "/a%20b?c", "--server", "apache", "--json"], b"x");
    let log = ran.expect(1).json()["decisions"][0]["log"][0]["text"].clone();
    assert_eq!(log, "AH01617: user bob: authentication failure for \"/a b\": Password Mismatch");
}

#[test]
fn a_missing_or_strange_file_gets_each_servers_own_answer() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path().join("d")).unwrap();
    let mkfifo = Command::new("mkfifo").arg(sandbox.path().join("p")).status().unwrap();
    assert!(mkfifo.success());
    let header = "Basic Y2Fyb2w6c2VjcmV0";
    let statuses = |file: &str| {
        let words = ["test", file, "--authorization", header, "--server", "apache,nginx,lighttpd", "--json"];
        let document = sandbox.run(&words).json();
        let decisions = document["decisions"].as_array().unwrap().clone();
        decisions.iter().map(|decision| decision["status"].as_u64()).collect::<Vec<_>>()
    };
    assert_eq!(statuses("missing"), [Some(500), Some(403), Some(401)]);
    assert_eq!(statuses("d"), [Some(500), Some(500), Some(401)]);
    assert_eq!(statuses("p"), [None, None, Some(401)]);
    assert_eq!(statuses("/dev/null"), [Some(401), Some(401), Some(401)]);
    let words = ["test", "missing", "--authorization", header, "--server", "apache", "--json"];
    let log = sandbox.run(&words).json()["decisions"][0]["log"][0].clone();
    assert_eq!(log["text"], "AH01620: Could not open password file: missing");
    assert_eq!(log["prefix"], "(2)No such file or directory: ");
}

#[test]
fn whether_another_user_can_read_the_file_is_part_of_the_answer_when_asked() {
    let sandbox = Sandbox::with("f", LOCKOUT);
    if !rustix::process::geteuid().is_root() {
        println!("SKIP --run-as: needs root");
        return;
    }
    let file = sandbox.path().join("f");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let words =
        ["test", "f", "carol", "--password-stdin", "--run-as", "nobody", "--server", "apache,nginx,lighttpd", "--json"];
    let statuses = || {
        let document = sandbox.run_with(&words, b"secret", &[]).json();
        document["decisions"].as_array().unwrap().iter().map(|one| one["status"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(statuses(), [500, 500, 401]);
    let access = sandbox.run_with(&words, b"secret", &[]).json()["access"].clone();
    assert_eq!((&access["user"], &access["code"]), (&"nobody".into(), &"not-readable".into()), "{access}");
    assert_eq!(access["at"], file.to_str().unwrap());
    assert_eq!(access["fixes"][0], format!("setfacl -m u:nobody:r {}", file.display()));
    let text = sandbox.run_with(&words[..words.len() - 1], b"secret", &[]);
    assert!(
        text.out().contains("nobody can't read the file: ") && text.out().contains("= fix: setfacl"),
        "{}",
        text.out()
    );
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(statuses(), [200, 200, 200]);
    assert!(sandbox.run_with(&words, b"secret", &[]).json()["access"].is_null());
    let ran = sandbox.run(&["test", "f", "--anonymous", "--run-as", "nobody-of-this-name"]).expect(2);
    assert!(ran.err().contains("no user `nobody-of-this-name`"), "{}", ran.err());
}

#[test]
fn what_this_caller_may_not_read_is_no_answer_of_the_server() {
    let sandbox = Sandbox::with("f", LOCKOUT);
    fs::set_permissions(sandbox.path().join("f"), fs::Permissions::from_mode(0o600)).unwrap();
    if !rustix::process::geteuid().is_root() {
        println!("SKIP unreadable file as another user: needs root");
        return;
    }
    fs::set_permissions(sandbox.path(), fs::Permissions::from_mode(0o755)).unwrap();
    // Where the build folder is root's own, another user can't even start the command.
    let binary = sandbox.path().join("why401");
    fs::copy(env!("CARGO_BIN_EXE_why401"), &binary).unwrap();
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(binary);
    command.args(["test", "f", "--anonymous"]).current_dir(sandbox.path());
    let ran = ran(command, b"").expect(5);
    assert!(ran.err().contains("sudo") && ran.err().contains("--> f"), "{}", ran.err());
}

#[test]
fn four_servers_and_one_bcrypt_entry_cost_one_bcrypt() {
    use why401::basic::head;
    use why401::crypt::Work;
    use why401::secret::Secret;
    use why401::server::{self, Inputs};
    let head = head::with_user_pass(b"bob", &Secret::from(&b"hunter2"[..]));
    let mut work = Work::limited(10.0);
    for name in ["apache", "nginx", "nginx/musl", "lighttpd"] {
        let inputs = Inputs { head: head.expose(), path: b"f", file: &LOCKOUT, uri: b"/" };
        let decision = server::find(name).unwrap().decide(&inputs, &mut work);
        assert_eq!(decision.status, Some(200), "{name}");
    }
    assert_eq!(work.computed(), 1);
}

#[test]
fn beyond_the_work_limit_nothing_is_decided() {
    let file = b"u:$2y$31$abcdefghijklmnopqrstuu5Lo0g67CeHpYyZ1YyZ1YyZ1YyZ1YyZu\n";
    let sandbox = Sandbox::with("f", file);
    let words = ["test", "f", "u", "--password-stdin", "--server", "nginx", "--json"];
    let document = sandbox.run_with(&words, b"x", &[]).expect(4).json();
    assert_eq!(document["decisions"][0]["reason"], "work-limit");
    let human = sandbox.run_with(&words[..6], b"x", &[]).expect(4);
    assert!(human.out().contains("more than the work limit"), "{}", human.out());
}

#[test]
fn neither_password_nor_hash_is_shown() {
    for words in [&["alice", "--password-stdin", "--trace"][..], &["alice", "--password-stdin", "--json"]] {
        let ran = test(words, b"sesame-open-43\n");
        let all = [ran.out, ran.err].concat();
        let text = String::from_utf8_lossy(&all).into_owned();
        assert!(!text.contains("sesame") && !text.contains("ZmjWo0BB"), "{text}");
    }
    let ran = test(&["--authorization", "Basic c2VzYW1l", "--server", "lighttpd", "--json"], b"");
    assert!(!ran.out().contains("sesame"), "{}", ran.out());
    let ran = test(&["--authorization", "Basic c2VzYW1l", "--server", "lighttpd", "--unmask"], b"");
    assert!(ran.out().contains("missing ':' in sesame"), "{}", ran.out());
}

#[test]
fn exactly_one_line_end_is_left_off_the_password() {
    for (stdin, status) in
        [(&b"secret"[..], 0), (b"secret\n", 0), (b"secret\r\n", 0), (b"secret\n\n", 1), (b"secret\r", 1)]
    {
        test(&["carol", "--password-stdin", "--server", "apache"], stdin).expect(status);
    }
    let sandbox = Sandbox::with("f", LOCKOUT);
    sandbox.write("p", "secret\n");
    sandbox.run(&["test", "f", "carol", "--password-file", "p", "--server", "apache"]).expect(0);
    let mut shell = Command::new("sh");
    let words = format!("{} test f carol --password-fd 3 --server apache 3<p", env!("CARGO_BIN_EXE_why401"));
    shell.args(["-c", &words]).current_dir(sandbox.path());
    ran(shell, b"").expect(0);
}

#[test]
fn bad_use_is_said_and_exits_with_2() {
    let cases: &[(&[&str], &str)] = &[
        (&["alice", "--server", "ngnix"], "did you mean nginx"),
        (&["alice", "--server", "iis"], "no server `iis`"),
        (&["alice", "--authorization", "Basic x"], "cannot be used with"),
        (&["alice", "--anonymous"], "cannot be used with"),
        (&[], "were not provided"),
        (&["alice"], "no terminal"),
        (&["--authorization", "-", "--request", "-"], "cannot be used with"),
        (&["--authorization", "-", "--authorization", "-"], "more than one thing"),
        (&["--anonymous", "--password-stdin"], "without USER"),
        (&["alice", "--password-stdin", "--work-limit", "x"], "not a number of seconds"),
        (&["alice", "--password-stdin", "--password-file", "p"], "cannot be used with"),
        (&["alice", "--frobnicate"], "unexpected argument"),
        (&["alice", "--password-fd", "77"], "file descriptor 77"),
    ];
    for (words, said) in cases {
        let ran = test(words, b"").expect(2);
        assert!(ran.err().contains(said), "{words:?}: {}", ran.err());
        assert!(ran.out.is_empty(), "{words:?}");
        let ran = test(&[words, &["--json"][..]].concat(), b"").expect(2);
        let error = &ran.json()["error"];
        assert!(error["message"].is_string() && error["help"].is_string(), "{words:?}: {error}");
    }
}

#[test]
fn a_closed_pipe_is_a_quiet_end() {
    let sandbox = Sandbox::with("f", LOCKOUT);
    let mut shell = Command::new("bash");
    let script = format!("{} test f --anonymous --trace | true; echo ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_why401"));
    shell.args(["-c", &script]).current_dir(sandbox.path());
    let ran = ran(shell, b"").expect(0);
    assert!(ran.err.is_empty() && matches!(ran.out(), "0\n" | "1\n"), "{ran:?}");
}

#[test]
fn colour_is_for_terminals_only() {
    let ran = test(&["--anonymous"], b"").expect(1);
    assert!(!ran.out().contains('\x1b'));
}

/// `secret` as apache2-utils 2.4.71 hashes it.
const OF_TRAEFIK: &str = "$apr1$bagnYgYl$ub9G84HwG670AB1FmBmAE/";

#[test]
fn what_other_systems_hold_is_tested_as_their_consumer_gets_it() {
    let compose = |hash: &str| {
        format!("services:\n  web:\n    labels:\n      - traefik.http.middlewares.x.basicauth.users=ann:{hash}\n")
    };
    let sandbox = Sandbox::with("right.yml", compose(&OF_TRAEFIK.replace('$', "$$")));
    // The salt is a name to compose, and so are its other parts.
    sandbox.write("eaten.yml", compose(OF_TRAEFIK));
    sandbox.write("refused.yml", compose("$2y$04$AoqQ5e88jnlgzP.YkbAD5.Tz.utIubFJ24UKFQHIdo9UIoHy9vypS"));
    let test = |file: &str, server: &[&str]| {
        sandbox.run_with(
            &[&["test", file, "ann", "--password-stdin", "--from", "compose", "--json"], server].concat(),
            b"secret",
            &[],
        )
    };
    let document = test("right.yml", &["--server", "traefik"]).expect(0).json();
    assert_eq!(document["decisions"][0]["verdict"], "granted");
    let document = test("eaten.yml", &["--server", "traefik"]).expect(1).json();
    assert_eq!(document["source"]["entries"][0]["seen"], "other");
    let ran = test("refused.yml", &[]).expect(3);
    assert_eq!(ran.json()["error"]["code"], "container-refused");
    // The format names the server.
    sandbox.write(
        "t.yml",
        format!("http:\n  middlewares:\n    x:\n      basicAuth:\n        users: [\"ann:{OF_TRAEFIK}\"]\n"),
    );
    let words = ["test", "t.yml", "ann", "--password-stdin", "--from", "auto", "--json"];
    let document = sandbox.run_with(&words, b"secret", &[]).expect(0).json();
    assert_eq!(document["decisions"][0]["server"], "traefik");
    assert_eq!(document["decisions"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_password_that_a_container_holds_in_clear_is_what_its_consumer_makes_of_it() {
    let list = "userlist L\n  user ann insecure-password \"p w\"\n  user bob insecure-password other\n";
    let sandbox = Sandbox::with("haproxy.cfg", list);
    let test = |words: &[&str], password: &[u8]| {
        let (file, words) = words.split_first().unwrap();
        let all = [&["test", file, "ann", "--password-stdin", "--json"], words].concat();
        sandbox.run_with(&all, password, &[])
    };
    let haproxy = ["haproxy.cfg", "--from", "haproxy"];
    let document = test(&haproxy, b"p w").expect(0).json();
    assert_eq!(document["decisions"][0]["server"], "haproxy");
    let document = test(&haproxy, b"p").expect(1).json();
    assert_eq!(document["decisions"][0]["reason"], "password-mismatch");
    assert_eq!(document["decisions"][0]["hints"].as_array().map(Vec::len), Some(0), "{document}");
    // As lines of a password file: nginx takes it for a hash.
    let other = [&haproxy[..], &["--server", "haproxy@2.8,nginx"]].concat();
    let document = test(&other, b"p w").expect(1).json();
    assert_eq!(document["decisions"][0]["verdict"], "granted");
    assert_eq!(document["decisions"][1]["verdict"], "denied");
    // {PLAIN} and crypt(3) are nothing special to HAProxy there.
    sandbox.write("p.cfg", "userlist L\n user ann insecure-password {PLAIN}secret\n");
    test(&["p.cfg", "--from", "haproxy"], b"secret").expect(1);
    test(&["p.cfg", "--from", "haproxy"], b"{PLAIN}secret").expect(0);

    let secret = |of: &str| {
        format!("kind: Secret\nmetadata: {{name: x}}\ntype: {of}\nstringData: {{username: ann, password: secret}}\n")
    };
    sandbox.write("s.yml", secret("kubernetes.io/basic-auth"));
    sandbox.write("o.yml", secret("Opaque"));
    let document = test(&["s.yml", "--from", "k8s-secret"], b"secret").expect(0).json();
    assert_eq!(document["decisions"][0]["server"], "traefik");
    test(&["s.yml", "--from", "k8s-secret"], b"Secret").expect(1);
    let document = test(&["o.yml", "--from", "k8s-secret"], b"secret").expect(3).json();
    assert_eq!(document["error"]["code"], "container-refused");

    sandbox.write("d.ldif", "dn: uid=ann,dc=x\nuserPassword: {CLEARTEXT}secret\n");
    sandbox.write("bare.ldif", "dn: uid=ann,dc=x\nuserPassword: secret\n");
    sandbox.write("list.csv", "user,password\nann,secret\n");
    for (words, why) in [
        (["s.yml", "--from", "k8s-secret", "--server", "nginx"].as_slice(), "Traefik alone"),
        (&["d.ldif", "--from", "ldif", "--server", "nginx"], "which a directory compares"),
        (&["bare.ldif", "--from", "ldif", "--server", "nginx"], "which a directory compares"),
        (&["list.csv", "--from", "csv", "--server", "nginx"], "no server is known that reads"),
    ] {
        let document = test(words, b"secret").expect(4).json();
        assert_eq!(document["error"]["code"], "not-modelled");
        assert!(document["error"]["message"].as_str().unwrap().contains(why), "{document}");
    }
}

#[test]
fn a_report_for_a_ticket_names_neither_user_nor_path_nor_hash() {
    let line = "ann-lea:$apr1$bagnYgYl$ub9G84HwG670AB1FmBmAE/ \nbob@example.org:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n";
    let sandbox = Sandbox::with("staff.htpasswd", line);
    let path = sandbox.path().join("staff.htpasswd");
    let words = ["test", path.to_str().unwrap(), "ann-lea", "--password-stdin", "--report", "--server", "apache,nginx"];
    let ran = sandbox.run_with(&words, b"secret\n", &[]).expect(1);
    let said = ran.out();
    for part in [
        "| nginx (1.22.1) | 401 | password mismatch |",
        "nginx would refuse USER: ",
        "- log: `user \"USER\"",
        "- `trailing-space` (proved for nginx): ",
        "`why401 lint --fix FILE`",
        "### Not checked",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    for secret in ["ann", "staff", "bagn", "ub9G", "secret", sandbox.path().to_str().unwrap()] {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
    // Of names like the one sent, too.
    let words = ["test", path.to_str().unwrap(), "bob", "--password-stdin", "--report", "--server", "apache"];
    let ran = sandbox.run_with(&words, b"secret\n", &[]).expect(1);
    assert!(ran.out().contains("- `user-domain` (proved for apache): "), "{}", ran.out());
    assert!(!ran.out().contains("bob") && !ran.out().contains("example.org"), "{}", ran.out());
    sandbox.run(&["test", "staff.htpasswd", "ann", "--report", "--json"]).expect(2);
}

/// `secret`, of cost 10, by Debian's htpasswd.
const COST_10: &str = "u:$2y$10$fG3A0zyGSB7dUazkQcLLAuN6m1jDTARJUkAJXSUvbCxg8misMWzhu\n";

#[test]
fn the_verdict_is_out_before_near_misses_are_searched_and_the_search_keeps_to_its_budget() {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    let sandbox = Sandbox::with("f", COST_10);
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_why401"))
        .args(["test", "f", "u", "--password-stdin", "--server", "nginx", "--budget", "1"])
        .current_dir(sandbox.path())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"another one\n").unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    assert_eq!(first, "nginx  401  password mismatch\n");
    assert!(child.try_wait().unwrap().is_none(), "it has ended already");
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    child.wait().unwrap();
    assert!(
        rest.contains("hint[another-password]: ") && rest.contains("near misses of the password, for which the budget"),
        "{rest}"
    );
}

#[test]
fn credentials_in_a_header_without_a_colon_or_without_a_scheme_are_masked_in_everything_that_is_printed() {
    use why401::basic::base64;
    let text = |text: &[u8]| String::from_utf8(base64::encode(text)).unwrap();
    let basic = |bytes: &[u8]| format!("Basic {}", text(bytes));
    let headers = [
        basic(b"alice-hunter2"),
        basic(b"hunter2"),
        basic(text(b"alice:hunter2").as_bytes()),
        basic(b"ali\0ce:hunter2"),
        "alice:hunter2".to_owned(),
        text(b"alice:hunter2"),
        "Basichunter2".to_owned(),
        "Basic alice:hunter2".to_owned(),
        format!("Bearer {}", text(b"alice:hunter2")),
    ];
    let (mut shown, mut traces) = (0, 0);
    for header in headers {
        let row = format!("{{\"authorization\":\"{header}\"}}\n");
        let replayed: &[&str] = &["--authorization", &header, "--server", "all"];
        let batch: &[&str] = &["--batch", "-", "--server", "all"];
        for words in [&[][..], &["--trace"], &["--json"], &["--report"]] {
            let ran = test(&[replayed, words].concat(), b"");
            assert!(!holds(&ran, "hunter2"), "{header} {words:?}: {}", String::from_utf8_lossy(&ran.out));
            traces += usize::from(ran.out().contains('•'));
        }
        let ran = test(&[batch, &["--trace"]].concat(), row.as_bytes());
        assert!(!holds(&ran, "hunter2"), "{header}: {}", String::from_utf8_lossy(&ran.out));
        shown += usize::from(holds(&test(&[replayed, &["--trace", "--unmask"]].concat(), b""), "hunter2"));
    }
    assert!(shown > 5 && traces > 8, "{shown} {traces}");
}

/// Whether `secret` stands in what was printed, as it is or in one of the forms of base64.
fn holds(ran: &Ran, secret: &str) -> bool {
    use why401::basic::base64;
    let printed = [&ran.out[..], &ran.err[..]].concat();
    let shifted = |by: usize| {
        let whole = base64::encode(&[&b"xx"[..by], secret.as_bytes()].concat());
        whole[by * 4 / 3 + usize::from(by > 0)..whole.len() - 3].to_vec()
    };
    let forms = [secret.as_bytes().to_vec(), shifted(0), shifted(1), shifted(2)];
    forms.iter().any(|form| memchr::memmem::find(&printed, form).is_some())
}

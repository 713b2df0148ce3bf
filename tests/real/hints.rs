//! The cures of the cases about hints, asked of the live servers: `WHY401_BLESS=1` records them in `tests/observed/cures/`.
//!
//! `htpasswd -v` is asked too, whether it says what the hint about it says.

use std::collections::BTreeSet;
use std::process::Command;

use crate::driver::{say, start};
use crate::records::{hold, recording};
use crate::support::case::{self, Case};
use crate::support::hints::{cures, of, servers};
use crate::support::observed::Row;
use crate::support::question::File;

#[test]
fn apache_accepts_the_cures() {
    check("apache");
}

#[test]
fn nginx_accepts_the_cures() {
    check("nginx");
}

#[test]
fn lighttpd_accepts_the_cures() {
    check("lighttpd");
}

#[test]
fn the_servers_whose_cause_it_is_refuse_the_cases_and_accept_the_cures() {
    let named: BTreeSet<String> = cases().into_iter().flat_map(|case| case.servers).collect();
    let others = named.iter().filter(|server| !["apache", "nginx", "lighttpd"].contains(&server.as_str()));
    let others: Vec<_> = others.collect();
    assert!(others.len() > 1, "{others:?}");
    for server in others {
        check(server);
    }
}

/// Asks the live server for the cures of its cases.
fn check(server: &str) {
    let Some(mut live) = start(server) else { return };
    let _recording = recording();
    hold(live.as_mut(), server, "observed/cases", case::of(server).into_iter().map(Row::of_case).collect());
    let of_server = cases().into_iter().filter(|case| case.servers.iter().any(|asked| asked == server));
    let rows = of_server.flat_map(|case| rows(&case, server)).collect();
    hold(live.as_mut(), server, "observed/cures", rows);
}

fn cases() -> Vec<Case> {
    case::all().into_iter().filter(|case| case.name.starts_with("hints/")).collect()
}

/// What this server is asked for a case.
fn rows(case: &Case, server: &str) -> Vec<Row> {
    let row = |question| Row { question, note: "cured".into(), ..Row::of_case(case.clone()) };
    cures(case).into_iter().filter(|(name, _)| *name == server).map(|(_, question)| row(question)).collect()
}

#[test]
fn htpasswd_says_what_the_hint_says_that_it_says() {
    let program = "htpasswd";
    if Command::new(program).arg("-h").output().is_err() {
        return crate::driver::skip(program, "not installed");
    }
    let folder = std::env::temp_dir().join(format!("why401-htpasswd-v-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (mut asked, mut correct) = (0, 0);
    for case in case::all() {
        let (File::Bytes(bytes), Some(sent)) = (&case.question.file, why401::hint::Sent::of(&case.question.head))
        else {
            continue;
        };
        let is_plain = |text: &[u8]| !text.is_empty() && !text.iter().any(|byte| matches!(byte, 0 | b'\n' | b'\r'));
        if !is_plain(&sent.user) || !is_plain(sent.password.expose()) || sent.user.starts_with(b"-") {
            continue;
        }
        let (found, decided) = of(&case.question, &servers(&case));
        let reasons = ["password-mismatch", "user-not-found", "crypt-failed"];
        if !decided.iter().any(|decision| reasons.contains(&decision.reason.name)) {
            continue;
        }
        let file = folder.join("f");
        std::fs::write(&file, bytes).unwrap();
        let user: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(sent.user.as_slice());
        let mut child = Command::new(program);
        child.arg("-vi").arg(&file).arg(user);
        child.stdin(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let mut child = child.spawn().unwrap();
        // It may have refused the file before it read the password.
        let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), sent.password.expose());
        let output = child.wait_with_output().unwrap();
        let said = found.iter().any(|found| found.iter().any(|one| one.code.name == "htpasswd-says-correct"));
        assert_eq!(said, output.status.success(), "{}: {}", case.name, String::from_utf8_lossy(&output.stderr));
        asked += 1;
        correct += usize::from(said);
    }
    std::fs::remove_dir_all(&folder).unwrap();
    say(&format!("htpasswd -v: {asked} refused cases asked, {correct} called correct"));
    assert!(correct > 2 && asked > 50);
}

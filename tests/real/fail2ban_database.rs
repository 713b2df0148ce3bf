//! The database of fail2ban's own server, which runs with a socket, a log and actions of its own that do nothing; and our reading of it,
//! held against what the server's client says.

use std::process::Command;

use why401::log::ban::database::bans;

use crate::driver::{find, skip};
use crate::support::sandbox::Sandbox;

#[test]
fn bans_are_those_that_fail2bans_client_tells() {
    if let Err(why) = find(&["fail2ban-server"]) {
        return skip("fail2ban", &why);
    }
    let sandbox = Sandbox::new();
    let folder = sandbox.path().join("f");
    std::fs::create_dir(&folder).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/fail2ban_database.py");
    let output = Command::new("/usr/bin/python3").arg(script).arg(&folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout).unwrap();
    let mut told: Vec<Vec<&str>> = told.lines().map(|line| line.split(' ').collect()).collect();
    told.sort();
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros();
    let now = i64::try_from(now).unwrap();
    let mut own = bans(&read("running.sqlite3"), now).unwrap();
    own.sort_by(|one, other| (&one.jail, &one.client).cmp(&(&other.jail, &other.client)));
    assert_eq!((own.len(), told.len()), (3, 3), "{own:?} {told:?}");
    for (ban, told) in own.iter().zip(told) {
        let length = ban.end.map_or(-1, |end| (end - ban.start) / 1_000_000).to_string();
        assert_eq!([&ban.jail, &ban.client, &length], [told[0], told[1], told[3]]);
        // The client cuts a second's fraction off, and the database has it rounded.
        let start: i64 = told[2].parse().unwrap();
        assert!((0..=1).contains(&(ban.start / 1_000_000 - start)), "{ban:?} {told:?}");
        assert!(!ban.waits);
    }
    let stopped = bans(&read("fail2ban.sqlite3"), now).unwrap();
    assert!(stopped.iter().all(|ban| ban.waits) && stopped.len() == own.len(), "{stopped:?}");
}

//! `why401 list`: what is in a file, and who accepts it.

use serde_json::json;

use crate::support::sandbox::Sandbox;

const LOCKOUT: &[u8] = include_bytes!("../samples/lockout.htpasswd");

#[test]
fn entries_come_with_line_scheme_cost_and_problems() {
    let file = [LOCKOUT, b"carol:{SHA}x:y\n :z\nplain\nx:\nold:abJnggxhB/yWI\n"].concat();
    let document = Sandbox::with("f", file).run(&["list", "f", "--json"]).expect(0).json();
    let entries = document["entries"].as_array().unwrap();
    assert_eq!(
        entries[0],
        json!({"line": 2, "user": "bob", "scheme": "bcrypt", "cost": 5, "problems": [], "locked": false})
    );
    assert_eq!(entries[1]["problems"], json!(["trailing-space"]));
    assert_eq!(entries[3]["problems"], json!(["hash-cut", "duplicate"]));
    assert_eq!(entries[4]["problems"], json!(["leading-blank", "empty-user", "plain-text"]));
    assert_eq!(entries[5]["problems"], json!(["no-colon"]));
    assert_eq!(entries[6]["problems"], json!(["no-hash"]));
    assert_eq!(entries[7]["scheme"], "descrypt");
}

#[test]
fn the_servers_that_accept_an_entry_are_told_without_its_password() {
    let document =
        Sandbox::with("f", LOCKOUT).run(&["list", "f", "--for", "apache,nginx,nginx/glibc", "--json"]).expect(0);
    let entries = document.json()["entries"].clone();
    assert_eq!(entries[0]["accepted"], json!({"apache": "granted", "nginx": "granted", "nginx/glibc": "failed"}));
    assert_eq!(entries[1]["accepted"], json!({"apache": "granted", "nginx": "denied", "nginx/glibc": "denied"}));
}

#[test]
fn columns_that_agree_are_one() {
    let ran = Sandbox::with("f", LOCKOUT).run(&["list", "f", "--for", "nginx,nginx/fedora,apache"]).expect(0);
    assert!(ran.out().contains("A: nginx, nginx/fedora\n") && ran.out().contains("B: apache\n"), "{}", ran.out());
    assert!(!ran.out().contains("5en6G6Mez"), "no hash is shown");
}

#[test]
fn any_bytes_are_a_file() {
    let file = b"\xEF\xBB\xBFa:b\r\n\xFF\xFE:\x00\x1b[31m\n\r\r\n::\n";
    let ran = Sandbox::with("f", file).run(&["list", "f", "--for", "all"]).expect(0);
    assert!(!ran.out().contains('\x1b'));
    Sandbox::with("f", file).run(&["list", "f", "--json"]).expect(0).json();
    assert_eq!(Sandbox::with("f", b"").run(&["list", "f"]).expect(0).err(), "no entries\n");
}

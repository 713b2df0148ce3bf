//! `why401 export`: containers that other systems read. That they read them is shown in `tests/real`.

use serde_json::json;

use crate::support::sandbox::Sandbox;

/// `secret` as apache2-utils 2.4.71 hashes it.
const APR1: &str = "$apr1$bagnYgYl$ub9G84HwG670AB1FmBmAE/";
const SHA: &str = "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=";
const BCRYPT: &str = "$2y$04$AoqQ5e88jnlgzP.YkbAD5.Tz.utIubFJ24UKFQHIdo9UIoHy9vypS";

#[test]
fn what_is_exported_comes_back_by_import() {
    let file = format!("# staff\nann:{BCRYPT}\nbob:{BCRYPT}:more\nann:second\n");
    let sandbox = Sandbox::with("f", file);
    let formats = [
        "htpasswd",
        "csv",
        "json",
        "compose",
        "env",
        "k8s-secret",
        "traefik",
        "traefik-toml",
        "caddy",
        "haproxy",
        "ldif",
    ];
    for format in formats {
        let ran = sandbox.run(&["export", "f", "--format", format]).expect(0);
        sandbox.write("container", &ran.out);
        let _ = std::fs::remove_file(sandbox.path().join("back"));
        let ran = sandbox.run(&["import", "back", "container", "--create", "--json"]).expect(0);
        let document = ran.json();
        assert_eq!(document["summary"]["added"], 2, "{format}");
        assert_eq!(document["from"], *format);
        assert_eq!(sandbox.read("back"), format!("ann:{BCRYPT}\nbob:{BCRYPT}\n").as_bytes(), "{format}");
    }
}

#[test]
fn compose_gets_doubled_dollars_and_others_none() {
    let sandbox = Sandbox::with("f", format!("ann:{APR1}\n"));
    let ran = sandbox.run(&["export", "f", "--format", "compose", "--name", "web"]).expect(0);
    assert_eq!(
        ran.out(),
        format!(
            "services:\n  web:\n    labels:\n      - \"traefik.http.middlewares.web.basicauth.users=ann:{}\"\n",
            APR1.replace('$', "$$")
        )
    );
    let ran = sandbox.run(&["export", "f", "--format", "traefik"]).expect(0);
    assert!(ran.out().contains(&format!("- \"ann:{APR1}\"\n")), "{}", ran.out());
}

#[test]
fn what_the_reader_would_not_start_with_is_left_out_and_told() {
    let file = format!("ann:{BCRYPT}\nbob:{APR1}\ncyd:*\ndan:{{PLAIN}}x\neva:gutted\nfay:\n");
    let sandbox = Sandbox::with("f", file);
    let ran = sandbox.run(&["export", "f", "--format", "caddy"]).expect(1);
    assert_eq!(ran.out(), format!("basic_auth {{\n\t`ann` {BCRYPT}\n}}\n"));
    for text in [
        "left out: bob (line 2): Caddy takes bcrypt",
        "left out: cyd (line 3): no password opens it",
        "left out: dan (line 4)",
    ] {
        assert!(ran.err().contains(text), "{}", ran.err());
    }
    let document = sandbox.run(&["export", "f", "--format", "traefik", "--json"]).expect(1).json();
    assert_eq!(document["entries"][0]["accepted"], json!({"traefik": "granted"}));
    assert_eq!(document["entries"][2]["written"], false);
    assert!(!document["text"].as_str().unwrap().contains("gutted"));
}

#[test]
fn what_the_reader_reads_and_never_accepts_is_told() {
    let sandbox = Sandbox::with(
        "f",
        "ann:$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1\n",
    );
    let ran = sandbox.run(&["export", "f", "--format", "traefik"]).expect(0);
    assert!(ran.err().contains("traefik does not accept sha512crypt"), "{}", ran.err());
}

#[test]
fn users_can_be_picked_and_have_to_be_there() {
    let sandbox = Sandbox::with("f", format!("ann:{SHA}\nbob:\"{SHA}\"\n"));
    let ran = sandbox.run(&["export", "f", "bob", "--format", "csv"]).expect(0);
    assert_eq!(ran.out(), format!("user,hash\r\nbob,{SHA}\r\n"));
    assert!(ran.err().contains("bob (line 2): taken off: quotes"), "{}", ran.err());
    sandbox.run(&["export", "f", "zoe", "--format", "csv"]).expect(1);
    sandbox.run(&["export", "f", "--format", "nonsense"]).expect(2);
    sandbox.run(&["export", "f", "--format", "docker-inspect"]).expect(2);
    sandbox.run(&["export", "f", "--format", "csv", "--name", "a b"]).expect(2);
}

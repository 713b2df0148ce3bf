//! The readers, and that each reads what its writer writes.

use super::*;

/// `p` and `secret` as htpasswd of apache2-utils 2.4.71 hashes them.
const APR1: &str = "$apr1$7LProNDd$E2oULlQ4vNbg5yh92THMk/";
const BCRYPT: &str = "$2y$04$AoqQ5e88jnlgzP.YkbAD5.Tz.utIubFJ24UKFQHIdo9UIoHy9vypS";

/// User, value, codes of layers, and what the consumer gets where that is something else.
type Row = (String, String, Vec<&'static str>, Option<String>);

fn read_as(name: &str, text: &str) -> Vec<Row> {
    let format = find(name).unwrap();
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let row = |found: Found| {
        let value = match &found.value {
            Value::Hash(hash) => lossy(hash.expose()),
            Value::Password(password) => format!("password {}", lossy(password.expose())),
        };
        let seen = match &found.seen {
            Seen::Meant => None,
            Seen::Other(text) => Some(lossy(text.expose())),
            Seen::Refused(_) => Some("refused".to_owned()),
        };
        (lossy(&found.user), value, found.layers.iter().map(Layer::code).collect(), seen)
    };
    format.read.unwrap()(text.as_bytes())
        .unwrap_or_else(|error| panic!("{name}: {error}"))
        .into_iter()
        .map(row)
        .collect()
}

/// The same, where the format is also the one that the text is taken for.
fn read(name: &str, text: &str) -> Vec<Row> {
    assert_eq!(detect(text.as_bytes()).name, name, "{text}");
    read_as(name, text)
}

fn row(user: &str, value: &str, layers: &[&'static str]) -> Row {
    (user.into(), value.into(), layers.to_vec(), None)
}

fn seen(row: Row, seen: &str) -> Row {
    (row.0, row.1, row.2, Some(seen.into()))
}

#[test]
fn labels_in_compose_have_their_dollars_doubled() {
    let doubled = APR1.replace('$', "$$");
    for text in [
        format!("services:\n  web:\n    labels:\n      - \"traefik.http.middlewares.x.basicauth.users=ann:{doubled},bob:{doubled}\"\n"),
        format!("services:\n  web:\n    deploy:\n      labels:\n        traefik.http.middlewares.x.basicauth.users: 'ann:{doubled},bob:{doubled}'\n"),
        format!("x-auth: &auth\n  USERS: ann:{doubled},bob:{doubled}\nservices:\n  web:\n    environment:\n      <<: *auth\n").replacen("x-auth", "x-a", 1),
    ] {
        let mut rows = read("compose", &text);
        rows.truncate(2);
        let layers = &["label", "doubled-dollars"];
        assert_eq!(rows, [row("ann", APR1, layers), row("bob", APR1, layers)], "{text}");
    }
    let doubled = BCRYPT.replace('$', "$$");
    let text = format!(
        "services:\n  web:\n    labels:\n      caddy: x\n      caddy.basic_auth: /*\n      caddy.basic_auth.ann: {doubled}\n"
    );
    assert_eq!(read("compose", &text), [row("ann", BCRYPT, &["label", "doubled-dollars"])]);
}

#[test]
fn dollars_that_are_not_doubled_are_eaten_by_compose_or_refused() {
    let text = |hash: &str| {
        format!("services:\n  web:\n    labels:\n      - traefik.http.middlewares.x.basicauth.users=ann:{hash}\n")
    };
    // `$apr1` and `$E2oULlQ4vNbg5yh92THMk` are names to it; `$7` is neither a name nor an escape.
    assert_eq!(
        read("compose", &text("$apr1$abcdefgh$E2oULlQ4vNbg5yh92THMk/")),
        [seen(row("ann", "$apr1$abcdefgh$E2oULlQ4vNbg5yh92THMk/", &["label"]), "/")]
    );
    assert_eq!(read("compose", &text(APR1)), [seen(row("ann", APR1, &["label"]), "refused")]);
    assert_eq!(read("compose", &text(BCRYPT)), [seen(row("ann", BCRYPT, &["label"]), "refused")]);
}

#[test]
fn what_docker_inspect_shows_is_what_the_container_got() {
    let text = |hash: &str| {
        format!(
            "[{{\"Config\": {{\"Env\": [\"PATH=/bin\"], \"Labels\": {{\"traefik.http.middlewares.x.basicauth.users\": \"ann:{hash}\"}}}}}}]"
        )
    };
    assert_eq!(read("docker-inspect", &text(APR1)), [row("ann", APR1, &["label"])]);
    let doubled = APR1.replace('$', "$$");
    let rows = read("docker-inspect", &text(&doubled));
    assert_eq!(rows, [seen(row("ann", APR1, &["label", "doubled-dollars"]), &doubled)]);
}

#[test]
fn traefiks_own_files_are_read_in_yaml_and_toml() {
    let yaml = format!(
        "http:\n  routers: {{}}\n  middlewares:\n    test-auth:\n      basicAuth:\n        users:\n          - \"ann:{APR1}\"\n          - bob:{BCRYPT}\n"
    );
    assert_eq!(read("traefik", &yaml), [row("ann", APR1, &[]), row("bob", BCRYPT, &[])]);
    let toml = format!(
        "[http.middlewares]\n  [http.middlewares.test-auth.basicAuth]\n    users = [\n      \"ann:{APR1}\",\n      'bob:{BCRYPT}',\n    ]\n"
    );
    assert_eq!(read("traefik-toml", &toml), [row("ann", APR1, &[]), row("bob", BCRYPT, &[])]);
    let doubled = yaml.replace('$', "$$");
    assert_eq!(read("traefik", &doubled)[0], seen(row("ann", APR1, &["doubled-dollars"]), &APR1.replace('$', "$$")));
}

#[test]
fn kubernetes_secrets_are_a_file_a_map_or_one_key() {
    let encoded = |text: &str| String::from_utf8(crate::basic::base64::encode(text.as_bytes())).unwrap();
    let file = encoded(&format!("ann:{APR1}\nbob:{BCRYPT}\n"));
    let json = format!(
        "{{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"type\": \"Opaque\", \"data\": {{\"auth\": \"{file}\"}}}}"
    );
    assert_eq!(read("k8s-secret", &json), [row("ann", APR1, &["base64"]), row("bob", BCRYPT, &["base64"])]);
    let one = format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: x}}\ndata:\n  users: {file}\n");
    assert_eq!(read("k8s-secret", &one).len(), 2);
    let wrapped = format!("kind: Secret\ndata:\n  auth: |\n    {}\n    {}\n", &file[..76], &file[76..]);
    assert_eq!(read("k8s-secret", &wrapped).len(), 2);
    let map =
        format!("kind: Secret\ndata:\n  ann: {}\n  bob: {}\n", encoded(APR1), encoded(&format!("bob:{BCRYPT}\n")));
    let whole_line = seen(row("bob", BCRYPT, &["base64", "key"]), "bob");
    assert_eq!(read("k8s-secret", &map), [row("ann", APR1, &["base64"]), whole_line]);
    let twice = format!("kind: Secret\ndata:\n  auth: {}\n", encoded(&encoded(&format!("ann:{APR1}"))));
    assert_eq!(read("k8s-secret", &twice), [seen(row("ann", APR1, &["base64", "base64"]), "")]);
    let clear = "kind: List\nitems:\n- kind: Secret\n  type: kubernetes.io/basic-auth\n  stringData: {username: ann, password: p}\n";
    assert_eq!(read("k8s-secret", clear), [row("ann", "password p", &[])]);
    assert!(find("k8s-secret").unwrap().read.unwrap()(b"kind: Secret\ndata:\n  auth: '%'\n").is_err());
}

#[test]
fn caddyfiles_hold_hashes_or_base64_of_them() {
    let encoded = String::from_utf8(crate::basic::base64::encode(BCRYPT.as_bytes())).unwrap();
    let text = format!(
        ":80 {{\n\tbasic_auth /x/* bcrypt {{\n\t\tann {BCRYPT} # note\n\t\t\"bob b\" {encoded}\n\t}}\n\trespond ok\n}}\n"
    );
    assert_eq!(read("caddy", &text), [row("ann", BCRYPT, &[]), row("bob b", BCRYPT, &["base64"])]);
    let old = format!("example.org\nbasicauth {{\n  ann {BCRYPT}\n}}\n");
    assert_eq!(read("caddy", &old), [row("ann", BCRYPT, &[])]);
    let json = format!(
        "{{\"apps\": {{\"routes\": [{{\"providers\": {{\"http_basic\": {{\"accounts\": [{{\"username\": \"ann\", \"password\": \"{BCRYPT}\"}}]}}}}}}]}}}}"
    );
    assert_eq!(read("caddy", &json), [row("ann", BCRYPT, &[])]);
}

#[test]
fn userlists_of_haproxy_are_read_with_their_quotes() {
    let text = "global\n  log x\nuserlist x\n  group g\n  user ann password '$5$salt$x' groups g # note\n  user b\\ b password $5$salt$y\n\
                \x20 user cyd insecure-password \"p w\"\n  user dan password \"$5$salt\"\ndefaults\n  user no password x\n";
    assert_eq!(
        read("haproxy", text),
        [
            row("ann", "$5$salt$x", &[]),
            row("b b", "$5$salt$y", &[]),
            row("cyd", "password p w", &[]),
            seen(row("dan", "$5$salt", &[]), ""),
        ]
    );
}

#[test]
fn directories_hold_schemes_in_braces() {
    let text = "version: 1\n\n# ann\ndn: uid=ann,ou=people,dc=x\nuserPassword: {CRYPT}$5$salt$x\nuserPassword:: e1NIQX1VV3\n VYZy95bEYrN0wwZEJrMmkwV1V4Q3hsMWs9\n\n\
                dn: cn=B\\2C b+x=y,dc=x\r\nUSERPASSWORD: clear\r\n\ndn:: dWlkPXrDqSxkYz14\nuid: zo\u{e9}\nuserPassword: {ssha}c2FsdA==\n";
    assert_eq!(
        read("ldif", text),
        [
            row("ann", "$5$salt$x", &["tag"]),
            row("ann", "{SHA}UWuXg/ylF+7L0dBk2i0WUxCxl1k=", &["base64"]),
            row("B, b", "password clear", &[]),
            row("zoé", "{SSHA}c2FsdA==", &["spelling"]),
        ]
    );
}

#[test]
fn shadow_passes_over_what_is_locked() {
    let text = "root:*:19000:0:99999:7:::\nann:$y$j9T$x$y:19000:0:99999:7:::\nbob:!$6$x$y:19000:0:99999:7:::\ncyd::19000:0:99999:7:::\n";
    assert_eq!(read("shadow", text), [row("ann", "$y$j9T$x$y", &[])]);
}

#[test]
fn variables_and_single_labels_are_freed_of_key_and_quotes() {
    let text = format!("# users\nPORT=80\nexport USERS='ann:{APR1},bob:{BCRYPT}'\n");
    let layers = &["key", "quotes"];
    assert_eq!(read("env", &text), [row("ann", APR1, layers), row("bob", BCRYPT, layers)]);
    assert_eq!(read("env", &format!("USERS=ann:{APR1}\n")), [seen(row("ann", APR1, &["key"]), "")]);
    let escaped = APR1.replace('$', "\\$");
    assert_eq!(
        read("env", &format!("USERS=\"ann:{escaped}\"\n")),
        [row("ann", APR1, &["key", "quotes", "backslashes"])]
    );
    let label = format!("traefik.http.middlewares.x.basicauth.users=ann:{APR1}");
    assert_eq!(read("label", &label), [row("ann", APR1, &["label"])]);
    let doubled = format!("- \"{}\"", label.replace('$', "$$"));
    let expected = seen(row("ann", APR1, &["quotes", "label", "doubled-dollars"]), &APR1.replace('$', "$$"));
    assert_eq!(read("label", &doubled), [expected]);
}

#[test]
fn another_password_file_is_what_no_other_format_is() {
    let text = format!("# note\nann:{APR1}\nbob:\"{BCRYPT}\":more\nann:second\nbare\n");
    let quoted = format!("\"{BCRYPT}\"");
    let expected = [row("ann", APR1, &[]), seen(row("bob", BCRYPT, &["quotes"]), &quoted)];
    assert_eq!(read("htpasswd", &text), expected);
    assert_eq!(read_as("passwords", "ann:p:q\n"), [row("ann", "password p:q", &[])]);
}

#[test]
fn every_writer_writes_what_its_reader_reads() {
    let names = Names { name: "auth".into(), base: "ou=people,dc=example,dc=org".into() };
    let odd = [
        "a b", "zoé", "a\"b", "a'b", "a\\b", "a,b", "a#b", "#a", " a", "a=b", "a$b", "{a}", "-a", "a: b", "no", "1",
        "~", "a\tb", "*a", "a`b", "+", "a;b",
    ];
    let users: Vec<&str> = ["ann", "bob"].into_iter().chain(odd).collect();
    let hashes = [
        APR1,
        BCRYPT,
        "{SHA}UWuXg/ylF+7L0dBk2i0WUxCxl1k=",
        "$5$salt$x",
        "abJnggxhB/yWI",
        "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$eA",
    ];
    let mut counts = Vec::new();
    for format in FORMATS {
        let Some(write) = &format.write else { continue };
        let mut count = 0;
        for hash in hashes {
            let entries: Vec<Entry<'_>> = users
                .iter()
                .map(|user| Entry { user: user.as_bytes(), hash: hash.as_bytes() })
                .filter(|entry| (write.refuses)(*entry).is_none())
                .collect();
            if entries.is_empty() {
                continue;
            }
            count += entries.len();
            let text = String::from_utf8((write.write)(&entries, &names)).unwrap();
            let rows = read_as(format.name, &text);
            let expected: Vec<_> = entries
                .iter()
                .map(|entry| (String::from_utf8_lossy(entry.user).into_owned(), hash.to_owned(), None))
                .collect();
            let rows: Vec<_> = rows.into_iter().map(|(user, hash, _, seen)| (user, hash, seen)).collect();
            assert_eq!(rows, expected, "{}:\n{text}", format.name);
        }
        counts.push((format.name, count));
        assert!(count >= 20, "{}: {count}", format.name);
    }
    assert_eq!(counts.len(), 11, "{counts:?}");
}

#[test]
fn an_unreadable_text_is_told_without_being_shown() {
    for format in FORMATS {
        let Some(read) = format.read else { continue };
        for text in [&b""[..], b"secret", b"\xff\xfe", b"{\"secret\"", b"a: [secret", b"user secret 'x"] {
            if let Err(error) = read(text) {
                assert!(!error.to_string().contains("secret"), "{}: {error}", format.name);
            }
        }
    }
}

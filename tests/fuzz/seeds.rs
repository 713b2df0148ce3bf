//! What fuzzing begins with: the cases, vectors, logs, configurations and containers that other tests hold already.

use std::fs;
use std::path::Path;

/// Pieces that mean something somewhere.
pub(crate) const PIECES: &[&[u8]] = &[
    b"\n",
    b"\r\n",
    b"\r",
    b"\0",
    b":",
    b"::",
    b"#",
    b"\\\n",
    b" ",
    b"\t",
    b"\"",
    b"'",
    b"$",
    b"$$",
    b"{",
    b"}",
    b"<",
    b">",
    b";",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xc3\xa4",
    b"\xff",
    b"$apr1$",
    b"$2y$05$",
    b"$5$rounds=",
    b"$6$",
    b"$y$j9T$",
    b"{SHA}",
    b"{SSHA}",
    b"{PLAIN}",
    b"$argon2id$v=19$m=",
    b"999999999",
    b"4294967296",
    b"-1",
    b"Authorization: Basic ",
    b"HTTP/1.1\r\n",
    b"<IfModule ",
    b"</",
    b"include ",
    b"${",
    b"%{",
    b"- ",
    b": |\n",
    b"&a",
    b"*a",
    b"[",
    b"]",
    b"=",
    b"AH01617: ",
];

/// The seeds of a target.
pub(crate) fn of(target: &str) -> Vec<Vec<u8>> {
    match target {
        "header" => headers(),
        "scan" | "document" | "lint" => user_files(),
        "setting" => fields(),
        "apache_conf" => configurations("apache@"),
        "nginx_conf" => configurations("nginx@"),
        "url_conf" => url_configurations(),
        "container" => containers(),
        "log" => logs(),
        // Whole, and cut within.
        "sqlite" => {
            let files = texts("sqlite", ".sqlite3").into_iter();
            files.flat_map(|(_, bytes)| [bytes[..bytes.len() / 2].to_vec(), bytes]).collect()
        }
        other => panic!("no seeds for {other}"),
    }
}

/// The text files below a folder of the tests whose names end so, with their paths.
fn texts(folder: &str, end: &str) -> Vec<(String, Vec<u8>)> {
    fn below(folder: &Path, end: &str, into: &mut Vec<(String, Vec<u8>)>) {
        let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                below(&path, end, into);
            } else if path.to_string_lossy().ends_with(end) {
                into.push((path.to_string_lossy().into_owned(), fs::read(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder), end, &mut found);
    found
}

/// The bytes of the cases' files.
fn user_files() -> Vec<Vec<u8>> {
    let after_header = |text: &[u8]| memchr::memmem::find(text, b"\n\n").map(|at| text[at + 2..].to_vec());
    texts("cases", ".case").iter().filter_map(|(_, text)| after_header(text)).filter(|file| !file.is_empty()).collect()
}

/// The cases' values of `Authorization`, and whole heads around them.
fn headers() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = Vec::new();
    for (_, text) in texts("cases", ".case") {
        for line in text.split(|byte| *byte == b'\n') {
            let value =
                [&b"authorization: "[..], b"header: Authorization: "].iter().find_map(|key| line.strip_prefix(*key));
            seeds.extend(value.map(<[u8]>::to_vec));
        }
    }
    seeds.push(b"Basic dXNlcjpzZWNyZXQ=".to_vec());
    let heads: Vec<_> = seeds
        .iter()
        .map(|value| [b"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: ", &value[..], b"\r\n\r\n"].concat())
        .collect();
    seeds.extend(heads);
    seeds.push(b"curl -u 'user:secret' -H \"X: y\" http://localhost/".to_vec());
    seeds.push(b"> GET / HTTP/2\n> Host: x\n> authorization: Basic dXNlcjpzZWNyZXQ=\n>\n".to_vec());
    seeds
}

/// The last word of each vector.
fn fields() -> Vec<Vec<u8>> {
    let of = |text: &[u8]| {
        let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.starts_with(b"#") && !line.is_empty());
        lines.filter_map(|line| line.split(|byte| *byte == b'\t').next_back().map(<[u8]>::to_vec)).collect::<Vec<_>>()
    };
    texts("vectors", ".tsv")
        .iter()
        .filter(|(path, _)| !path.contains("/crypt/"))
        .flat_map(|(_, text)| of(text))
        .collect()
}

/// The recorded configurations of servers that only `why401 url` reads, and two more.
fn url_configurations() -> Vec<Vec<u8>> {
    let mut seeds = vec![
        b"userlist a\n user u insecure-password p\nfrontend f\n bind :8080\n http-request auth unless { http_auth(a) }\n".to_vec(),
        b"server.port = 8080\n$HTTP[\"host\"] =~ \"l\" { auth.require = (\"/\" => (\"require\" => \"user=u\")) }\n".to_vec(),
    ];
    for (path, text) in texts("observed/config", ".jsonl") {
        if path.contains('@') {
            continue;
        }
        for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).skip(1) {
            let row: serde_json::Value = serde_json::from_slice(line).unwrap();
            let files = row["files"].as_object().unwrap().values();
            seeds.extend(files.map(|text| text.as_str().unwrap().replace("@PORT@", "8080").into_bytes()));
        }
    }
    seeds
}

/// The recorded configurations of a server.
fn configurations(server: &str) -> Vec<Vec<u8>> {
    let recorded = texts("observed/config", ".jsonl").into_iter().filter(|(path, _)| path.contains(server));
    let mut seeds = Vec::new();
    for (_, text) in recorded {
        for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let row: serde_json::Value = serde_json::from_slice(line).unwrap();
            seeds.extend(
                ["config", "http"].iter().filter_map(|key| row[*key].as_str()).map(|text| text.as_bytes().to_vec()),
            );
        }
    }
    seeds
}

/// Some lines of each log.
fn logs() -> Vec<Vec<u8>> {
    let chunks = |text: &[u8]| {
        let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').filter(|line| !line.starts_with(b"# ")).collect();
        lines.chunks(3).take(20).map(|lines| lines.join(&b'\n')).collect::<Vec<_>>()
    };
    texts("logs", ".log").iter().flat_map(|(_, text)| chunks(text)).filter(|text| text.len() < super::LONGEST).collect()
}

/// A container of each format.
fn containers() -> Vec<Vec<u8>> {
    use why401::container::{Entry, FORMATS, Names};
    let hashes: [&[u8]; 3] = [
        b"$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/",
        b"$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a",
        b"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=",
    ];
    let names = Names { name: "auth".to_owned(), base: "ou=people,dc=example,dc=org".to_owned() };
    let mut seeds = Vec::new();
    for format in FORMATS {
        let Some(write) = &format.write else { continue };
        for count in 1..=hashes.len() {
            let entries: Vec<Entry<'_>> = hashes[..count]
                .iter()
                .zip([b"alice", b"bobby", b"carol"])
                .map(|(hash, user)| Entry { user, hash })
                .collect();
            let allowed: Vec<_> = entries.into_iter().filter(|entry| (write.refuses)(*entry).is_none()).collect();
            seeds.push((write.write)(&allowed, &names));
        }
    }
    for text in [
        "services:\n  web:\n    labels:\n      - \"traefik.http.middlewares.auth.basicauth.users=alice:$$apr1$$x$$y\"\n    environment:\n      USERS: 'a:b'\n",
        "[{\"Config\":{\"Labels\":{\"traefik.http.middlewares.a.basicauth.users\":\"alice:$apr1$x$y\"}}}]",
        "apiVersion: v1\nkind: Secret\ndata:\n  auth: YWxpY2U6JGFwcjEkeCR5Cg==\n",
        "http:\n  middlewares:\n    a:\n      basicAuth:\n        users:\n          - 'alice:$apr1$x$y'\n",
        "user,password\nalice,secret\n\"b,c\",\"d\"\"e\"\n",
        "userlist x\n  user alice insecure-password secret\n  user bob password $5$x$y groups g\n",
        "alice:$6$x$y:19000:0:99999:7:::\nbob:!:1::::::\n",
        "export AUTH='alice:$apr1$x$y'\nUSERS=\"bob:{SHA}x=\"\n",
    ] {
        seeds.push(text.as_bytes().to_vec());
    }
    seeds
}

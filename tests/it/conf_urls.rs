//! Configurations of servers that `why401 url` reads, held against what the servers answered.

use std::path::Path;

use serde_json::Value;

use crate::support::tests;
use crate::support::urls::{Ask, Memory, files, findings, fits};

const FOLDER: &str = "/etc/server";
const PORT: u16 = 8080;

/// What is wrong with a row for the server in this column.
fn wrong(row: &Value, server: &str, column: usize) -> Vec<String> {
    let laid = files(row, Path::new(FOLDER), PORT, 8443);
    let path = |name: &str| Path::new(FOLDER).join(name);
    let main = path(&laid[0].0);
    let memory = Memory(laid.into_iter().map(|(name, text)| (path(&name), text.into_bytes())).collect());
    let asks: Vec<&Value> = row["asks"].as_array().unwrap().iter().collect();
    let requests: Vec<_> = asks.iter().map(|ask| Ask::of(ask).request(PORT)).collect();
    let status = |ask: &Value| ask[3 + column].as_u64().and_then(|status| u16::try_from(status).ok());
    let undecided = row["undecided"] == true || row["undecided"] == server;
    let said = |what: String| format!("{} ({server}): {what}", row["why"]);
    match findings(server, &main, &memory, &requests) {
        Err(trouble) => {
            let takes = asks.iter().filter(|ask| status(ask).is_some());
            takes.map(|ask| said(format!("{ask}: {} {}", trouble.place, trouble.message))).collect()
        }
        Ok(findings) => {
            let all = asks.iter().zip(findings);
            all.filter_map(|(ask, finding)| {
                let decision = &finding.decision;
                let expected = if undecided { None } else { Some(true) };
                let chain: Vec<_> =
                    finding.chain.iter().map(|link| (link.place.as_ref().map(|p| p.line), &link.text)).collect();
                (fits(&finding, status(ask)) != expected)
                    .then(|| said(format!("{ask}: {} {:?} {chain:?}", decision.verdict.name(), decision.status)))
            })
            .collect()
        }
    }
}

fn check(name: &str) {
    let text = std::fs::read_to_string(tests("observed/config").join(name)).unwrap();
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let servers: Vec<String> = rows[0]["servers"].as_object().unwrap().keys().cloned().collect();
    let mut all = Vec::new();
    for row in &rows[1..] {
        for (column, server) in servers.iter().enumerate() {
            all.extend(wrong(row, server, column));
        }
    }
    assert!(rows.len() > 10 && all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn recorded_caddyfiles_are_answered_as_caddy_answered() {
    check("caddy.jsonl");
}

#[test]
fn recorded_routers_answer_as_traefiks_did() {
    check("traefik.jsonl");
}

/// As Traefik 3.7.15 does that is started in the folder of the file; elsewhere it leaves the router out.
#[test]
fn a_user_file_of_traefik_may_be_named_from_where_it_was_started() {
    use why401::conf::traefik::tree;
    use why401::crypt::Work;
    use why401::inquiry::{Means, traefik};
    use why401::server::{self, UserFile};
    use why401::trace::Verdict;

    let start = "entryPoints: {web: {address: ':8080'}}\nproviders: {file: {filename: /d/dyn.yml}}\n";
    let dynamic = "http:\n  routers: {r: {rule: 'PathPrefix(`/`)', service: noop@internal, middlewares: [m]}}\n  middlewares:\n    \
                   m: {basicAuth: {usersFile: users}}\n";
    let users = format!("bob:{}\n", crate::support::urls::SECRET);
    let files = [("/d/traefik.yml", start), ("/d/dyn.yml", dynamic), ("/d/users", &users)];
    let memory = Memory(files.into_iter().map(|(name, text)| (name.into(), text.as_bytes().to_vec())).collect());
    let open = |path: &Path| -> Box<dyn UserFile> {
        use why401::conf::Files as _;
        Box::new(
            memory.read(path).map_or(crate::support::question::File::Missing, crate::support::question::File::Bytes),
        )
    };
    let means = Means { server: server::find("traefik").unwrap(), files: &memory, users: &open };
    let ask = |folder: Option<&str>, credentials: Option<&str>| {
        let mut tree = tree::read(Path::new("/d/traefik.yml"), &memory).unwrap();
        tree.folder = folder.map(Into::into);
        let ask = Ask { host: "x".into(), target: "/".into(), credentials: credentials.map(str::to_owned) };
        let found = traefik::ask(&tree, &ask.request(8080), &means, &mut Work::limited(1.0));
        (found.decision.verdict, found.decision.status, found.user_file)
    };
    let file = Some(Path::new("/d/users").to_path_buf());
    assert_eq!(ask(Some("/d"), Some("bob:secret")), (Verdict::Granted, Some(200), file.clone()));
    assert_eq!(ask(Some("/d"), None), (Verdict::Denied, Some(401), file));
    assert_eq!(ask(Some("/"), None).1, Some(404));
    assert_eq!(ask(None, None).0, Verdict::Undecided);
}

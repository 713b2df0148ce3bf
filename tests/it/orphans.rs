//! Nothing in a table is left without what belongs to it.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use why401::cli::commands::COMMANDS;
use why401::scheme::SCHEMES;
use why401::server::SERVERS;
use why401::trace::codes::REASONS;

fn tests(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(path)
}

#[test]
fn every_command_has_its_tests_and_every_test_of_a_command_its_command() {
    let files: HashSet<String> = fs::read_dir(tests("it"))
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().unwrap().strip_prefix("cmd_").map(str::to_owned))
        .map(|name| name.trim_end_matches(".rs").to_owned())
        .collect();
    let commands: HashSet<String> = COMMANDS.iter().map(|row| row.name.to_owned()).collect();
    assert_eq!(files, commands);
}

#[test]
fn every_scheme_has_vectors() {
    // `{PLAIN}` has no hash that an independent implementation could tell.
    for scheme in SCHEMES.iter().filter(|scheme| scheme.name != "plain") {
        let path = tests("vectors").join(format!("{}.tsv", scheme.name));
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let rows = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).count();
        assert!(rows >= 5, "{}: {rows} vectors", scheme.name);
    }
}

#[test]
fn every_recorded_server_has_recorded_answers() {
    let recorded: Vec<String> = fs::read_dir(tests("observed"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for server in SERVERS.iter().map(|server| server.info()) {
        // Of these the C library's crypt(3) was recorded (`tests/vectors/crypt`), under an nginx that was.
        if server.evidence.name() == "recorded" && !server.name.starts_with("nginx/libxcrypt-") {
            let begins = format!("{}@", server.name.split('@').next().unwrap().replace('/', "-"));
            assert!(recorded.iter().any(|file| file.starts_with(&begins)), "{}: no file {begins}…", server.name);
        }
    }
}

#[test]
fn names_are_unique() {
    let unique = |names: Vec<&str>| assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len(), "{names:?}");
    unique(SERVERS.iter().map(|server| server.info().name).collect());
    unique(SCHEMES.iter().map(|scheme| scheme.name).collect());
    unique(COMMANDS.iter().map(|row| row.name).collect());
    unique(REASONS.iter().map(|code| code.name).collect());
}

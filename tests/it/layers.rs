//! The layers of `ARCHITECTURE.md`, held: a module names only modules of earlier rows, one path a line.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The rows, lowest first. Modules of one row do not know each other.
const ROWS: &[&[&str]] = &[
    &["bytes", "secret"],
    &["trace", "node", "sqlite"],
    &["scheme", "basic", "scan", "htpasswd", "conf", "log", "host"],
    &["crypt", "store", "container"],
    &["server", "fault"],
    &["hint", "lint", "inquiry", "batch"],
    &["render"],
    &["cli"],
];

fn row(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn all() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let module = |path: &Path| {
        let first = path.strip_prefix(&root).unwrap().components().next().unwrap();
        first.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
    };
    files.into_iter().map(|path| (module(&path), path.clone(), fs::read_to_string(&path).unwrap())).collect()
}

/// Without what unit tests add below `#[cfg(test)]`, and without comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let tests = text.lines().position(|line| line.trim() == "#[cfg(test)]").unwrap_or(usize::MAX);
    text.lines().enumerate().take(tests).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn a_module_names_only_modules_of_earlier_rows() {
    let mut wrong = Vec::new();
    let mut edges = 0;
    for (module, path, text) in all() {
        if module == "lib" || module == "main" {
            continue;
        }
        let own = row(&module).unwrap_or_else(|| panic!("{module} stands in no row"));
        for (number, line) in code(&text) {
            for part in line.split("crate::").skip(1) {
                let name: String = part.chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect();
                edges += 1;
                let allowed = name == module || row(&name).is_some_and(|row| row < own);
                if !allowed {
                    wrong.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
                }
            }
        }
    }
    assert!(edges > 100, "only {edges} paths were seen: the test reads nothing");
    assert!(wrong.is_empty(), "upwards, sideways, grouped or through the facade:\n{}", wrong.join("\n"));
}

/// The module of a file as a path: `crypt::work` of `src/crypt/work.rs`, `crypt` of `src/crypt/mod.rs`.
fn module_path(file: &Path) -> String {
    let below = file.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap().with_extension("");
    let parts: Vec<_> = below.iter().map(|part| part.to_str().unwrap()).filter(|part| *part != "mod").collect();
    parts.join("::")
}

/// The paths that a text names below `crate::` or below `parent`, each of a group `{a, b}` for itself.
fn paths(text: &str, parent: &str) -> Vec<String> {
    let starts = text.split("crate::").skip(1).map(str::to_owned);
    let starts = starts.chain(text.split("super::").skip(1).map(|rest| format!("{parent}::{rest}")));
    let mut paths = Vec::new();
    for start in starts {
        let is_of_path = |char: char| char.is_alphanumeric() || matches!(char, '_' | ':');
        let (path, rest) = start.split_at(start.find(|char| !is_of_path(char)).unwrap_or(start.len()));
        match rest.strip_prefix('{') {
            Some(group) => {
                let names = group.split('}').next().unwrap_or_default().split(',');
                paths.extend(names.map(|name| format!("{path}{}", name.trim())));
            }
            None => paths.push(path.to_owned()),
        }
    }
    paths
}

/// What each module names among the others, but for those above it: a row knows its table.
fn named() -> BTreeMap<String, Vec<String>> {
    let texts: BTreeMap<_, _> = all().into_iter().map(|(_, path, text)| (module_path(&path), text)).collect();
    let within =
        |one: &str, other: &str| one == other || one.strip_prefix(other).is_some_and(|rest| rest.starts_with("::"));
    let mut named = BTreeMap::new();
    for (module, text) in &texts {
        let parent = module.rsplit_once("::").map_or("", |(parent, _)| parent);
        let mut others = Vec::new();
        let joined = code(text).map(|(_, line)| line.trim()).collect::<Vec<_>>().join(" ");
        // A module names those that it declares by their names alone.
        let below = |line: &str| line.trim().strip_suffix(';')?.split_once("mod ").map(|(_, name)| name.to_owned());
        let declared = code(text).filter_map(|(_, line)| below(line)).map(|name| format!("{module}::{name}"));
        for path in paths(&joined, parent).into_iter().chain(declared) {
            let file =
                texts.keys().filter(|file| within(path.trim_end_matches(':'), file)).max_by_key(|file| file.len());
            others.extend(file.filter(|file| !within(module, file)).cloned());
        }
        named.insert(module.clone(), others);
    }
    named
}

#[test]
fn no_files_name_each_other_in_a_circle() {
    let mut named = named();
    let edges: usize = named.values().map(Vec::len).sum();
    assert!(edges > 500, "only {edges} names were seen: the test reads nothing");
    // What names only modules that are in no circle is in none itself; what only such modules name neither.
    loop {
        let before = named.len();
        let left: Vec<_> = named.keys().cloned().collect();
        for others in named.values_mut() {
            others.retain(|other| left.contains(other));
        }
        let some: Vec<_> = named.values().flatten().cloned().collect();
        named.retain(|module, others| !others.is_empty() && some.contains(module));
        if named.len() == before {
            break;
        }
    }
    assert!(named.is_empty(), "in circles: {named:#?}");
}

#[test]
fn every_module_opens_with_what_it_is() {
    let bare: Vec<_> =
        all().into_iter().filter(|(_, _, text)| !text.starts_with("//!")).map(|(_, path, _)| path).collect();
    assert!(bare.is_empty(), "{bare:?}");
}

#[test]
fn no_file_is_longer_than_a_sitting() {
    let long: Vec<_> =
        all().into_iter().filter(|(_, _, text)| text.lines().count() > 800).map(|(_, path, _)| path).collect();
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn below_the_command_line_nothing_prints_exits_or_reads_environment_clock_or_disk() {
    const BANNED: &[&str] = &[
        "std::env",
        "std::fs",
        "std::process",
        "std::net::Tcp",
        "std::net::Udp",
        "SystemTime",
        "Instant::now",
        "println!",
        "eprintln!",
        "rustix::",
    ];
    let mut wrong = Vec::new();
    for (module, path, text) in all() {
        if matches!(module.as_str(), "cli" | "store" | "main") {
            continue;
        }
        for (number, line) in code(&text) {
            if BANNED.iter().any(|banned| line.contains(banned)) {
                wrong.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

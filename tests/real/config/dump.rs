//! What Apache itself says of configurations that are written in odd ways and spread over files: its tree is ours.

use std::path::Path;
use std::process::Command;

use why401::cli::host::Disk;
use why401::conf::apache::directive::Directive;
use why401::conf::apache::settings::Start;
use why401::conf::apache::tree;

use super::apache;
use super::apache_grammar::scene;
use crate::driver::site::{Site, free_port};
use crate::driver::{number, say, skip};
use crate::rng::Rng;

/// A directive: how deep it stands, its name in lower case, its arguments.
type Line = (usize, String, String);

#[test]
fn apache_and_the_library_read_the_same_tree() {
    let program = match (apache::PRODUCT.program)() {
        Ok(program) => program,
        Err(why) => return skip("apache", &why),
    };
    let (seed, wanted) = (number("WHY401_SEED", 401), number("WHY401_REQUESTS", 1500) / 30);
    let (mut equal, mut refused, mut lines) = (0, 0, 0);
    for index in 0..wanted {
        let rng = &mut Rng::new(seed, index);
        let mut scene = scene(rng);
        let site = Site::new("dump");
        let text: Vec<String> = scene.config.join("\n").lines().map(str::to_owned).collect();
        scene.config = spread(rng, &text, &site.path(""));
        std::fs::write(site.path("config"), (apache::PRODUCT.config)(&scene, &site.path(""), free_port())).unwrap();
        let info = apache::module("info");
        let output = Command::new(&program)
            .arg("-f")
            .arg(site.path("config"))
            .args([
                "-C",
                &format!("LoadModule info_module {}", info.display()),
                "-D",
                "GIVEN",
                "-t",
                "-D",
                "DUMP_CONFIG",
            ])
            .output()
            .unwrap();
        let start = Start { defines: vec![b"GIVEN".to_vec()], ..Start::default() };
        let ours = tree::read(&site.path("config"), start, &Disk::below("/".into()));
        if !output.status.success() {
            refused += 1;
            continue;
        }
        let theirs = dumped(&output.stdout);
        let mut own = Vec::new();
        let tree =
            ours.unwrap_or_else(|trouble| panic!("seed {seed} index {index}: {}: {}", trouble.place, trouble.message));
        flat(&tree.main, 0, &mut own);
        let differs = own.iter().zip(&theirs).position(|(own, their)| own != their);
        let at = differs.unwrap_or(own.len().min(theirs.len()));
        let show = |lines: &[Line]| format!("{:?}", &lines[at.saturating_sub(1)..(at + 2).min(lines.len())]);
        assert!(
            differs.is_none() && own.len() == theirs.len(),
            "seed {seed} index {index}\n  ours:   {}\n  theirs: {}\n{}",
            show(&own),
            show(&theirs),
            std::fs::read_to_string(site.path("config")).unwrap()
        );
        equal += 1;
        lines += own.len();
    }
    say(&format!(
        "apache -D DUMP_CONFIG: {equal} configurations with {lines} directives read alike, {refused} refused"
    ));
    assert!(equal > wanted / 2, "{equal} equal, {refused} refused");
}

/// The lines in odd writing, some sections moved to files that are included.
fn spread(rng: &mut Rng, lines: &[String], folder: &Path) -> Vec<String> {
    let mut out = Vec::new();
    let (mut at, mut count) = (0, 0);
    let within_macro = |at: usize| {
        lines[..at].iter().filter(|line| line.contains("Macro ")).count()
            > lines[..at].iter().filter(|line| line.starts_with("</Macro")).count()
    };
    while at < lines.len() {
        let end = section_end(lines, at);
        let movable = end > at + 1 && !lines[at].starts_with("<Macro") && !within_macro(at);
        if movable && rng.chance(25) {
            count += 1;
            let name = format!("inc/{}/{count}.conf", if rng.chance(50) { "a" } else { "b" });
            let inner: Vec<String> = lines[at..end].iter().map(|line| written(rng, line)).collect();
            let path = folder.join(&name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, inner.join("\n").replace("@D@", folder.to_str().unwrap()).replace("@P@", "80"))
                .unwrap();
            let written = match rng.below(4) {
                0 => format!("Include \"{name}\""),
                1 => format!("IncludeOptional inc/?/{count}.con*"),
                2 => format!("include {}/inc/*/{count}.conf", folder.display()),
                _ => format!("Include {name}\nIncludeOptional inc/nothing/*.conf"),
            };
            out.push(written);
            at = end;
        } else {
            out.push(written(rng, &lines[at]));
            at += 1;
        }
    }
    out
}

/// Where the section that begins at a line ends; the next line where none begins.
fn section_end(lines: &[String], at: usize) -> usize {
    let mut depth = 0_i32;
    for (number, line) in lines.iter().enumerate().skip(at) {
        depth += if line.starts_with("</") { -1 } else { i32::from(line.starts_with('<')) };
        if depth <= 0 {
            return number + 1;
        }
    }
    at + 1
}

/// A line in another writing that means the same.
fn written(rng: &mut Rng, line: &str) -> String {
    let mut line = line.to_owned();
    if rng.chance(20) && !line.contains("Macro") {
        let end = line.find([' ', '>']).unwrap_or(line.len());
        let (name, rest) = line.split_at(end);
        line = if rng.chance(50) { name.to_ascii_uppercase() } else { name.to_ascii_lowercase() } + rest;
    }
    if rng.chance(15) && !line.contains("Macro") {
        let blank: &str = ["  ", "\t", " \\\n", " \\\r\n  "][rng.below(4)];
        line = line.replacen(' ', blank, 1);
    }
    if rng.chance(20) {
        line = format!("{}{line}{}", rng.pick(&["  ", "\t", " \t "]), rng.pick(&["", "  ", "\t", "\r"]));
    }
    if rng.chance(10) {
        let after = ["\n", "\n# a comment", "\n  #<Location /> \\\n Require all granted", "\n\n \t"];
        line.push_str(after[rng.below(after.len())]);
    }
    line
}

fn flat(block: &[Directive], depth: usize, out: &mut Vec<Line>) {
    // `DefaultRuntimeDir` acts while it is read, and is gone then.
    for directive in block.iter().filter(|directive| directive.name != b"defaultruntimedir") {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        out.push((depth, text(&directive.name), text(&directive.args)));
        flat(&directive.block, depth + 1, out);
    }
}

fn dumped(output: &[u8]) -> Vec<Line> {
    let text = String::from_utf8_lossy(output).into_owned();
    let mut out = Vec::new();
    for line in text.lines() {
        let bare = line.trim_start_matches(' ');
        let depth = (line.len() - bare.len()) / 2;
        if bare.starts_with('#') || bare.starts_with("</") || bare.is_empty() {
            continue;
        }
        let (name, args) = bare.split_once(' ').unwrap_or((bare, ""));
        let (name, args) = match name.strip_suffix('>') {
            Some(name) if name.starts_with('<') && args.is_empty() => (name, ">"),
            _ => (name, args),
        };
        out.push((depth, name.to_ascii_lowercase(), args.to_owned()));
    }
    out
}

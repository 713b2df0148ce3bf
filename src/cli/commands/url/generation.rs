//! Which generation of a server answers: its version is looked for here, without running it, and a row taken that is of that version.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::rc::Rc;

use crate::cli::args;
use crate::cli::commands::url::find::Found;
use crate::cli::host::Disk;
use crate::conf::Place;
use crate::host::version::{self, Version};
use crate::inquiry::Link;
use crate::server::Server;

/// A row that has an older one beside it.
struct Rows {
    product: &'static str,
    older: &'static str,
    newer: &'static str,
    /// The first version that the newer one is of: what the two differ in came with it.
    since: (u32, u32),
}

/// Caddy's `basic_auth` came with 2.8, and since HAProxy 2.8 a NUL in a head is refused.
const ROWS: &[Rows] = &[
    Rows { product: "caddy", older: "caddy@2.6", newer: "caddy", since: (2, 8) },
    Rows { product: "haproxy", older: "haproxy", newer: "haproxy@2.8", since: (2, 8) },
];

/// Bytes of a program that are looked at at once, and how much of them again with the next.
const BLOCK: usize = 4 << 20;
const AGAIN: usize = 4 << 10;

/// The row that is asked and why; `None` where there is but one, or it was named.
pub(super) fn of(found: &Found, disk: &Disk) -> Option<(&'static dyn Server, Link)> {
    let rows = ROWS.iter().find(|rows| rows.product == found.reader.name)?;
    // Those of another C library are of one generation.
    if found.server.info().name.contains('/') {
        return None;
    }
    let program = found.program(disk)?;
    let title = found.reader.title;
    let Some(version) = version(found, &program, disk) else {
        let own = found.server.info();
        let other = if own.name == rows.newer { rows.older } else { rows.newer };
        let text = format!(
            "which {title} {} is could not be found: taken for {}; --server {other} asks the other generation",
            program.display(),
            own.version
        );
        let place = Place { file: Rc::new(program), line: 1, column: 1 };
        return Some((found.server, Link { place: Some(place), rule: "version", text }));
    };
    let is_newer = version.minor().is_some_and(|minor| minor >= rows.since);
    let server = args::server(if is_newer { rows.newer } else { rows.older }).ok()?;
    let taken = server.info().version;
    let same = version.minor() == Version { text: taken.to_owned(), ..version.clone() }.minor();
    let but = if same { String::new() } else { format!("; what is told is that of {taken}") };
    let place = version.place.map(|(file, line)| Place { file: Rc::new(file), line, column: 1 });
    let text = format!("{title} {}, as {} says{but}", version.text, version.by);
    Some((server, Link { place, rule: "version", text }))
}

fn version(found: &Found, program: &Path, disk: &Disk) -> Option<Version> {
    let product = found.reader.name;
    let process = found.running.as_ref().map(|running| Path::new("/proc").join(running.master.pid.to_string()));
    let file = process.as_ref().map_or_else(|| disk.real(program), |process| process.join("exe"));
    if let Some(module) = version::module(product)
        && let Some(text) = of_program(&file, module)
    {
        let place = Some((program.to_path_buf(), 1));
        return Some(Version { text, by: "the list of modules in the program".to_owned(), place });
    }
    let environment = process.and_then(|process| std::fs::read(process.join("environ")).ok());
    let of_image = environment.and_then(|bytes| version::of_environment(&bytes, product));
    of_image.or_else(|| version::of_package(disk, Path::new("/"), product, program))
}

/// The version that Go names in a program.
fn of_program(file: &Path, module: &str) -> Option<String> {
    let mut file = File::open(file).ok()?;
    let mut block: Vec<u8> = Vec::with_capacity(BLOCK + AGAIN);
    loop {
        let kept = block.len().saturating_sub(AGAIN);
        block.drain(..kept);
        let before = block.len();
        file.by_ref().take(BLOCK as u64).read_to_end(&mut block).ok()?;
        if block.len() == before {
            return None;
        }
        if let Some(text) = version::of_module(&block, module) {
            return Some(text);
        }
    }
}

//! Sections and their lines.
//!
//! Behaviour of HAProxy 2.6.12 `src/cfgparse.c:readcfgfile`. Lines between `.if` and `.endif` are kept apart: whether they count
//! depends on the process.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::conf::haproxy::lex::{Word, words};
use crate::conf::{Files, Place, Trouble};

/// The words that begin a section.
const SECTIONS: &[&str] = &[
    "global",
    "defaults",
    "frontend",
    "backend",
    "listen",
    "userlist",
    "peers",
    "resolvers",
    "mailers",
    "program",
    "cache",
    "http-errors",
    "ring",
    "log-forward",
    "fcgi-app",
    "crt-store",
    "traces",
    "log-profile",
    "acme",
];

/// A line of a section.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its words.
    pub words: Vec<Word>,
    /// Where it stands.
    pub place: Place,
}

/// A section.
#[derive(Clone, Debug)]
pub struct Section {
    /// What it is: `frontend`.
    pub kind: String,
    /// Its name; empty where it has none.
    pub name: Vec<u8>,
    /// Where it begins.
    pub place: Place,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// The configuration.
#[derive(Debug, Default)]
pub struct Tree {
    /// The sections in their order.
    pub sections: Vec<Section>,
    /// Where a `.if` stands.
    pub conditional: Option<Place>,
    /// The files that it was read from.
    pub files: Vec<PathBuf>,
}

impl Line {
    /// The text of a word; empty where there is none.
    #[must_use]
    pub fn word(&self, at: usize) -> &[u8] {
        self.words.get(at).map_or(b"", |word| &word.text)
    }

    /// The texts of the words from one on.
    #[must_use]
    pub fn from(&self, at: usize) -> Vec<&[u8]> {
        self.words.iter().skip(at).map(|word| &word.text[..]).collect()
    }
}

impl Section {
    /// The lines that begin with this word.
    pub fn all<'s>(&'s self, first: &'s str) -> impl Iterator<Item = &'s Line> {
        self.lines.iter().filter(move |line| line.word(0) == first.as_bytes())
    }

    /// Whether it takes connections to this port, of this address where that is known.
    #[must_use]
    pub fn listens(&self, address: Option<IpAddr>, port: u16) -> bool {
        let addresses = self.all("bind").flat_map(|line| line.word(1).split(|byte| *byte == b','));
        addresses.into_iter().any(|text| is_bound(text, address, port))
    }
}

fn is_bound(text: &[u8], asked: Option<IpAddr>, port: u16) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let text = ["ipv4@", "ipv6@"].iter().find_map(|start| text.strip_prefix(start)).unwrap_or(text);
    let Some((address, ports)) = text.rsplit_once(':') else { return false };
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    let (Ok(first), Ok(last)) = (first.parse::<u16>(), last.parse::<u16>()) else { return false };
    let is_address = match (address.trim_matches(['[', ']']).parse::<IpAddr>(), asked) {
        (Ok(own), Some(asked)) => own.is_unspecified() || own == asked,
        _ => true,
    };
    (first..=last).contains(&port) && is_address
}

impl Tree {
    /// The sections of these kinds.
    pub fn all<'t>(&'t self, kinds: &'t [&'t str]) -> impl Iterator<Item = &'t Section> {
        self.sections.iter().filter(|section| kinds.contains(&section.kind.as_str()))
    }

    /// The section of one of these kinds and this name.
    #[must_use]
    pub fn named(&self, kinds: &[&str], name: &[u8]) -> Option<&Section> {
        self.sections.iter().find(|section| kinds.contains(&section.kind.as_str()) && section.name == name)
    }
}

/// Reads the configuration in `main`.
pub fn read(main: &Path, files: &dyn Files) -> Result<Tree, Trouble> {
    let file = Rc::new(main.to_path_buf());
    let place = |line: u32| Place { file: Rc::clone(&file), line, column: 1 };
    let Some(bytes) = files.read(main) else {
        return Err(Trouble { place: place(1), message: "this file of the configuration can't be read".to_owned() });
    };
    let mut tree = Tree { files: vec![main.to_path_buf()], ..Tree::default() };
    let mut start = 0;
    for (line, mut place) in bytes.split(|byte| *byte == b'\n').zip((1..).map(place)) {
        let mut words = words(line).map_err(|what| Trouble { place: place.clone(), message: what.to_owned() })?;
        if let Some(first) = words.first() {
            place.column = u32::try_from(first.written.at.start + 1).unwrap_or(u32::MAX);
        }
        for word in &mut words {
            word.written.at = word.written.at.shifted(start);
        }
        start += line.len() as u64 + 1;
        let Some(first) = words.first().map(|word| String::from_utf8_lossy(&word.text).into_owned()) else { continue };
        if first.starts_with('.') {
            tree.conditional.get_or_insert(place);
        } else if SECTIONS.contains(&first.as_str()) {
            let name = words.get(1).map(|word| word.text.clone()).unwrap_or_default();
            tree.sections.push(Section { kind: first, name, place, lines: Vec::new() });
        } else if let Some(section) = tree.sections.last_mut() {
            section.lines.push(Line { words, place });
        } else {
            return Err(Trouble { place, message: format!("unknown keyword '{first}' out of section") });
        }
    }
    Ok(tree)
}

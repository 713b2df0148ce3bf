//! Where directives may stand and what they take, as nginx 1.22.1 and Debian's modules say themselves.
//!
//! The tables are written by `tests/observed/config/nginx_directives.py`.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// What is known of a directive.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// The module's file; empty for the program itself.
    pub module: &'static str,
    /// The letters of the contexts that it may stand in.
    places: &'static str,
    /// The numbers of arguments that it takes, a digit each.
    counts: &'static str,
    signs: &'static str,
}

static DIRECTIVES: LazyLock<HashMap<&str, Known>> = LazyLock::new(|| {
    let rows = include_str!("directives.tsv").lines().filter(|row| !row.starts_with('#'));
    rows.filter_map(|row| {
        let mut fields = row.split('\t');
        let name = fields.next()?;
        let known =
            Known { module: fields.next()?, places: fields.next()?, counts: fields.next()?, signs: fields.next()? };
        Some((name, known))
    })
    .collect()
});

/// Places and counts of the directives of a later nginx.
static LATER: LazyLock<HashMap<&str, (&str, &str)>> = LazyLock::new(|| {
    let rows = include_str!("later.tsv").lines().filter(|row| !row.starts_with('#'));
    rows.filter_map(|row| {
        let mut fields = row.split('\t');
        Some((fields.next()?, (fields.next()?, fields.next()?)))
    })
    .collect()
});

static VARIABLES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let rows = include_str!("variables.tsv").lines().filter(|row| !row.starts_with('#'));
    rows.filter_map(|row| row.split('\t').next()).collect()
});

/// The directive of this name.
#[must_use]
pub fn known(name: &[u8]) -> Option<&'static Known> {
    DIRECTIVES.get(std::str::from_utf8(name).ok()?)
}

/// Whether a module of this file is one that the table has.
#[must_use]
pub fn is_module(file: &[u8]) -> bool {
    DIRECTIVES.values().any(|known| !file.is_empty() && known.module.as_bytes() == file)
}

/// Whether a later nginx has a directive of this name.
#[must_use]
pub fn is_later(name: &[u8]) -> bool {
    std::str::from_utf8(name).is_ok_and(|name| LATER.contains_key(name))
}

/// Whether a later nginx takes the directive in this context, or with so many arguments where no context is given.
#[must_use]
pub fn later_takes(name: &[u8], context: Option<char>, count: usize) -> bool {
    let Some((places, counts)) = std::str::from_utf8(name).ok().and_then(|name| LATER.get(name)) else { return false };
    context.map_or_else(|| counts.contains(digit(count)), |context| places.contains(context))
}

/// Whether a variable of this name, in lower case, is one of nginx or a module known here.
#[must_use]
pub fn is_variable(name: &[u8]) -> bool {
    const PREFIXES: &[&[u8]] = &[
        b"http_",
        b"sent_http_",
        b"sent_trailer_",
        b"upstream_http_",
        b"upstream_trailer_",
        b"upstream_cookie_",
        b"cookie_",
        b"arg_",
    ];
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || std::str::from_utf8(name).is_ok_and(|name| VARIABLES.contains(name))
}

const fn digit(count: usize) -> char {
    // Nine stands for more as well.
    match count {
        0 => '0',
        1 => '1',
        2 => '2',
        3 => '3',
        4 => '4',
        5 => '5',
        6 => '6',
        7 => '7',
        8 => '8',
        _ => '9',
    }
}

impl Known {
    /// Whether it may stand in this context.
    #[must_use]
    pub fn is_allowed(&self, context: char) -> bool {
        self.places.contains(context)
    }

    /// Whether it takes so many arguments.
    #[must_use]
    pub fn takes(&self, count: usize) -> bool {
        self.counts.contains(digit(count))
    }

    /// The fewest arguments that it takes, but one at least.
    #[must_use]
    pub fn fewest(&self) -> usize {
        self.counts.bytes().map(|digit| usize::from(digit - b'0')).find(|count| *count > 0).unwrap_or(1)
    }

    /// Whether it takes a block.
    #[must_use]
    pub fn has_block(&self) -> bool {
        self.signs.contains('b')
    }

    /// Whether it may stand once in a block.
    #[must_use]
    pub fn is_single(&self) -> bool {
        self.signs.contains('d')
    }

    /// Whether it takes `on` or `off`.
    #[must_use]
    pub fn is_flag(&self) -> bool {
        self.signs.contains('f')
    }

    /// Whether its last arguments take variables.
    #[must_use]
    pub fn has_variables(&self) -> bool {
        self.signs.contains('v')
    }
}

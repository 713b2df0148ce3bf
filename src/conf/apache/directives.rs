//! What Apache's modules call their directives, and where each may stand.
//!
//! The table is what `apache2 -L` of 2.4.71 prints with all of Debian's modules loaded.

use std::collections::HashMap;
use std::sync::LazyLock;

const TABLE: &str = include_str!("directives.tsv");

/// `AllowOverride` classes of directives, as a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Classes(u8);

impl Classes {
    /// None of them.
    pub const NONE: Self = Self(0);
    /// `AuthConfig`
    pub const AUTH_CONFIG: Self = Self(1);
    /// `FileInfo`
    pub const FILE_INFO: Self = Self(2);
    /// `Indexes`
    pub const INDEXES: Self = Self(4);
    /// `Limit`
    pub const LIMIT: Self = Self(8);
    /// `Options`
    pub const OPTIONS: Self = Self(16);
    /// All of them.
    pub const ALL: Self = Self(31);

    /// Both sets.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the sets have one in common.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// A directive of a module.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Its name as registered.
    pub name: &'static str,
    /// The module's source file.
    pub module: &'static str,
    /// Whether it may stand outside sections.
    pub in_server: bool,
    /// Whether it may stand in sections of folders, files and locations.
    pub in_folder: bool,
    /// The classes of `AllowOverride` that allow it in `.htaccess`; none where nothing does.
    pub classes: Classes,
}

static KNOWN: LazyLock<HashMap<String, Vec<Known>>> = LazyLock::new(|| {
    let mut all: HashMap<String, Vec<Known>> = HashMap::new();
    for row in TABLE.lines().filter(|row| !row.starts_with('#')) {
        let mut fields = row.split('\t');
        let mut field = || fields.next().unwrap_or_default();
        let (name, module, place, letters) = (field(), field(), field(), field());
        let classes = letters.chars().fold(Classes::NONE, |classes, letter| {
            classes.with(match letter {
                'A' => Classes::AUTH_CONFIG,
                'F' => Classes::FILE_INFO,
                'I' => Classes::INDEXES,
                'L' => Classes::LIMIT,
                'O' => Classes::OPTIONS,
                _ => Classes::ALL,
            })
        });
        let known = Known { name, module, in_server: place.contains('s'), in_folder: place.contains('d'), classes };
        all.entry(name.to_ascii_lowercase()).or_default().push(known);
    }
    all
});

/// The directives of this name, in lower case; several modules may have one.
#[must_use]
pub fn find(name: &[u8]) -> &'static [Known] {
    std::str::from_utf8(name).ok().and_then(|name| KNOWN.get(name)).map_or(&[], Vec::as_slice)
}

/// Whether the table has directives of this module, by its source file.
#[must_use]
pub fn knows_module(source: &str) -> bool {
    KNOWN.values().flatten().any(|known| known.module == source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_tells_where_directives_may_stand() {
        let require = find(b"require")[0];
        assert!(!require.in_server && require.in_folder && require.classes == Classes::AUTH_CONFIG);
        assert!(find(b"<limit")[0].classes == Classes::AUTH_CONFIG.with(Classes::LIMIT));
        assert!(find(b"nosuch").is_empty() && knows_module("mod_alias.c") && !knows_module("mod_x.c"));
    }
}

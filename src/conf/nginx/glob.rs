//! glob(3) over [`Files`]: `*`, `?` and `[…]` within path components, sorted.

use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use crate::conf::Files;

/// The paths that match a pattern, sorted by bytes.
#[must_use]
pub fn expand(pattern: &Path, files: &dyn Files) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for component in pattern.components() {
        let Component::Normal(name) = component else {
            for path in &mut found {
                path.push(component);
            }
            continue;
        };
        let name = name.as_bytes();
        if !name.iter().any(|byte| matches!(byte, b'*' | b'?' | b'[')) {
            for path in &mut found {
                path.push(component);
            }
            found.retain(|path| files.kind(path).is_some());
            continue;
        }
        found = found
            .iter()
            .flat_map(|folder| {
                let names = files.list(folder);
                names
                    .into_iter()
                    .filter(|one| {
                        let hidden = one.as_bytes().starts_with(b".") && !name.starts_with(b".");
                        !hidden && matches(name, one.as_bytes())
                    })
                    .map(|one| folder.join(one))
                    .collect::<Vec<_>>()
            })
            .collect();
    }
    found.retain(|path| files.kind(path).is_some());
    found.sort_by(|a, b| a.as_os_str().as_bytes().cmp(b.as_os_str().as_bytes()));
    found
}

/// Whether a name matches a pattern.
#[must_use]
pub fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.first(), name.first()) {
        (None, None) => true,
        (Some(b'*'), _) => matches(&pattern[1..], name) || (!name.is_empty() && matches(pattern, &name[1..])),
        (Some(b'?'), Some(_)) => matches(&pattern[1..], &name[1..]),
        (Some(b'['), Some(byte)) => match class(&pattern[1..], *byte) {
            Some((is, length)) => is && matches(&pattern[1 + length..], &name[1..]),
            None => *byte == b'[' && matches(&pattern[1..], &name[1..]),
        },
        (Some(b'\\'), Some(byte)) if pattern.len() > 1 => pattern[1] == *byte && matches(&pattern[2..], &name[1..]),
        (Some(wanted), Some(byte)) => wanted == byte && matches(&pattern[1..], &name[1..]),
        _ => false,
    }
}

/// Whether `byte` is in the class that begins after `[`, and the class's length with its `]`.
fn class(pattern: &[u8], byte: u8) -> Option<(bool, usize)> {
    let negated = matches!(pattern.first(), Some(b'!' | b'^'));
    let start = usize::from(negated);
    let end = start + 1 + pattern.get(start + 1..)?.iter().position(|byte| *byte == b']')?;
    let mut is = false;
    let mut at = start;
    while at < end {
        if at + 2 < end && pattern[at + 1] == b'-' {
            is |= (pattern[at]..=pattern[at + 2]).contains(&byte);
            at += 3;
        } else {
            is |= pattern[at] == byte;
            at += 1;
        }
    }
    Some((is != negated, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_a_shell() {
        assert!(matches(b"*.conf", b"a.conf") && !matches(b"*.conf", b"a.conf.bak"));
        assert!(matches(b"[0-9][!a]?", b"1bc") && !matches(b"[0-9][!a]?", b"1ac"));
        assert!(matches(b"a[", b"a[") && matches(b"", b""));
    }
}

//! Paths as matchers look at them: decoded, in small letters, cleaned.
//!
//! Behaviour of Caddy 2.6.2 `modules/caddyhttp/matchers.go:MatchPath.Match`, `caddyhttp.go:CleanPath`; Go's `path.Clean`.

/// The path of a target, decoded; `None` where an escape is broken.
#[must_use]
pub fn decoded(target: &[u8]) -> Option<Vec<u8>> {
    let end = target.iter().position(|byte| *byte == b'?').unwrap_or(target.len());
    let mut path = Vec::new();
    let mut rest = &target[..end];
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            path.push(byte);
            continue;
        }
        let digits = std::str::from_utf8(after.get(..2)?).ok()?;
        path.push(u8::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?);
        rest = &after[2..];
    }
    Some(path)
}

/// `path.Clean` that keeps a slash at the end.
#[must_use]
pub fn cleaned(path: &[u8]) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    let mut clean = [b"/", &parts.join(&b"/"[..])[..]].concat();
    if path.ends_with(b"/") && clean != b"/" {
        clean.push(b'/');
    }
    clean
}

/// Whether a path is one of this pattern; `None` where that is not modelled.
#[must_use]
pub fn is_of(pattern: &[u8], path: &[u8]) -> Option<bool> {
    if pattern == b"*" {
        return Some(true);
    }
    let slashes = |text: &[u8]| memchr::memmem::find(text, b"//").is_some();
    let odd = |byte: &u8| b"{}%[]\\?".contains(byte) || !byte.is_ascii();
    // Generations differ in what they do about dots and blanks at the end.
    let is_odd_path = path.ends_with(b".") || path.ends_with(b" ") || !path.starts_with(b"/");
    // The signs of Kelvin and of the dotted I become ASCII letters when they are made small.
    let grows = [&b"\xe2\x84\xaa"[..], b"\xc4\xb0"].iter().any(|sign| memchr::memmem::find(path, sign).is_some());
    if pattern.iter().any(odd) || slashes(pattern) || is_odd_path || grows {
        return None;
    }
    let path = cleaned(&path.to_ascii_lowercase());
    let pattern = pattern.to_ascii_lowercase();
    let stars = memchr::memchr_iter(b'*', &pattern).count();
    match (stars, &pattern[..]) {
        (0, _) => Some(path == pattern),
        (1, [b'*', end @ ..]) => Some(path.ends_with(end)),
        (1, [start @ .., b'*']) => Some(path.starts_with(start)),
        (2, [b'*', inner @ .., b'*']) => Some(memchr::memmem::find(&path, inner).is_some()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_hold_for_cleaned_paths_in_any_case() {
        let is = |pattern: &str, path: &str| is_of(pattern.as_bytes(), path.as_bytes());
        assert_eq!(is("/Staff/*", "//staff/../STAFF/x"), Some(true));
        assert_eq!(is("/staff/*", "/staff"), Some(false));
        assert_eq!(is("/staff", "/staff/"), Some(false));
        assert_eq!(is("*.PNG", "/a/x.png"), Some(true));
        assert_eq!(is("*a*", "/xay"), Some(true));
        assert_eq!(is("/a*b", "/ab"), None);
        assert_eq!(decoded(b"/%61?x%"), Some(b"/a".to_vec()));
        assert_eq!(decoded(b"/%6"), None);
    }
}

//! What several servers hold against the path of a target, and the parts of an absolute one.
//!
//! Of paths: behaviour of nginx 1.22.1 `src/http/ngx_http_parse.c:ngx_http_parse_complex_uri` and httpd 2.4.71
//! `server/util.c:ap_normalize_path`, which agree in this.

/// The byte that an escape at `at` stands for; `None` where two hexadecimal digits are missing.
#[must_use]
pub fn escaped(path: &[u8], at: usize) -> Option<u8> {
    let digits = std::str::from_utf8(path.get(at + 1..at + 3)?).ok().filter(|digits| !digits.contains('+'))?;
    u8::from_str_radix(digits, 16).ok()
}

/// Whether every `%` begins an escape.
#[must_use]
pub fn is_escaped(path: &[u8]) -> bool {
    memchr::memchr_iter(b'%', path).all(|at| escaped(path, at).is_some())
}

/// Whether some `..`, written plainly or escaped, leads above the root.
#[must_use]
pub fn is_above(path: &[u8]) -> bool {
    let mut plain = Vec::with_capacity(path.len());
    let mut at = 0;
    while let Some(byte) = path.get(at) {
        let dot = (*byte == b'%').then(|| escaped(path, at)).flatten().filter(|byte| *byte == b'.');
        plain.push(dot.unwrap_or(*byte));
        at += if dot.is_some() { 3 } else { 1 };
    }
    let mut depth = 0_usize;
    for segment in plain.split(|byte| *byte == b'/') {
        match segment {
            b"" | b"." => {}
            b".." if depth == 0 => return true,
            b".." => depth -= 1,
            _ => depth += 1,
        }
    }
    false
}

/// Whether the path has whole escapes only, none of a NUL, and stays below the root.
#[must_use]
pub fn is_path(path: &[u8]) -> bool {
    is_escaped(path) && memchr::memmem::find(path, b"%00").is_none() && !is_above(path)
}

/// The scheme and the authority of an absolute target, whatever bytes they are of; `None` of one that begins with a slash or
/// has no `://`.
#[must_use]
pub fn absolute(target: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memmem::find(target, b"://").filter(|_| !target.starts_with(b"/"))?;
    let (scheme, rest) = (&target[..at], &target[at + 3..]);
    Some((scheme, rest.split(|byte| matches!(byte, b'/' | b'?' | b'#')).next().unwrap_or_default()))
}

/// An authority without the user before its last `@`.
#[must_use]
pub fn without_user(authority: &[u8]) -> &[u8] {
    authority.rsplit(|byte| *byte == b'@').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absolute_target_has_a_scheme_and_an_authority() {
        for (target, parts) in [
            (&b"http://a:b@c:80/d?e"[..], Some((&b"http"[..], &b"a:b@c:80"[..]))),
            (b"http://a?b/c", Some((b"http", b"a"))),
            (b"http://a#b", Some((b"http", b"a"))),
            (b"://", Some((b"", b""))),
            (b"/?a://b", None),
            (b"a:/b", None),
        ] {
            assert_eq!(absolute(target), parts, "{}", target.escape_ascii());
        }
        assert_eq!(without_user(b"a@b@c:80"), b"c:80");
        assert_eq!(without_user(b"c"), b"c");
    }

    #[test]
    fn a_path_stays_below_the_root() {
        for path in [&b"/"[..], b"/a/../b", b"/./a", b"/...", b"/a%2e", b"/%2fa", b""] {
            assert!(is_path(path), "{path:?}");
        }
        for path in [&b"/.."[..], b"/../", b"/a/../../", b"/%2e%2E/", b"//..", b"/%zz", b"/%0", b"/%00", b"/%+1"] {
            assert!(!is_path(path), "{path:?}");
        }
    }
}

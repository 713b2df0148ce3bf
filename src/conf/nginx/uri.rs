//! The path that locations are held against: decoded once, slashes merged, dots resolved.
//!
//! Behaviour of nginx 1.22.1 `src/http/ngx_http_parse.c:ngx_http_parse_complex_uri`.

/// A request's target, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The normalised path.
    pub path: Vec<u8>,
    /// What follows the `?`.
    pub args: Option<Vec<u8>>,
}

/// The target of a request line; `None` where nginx answers 400.
#[must_use]
pub fn parse(target: &[u8], merge_slashes: bool) -> Option<Target> {
    let target = memchr::memchr(b'#', target).map_or(target, |end| &target[..end]);
    let (raw, args) = match memchr::memchr(b'?', target) {
        Some(at) => (&target[..at], Some(target[at + 1..].to_vec())),
        None => (target, None),
    };
    if !raw.starts_with(b"/") {
        return None;
    }
    let decoded = decode(raw)?;
    let path = resolve(&decoded, merge_slashes)?;
    Some(Target { path, args })
}

fn decode(raw: &[u8]) -> Option<Vec<u8>> {
    let hex = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut decoded = Vec::with_capacity(raw.len());
    let mut at = 0;
    while let Some(byte) = raw.get(at) {
        if *byte == b'%' {
            let value = hex(raw.get(at + 1))? * 16 + hex(raw.get(at + 2))?;
            let byte = u8::try_from(value).ok().filter(|byte| *byte != 0)?;
            decoded.push(byte);
            at += 3;
        } else {
            decoded.push(*byte);
            at += 1;
        }
    }
    Some(decoded)
}

fn resolve(decoded: &[u8], merge_slashes: bool) -> Option<Vec<u8>> {
    let mut path: Vec<u8> = Vec::with_capacity(decoded.len());
    let segments: Vec<&[u8]> = decoded[1..].split(|byte| *byte == b'/').collect();
    path.push(b'/');
    for (index, segment) in segments.iter().enumerate() {
        let last = index + 1 == segments.len();
        match *segment {
            b"." => {}
            b".." => {
                path.pop();
                let parent = memchr::memrchr(b'/', &path)?;
                path.truncate(parent + 1);
            }
            b"" if merge_slashes || last => {}
            segment => {
                path.extend_from_slice(segment);
                if !last {
                    path.push(b'/');
                }
            }
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(target: &str) -> Option<String> {
        parse(target.as_bytes(), true).map(|target| String::from_utf8(target.path).unwrap())
    }

    #[test]
    fn paths_are_normalised_as_nginx_does() {
        for (target, expected) in [
            ("/a", "/a"),
            ("//a", "/a"),
            ("/x/../a", "/a"),
            ("/x//../a", "/a"),
            ("/a/%2e%2e/b", "/b"),
            ("/b/..%2fa", "/a"),
            ("/a%2fb", "/a/b"),
            ("/./a/.", "/a/"),
            ("/p//", "/p/"),
            ("/a?x/../y", "/a"),
            ("/a#b", "/a"),
            ("/%2570", "/%70"),
        ] {
            assert_eq!(path(target).as_deref(), Some(expected), "{target}");
        }
        for target in ["/..", "/x/../../a", "/a%00", "/a%", "/a%zz", "a"] {
            assert_eq!(path(target), None, "{target}");
        }
    }

    #[test]
    fn slashes_stay_where_merging_is_off() {
        assert_eq!(parse(b"//p/f", false).map(|target| target.path), Some(b"//p/f".to_vec()));
    }
}

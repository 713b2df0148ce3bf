//! The path that sections are held against.
//!
//! Behaviour of httpd 2.4.71 `server/util.c`: `ap_normalize_path`, `ap_unescape_url_ex`; `server/request.c:ap_process_request_internal`.

/// `AllowEncodedSlashes`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum EncodedSlashes {
    /// `%2F` is not found.
    #[default]
    Off,
    /// Decoded.
    On,
    /// Left as it is.
    NoDecode,
}

/// A request's target, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The path, normalised and decoded.
    pub path: Vec<u8>,
    /// What follows the `?`.
    pub args: Option<Vec<u8>>,
}

/// The target of a request line; `Err` with the status that Apache answers.
pub fn parse(target: &[u8], merge_slashes: bool, slashes: EncodedSlashes) -> Result<Target, u16> {
    let target = without_first_slashes(memchr::memchr(b'#', target).map_or(target, |end| &target[..end]));
    let (raw, args) = match memchr::memchr(b'?', target) {
        Some(at) => (&target[..at], Some(target[at + 1..].to_vec())),
        None => (target, None),
    };
    if !raw.starts_with(b"/") {
        return Err(400);
    }
    let path = normalised(&unreserved(raw).ok_or(400_u16)?, merge_slashes).ok_or(400_u16)?;
    let mut path = decoded(&path, slashes)?;
    if slashes == EncodedSlashes::On {
        path = normalised(&path, merge_slashes).ok_or(400_u16)?;
    }
    Ok(Target { path, args })
}

/// A target with one slash where it begins with several, whatever `MergeSlashes` says (`server/protocol.c:ap_parse_uri`).
#[must_use]
pub fn without_first_slashes(mut target: &[u8]) -> &[u8] {
    while target.starts_with(b"//") {
        target = &target[1..];
    }
    target
}

fn escape(raw: &[u8], at: usize) -> Option<u8> {
    let digit = |at: usize| raw.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    u8::try_from(digit(at + 1)? * 16 + digit(at + 2)?).ok()
}

/// Escapes of unreserved characters decoded; `None` for a malformed escape.
fn unreserved(raw: &[u8]) -> Option<Vec<u8>> {
    let mut path = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        if raw[at] == b'%' {
            let byte = escape(raw, at)?;
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                path.push(byte);
            } else {
                path.extend_from_slice(&raw[at..at + 3]);
            }
            at += 3;
        } else {
            path.push(raw[at]);
            at += 1;
        }
    }
    Some(path)
}

/// Dots resolved and slashes merged; `None` where the path leads above its root.
fn normalised(raw: &[u8], merge_slashes: bool) -> Option<Vec<u8>> {
    let mut path = vec![b'/'];
    let mut at = 1;
    let ends = |at: usize| raw.get(at).is_none_or(|byte| *byte == b'/');
    while at < raw.len() {
        if path.last() == Some(&b'/') {
            if merge_slashes && raw[at] == b'/' {
                at += 1;
                continue;
            }
            if raw[at] == b'.' && ends(at + 1) {
                at += 2;
                continue;
            }
            if raw[at] == b'.' && raw.get(at + 1) == Some(&b'.') && ends(at + 2) {
                if path.len() == 1 {
                    return None;
                }
                path.pop();
                let parent = memchr::memrchr(b'/', &path).map_or(0, |slash| slash + 1);
                path.truncate(parent);
                at += 3;
                continue;
            }
        }
        path.push(raw[at]);
        at += 1;
    }
    Some(path)
}

fn decoded(path: &[u8], slashes: EncodedSlashes) -> Result<Vec<u8>, u16> {
    let mut text = Vec::with_capacity(path.len());
    let mut at = 0;
    while at < path.len() {
        if path[at] != b'%' {
            text.push(path[at]);
            at += 1;
            continue;
        }
        match escape(path, at) {
            None => return Err(400),
            Some(0) => return Err(404),
            Some(b'/') if slashes == EncodedSlashes::Off => return Err(404),
            Some(b'/') if slashes == EncodedSlashes::NoDecode => text.extend_from_slice(&path[at..at + 3]),
            Some(byte) => text.push(byte),
        }
        at += 3;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(target: &str) -> Result<String, u16> {
        parse(target.as_bytes(), true, EncodedSlashes::Off).map(|target| String::from_utf8(target.path).unwrap())
    }

    #[test]
    fn paths_are_normalised_as_apache_does() {
        for (target, expected) in [
            ("/a", "/a"),
            ("//a//b", "/a/b"),
            ("/x/../a", "/a"),
            ("/./a/.", "/a/"),
            ("/a/%2e%2e/b", "/b"),
            ("/%61/%20", "/a/ "),
            ("/a?x/../y", "/a"),
            ("/a/..", "/"),
            ("/..a/b..", "/..a/b.."),
        ] {
            assert_eq!(path(target).as_deref(), Ok(expected), "{target}");
        }
        for (target, status) in [("/..", 400), ("/x/../../a", 400), ("/a%2fb", 404), ("/a%00", 404), ("/a%zz", 400)] {
            assert_eq!(path(target), Err(status), "{target}");
        }
        let unmerged = parse(b"//a//b", false, EncodedSlashes::Off).map(|target| target.path);
        assert_eq!(unmerged, Ok(b"/a//b".to_vec()));
        let decoded = |slashes| parse(b"/a%2fb", true, slashes).map(|target| target.path);
        assert_eq!(decoded(EncodedSlashes::On), Ok(b"/a/b".to_vec()));
        assert_eq!(decoded(EncodedSlashes::NoDecode), Ok(b"/a%2fb".to_vec()));
    }
}

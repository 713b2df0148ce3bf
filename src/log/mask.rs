//! A log line fit to be shown: whatever in it could be a password is masked.

/// The line with credentials replaced by `•`: behind `Basic `, in the authority of a URL, the values of a URL's arguments, and
/// messages that quote what a client sent as a password.
#[must_use]
pub fn masked(line: &[u8]) -> Vec<u8> {
    let mut hidden = vec![false; line.len()];
    let mut hide = |from: usize, ends: &[u8]| {
        let length = line[from..].iter().position(|byte| ends.contains(byte)).unwrap_or(line.len() - from);
        hidden[from..from + length].fill(true);
    };
    for scheme in [&b"basic "[..], b"bearer "] {
        for at in 0..line.len().saturating_sub(scheme.len()) {
            if line[at..].len() > scheme.len() && line[at..at + scheme.len()].eq_ignore_ascii_case(scheme) {
                // A token, not a word of a sentence.
                let token = &line[at + scheme.len()..];
                let like =
                    |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_' | b'.');
                let length = token.iter().take_while(|byte| like(byte)).count();
                if length >= 4 && !matches!(&token[..length], b"realm" | b"authentication" | b"configured") {
                    hide(at + scheme.len(), b" \"'}|],");
                }
            }
        }
    }
    for at in memchr::memmem::find_iter(line, b"://") {
        let authority = &line[at + 3..];
        let length = authority.iter().position(|byte| b"/?# \"'".contains(byte)).unwrap_or(authority.len());
        if let Some(end) = memchr::memrchr(b'@', &authority[..length])
            && let Some(colon) = memchr::memchr(b':', &authority[..end])
        {
            hide(at + 3 + colon + 1, b"@");
        }
    }
    for at in memchr::memchr2_iter(b'?', b'&', line) {
        let rest = &line[at + 1..];
        let name = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"_-.%[]".contains(byte)).count();
        if rest.get(name) == Some(&b'=') {
            hide(at + 1 + name + 1, b"& \"'#");
        }
    }
    for (words, ends) in
        [(&b"missing ':' in "[..], &b""[..]), (b"Anonymous: Passwd <", b">"), (b"\"Authorization: ", b"\"")]
    {
        if let Some(at) = memchr::memmem::find(line, words) {
            hide(at + words.len(), ends);
        }
    }
    let mut text = Vec::with_capacity(line.len());
    let mut last = false;
    for (byte, hidden) in line.iter().zip(&hidden) {
        if *hidden && !last {
            text.extend_from_slice("•••".as_bytes());
        } else if !*hidden {
            text.push(*byte);
        }
        last = *hidden;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_left_in_a_line() {
        for (line, wanted) in [
            ("x {Basic YWxpY2U6cHc=} y", "x {Basic •••} y"),
            ("\"GET /a?user=bob&pw=geheim HTTP/1.1\"", "\"GET /a?user=•••&pw=••• HTTP/1.1\""),
            ("referer: http://bob:geheim@host/x", "referer: http://bob:•••@host/x"),
            ("(mod_auth.c.805) missing ':' in geheim", "(mod_auth.c.805) missing ':' in •••"),
            ("AH01796: AuthType Basic configured without", "AH01796: AuthType Basic configured without"),
            ("provided for basic authentication, client: ::1", "provided for basic authentication, client: ::1"),
            ("{\"Authorization\":[\"Basic YWxpY2U6cHc=\"]}", "{\"Authorization\":[\"Basic •••\"]}"),
        ] {
            assert_eq!(String::from_utf8_lossy(&masked(line.as_bytes())), wanted);
        }
    }
}

//! A request head out of what people paste: a raw head, the output of `curl -v`, or a `curl` command line.
//!
//! A raw head is taken byte for byte. Everything that is assumed on the way is said.

use crate::basic::{base64, head};

/// A request head and what was assumed to get it.
#[derive(Debug, PartialEq, Eq)]
pub struct Pasted {
    /// The head as on the wire.
    pub head: Vec<u8>,
    /// What was assumed, each a clause for "not checked".
    pub assumed: Vec<&'static str>,
}

/// The head in `text`, or what is wrong with it.
pub fn head(text: &[u8]) -> Result<Pasted, &'static str> {
    let start = text.iter().position(|byte| !byte.is_ascii_whitespace()).ok_or("the request is empty")?;
    let body = &text[start..];
    if body.starts_with(b"curl ") || body.starts_with(b"curl\t") {
        return command_line(body);
    }
    let sent: Vec<&[u8]> = text
        .split(|byte| *byte == b'\n')
        .filter_map(|line| line.strip_prefix(b"> ").or(line.strip_prefix(b">")))
        .collect();
    if !sent.is_empty() && !looks_raw(body) {
        return Ok(verbose(&sent));
    }
    if !looks_raw(body) {
        return Err("this is no request head: the first line is not `METHOD PATH HTTP/1.1`");
    }
    let mut assumed = Vec::new();
    let mut head = text.to_vec();
    if !head.contains(&b'\r') {
        assumed.push("the line ends of the request, which came as LF and were taken for CRLF");
        head = body.split(|byte| *byte == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..]);
    }
    if !head.windows(4).any(|end| end == b"\r\n\r\n") && !head.windows(2).any(|end| end == b"\n\n") {
        if !head.ends_with(b"\n") {
            head.extend_from_slice(b"\r\n");
        }
        head.extend_from_slice(b"\r\n");
    }
    Ok(Pasted { head, assumed })
}

/// Whether the first line ends in a protocol version.
fn looks_raw(text: &[u8]) -> bool {
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or(text);
    !line.starts_with(b">") && !line.starts_with(b"*") && line.windows(5).any(|word| word == b"HTTP/")
}

/// The lines that `curl -v` marks with `> `.
fn verbose(sent: &[&[u8]]) -> Pasted {
    let mut head = Vec::new();
    for line in sent {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            break;
        }
        // HTTP/2 has no version on the wire; header rules are taken from HTTP/1.1.
        let line = line.strip_suffix(b" HTTP/2").map_or(line.to_vec(), |line| [line, b" HTTP/1.1"].concat());
        head.extend_from_slice(&line);
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    Pasted { head, assumed: vec!["blanks at the ends of the pasted header lines"] }
}

/// The headers of a `curl` command line: `-H`, `-u`, and the user part of the URL.
fn command_line(text: &[u8]) -> Result<Pasted, &'static str> {
    let words = shell_words(text)?;
    let mut headers: Vec<Vec<u8>> = Vec::new();
    let mut words = words.into_iter().skip(1);
    let mut url_user = None;
    while let Some(word) = words.next() {
        match word.as_slice() {
            b"-H" | b"--header" => headers.extend(words.next()),
            b"-u" | b"--user" => {
                let user_pass = words.next().ok_or("the command line ends after -u")?;
                headers.push([b"Authorization: Basic ", &base64::encode(&user_pass)[..]].concat());
            }
            word if word.starts_with(b"-H") => headers.push(word[2..].to_vec()),
            word if word.starts_with(b"http://") || word.starts_with(b"https://") => {
                let host = word.split(|byte| *byte == b'/').nth(2).unwrap_or_default();
                url_user = memchr::memrchr(b'@', host).map(|at| host[..at].to_vec());
            }
            _ => {}
        }
    }
    let value = |header: &Vec<u8>| {
        let (name, value) = crate::bytes::split_once(header, b':')?;
        name.trim_ascii().eq_ignore_ascii_case(b"authorization").then(|| value.trim_ascii().to_vec())
    };
    let mut values: Vec<Vec<u8>> = headers.iter().filter_map(value).collect();
    if values.is_empty() {
        values.extend(url_user.map(|user_pass| [b"Basic ", &base64::encode(&user_pass)[..]].concat()));
    }
    let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
    Ok(Pasted {
        head: head::with_authorization(&values),
        assumed: vec!["headers other than Authorization of the pasted command"],
    })
}

/// The bytes of a command line.
type Bytes<'a> = std::iter::Peekable<std::iter::Copied<std::slice::Iter<'a, u8>>>;

/// Words as a POSIX shell splits them, with bash's `$'…'` for what browsers quote that way.
fn shell_words(text: &[u8]) -> Result<Vec<Vec<u8>>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => words.extend(word.take()),
            b'\'' => quoted(&mut bytes, word.get_or_insert_default(), Quotes::Single)?,
            b'"' => quoted(&mut bytes, word.get_or_insert_default(), Quotes::Double)?,
            b'$' if bytes.next_if_eq(&b'\'').is_some() => {
                quoted(&mut bytes, word.get_or_insert_default(), Quotes::Ansi)?;
            }
            b'\\' => match bytes.next() {
                Some(b'\n') | None => {}
                Some(b'\r') => drop(bytes.next_if_eq(&b'\n')),
                Some(escaped) => word.get_or_insert_default().push(escaped),
            },
            _ => word.get_or_insert_default().push(byte),
        }
    }
    words.extend(word);
    Ok(words)
}

/// What a text between quotation marks is read by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    /// `'…'`: nothing is special.
    Single,
    /// `"…"`: a backslash takes the meaning of what has one there.
    Double,
    /// `$'…'`: the escapes of C and Unicode.
    Ansi,
}

/// The rest of a quoted text, up to its end.
fn quoted(bytes: &mut Bytes<'_>, word: &mut Vec<u8>, quotes: Quotes) -> Result<(), &'static str> {
    const OPEN: &str = "a quotation mark in the command line is not closed";
    let end = if quotes == Quotes::Double { b'"' } else { b'\'' };
    loop {
        match bytes.next().ok_or(OPEN)? {
            byte if byte == end => return Ok(()),
            b'\\' if quotes == Quotes::Ansi => escape(bytes.next().ok_or(OPEN)?, bytes, word),
            b'\\' if quotes == Quotes::Double => match bytes.next().ok_or(OPEN)? {
                b'\n' => {}
                byte @ (b'$' | b'`' | b'"' | b'\\') => word.push(byte),
                byte => word.extend([b'\\', byte]),
            },
            byte => word.push(byte),
        }
    }
}

/// What bash makes of a backslash and `byte` in `$'…'`.
fn escape(byte: u8, bytes: &mut Bytes<'_>, word: &mut Vec<u8>) {
    let mut number = |radix: u32, most: usize, first: Option<u8>| {
        let mut digits: Vec<u8> = first.into_iter().collect();
        while digits.len() < most
            && let Some(digit) = bytes.next_if(|byte| char::from(*byte).is_digit(radix))
        {
            digits.push(digit);
        }
        std::str::from_utf8(&digits).ok().and_then(|digits| u32::from_str_radix(digits, radix).ok())
    };
    let low = |number: u32| number.to_le_bytes()[0];
    match byte {
        b'a' => word.push(0x07),
        b'b' => word.push(0x08),
        b'e' | b'E' => word.push(0x1B),
        b'f' => word.push(0x0C),
        b'n' => word.push(b'\n'),
        b'r' => word.push(b'\r'),
        b't' => word.push(b'\t'),
        b'v' => word.push(0x0B),
        b'\\' | b'\'' | b'"' | b'?' => word.push(byte),
        b'0'..=b'7' => word.extend(number(8, 3, Some(byte)).map(low)),
        b'x' => match number(16, 2, None) {
            Some(number) => word.push(low(number)),
            None => word.extend(b"\\x"),
        },
        b'u' | b'U' => match number(16, if byte == b'u' { 4 } else { 8 }, None) {
            Some(number) => word.extend(char::from_u32(number).unwrap_or_default().to_string().into_bytes()),
            None => word.extend([b'\\', byte]),
        },
        _ => word.extend([b'\\', byte]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic dTpw\r\n\r\n";

    #[test]
    fn a_raw_head_is_taken_as_it_is() {
        let raw = b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization:Basic  dTpw\t\r\n\r\n";
        assert_eq!(head(raw), Ok(Pasted { head: raw.to_vec(), assumed: vec![] }));
    }

    #[test]
    fn a_head_from_an_editor_gets_its_line_ends() {
        let pasted = head(b"GET / HTTP/1.1\nHost: localhost\nAuthorization: Basic dTpw\n").unwrap();
        assert_eq!(pasted.head, WANTED);
        assert_eq!(pasted.assumed.len(), 1);
    }

    #[test]
    fn the_sent_lines_of_a_verbose_curl_are_the_head() {
        let text = b"*   Trying 127.0.0.1:80...\n> GET / HTTP/2\n> Host: localhost\n> Authorization: Basic dTpw\n>\n< HTTP/2 401\n";
        assert_eq!(head(text).unwrap().head, WANTED);
        let sent_only = b"> GET / HTTP/1.1\r\n> Host: localhost\r\n> Authorization: Basic dTpw\r\n>\r\n";
        assert_eq!(head(sent_only).unwrap().head, WANTED);
    }

    #[test]
    fn a_curl_command_line_gives_its_authorization() {
        for text in [
            &b"curl 'https://x/y' \\\n  -H 'Accept: */*' \\\n  -H 'authorization: Basic dTpw' --compressed"[..],
            b"curl -u u:p https://x/",
            b"curl \"https://u:p@x/\"",
        ] {
            assert_eq!(head(text).unwrap().head, WANTED, "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn a_header_may_stand_right_behind_its_flag_and_counts_before_the_url() {
        for text in [
            &b"curl '-HAuthorization: Basic dTpw' https://x:y@x/"[..],
            b"curl -X POST https://u:p@x/a@b",
            b"curl --data x:y@z https://u:p@x/",
            b"curl https://u:p@x/ -X GET --data //a@b",
        ] {
            assert_eq!(head(text).unwrap().head, WANTED, "{}", String::from_utf8_lossy(text));
        }
    }

    /// The words are bash 5.2's, printed with `printf '%s|'`; to it a CR before the line end is a byte like any other.
    #[test]
    fn a_command_line_is_split_as_a_shell_splits_it() {
        for (text, words) in [
            (&b"a  b\tc\nd"[..], &b"a|b|c|d"[..]),
            (b"'a\\$b'", b"a\\$b"),
            (b"a\\ b \\'c \\\nd a\\\r\nb", b"a b|'c|d|ab"),
            (b"'a\\nb'\"c\\nd\"", b"a\\nbc\\nd"),
            (br#""\$a\`b\"c\\d\!e""#, br#"$a`b"c\d\!e"#),
            (b"\"a\\\nb\" '' \"\"", b"ab||"),
            (b"$a $'b'c \"$\"'d'", b"$a|bc|$d"),
            (br#"$'\n\t\\\'\"\?\a\b\e\E\f\v\r'"#, b"\n\t\\'\"?\x07\x08\x1b\x1b\x0c\x0b\r"),
            (br"$'\u0021\x41\x4a4\101\1014\7z\U0001f511\u00e9'", "!AJ4AA4\x07z\u{1f511}\u{e9}".as_bytes()),
            (br"$'\xg\ug\Ug\z\x'", br"\xg\ug\Ug\z\x"),
        ] {
            let split = shell_words(text).unwrap().join(&b'|');
            assert_eq!(split.escape_ascii().to_string(), words.escape_ascii().to_string(), "{}", text.escape_ascii());
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for text in [&b"* hello HTTP/1.1\n"[..], b"curl \"a\\", b"curl $'a\\"] {
            assert!(head(text).is_err(), "{}", text.escape_ascii());
        }
        assert!(head(b"hello\n").is_err());
        assert!(head(b" \n").is_err());
        assert!(head(b"curl 'open").is_err());
    }
}

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
                let rest = word.splitn(2, |byte| *byte == b'/').nth(1).unwrap_or_default().trim_ascii_start();
                let host =
                    rest.strip_prefix(b"/").unwrap_or(rest).split(|byte| *byte == b'/').next().unwrap_or_default();
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

/// Words as a POSIX shell splits them, with bash's `$'…'` for what browsers quote that way.
fn shell_words(text: &[u8]) -> Result<Vec<Vec<u8>>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => words.extend(word.take()),
            b'\'' => quoted(&mut bytes, word.get_or_insert_default(), b'\'', false)?,
            b'"' => quoted(&mut bytes, word.get_or_insert_default(), b'"', true)?,
            b'$' if bytes.peek() == Some(&b'\'') => {
                bytes.next();
                quoted(&mut bytes, word.get_or_insert_default(), b'\'', true)?;
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

fn quoted(
    bytes: &mut impl Iterator<Item = u8>,
    word: &mut Vec<u8>,
    end: u8,
    escapes: bool,
) -> Result<(), &'static str> {
    loop {
        match bytes.next().ok_or("a quotation mark in the command line is not closed")? {
            byte if byte == end => return Ok(()),
            b'\\' if escapes => word.extend(bytes.next()),
            byte => word.push(byte),
        }
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
    fn what_is_no_request_is_refused() {
        assert!(head(b"hello\n").is_err());
        assert!(head(b" \n").is_err());
        assert!(head(b"curl 'open").is_err());
    }
}

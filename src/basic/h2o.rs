//! The header as h2o's `htpasswd.rb` reads it: two words, the scheme in any case, lenient base64.
//!
//! There are more outcomes here than elsewhere: a header without scheme or token raises an exception, and a token
//! without text or colon leaves user or password missing, which the script finds out only when it needs them.
//!
//! Behaviour of h2o 2.2.5 `share/h2o/mruby/htpasswd.rb:call`, `lib/handler/mruby.c:build_env`,
//! `deps/picohttpparser/picohttpparser.c:parse_headers`, `deps/mruby-pack/src/pack.c:unpack_m`.

use crate::basic::base64;
use crate::basic::head;
use crate::bytes::Span;
use crate::bytes::split_once;
use crate::bytes::trim_start;
use crate::secret::Secret;
use crate::trace::{Cite, Step, Trace};

const HEADERS: Cite = Cite("h2o 2.2.5 deps/picohttpparser/picohttpparser.c:parse_headers");
const CALL: Cite = Cite("h2o 2.2.5 share/h2o/mruby/htpasswd.rb:call");
const UNPACK: Cite = Cite("h2o 2.2.5 deps/mruby-pack/src/pack.c:unpack_m");

/// Most header lines (`include/h2o.h:H2O_MAX_HEADERS`).
const MOST_LINES: usize = 100;

/// What the decoder's table has for a byte that is skipped.
const FOREIGN: u8 = 0xFF;

/// What the head presents to the script.
#[derive(Debug)]
pub enum Presented {
    /// User and password, each missing where the text has none.
    User {
        /// The user name; missing where the token decodes to nothing.
        user: Option<Vec<u8>>,
        /// The password; missing where there is no colon.
        password: Option<Secret>,
    },
    /// No header.
    Nothing,
    /// Another scheme.
    WrongScheme,
    /// The script raises an exception.
    Raises {
        /// Why, in kebab-case.
        why: &'static str,
    },
    /// The HTTP layer refuses the request.
    Refused,
    /// The decoder reads memory that was never written: not decided.
    Unknown,
}

/// Reads the head as h2o does.
pub fn read(head: &[u8], trace: &mut Trace) -> Presented {
    let value = match authorization(head) {
        Ok(value) => value,
        Err((why, at)) => {
            trace.push(Step::HeadRefused { why, at }, HEADERS);
            return Presented::Refused;
        }
    };
    let Some((value, at)) = value else {
        trace.push(Step::NoHeader, CALL);
        return Presented::Nothing;
    };
    trace.push(Step::HeaderValue { at }, HEADERS);
    let mut words = value.split(|byte| matches!(byte, b'\t'..=b'\r' | b' ')).filter(|word| !word.is_empty());
    let raise = |why, trace: &mut Trace| {
        trace.push(Step::Malformed { why, at: None }, CALL);
        Presented::Raises { why }
    };
    let Some(method) = words.next() else { return raise("no-scheme", trace) };
    if !method.eq_ignore_ascii_case(b"basic") {
        trace.push(Step::WrongScheme { word: method.to_vec() }, CALL);
        return Presented::WrongScheme;
    }
    let Some(token) = words.next() else { return raise("no-token", trace) };
    let Some((text, unread)) = unpack(token) else {
        trace.push(Step::Malformed { why: "uninitialized", at: None }, UNPACK);
        return Presented::Unknown;
    };
    let text = text.expose();
    let (user, password) = match split_once(text, b':') {
        Some((user, password)) => (Some(user), Some(password)),
        None => (Some(text).filter(|text| !text.is_empty()), None),
    };
    trace.push(
        Step::Decoded {
            user: user.unwrap_or_default().to_vec(),
            password_length: password.unwrap_or_default().len() as u64,
            unread: unread as u64,
            cut_at_nul: false,
            is_whole: password.is_none(),
        },
        CALL,
    );
    Presented::User { user: user.map(<[u8]>::to_vec), password: password.map(Secret::from) }
}

/// The bytes of a token and how many of its own it leaves unread; `None` where they depend on memory never written.
///
/// Symbols are taken in fours, foreign ASCII is skipped, and a group that is not whole is dropped. Padding counts by how
/// much of it a group holds, wherever it stands. A byte beyond ASCII stands for the symbol at the same place of the group
/// before.
fn unpack(token: &[u8]) -> Option<(Secret, usize)> {
    let mut text = Secret::with_capacity(token.len());
    let mut group = [None::<u8>; 4];
    let mut at = 0;
    while token.len() - at >= 4 {
        let mut padding = 0;
        for place in &mut group {
            loop {
                let Some(byte) = token.get(at) else { return Some((text, 0)) };
                at += 1;
                match byte {
                    // Whatever stands in the place already is looked at again.
                    0x80.. => match *place {
                        None => return None,
                        Some(FOREIGN) => {}
                        Some(_) => break,
                    },
                    b'=' => {
                        *place = Some(0);
                        padding += 1;
                        break;
                    }
                    _ if base64::value(*byte).is_some() => {
                        *place = base64::value(*byte);
                        break;
                    }
                    _ => *place = Some(FOREIGN),
                }
            }
        }
        let bits = group.iter().fold(0_u32, |bits, value| bits << 6 | u32::from(value.unwrap_or(0)));
        let [_, bytes @ ..] = bits.to_be_bytes();
        text.extend(
            &bytes[..match padding {
                0 => 3,
                1 => 2,
                _ => 1,
            }],
        );
        if padding > 0 {
            break;
        }
    }
    Some((text, token.len() - at))
}

/// Why a head is refused, and the bytes to blame.
type Refused = (&'static str, Span);

/// The value of the `Authorization` header, several joined with `, `.
fn authorization(head: &[u8]) -> Result<Option<(Vec<u8>, Span)>, Refused> {
    let mut lines = head::lines(head).peekable();
    lines.next_if(|line| matches!(line.bytes, b"" | b"\r"));
    let Some(first) = lines.next() else { return Err(("head-cut-off", Span::new(0, 0))) };
    request_line(first)?;
    let mut joined: Option<(Vec<u8>, Span)> = None;
    for (count, line) in lines.enumerate() {
        let bytes = line.bytes.strip_suffix(b"\r").unwrap_or(line.bytes);
        if bytes.is_empty() {
            break;
        }
        if count == MOST_LINES {
            return Err(("too-many-headers", line.at));
        }
        // A continued line is a header of its own, without a name.
        let folded = count > 0 && matches!(bytes[0], b' ' | b'\t');
        let (name, value) = if folded { (&b""[..], bytes) } else { named(bytes, line.at)? };
        if let Some(bad) = value.iter().position(|byte| (*byte < b' ' && *byte != b'\t') || *byte == 0x7F) {
            let at = line.at.start + (bytes.len() - value.len() + bad) as u64;
            return Err(("control-character", Span::at(at, 1)));
        }
        if !name.eq_ignore_ascii_case(b"authorization") {
            continue;
        }
        let value = trim_start(value, b" \t");
        let at = Span::at(line.at.start + (bytes.len() - value.len()) as u64, value.len());
        match &mut joined {
            Some((all, span)) => {
                all.extend_from_slice(b", ");
                all.extend_from_slice(value);
                span.end = at.end;
            }
            None => joined = Some((value.to_vec(), at)),
        }
    }
    Ok(joined)
}

fn named(line: &[u8], at: Span) -> Result<(&[u8], &[u8]), Refused> {
    let bad = line.iter().position(|byte| !head::is_token(*byte)).unwrap_or(line.len());
    match line.get(bad) {
        Some(b':') if bad > 0 => Ok((&line[..bad], &line[bad + 1..])),
        _ => Err(("header-name-malformed", Span::at(at.start + bad as u64, 1))),
    }
}

fn request_line(line: head::Line<'_>) -> Result<(), Refused> {
    let bytes = line.bytes.strip_suffix(b"\r").unwrap_or(line.bytes);
    let words: Vec<_> = bytes.splitn(3, |byte| *byte == b' ').collect();
    let printable = |word: &[u8]| !word.iter().any(u8::is_ascii_control);
    match words[..] {
        [method, path, [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'0'..=b'9']]
            if printable(method) && printable(path) =>
        {
            Ok(())
        }
        _ => Err(("request-line-malformed", line.at)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(token: &[u8]) -> Option<(Vec<u8>, usize)> {
        unpack(token).map(|(text, unread)| (text.expose().to_vec(), unread))
    }

    fn read_value(value: &[u8]) -> Presented {
        read(&head::with_authorization(&[value]), &mut Trace::default())
    }

    #[test]
    fn symbols_come_in_fours_and_padding_counts_anywhere() {
        assert_eq!(decoded(b"\"dTpw\""), Some((b"u:p".to_vec(), 1)));
        assert_eq!(decoded(b"dTpwdw"), Some((b"u:p".to_vec(), 2)));
        assert_eq!(decoded(b"dT=w"), Some((b"u0".to_vec(), 0)));
        assert_eq!(decoded(b"dQ==dTpw"), Some((b"u".to_vec(), 4)));
        assert_eq!(decoded(b"!!!!"), Some((vec![], 0)));
    }

    #[test]
    fn a_byte_beyond_ascii_repeats_the_symbol_before_or_is_unknown() {
        assert_eq!(decoded(b"dTpw\xFFTpw"), Some((b"u:pu:p".to_vec(), 0)));
        assert_eq!(decoded(b"\xFFTpw"), None);
    }

    #[test]
    fn a_scheme_or_token_that_is_missing_raises() {
        assert!(matches!(read_value(b""), Presented::Raises { why: "no-scheme" }));
        assert!(matches!(read_value(b"basic"), Presented::Raises { why: "no-token" }));
        assert!(matches!(read_value(b"Digest"), Presented::WrongScheme));
        assert!(matches!(read_value(b"Basic !!!!"), Presented::User { user: None, password: None }));
        assert!(matches!(read_value(b"Basic dXNl"), Presented::User { user: Some(_), password: None }));
    }
}

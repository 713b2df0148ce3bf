//! The header as Squid reads it: `Basic` as a prefix of the first word, blanks anywhere in the token, and a C string after it.
//!
//! Behaviour of Squid 5.7: `src/http/one/Parser.cc`, `src/auth/SchemeConfig.cc:Find`,
//! `src/auth/basic/Config.cc:decodeCleartext`, `decode`; nettle 3.8 `base64-decode.c:base64_decode_single`.

use crate::basic::Credentials;
use crate::basic::Presented;
use crate::basic::base64;
use crate::basic::head;
use crate::basic::line;
use crate::basic::raw::{self, Field, Refused};
use crate::bytes::{Span, c_string, split_once, trim_end};
use crate::secret::Secret;
use crate::trace::{Cite, Step, Trace};

const HEADERS: Cite = Cite("Squid 5.7 src/HttpHeader.cc:parse");
const DECODE: Cite = Cite("Squid 5.7 src/auth/basic/Config.cc:decodeCleartext");

/// Bytes of a head (`request_header_max_size` 64 kB, less the NUL).
const HEAD: usize = 64 * 1024 - 1;

/// The reason of the one refusal whose status is 505.
pub const VERSION: &str = "version-unsupported";

/// Refusals that are answered with 431; all others are 400.
pub const OVERSIZED: &[&str] = &["head-too-large"];

/// Reads the head as Squid does.
pub fn read(head: &[u8], trace: &mut Trace) -> Presented {
    let field = match authorization(head, trace) {
        Ok(Some(field)) => field,
        Ok(None) => {
            trace.push(Step::NoHeader, HEADERS);
            return Presented::Nothing;
        }
        Err((why, at)) => {
            trace.push(Step::HeadRefused { why, at }, HEADERS);
            return Presented::Refused { why, at };
        }
    };
    let lead = field.value.iter().take_while(|byte| is_space(**byte)).count();
    let value = &field.value[lead..];
    let value = &value[..value.iter().rposition(|byte| !is_space(*byte)).map_or(0, |last| last + 1)];
    trace.push(Step::HeaderValue { at: Span::at(field.at.start + lead as u64, value.len()) }, HEADERS);
    if value.is_empty() {
        return Presented::Nothing;
    }
    // The scheme is found by its first letters alone.
    if !value.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"basic")) {
        let word = value.split(|byte| is_space(*byte)).next().unwrap_or(value).to_vec();
        trace.push(Step::WrongScheme { word }, DECODE);
        return Presented::WrongScheme;
    }
    let token = &value[value.iter().take_while(|byte| byte.is_ascii_graphic()).count()..];
    let token = &token[token.iter().take_while(|byte| is_space(**byte)).count()..];
    let mut malformed = |why, at: Option<usize>| {
        trace.push(Step::Malformed { why, at: at.map(|at| at as u64) }, DECODE);
        Presented::Malformed { why }
    };
    let text = match decode(token) {
        Ok(text) => Secret::from(text),
        Err(at) => return malformed("base64", Some(at)),
    };
    let whole = text.expose();
    let text = c_string(whole);
    if text.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
        return malformed("line-end", None);
    }
    match split_once(text, b':') {
        None => malformed("no-colon", None),
        Some((_, b"")) => malformed("empty-password", None),
        Some((user, password)) => {
            trace.push(
                Step::Decoded {
                    user: user.to_vec(),
                    password_length: password.len() as u64,
                    unread: 0,
                    cut_at_nul: text.len() < whole.len(),
                    is_whole: false,
                },
                DECODE,
            );
            Presented::Credentials(Credentials { user: user.to_vec(), password: Secret::from(password) })
        }
    }
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ')
}

/// nettle's decoder: blanks are skipped, padding must be right and no bit left over; or where it stops.
fn decode(token: &[u8]) -> Result<Vec<u8>, usize> {
    let mut text = Vec::with_capacity(token.len() / 4 * 3);
    let (mut word, mut bits, mut padded) = (0_u32, 0_u32, false);
    for (at, &byte) in token.iter().enumerate() {
        match (byte, base64::value(byte)) {
            (_, Some(value)) if !padded => {
                word = word << 6 | u32::from(value);
                bits += 6;
                if bits >= 8 {
                    bits -= 8;
                    text.push((word >> bits & 0xff) as u8);
                }
            }
            (b'=', _) if bits > 0 && word & ((1 << bits) - 1) == 0 => {
                padded = true;
                bits -= 2;
            }
            _ if is_space(byte) => {}
            _ => return Err(at),
        }
    }
    if bits == 0 { Ok(text) } else { Err(token.len()) }
}

/// The first `Authorization` field.
fn authorization<'a>(head: &'a [u8], trace: &mut Trace) -> Result<Option<Field<'a>>, Refused> {
    let all = Span::new(0, head.len() as u64);
    if head.len() > HEAD {
        return Err(("head-too-large", all));
    }
    let (request, fields) = raw::fields_of(head, true)?;
    let has_header = request_line(request).map_err(|why| (why, Span::at(0, request.len())))?;
    if let Some(at) = memchr::memchr(0, head) {
        return Err(("nul", Span::at(at as u64, 1)));
    }
    if !has_header {
        return Ok(None);
    }
    let mut found = None;
    for field in fields.into_iter().filter(|field| field.name.eq_ignore_ascii_case(b"authorization")) {
        if found.is_none() {
            found = Some(field);
        } else {
            trace.push(Step::HeaderIgnored { why: "second-header", at: field.at }, HEADERS);
        }
    }
    Ok(found)
}

/// Whether `src/anyp/Uri.cc:parse` takes the host of this authority.
fn is_authority(authority: &[u8]) -> bool {
    let host = line::without_user(authority);
    let is_of_host = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(byte);
    !host.is_empty() && host.iter().all(is_of_host)
}

/// Whether the request has a header: one that ends in no version is of HTTP/0.9 and has none
/// (`src/http/one/RequestParser.cc:parseRequestFirstLine`, `parseHttpVersionField`).
fn request_line(line: &[u8]) -> Result<bool, &'static str> {
    let malformed = "request-line-malformed";
    let line = trim_end(line, b"\r");
    let (method, rest) = line.split_at(line.iter().position(|byte| is_space(*byte)).unwrap_or(line.len()));
    if method.is_empty() || !method.iter().all(|byte| head::is_token(*byte)) {
        return Err(malformed);
    }
    let rest = rest.trim_ascii_start();
    let last = rest.iter().rposition(|byte| is_space(*byte)).map_or(0, |at| at + 1);
    let number = |digits: &[u8]| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let numbers = rest[last..].strip_prefix(b"HTTP/").and_then(|version| split_once(version, b'.'));
    let version = numbers.filter(|(major, minor)| number(major) && number(minor) && !major.starts_with(b"0"));
    let target = if version.is_some() { rest[..last].trim_ascii_end() } else { rest };
    if target.is_empty() || target.iter().any(|byte| byte.is_ascii_control() && !is_space(*byte)) {
        return Err(malformed);
    }
    if line::absolute(target).is_some_and(|(scheme, authority)| scheme.is_empty() || !is_authority(authority)) {
        return Err(malformed);
    }
    match version {
        Some((b"1", [_])) => Ok(true),
        Some(_) => Err(VERSION),
        None if method == b"GET" => Ok(false),
        None => Err(malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::basic::in_a_word;

    fn outcome(value: &[u8]) -> &'static str {
        in_a_word(&read(&head::with_authorization(&[value]), &mut Trace::default()))
    }

    /// As Squid 5.7 answered.
    #[test]
    fn blanks_do_not_count_and_bits_do() {
        for (value, expected) in [
            (&b"Basic dTpzZWNyZXQ="[..], "u"),
            (b"bASIC\tdTpz ZWNy\x0BZXQ=", "u"),
            (b"Basicx dTpzZWNyZXQ=", "u"),
            (b"Basic, dTpzZWNyZXQ=", "u"),
            (b"Basic dTpz\r\n ZWNyZXQ=", "u"),
            (b"Basic dTpzZWNyZXQAeA==", "u"),
            (b"Basic dTpzZWNyZXR=", "base64"),
            (b"Basic dTpzZWNyZXQ", "base64"),
            (b"Basic dTpzZWNyZXQ==", "base64"),
            (b"Basic dTpzZWNyZXQ=dTpz", "base64"),
            (b"Basic dTpzZWNyZXQK", "line-end"),
            (b"Basic dTo=", "empty-password"),
            (b"Basic dQ==", "no-colon"),
            (b"BasicdTpzZWNyZXQ=", "no-colon"),
            (b"Basi dTpzZWNyZXQ=", "scheme"),
            (b"Basic dTpzZWNyZXQ=\0", "nul"),
            (b" ", "nothing"),
        ] {
            assert_eq!(outcome(value), expected, "{}", String::from_utf8_lossy(value));
        }
    }
}

//! The header as `HAProxy` reads it: the first value of a comma-separated list, base64 in groups of four that each may end
//! in padding, and a C string after it.
//!
//! Behaviour of HAProxy 2.6.12 and 2.8.25: `src/h1.c:h1_headers_to_hdr_list`, `src/http_htx.c:http_find_header`,
//! `src/http.c:http_find_hdr_value_end`, `src/http_fetch.c:get_http_auth`, `src/base64.c:base64dec`.

use crate::basic::Credentials;
use crate::basic::Presented;
use crate::basic::base64;
use crate::basic::head;
use crate::basic::line;
use crate::basic::raw::{self, Field, Refused};
use crate::bytes::{Span, c_string, split_once};
use crate::secret::Secret;
use crate::trace::{Cite, Step, Trace};

const HEADERS: Cite = Cite("HAProxy 2.8.25 src/h1.c:h1_headers_to_hdr_list");
const AUTH: Cite = Cite("HAProxy 2.8.25 src/http_fetch.c:get_http_auth");

/// Most header fields (`tune.http.maxhdr` less the request line).
const FIELDS: usize = 100;
/// Bytes of a head that fit the default buffer with room for rewriting, counting four more for every field.
const ROOM: usize = 15_281;

/// What changed between generations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// 2.6: a NUL may stand in a value, and anything in a Host.
    V2_6,
    /// 2.8: neither may.
    V2_8,
}

/// Reads the head as `HAProxy` does.
pub fn read(head: &[u8], generation: Generation, trace: &mut Trace) -> Presented {
    let field = match authorization(head, generation, trace) {
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
    // Line ends of a folded value have become blanks.
    let spaced = field.value.iter().map(|byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { *byte });
    let value = Secret::from(spaced.collect::<Vec<u8>>());
    let blanks = value.expose().iter().take_while(|byte| is_blank(**byte)).count();
    let rest = &value.expose()[blanks..];
    // The first of a list. A comma between quotes ends none, but what has a quote is no credentials either way.
    let first = rest.split(|byte| *byte == b',').next().unwrap_or_default();
    let length = first.iter().rposition(|byte| !is_blank(*byte)).map_or(0, |last| last + 1);
    let value = &first[..length];
    trace.push(Step::HeaderValue { at: Span::at(field.at.start + blanks as u64, length) }, HEADERS);
    let Some((word, token)) = split_once(value, b' ').filter(|(word, _)| !word.is_empty()) else {
        return wrong_scheme(value, trace);
    };
    // 2.6 compares as many letters as the word has.
    let scheme = if generation == Generation::V2_6 { &b"basic"[..word.len().min(5)] } else { b"basic" };
    if !word.eq_ignore_ascii_case(scheme) {
        return wrong_scheme(word, trace);
    }
    let skipped = token.iter().take_while(|byte| **byte == b' ').count();
    let token = &token[skipped..];
    let mut malformed = |why, at: Option<usize>| {
        trace.push(Step::Malformed { why, at: at.map(|at| at as u64) }, AUTH);
        Presented::Malformed { why }
    };
    let text = match decode(token) {
        Ok(text) => Secret::from(text),
        Err(at) => return malformed("base64", at),
    };
    let whole = text.expose();
    let text = c_string(whole);
    let Some((user, password)) = split_once(text, b':') else { return malformed("no-colon", None) };
    trace.push(
        Step::Decoded {
            user: user.to_vec(),
            password_length: password.len() as u64,
            unread: (rest.len() - length) as u64,
            cut_at_nul: text.len() < whole.len(),
            is_whole: false,
        },
        AUTH,
    );
    Presented::Credentials(Credentials { user: user.to_vec(), password: Secret::from(password) })
}

fn wrong_scheme(word: &[u8], trace: &mut Trace) -> Presented {
    if word.is_empty() {
        trace.push(Step::NoHeader, AUTH);
        return Presented::Nothing;
    }
    trace.push(Step::WrongScheme { word: word.to_vec() }, AUTH);
    Presented::WrongScheme
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Groups of four symbols, each of which may end in padding; or where the first bad one stands.
fn decode(token: &[u8]) -> Result<Vec<u8>, Option<usize>> {
    if !token.len().is_multiple_of(4) {
        return Err(None);
    }
    let mut text = Vec::with_capacity(token.len() / 4 * 3);
    for (number, group) in token.chunks(4).enumerate() {
        let symbols = base64::symbols(group);
        let bad = group[symbols..].iter().position(|byte| *byte != b'=').map(|at| symbols + at);
        if let Some(at) = bad.or((symbols == 0).then_some(1)) {
            return Err(Some(number * 4 + at));
        }
        text.extend(base64::unpack(&group[..symbols]));
    }
    Ok(text)
}

/// The first `Authorization` field.
fn authorization<'a>(head: &'a [u8], generation: Generation, trace: &mut Trace) -> Result<Option<Field<'a>>, Refused> {
    let (request, fields) = raw::fields(head)?;
    let all = Span::new(0, head.len() as u64);
    let target = request_line(request, generation)?;
    let mut found = None;
    let mut host: Option<Field<'_>> = None;
    for field in &fields {
        let returns = memchr::memchr_iter(b'\r', field.value);
        if let Some(at) = returns.into_iter().find(|at| field.value.get(at + 1) != Some(&b'\n')) {
            return Err(("bare-carriage-return", Span::at(field.at.start + at as u64, 1)));
        }
        if let Some(at) = memchr::memchr(0, field.value).filter(|_| generation == Generation::V2_8) {
            return Err(("nul", Span::at(field.at.start + at as u64, 1)));
        }
        if field.name.eq_ignore_ascii_case(b"host") {
            if host.is_some_and(|host| host.value.trim_ascii() != field.value.trim_ascii()) {
                return Err(("host-twice", field.at));
            }
            if let Some(at) = field.value.trim_ascii().iter().position(|byte| !valid_in_host(*byte))
                && generation == Generation::V2_8
            {
                return Err(("host-malformed", Span::at(field.at.start + at as u64, 1)));
            }
            let is_open = field.value.trim_ascii().starts_with(b"[") && !field.value.contains(&b']');
            if is_open && generation == Generation::V2_8 {
                return Err(("host-malformed", field.at));
            }
            host = Some(*field);
        } else if field.name.eq_ignore_ascii_case(b"authorization") {
            if found.is_none() {
                found = Some(*field);
            } else {
                trace.push(Step::HeaderIgnored { why: "second-header", at: field.at }, HEADERS);
            }
        }
    }
    if let (Some(authority), Some(host)) = (authority(target), host)
        && !authority.eq_ignore_ascii_case(without_port(host.value.trim_ascii(), target))
    {
        return Err(("host-other-than-target", host.at));
    }
    if fields.len() > FIELDS {
        return Err(("too-many-headers", all));
    }
    if head.len() + 4 * fields.len() > ROOM {
        return Err(("head-too-large", all));
    }
    Ok(found)
}

/// From 2.8 on; what was seen to be refused.
fn valid_in_host(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b",\\@#?/".contains(&byte)
}

/// The authority of an absolute target, which must be the Host's (`src/h1.c:h1_headers_to_hdr_list`).
fn authority(target: &[u8]) -> Option<&[u8]> {
    let host = line::without_user(line::absolute(target)?.1);
    Some(without_port(host, target)).filter(|authority| !authority.is_empty())
}

/// `host` without the port that the target's scheme has anyway.
fn without_port<'a>(host: &'a [u8], target: &[u8]) -> &'a [u8] {
    let usual: &[u8] =
        if target.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"https:")) { b":443" } else { b":80" };
    host.strip_suffix(usual).unwrap_or(host)
}

/// The target.
fn request_line(line: &[u8], generation: Generation) -> Result<&[u8], Refused> {
    let bad = ("request-line-malformed", Span::at(0, line.len()));
    let mut words = line.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
    let (method, target, version, more) = (words.next(), words.next(), words.next(), words.next());
    let version_fits = matches!(version, Some([b'H', b'T', b'T', b'P', b'/', major, b'.', minor])
        if major.is_ascii_digit() && minor.is_ascii_digit());
    let target_fits =
        target.is_some_and(|target| target.iter().all(|byte| (0x21..0x7F).contains(byte) && *byte != b'#'));
    let method_fits = method.is_some_and(|method| method.iter().all(|byte| head::is_token(*byte)));
    let blanks = line.ends_with(b" ") || matches!(line.first(), Some(b' ' | b'\t'));
    // What is no path is an authority for 2.6, and never the Host's.
    let is_bare = |target: &[u8]| {
        let has_scheme = memchr::memmem::find(target, b"://").is_some_and(|at| at > 0);
        !target.starts_with(b"/") && target != b"*" && !has_scheme
    };
    match target {
        Some(target) if is_bare(target) && generation == Generation::V2_6 => Err(bad),
        Some(target) if version_fits && target_fits && method_fits && more.is_none() && !blanks => Ok(target),
        _ => Err(bad),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::basic::in_a_word;

    fn outcome(value: &[u8]) -> &'static str {
        in_a_word(&read(&head::with_authorization(&[value]), Generation::V2_6, &mut Trace::default()))
    }

    #[test]
    fn the_first_bad_byte_of_a_group_is_named() {
        for (token, place) in [
            (&b"dTpzZ=Wx"[..], Some(6)),
            (b"dTpzZW=x", Some(7)),
            (b"dTpz=WNy", Some(5)),
            (b"-Tpz", Some(0)),
            (b"dTp", None),
        ] {
            assert_eq!(decode(token), Err(place), "{}", String::from_utf8_lossy(token));
        }
    }

    /// As HAProxy 2.6.12 and 2.8.25 answered.
    #[test]
    fn the_first_of_a_list_counts_and_each_group_of_four_may_be_padded() {
        for (value, expected) in [
            (&b"Basic dTpzZWNyZXQ="[..], "u"),
            (b"bASIC    dTpzZWNyZXQ=, x", "u"),
            (b"Basic dTpzZWNyZXR=,", "u"),
            (b"Basic dTo=c2VjcmV0", "u"),
            (b"Basic dTpzZQ==Y3JldA==", "u"),
            (b"Basic dTpzZWNyZXQAeA==", "u"),
            (b"Basic\tdTpzZWNyZXQ=", "scheme"),
            (b"Basic \tdTpzZWNyZXQ=", "base64"),
            (b"Basic dTpzZWNyZXQ", "base64"),
            (b"Basic dTpzZWNyZXQ=====", "base64"),
            (b"Basic dTpzZWNyZXQ=\", x", "base64"),
            (b"Basic dQ==", "no-colon"),
            (b"Basic dTo=", "other"),
            (b", Basic dTpzZWNyZXQ=", "nothing"),
            (b"Basic ====", "base64"),
            (b"Basic", "scheme"),
            (b"Basic dTpz\r\n ZWNyZXQ=", "base64"),
            (b"Basic\r\n dTpzZWNyZXQ=", "u"),
            (b"Basic dTpz\rZWNyZXQ=", "bare-carriage-return"),
        ] {
            assert_eq!(outcome(value), expected, "{}", String::from_utf8_lossy(value));
        }
    }

    #[test]
    fn a_nul_is_refused_from_2_8_on() {
        let head = head::with_authorization(&[b"Basic dTpzZWNyZXQ=\0"]);
        let why = |generation| match read(&head, generation, &mut Trace::default()) {
            Presented::Malformed { why } | Presented::Refused { why, .. } => why,
            _ => "read",
        };
        assert_eq!((why(Generation::V2_6), why(Generation::V2_8)), ("base64", "nul"));
    }
}

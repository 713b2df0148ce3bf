//! The header as Envoy reads it: `Basic ` exactly, several lines joined, carriage returns gone, padding free.
//!
//! Behaviour of Envoy 1.40.0: `source/common/http/http1/codec_impl.cc`, `source/extensions/filters/http/basic_auth/
//! basic_auth_filter.cc:decodeHeaders`, `source/common/common/base64.cc:decodeWithoutPadding`.

use crate::basic::Credentials;
use crate::basic::Presented;
use crate::basic::base64;
use crate::basic::head;
use crate::basic::line;
use crate::basic::raw::{self, Refused};
use crate::bytes::{Span, split_once, trim};
use crate::secret::Secret;
use crate::trace::{Cite, Step, Trace};

const CODEC: Cite = Cite("Envoy 1.40.0 source/common/http/http1/codec_impl.cc");
const FILTER: Cite = Cite("Envoy 1.40.0 source/extensions/filters/http/basic_auth/basic_auth_filter.cc:decodeHeaders");

/// Bytes of a head (`max_request_headers_kb`).
const HEAD: usize = 60 * 1024;
/// Number of header fields (`max_headers_count`).
const FIELDS: usize = 100;

/// The methods that the parser has (`source/common/http/http1/balsa_parser.cc`).
const METHODS: &[u8] = b"ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL \
    MOVE M-SEARCH NOTIFY OPTIONS PATCH POST PROPFIND PROPPATCH PURGE PUT REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE \
    UNBIND UNLINK UNLOCK UNSUBSCRIBE";

/// Refusals that are answered with 431; all others but [`VERSION`] are 400.
pub const OVERSIZED: &[&str] = &["head-too-large", "too-many-headers"];
/// A refusal that is answered with 426: any version but HTTP/1.1.
pub const VERSION: &str = "version-unsupported";

/// Reads the head as Envoy does.
pub fn read(head: &[u8], trace: &mut Trace) -> Presented {
    let (value, at) = match authorization(head) {
        Ok(Some(value)) => value,
        Ok(None) => {
            trace.push(Step::NoHeader, CODEC);
            return Presented::Nothing;
        }
        Err((why, at)) => {
            trace.push(Step::HeadRefused { why, at }, CODEC);
            return Presented::Refused { why, at };
        }
    };
    trace.push(Step::HeaderValue { at }, CODEC);
    let Some(token) = value.expose().strip_prefix(b"Basic ") else {
        let word = value.expose().split(|byte| *byte == b' ').next().unwrap_or_default().to_vec();
        trace.push(Step::WrongScheme { word }, FILTER);
        return Presented::WrongScheme;
    };
    let mut malformed = |why, at: Option<usize>| {
        trace.push(Step::Malformed { why, at: at.map(|at| at as u64) }, FILTER);
        Presented::Malformed { why }
    };
    let text = match decode(token) {
        Ok(text) => Secret::from(text),
        Err(at) => return malformed("base64", at),
    };
    let Some((user, password)) = split_once(text.expose(), b':') else { return malformed("no-colon", None) };
    trace.push(
        Step::Decoded {
            user: user.to_vec(),
            password_length: password.len() as u64,
            unread: 0,
            cut_at_nul: false,
            is_whole: false,
        },
        FILTER,
    );
    Presented::Credentials(Credentials { user: user.to_vec(), password: Secret::from(password) })
}

/// At most two `=` at the end do not count, and no bit may be left over.
fn decode(token: &[u8]) -> Result<Vec<u8>, Option<usize>> {
    let token = token.strip_suffix(b"=").unwrap_or(token);
    let token = token.strip_suffix(b"=").unwrap_or(token);
    let symbols = base64::symbols(token);
    if symbols < token.len() {
        return Err(Some(symbols));
    }
    let text = base64::unpack(token);
    // Written anew, it is the same unless bits were left over, or a single symbol.
    if !base64::encode(&text).starts_with(token) {
        return Err(token.len().checked_sub(1));
    }
    Ok(text)
}

/// The values of all `Authorization` fields that are not empty, joined with commas; an empty one where all are.
fn authorization(head: &[u8]) -> Result<Option<(Secret, Span)>, Refused> {
    let all = Span::new(0, head.len() as u64);
    if head.len() > HEAD {
        return Err(("head-too-large", all));
    }
    let (request, fields) = raw::fields(head)?;
    request_line(request)?;
    let mut found: Option<(Vec<u8>, Span)> = None;
    let mut host = false;
    for field in &fields {
        let control = |byte: &u8| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\r' | b'\n');
        if let Some(at) = field.value.iter().position(control) {
            return Err(("control-byte", Span::at(field.at.start + at as u64, 1)));
        }
        let value: Vec<u8> = field.value.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
        let value = trim(&value, b" \t");
        if field.name.eq_ignore_ascii_case(b"host") {
            host = true;
            if let Some(at) = value.iter().position(|byte| !valid_in_host(*byte)) {
                let lead = field.value.iter().take_while(|byte| b" \t\r\n".contains(byte)).count();
                return Err(("host-malformed", Span::at(field.at.start + (lead + at) as u64, 1)));
            }
        } else if field.name.eq_ignore_ascii_case(b"authorization") {
            let (joined, at) = found.get_or_insert_with(|| (Vec::new(), field.at));
            if !joined.is_empty() && !value.is_empty() {
                joined.push(b',');
            }
            joined.extend_from_slice(value);
            at.end = field.at.end;
        }
    }
    if fields.len() > FIELDS {
        return Err(("too-many-headers", all));
    }
    if !host {
        return Err(("host-missing", all));
    }
    Ok(found.map(|(value, at)| (Secret::from(value), head::narrowed(head, at, b" \t\r\n"))))
}

fn request_line(line: &[u8]) -> Result<(), Refused> {
    let at = Span::at(0, line.len());
    if line.starts_with(b" ") || line.starts_with(b"\t") {
        return Err(("request-line-malformed", at));
    }
    let mut words = line.split(|byte| matches!(byte, b' ' | b'\t' | b'\r')).filter(|word| !word.is_empty());
    let (method, target, version) = (words.next(), words.next(), words.next());
    let is_known = |method: &[u8]| METHODS.split(|byte| *byte == b' ').any(|known| known == method);
    let method_fits = method.is_some_and(is_known);
    if !target.is_some_and(|target| target.starts_with(b"/") || target.starts_with(b"http")) {
        return Err(("request-line-malformed", at));
    }
    let version_fits = match version {
        Some(b"HTTP/1.1") => true,
        None | Some([b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9']) => return Err((VERSION, at)),
        Some(_) => false,
    };
    let target_fits = target.is_some_and(|target| {
        (target.starts_with(b"/") || target.starts_with(b"http"))
            && target.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'#')
            && has_authority(target)
    });
    if method_fits && version_fits && target_fits { Ok(()) } else { Err(("request-line-malformed", at)) }
}

/// Whether a target that is no path has a host, and digits for a port (`source/common/http/utility.cc:Url::initialize`).
fn has_authority(target: &[u8]) -> bool {
    let Some((_, authority)) = line::absolute(target) else { return true };
    let authority = line::without_user(authority);
    let (host, port) = match memchr::memrchr(b':', authority) {
        Some(at) if !authority.ends_with(b"]") => (&authority[..at], &authority[at + 1..]),
        _ => (authority, &b""[..]),
    };
    let is_of_host = |byte: &u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(byte);
    !host.is_empty() && host.iter().all(is_of_host) && port.iter().all(u8::is_ascii_digit)
}

fn valid_in_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!$%&'()*+,-.:;=@[]_~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::basic::head;
    use crate::basic::in_a_word;

    fn outcome(values: &[&[u8]]) -> &'static str {
        in_a_word(&read(&head::with_authorization(values), &mut Trace::default()))
    }

    /// As Envoy 1.40.0 answered.
    #[test]
    fn padding_is_free_and_nothing_else_is() {
        for (value, expected) in [
            (&b"Basic dTpzZWNyZXQ="[..], "u"),
            (b"Basic dTpzZWNyZXQ", "u"),
            (b"Basic dTpzZWNyZXQ==", "u"),
            (b"Basic dTpzZWNyZXQ===", "base64"),
            (b"Basic dTpzZWNyZXR=", "base64"),
            (b"Basic dTpzZWNyZXQA", "other"),
            (b"Basic  dTpzZWNyZXQ=", "base64"),
            (b"basic dTpzZWNyZXQ=", "scheme"),
            (b"Basic dTpz\rZWNyZXQ=", "u"),
            (b"Basic\r\n dTpzZWNyZXQ=", "u"),
            (b"Basic\r\n  dTpzZWNyZXQ=", "base64"),
            (b"Basic dTpzZWNyZXQ=\x01", "control-byte"),
            (b"Basic", "scheme"),
            (b"Basic a", "base64"),
            (b"Basic =", "no-colon"),
            (b"Basic dQ==", "no-colon"),
            (b"", "scheme"),
        ] {
            assert_eq!(outcome(&[value]), expected, "{}", String::from_utf8_lossy(value));
        }
    }

    #[test]
    fn several_headers_are_joined_and_empty_ones_leave_no_comma() {
        assert_eq!(outcome(&[b"", b"Basic dTpzZWNyZXQ=", b" "]), "u");
        assert_eq!(outcome(&[b"Basic dTpzZWNyZXQ=", b"Basic dTpzZWNyZXQ="]), "base64");
        assert_eq!(outcome(&[]), "nothing");
    }
}

//! LDIF (RFC 2849): `userPassword` of entries whose name is their `uid` or the first value of their DN.
//!
//! A value without a scheme in braces is the password itself (RFC 4519, OpenLDAP). crypt(3) stands under `{CRYPT}`.

use super::{Entry, Format, Found, Layer, Names, Unreadable, Write, layer, lines};
use crate::basic::base64;

pub(super) static FORMAT: Format = Format {
    name: "ldif",
    title: "LDIF with userPassword",
    consumer: None,
    looks: |text| {
        let starts = |line: &[u8]| {
            line.get(..4)
                .is_some_and(|start| start.eq_ignore_ascii_case(b"dn: ") || start.eq_ignore_ascii_case(b"dn::"))
        };
        text.split(|&byte| byte == b'\n').any(starts)
            && memchr::memmem::find(&text.to_ascii_lowercase(), b"userpassword:").is_some()
    },
    read: Some(read),
    write: Some(Write { refuses, write }),
};

/// A line with its continuations put together.
struct Line {
    number: u64,
    text: Vec<u8>,
}

fn unfolded(text: &[u8]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (at, line) in text.split(|&byte| byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match (line.strip_prefix(b" "), lines.last_mut()) {
            (Some(rest), Some(last)) => last.text.extend_from_slice(rest),
            _ => lines.push(Line { number: at as u64 + 1, text: line.to_vec() }),
        }
    }
    lines
}

/// An attribute with its value.
struct Attribute {
    /// In lower case.
    name: Vec<u8>,
    value: Vec<u8>,
    /// Whether the value was base64.
    encoded: bool,
}

/// The attribute of a line; `None` for comments and what has none.
fn attribute(line: &Line) -> Result<Option<Attribute>, Unreadable> {
    let Some(colon) = memchr::memchr(b':', &line.text).filter(|_| !line.text.starts_with(b"#")) else {
        return Ok(None);
    };
    let name = line.text[..colon].split(|&byte| byte == b';').next().unwrap_or_default().to_ascii_lowercase();
    let rest = &line.text[colon + 1..];
    let Some(encoded) = rest.strip_prefix(b":") else {
        let value = rest.strip_prefix(b" ").unwrap_or(rest).to_vec();
        return Ok(Some(Attribute { name, value, encoded: false }));
    };
    let decoded = base64::decode_padded(encoded.trim_ascii(), false);
    let value = decoded.ok_or_else(|| Unreadable::at("this is not base64", line.number))?;
    Ok(Some(Attribute { name, value, encoded: true }))
}

fn read(text: &[u8]) -> Result<Vec<Found>, Unreadable> {
    let mut found = Vec::new();
    let (mut rdn, mut uid) = (None, None);
    let mut waiting: Vec<(u64, Vec<u8>, bool)> = Vec::new();
    let lines = unfolded(text);
    let end = Line { number: lines.len() as u64, text: Vec::new() };
    for line in lines.iter().chain([&end]) {
        if line.text.is_empty() {
            let user: Option<Vec<u8>> = uid.take().or(rdn.take());
            for (number, value, encoded) in waiting.drain(..) {
                let user = user.clone().ok_or_else(|| Unreadable::at("this entry has neither uid nor DN", number))?;
                found.push(entry(&user, &value, encoded, &format!("line {number}")));
            }
            (rdn, uid) = (None, None);
            continue;
        }
        let Some(Attribute { name, value, encoded }) = attribute(line)? else { continue };
        match &name[..] {
            b"dn" => rdn = first_value(&value),
            b"uid" => uid = uid.or(Some(value)),
            b"userpassword" => waiting.push((line.number, value, encoded)),
            _ => {}
        }
    }
    Ok(found)
}

/// The value of the first part of a DN, its escapes undone.
fn first_value(dn: &[u8]) -> Option<Vec<u8>> {
    let equals = memchr::memchr(b'=', dn)?;
    let mut value = Vec::new();
    let mut rest = &dn[equals + 1..];
    while let Some((&byte, after)) = rest.split_first() {
        rest = match (byte, after) {
            (b',' | b'+', _) => break,
            (b'\\', [high, low, rest @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let digits = [*high, *low];
                value.extend(std::str::from_utf8(&digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok()));
                rest
            }
            (b'\\', [escaped, rest @ ..]) => {
                value.push(*escaped);
                rest
            }
            _ => {
                value.push(byte);
                after
            }
        };
    }
    Some(value.trim_ascii().to_vec()).filter(|value| !value.is_empty())
}

fn entry(user: &[u8], value: &[u8], encoded: bool, place: &str) -> Found {
    let found = match layer::in_clear(value) {
        Some((password, tag)) => lines::password(user, password, place).under(tag),
        None if value.starts_with(b"{") => Found::hash(user, value, place),
        None => lines::password(user, value, place),
    };
    // What is taken off here, the directory takes off too.
    let found = Found { seen: super::Seen::Meant, ..found };
    if encoded { found.under(Layer::Base64) } else { found }
}

fn refuses(entry: Entry<'_>) -> Option<&'static str> {
    let is_known =
        entry.hash.starts_with(b"{SHA}") || entry.hash.starts_with(b"{SSHA}") || !entry.hash.starts_with(b"{");
    let is_crypt = !entry.hash.starts_with(b"$apr1$");
    (!is_known || !is_crypt).then_some("directories know {SHA}, {SSHA} and crypt(3), and not this scheme").or((entry
        .user
        .is_empty()
        || entry.user.trim_ascii().len() < entry.user.len())
    .then_some("directories drop blanks at the ends of a name, and have no empty ones"))
}

fn write(entries: &[Entry<'_>], names: &Names) -> Vec<u8> {
    let mut text = String::from("version: 1\n");
    for entry in entries {
        let mut dn = b"uid=".to_vec();
        for (at, &byte) in entry.user.iter().enumerate() {
            if b",+\"\\<>;=".contains(&byte) || (byte == b'#' && at == 0) {
                dn.push(b'\\');
            }
            if byte < b' ' || byte == 0x7f {
                dn.extend(format!("\\{byte:02X}").into_bytes());
            } else {
                dn.push(byte);
            }
        }
        dn.extend(format!(",{}", names.base).into_bytes());
        let value = if entry.hash.starts_with(b"{") { entry.hash.to_vec() } else { [b"{CRYPT}", entry.hash].concat() };
        let encode = |bytes: &[u8]| String::from_utf8_lossy(&base64::encode(bytes)).into_owned();
        text.push_str(&folded(&format!("dn:: {}", encode(&dn))));
        text.push_str("changetype: modify\nreplace: userPassword\n");
        text.push_str(&folded(&format!("userPassword:: {}", encode(&value))));
        text.push_str("-\n\n");
    }
    text.into_bytes()
}

/// A line of ASCII, folded at 76 characters.
fn folded(line: &str) -> String {
    let mut folded = String::new();
    let mut rest = line;
    let mut width = 76;
    while rest.len() > width {
        folded.push_str(&rest[..width]);
        folded.push_str("\n ");
        rest = &rest[width..];
        width = 75;
    }
    folded + rest + "\n"
}

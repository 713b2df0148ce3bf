//! Texts of rules with their variables filled in.
//!
//! Behaviour of httpd 2.4.71 `modules/mappers/mod_rewrite.c`: `do_expand`, `lookup_variable`, `escape_backref`.

use crate::conf::apache::rewrite::Flags;
use crate::inquiry::apache::rewrite::{Captured, Engine};
use crate::inquiry::apache::setenvif::Variable;

/// A text with its variables filled in.
#[derive(Default)]
pub(super) struct Expanded {
    pub(super) text: Vec<u8>,
    /// For each question mark whether it came from a variable.
    pub(super) marks: Vec<bool>,
}

impl Expanded {
    fn push(&mut self, text: &[u8], from_outside: bool) {
        self.marks.extend(text.iter().filter(|byte| **byte == b'?').map(|_| from_outside));
        self.text.extend_from_slice(text);
    }
}

impl Engine<'_, '_> {
    /// A text with variables and captures filled in; `None` where one is not known. Captures are escaped as the flags say.
    pub(super) fn expanded(&self, input: &[u8], flags: Option<&Flags>) -> Option<Expanded> {
        let mut out = Expanded::default();
        let mut rest = input;
        while let Some(at) = memchr::memchr3(b'\\', b'$', b'%', rest) {
            out.push(&rest[..at], false);
            rest = &rest[at..];
            match *rest {
                [b'\\', kept, ..] => {
                    out.text.push(kept);
                    rest = &rest[2..];
                }
                [kind, b'{', ..] => {
                    let Some(end) = closing(&rest[2..]) else {
                        out.push(&rest[..2], false);
                        rest = &rest[2..];
                        continue;
                    };
                    let inner = &rest[2..2 + end];
                    if kind == b'%' {
                        out.push(&self.variable(inner)?, true);
                    } else if let Some(colon) = at_depth(inner, b':') {
                        out.push(&self.mapped(&inner[..colon], &inner[colon + 1..], flags)?, true);
                    } else {
                        out.push(&rest[..2], false);
                        rest = &rest[2..];
                        continue;
                    }
                    rest = &rest[2 + end + 1..];
                }
                [kind, digit, ..] if digit.is_ascii_digit() => {
                    let captured = if kind == b'$' { &self.by_rule } else { &self.by_condition };
                    match captured {
                        Captured::Nothing => {}
                        Captured::Unknown => return None,
                        Captured::Parts(parts) => {
                            let part = &parts[usize::from(digit - b'0')];
                            match flags.filter(|flags| flags.escape.is_some()) {
                                Some(flags) => out.push(&escaped(part, flags), true),
                                None => out.push(part, true),
                            }
                        }
                    }
                    rest = &rest[2..];
                }
                _ => {
                    out.push(&rest[..1], false);
                    rest = &rest[1..];
                }
            }
        }
        out.push(rest, false);
        Some(out)
    }

    /// `${map:key|default}`, for the maps that are part of the program.
    fn mapped(&self, map: &[u8], rest: &[u8], flags: Option<&Flags>) -> Option<Vec<u8>> {
        let (key, _) = at_depth(rest, b'|').map_or((rest, &b""[..]), |bar| (&rest[..bar], &rest[bar + 1..]));
        let maps = &self.run.host.rewrite.as_ref()?.maps;
        let (_, source) = maps.iter().rev().find(|(name, _)| name == map)?;
        let key = self.expanded(key, flags)?.text;
        match source.as_slice() {
            b"int:tolower" => Some(key.to_ascii_lowercase()),
            b"int:toupper" => Some(key.to_ascii_uppercase()),
            _ => None,
        }
    }

    /// A variable's value; `None` where it is not known, empty where the module does not know the name.
    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        let run = &*self.run;
        if name.len() < 4 {
            return Some(Vec::new());
        }
        if name[3] == b':' {
            let (kind, inner) = (name[..3].to_ascii_uppercase(), &name[4..]);
            return match kind.as_slice() {
                b"ENV" => match run.variable(inner) {
                    Variable::Set(value) => value,
                    Variable::Unset => {
                        Some(run.model.tree.settings.environment(inner).map_or(Vec::new(), <[u8]>::to_vec))
                    }
                    Variable::Unknown => None,
                },
                b"SSL" if run.request.scheme == b"https" => None,
                _ => Some(Vec::new()),
            };
        }
        if name.get(4) == Some(&b':') {
            let (kind, inner) = (name[..4].to_ascii_uppercase(), &name[5..]);
            return match kind.as_slice() {
                b"HTTP" => Some(run.header(&inner.to_ascii_lowercase())),
                b"LA-U" | b"LA-F" => None,
                _ => Some(Vec::new()),
            };
        }
        let upper = name.to_ascii_uppercase();
        let user = run.user.clone();
        let context = |root: bool| match (&run.context, root) {
            (Some((prefix, _)), false) => Some(prefix.clone()),
            (Some((_, real)), true) => Some(real.clone()),
            (None, false) => Some(Vec::new()),
            (None, true) => Some(run.root().to_vec()),
        };
        match upper.as_slice() {
            b"REQUEST_FILENAME" | b"SCRIPT_FILENAME" => Some(self.file.clone()),
            b"PATH_INFO" => Some(self.info.clone()),
            b"QUERY_STRING" => Some(self.args.clone()),
            b"REMOTE_USER" => Some(user.unwrap_or_default()),
            b"AUTH_TYPE" => Some(user.map_or(Vec::new(), |_| b"Basic".to_vec())),
            b"IPV6" => Some(if run.client().is_ipv6() { b"on".to_vec() } else { b"off".to_vec() }),
            b"SERVER_ADDR" => Some(run.request.address?.to_canonical().to_string().into_bytes()),
            b"SERVER_PORT" => Some(run.server_port()?.to_string().into_bytes()),
            b"CONTEXT_PREFIX" => context(false),
            b"CONTEXT_DOCUMENT_ROOT" => context(true),
            b"DOCUMENT_ROOT" => Some(run.root().to_vec()),
            b"REQUEST_METHOD"
            | b"REQUEST_URI"
            | b"THE_REQUEST"
            | b"REMOTE_ADDR"
            | b"SERVER_PROTOCOL"
            | b"SERVER_NAME"
            | b"HTTPS"
            | b"REQUEST_SCHEME"
            | b"HTTP_HOST"
            | b"HTTP_ACCEPT"
            | b"HTTP_COOKIE"
            | b"HTTP_REFERER"
            | b"HTTP_FORWARDED"
            | b"HTTP_USER_AGENT"
            | b"HTTP_PROXY_CONNECTION"
            | b"IS_SUBREQ" => run.expression_variable(&upper, None, None),
            b"API_VERSION" | b"REMOTE_HOST" | b"REMOTE_PORT" | b"REMOTE_IDENT" | b"SCRIPT_USER" | b"SCRIPT_GROUP"
            | b"SERVER_ADMIN" | b"SERVER_SOFTWARE" | b"CONN_REMOTE_ADDR" => None,
            upper if upper.starts_with(b"TIME") => None,
            _ => Some(Vec::new()),
        }
    }
}

/// Where the brace that is open is closed.
fn closing(text: &[u8]) -> Option<usize> {
    let mut depth = 1_usize;
    text.iter().position(|byte| {
        depth = match byte {
            b'}' => depth - 1,
            b'{' => depth + 1,
            _ => depth,
        };
        depth == 0
    })
}

/// Where a byte stands outside inner braces.
fn at_depth(text: &[u8], wanted: u8) -> Option<usize> {
    let mut depth = 0_usize;
    text.iter().position(|byte| {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && *byte == wanted
    })
}

/// A capture with the flag `B`.
fn escaped(part: &[u8], flags: &Flags) -> Vec<u8> {
    let listed = flags.escape.as_ref().and_then(Option::as_ref);
    let mut out = Vec::new();
    for byte in part {
        let own = if flags.controls { *byte <= b' ' || *byte == 0x7F } else { listed.is_none() };
        let due = (own || listed.is_some_and(|listed| listed.contains(byte))) && !flags.keep.contains(byte);
        match byte {
            byte if !due || byte.is_ascii_alphanumeric() || *byte == b'_' => out.push(*byte),
            b' ' if !flags.no_plus => out.push(b'+'),
            byte => out.extend_from_slice(format!("%{byte:02x}").as_bytes()),
        }
    }
    out
}

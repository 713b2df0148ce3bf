//! Expressions of `<If>` and `Require expr`, evaluated for a request.
//!
//! Behaviour of httpd 2.4.71 `server/util_expr_eval.c`. Where a variable or operator is not modelled, the value is not known, and
//! only what does not depend on it is.

use std::cmp::Ordering;

use crate::basic::head;
use crate::conf::Kind;
use crate::conf::apache::expr::{self, Expr, Order, Piece};
use crate::conf::apache::{path, pattern};
use crate::inquiry::apache::Run;
use crate::inquiry::apache::setenvif::Variable;
use crate::inquiry::host_of;

impl Run<'_> {
    /// Whether a condition holds for a file and user; `None` where that is not known.
    pub(super) fn holds(&self, condition: &Expr, file: Option<&[u8]>, user: Option<&[u8]>) -> Option<bool> {
        let value = |word: &[Piece]| self.text_of(word, file, user);
        match condition {
            Expr::Constant(is) => Some(*is),
            Expr::Not(inner) => self.holds(inner, file, user).map(|is| !is),
            Expr::And(left, right) => match (self.holds(left, file, user), self.holds(right, file, user)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Expr::Or(left, right) => match (self.holds(left, file, user), self.holds(right, file, user)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Expr::Compare(left, order, right) => Some(compared(&value(left)?, *order, &value(right)?)),
            Expr::In(needle, list) => {
                let needle = value(needle)?;
                let mut unknown = false;
                for one in list {
                    match value(one) {
                        Some(one) if one == needle => return Some(true),
                        Some(_) => {}
                        None => unknown = true,
                    }
                }
                (!unknown).then_some(false)
            }
            Expr::Match(word, regex, negated) => Some(regex.is_match(&value(word)?) != *negated),
            Expr::Unary(b'R', word) => Some(expr::network(word)?.holds(self.request.client)),
            Expr::Unary(letter, word) => self.unary(*letter, &value(word)?),
            Expr::Binary(left, name, right) if name == b"ipmatch" => {
                let address = String::from_utf8(value(left)?).ok()?;
                Some(expr::network(right)?.holds(address.parse().ok()?))
            }
            Expr::Binary(left, name, right) => {
                let (left, right) = (value(left)?, value(right)?);
                match name.as_slice() {
                    b"strmatch" => Some(pattern::matches(&right, &left)),
                    b"strcmatch" => Some(pattern::matches(&right.to_ascii_lowercase(), &left.to_ascii_lowercase())),
                    b"fnmatch" => Some(pattern::matches_path(&right, &left)),
                    _ => None,
                }
            }
            Expr::Unread => None,
        }
    }

    fn unary(&self, letter: u8, text: &[u8]) -> Option<bool> {
        let kind = || self.means.files.kind(path(text));
        Some(match letter {
            b'n' => !text.is_empty(),
            b'z' => text.is_empty(),
            b'T' => {
                !text.is_empty()
                    && text != b"0"
                    && ![&b"off"[..], b"no", b"false"].iter().any(|word| text.eq_ignore_ascii_case(word))
            }
            b'e' if text.starts_with(b"/") => kind().is_some(),
            b'd' if text.starts_with(b"/") => kind() == Some(Kind::Folder),
            b'f' if text.starts_with(b"/") => kind() == Some(Kind::File),
            b'L' | b'h' if text.starts_with(b"/") => self.means.files.is_link(path(text)),
            b's' if text.starts_with(b"/") => {
                kind() == Some(Kind::File) && self.means.files.read(path(text)).is_some_and(|bytes| !bytes.is_empty())
            }
            _ => return None,
        })
    }

    /// The value of a string that may have variables; `None` where it is not known.
    pub(super) fn string(&self, text: &[u8], user: Option<&[u8]>) -> Option<Vec<u8>> {
        self.text_of(&expr::string(text)?, None, user)
    }

    /// The value of a text with variables; `None` where it is not known.
    pub(super) fn text_of(&self, word: &[Piece], file: Option<&[u8]>, user: Option<&[u8]>) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        for piece in word {
            match piece {
                Piece::Text(part) => text.extend_from_slice(part),
                Piece::Variable(name) => text.extend(self.expression_variable(name, file, user)?),
                Piece::Function(name, inner) => {
                    let inner = self.text_of(inner, file, user)?;
                    text.extend(self.function(name, &inner)?);
                }
                Piece::Capture(_) => {}
            }
        }
        Some(text)
    }

    pub(super) fn expression_variable(&self, name: &[u8], file: Option<&[u8]>, user: Option<&[u8]>) -> Option<Vec<u8>> {
        let request = self.request;
        let secure = request.scheme == b"https";
        // The scheme of the URL is the server's own only where it can do TLS itself.
        let known = !secure || self.model.tree.settings.has_module("mod_ssl.c");
        Some(match name.to_ascii_uppercase().as_slice() {
            b"REQUEST_METHOD" if self.within == 0 => request.method.clone(),
            b"REQUEST_METHOD" => b"GET".to_vec(),
            b"REQUEST_URI" | b"DOCUMENT_URI" => self.path.clone(),
            b"QUERY_STRING" => self.args.clone(),
            b"REQUEST_FILENAME" | b"SCRIPT_FILENAME" => file.unwrap_or(&self.file).to_vec(),
            b"PATH_INFO" => self.info.clone(),
            b"SERVER_PORT" => self.server_port()?.to_string().into_bytes(),
            b"REQUEST_STATUS" => b"200".to_vec(),
            b"IPV6" => if self.client().is_ipv6() { &b"on"[..] } else { b"off" }.to_vec(),
            b"REMOTE_USER" => user.unwrap_or_default().to_vec(),
            b"REMOTE_ADDR" => self.client().to_string().into_bytes(),
            b"THE_REQUEST" => [&request.method[..], b" ", &request.target, b" ", self.protocol()].concat(),
            b"SERVER_PROTOCOL" => self.protocol().to_vec(),
            b"SERVER_NAME" if !self.mentions(&[b"usecanonicalname"]) => host_of(&request.host),
            b"IS_SUBREQ" => if self.within > 0 { &b"true"[..] } else { b"false" }.to_vec(),
            b"HTTPS" if known => if secure { &b"on"[..] } else { b"off" }.to_vec(),
            b"REQUEST_SCHEME" if known => request.scheme.clone(),
            b"DOCUMENT_ROOT" => self.root().to_vec(),
            b"HTTP_HOST" => request.host.clone(),
            b"HTTP_USER_AGENT" => self.header(b"user-agent"),
            b"HTTP_REFERER" => self.header(b"referer"),
            b"HTTP_COOKIE" => self.header(b"cookie"),
            b"HTTP_FORWARDED" => self.header(b"forwarded"),
            b"HTTP_ACCEPT" => self.header(b"accept"),
            b"HTTP_PROXY_CONNECTION" => self.header(b"proxy-connection"),
            _ => return None,
        })
    }

    fn function(&self, name: &[u8], text: &[u8]) -> Option<Vec<u8>> {
        Some(match name.to_ascii_lowercase().as_slice() {
            b"req" | b"http" | b"req_novary" => self.header(&text.to_ascii_lowercase()),
            b"tolower" => text.to_ascii_lowercase(),
            b"toupper" => text.to_ascii_uppercase(),
            b"env" if self.variable(text) == Variable::Unset => {
                self.model.tree.settings.environment(text).unwrap_or_default().to_vec()
            }
            b"osenv" => self.model.tree.settings.environment(text).unwrap_or_default().to_vec(),
            b"base64" => crate::basic::base64::encode(text),
            b"md5" => format!("{:x}", md5::compute(text)).into_bytes(),
            b"reqenv" | b"env" => match self.variable(text) {
                Variable::Unset => Vec::new(),
                Variable::Set(value) => value?,
                Variable::Unknown => return None,
            },
            _ => return None,
        })
    }

    fn protocol(&self) -> &[u8] {
        let line = head::lines(&self.request.head).next().map_or(&b""[..], |line| line.bytes);
        line.trim_ascii_end().rsplit(|byte| *byte == b' ').next().unwrap_or_default()
    }

    /// The value of a header, its lines joined; empty where there is none.
    pub(super) fn header(&self, name: &[u8]) -> Vec<u8> {
        if name == b"host" {
            return self.request.host.clone();
        }
        let own = head::lines(&self.request.head).skip(1).filter_map(|line| {
            let (field, value) = crate::bytes::split_once(line.bytes, b':')?;
            field.eq_ignore_ascii_case(name).then(|| value.trim_ascii())
        });
        own.collect::<Vec<_>>().join(&b", "[..])
    }
}

/// Whether two words are in this order; as numbers, what follows the digits does not count.
fn compared(left: &[u8], order: Order, right: &[u8]) -> bool {
    let found = if order.numbers { number(left).cmp(&number(right)) } else { left.cmp(right) };
    match found {
        Ordering::Less => order.holds[0],
        Ordering::Equal => order.holds[1],
        Ordering::Greater => order.holds[2],
    }
}

pub(super) fn number(text: &[u8]) -> i128 {
    let text = text.trim_ascii_start();
    let negative = text.starts_with(b"-");
    let digits = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit()).take(18);
    let value = digits.fold(0_i128, |value, digit| value * 10 + i128::from(digit - b'0'));
    if negative { -value } else { value }
}

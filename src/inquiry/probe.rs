//! The server's real answer held against the predicted one: do they differ, and what shows where it comes from.
//!
//! Only the gate is compared: 401, 403, 500 and 503, or through. What stands behind the gate answers with whatever it likes.

use crate::server::Decision;
use crate::trace::Verdict;

/// A response head, as far as it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    headers: Vec<(String, String)>,
}

impl Answer {
    /// The head in these bytes, which may go on behind it; `None` where there is none.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let end = memchr::memmem::find(bytes, b"\r\n\r\n").unwrap_or(bytes.len());
        let mut lines = bytes[..end].split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
        let first = lines.next()?;
        let status = first.strip_prefix(b"HTTP/1.")?.get(2..5)?;
        let status = std::str::from_utf8(status).ok()?.parse().ok()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes.trim_ascii()).into_owned();
        let header = |line: &[u8]| {
            let (name, value) = crate::bytes::split_once(line, b':')?;
            Some((text(name).to_ascii_lowercase(), text(value)))
        };
        Some(Self { status, headers: lines.filter_map(header).collect() })
    }

    /// The value of the first header of this name, in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The realm of a Basic challenge.
    #[must_use]
    pub fn realm(&self) -> Option<&str> {
        let challenge = self.header("www-authenticate")?;
        let rest = &challenge[challenge.to_ascii_lowercase().find("realm=")? + 6..];
        Some(rest.strip_prefix('"').map_or(rest, |rest| rest.split('"').next().unwrap_or(rest)))
    }
}

/// What a difference points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clue {
    /// What to look at, in kebab-case.
    pub code: &'static str,
    /// Why, in a sentence without full stop.
    pub text: String,
}

/// What is known beside the prediction.
pub struct Known<'a> {
    /// The product whose configuration was read, such as `nginx`.
    pub product: &'a str,
    /// The realm that the configuration names for the request.
    pub realm: Option<&'a str>,
    /// Whether the configuration was edited after it was last read.
    pub is_stale: bool,
}

/// The gate that a status shows: itself, or 0 for one that let the request through.
const fn gate(status: u16) -> u16 {
    match status {
        401 | 403 | 500 | 503 => status,
        _ => 0,
    }
}

/// Whether the answer is the predicted one; `None` where nothing was predicted.
#[must_use]
pub fn agrees(decision: &Decision, answer: &Answer) -> Option<bool> {
    match decision.verdict {
        Verdict::Undecided => None,
        Verdict::Granted | Verdict::Open => {
            let predicted = decision.status.unwrap_or(200);
            Some(gate(answer.status) == 0 || answer.status == predicted)
        }
        _ => Some(decision.status.is_none_or(|status| gate(answer.status) == gate(status))),
    }
}

/// What to look at where they differ, the likeliest first. Empty where they agree and no other layer shows.
#[must_use]
pub fn clues(decision: &Decision, answer: &Answer, known: &Known<'_>) -> Vec<Clue> {
    let mut clues = Vec::new();
    let mut push = |code, text| clues.push(Clue { code, text });
    if agrees(decision, answer) == Some(true) {
        return clues;
    }
    if known.is_stale {
        push("stale-configuration", "the configuration was edited after the server last read it: reload it".to_owned());
    }
    for (name, what) in [
        ("x-cache", "a cache"),
        ("age", "a cache"),
        ("x-varnish", "Varnish"),
        ("cf-ray", "Cloudflare"),
        ("via", "a proxy"),
    ] {
        if let Some(value) = answer.header(name) {
            push(
                "cache-or-proxy",
                format!("the answer has the header `{name}: {value}`: {what} gave it or passed it on"),
            );
        }
    }
    if let Some(server) = answer.header("server")
        && !server.to_ascii_lowercase().contains(known.product)
    {
        push("other-server", format!("the answer says `Server: {server}`, which is not {}", known.product));
    }
    if let Some(realm) = answer.realm()
        && known.realm != Some(realm)
    {
        let here =
            known.realm.map_or_else(|| "none is configured".to_owned(), |realm| format!("here it is \"{realm}\""));
        push(
            "other-realm",
            format!(
                "the challenge has the realm \"{realm}\" and {here}: another virtual host, or a program behind the server, asks for it"
            ),
        );
    }
    if clues.is_empty() {
        clues.push(Clue {
            code: "unexplained",
            text: "no header shows why: a module that is not modelled, an older configuration, or a program behind the server".to_owned(),
        });
    }
    clues
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{Trace, codes};

    fn answer(text: &str) -> Answer {
        Answer::parse(text.as_bytes()).unwrap()
    }

    fn codes_of(decision: &Decision, text: &str, known: &Known<'_>) -> Vec<&'static str> {
        clues(decision, &answer(text), known).iter().map(|clue| clue.code).collect()
    }

    #[test]
    fn only_the_gate_is_compared() {
        let granted = Decision::new(Verdict::Granted, 200, codes::OK, Trace::default());
        for status in [200, 204, 301, 404] {
            assert_eq!(agrees(&granted, &answer(&format!("HTTP/1.1 {status} X\r\n\r\n"))), Some(true));
        }
        assert_eq!(agrees(&granted, &answer("HTTP/1.1 401 X\r\n\r\n")), Some(false));
        let denied = Decision::new(Verdict::Denied, 401, codes::PASSWORD_MISMATCH, Trace::default());
        assert_eq!(agrees(&denied, &answer("HTTP/1.1 404 X\r\n\r\n")), Some(false));
        let undecided = Decision::without_status(Verdict::Undecided, codes::NOT_MODELLED, Trace::default());
        assert_eq!(agrees(&undecided, &answer("HTTP/1.0 200 X\r\n\r\n")), None);
    }

    #[test]
    fn headers_show_who_answered() {
        let granted = Decision::new(Verdict::Granted, 200, codes::OK, Trace::default());
        let mut known = Known { product: "nginx", realm: Some("Staff"), is_stale: false };
        let other =
            "HTTP/1.1 401 X\r\nServer: Apache\r\nVia: 1.1 proxy\r\nWWW-Authenticate: Basic realm=\"App\"\r\n\r\n";
        assert_eq!(codes_of(&granted, other, &known), ["cache-or-proxy", "other-server", "other-realm"]);
        let own = "HTTP/1.1 401 X\r\nServer: nginx/1.22.1\r\nWWW-Authenticate: Basic realm=\"Staff\"\r\n\r\n";
        assert_eq!(codes_of(&granted, own, &known), ["unexplained"]);
        known.is_stale = true;
        assert_eq!(codes_of(&granted, own, &known), ["stale-configuration"]);
        assert!(codes_of(&granted, "HTTP/1.1 200 OK\r\n\r\n", &known).is_empty());
        assert_eq!(Answer::parse(b"SSH-2.0-x\r\n"), None);
    }
}

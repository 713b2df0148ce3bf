//! `handle_errors`: what answers in the place of an error, such as refused credentials.
//!
//! Behaviour of Caddy 2.6.2 and 2.11.7 `modules/caddyhttp/server.go:ServeHTTP`, `staticresp.go:ServeHTTP`: the headers of the error stay,
//! and `respond` without a status answers with that of the error.

use crate::conf::Unmodelled;
use crate::conf::caddy::tree::{Directive, Site};
use crate::inquiry::caddy::Run;
use crate::inquiry::course::unmodelled;
use crate::server::Decision;

/// What changes neither the status nor who is let in.
const HARMLESS: &[&str] = &["header", "root", "templates", "encode", "vars", "log_name", "log_skip", "skip_log"];

impl Run<'_> {
    /// The answer to an error on a site.
    pub(super) fn error(&mut self, site: &Site, mut decision: Decision) -> Result<Decision, Unmodelled> {
        let mut lines = site.block.iter().filter(|line| line.name() == "handle_errors");
        let Some(line) = lines.next() else { return Ok(decision) };
        let odd = || unmodelled(line.place(), "what handle_errors answers in place of an error");
        if lines.next().is_some() || line.words.len() > 1 || decision.verdict.lets_in() {
            return Err(odd());
        }
        let (harmless, rest): (Vec<&Directive>, Vec<&Directive>) =
            line.inside().iter().partition(|line| HARMLESS.contains(&line.name()));
        let [respond] = rest[..] else { return if rest.is_empty() { Ok(decision) } else { Err(odd()) } };
        if harmless.iter().copied().chain([respond]).any(|line| line.unknown().is_some()) {
            return Err(odd());
        }
        decision.status = match status(respond).ok_or_else(odd)? {
            Said::Number(status) => Some(status),
            Said::Nothing => decision.status,
        };
        self.course.link(respond.place(), "errors", "handle_errors answers in place of the error");
        Ok(decision)
    }
}

/// What `respond` says of the status.
enum Said {
    Number(u16),
    Nothing,
}

/// `None` where that is not modelled.
fn status(line: &Directive) -> Option<Said> {
    let number = |text: &[u8]| match text {
        [b'1'..=b'9', _, _] => std::str::from_utf8(text).ok()?.parse().ok(),
        _ => None,
    };
    let is_matcher = |text: &[u8]| matches!(text.first(), Some(b'/' | b'@' | b'*'));
    if line.name() != "respond" || line.block.is_some() || (line.words.len() > 1 && is_matcher(line.word(1))) {
        return None;
    }
    match line.words.len() {
        1 => Some(Said::Nothing),
        2 => Some(number(line.word(1)).map_or(Said::Nothing, Said::Number)),
        3 if line.word(2) == b"{err.status_code}" => Some(Said::Nothing),
        3 => number(line.word(2)).map(Said::Number),
        _ => None,
    }
}

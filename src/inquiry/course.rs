//! What the inquiries of HAProxy, Caddy and Traefik have alike: a request on its way through rules, some of which ask for credentials.

use std::path::{Path, PathBuf};

use crate::conf::{Place, Unmodelled};
use crate::inquiry::held::Held;
use crate::inquiry::{Finding, Lent, Link, Means, Request, undecided};
use crate::server::{Decision, Inputs, UserFile};
use crate::trace::{Trace, Verdict, codes};

/// A request head without credentials.
const BARE: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// A request on its way.
pub(super) struct Course<'a> {
    pub(super) request: &'a Request,
    pub(super) means: &'a Means<'a>,
    work: Lent<'a>,
    /// The rules that took part so far.
    pub(super) chain: Vec<Link>,
    /// What the last users that were asked said.
    pub(super) checked: Option<Decision>,
    /// The file of users that was asked last.
    pub(super) user_file: Option<PathBuf>,
    /// The file of the configuration that the users who were asked last stand in.
    pub(super) held: Option<PathBuf>,
}

impl<'a> Course<'a> {
    pub(super) const fn new(request: &'a Request, means: &'a Means<'a>, work: Lent<'a>) -> Self {
        Self { request, means, work, chain: Vec::new(), checked: None, user_file: None, held: None }
    }

    /// Adds a rule to the chain.
    pub(super) fn link(&mut self, place: &Place, rule: &'static str, text: impl Into<String>) {
        self.chain.push(Link { place: Some(place.clone()), rule, text: text.into() });
    }

    /// What the server makes of a file of users, at a path that it names, and of the credentials or of none.
    pub(super) fn decide(&mut self, file: &dyn UserFile, path: &Path, is_bare: bool) -> Decision {
        use std::os::unix::ffi::OsStrExt;
        let head = if is_bare { BARE } else { &self.request.head };
        let path = path.as_os_str().as_bytes();
        let inputs = Inputs { head, path, file, uri: &self.request.target };
        self.means.server.decide(&inputs, self.work)
    }

    /// The answer to a request that the server refuses to read, whatever the configuration says.
    pub(super) fn refused(&mut self, lines: &[u8]) -> Option<Decision> {
        Some(self.decide(&lines, Path::new(""), false)).filter(|head| head.verdict == Verdict::Failed)
    }

    /// What the server makes of users who stand in the configuration; the answer points there.
    pub(super) fn ask(&mut self, held: &Held, is_bare: bool) -> Decision {
        let decision = self.decide(held, Path::new(""), is_bare);
        let (decision, file) = held.placed(decision);
        self.held = file;
        decision
    }

    /// The answer of users who let the request pass, if any were asked.
    pub(super) fn granted(&mut self) -> Option<Decision> {
        self.checked.take().filter(|checked| checked.verdict == Verdict::Granted)
    }

    /// The end.
    pub(super) fn finding(mut self, decision: Result<Decision, Unmodelled>) -> Finding {
        let decision = decision.unwrap_or_else(|unmodelled| undecided(&unmodelled, &mut self.chain));
        let asked = decision.entry.is_some() || decision.trace.iter().next().is_some();
        let held = self.held.filter(|_| asked);
        Finding { decision, chain: self.chain, user_file: self.user_file, held }
    }
}

pub(super) fn unmodelled(place: &Place, what: impl Into<String>) -> Unmodelled {
    Unmodelled { place: Some(place.clone()), what: what.into() }
}

pub(super) fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

/// An answer that comes before credentials are looked at.
pub(super) fn before(verdict: Verdict, status: u16) -> Decision {
    Decision::new(verdict, status, codes::ANSWERED_BEFORE, Trace::default())
}

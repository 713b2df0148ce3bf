//! What the records tell of one client.

use std::collections::BTreeSet;

use crate::log::event::{Event, User};
use crate::trace::codes;

/// What the records tell of one client.
#[derive(Clone, Debug, Default)]
pub struct Visitor {
    /// Records with a user name.
    pub named: u64,
    /// Requests that were let in with a name.
    pub granted: u64,
    /// Refusals without a name, of requests that a person or program made for a page.
    pub nameless: u64,
    /// The same for `OPTIONS`.
    pub preflights: u64,
    /// The same for files that browsers fetch without credentials.
    pub assets: u64,
    /// One of their paths.
    pub asset: Vec<u8>,
    /// Refusals by a server behind.
    pub upstream: u64,
    /// Names that were refused as unknown or wrong, as far as they are kept.
    pub refused_names: BTreeSet<Vec<u8>>,
    /// Names that were let in, as far as they are kept.
    pub granted_names: BTreeSet<Vec<u8>>,
    /// Refusals by a limit or a rule on addresses.
    pub limited: u64,
}

impl Visitor {
    pub(super) fn take(&mut self, event: &Event<'_>) {
        const NAMES: usize = 8;
        let keep = |names: &mut BTreeSet<Vec<u8>>, name: &[u8]| {
            if names.len() < NAMES && !names.contains(name) {
                names.insert(name.to_vec());
            }
        };
        let Some(cause) = event.cause else { return };
        if let Some(name) = event.name() {
            self.named += 1;
            if cause == codes::OK {
                self.granted += 1;
                keep(&mut self.granted_names, name);
            } else if cause != codes::RATE_LIMITED && cause != codes::ADDRESS_DENIED {
                keep(&mut self.refused_names, name);
            }
        }
        if cause == codes::REFUSED_UPSTREAM {
            self.upstream += 1;
        } else if cause == codes::RATE_LIMITED {
            self.limited += 1;
        }
        let nameless = matches!(event.user, User::None | User::Unlogged)
            && (cause == codes::NO_USER_LOGGED || cause == codes::NO_CREDENTIALS);
        if !nameless {
            return;
        }
        if event.method.as_deref() == Some(b"OPTIONS") {
            self.preflights += 1;
        } else if event.path.as_deref().is_some_and(is_asset) {
            self.assets += 1;
            self.asset = event.path.as_deref().unwrap_or_default().to_vec();
        } else {
            self.nameless += 1;
        }
    }
}

/// Files that browsers fetch without credentials, by themselves.
fn is_asset(path: &[u8]) -> bool {
    const ENDS: &[&[u8]] = &[
        b".map",
        b"/favicon.ico",
        b"/manifest.json",
        b"/manifest.webmanifest",
        b".webmanifest",
        b"/sw.js",
        b"/service-worker.js",
        b"/serviceworker.js",
        b"/robots.txt",
        b"/apple-touch-icon.png",
        b"/apple-touch-icon-precomposed.png",
        b"/browserconfig.xml",
    ];
    ENDS.iter().any(|end| path.ends_with(end)) || memchr::memmem::find(path, b"/apple-touch-icon").is_some()
}

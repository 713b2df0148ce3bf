//! The accounts of a `basic_auth`, and those with which Caddy does not start.
//!
//! Behaviour of Caddy 2.6.2 and 2.11.7 `modules/caddyhttp/caddyauth/caddyfile.go`, `basicauth.go:Provision`.

use crate::conf::Unmodelled;
use crate::conf::caddy::lex::Word;
use crate::conf::caddy::tree::Directive;
use crate::inquiry::caddy::order::Generation;
use crate::inquiry::caddy::{Flow, Run};
use crate::inquiry::course::{shown, unmodelled};
use crate::inquiry::held::Held;
use crate::server::Decision;
use crate::trace::{Trace, Verdict, codes};

impl Run<'_> {
    /// Accounts that keep Caddy from starting at all.
    pub(super) fn refuses_to_start(&mut self) -> Result<Option<Decision>, Unmodelled> {
        let mut open: Vec<&Directive> = self.tree.sites.iter().rev().flat_map(|site| site.block.iter().rev()).collect();
        while let Some(line) = open.pop() {
            if line.name() == "basic_auth" && self.generation == Generation::V2_6 {
                self.course.link(
                    line.place(),
                    "accounts",
                    "unrecognized directive: basic_auth (this generation has basicauth)",
                );
                let trace = Trace::default();
                return Ok(Some(Decision::without_status(Verdict::RefusedToStart, codes::MISCONFIGURED, trace)));
            }
            if matches!(line.name(), "basic_auth" | "basicauth") && line.unknown().is_none() {
                let accounts = accounts(line)?;
                let decision = self.course.ask(&accounts, true);
                if decision.verdict == Verdict::RefusedToStart {
                    self.course.link(line.place(), "accounts", "Caddy does not start with these accounts");
                    return Ok(Some(decision));
                }
            }
            if matches!(line.name(), "route" | "handle" | "handle_path") {
                open.extend(line.inside().iter().rev());
            }
        }
        Ok(None)
    }

    pub(super) fn accounts(&mut self, line: &Directive, values: &[Word], told: &str) -> Result<Flow, Unmodelled> {
        if let Some(word) = line.unknown() {
            return Err(unmodelled(&word.place, "accounts with a variable of the environment"));
        }
        if let Some(word) = values.first().filter(|word| word.text != b"bcrypt") {
            return Err(unmodelled(&word.place, format!("accounts with hashes of {}", shown(&word.text))));
        }
        if let Some(place) = &self.changed {
            return Err(unmodelled(place, "credentials that are changed before accounts are asked"));
        }
        let accounts = accounts(line)?;
        let decision = self.course.ask(&accounts, false);
        self.course.link(line.place(), "accounts", format!("{}{told}: {}", line.name(), count(line.inside().len())));
        if decision.verdict == Verdict::Undecided {
            return Err(unmodelled(line.place(), "a hash or a name that is not computed here"));
        }
        if let Some(user) = self.presented()
            && let Some(account) = line.inside().iter().find(|account| account.word(0) == user)
        {
            self.course.link(account.place(), "account", "the user's account");
        }
        if decision.verdict != Verdict::Granted {
            return Ok(Flow::Error(decision));
        }
        self.course.checked = Some(decision);
        Ok(Flow::On)
    }

    /// The user of the credentials.
    fn presented(&self) -> Option<Vec<u8>> {
        use crate::basic::{Presented, go, go_http};
        let read = go::read(go::Dialect::Request, go_http::Net::OLD, &self.course.request.head, &mut Trace::default());
        match read.presented {
            Presented::Credentials(credentials) => Some(credentials.user),
            _ => None,
        }
    }
}

fn count(accounts: usize) -> String {
    if accounts == 1 { "1 account".to_owned() } else { format!("{accounts} accounts") }
}

/// The accounts as lines of a file.
fn accounts(line: &Directive) -> Result<Held, Unmodelled> {
    let mut held = Held::default();
    for account in line.inside() {
        let name = account.word(0);
        let is_odd = |text: &[u8]| text.contains(&b'\n') || text.contains(&b'\r');
        if name.contains(&b':') || name.starts_with(b"#") || is_odd(name) || is_odd(account.word(1)) {
            return Err(unmodelled(account.place(), "an account whose name has signs in it"));
        }
        if account.words.len() > 2 {
            return Err(unmodelled(account.place(), "an account with a salt"));
        }
        let written = |at: usize| account.words.get(at).map(|word| word.written);
        held.entry(account.place(), (name, written(0)), (account.word(1), written(1)));
    }
    Ok(held)
}

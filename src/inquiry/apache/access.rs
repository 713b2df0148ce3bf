//! The access phases: addresses, rules before and after a user is known, and the check of credentials between them.
//!
//! Behaviour of httpd 2.4.71 `server/request.c:ap_process_request_internal`, `modules/aaa/mod_access_compat.c:check_dir_access`,
//! `modules/aaa/mod_authz_core.c:authorize_user_core`.

use crate::conf::Unmodelled;
use crate::conf::apache::rules::{Compat, From, HostRule, Order, Rules};
use crate::inquiry::apache::authz::{Status, User};
use crate::inquiry::apache::setenvif::Variable;
use crate::inquiry::apache::{Run, Stop, Target, refused, shown, unmodelled};
use crate::trace::{Level, Verdict, codes};

impl Run<'_> {
    /// Asks for access; `Err` where the request does not get through.
    pub(super) fn access(&mut self, target: &Target) -> Result<(), Stop> {
        self.file.clone_from(&target.file);
        self.info.clone_from(&target.info);
        let rules = &target.rules;
        if let Some(foreign) = rules.foreign.first() {
            return Err(unmodelled(Some(&foreign.place), format!("{} decides here", shown(&foreign.value))));
        }
        let satisfy = rules.compat.as_ref().and_then(|compat| {
            let found = compat.satisfy.iter().find(|(limited, _)| limited & self.limited != 0);
            found.map(|(_, said)| said.clone())
        });
        let any = satisfy.as_ref().is_some_and(|said| said.value);
        let admitted = self.addresses(rules.compat.as_ref(), target)?;
        match (admitted, any) {
            (true, true) => {
                let place = satisfy.map(|said| said.place);
                self.link(place.as_ref(), "satisfy", "Satisfy any, and the address is admitted: no login is asked for");
                return Ok(());
            }
            (false, false) => return Err(refused(Verdict::Forbidden, 403, codes::ADDRESS_DENIED)),
            _ => {}
        }
        if self.authorize(target, User::Unknown)? {
            return Ok(());
        }
        self.authenticate(rules, any)?;
        self.authorize(target, User::Known)?;
        Ok(())
    }

    /// Whether `Order`, `Allow` and `Deny` admit the client.
    fn addresses(&mut self, compat: Option<&Compat>, target: &Target) -> Result<bool, Stop> {
        let Some(compat) = compat else { return Ok(true) };
        let order = compat.order.iter().find(|(limited, _)| limited & self.limited != 0);
        let order = order.map_or(Order::DenyAllow, |(_, order)| *order);
        let allow = self.first(&compat.allow);
        let deny = self.first(&compat.deny);
        // What is not known may not matter.
        let outcome = |allow: bool, deny: bool| match order {
            Order::AllowDeny | Order::MutualFailure => allow && !deny,
            Order::DenyAllow => !deny || allow,
        };
        let values = |found: &Result<Option<HostRule>, Unmodelled>| match found {
            Ok(found) => vec![found.is_some()],
            Err(_) => vec![false, true],
        };
        let mut outcomes: Vec<bool> = values(&allow)
            .iter()
            .flat_map(|allow| values(&deny).iter().map(|deny| outcome(*allow, *deny)).collect::<Vec<_>>())
            .collect();
        outcomes.sort_unstable();
        outcomes.dedup();
        let [admitted] = outcomes[..] else {
            return Err(Stop::Unmodelled(match (allow, deny) {
                (Err(unmodelled), _) | (_, Err(unmodelled)) => unmodelled,
                _ => Unmodelled { place: None, what: "the order of rules on addresses".to_owned() },
            }));
        };
        let deciding = match (admitted, allow, deny) {
            (true, Ok(Some(rule)), _) | (false, _, Ok(Some(rule))) => Some(rule),
            _ => None,
        };
        if let Some(rule) = &deciding {
            let verb = if admitted { "Allow" } else { "Deny" };
            let text = format!("{verb} from {} holds for {}", shown(&rule.text), self.client());
            self.link(Some(&rule.place), "address", text);
        }
        if !admitted {
            self.says(Level::Error, &[b"AH01797: client denied by server configuration: ", &target.file]);
        }
        Ok(admitted)
    }

    /// The first rule that is about the client.
    fn first(&self, rules: &[HostRule]) -> Result<Option<HostRule>, Unmodelled> {
        let mut unknown = None;
        for rule in rules.iter().filter(|rule| rule.limited & self.limited != 0) {
            let is = match &rule.from {
                From::All => Some(true),
                From::Net(network) => Some(network.holds(self.request.client)),
                From::Env(name, negated) => self.variable_set(name).map(|set| set != *negated),
                From::Host => None,
            };
            match is {
                Some(true) => return Ok(Some(rule.clone())),
                Some(false) => {}
                None => unknown = unknown.or(Some(rule)),
            }
        }
        match unknown {
            None => Ok(None),
            Some(rule) => Err(Unmodelled {
                place: Some(rule.place.clone()),
                what: format!("whether {} is the client's host or is set", shown(&rule.text)),
            }),
        }
    }

    /// Whether a variable of the request is set; `None` where something may set it.
    pub(super) fn variable_set(&self, name: &[u8]) -> Option<bool> {
        match self.variable(name) {
            Variable::Unset => Some(false),
            Variable::Set(_) => Some(true),
            Variable::Unknown => None,
        }
    }

    /// One pass of mod_authz_core: `Ok(true)` where the request may go on, `Ok(false)` where a user is needed first.
    fn authorize(&mut self, target: &Target, user: User) -> Result<bool, Stop> {
        let rules = &target.rules;
        let Some(node) = &rules.require else {
            let Some(auth_type) = auth_type(rules) else {
                return Ok(true);
            };
            let place = rules.auth_type.as_ref().map(|said| said.place.clone());
            self.says(Level::Error, &[b"AH01627: AuthType configured with no corresponding authorization directives"]);
            self.link(place.as_ref(), "no-require", format!("AuthType {} and no Require at all", shown(auth_type)));
            return Err(refused(Verdict::Failed, 500, codes::MISCONFIGURED));
        };
        let (status, decider) = self.evaluate(node, rules, user)?;
        if let Some((place, text)) = &decider {
            let outcome = match status {
                Status::Granted => "admits",
                Status::NoUser => "asks for a user",
                Status::Denied | Status::Neutral => "does not admit",
            };
            let whom = match (&self.user, user) {
                (Some(name), User::Known) => shown(name),
                _ => "this request".to_owned(),
            };
            let text = if status == Status::NoUser {
                format!("Require {text} {outcome}")
            } else {
                format!("Require {text} {outcome} {whom}")
            };
            self.link(Some(place), "require", text);
        }
        let path = self.path.clone();
        match (status, user) {
            (Status::Granted, _) => Ok(true),
            (Status::NoUser, User::Unknown) => Ok(false),
            (Status::NoUser, User::Known) => {
                self.says(Level::Error, &[b"AH01629: authorization failure (no authenticated user): ", &path]);
                Err(self.denied(Verdict::Denied, 401))
            }
            (Status::Denied | Status::Neutral, _) => {
                if user == User::Unknown || auth_type(rules).is_none() {
                    let what = if target.file.is_empty() { [b"uri ", &path[..]].concat() } else { target.file.clone() };
                    self.says(Level::Error, &[b"AH01630: client denied by server configuration: ", &what]);
                    return Err(refused(Verdict::Forbidden, 403, reason_of(node)));
                }
                let name = self.user.clone().unwrap_or_default();
                self.says(Level::Error, &[b"AH01631: user ", &name, b": authorization failure for \"", &path, b"\": "]);
                let forbidden = rules.forbidden == Some(true);
                Err(if forbidden { self.denied(Verdict::Forbidden, 403) } else { self.denied(Verdict::Denied, 401) })
            }
        }
    }

    /// The refusal of a user whose password is right: the steps and the entry of the check are kept.
    fn denied(&mut self, verdict: Verdict, status: u16) -> Stop {
        let (trace, entry) = self.checked.take().map(|checked| (checked.trace, checked.entry)).unwrap_or_default();
        let mut decision = crate::server::Decision::new(verdict, status, codes::USER_NOT_AUTHORIZED, trace);
        decision.entry = entry;
        decision.into()
    }
}

/// `AuthType`, unless it is `None`.
pub(super) fn auth_type(rules: &Rules) -> Option<&[u8]> {
    let name = rules.auth_type.as_ref()?.value.as_slice();
    (!name.eq_ignore_ascii_case(b"none")).then_some(name)
}

/// Whether addresses are what the rules are about.
fn reason_of(node: &crate::conf::apache::rules::Node) -> crate::trace::Code {
    use crate::conf::apache::rules::{NodeKind, TestKind};
    fn by_address(node: &crate::conf::apache::rules::Node) -> bool {
        match &node.kind {
            NodeKind::Test(test) => matches!(test.kind, TestKind::Ip(_) | TestKind::Local),
            NodeKind::Any(children) | NodeKind::All(children) => children.iter().any(by_address),
        }
    }
    if by_address(node) { codes::ADDRESS_DENIED } else { codes::RULE_DENIED }
}

//! The rules of `Require`, evaluated with and without a user.
//!
//! Behaviour of httpd 2.4.71 `modules/aaa/mod_authz_core.c:apply_authz_sections`. A rule that is not modelled has every answer that it
//! may have; only where the whole depends on it, it is not decided.

use crate::conf::Place;
use crate::conf::apache::lex;
use crate::conf::apache::rules::{Node, NodeKind, Rules, TestKind};
use crate::inquiry::apache::{Run, Stop, shown, unmodelled};

/// What a rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Granted,
    Denied,
    NoUser,
    Neutral,
}

/// Which pass it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum User {
    Unknown,
    Known,
}

/// A rule's place and words.
type Decider = (Place, String);

impl Run<'_> {
    /// What the rules say, and the rule that was decisive.
    pub(super) fn evaluate(
        &mut self,
        node: &Node,
        rules: &Rules,
        user: User,
    ) -> Result<(Status, Option<Decider>), Stop> {
        let mut leaves = Vec::new();
        let statuses = self.node(node, true, rules, user, &mut leaves)?;
        let [status] = statuses[..] else {
            let open = leaves.iter().find(|(_, statuses)| statuses.len() > 1);
            let Some(((place, text), _)) = open else { return Err(unmodelled(Some(&node.place), "rules of Require")) };
            return Err(unmodelled(Some(place), format!("Require {text}")));
        };
        let decider = leaves
            .iter()
            .rev()
            .find(|(_, statuses)| statuses.contains(&status))
            .or(leaves.last())
            .map(|(decider, _)| decider.clone());
        Ok((status, decider))
    }

    /// All that a node may say.
    fn node(
        &mut self,
        node: &Node,
        parent_all: bool,
        rules: &Rules,
        user: User,
        leaves: &mut Vec<(Decider, Vec<Status>)>,
    ) -> Result<Vec<Status>, Stop> {
        if node.limited & self.limited == 0 {
            return Ok(vec![if parent_all { Status::Granted } else { Status::Neutral }]);
        }
        let statuses = match &node.kind {
            NodeKind::Test(test) => {
                let statuses = self.test(&test.kind, rules, user)?;
                let not = if node.negated { "not " } else { "" };
                leaves.push(((node.place.clone(), format!("{not}{}", shown(&test.text).trim_end())), statuses.clone()));
                statuses
            }
            NodeKind::All(children) => self.group(children, true, rules, user, leaves)?,
            NodeKind::Any(children) => self.group(children, false, rules, user, leaves)?,
        };
        if !node.negated {
            return Ok(statuses);
        }
        let negated = |status| match status {
            Status::Granted => Status::Denied,
            Status::Denied | Status::NoUser | Status::Neutral => Status::Neutral,
        };
        Ok(distinct(statuses.into_iter().map(negated)))
    }

    fn group(
        &mut self,
        children: &[Node],
        all: bool,
        rules: &Rules,
        user: User,
        leaves: &mut Vec<(Decider, Vec<Status>)>,
    ) -> Result<Vec<Status>, Stop> {
        let mut done = Vec::new();
        let mut running = vec![Status::Neutral];
        for child in children {
            if running.is_empty() {
                break;
            }
            let says = self.node(child, all, rules, user, leaves)?;
            let mut next = Vec::new();
            for before in &running {
                for one in &says {
                    match folded(*before, *one, all) {
                        (status, true) => done.push(status),
                        (status, false) => next.push(status),
                    }
                }
            }
            running = distinct(next.into_iter());
        }
        done.extend(running);
        Ok(distinct(done.into_iter()))
    }

    fn test(&mut self, test: &TestKind, rules: &Rules, user: User) -> Result<Vec<Status>, Stop> {
        let name = if user == User::Known { self.user.clone() } else { None };
        let of = |is: bool| vec![if is { Status::Granted } else { Status::Denied }];
        let either = || vec![Status::Granted, Status::Denied];
        Ok(match (test, name) {
            (TestKind::ValidUser | TestKind::User(_) | TestKind::Group(_), None) => vec![Status::NoUser],
            (TestKind::ValidUser, Some(_)) => of(true),
            (TestKind::User(text), Some(name)) => match self.string(text, Some(&name)) {
                // An empty word ends the list.
                Some(text) => {
                    of(lex::words(&text).into_iter().take_while(|word| !word.is_empty()).any(|word| word == name))
                }
                None => either(),
            },
            (TestKind::Group(text), Some(name)) => match self.string(text, Some(&name)) {
                Some(text) => of(self.in_groups(&name, &lex::words(&text), rules)),
                None => either(),
            },
            (TestKind::All(granted), _) => of(*granted),
            (TestKind::Ip(networks), _) => of(networks.iter().any(|network| network.holds(self.request.client))),
            (TestKind::Local, _) => match self.request.address {
                _ if self.client().is_loopback() => of(true),
                Some(address) => of(address.to_canonical() == self.client()),
                None => either(),
            },
            (TestKind::Method(bits), _) => of(bits & self.limited != 0),
            (TestKind::Env(names), _) => {
                let set: Vec<Option<bool>> = names.iter().map(|name| self.variable_set(name)).collect();
                if set.contains(&Some(true)) {
                    of(true)
                } else if set.iter().all(|set| *set == Some(false)) {
                    of(false)
                } else {
                    either()
                }
            }
            (TestKind::Expr(condition, asks), name) => {
                let refused = if *asks { Status::NoUser } else { Status::Denied };
                match self.holds(condition, None, name.as_deref()) {
                    Some(true) => vec![Status::Granted],
                    Some(false) => vec![refused],
                    None => vec![Status::Granted, refused],
                }
            }
            (TestKind::Alias(base, over), _) => {
                let rules = over.over(rules);
                self.test(base, &rules, user)?
            }
            (TestKind::Foreign, None) => vec![Status::Granted, Status::Denied, Status::NoUser],
            (TestKind::Foreign, Some(_)) => either(),
        })
    }
}

/// One more child of a group: what the group says now, and whether that is its last word.
fn folded(before: Status, child: Status, all: bool) -> (Status, bool) {
    match child {
        Status::Neutral => (before, false),
        Status::Denied if all => (child, true),
        Status::Granted if !all => (child, true),
        _ if before == Status::Neutral => (child, false),
        Status::NoUser if all && before != Status::Denied => (child, false),
        Status::NoUser if !all && before == Status::Denied => (child, false),
        _ => (before, false),
    }
}

fn distinct(statuses: impl Iterator<Item = Status>) -> Vec<Status> {
    let mut found = Vec::new();
    for status in statuses {
        if !found.contains(&status) {
            found.push(status);
        }
    }
    found
}

//! What each entry is, whether it is fine, and what rewriting alone does for it.

use std::collections::HashSet;

use crate::cli::hashing::{self, Choice};
use crate::container::Layer;
use crate::container::layer;
use crate::crypt::{Check, Work, any};
use crate::htpasswd::{Entry, Kind, Line, Survey};
use crate::scheme;
use crate::secret::Secret;
use crate::server::Server;
use crate::trace::Verdict;

/// What entries are moved to.
pub(super) struct Target {
    pub(super) choice: Choice,
    /// The least cost, where one is asked for.
    pub(super) least: Option<u64>,
    /// A field of no known scheme is the password.
    pub(super) plain_text: bool,
    /// `$2a$` may be relabelled.
    pub(super) relabel: bool,
    /// Seconds that a check may take.
    pub(super) work_limit: f64,
}

/// Where an entry is in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It was fine.
    Kept,
    /// It was moved, and its password is the same.
    Moved,
    /// It has a new password.
    Reset,
    /// No password opens it, and so it stays.
    Locked,
    /// Its password is not known.
    Unknown,
    /// Passwords were given and none is the right one.
    Wrong,
    /// It could not be moved, although the password is known.
    Failed,
}

impl State {
    pub(super) const ALL: &[Self] =
        &[Self::Moved, Self::Kept, Self::Reset, Self::Locked, Self::Unknown, Self::Wrong, Self::Failed];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Moved => "moved",
            Self::Reset => "reset",
            Self::Locked => "locked",
            Self::Unknown => "unknown",
            Self::Wrong => "wrong",
            Self::Failed => "failed",
        }
    }

    /// Whether something is left to be done.
    pub(super) const fn is_left(self) -> bool {
        matches!(self, Self::Unknown | Self::Wrong | Self::Failed)
    }
}

/// How an entry was moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Without the password, or with the one that stood there.
    Rewritten,
    /// With a password from `--credentials`.
    Known,
    /// With a password that was typed.
    Asked,
}

impl Way {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Rewritten => "rewritten",
            Self::Known => "credentials",
            Self::Asked => "interactive",
        }
    }
}

/// A user's entry.
pub(super) struct Item {
    pub(super) user: Vec<u8>,
    /// The lines that servers use.
    pub(super) lines: Vec<u64>,
    /// Their fields.
    pub(super) fields: Vec<Vec<u8>>,
    /// What follows the field on the first of them.
    rest: Vec<u8>,
    /// The fields without their layers.
    bare: Vec<Vec<u8>>,
    pub(super) layers: Vec<Layer>,
    /// Names of the servers that do not accept it as it stands.
    pub(super) refused: Vec<&'static str>,
    pub(super) state: State,
    pub(super) way: Option<Way>,
    /// Why it is not moved, where there is more to say than the state does.
    pub(super) why: String,
    /// The password, where it stands in the field itself.
    pub(super) password: Option<Secret>,
    pub(super) new: Option<Vec<u8>>,
}

impl Item {
    /// Name of the scheme that the entry is of, under its layers.
    pub(super) fn from(&self) -> Option<&'static str> {
        self.bare.first().and_then(|field| scheme::identify(field)).map(|scheme| scheme.name)
    }

    /// Whether its new field is a new hash, and not the old one written in another way.
    pub(super) const fn is_hashed(&self) -> bool {
        !matches!(self.way, Some(Way::Rewritten)) || self.password.is_some()
    }

    /// Name of the scheme of the new field.
    pub(super) fn to(&self) -> Option<&'static str> {
        self.new.as_ref().and_then(|field| scheme::identify(field)).map(|scheme| scheme.name)
    }

    /// Whether `password` is the one of the present field; `Err` with the reason where that is not decided.
    pub(super) fn is_of(&self, password: &Secret, target: &Target) -> Result<bool, &'static str> {
        for field in &self.bare {
            let mut work = Work::limited(target.work_limit);
            match any::ANY.check(field.trim_ascii(), password.expose(), &mut work).check {
                Check::Match => {}
                Check::Undecided(_) => {
                    return Err("its present hash costs more than --work-limit, or is not computed here");
                }
                _ => return Ok(false),
            }
        }
        Ok(!self.bare.is_empty())
    }

    /// The new field for `password`; `Err` with the reason where there is none.
    pub(super) fn made(&self, password: &Secret, target: &Target) -> Result<Vec<u8>, String> {
        let field = target.choice.make(&self.user, password).map_err(|error| error.message)?;
        match refusing(target.choice.servers(), &self.user, &field, &self.rest).first() {
            Some(server) => Err(format!("{server} refuses the line whatever its hash")),
            None => Ok(field),
        }
    }

    /// Says that the entry is not moved after all.
    pub(super) fn fail(&mut self, why: impl Into<String>) {
        self.state = State::Failed;
        self.why = why.into();
        self.new = None;
        self.way = None;
    }

    /// Says that the entry is moved.
    pub(super) fn moved(&mut self, field: Vec<u8>, way: Way) {
        self.state = State::Moved;
        self.why.clear();
        self.new = Some(field);
        self.way = Some(way);
    }
}

/// The entries of a file, by user, those moved that take no password.
pub(super) fn items(survey: &Survey, target: &Target) -> Vec<Item> {
    let mut seen = HashSet::new();
    let mut items = Vec::new();
    for line in survey.lines() {
        let Some(entry) = line.entry().filter(|_| line.kind() == Kind::Entry) else { continue };
        if entry.name.is_empty() || !seen.insert(entry.name.to_vec()) {
            continue;
        }
        items.extend(item(survey, line, &entry, target));
    }
    items
}

/// The fields of the lines that servers use; `None` where a line is a part of another to Apache.
pub(super) fn fields(survey: &Survey, user: &[u8]) -> Option<Vec<Vec<u8>>> {
    let used = survey.used(user).ok()?;
    Some(used.iter().map(|line| line.entry().map_or_else(Vec::new, |entry| entry.field.to_vec())).collect())
}

fn item(survey: &Survey, first: &Line<'_>, entry: &Entry<'_>, target: &Target) -> Option<Item> {
    let user = entry.name.to_vec();
    let mut item = Item {
        user,
        lines: vec![first.number],
        fields: Vec::new(),
        rest: entry.rest.to_vec(),
        bare: Vec::new(),
        layers: Vec::new(),
        refused: Vec::new(),
        state: State::Unknown,
        way: None,
        why: String::new(),
        password: None,
        new: None,
    };
    let Ok(used) = survey.used(&item.user) else {
        item.fail("its line is a part of the one before for Apache, since that ends in a backslash");
        return Some(item);
    };
    // One that no server sees is no entry.
    let line = used.first()?;
    item.rest = line.entry().map_or_else(Vec::new, |entry| entry.rest.to_vec());
    item.lines = used.iter().map(|line| line.number).collect();
    item.fields = fields(survey, &item.user)?;
    item.refused = refusing(target.choice.servers(), &item.user, &item.fields[0], &item.rest);
    if item.fields.iter().all(|field| is_locked(field)) {
        item.state = State::Locked;
        return Some(item);
    }
    for field in &item.fields {
        let (bare, layers) = layer::taken_off(field).unwrap_or_else(|| (field.clone(), Vec::new()));
        item.bare.push(bare);
        item.layers = layers;
    }
    rewrite(&mut item, target);
    Some(item)
}

/// What rewriting alone does.
fn rewrite(item: &mut Item, target: &Target) {
    let is_fine = |field: &[u8], item: &Item| is_fine(field, item, target);
    if item.fields.iter().all(|field| is_fine(field, item)) {
        item.state = State::Kept;
        return;
    }
    let same = item.bare.windows(2).all(|pair| pair[0] == pair[1]);
    let Some(bare) = item.bare.first().filter(|_| same).cloned() else {
        "servers use different lines, with different hashes".clone_into(&mut item.why);
        return;
    };
    if is_fine(&bare, item) {
        return item.moved(bare, Way::Rewritten);
    }
    if let Some(relabelled) = labels(&bare, target.relabel).into_iter().find(|field| is_fine(field, item)) {
        return item.moved(relabelled, Way::Rewritten);
    }
    if let Some(password) = layer::plain(&bare) {
        item.password = Some(Secret::from(password));
        return;
    }
    if scheme::identify(&bare).is_none() {
        if target.plain_text {
            item.password = Some(Secret::from(&bare[..]));
        } else {
            "no known scheme; where it is the password itself, --plain-text hashes it".clone_into(&mut item.why);
        }
        return;
    }
    if labels(&bare, true).iter().any(|field| is_fine(field, item)) {
        "$2a$ may stand for another hash where a password has bytes from 0x80 on, or 255 bytes; see --relabel-2a"
            .clone_into(&mut item.why);
    }
    if !item.layers.is_empty() {
        // It is not of the target scheme, but it is right now.
        item.new = Some(bare);
    }
}

/// Whether a field is what is wanted, in its place in the line.
fn is_fine(field: &[u8], item: &Item, target: &Target) -> bool {
    let choice = &target.choice;
    let Some(of) = scheme::identify(field).filter(|of| of.name == choice.scheme.name) else { return false };
    let cost = of.cost.as_ref().and_then(|cost| (cost.of)(field));
    let is_dear_enough = target.least.is_none_or(|least| cost.is_some_and(|cost| cost >= least));
    let is_well_formed = any::ANY.check(field, b"", &mut Work::assuming()).check == Check::Match;
    is_dear_enough && is_well_formed && refusing(choice.servers(), &item.user, field, &item.rest).is_empty()
}

/// The servers that would not let the user in with the right password.
fn refusing(servers: &[&'static dyn Server], user: &[u8], field: &[u8], rest: &[u8]) -> Vec<&'static str> {
    let file = [user, b":", field, rest, b"\n"].concat();
    let accepts = |server: &dyn Server| hashing::decide(server, &&file[..], user).verdict == Verdict::Granted;
    servers.iter().filter(|server| !accepts(**server)).map(|server| server.info().name).collect()
}

/// The labels of bcrypt that say the same of every password: `$2b$` and `$2y$`, and `$2a$` where that is allowed.
fn labels(field: &[u8], from_2a: bool) -> Vec<Vec<u8>> {
    let others: &[u8] = match field {
        [b'$', b'2', b'b', b'$', ..] => b"y",
        [b'$', b'2', b'y', b'$', ..] => b"b",
        [b'$', b'2', b'a', b'$', ..] if from_2a => b"yb",
        _ => b"",
    };
    others.iter().map(|label| [b"$2", &[*label][..], &field[3..]].concat()).collect()
}

/// Whether a field is one of those that are written so that no password opens the entry.
fn is_locked(field: &[u8]) -> bool {
    matches!(field.trim_ascii(), [] | [b'*' | b'!', ..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::bcrypt::{Key, Variant};

    #[test]
    fn the_labels_that_are_exchanged_key_every_password_alike() {
        let mut seed = 401_u64;
        for length in (0..300).chain([255, 256, 1000]) {
            let password: Vec<u8> = (0..length)
                .map(|_| {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (seed >> 56) as u8
                })
                .collect();
            // `$2b$` and `$2y$` are both the plain variant; what `$2a$` may be is the safe one.
            let ascii: Vec<u8> = password.iter().map(|byte| byte & 0x7f).collect();
            let (plain, safe) = (Key::new(Variant::Plain, &ascii), Key::new(Variant::Safe, &ascii));
            assert!(plain.identity() == safe.identity());
        }
        let harmful = b"\xff\xa334\xff\xff\xff\xa3345";
        assert!(Key::new(Variant::Plain, harmful).identity() != Key::new(Variant::Safe, harmful).identity());
    }

    #[test]
    fn what_locks_an_entry_is_no_password() {
        for field in [&b""[..], b"*", b"*0", b"!", b"!$2y$05$x", b" * "] {
            assert!(is_locked(field), "{}", field.escape_ascii());
        }
        assert!(!is_locked(b"x") && !is_locked(b"$2y$05$x"));
    }
}

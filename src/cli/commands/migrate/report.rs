//! What was done, for people and as JSON.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::plan::{Item, State, Target, Way};
use crate::cli::error::Error;
use crate::cli::io::Io;
use crate::cli::saving;
use crate::container::Layer;
use crate::render;
use crate::render::diff::Change;
use crate::render::style::Role;
use crate::render::text::{count, printable};
use crate::secret::Secret;
use crate::store::Outcome;

/// What was done.
pub(super) struct Report<'a> {
    pub(super) path: &'a OsStr,
    pub(super) target: &'a Target,
    pub(super) items: &'a [Item],
    /// Number of users with known passwords that are not in the file.
    pub(super) strangers: usize,
    /// Number of users that are locked behind a comment.
    pub(super) locked: usize,
    pub(super) outcome: Option<&'a Outcome>,
    pub(super) changes: &'a [Change],
    pub(super) dry_run: bool,
    /// The new passwords.
    pub(super) passwords: &'a [(Vec<u8>, Secret)],
    /// Where they were written in place of being printed.
    pub(super) reset_file: Option<&'a OsStr>,
}

impl Report<'_> {
    pub(super) fn print(&self, io: &mut Io) -> Result<(), Error> {
        if io.json {
            return io.document(&self.json());
        }
        let text = self.text(io);
        let printed = !self.passwords.is_empty() && self.reset_file.is_none();
        if printed {
            // Stdout has the passwords and nothing else.
            io.say(&text);
            for (user, password) in self.passwords {
                for part in [user, &b":"[..], password.expose(), b"\n"] {
                    io.out().write_all(part)?;
                }
            }
            return Ok(());
        }
        io.out().write_all(text.as_bytes())?;
        if self.dry_run && !self.changes.is_empty() {
            saving::print_diff(self.path, self.changes, io)?;
        }
        Ok(())
    }

    fn count(&self, state: State) -> usize {
        let counted = self.items.iter().filter(|item| item.state == state).count();
        if state == State::Locked { counted + self.locked } else { counted }
    }

    fn json(&self) -> Value {
        let choice = &self.target.choice;
        let summary: Map<String, Value> =
            State::ALL.iter().map(|state| (state.name().to_owned(), json!(self.count(*state)))).collect();
        let passwords: HashMap<&[u8], &Secret> = match self.reset_file {
            None => self.passwords.iter().map(|(user, password)| (&user[..], password)).collect(),
            Some(_) => HashMap::new(),
        };
        let mut document = json!({
            "file": render::json::bytes(self.path.as_bytes()),
            "changed": self.items.iter().any(|item| item.new.is_some()),
            "written": saving::written(self.outcome),
            "target": {"scheme": choice.scheme.name, "cost": choice.cost,
                "servers": choice.servers().iter().map(|server| server.info().name).collect::<Vec<_>>()},
            "summary": summary,
            "entries": self.items.iter().map(|item| Self::entry(item, &passwords)).collect::<Vec<_>>(),
            "strangers": self.strangers,
        });
        if self.dry_run {
            document["diff"] = saving::diff_json(self.changes);
        }
        document
    }

    fn entry(item: &Item, passwords: &HashMap<&[u8], &Secret>) -> Value {
        let mut entry = json!({
            "user": render::json::bytes(&item.user),
            "line": item.lines.first(),
            "from": item.from(),
            "to": item.to(),
            "state": item.state.name(),
            "way": item.way.map(Way::name),
            "layers": item.layers.iter().map(Layer::code).collect::<Vec<_>>(),
            "refused": item.refused,
            "why": item.why,
        });
        if let Some(password) = passwords.get(&item.user[..]) {
            entry["password"] = render::json::bytes(password.expose());
        }
        entry
    }

    fn text(&self, io: &Io) -> String {
        let users: Vec<String> = self.items.iter().map(|item| printable(&item.user)).collect();
        let width = users.iter().map(|user| user.chars().count()).max().unwrap_or(0).clamp(4, 32);
        let mut text = String::new();
        if !self.items.is_empty() {
            let heading = format!("{:>6}  {:width$}  {:14} {:14} {}", "line", "user", "is", "becomes", "how");
            text = format!("{}\n", io.style.paint(Role::Strong, &heading));
        }
        for (item, user) in self.items.iter().zip(&users) {
            let line = item.lines.first().copied().unwrap_or_default();
            let becomes = item.to().unwrap_or("-");
            let (how, role) = Self::how(item);
            let row = format!("{line:>6}  {user:width$}  {:14} {becomes:14} ", item.from().unwrap_or("?"));
            text.push_str(&row);
            text.push_str(&io.style.paint(role, &how));
            text.push('\n');
        }
        text.push_str(&self.summary());
        text.push_str(&saving::way(self.outcome));
        text.push_str(&self.advice());
        text
    }

    fn how(item: &Item) -> (String, Role) {
        let (mut how, role) = match (item.state, item.way) {
            (State::Kept, _) => ("fine as it is".to_owned(), Role::Frame),
            (State::Reset, _) => ("a new password".to_owned(), Role::Open),
            (State::Locked, _) => ("locked, and left so".to_owned(), Role::Frame),
            (State::Moved, Some(Way::Known)) => ("moved with the known password".to_owned(), Role::Good),
            (State::Moved, Some(Way::Asked)) => ("moved with the password typed".to_owned(), Role::Good),
            (State::Moved, _) if item.password.is_some() => ("hashed".to_owned(), Role::Good),
            (State::Moved, _) => ("rewritten".to_owned(), Role::Good),
            (State::Unknown, _) => ("left: its password is not known".to_owned(), Role::Bad),
            (State::Wrong, _) => ("left: not the right password".to_owned(), Role::Bad),
            (State::Failed, _) => ("left".to_owned(), Role::Bad),
        };
        if !item.layers.is_empty() && item.new.is_some() {
            let layers: Vec<String> = item.layers.iter().map(ToString::to_string).collect();
            how.push_str(&format!("; taken off: {}", layers.join(", ")));
        }
        if !item.why.is_empty() {
            how.push_str(&format!(": {}", item.why));
        }
        if item.state.is_left() && !item.refused.is_empty() {
            how.push_str(&format!(" [refused as it stands by {}]", item.refused.join(", ")));
        }
        (how, role)
    }

    fn summary(&self) -> String {
        let left = self.items.iter().filter(|item| item.state.is_left()).count();
        // What is only rewritten keeps its hash, and the cost of it.
        let is_hashed = |item: &&Item| item.state == State::Moved && item.is_hashed();
        let hashed = self.items.iter().filter(is_hashed).count();
        let rewritten = self.count(State::Moved) - hashed;
        let entries = if self.dry_run {
            count(hashed, "entry would be moved", "entries would be moved")
        } else {
            count(hashed, "entry moved", "entries moved")
        };
        let mut parts = vec![format!("{entries} to {}", self.target.choice.title())];
        if rewritten > 0 {
            parts.push(format!("{rewritten} rewritten"));
        }
        parts.push(format!("{} fine already", self.count(State::Kept)));
        for (state, text) in [(State::Reset, "with a new password"), (State::Locked, "locked")] {
            if self.count(state) > 0 {
                parts.push(format!("{} {text}", self.count(state)));
            }
        }
        let mut why = Vec::new();
        for (state, text) in [
            (State::Unknown, "password not known"),
            (State::Wrong, "wrong password"),
            (State::Failed, "not to be moved"),
        ] {
            if self.count(state) > 0 {
                why.push(format!("{} {text}", self.count(state)));
            }
        }
        parts.push(if left == 0 { "nothing left".to_owned() } else { format!("{left} left ({})", why.join(", ")) });
        let mut text = format!("{}.\n", parts.join(", "));
        if self.strangers > 0 {
            let users = count(self.strangers, "user", "users");
            text.push_str(&format!("Passwords are known of {users} who are not in the file.\n"));
        }
        text
    }

    fn advice(&self) -> String {
        if let Some(path) = self.reset_file {
            return format!("The new passwords are in {}.\n", Path::new(path).display());
        }
        if !self.items.iter().any(|item| matches!(item.state, State::Unknown | State::Wrong)) {
            return String::new();
        }
        "What is left takes the password: --credentials PATH, --interactive, the next login (`why401 verify --upgrade`), or a new \
         one with --reset.\n"
            .to_owned()
    }
}

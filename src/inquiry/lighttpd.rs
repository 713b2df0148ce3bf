//! lighttpd: which `auth.require` guards a path, with which user file, and what comes of it.
//!
//! Behaviour of lighttpd 1.4.69 `src/mod_auth.c:mod_auth_uri_handler`, `src/http_auth.c:http_auth_match_rules`. Settings are those
//! of the last block that holds for the request. What else may answer or change the path first is looked at as far as needed
//! to know that it does not.

use std::path::PathBuf;

use crate::basic;
use crate::basic::Presented;
use crate::conf::lighttpd::condition::{self, Facts};
use crate::conf::lighttpd::tree::{Setting, Tree, Value};
use crate::conf::nginx::{path, uri};
use crate::conf::{Place, Unmodelled};
use crate::inquiry::{Finding, Lent, Link, Means, Request, undecided};
use crate::server::lighttpd::refusal;
use crate::server::{Decision, Inputs};
use crate::trace::{Level, LogLine, Trace, Verdict, codes};

/// Modules that may answer a request before mod_auth, by the settings that make them.
const OTHERS: [&str; 3] = ["magnet.", "evasive.", "auth.extern-authn"];

/// What the configuration in `tree` makes of a request.
pub fn ask(tree: &Tree, request: &Request, means: &Means<'_>, work: Lent<'_>) -> Finding {
    let host = request.host.to_ascii_lowercase();
    let mut run =
        Run { tree, request, means, host, path: Vec::new(), query: Vec::new(), chain: Vec::new(), user_file: None };
    match run.decide(work) {
        Ok(decision) => Finding { decision, chain: run.chain, user_file: run.user_file, held: None },
        Err(unmodelled) => {
            let decision = undecided(&unmodelled, &mut run.chain);
            Finding { decision, chain: run.chain, user_file: None, held: None }
        }
    }
}

/// A prefix of paths, what is required for it, and where that stands.
type Required<'a> = (Vec<u8>, &'a Value, Place);

struct Run<'a> {
    tree: &'a Tree,
    request: &'a Request,
    means: &'a Means<'a>,
    host: Vec<u8>,
    path: Vec<u8>,
    query: Vec<u8>,
    chain: Vec<Link>,
    user_file: Option<PathBuf>,
}

impl<'a> Run<'a> {
    fn decide(&mut self, work: Lent<'_>) -> Result<Decision, Unmodelled> {
        let decision = self.auth(work)?;
        // Whoever comes through may be refused by what comes after it.
        if decision.verdict.lets_in() && self.modules()?.iter().any(|module| module == b"mod_access") {
            return Ok(self.access_deny()?.unwrap_or(decision));
        }
        Ok(decision)
    }

    fn auth(&mut self, work: Lent<'_>) -> Result<Decision, Unmodelled> {
        let Some(target) = uri::parse(&self.request.target, true) else {
            return Err(Unmodelled { place: None, what: "what lighttpd makes of this path".to_owned() });
        };
        (self.path, self.query) = (target.path, target.args.unwrap_or_default());
        if let Some(place) = self.tree.unread.first() {
            let what = "a command or file whose content is part of the configuration and is not known".to_owned();
            return Err(Unmodelled { place: Some(place.clone()), what });
        }
        let modules = self.modules()?;
        if !modules.iter().any(|name| name == b"mod_auth") {
            let place = self.tree.blocks.first().map(|block| block.place.clone());
            self.link(place, "modules", "mod_auth is not in server.modules: nothing is guarded");
            return Ok(open());
        }
        let before = |other: &[u8]| {
            let at = |name: &[u8]| modules.iter().position(|module| module == name);
            at(other).is_some_and(|other| at(b"mod_auth").is_some_and(|auth| other < auth))
        };
        if let Some(decision) = self.before_auth(&before)? {
            return Ok(decision);
        }
        let Some((prefix, rule, place)) = self.require()? else { return Ok(open()) };
        let prefix = String::from_utf8_lossy(&prefix).into_owned();
        let text = format!("auth.require: \"{prefix}\" is its first prefix of {}", String::from_utf8_lossy(&self.path));
        self.link(Some(place.clone()), "require", text);
        let unmodelled = |what: &str| Unmodelled { place: Some(place.clone()), what: what.to_owned() };
        let field = |name: &str| match rule.get(name) {
            Some(Value::Text(text)) => Ok(text.clone()),
            _ => Err(unmodelled(&format!("an auth.require without a plain \"{name}\""))),
        };
        let (method, rules) = (field("method")?, field("require")?);
        if method != b"basic" {
            return Err(unmodelled(&format!("the method {}", String::from_utf8_lossy(&method))));
        }
        if !are_rules(&rules) {
            let text = format!(
                "\"require\" is neither valid-user nor a list of user=NAME: {}",
                String::from_utf8_lossy(&rules)
            );
            self.link(Some(place.clone()), "require", text);
            return Ok(Decision::without_status(Verdict::RefusedToStart, codes::MISCONFIGURED, Trace::default()));
        }
        self.check(&rules, &place, work)
    }

    /// The credentials against backend, file and rules.
    fn check(&mut self, rules: &[u8], place: &Place, work: Lent<'_>) -> Result<Decision, Unmodelled> {
        let Some(backend) = self.setting("auth.backend")? else {
            self.link(Some(place.clone()), "backend", "no auth.backend is set");
            let text = [b"(mod_auth.c.756) auth.backend not configured for ", &self.path[..]].concat();
            let line = LogLine::new(Level::None, text);
            return Ok(Decision::new(Verdict::Failed, 500, codes::MISCONFIGURED, Trace::default()).logging(line));
        };
        if backend.value.text() != Some(b"htpasswd") {
            let what = format!("an auth.backend other than htpasswd: {}", shown(&backend.value));
            return Err(Unmodelled { place: Some(backend.place.clone()), what });
        }
        let file = self.file(&backend.place)?;
        let users = (self.means.users)(path(&file));
        self.user_file = (!file.is_empty()).then(|| path(&file).to_path_buf());
        let inputs = Inputs { head: &self.request.head, path: &file, file: &*users, uri: &self.request.target };
        let mut decision = self.means.server.decide(&inputs, work);
        if decision.verdict == Verdict::Granted {
            let user = self.user();
            if is_let_in(rules, &user) {
                self.link(Some(place.clone()), "rules", format!("{} takes this user", String::from_utf8_lossy(rules)));
            } else {
                let text =
                    format!("the password is right, and {} does not take this user", String::from_utf8_lossy(rules));
                self.link(Some(place.clone()), "rules", text);
                decision.verdict = Verdict::Denied;
                decision.status = Some(401);
                decision.reason = codes::USER_NOT_AUTHORIZED;
                decision.log.push(refusal(&self.request.target, &user));
            }
        }
        if let Some(cache) = self.setting("auth.cache")? {
            let text = "auth.cache is set: a change of the user file counts after up to its max-age, 600 seconds where it says none";
            self.link(Some(cache.place.clone()), "cache", text);
        }
        Ok(decision)
    }

    /// The name of the user file; empty where there is none.
    fn file(&mut self, backend: &Place) -> Result<Vec<u8>, Unmodelled> {
        let Some(setting) = self.setting("auth.backend.htpasswd.userfile")? else {
            let text = "no auth.backend.htpasswd.userfile is set: no user is found";
            self.link(Some(backend.clone()), "user-file", text);
            return Ok(Vec::new());
        };
        let Some(file) = setting.value.text() else {
            let what = format!("a user file whose name is not known: {}", shown(&setting.value));
            return Err(Unmodelled { place: Some(setting.place.clone()), what });
        };
        let text = format!("users are in {}", String::from_utf8_lossy(file));
        self.link(Some(setting.place.clone()), "user-file", text);
        Ok(file.to_vec())
    }

    fn user(&self) -> Vec<u8> {
        match basic::lighttpd::read(&self.request.head, &mut Trace::default(), &mut Vec::new()) {
            Presented::Credentials(credentials) => credentials.user,
            _ => Vec::new(),
        }
    }

    fn link(&mut self, place: Option<Place>, rule: &'static str, text: impl Into<String>) {
        self.chain.push(Link { place, rule, text: text.into() });
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            scheme: &self.request.scheme,
            host: &self.host,
            address: self.request.address,
            port: self.request.port,
            path: &self.path,
            query: &self.query,
            method: &self.request.method,
            client: self.request.client,
        }
    }

    /// The setting of a key that holds for the request, with a link for the block that it is from.
    fn setting(&mut self, key: &str) -> Result<Option<&'a Setting>, Unmodelled> {
        let found = self.in_force(key)?;
        if let Some((block, _)) = found.filter(|(block, _)| *block > 0)
            && let Some(block) = self.tree.blocks.get(block)
            && !self.chain.iter().any(|link| link.rule == "block" && link.place.as_ref() == Some(&block.place))
        {
            let text = match &block.condition {
                Some(condition) => {
                    let text = String::from_utf8_lossy(&condition.text);
                    format!("the block ${} {} \"{text}\" holds", condition.field, condition.operator)
                }
                None => "the block of the `else` holds".to_owned(),
            };
            self.link(Some(block.place.clone()), "block", text);
        }
        Ok(found.map(|(_, setting)| setting))
    }

    fn in_force(&self, key: &str) -> Result<Option<(usize, &'a Setting)>, Unmodelled> {
        let mut found = None;
        for (number, block) in self.tree.blocks.iter().enumerate() {
            let Some(setting) = block.get(key) else { continue };
            match condition::holds(self.tree, number, &self.facts()) {
                Some(true) => found = Some((number, setting)),
                Some(false) => {}
                None => {
                    let what = format!("whether the block with this {key} holds for the request");
                    return Err(Unmodelled { place: Some(setting.place.clone()), what });
                }
            }
        }
        Ok(found)
    }

    fn modules(&self) -> Result<Vec<Vec<u8>>, Unmodelled> {
        let Some(setting) = self.tree.blocks.first().and_then(|block| block.get("server.modules")) else {
            return Ok(Vec::new());
        };
        match &setting.value {
            Value::List(items) => Ok(items.iter().filter_map(|(_, value, _)| Some(value.text()?.to_vec())).collect()),
            other => {
                let what = format!("modules that are not listed: {}", shown(other));
                Err(Unmodelled { place: Some(setting.place.clone()), what })
            }
        }
    }

    /// What answers before the authentication, or leads elsewhere.
    fn before_auth(&mut self, before: &dyn Fn(&[u8]) -> bool) -> Result<Option<Decision>, Unmodelled> {
        let target = self.request.target.clone();
        for (key, is_before) in [
            ("url.rewrite", true),
            ("url.rewrite-once", true),
            ("url.rewrite-repeat", true),
            ("url.rewrite-if-not-file", true),
            ("url.rewrite-repeat-if-not-file", true),
            ("url.redirect", before(b"mod_redirect")),
        ] {
            let Some((_, setting)) = self.in_force(key)?.filter(|_| is_before) else { continue };
            if any_matches(&setting.value, &target) {
                let what = format!("what {key} makes of this URL");
                return Err(Unmodelled { place: Some(setting.place.clone()), what });
            }
        }
        if before(b"mod_access")
            && let Some(denied) = self.access_deny()?
        {
            return Ok(Some(denied));
        }
        for (number, block) in self.tree.blocks.iter().enumerate() {
            let other = block
                .settings
                .iter()
                .find(|setting| OTHERS.iter().any(|start| setting.key.starts_with(start.as_bytes())));
            if let Some(setting) = other.filter(|_| condition::holds(self.tree, number, &self.facts()) != Some(false)) {
                let what = format!("what {} does", String::from_utf8_lossy(&setting.key));
                return Err(Unmodelled { place: Some(setting.place.clone()), what });
            }
        }
        Ok(None)
    }

    /// The refusal of paths with certain ends, whoever asks.
    fn access_deny(&mut self) -> Result<Option<Decision>, Unmodelled> {
        let Some((_, setting)) = self.in_force("url.access-deny")? else { return Ok(None) };
        let Value::List(items) = &setting.value else { return Ok(None) };
        let ends = |value: &Value| value.text().is_some_and(|ending| self.path.ends_with(ending));
        let Some((_, ending, place)) = items.iter().find(|(_, value, _)| ends(value)) else { return Ok(None) };
        let text = format!("url.access-deny: the path ends with \"{}\"", shown(ending));
        self.link(Some(place.clone()), "access-deny", text);
        Ok(Some(Decision::new(Verdict::Forbidden, 403, codes::ANSWERED_BEFORE, Trace::default())))
    }

    /// The rule whose key is the first to begin the path.
    fn require(&mut self) -> Result<Option<Required<'a>>, Unmodelled> {
        let Some(setting) = self.setting("auth.require")? else {
            let place = self.tree.blocks.first().map(|block| block.place.clone());
            self.link(place, "require", "no auth.require is set for this request");
            return Ok(None);
        };
        let Value::List(items) = &setting.value else {
            let what = format!("an auth.require that is not listed: {}", shown(&setting.value));
            return Err(Unmodelled { place: Some(setting.place.clone()), what });
        };
        if let Some((_, lower)) = self.in_force("server.force-lowercase-filenames")?
            && lower.value.text() == Some(b"enable")
        {
            let what = "server.force-lowercase-filenames".to_owned();
            return Err(Unmodelled { place: Some(lower.place.clone()), what });
        }
        for (key, value, place) in items {
            let Some(key) = key else {
                let what = "an auth.require for no path, or for one that is not known".to_owned();
                return Err(Unmodelled { place: Some(place.clone()), what });
            };
            if self.path.starts_with(key) {
                return Ok(Some((key.clone(), value, place.clone())));
            }
        }
        self.link(Some(setting.place.clone()), "require", "auth.require names no prefix of the path");
        Ok(None)
    }
}

/// Whether the rules are `valid-user`, or one of them is `user=NAME`; groups are no part of a htpasswd file.
fn is_let_in(rules: &[u8], user: &[u8]) -> bool {
    rules == b"valid-user" || rules.split(|byte| *byte == b'|').any(|rule| rule.strip_prefix(b"user=") == Some(user))
}

/// Whether lighttpd starts with these rules.
fn are_rules(rules: &[u8]) -> bool {
    rules == b"valid-user" || rules.split(|byte| *byte == b'|').all(|rule| rule.contains(&b'='))
}

fn open() -> Decision {
    Decision::new(Verdict::Open, 200, codes::OK, Trace::default())
}

/// Whether any pattern of a list matches, or may.
fn any_matches(value: &Value, target: &[u8]) -> bool {
    let Value::List(items) = value else { return true };
    items.iter().any(|(key, ..)| key.as_ref().is_none_or(|key| condition::matches(key, target) != Some(false)))
}

fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => String::from_utf8_lossy(text).into_owned(),
        Value::List(_) => "( … )".to_owned(),
        Value::Unknown(name) => name.clone(),
    }
}

//! The access phase: `allow` and `deny`, then `auth_basic`, then `auth_request`, joined by `satisfy`.
//!
//! Behaviour of nginx 1.22.1 `src/http/ngx_http_core_module.c:ngx_http_core_access_phase` and the modules named in
//! [`crate::inquiry::nginx`].

use std::path::PathBuf;

use crate::conf::Unmodelled;
use crate::conf::nginx::tree::Directive;
use crate::conf::nginx::value::Network;
use crate::conf::nginx::{Scope, path};
use crate::inquiry::nginx::{Flow, Run};
use crate::server::{Decision, Inputs};
use crate::trace::{Level, LogLine, Trace, Verdict, codes};

/// What one of the access modules says.
enum Says {
    /// Not active, or no rule matched.
    Nothing,
    Yes,
    No(Decision),
}

/// One of the access modules.
type Module<'c> = fn(&mut Run<'c>, &Scope<'c>) -> Result<Says, Unmodelled>;

impl<'c> Run<'c> {
    pub(super) fn access(&mut self) -> Result<Flow, Unmodelled> {
        let scope = self.access_scope();
        refuse_foreign_modules(&scope)?;
        let any = scope.inherited("satisfy").is_some_and(|satisfy| satisfy.arg(0).eq_ignore_ascii_case(b"any"));
        let mut remembered: Option<Decision> = None;
        let mut checked = None;
        let modules: [Module<'c>; 3] = [|run, scope| Ok(run.addresses(scope)), Self::basic, Self::subrequest];
        for module in modules {
            match module(self, &scope)? {
                Says::Nothing => {}
                Says::Yes => {
                    if any {
                        return Ok(Flow::On);
                    }
                }
                Says::No(decision) if decision.verdict == Verdict::Undecided => return Ok(Flow::Refused(decision)),
                Says::No(mut decision) if any && matches!(decision.status, Some(401 | 403)) => {
                    // What `deny` says waits for the end.
                    if decision.reason != codes::ADDRESS_DENIED {
                        self.logged.append(&mut decision.log);
                    }
                    decision.log.clear();
                    // A 401 that is remembered is never replaced by a 403.
                    if remembered.as_ref().is_none_or(|known| known.status != Some(401)) {
                        remembered = Some(decision);
                    }
                }
                Says::No(mut decision) => {
                    self.logged.append(&mut decision.log);
                    return Ok(Flow::Refused(decision));
                }
            }
            checked = self.checked.take().or(checked);
        }
        self.checked = checked;
        match remembered {
            Some(decision) => {
                if decision.status == Some(403) {
                    self.logged.push(LogLine::new(Level::Error, "access forbidden by rule"));
                }
                Ok(Flow::Refused(decision))
            }
            None => Ok(Flow::On),
        }
    }

    /// The location, or its `limit_except` block where the method is not among the exceptions.
    fn access_scope(&self) -> Scope<'c> {
        self.limited().map_or_else(|| self.scope.clone(), |limit| self.scope.within(limit))
    }

    /// The `limit_except` block that stands in the location's place, where the method is not among the exceptions.
    pub(super) fn limited(&self) -> Option<&'c Directive> {
        let exempt = |method: &Vec<u8>| {
            method.eq_ignore_ascii_case(&self.method) || (method.eq_ignore_ascii_case(b"GET") && self.method == b"HEAD")
        };
        // Locations within do not inherit it.
        self.scope.innermost()?.first("limit_except").filter(|limit| !limit.args.iter().any(exempt))
    }

    fn addresses(&mut self, scope: &Scope<'c>) -> Says {
        for rule in scope.inherited_all(&["allow", "deny"]) {
            let wanted = rule.arg(0);
            let matched = wanted == b"all" || Network::parse(wanted).is_some_and(|net| net.holds(self.request.client));
            if !matched {
                continue;
            }
            let text = format!("{} {}", String::from_utf8_lossy(&rule.name), String::from_utf8_lossy(wanted));
            self.link(rule, "address", format!("{text} holds for {}", self.request.client));
            if rule.name == b"allow" {
                return Says::Yes;
            }
            let line = LogLine::new(Level::Error, "access forbidden by rule");
            let decision = Decision::new(Verdict::Forbidden, 403, codes::ADDRESS_DENIED, Trace::default());
            return Says::No(decision.logging(line));
        }
        Says::Nothing
    }

    fn basic(&mut self, scope: &Scope<'c>) -> Result<Says, Unmodelled> {
        let (Some(realm), file) = (scope.inherited("auth_basic"), scope.inherited("auth_basic_user_file")) else {
            return Ok(Says::Nothing);
        };
        let Some(file) = file else {
            self.link(realm, "unprotected", "auth_basic without auth_basic_user_file protects nothing");
            return Ok(Says::Nothing);
        };
        let value = self.value(realm.arg(0))?;
        if value == b"off" {
            self.link(realm, "off", "auth_basic off");
            return Ok(Says::Nothing);
        }
        let user_file = self.user_file(file.arg(0))?;
        self.link(realm, "realm", format!("auth_basic \"{}\"", String::from_utf8_lossy(&value)));
        self.link(file, "user-file", format!("the user file is {}", user_file.display()));
        let users = (self.means.users)(&user_file);
        let bytes = std::os::unix::ffi::OsStrExt::as_bytes(user_file.as_os_str());
        let inputs = Inputs { head: &self.request.head, path: bytes, file: &*users, uri: &self.uri };
        let mut own = crate::crypt::Work::limited(0.0);
        let work = self.work.as_deref_mut().unwrap_or(&mut own);
        let decision = self.means.server.decide(&inputs, work);
        self.user_file = Some(user_file);
        if decision.verdict == Verdict::Granted {
            self.checked = Some(decision);
            return Ok(Says::Yes);
        }
        Ok(Says::No(decision))
    }

    /// The user file's path: names that are not absolute are taken from the configuration's folder.
    fn user_file(&self, name: &[u8]) -> Result<PathBuf, Unmodelled> {
        let value = self.value(name)?;
        let prefix = std::os::unix::ffi::OsStrExt::as_bytes(self.tree.prefix.as_os_str());
        let name = if value.starts_with(b"/") { value } else { [prefix, b"/", &value].concat() };
        Ok(path(&name).to_path_buf())
    }

    /// `auth_request`: a subrequest whose status decides. Subrequests have no access phase of their own.
    fn subrequest(&mut self, scope: &Scope<'c>) -> Result<Says, Unmodelled> {
        let Some(directive) = scope.inherited("auth_request").filter(|directive| directive.arg(0) != b"off") else {
            return Ok(Says::Nothing);
        };
        let target = self.value(directive.arg(0))?;
        self.link(directive, "auth-request", format!("auth_request asks {}", String::from_utf8_lossy(&target)));
        let (path, args) = crate::bytes::split_once(&target, b'?').unwrap_or((&target, b""));
        let kept = (self.scope.clone(), self.uri.clone(), self.args.clone(), self.internal);
        (self.uri, self.args, self.internal) = (path.to_vec(), args.to_vec(), true);
        // It is a GET, and has the request's own method in variables.
        let method = std::mem::replace(&mut self.method, b"GET".to_vec());
        self.main_method = Some(method.clone());
        let status = self.status_of_subrequest();
        self.main_method = None;
        self.method = method;
        (self.scope, self.uri, self.args, self.internal) = kept;
        let decision = match status? {
            200..300 => return Ok(Says::Yes),
            status @ (401 | 403) => {
                let verdict = if status == 401 { Verdict::Denied } else { Verdict::Forbidden };
                Decision::new(verdict, status, codes::USER_NOT_AUTHORIZED, Trace::default())
            }
            status => {
                let line = format!("auth request unexpected status: {status}");
                Decision::new(Verdict::Failed, 500, codes::MISCONFIGURED, Trace::default())
                    .logging(LogLine::new(Level::Error, line))
            }
        };
        Ok(Says::No(decision))
    }

    fn status_of_subrequest(&mut self) -> Result<u16, Unmodelled> {
        let mut flow = self.locate()?;
        for _ in 0..super::MOST_REDIRECTS {
            flow = match flow {
                Flow::On => match self.rewrite_location()? {
                    Flow::On => self.content()?,
                    other => other,
                },
                Flow::Again => self.locate()?,
                Flow::Named(name) => self.named(&name),
                Flow::Status(status) => return Ok(status),
                Flow::Refused(decision) => return Ok(decision.status.unwrap_or(500)),
                Flow::Closed => return Ok(500),
            };
        }
        Ok(500)
    }
}

/// Modules that decide about access and are not modelled.
fn refuse_foreign_modules(scope: &Scope<'_>) -> Result<(), Unmodelled> {
    const FOREIGN: &[&str] =
        &["auth_jwt", "auth_pam", "auth_ldap", "auth_digest", "access_by_lua_block", "access_by_lua_file", "js_access"];
    for name in FOREIGN {
        if let Some(directive) = scope.inherited(name)
            && directive.arg(0) != b"off"
        {
            let what = format!("{name} decides here");
            return Err(Unmodelled { place: Some(directive.place.clone()), what });
        }
    }
    Ok(())
}

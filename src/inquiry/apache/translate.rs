//! From the path to the file or the other server: redirects, aliases, proxies, the document root.
//!
//! Behaviour of httpd 2.4.71: `translate_name` of mod_rewrite, mod_proxy, mod_alias and the core, in this order.

use crate::conf::apache::directive::Said;
use crate::conf::apache::mapping::{Fake, LocationAlias, Pass, covered, substituted};
use crate::conf::apache::pattern;
use crate::conf::apache::rules::{Matcher, Rules, Section};
use crate::inquiry::apache::{Reached, Run, Stop, Target, passed, shown, unmodelled};

/// Where a path leads.
pub(super) enum Mapped {
    /// To a file or folder; whether a program is run there.
    File(Vec<u8>, bool),
    /// To another server.
    Upstream(Vec<u8>),
}

/// What `ProxyPass` says of a path.
enum Passing {
    /// Nothing.
    Other,
    /// It stays here.
    Exempt,
    /// It goes to this address.
    On(Vec<u8>),
}

impl Run<'_> {
    /// The rules and the file of the path as it stands.
    pub(super) fn target(&mut self) -> Result<Target, Stop> {
        let mapped = self.translate()?;
        if self.request.method == b"TRACE" && self.within == 0 {
            let off = self.host.no_trace == Some(true);
            self.link(None, "trace", "TRACE is answered before access is asked for");
            return Err(passed(if off { 405 } else { 200 }).into());
        }
        let mut target = match mapped {
            Mapped::Upstream(address) => self.proxied(&address)?,
            Mapped::File(name, script) => {
                let mut target = self.folders(&name)?;
                if script {
                    target.kind = Reached::Script;
                }
                self.files(&mut target)?;
                target
            }
        };
        self.locations(&mut target)?;
        self.conditions(&mut target)?;
        Ok(target)
    }

    fn translate(&mut self) -> Result<Mapped, Stop> {
        // What locations and conditions say about mapping.
        let mut early = Target::of(self.host.base.clone());
        let kept = self.chain.len();
        self.locations(&mut early)?;
        self.conditions(&mut early)?;
        self.chain.truncate(kept);
        self.context = None;
        if let Some(mapped) = self.server_rewrite(&early.rules)? {
            return Ok(mapped);
        }
        let path = self.path.clone();
        let host = self.host;
        for pass in early.rules.pass.as_deref().into_iter().chain(&host.passes) {
            match self.passes_on(pass, &path)? {
                Passing::Other => {}
                Passing::Exempt => break,
                Passing::On(address) => return Ok(Mapped::Upstream(address)),
            }
        }
        if let Some(said) = &early.rules.redirect {
            self.link(Some(&said.place), "redirect", "a redirect answers before access is asked for");
            return Err(passed(said.value).into());
        }
        for redirect in &host.redirects {
            if self.mapped_to(&redirect.fake, &redirect.real, &path, &redirect.place)?.is_some() {
                let status = redirect.redirect.unwrap_or(302);
                self.link(Some(&redirect.place), "redirect", "a redirect answers before access is asked for");
                return Err(passed(status).into());
            }
        }
        if let Some(alias) = &early.rules.alias {
            return self.location_alias(alias, &early.rules);
        }
        for alias in &host.mapped {
            if let Some(real) = self.mapped_to(&alias.fake, &alias.real, &path, &alias.place)? {
                let text = format!("the path leads to {}", shown(&real));
                self.link(Some(&alias.place), "alias", text);
                if let Fake::Path(fake) = &alias.fake {
                    self.context = Some((fake.clone(), alias.real.clone()));
                }
                return Ok(Mapped::File(real, alias.script));
            }
        }
        if let Some(foreign) = host.foreign.first() {
            let user_dir = foreign.value == "UserDir";
            if !user_dir || path.starts_with(b"/~") {
                return Err(unmodelled(Some(&foreign.place), format!("{} maps the path", foreign.value)));
            }
        }
        let file = self.below_root(&path)?;
        let place = host.root.as_ref().map(|root| root.place.clone());
        self.link(place.as_ref(), "document-root", format!("the path leads to {}", shown(&file)));
        Ok(Mapped::File(file, false))
    }

    /// `Alias` or `ScriptAlias` within a location: a text with variables, behind which the rest of the path comes only where
    /// `AliasPreservePath` says so.
    fn location_alias(&mut self, alias: &Said<LocationAlias>, rules: &Rules) -> Result<Mapped, Stop> {
        let Some(mut real) = self.string(&alias.value.real, None) else {
            return Err(unmodelled(Some(&alias.place), format!("Alias {}", shown(&alias.value.real))));
        };
        if rules.preserve_path == Some(true)
            && let Some(length) = covered(&alias.value.fake, &self.path)
        {
            self.context = Some((alias.value.fake.clone(), real.clone()));
            real.extend_from_slice(&self.path[length..]);
        }
        let real = self.model.tree.settings.rooted(&real);
        self.link(Some(&alias.place), "alias", format!("the path leads to {}", shown(&real)));
        Ok(Mapped::File(real, alias.value.script))
    }

    /// What an alias or redirect makes of a path, if it is about it.
    pub(super) fn mapped_to(
        &self,
        fake: &Fake,
        real: &[u8],
        path: &[u8],
        place: &crate::conf::Place,
    ) -> Result<Option<Vec<u8>>, Stop> {
        let _ = self;
        Ok(match fake {
            Fake::Path(fake) => covered(fake, path).map(|length| [real, &path[length..]].concat()),
            Fake::Regex(regex) => regex.captures(path).map(|captures| substituted(real, &captures)),
            Fake::Unread => return Err(unread(place)),
        })
    }

    /// What `ProxyPass` makes of the path.
    fn passes_on(&mut self, pass: &Pass, path: &[u8]) -> Result<Passing, Stop> {
        let Some(mut address) = self.mapped_to(&pass.fake, &pass.real, path, &pass.place)? else {
            return Ok(Passing::Other);
        };
        if matches!(pass.fake, Fake::Regex(_)) && address == pass.real {
            // Without a capture in it, the whole path comes behind the address.
            address.extend_from_slice(path);
        }
        if pass.real == b"!" {
            self.link(Some(&pass.place), "proxy", "the path is exempt from being handed on");
            return Ok(Passing::Exempt);
        }
        let text =
            format!("the request is handed on to {}: folders and .htaccess files do not count", shown(&pass.real));
        self.link(Some(&pass.place), "proxy", text);
        Ok(Passing::On(address))
    }

    /// `<Proxy>` sections are all that counts before the locations.
    fn proxied(&mut self, address: &[u8]) -> Result<Target, Stop> {
        let mut target = Target::of(self.host.base.clone());
        target.kind = Reached::Upstream;
        target.file = [b"proxy:", address].concat();
        let mut now: Option<Rules> = None;
        for section in &self.host.proxies {
            let is = match &section.matcher {
                Matcher::Plain(text) => address.starts_with(text),
                Matcher::Wild(text) => pattern::matches(text, address),
                Matcher::Regex(regex) => regex.is_match(address),
                Matcher::Unread(_) => return Err(unread(&section.place)),
            };
            if is {
                self.applies(section, &mut now, &mut target);
            }
        }
        target.lay(now);
        Ok(target)
    }

    /// Lays a section over those before it.
    pub(super) fn applies(&mut self, section: &Section, now: &mut Option<Rules>, target: &mut Target) {
        self.link(Some(&section.place), "section", format!("{} holds", section.title));
        *now = Some(match now.take() {
            Some(before) => section.rules.over(&before),
            None => section.rules.clone(),
        });
        target.applied.push(section.place.clone());
    }
}

impl Target {
    /// Nothing reached yet.
    pub(super) fn of(rules: Rules) -> Self {
        Self { rules, file: Vec::new(), info: Vec::new(), kind: Reached::Missing, applied: Vec::new() }
    }

    /// Lays what a walk gathered over the rules.
    pub(super) fn lay(&mut self, now: Option<Rules>) {
        if let Some(now) = now {
            self.rules = now.over(&self.rules);
        }
    }
}

pub(super) fn unread(place: &crate::conf::Place) -> Stop {
    unmodelled(Some(place), "a regular expression that this program can't read")
}

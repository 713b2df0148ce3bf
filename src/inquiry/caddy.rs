//! Caddy: the site that takes the request, and its directives in the order in which Caddy sorts them.
//!
//! Behaviour of Caddy 2.6.2 and 2.11.7 `caddyconfig/httpcaddyfile/httptype.go:buildSubroute`, `directives.go:sortRoutes`,
//! `modules/caddyhttp/caddyauth/caddyauth.go`. The accounts of a `basic_auth` are handed to the server's emulation as a file.

mod accounts;
mod errors;
mod order;

use crate::conf::caddy::matcher::{Facts, Matcher};
use crate::conf::caddy::site::{self, Address, Ports};
use crate::conf::caddy::tree::{Directive, Site, Tree};
use crate::conf::caddy::{path, tree};
use crate::conf::{Place, Unmodelled};
use crate::inquiry::caddy::order::{Generation, Step, sorted};
use crate::inquiry::course::{Course, before, shown, unmodelled};
use crate::inquiry::{Finding, Lent, Link, Means, Request};
use crate::server::Decision;
use crate::trace::{Trace, Verdict, codes};

/// What the configuration in `tree` makes of a request.
pub fn ask(tree: &tree::Tree, request: &Request, means: &Means<'_>, work: Lent<'_>) -> Finding {
    let is_old = means.server.info().name == "caddy@2.6";
    let generation = if is_old { Generation::V2_6 } else { Generation::V2_11 };
    let mut run = Run { tree, course: Course::new(request, means, work), generation, changed: None };
    let decision = run.decide();
    run.course.finding(decision)
}

struct Run<'a> {
    tree: &'a Tree,
    course: Course<'a>,
    generation: Generation,
    /// Where the credentials are changed before what follows looks at them.
    changed: Option<Place>,
}

/// A site with those of its addresses that are on the port.
type Candidate<'a> = (&'a Site, Vec<Address>);

/// What directives come to.
enum Flow {
    On,
    Answer(Decision),
    /// An error with this status, which `handle_errors` may answer.
    Error(Decision),
}

impl<'a> Run<'a> {
    fn decide(&mut self) -> Result<Decision, Unmodelled> {
        if let Some(refused) = self.course.refused(b"") {
            return Ok(refused);
        }
        if let Some(unread) = &self.tree.unread {
            return Err(unread.clone());
        }
        if let Some(place) = self.tree.heredoc.as_ref().filter(|_| self.generation == Generation::V2_6) {
            return Err(unmodelled(place, "a text after <<, which this generation does not know"));
        }
        if !self.course.request.target.starts_with(b"/") {
            return Err(Unmodelled { place: None, what: "a target that is no path".to_owned() });
        }
        if let Some(refused) = self.refuses_to_start()? {
            return Ok(refused);
        }
        if let Some(option) = self.tree.options.iter().find(|option| !is_harmless(option)) {
            return Err(unmodelled(option.place(), format!("the option {}", option.name())));
        }
        let automatic = self.tree.option("auto_https").map_or(&b""[..], |option| option.word(1));
        let redirects = !matches!(automatic, b"disable_redirects" | b"off");
        let ports = Ports::of(&self.tree.options);
        let (candidates, secure) = self.candidates(ports)?;
        let speaks_tls = candidates.iter().flat_map(|(_, addresses)| addresses).find(|address| address.tls);
        match (speaks_tls, &self.course.request.scheme[..]) {
            (Some(address), b"http") => {
                self.course.link(
                    &address.place.clone(),
                    "site",
                    "this address takes TLS; a request without it is refused",
                );
                return Ok(before(Verdict::Failed, 400));
            }
            (None, b"https") => {
                let place = candidates.first().and_then(|(_, own)| own.first()).map(|one| one.place.clone());
                let what = format!("no address of this configuration takes TLS on port {}", self.course.request.port);
                return Err(Unmodelled { place, what });
            }
            _ => {}
        }
        let name = host(&self.course.request.host);
        let redirecting = if redirects && self.course.request.port == ports.http { &secure[..] } else { &[] };
        if let Some(bind) = self.tree.sites.iter().find_map(Site::bind).filter(|_| !redirecting.is_empty()) {
            return Err(unmodelled(bind.place(), "redirections of sites that are bound to some addresses"));
        }
        // Redirections stand between the sites with hosts and the one of all hosts, and one for all hosts at the end.
        let is_of_all = |addresses: &[Address]| addresses.iter().any(|address| address.host.is_empty());
        for (site, addresses) in candidates.iter().filter(|(_, addresses)| !is_of_all(addresses)) {
            if let Some(found) = addresses.iter().find(|address| site::is_host(&address.host, &name) == Some(true)) {
                self.course.link(
                    &found.place,
                    "site",
                    format!("the site of {} on port {}", shown(&found.host), found.port),
                );
                return self.site(site, speaks_tls.is_some(), name);
            }
        }
        let to_tls = "the site is served through TLS: requests without it are sent there";
        if let Some(address) = redirecting.iter().find(|address| site::is_host(&address.host, &name) == Some(true)) {
            self.course.link(&address.place, "redirect", to_tls);
            return Ok(before(Verdict::Open, 308));
        }
        if let Some((site, addresses)) = candidates.iter().find(|(_, addresses)| is_of_all(addresses)) {
            let place = addresses.iter().find(|address| address.host.is_empty()).map(|address| &address.place);
            self.course.chain.push(Link {
                place: place.cloned(),
                rule: "site",
                text: format!("the site of all hosts on port {}", self.course.request.port),
            });
            return self.site(site, speaks_tls.is_some(), name);
        }
        if let Some(address) = redirecting.first() {
            self.course.link(
                &address.place,
                "redirect",
                "no site is of this host: it is sent to the same one with TLS",
            );
            return Ok(before(Verdict::Open, 308));
        }
        if candidates.is_empty() {
            let place = self.tree.sites.first().and_then(|site| site.addresses.first()).map(|word| word.place.clone());
            return Err(Unmodelled { place, what: format!("no site is on port {}", self.course.request.port) });
        }
        self.course.chain.push(Link {
            place: None,
            rule: "site",
            text: "no site is of this host: an empty answer".to_owned(),
        });
        Ok(before(Verdict::Open, 200))
    }

    /// The sites on the port, those with the most exact hosts first; and the addresses elsewhere that take TLS.
    fn candidates(&self, ports: Ports) -> Result<(Vec<Candidate<'a>>, Vec<Address>), Unmodelled> {
        let mut candidates: Vec<Candidate<'a>> = Vec::new();
        let mut secure: Vec<Address> = Vec::new();
        for site in &self.tree.sites {
            let mut own = Vec::new();
            for word in &site.addresses {
                let address = ports.address(word).filter(|_| !word.is_unknown());
                let address = address.ok_or_else(|| unmodelled(&word.place, "an address of this kind"))?;
                if address.port == self.course.request.port {
                    own.push(address);
                } else if address.tls {
                    secure.push(address);
                }
            }
            if !own.is_empty() {
                if let Some(bind) = site.bind() {
                    return Err(unmodelled(bind.place(), "a site that is bound to some addresses"));
                }
                candidates.push((site, own));
            }
        }
        if let Some(option) = self.tree.option("auto_https").filter(|option| option.word(1) == b"off")
            && candidates.iter().flat_map(|(_, own)| own).chain(&secure).any(|address| address.tls)
        {
            return Err(unmodelled(
                option.place(),
                "sites with TLS whose certificates nobody cares for (auto_https off)",
            ));
        }
        candidates.sort_by_key(|(_, addresses)| site::rank(addresses));
        Ok((candidates, secure))
    }

    fn site(&mut self, site: &'a Site, tls: bool, host: Vec<u8>) -> Result<Decision, Unmodelled> {
        let Some(path) = path::decoded(&self.course.request.target) else {
            return Err(Unmodelled { place: None, what: "a path with a broken escape".to_owned() });
        };
        let method = self.course.request.method.clone();
        let method = if method.is_empty() { b"GET".to_vec() } else { method };
        let mut facts = Facts { tls, host, path: Ok(path), method, client: self.course.request.client };
        let named: Vec<&Directive> = site.block.iter().filter(|line| line.word(0).starts_with(b"@")).collect();
        let double = |(at, line): &(usize, &&Directive)| named[..*at].iter().any(|one| one.word(0) == line.word(0));
        if let Some((_, line)) = named.iter().enumerate().find(double) {
            return Err(unmodelled(line.place(), "a matcher that is defined more than once"));
        }
        match self.list(&site.block, &named, &mut facts, true)? {
            Flow::Answer(decision) => Ok(decision),
            Flow::Error(decision) => self.error(site, decision),
            Flow::On => Ok(self.passed(200)),
        }
    }

    /// Nothing refused.
    fn passed(&mut self, status: u16) -> Decision {
        self.course.granted().unwrap_or_else(|| before(Verdict::Open, status))
    }

    /// A list of directives: sorted, or as it stands in `route`.
    fn list(
        &mut self,
        list: &'a [Directive],
        named: &[&'a Directive],
        facts: &mut Facts,
        sorts: bool,
    ) -> Result<Flow, Unmodelled> {
        let steps = sorted(list, named, sorts, self.generation)?;
        let mut done: Vec<&str> = Vec::new();
        let mut steps = steps.into_iter().peekable();
        while let Some(Step { directive, matcher, words, group }) = steps.next() {
            if !group.is_empty() && done.contains(&group) {
                continue;
            }
            let holds = matcher.holds(facts).map_err(|unmodelled| Unmodelled {
                place: unmodelled.place.or_else(|| Some(directive.place().clone())),
                ..unmodelled
            })?;
            if !holds {
                continue;
            }
            if !group.is_empty() {
                done.push(group);
            }
            let flow = self.step(directive, matcher, words, named, facts)?;
            if directive.name() == "php_fastcgi"
                && steps.peek().is_some_and(|next| next.directive.name() != "file_server")
            {
                return Err(unmodelled(directive.place(), "what php_fastcgi leaves to the directives behind it"));
            }
            if !matches!(flow, Flow::On) {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    fn step(
        &mut self,
        line: &'a Directive,
        matcher: Matcher<'a>,
        words: usize,
        named: &[&'a Directive],
        facts: &mut Facts,
    ) -> Result<Flow, Unmodelled> {
        let name = line.name();
        let values = &line.words[1 + words..];
        if let Some(word) = values.iter().find(|word| word.is_unknown() && !word.heredoc) {
            return Err(unmodelled(&word.place, "a variable of the environment"));
        }
        let told = matcher_text(matcher, line, words);
        match name {
            "basicauth" | "basic_auth" => return self.accounts(line, values, &told),
            "handle" | "route" | "handle_path" => {
                self.course.link(line.place(), "block", format!("{name}{told}"));
                let mut inner = facts.clone();
                if name == "handle_path" {
                    strip(line, words, &mut inner);
                }
                let mut own: Vec<&Directive> =
                    line.inside().iter().filter(|line| line.word(0).starts_with(b"@")).collect();
                own.extend_from_slice(named);
                let flow = self.list(line.inside(), &own, &mut inner, name != "route")?;
                facts.path = inner.path;
                return Ok(flow);
            }
            "redir" | "respond" | "error" | "abort" => {
                self.course.link(line.place(), "answer", format!("{name}{told} answers"));
                return self.answer(line, name, values);
            }
            "rewrite" | "uri" | "try_files" => facts.path = Err(line.place().clone()),
            "request_header" => {
                let field = values.first().map(|word| word.text.to_ascii_lowercase()).unwrap_or_default();
                let field = field.strip_prefix(b"-").or(field.strip_prefix(b"+")).unwrap_or(&field);
                match field {
                    b"authorization" => self.changed = Some(line.place().clone()),
                    field if field == b"host" || field.contains(&b'*') || line.block.is_some() => {
                        return Err(unmodelled(line.place(), "a request whose head is changed"));
                    }
                    _ => {}
                }
            }
            "reverse_proxy" | "php_fastcgi" | "file_server" | "metrics" | "acme_server" => {
                self.course.link(line.place(), "content", format!("{name}{told} answers"));
                return Ok(match name {
                    // Without a file, and beside it, requests go on only where it is told so.
                    "file_server" if line.inside().iter().any(|line| line.name() == "pass_thru") => {
                        return Err(unmodelled(line.place(), "a file_server that may pass requests on"));
                    }
                    _ => Flow::Answer(self.passed(200)),
                });
            }
            "tracing" | "map" | "vars" | "fs" | "root" | "header" | "request_body" | "encode" | "push"
            | "templates" | "skip_log" | "log_skip" | "log_append" | "log_name" => {}
            _ => return Err(unmodelled(line.place(), format!("what {name} does"))),
        }
        Ok(Flow::On)
    }

    fn answer(
        &mut self,
        line: &Directive,
        name: &str,
        values: &[crate::conf::caddy::lex::Word],
    ) -> Result<Flow, Unmodelled> {
        let number = |text: &[u8]| {
            std::str::from_utf8(text).ok().filter(|text| text.len() == 3).and_then(|text| text.parse::<u16>().ok())
        };
        let last = values.last().map_or(&b""[..], |word| &word.text);
        if values.is_empty() && matches!(name, "redir" | "error") {
            return Err(unmodelled(line.place(), format!("{name} without a word")));
        }
        if last.contains(&b'{') && name != "redir" || line.inside().iter().any(|line| line.name() == "status") {
            return Err(unmodelled(line.place(), format!("the status that {name} answers with")));
        }
        let status = match name {
            "abort" => None,
            "redir" => match (values.len(), last) {
                (2, b"permanent") => Some(301),
                (2, b"temporary") => Some(302),
                (2, b"html") => Some(200),
                (2, _) => Some(number(last).unwrap_or(302)),
                _ => Some(302),
            },
            "error" => Some(number(last).unwrap_or(500)),
            _ => Some(number(last).unwrap_or(200)),
        };
        let decision = match status {
            None => Decision::without_status(Verdict::Forbidden, codes::ANSWERED_BEFORE, Trace::default()),
            Some(status @ (401 | 403)) => before(Verdict::Forbidden, status),
            Some(status @ 500..) => before(Verdict::Failed, status),
            Some(status) => self.passed(status),
        };
        Ok(if name == "error" { Flow::Error(decision) } else { Flow::Answer(decision) })
    }
}

/// Whether an option of everything changes nothing of who is let in.
fn is_harmless(option: &Directive) -> bool {
    match option.name() {
        "order" | "default_bind" | "on_demand_tls" | "layer4" | "events" => false,
        "auto_https" => matches!(option.word(1), b"disable_redirects" | b"off"),
        "servers" => option.inside().iter().all(|line| {
            ["protocols", "timeouts", "metrics", "log_credentials", "name", "keepalive_interval", "enable_full_duplex"]
                .contains(&line.name())
        }),
        _ => true,
    }
}

/// The host without its port, in small letters.
fn host(sent: &[u8]) -> Vec<u8> {
    let name = match memchr::memrchr(b':', sent) {
        Some(at) if !sent[at..].contains(&b']') => &sent[..at],
        _ => sent,
    };
    name.to_ascii_lowercase()
}

fn matcher_text(matcher: Matcher<'_>, line: &Directive, words: usize) -> String {
    if matcher.is_some() && words > 0 { format!(" {}", shown(line.word(1))) } else { String::new() }
}

/// `handle_path` takes the path of its matcher off.
fn strip(line: &Directive, words: usize, facts: &mut Facts) {
    let Ok(own) = &facts.path else { return };
    let prefix = if words == 0 { b"" } else { line.word(1) };
    let prefix = prefix.strip_suffix(b"/*").or_else(|| prefix.strip_suffix(b"*")).unwrap_or(prefix);
    let clean = path::cleaned(own);
    let begins = clean.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    let rest = clean.get(prefix.len()..).filter(|rest| begins && rest.starts_with(b"/") && !own.contains(&b'%'));
    facts.path = rest.map(<[u8]>::to_vec).ok_or_else(|| line.place().clone());
}

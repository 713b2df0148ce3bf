//! Traefik: the entry point, the router whose rule holds and that stands first, its middlewares, and the users that they have.
//!
//! Behaviour of Traefik 3.7.15 `pkg/server/router/router.go`, `pkg/muxer/http/mux.go:AddRoute`, `pkg/server/middleware`. A router that
//! can't be built is left out, so that another one may take its requests.

mod middleware;

use crate::conf::Unmodelled;
use crate::conf::traefik::rule::{Facts, Rule, path_of};
use crate::conf::traefik::tree::{EntryPoint, Named, Tree};
use crate::inquiry::course::{Course, before, unmodelled};
use crate::inquiry::traefik::middleware::{Built, Middleware};
use crate::inquiry::{Finding, Lent, Means, Request, host_of};
use crate::node::Node;
use crate::server::Decision;
use crate::trace::{Verdict, codes};

/// What a router may say.
const ROUTER: &[&str] =
    &["entrypoints", "middlewares", "service", "rule", "rulesyntax", "priority", "tls", "observability"];

/// What the configuration in `tree` makes of a request.
pub fn ask(tree: &Tree, request: &Request, means: &Means<'_>, work: Lent<'_>) -> Finding {
    let mut run = Run { tree, course: Course::new(request, means, work), is_taken: false };
    let decision = run.decide();
    run.course.finding(decision)
}

struct Run<'a> {
    tree: &'a Tree,
    course: Course<'a>,
    /// Whether a middleware has taken the credentials away from those behind it.
    is_taken: bool,
}

/// A router with its place in the order.
struct Route<'a> {
    router: &'a Named,
    rule: &'a str,
    priority: i64,
}

/// The texts of a list; `None` where it is none.
fn texts<'n>(node: &'n Node, name: &str) -> Option<Vec<&'n str>> {
    match node.get(name) {
        None => Some(Vec::new()),
        Some(list) if list.is_list() => list.values().iter().map(Node::str).collect(),
        Some(_) => None,
    }
}

impl<'a> Run<'a> {
    fn decide(&mut self) -> Result<Decision, Unmodelled> {
        if let Some(refused) = self.course.refused(b"a:b\n") {
            return Ok(refused);
        }
        if let Some(unread) = &self.tree.unread {
            return Err(unread.clone());
        }
        if !self.course.request.target.starts_with(b"/") || self.course.request.target.contains(&b'#') {
            return Err(Unmodelled { place: None, what: "a target that is no path".to_owned() });
        }
        let entry = self.entry_point()?;
        let text = format!("the entry point {} takes port {}", entry.name, entry.port);
        self.course.link(&entry.place, "entry-point", text);
        if let Some(decision) = self.redirected(entry)? {
            return Ok(decision);
        }
        let facts = self.facts(entry)?;
        let mut routes = self.routes(entry)?;
        routes.sort_by_key(|route| std::cmp::Reverse(route.priority));
        self.first(entry, &routes, &facts)
    }

    fn entry_point(&self) -> Result<&'a EntryPoint, Unmodelled> {
        let takes = |entry: &&EntryPoint| {
            let own = entry.host.parse::<std::net::IpAddr>().ok().filter(|own| !own.is_unspecified());
            entry.port == self.course.request.port
                && own.is_none_or(|own| self.course.request.address.is_none_or(|asked| asked == own))
        };
        let found: Vec<&EntryPoint> = self.tree.entries.iter().filter(takes).collect();
        let [entry] = found[..] else {
            let place = found.first().or(self.tree.entries.first().as_ref()).map(|entry| entry.place.clone());
            let count = if found.is_empty() { "no entry point is" } else { "several entry points are" };
            return Err(Unmodelled { place, what: format!("{count} on port {}", self.course.request.port) });
        };
        let keys = entry.node.members().iter().map(|(key, _)| key.to_ascii_lowercase());
        if let Some(key) = keys.into_iter().find(|key| key == "proxyprotocol") {
            return Err(unmodelled(&entry.place, format!("an entry point with {key}")));
        }
        if self.tree.has_api && entry.name == "traefik" {
            return Err(unmodelled(&entry.place, "the entry point of Traefik's own pages"));
        }
        Ok(entry)
    }

    /// The answer of an entry point that sends all requests to another one.
    fn redirected(&mut self, entry: &EntryPoint) -> Result<Option<Decision>, Unmodelled> {
        let Some(to) = entry.node.at(&["http", "redirections", "entryPoint"]) else { return Ok(None) };
        if to.get("priority").is_some() {
            return Err(unmodelled(&entry.place, "a redirection with a priority"));
        }
        let target = to.get("to").and_then(Node::str).unwrap_or_default();
        self.course.link(&entry.place, "redirect", format!("all requests to {} are sent to {target}", entry.name));
        Ok(Some(before(Verdict::Open, 301)))
    }

    fn facts(&self, entry: &EntryPoint) -> Result<Facts, Unmodelled> {
        let target = &self.course.request.target;
        let http = entry.node.get("http");
        let http = |name: &str| http.and_then(|http| http.get(name));
        let path = path_of(target);
        let end = target.iter().position(|byte| *byte == b'?').unwrap_or(target.len());
        let is_changed = path.len() != end;
        if is_changed && (http("sanitizePath").is_some() || http("encodedCharacters").is_some()) {
            return Err(unmodelled(&entry.place, "how this entry point cleans paths"));
        }
        if path.starts_with(b"/.well-known/acme-challenge/") {
            return Err(unmodelled(&entry.place, "requests that may be about certificates"));
        }
        let method =
            if self.course.request.method.is_empty() { b"GET".to_vec() } else { self.course.request.method.clone() };
        let host = self.course.request.host.to_ascii_lowercase();
        let has_dot = host_of(&host).len() < host.len() && host.ends_with(b".");
        let host = [&host_of(&host)[..], if has_dot { b"." } else { b"" }].concat();
        Ok(Facts { host, path, method, client: self.course.request.client })
    }

    /// The routers of an entry point.
    fn routes(&mut self, entry: &EntryPoint) -> Result<Vec<Route<'a>>, Unmodelled> {
        let tree = self.tree;
        let mut routes = Vec::new();
        for router in &tree.routers {
            let keys = router.node.members().iter().map(|(key, _)| key.to_ascii_lowercase());
            if let Some(key) = keys.into_iter().find(|key| !ROUTER.contains(&key.as_str())) {
                return Err(unmodelled(&router.place, format!("{key} of the router {}", router.name)));
            }
            let Some(entries) = texts(&router.node, "entryPoints") else {
                return Err(unmodelled(&router.place, format!("the entry points of the router {}", router.name)));
            };
            let is_default = if tree.entries.iter().any(|entry| entry.is_default) {
                entry.is_default
            } else {
                entry.name != "traefik"
            };
            let is_here = if entries.is_empty() { is_default } else { entries.contains(&entry.name.as_str()) };
            let has_tls = router.node.get("tls").is_some() || entry.node.at(&["http", "tls"]).is_some();
            if !is_here || has_tls != (self.course.request.scheme == b"https") {
                continue;
            }
            let rule = router.node.get("rule").and_then(Node::str).unwrap_or_default();
            let said = router.node.get("priority").map(|node| node.str().and_then(|text| text.parse::<i64>().ok()));
            let priority = match said {
                None | Some(Some(0)) => i64::try_from(rule.len()).unwrap_or(i64::MAX),
                Some(Some(priority)) => priority,
                Some(None) => return Err(unmodelled(&router.place, "a priority that is no number")),
            };
            routes.push(Route { router, rule, priority });
        }
        Ok(routes)
    }

    /// The first router whose rule holds and that can be built.
    fn first(&mut self, entry: &'a EntryPoint, routes: &[Route<'a>], facts: &Facts) -> Result<Decision, Unmodelled> {
        let mut dropped: Option<Decision> = None;
        let mut taken: Option<(&Route<'a>, Vec<Middleware<'a>>)> = None;
        for route in routes {
            if taken.as_ref().is_some_and(|(first, _)| first.priority > route.priority) {
                break;
            }
            let router = route.router;
            if route.rule.is_empty() {
                continue;
            }
            let is_old = router.node.get("ruleSyntax").and_then(Node::str).is_some_and(|syntax| syntax != "v3");
            let rule = if is_old { None } else { Rule::parse(route.rule.as_bytes()) };
            match rule.and_then(|rule| rule.holds(facts)) {
                Some(false) => continue,
                Some(true) => {}
                None => return Err(unmodelled(&router.place, format!("the rule {}", route.rule))),
            }
            match self.build(entry, router)? {
                Built::Dropped { why, decision, place } => {
                    self.course.link(&router.place, "router", format!("the router {} takes it", router.name));
                    self.course.link(&place, "dropped", format!("{why}, so that Traefik leaves this router out"));
                    let usual = || Decision { reason: codes::MISCONFIGURED, ..before(Verdict::Failed, 404) };
                    dropped = dropped.or_else(|| Some(decision.map_or_else(usual, |decision| *decision)));
                }
                Built::Whole(_) if taken.is_some() => {
                    return Err(unmodelled(&router.place, "routers of the same priority, of which either may take it"));
                }
                Built::Whole(middlewares) => taken = Some((route, middlewares)),
            }
        }
        let Some((route, middlewares)) = taken else {
            if let Some(decision) = dropped {
                return Ok(decision);
            }
            self.course.link(&entry.place, "no-router", "no router takes this request: 404");
            return Ok(before(Verdict::Failed, 404));
        };
        (self.course.user_file, self.course.held) = (None, None);
        let name = &route.router.name;
        self.course.link(&route.router.place, "router", format!("the router {name} takes it: {}", route.rule));
        for middleware in middlewares {
            if let Some(decision) = self.pass(&middleware)? {
                return Ok(decision);
            }
        }
        Ok(self.course.granted().unwrap_or_else(|| {
            let text = format!("no middleware of the router {name} asks for a password");
            self.course.link(&route.router.place, "no-require", text);
            before(Verdict::Open, 200)
        }))
    }
}

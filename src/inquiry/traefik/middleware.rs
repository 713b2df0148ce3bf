//! The middlewares of a router: which there are, whether they can be built, and what they do to a request.
//!
//! Behaviour of Traefik 3.7.15 `pkg/server/middleware/middlewares.go:buildConstructor`, `pkg/middlewares/auth/auth.go:getUsers`.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::bytes::{Span, Written, split_once};
use crate::conf::apache::net::Network;
use crate::conf::traefik::tree::{EntryPoint, Named, Tree};
use crate::conf::{Place, Unmodelled};
use crate::inquiry::course::{before, unmodelled};
use crate::inquiry::held::Held;
use crate::inquiry::traefik::{Run, texts};
use crate::node::Node;
use crate::secret::Secret;
use crate::server::{Decision, Opened, UserFile};
use crate::trace::{Verdict, codes};

/// Deepest nesting of chains.
const DEEPEST: usize = 20;

/// Middlewares that change nothing of who is let in.
const HARMLESS: &[&str] = &[
    "addprefix",
    "buffering",
    "circuitbreaker",
    "compress",
    "contenttype",
    "grpcweb",
    "inflightreq",
    "passtlsclientcert",
    "ratelimit",
    "replacepath",
    "replacepathregex",
    "retry",
    "stripprefix",
    "stripprefixregex",
];

/// One that is part of a router.
pub(super) struct Middleware<'a> {
    named: &'a Named,
    /// In small letters.
    kind: String,
    node: &'a Node,
}

/// A router with all its parts, or why it is left out.
pub(super) enum Built<'a> {
    Whole(Vec<Middleware<'a>>),
    Dropped {
        why: String,
        /// What the users that are not taken make of every request.
        decision: Option<Box<Decision>>,
        place: Place,
    },
}

/// The users of a middleware.
struct Users {
    /// Those of the file, then those of the list.
    held: Held,
    /// The file.
    file: Option<PathBuf>,
    /// The file can't be opened or is not read: the server is asked about it alone.
    unread: Option<Box<dyn UserFile>>,
}

fn dropped<'a>(place: &Place, why: impl Into<String>) -> Built<'a> {
    Built::Dropped { why: why.into(), decision: None, place: place.clone() }
}

impl<'a> Run<'a> {
    /// The parts of a router.
    pub(super) fn build(&mut self, entry: &'a EntryPoint, router: &'a Named) -> Result<Built<'a>, Unmodelled> {
        let odd = |place: &Place| unmodelled(place, "middlewares that are no list of names");
        let http = entry.node.get("http").map_or_else(|| Some(Vec::new()), |http| texts(http, "middlewares"));
        let mut names = http.ok_or_else(|| odd(&entry.place))?;
        names.extend(texts(&router.node, "middlewares").ok_or_else(|| odd(&router.place))?);
        let mut found = Vec::new();
        for name in names {
            if let Some(dropped) = self.part(name, router, &mut found, 0)? {
                return Ok(dropped);
            }
        }
        let service = router.node.get("service").and_then(Node::str).unwrap_or_default();
        match service {
            "noop@internal" => {}
            "api@internal" | "dashboard@internal" if self.tree.has_api => {}
            name => match Tree::named(&self.tree.services, name) {
                Some(service) if service.node.get("loadBalancer").is_some() => {}
                Some(service) => {
                    return Err(unmodelled(&service.place, format!("the service {name}, which balances no servers")));
                }
                None if name.ends_with("@internal") => {
                    return Err(unmodelled(&router.place, format!("the service {name}")));
                }
                None => return Ok(dropped(&router.place, format!("the service {name:?} does not exist"))),
            },
        }
        Ok(Built::Whole(found))
    }

    /// Adds one of this name, or those of a chain; the router is left out where there is no such one.
    fn part(
        &mut self,
        name: &str,
        router: &'a Named,
        found: &mut Vec<Middleware<'a>>,
        depth: usize,
    ) -> Result<Option<Built<'a>>, Unmodelled> {
        let tree = self.tree;
        if depth > DEEPEST {
            return Ok(Some(dropped(&router.place, format!("the middleware {name} leads to itself"))));
        }
        if split_once(name.as_bytes(), b'@').is_some_and(|(_, provider)| provider == b"internal") {
            return Err(unmodelled(&router.place, format!("the middleware {name}")));
        }
        let Some(named) = Tree::named(&tree.middlewares, name) else {
            return Ok(Some(dropped(&router.place, format!("the middleware {name} does not exist"))));
        };
        let (kind, node) = match named.node.members() {
            [(kind, node)] => (kind.to_ascii_lowercase(), node),
            [] => return Ok(Some(dropped(&named.place, format!("the middleware {name} is of no kind")))),
            _ => return Err(unmodelled(&named.place, format!("the middleware {name}, which is of several kinds"))),
        };
        match kind.as_str() {
            "chain" => {
                let Some(names) = texts(node, "middlewares") else {
                    return Err(unmodelled(&named.place, format!("the names of the chain {name}")));
                };
                for name in names {
                    if let Some(dropped) = self.part(name, router, found, depth + 1)? {
                        return Ok(Some(dropped));
                    }
                }
                return Ok(None);
            }
            "basicauth" => {
                let users = self.users(named, node)?;
                let decision = self.ask_users(&users, true);
                if decision.verdict == Verdict::Failed {
                    let why = format!("the users of the middleware {name} are not taken");
                    let decision = Some(Box::new(decision));
                    return Ok(Some(Built::Dropped { why, decision, place: named.place.clone() }));
                }
            }
            _ => {}
        }
        found.push(Middleware { named, kind, node });
        Ok(None)
    }

    fn users(&self, named: &Named, node: &Node) -> Result<Users, Unmodelled> {
        let known = ["users", "usersfile", "realm", "removeheader", "headerfield"];
        let keys = node.members().iter().map(|(key, _)| key.to_ascii_lowercase());
        if let Some(key) = keys.into_iter().find(|key| !known.contains(&key.as_str())) {
            return Err(unmodelled(&named.place, format!("{key} of the middleware {}", named.name)));
        }
        let place = |node: &Node| Place {
            line: node.line.and_then(|line| u32::try_from(line).ok()).unwrap_or(named.place.line),
            ..named.place.clone()
        };
        let mut held = Held::default();
        let (mut name_of_file, mut unread) = (None, None);
        if let Some(file) = node.get("usersFile") {
            let name = file.str().filter(|name| !name.is_empty()).map(Path::new);
            let folder = self.tree.folder.as_deref();
            let name = match name {
                Some(name) if name.is_absolute() => Some(name.to_path_buf()),
                name => folder.zip(name).map(|(folder, name)| folder.join(name)),
            };
            let Some(name) = name else {
                return Err(unmodelled(
                    &place(file),
                    "a user file that is named from the folder where Traefik is started",
                ));
            };
            let opened = (self.course.means.users)(&name);
            let mut bytes = Vec::new();
            let is_read = match opened.open() {
                Opened::Bytes(mut reader) => reader.read_to_end(&mut bytes).is_ok(),
                _ => false,
            };
            if is_read {
                held.file(Rc::new(name.clone()), &bytes);
            } else {
                unread = Some(opened);
            }
            name_of_file = Some(name);
        }
        if let Some(list) = node.get("users") {
            let users = if list.is_list() {
                list.values()
            } else {
                return Err(unmodelled(&place(list), "users that are no list"));
            };
            for user in users {
                let whole = user.text().map(Secret::expose).unwrap_or_default();
                let text = whole.trim_ascii();
                if text.is_empty() || text.starts_with(b"#") || text.contains(&b'\n') {
                    return Err(unmodelled(&place(user), "a user that is no text user:hash"));
                }
                let leading = (whole.len() - whole.trim_ascii_start().len()) as u64;
                let written = user.written.map(|written| {
                    let own = Span::at(written.at.start + leading, text.len());
                    Written { at: if written.is_plain { own } else { written.at }, ..written }
                });
                held.line(&place(user), (text, written));
            }
        }
        Ok(Users { held, file: name_of_file, unread })
    }

    /// What the server makes of users, and which file they stand in.
    fn ask_users(&mut self, users: &Users, is_bare: bool) -> Decision {
        let path = users.file.as_deref();
        let (decision, file) = match &users.unread {
            Some(unread) => (self.course.decide(&**unread, path.unwrap_or(Path::new("")), is_bare), None),
            None => users.held.placed(self.course.decide(&users.held, path.unwrap_or(Path::new("")), is_bare)),
        };
        let is_of_list = file.as_deref().is_some_and(|file| path != Some(file)) && users.unread.is_none();
        self.course.user_file = path.filter(|_| !is_of_list).map(Path::to_path_buf);
        self.course.held = file.filter(|_| is_of_list);
        decision
    }

    /// What a middleware answers; `None` where it passes the request on.
    pub(super) fn pass(&mut self, middleware: &Middleware<'a>) -> Result<Option<Decision>, Unmodelled> {
        let Middleware { named, kind, node } = middleware;
        let (name, place) = (&named.name, &named.place);
        match kind.as_str() {
            "basicauth" => self.login(named, node),
            "ipallowlist" | "ipwhitelist" => {
                let ranges = texts(node, "sourceRange").filter(|_| node.get("ipStrategy").is_none());
                let in_range = |range: &&str| {
                    let (address, mask) =
                        split_once(range.as_bytes(), b'/').map_or((range.as_bytes(), None), |(a, m)| (a, Some(m)));
                    Network::parse(address, mask).ok().map(|network| network.holds(self.course.request.client))
                };
                let holds = ranges.and_then(|ranges| ranges.iter().map(in_range).collect::<Option<Vec<bool>>>());
                let Some(holds) = holds else { return Err(unmodelled(place, format!("the addresses of {name}"))) };
                let status = node.get("rejectStatusCode").map(|node| node.str().and_then(|text| text.parse().ok()));
                let Some(status) = status.unwrap_or(Some(403)) else {
                    return Err(unmodelled(place, format!("the status of {name}")));
                };
                if holds.contains(&true) {
                    return Ok(None);
                }
                self.course.link(place, "addresses", format!("{name} does not let this address in"));
                Ok(Some(Decision { reason: codes::ADDRESS_DENIED, ..before(Verdict::Forbidden, status) }))
            }
            "redirectscheme" => {
                let scheme = node.get("scheme").and_then(Node::str).unwrap_or_default();
                if scheme.as_bytes() == self.course.request.scheme {
                    return Err(unmodelled(place, format!("whether {name} sends requests elsewhere")));
                }
                self.course.link(place, "redirect", format!("{name} sends requests to {scheme}"));
                let status = if node.is_true("permanent") { 301 } else { 302 };
                Ok(Some(self.course.granted().unwrap_or_else(|| before(Verdict::Open, status))))
            }
            "headers" if !touches(node) => Ok(None),
            kind if HARMLESS.contains(&kind) => Ok(None),
            kind => Err(unmodelled(place, format!("what the middleware {name} ({kind}) does"))),
        }
    }

    fn login(&mut self, named: &'a Named, node: &'a Node) -> Result<Option<Decision>, Unmodelled> {
        let users = self.users(named, node)?;
        let decision = self.ask_users(&users, self.is_taken);
        self.course.link(&named.place, "middleware", format!("the middleware {} asks for a password", named.name));
        if let Some(file) = &users.file {
            let file = file.display();
            self.course.link(&named.place, "user-file", format!("the users are in {file}"));
        }
        if let (Some(entry), Some(file)) = (&decision.entry, &self.course.held)
            && let Ok(line) = u32::try_from(entry.line)
        {
            let place = Place { file: Rc::new(file.clone()), line, column: 1 };
            self.course.link(&place, "user", "the user's entry");
        }
        if decision.verdict == Verdict::Undecided {
            return Err(unmodelled(&named.place, "a hash that is not computed here"));
        }
        if decision.verdict != Verdict::Granted {
            return Ok(Some(decision));
        }
        self.is_taken |= node.is_true("removeHeader");
        self.course.checked = Some(decision);
        Ok(None)
    }
}

/// Whether a middleware of headers may change who is let in.
fn touches(node: &Node) -> bool {
    let harmless = [
        "custom",
        "sts",
        "frame",
        "contenttype",
        "browserxss",
        "referrer",
        "permissions",
        "contentsecurity",
        "forcests",
    ];
    node.members().iter().any(|(key, value)| {
        let key = key.to_ascii_lowercase();
        let names = value.members().iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        !harmless.iter().any(|start| key.starts_with(start)) || (key == "customrequestheaders" && names)
    })
}

//! nginx: the phases of a request, as far as they decide who gets in.
//!
//! Behaviour of nginx 1.22.1: server rewrite, location, rewrite, access (`ngx_http_access_module`, `ngx_http_auth_basic_module`,
//! `ngx_http_auth_request_module`, `ngx_http_core_access_phase`), then `try_files`, `index` and `error_page`, which lead to
//! further locations whose access counts too.

mod access;
mod content;
mod refusal;
mod rewrite;

use std::collections::HashMap;

use crate::conf::Unmodelled;
use crate::conf::nginx::location::{self, Found};
use crate::conf::nginx::refusal::Found as Checked;
use crate::conf::nginx::tree::{Directive, Tree};
use crate::conf::nginx::value::Facts;
use crate::conf::nginx::{Scope, listen, uri};
use crate::inquiry::host_of;
use crate::inquiry::{Finding, Lent, Link, Means, Request, undecided};
use crate::server::Decision;
use crate::trace::{LogLine, Trace, Verdict, codes};

/// A configuration and what nginx says of it.
pub struct Config {
    /// The configuration.
    pub tree: Tree,
    /// What nginx says of it.
    pub checked: Checked,
}

impl Config {
    /// What the configuration makes of a request.
    pub fn ask(&self, request: &Request, means: &Means<'_>, work: Lent<'_>) -> Finding {
        if let Some(finding) = refusal::refused(&self.checked) {
            return finding;
        }
        let mut finding = ask(&self.tree, request, means, work);
        finding.chain.splice(0..0, refusal::strangers(&self.checked));
        finding
    }
}

/// Internal redirects that nginx follows.
const MOST_REDIRECTS: usize = 10;

/// What the configuration in `tree` makes of a request.
pub fn ask(tree: &Tree, request: &Request, means: &Means<'_>, work: Lent<'_>) -> Finding {
    let mut chain = Vec::new();
    let outcome = Run::start(tree, request, means, &mut chain).and_then(|start| match start {
        Started::Run(mut run) => {
            run.work = Some(work);
            let mut decision = run.phases()?;
            decision.log.splice(0..0, std::mem::take(&mut run.logged));
            Ok((decision, run.user_file.take(), std::mem::take(&mut run.chain)))
        }
        Started::Answer(answer) => Ok((answer, None, Vec::new())),
    });
    match outcome {
        Ok((decision, user_file, links)) => {
            chain.extend(links);
            Finding { decision, chain, user_file, held: None }
        }
        Err(unmodelled) => {
            let decision = undecided(&unmodelled, &mut chain);
            Finding { decision, chain, user_file: None, held: None }
        }
    }
}

enum Started<'c> {
    Run(Box<Run<'c>>),
    Answer(Decision),
}

/// A request on its way.
struct Run<'c> {
    tree: &'c Tree,
    http: &'c Directive,
    request: &'c Request,
    means: &'c Means<'c>,
    work: Option<Lent<'c>>,
    chain: Vec<Link>,
    server: Scope<'c>,
    scope: Scope<'c>,
    host: Vec<u8>,
    uri: Vec<u8>,
    args: Vec<u8>,
    method: Vec<u8>,
    /// The method of the request that a subrequest is made for.
    main_method: Option<Vec<u8>>,
    user: Vec<u8>,
    captures: Vec<Vec<u8>>,
    set: HashMap<Vec<u8>, Vec<u8>>,
    user_file: Option<std::path::PathBuf>,
    /// The last decision of the authentication, kept for its log and entry.
    checked: Option<Decision>,
    /// What the access modules wrote to the log, in the order in which they did; a later answer does not take it back.
    logged: Vec<LogLine>,
    /// Whether the request stands in an internal redirect.
    internal: bool,
    /// The status that an error page is shown for.
    error: Option<u16>,
    redirects: usize,
}

/// What a phase makes of the request.
enum Flow {
    /// On with the next phase.
    On,
    /// Anew from the choice of the location.
    Again,
    /// To the named location.
    Named(Vec<u8>),
    /// A status from a phase before or after access.
    Status(u16),
    /// Access was refused or failed with this decision.
    Refused(Decision),
    /// The connection is closed.
    Closed,
}

impl<'c> Run<'c> {
    fn start(
        tree: &'c Tree,
        request: &'c Request,
        means: &'c Means<'c>,
        chain: &mut Vec<Link>,
    ) -> Result<Started<'c>, Unmodelled> {
        let absent = |what: &str| Unmodelled { place: Some(tree.main.place.clone()), what: what.to_owned() };
        let http = tree.main.first("http").ok_or_else(|| absent("there is no http block"))?;
        let servers: Vec<&Directive> = http.all("server").collect();
        let of_socket = listen::of_socket(&servers, request.address, request.port);
        let host = host_of(&request.host);
        let Some((server, chosen, unread)) = listen::by_name(&of_socket, request.port, Some(&host)) else {
            return Err(absent(&format!("no server block listens on port {}", request.port)));
        };
        if let Some(unread) = unread {
            let what = "a server name that is a regular expression this program can't read".to_owned();
            return Err(Unmodelled { place: Some(unread.place.clone()), what });
        }
        let why = match chosen {
            listen::Chosen::Exact => "its name is the host",
            listen::Chosen::Wildcard => "a wildcard of its names covers the host",
            listen::Chosen::Regex => "a regular expression of its names matches the host",
            listen::Chosen::Default => "no name fits, and it is the default of this port",
        };
        chain.push(Link { place: Some(server.place.clone()), rule: "server", text: format!("server block: {why}") });
        let main = Scope { blocks: vec![&tree.main, http] };
        // The path is read before the host is known, but for that which TLS names.
        let first = listen::default_of(&of_socket, request.port).filter(|_| request.scheme == b"http");
        let first = main.within(first.unwrap_or(server));
        let server = main.within(server);
        let merge = first.inherited("merge_slashes").is_none_or(|slashes| !slashes.arg(0).eq_ignore_ascii_case(b"off"));
        let Some(target) = uri::parse(&request.target, merge) else {
            return Ok(Started::Answer(Decision::new(Verdict::Failed, 400, codes::BAD_REQUEST, Trace::default())));
        };
        Ok(Started::Run(Box::new(Run {
            tree,
            http,
            request,
            means,
            work: None,
            chain: Vec::new(),
            scope: server.clone(),
            server,
            host,
            uri: target.path,
            args: target.args.unwrap_or_default(),
            method: request.method.clone(),
            main_method: None,
            user: claimed_user(&request.head),
            captures: Vec::new(),
            set: HashMap::new(),
            user_file: None,
            checked: None,
            logged: Vec::new(),
            internal: false,
            error: None,
            redirects: 0,
        })))
    }

    fn link(&mut self, directive: &Directive, rule: &'static str, text: impl Into<String>) {
        self.chain.push(Link { place: Some(directive.place.clone()), rule, text: text.into() });
    }

    /// The value of a text with variables, as things stand.
    fn value(&self, text: &[u8]) -> Result<Vec<u8>, Unmodelled> {
        let facts = Facts {
            http: self.http,
            method: self.main_method.as_ref().unwrap_or(&self.method),
            scheme: &self.request.scheme,
            host: &self.host,
            raw_host: &self.request.host,
            port: self.request.port,
            request_uri: &self.request.target,
            uri: &self.uri,
            args: &self.args,
            client: self.request.client,
            head: &self.request.head,
            user: &self.user,
            captures: &self.captures,
            set: &self.set,
        };
        facts.text(text)
    }

    /// All phases, until something answers.
    fn phases(&mut self) -> Result<Decision, Unmodelled> {
        let server = self.server.clone();
        let mut flow = self.rewrite(&server, true)?;
        if matches!(flow, Flow::On) {
            flow = Flow::Again;
        }
        loop {
            flow = match flow {
                Flow::Again => self.locate()?,
                Flow::On => match self.rewrite_location()? {
                    Flow::On => match self.access()? {
                        Flow::On => self.content()?,
                        other => other,
                    },
                    other => other,
                },
                Flow::Named(name) => self.named(&name),
                Flow::Status(status) => match self.error_page(status)? {
                    Some(flow) => flow,
                    None => return Ok(self.status(status)),
                },
                Flow::Refused(decision) => {
                    match decision.status.map(|status| self.error_page(status)).transpose()?.flatten() {
                        Some(flow) => {
                            self.checked = Some(decision);
                            flow
                        }
                        None => return Ok(decision),
                    }
                }
                Flow::Closed => {
                    return Ok(Decision::without_status(Verdict::Forbidden, codes::ANSWERED_BEFORE, Trace::default()));
                }
            };
            self.redirects += 1;
            if self.redirects > MOST_REDIRECTS * 4 {
                return Ok(Decision::new(Verdict::Failed, 500, codes::MISCONFIGURED, Trace::default()));
            }
        }
    }

    /// Chooses the location for the path as it stands.
    fn locate(&mut self) -> Result<Flow, Unmodelled> {
        let Found { scope, chosen, captures } = location::find(&self.server, &self.uri)?;
        self.scope = scope;
        if chosen == location::Chosen::Regex {
            self.captures = captures;
        }
        let Some(block) = self.scope.innermost() else { return Ok(Flow::On) };
        let how = match chosen {
            location::Chosen::None => return Ok(Flow::On),
            location::Chosen::Exact => "is exactly the path",
            location::Chosen::Prefix => "is the longest prefix of the path",
            location::Chosen::Regex => "is the first regular expression that matches the path",
            location::Chosen::Slash => "wants a final slash",
        };
        let name = String::from_utf8_lossy(&block.args.join(&b' ')).into_owned();
        let path = String::from_utf8_lossy(&self.uri).into_owned();
        self.link(block, "location", format!("location {name} {how} {path}"));
        if chosen == location::Chosen::Slash {
            return Ok(Flow::Status(301));
        }
        if self.scope.inherited("internal").is_some() && !self.internal {
            self.link(block, "internal", "the location is internal: not found from outside");
            return Ok(Flow::Status(404));
        }
        Ok(Flow::On)
    }

    fn named(&mut self, name: &[u8]) -> Flow {
        match location::named(&self.server, name) {
            Some(scope) => {
                self.scope = scope;
                if let Some(block) = self.scope.innermost() {
                    self.link(block, "location", format!("location {}", String::from_utf8_lossy(name)));
                }
                self.internal = true;
                Flow::On
            }
            None => Flow::Status(500),
        }
    }

    /// The decision for a status that does not come from the credentials: the request got through the authentication, or
    /// never came to it.
    fn status(&mut self, status: u16) -> Decision {
        let status = self.error.unwrap_or(status);
        match (self.checked.take(), status) {
            (_, 403) => Decision::new(Verdict::Forbidden, 403, codes::ANSWERED_BEFORE, Trace::default()),
            (_, 401) => Decision::new(Verdict::Denied, 401, codes::ANSWERED_BEFORE, Trace::default()),
            (_, 500) => Decision::new(Verdict::Failed, 500, codes::MISCONFIGURED, Trace::default()),
            (Some(checked), _) if checked.verdict == Verdict::Granted => checked,
            _ => Decision::new(Verdict::Open, status, codes::ANSWERED_BEFORE, Trace::default()),
        }
    }

    /// Where an error page leads for this status.
    fn error_page(&mut self, status: u16) -> Result<Option<Flow>, Unmodelled> {
        if status < 300 || self.error.is_some() {
            return Ok(None);
        }
        let wanted = status.to_string();
        let pages = self.scope.inherited_all(&["error_page"]);
        let Some(page) = pages.into_iter().find(|page| page.args.iter().any(|arg| arg == wanted.as_bytes())) else {
            return Ok(None);
        };
        let Some(target) = page.args.last() else { return Ok(None) };
        let response = page.args.iter().rev().skip(1).find_map(|arg| arg.strip_prefix(b"="));
        self.error = match response {
            None => Some(status),
            Some(b"") => None,
            Some(code) => std::str::from_utf8(code).ok().and_then(|code| code.parse().ok()),
        };
        self.link(page, "error-page", format!("error_page {status} leads to {}", String::from_utf8_lossy(target)));
        self.internal = true;
        if target.starts_with(b"@") {
            return Ok(Some(Flow::Named(target.clone())));
        }
        let target = self.value(target)?;
        if !target.starts_with(b"/") {
            self.error = Some(302);
            return Ok(None);
        }
        let (path, args) = crate::bytes::split_once(&target, b'?').unwrap_or((&target, b""));
        (self.uri, self.args) = (path.to_vec(), args.to_vec());
        if self.method != b"HEAD" {
            self.method = b"GET".to_vec();
        }
        // A page that is not found or refused is not searched another page for.
        if response == Some(b"") {
            self.error = Some(200);
        }
        Ok(Some(Flow::Again))
    }
}

/// The user that the request claims, for `$remote_user`.
fn claimed_user(head: &[u8]) -> Vec<u8> {
    use crate::basic::Presented;
    use crate::basic::nginx::{Generation, read};
    match read(head, Generation::Old, &mut Trace::default(), &mut Vec::new()) {
        Presented::Credentials(credentials) => credentials.user,
        _ => Vec::new(),
    }
}

//! Apache httpd: the phases of a request, as far as they decide who gets in.
//!
//! Behaviour of httpd 2.4.71 `server/request.c:ap_process_request_internal`: virtual host, path, redirects and aliases, folders with
//! `.htaccess`, files, locations, conditions, then access and authentication, then the index of a folder, whose own request is
//! asked for access too.

mod access;
mod authn;
mod authz;
mod content;
mod expr;
mod groups;
mod guess;
mod rewrite;
mod setenvif;
mod translate;
mod walk;

use std::collections::HashMap;
use std::net::IpAddr;

use crate::basic::Presented;
use crate::conf::apache::host::{Chosen, Host, Model};
use crate::conf::apache::rules::{Limited, Rules};
use crate::conf::apache::tree::Tree;
use crate::conf::apache::uri;
use crate::conf::{Place, Trouble, Unmodelled};
use crate::inquiry::apache::content::Content;
use crate::inquiry::apache::guess::{Guesses, explore};
use crate::inquiry::apache::setenvif::Variable;
use crate::inquiry::host_of;
use crate::inquiry::{Finding, Lent, Link, Means, Request, undecided};
use crate::server::{Decision, Inputs};
use crate::trace::{Code, Level, LogLine, Trace, Verdict, codes};

/// Requests within a request that are followed (`LimitInternalRecursion`).
const MOST_WITHIN: usize = 10;
/// Requests that follow from one (`LimitInternalRecursion`).
const MOST_REDIRECTS: usize = 10;

/// What the configuration in `tree` makes of a request; `Err` where the server would not start with it.
pub fn ask(tree: &Tree, request: &Request, means: &Means<'_>, work: Lent<'_>) -> Result<Finding, Trouble> {
    let model = Model::of(tree)?;
    let mut before = Vec::new();
    let host = match choose(&model, request, &mut before) {
        Ok(host) => host,
        Err(unmodelled) => {
            let decision = undecided(&unmodelled, &mut before);
            return Ok(Finding { decision, chain: before, user_file: None, held: None });
        }
    };
    let mut finding = explore(&mut |guesses| {
        let mut run = Run {
            model: &model,
            host,
            request,
            means,
            work: &mut *work,
            guesses,
            chain: Vec::new(),
            log: Vec::new(),
            limited: model.builder.methods.of(&request.method),
            sent: request.target.clone(),
            path: Vec::new(),
            args: Vec::new(),
            user: None,
            checked: None,
            user_file: None,
            within: 0,
            variables: HashMap::new(),
            foreign_variables: false,
            walked: None,
            context: None,
            ended: false,
            forced: None,
            file: Vec::new(),
            info: Vec::new(),
        };
        let mut outcome = run.main();
        if let Ok(decision) | Err(Stop::Answer(decision)) = &mut outcome {
            run.log.append(&mut decision.log);
            decision.log = std::mem::take(&mut run.log);
        }
        (outcome.map(|decision| *decision), std::mem::take(&mut run.chain), run.user_file.take())
    });
    before.append(&mut finding.chain);
    finding.chain = before;
    Ok(finding)
}

/// The virtual host.
fn choose<'m>(model: &'m Model<'_>, request: &Request, chain: &mut Vec<Link>) -> Result<&'m Host, Unmodelled> {
    let name = host_of(&request.host);
    let (host, chosen) = model.choose(request.address, request.port, &name)?;
    if let Some(place) = &host.place {
        let why = match chosen {
            Chosen::Main => "",
            Chosen::Name => "its ServerName is the host",
            Chosen::Alias => "a ServerAlias of it covers the host",
            Chosen::First => "no name fits, and it is the first of this address and port",
        };
        chain.push(Link { place: Some(place.clone()), rule: "host", text: format!("virtual host: {why}") });
    }
    Ok(host)
}

/// A request on its way.
struct Run<'c> {
    model: &'c Model<'c>,
    host: &'c Host,
    request: &'c Request,
    means: &'c Means<'c>,
    work: Lent<'c>,
    /// What is assumed where it is not known.
    guesses: &'c Guesses,
    chain: Vec<Link>,
    log: Vec<LogLine>,
    /// The bit of the method.
    limited: Limited,
    /// The path and arguments as they came.
    sent: Vec<u8>,
    /// The path, decoded.
    path: Vec<u8>,
    args: Vec<u8>,
    /// The authenticated user.
    user: Option<Vec<u8>>,
    /// The decision on the credentials that let the request through.
    checked: Option<Decision>,
    user_file: Option<std::path::PathBuf>,
    within: usize,
    /// What is set for the request, by name in lower case.
    variables: HashMap<Vec<u8>, Variable>,
    /// Whether variables that are not kept may have been set before the request that this one follows from.
    foreign_variables: bool,
    /// The walk of this request, or of the one before or around it.
    walked: Option<Walked>,
    /// The alias that mapped the path: what it stands for, and the path.
    context: Option<(Vec<u8>, Vec<u8>)>,
    /// Whether rules of mod_rewrite are no longer looked at.
    ended: bool,
    /// The handler that a rule chose.
    forced: Option<Vec<u8>>,
    /// The file that access is asked for, and the rest of the path.
    file: Vec<u8>,
    /// The rest of the path.
    info: Vec<u8>,
}

/// Why a phase ends the request.
enum Stop {
    /// With this answer.
    Answer(Box<Decision>),
    /// Something is not modelled.
    Unmodelled(Unmodelled),
    /// Something is not known; both answers are to be tried.
    Open(Unmodelled),
}

impl From<Unmodelled> for Stop {
    fn from(unmodelled: Unmodelled) -> Self {
        Self::Unmodelled(unmodelled)
    }
}

impl From<Decision> for Stop {
    fn from(decision: Decision) -> Self {
        Self::Answer(Box::new(decision))
    }
}

/// A folder and what came of the walk to it, or to a file in it.
#[derive(Clone)]
struct Walked {
    folder: Vec<u8>,
    target: Target,
}

/// What came of mapping and walking: the rules that hold, and the file.
#[derive(Clone)]
struct Target {
    rules: Rules,
    /// The file as far as it is there.
    file: Vec<u8>,
    /// The rest of the path after it.
    info: Vec<u8>,
    kind: Reached,
    /// Which sections make up the rules.
    applied: Vec<Place>,
}

/// What a path leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reached {
    Missing,
    File,
    Folder,
    /// Another server.
    Upstream,
    /// A program that is run.
    Script,
}

impl Run<'_> {
    fn main(&mut self) -> Result<Box<Decision>, Stop> {
        if let Some(refused) = self.head_refused() {
            return Ok(Box::new(refused));
        }
        let mut before: Option<Target> = None;
        let most = self.host.most_redirects.unwrap_or(MOST_REDIRECTS);
        for _ in 0..=most {
            self.server_variables();
            let merge = self.host.merge_slashes.unwrap_or(true);
            match uri::parse(&self.sent, merge, self.host.slashes) {
                Ok(target) => {
                    self.path = target.path;
                    self.args = target.args.unwrap_or_default();
                }
                Err(400) => {
                    if self.sent.starts_with(b"/") {
                        let sent = self.sent.clone();
                        self.says(Level::Error, &[b"AH10244: invalid URI path (", &sent, b")"]);
                    }
                    return Ok(Box::new(Decision::new(Verdict::Failed, 400, codes::BAD_REQUEST, Trace::default())));
                }
                Err(status) => return Ok(Box::new(passed(status))),
            }
            let target = self.target()?;
            self.section_variables(&target);
            if before.as_ref().is_none_or(|before| before.applied != target.applied) {
                self.user = None;
                self.access(&target)?;
            }
            match self.content(&target)? {
                Content::Status(status) => {
                    return Ok(Box::new(match self.checked.take() {
                        Some(checked) => checked,
                        None => passed(status),
                    }));
                }
                Content::Again(path, left) => {
                    self.link(None, "internal-redirect", format!("a request to {} follows", shown(&path)));
                    self.follow(path, &left);
                    before = Some(*left);
                }
            }
        }
        let text = format!(
            "AH00124: Request exceeded the limit of {most} internal redirects due to probable configuration error. Use \
             'LimitInternalRecursion' to increase the limit if necessary. Use 'LogLevel debug' to get a backtrace."
        );
        self.says(Level::Error, &[text.as_bytes()]);
        Err(refused(Verdict::Failed, 500, codes::MISCONFIGURED))
    }

    /// Becomes the request that follows from this one.
    fn follow(&mut self, path: Vec<u8>, left: &Target) {
        self.sent = path;
        self.forced = None;
        self.foreign_variables |= left.rules.sets_env;
        let old = std::mem::take(&mut self.variables);
        self.variables = old.into_iter().map(|(name, value)| ([b"redirect_", &name[..]].concat(), value)).collect();
        self.variables.insert(b"redirect_status".to_vec(), Variable::Set(Some(b"200".to_vec())));
    }

    /// The document root.
    fn root(&self) -> &[u8] {
        self.host.root.as_ref().map_or(&self.model.default_root, |root| &root.value)
    }

    /// The answer to a request head that the server does not take.
    fn head_refused(&mut self) -> Option<Decision> {
        let presented = crate::basic::apache::read(&self.request.head, &mut Trace::default(), &mut Vec::new());
        matches!(presented, Presented::Refused { .. }).then(|| self.decided(b"", &&b""[..]))
    }

    /// What the server says to the credentials with this user file.
    fn decided(&mut self, path: &[u8], file: &dyn crate::server::UserFile) -> Decision {
        // The path is decoded once more for messages.
        let mut uri = Vec::with_capacity(self.path.len());
        for byte in &self.path {
            match byte {
                b'%' | b'?' => uri.extend_from_slice(format!("%{byte:02X}").as_bytes()),
                byte => uri.push(*byte),
            }
        }
        let inputs = Inputs { head: &self.request.head, path, file, uri: &uri };
        self.means.server.decide(&inputs, self.work)
    }

    fn link(&mut self, place: Option<&Place>, rule: &'static str, text: impl Into<String>) {
        self.chain.push(Link { place: place.cloned(), rule, text: text.into() });
    }

    /// A line of the error log.
    fn says(&mut self, level: Level, parts: &[&[u8]]) {
        self.log.push(LogLine::new(level, crate::basic::apache::escaped(&parts.concat())));
    }

    /// The client's address, as IPv4 where it is that.
    fn client(&self) -> IpAddr {
        self.request.client.to_canonical()
    }
}

/// The answer to a request that got through without credentials.
fn passed(status: u16) -> Decision {
    let (verdict, reason) = match status {
        401 => (Verdict::Denied, codes::ANSWERED_BEFORE),
        403 => (Verdict::Forbidden, codes::ANSWERED_BEFORE),
        500 => (Verdict::Failed, codes::MISCONFIGURED),
        _ => (Verdict::Open, codes::ANSWERED_BEFORE),
    };
    Decision::new(verdict, status, reason, Trace::default())
}

/// The answer of a rule that gives a status.
fn answered(status: u16) -> Stop {
    match status {
        403 => refused(Verdict::Forbidden, 403, codes::RULE_DENIED),
        status => passed(status).into(),
    }
}

fn refused(verdict: Verdict, status: u16, reason: Code) -> Stop {
    Decision::new(verdict, status, reason, Trace::default()).into()
}

fn unmodelled(place: Option<&Place>, what: impl Into<String>) -> Stop {
    Stop::Unmodelled(Unmodelled { place: place.cloned(), what: what.into() })
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

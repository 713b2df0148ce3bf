//! HAProxy: the `http-request` rules of the section that takes the connection, and of the backend behind it.
//!
//! Behaviour of HAProxy 2.6.12 `src/http_ana.c:http_process_req_common`, `src/auth.c:check_user`. Users are those of a userlist;
//! their lines are handed to the server's emulation as a file of users.

mod userlist;

use crate::conf::haproxy::acl::Facts;
use crate::conf::haproxy::tree::{Line, Section, Tree};
use crate::conf::{Place, Unmodelled};
use crate::inquiry::course::{Course, before, shown, unmodelled};
use crate::inquiry::haproxy::userlist::Userlist;
use crate::inquiry::{Finding, Lent, Means, Request};
use crate::server::Decision;
use crate::trace::{Trace, Verdict, codes};

/// Sections that answer requests of clients.
const FRONTS: &[&str] = &["frontend", "listen"];
/// Sections that requests are handed to.
const BACKS: &[&str] = &["backend", "listen"];

/// What the configuration in `tree` makes of a request.
pub fn ask(tree: &Tree, request: &Request, means: &Means<'_>, work: Lent<'_>) -> Finding {
    let mut run = Run { tree, course: Course::new(request, means, work) };
    let decision = run.decide();
    run.course.finding(decision)
}

struct Run<'a> {
    tree: &'a Tree,
    course: Course<'a>,
}

/// What a section's rules come to.
enum Flow {
    On,
    Answer(Decision),
}

impl<'a> Run<'a> {
    fn decide(&mut self) -> Result<Decision, Unmodelled> {
        if let Some(place) = &self.tree.conditional {
            return Err(unmodelled(place, "lines that count where a condition on the process holds (.if)"));
        }
        if let Some(refused) = self.course.refused(b"") {
            return Ok(refused);
        }
        let fronts: Vec<&Section> = self
            .tree
            .all(FRONTS)
            .filter(|section| section.listens(self.course.request.address, self.course.request.port))
            .collect();
        let [front] = fronts[..] else {
            let what = match fronts.first() {
                None => format!("there is no frontend with a bind to port {}", self.course.request.port),
                Some(_) => format!("several frontends have a bind to port {}", self.course.request.port),
            };
            let place = fronts.first().or(self.tree.sections.first().as_ref()).map(|section| section.place.clone());
            return Err(Unmodelled { place, what });
        };
        self.course.link(
            &front.place,
            "frontend",
            format!("{} {} takes port {}", front.kind, shown(&front.name), self.course.request.port),
        );
        if let Some(line) = self.tree.all(&["defaults"]).flat_map(|section| section.all("http-request")).next() {
            return Err(unmodelled(&line.place, "http-request rules of defaults"));
        }
        if let Flow::Answer(decision) = self.rules(front)? {
            return Ok(decision);
        }
        if let Some(back) = self.backend(front)?
            && let Flow::Answer(decision) = self.rules(back)?
        {
            return Ok(decision);
        }
        Ok(self.course.granted().unwrap_or_else(|| Decision::new(Verdict::Open, 200, codes::OK, Trace::default())))
    }

    /// The `http-request` rules in order.
    fn rules(&mut self, section: &'a Section) -> Result<Flow, Unmodelled> {
        if let Some(line) = section.all("stats").find(|line| line.word(1) == b"auth") {
            return Err(unmodelled(&line.place, "the login of the statistics (stats auth)"));
        }
        for line in &section.lines {
            let first = line.word(0);
            if (first == b"tcp-request" && line.words.iter().any(|word| word.text == b"reject")) || first == b"filter" {
                return Err(unmodelled(&line.place, format!("what {} does", shown(first))));
            }
            if first != b"http-request" {
                continue;
            }
            if let Flow::Answer(decision) = self.rule(section, line)? {
                return Ok(Flow::Answer(decision));
            }
            if line.word(1) == b"allow" && self.applies(section, line, 2)?.is_some() {
                self.course.link(&line.place, "allow", "http-request allow: the rules after it do not count");
                break;
            }
        }
        Ok(Flow::On)
    }

    fn rule(&mut self, section: &'a Section, line: &'a Line) -> Result<Flow, Unmodelled> {
        let action = shown(line.word(1));
        let decision = match action.as_str() {
            "auth" => match self.applies(section, line, 2)? {
                None => return Ok(Flow::On),
                Some(condition) => {
                    self.course.link(&line.place, "auth", format!("http-request auth{condition}: 401"));
                    return Ok(Flow::Answer(self.refusal(401)));
                }
            },
            "deny" | "reject" | "tarpit" | "silent-drop" => match self.applies(section, line, 2)? {
                None => return Ok(Flow::On),
                Some(condition) => {
                    self.course.link(&line.place, "deny", format!("http-request {action}{condition}"));
                    let status = match action.as_str() {
                        "deny" => Some(status(line).unwrap_or(403)),
                        "tarpit" => Some(status(line).unwrap_or(500)),
                        _ => None,
                    };
                    match (self.course.checked.is_some(), status) {
                        (true, Some(status)) => self.refusal(status),
                        (false, Some(status)) => before(Verdict::Forbidden, status),
                        (_, None) => {
                            Decision::without_status(Verdict::Forbidden, codes::ANSWERED_BEFORE, Trace::default())
                        }
                    }
                }
            },
            "redirect" | "return" => match self.applies(section, line, 2)? {
                None => return Ok(Flow::On),
                Some(condition) => {
                    self.course.link(&line.place, "answer", format!("http-request {action}{condition} answers"));
                    let usual = if action == "redirect" { 302 } else { 200 };
                    match status(line).unwrap_or(usual) {
                        403 => before(Verdict::Forbidden, 403),
                        status => match self.course.granted() {
                            Some(checked) => checked,
                            None => before(Verdict::Open, status),
                        },
                    }
                }
            },
            _ if is_harmless(&action, line) => return Ok(Flow::On),
            _ => match self.applies(section, line, 2)? {
                None => return Ok(Flow::On),
                Some(_) => return Err(unmodelled(&line.place, format!("what http-request {action} does"))),
            },
        };
        Ok(Flow::Answer(decision))
    }

    /// A refusal with what the userlist said, if one was asked.
    fn refusal(&mut self, status: u16) -> Decision {
        let unasked = || Decision::new(Verdict::Denied, status, codes::NO_CREDENTIALS, Trace::default());
        let mut decision = self.course.checked.take().unwrap_or_else(unasked);
        if decision.verdict == Verdict::Granted {
            decision.reason = codes::USER_NOT_AUTHORIZED;
        }
        decision.verdict = Verdict::Denied;
        decision.status = Some(status);
        decision
    }

    /// The backend, where one is chosen.
    fn backend(&mut self, front: &'a Section) -> Result<Option<&'a Section>, Unmodelled> {
        for line in front.all("use_backend").chain(front.all("default_backend")) {
            if line.word(0) == b"use_backend" && self.applies(front, line, 2)?.is_none() {
                continue;
            }
            let name = line.word(1);
            if name.starts_with(b"%[") {
                return Err(unmodelled(&line.place, "a backend whose name is made of the request"));
            }
            self.course.link(&line.place, "backend", format!("{} {}", shown(line.word(0)), shown(name)));
            return Ok(self.tree.named(BACKS, name));
        }
        Ok(None)
    }

    /// The condition in words where a rule's condition holds, or it has none; `None` where it does not.
    fn applies(&mut self, section: &'a Section, line: &'a Line, from: usize) -> Result<Option<String>, Unmodelled> {
        let words = line.from(from);
        let Some(at) = words.iter().position(|word| matches!(*word, b"if" | b"unless")) else {
            return Ok(Some(String::new()));
        };
        let holds = self.condition(section, &words[at + 1..], &line.place)?;
        let condition: Vec<String> = words[at..].iter().map(|word| shown(word)).collect();
        Ok((holds == (words[at] == b"if")).then(|| format!(" {}", condition.join(" "))))
    }

    /// `A B || !C { path /d }`
    fn condition(&mut self, section: &'a Section, words: &[&'a [u8]], place: &Place) -> Result<bool, Unmodelled> {
        let (mut any, mut all) = (false, true);
        let mut at = 0;
        while let Some(word) = words.get(at) {
            at += 1;
            if matches!(*word, b"||" | b"or" | b"OR") {
                any |= all;
                all = true;
                continue;
            }
            let (negated, name) = word.strip_prefix(b"!").map_or((false, *word), |name| (true, name));
            let (negated, name) = if name.is_empty() {
                at += 1;
                (true, words.get(at - 1).copied().unwrap_or_default())
            } else {
                (negated, name)
            };
            let holds = if name == b"{" {
                let end = words[at..].iter().position(|word| *word == b"}").map_or(words.len(), |end| at + end);
                let holds = all && self.test(&words[at..end], place)?;
                at = end + 1;
                holds
            } else {
                // What comes after a part that does not hold is not looked at.
                all && self.acl(section, name, place)?
            };
            all &= holds != negated;
        }
        Ok(any | all)
    }

    /// An ACL of this name: any of its lines.
    fn acl(&mut self, section: &'a Section, name: &'a [u8], place: &Place) -> Result<bool, Unmodelled> {
        let lines: Vec<&Line> = section.all("acl").filter(|line| line.word(1) == name).collect();
        if lines.is_empty() {
            return match name {
                b"TRUE" => Ok(true),
                b"FALSE" => Ok(false),
                b"METH_GET" => Ok(matches!(&self.course.request.method[..], b"GET" | b"HEAD")),
                b"METH_POST" => Ok(self.course.request.method == b"POST"),
                b"METH_OPTIONS" => Ok(self.course.request.method == b"OPTIONS"),
                b"LOCALHOST" => Ok(self.course.request.client.is_loopback()),
                _ => Err(unmodelled(place, format!("the condition {}", shown(name)))),
            };
        }
        for line in lines {
            if self.test(&line.from(2), &line.place)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// One criterion with its values.
    fn test(&mut self, words: &[&'a [u8]], place: &Place) -> Result<bool, Unmodelled> {
        let Some((criterion, values)) = words.split_first() else { return Ok(true) };
        let argument = |name: &[u8]| criterion.strip_prefix(name)?.strip_prefix(b"(")?.strip_suffix(b")");
        if let Some(list) = argument(b"http_auth") {
            return self.login(list, None, place);
        }
        if let Some(list) = argument(b"http_auth_group") {
            return self.login(list, Some(values), place);
        }
        let path = memchr::memchr(b'?', &self.course.request.target)
            .map_or(&self.course.request.target[..], |end| &self.course.request.target[..end]);
        let facts = Facts {
            scheme: &self.course.request.scheme,
            host: &self.course.request.host,
            path,
            method: &self.course.request.method,
            port: self.course.request.port,
            client: self.course.request.client,
        };
        facts
            .holds(criterion, values)
            .ok_or_else(|| unmodelled(place, format!("the condition {}", shown(&words.join(&b' ')))))
    }

    /// Whether the credentials are those of a user of the list, and in one of these groups where they are asked for.
    fn login(&mut self, list: &[u8], groups: Option<&[&[u8]]>, place: &Place) -> Result<bool, Unmodelled> {
        let Some(section) = self.tree.named(&["userlist"], list) else {
            return Err(unmodelled(place, format!("the userlist {}, which is not here", shown(list))));
        };
        let users = Userlist::of(section)?;
        let (decision, user) = users.ask(&mut self.course)?;
        let known = users.place_of(&user);
        let text = match known {
            Some(_) => format!("userlist {} has the user", shown(list)),
            None => format!("userlist {} does not have the user", shown(list)),
        };
        let place = known.cloned().unwrap_or_else(|| section.place.clone());
        if !self.course.chain.iter().any(|link| link.place.as_ref() == Some(&place)) {
            self.course.link(&place, "userlist", text);
        }
        if decision.verdict == Verdict::Undecided {
            return Err(unmodelled(&place, "a hash that is not computed here"));
        }
        let granted = decision.verdict == Verdict::Granted;
        self.course.checked = Some(decision);
        Ok(granted && groups.is_none_or(|groups| users.is_in(&user, groups)))
    }
}

/// What neither answers nor changes what later rules look at.
fn is_harmless(action: &str, line: &Line) -> bool {
    let touches = line.words.iter().skip(2).any(|word| {
        let word = word.text.to_ascii_lowercase();
        word.starts_with(b"authorization") || word.starts_with(b"host")
    });
    match action {
        "allow" | "capture" | "set-log-level" | "set-nice" | "set-tos" | "set-mark" | "early-hint" | "cache-use" => {
            true
        }
        "set-header" | "add-header" | "del-header" | "replace-header" | "replace-value" => !touches,
        _ => action.starts_with("set-var") || action.starts_with("sc-") || action.starts_with("track-sc"),
    }
}

/// The status that a rule names.
fn status(line: &Line) -> Option<u16> {
    let names = [&b"deny_status"[..], b"status", b"code"];
    let at = line.words.iter().position(|word| names.contains(&&word.text[..]))?;
    std::str::from_utf8(line.word(at + 1)).ok()?.parse().ok()
}

//! The rule to look at first, where it was the configuration that decided and not the user file.
//!
//! Read off the chain, so that it is nothing but what decided; beside it a `.htaccess` that stands in the way and is not read.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::conf::{Files, Kind};
use crate::inquiry::{Finding, Link, Request};
use crate::trace::{Verdict, codes};

/// What decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// A stable name, in kebab-case.
    pub code: &'static str,
    /// Why, in a sentence without full stop.
    pub text: String,
    /// The rule; its place is where to look.
    pub link: Option<Link>,
}

/// The cause of an answer that a rule of the configuration made; `None` where the credentials or the user file did.
#[must_use]
pub fn of(finding: &Finding, request: &Request, files: &dyn Files) -> Option<Cause> {
    let decision = &finding.decision;
    let by_rule = [
        codes::USER_NOT_AUTHORIZED,
        codes::ADDRESS_DENIED,
        codes::RULE_DENIED,
        codes::MISCONFIGURED,
        codes::NOT_MODELLED,
        codes::ANSWERED_BEFORE,
    ];
    let is_open = decision.verdict == Verdict::Open;
    if !is_open && !by_rule.contains(&decision.reason) {
        return other_host(finding, request).filter(|_| !decision.verdict.lets_in());
    }
    if let Some(cause) = other_host(finding, request) {
        return Some(cause);
    }
    if is_open && let Some(cause) = ignored_htaccess(finding, files) {
        return Some(cause);
    }
    let rule =
        |link: &&Link| !["version", "path", "document-root", "alias", "handler", "host", "server"].contains(&link.rule);
    let link = if is_open {
        open_by(finding).or_else(|| finding.chain.iter().rfind(rule))
    } else {
        finding.chain.iter().rfind(rule)
    }?;
    let text = if is_open { format!("{}: nothing asks for a password here", link.text) } else { link.text.clone() };
    Some(Cause { code: if is_open { "no-authentication" } else { link.rule }, text, link: Some(link.clone()) })
}

/// The rule that leaves a request open: one that says so itself, else the last section.
fn open_by(finding: &Finding) -> Option<&Link> {
    let says = |link: &&Link| ["require", "satisfy", "off", "return", "unprotected", "no-require"].contains(&link.rule);
    let last = |rules: &[&str]| finding.chain.iter().rfind(|link| rules.contains(&link.rule));
    finding.chain.iter().rfind(says).or_else(|| last(&["location", "section"]))
}

/// The first virtual host answers because none has the name.
fn other_host(finding: &Finding, request: &Request) -> Option<Cause> {
    let link = finding.chain.iter().find(|link| link.rule == "host" || link.rule == "server")?;
    let name = String::from_utf8_lossy(&request.host);
    let bare = name.rsplit_once(':').map_or(&*name, |(bare, port)| if port.contains(']') { &*name } else { bare });
    let is_name = bare != "localhost" && bare.parse::<std::net::IpAddr>().is_err() && !bare.starts_with('[');
    if !is_name || !(link.text.contains("no name fits") || link.text.contains("default")) {
        return None;
    }
    let text = format!("no virtual host has the name {}, so that another one answers", bare.escape_debug());
    Some(Cause { code: "other-host", text, link: Some(link.clone()) })
}

/// A `.htaccess` with rules of its own in a folder of the path, and not in the chain.
fn ignored_htaccess(finding: &Finding, files: &dyn Files) -> Option<Cause> {
    let section = finding.chain.iter().any(|link| link.rule == "section" || link.rule == "host");
    let led = finding.chain.iter().rfind(|link| link.text.starts_with("the path leads to "))?;
    if !section {
        return None;
    }
    let path = PathBuf::from(OsStr::from_bytes(led.text.strip_prefix("the path leads to ")?.as_bytes()));
    let asks = |line: &[u8]| {
        let line = line.trim_ascii_start().to_ascii_lowercase();
        line.starts_with(b"require") || line.starts_with(b"authtype")
    };
    let found = path.ancestors().map(|folder| folder.join(".htaccess")).find(|file| {
        let is_read = finding.chain.iter().any(|link| link.place.as_ref().is_some_and(|place| **place.file == **file));
        !is_read
            && files.kind(file) == Some(Kind::File)
            && files.read(file).is_some_and(|bytes| bytes.split(|byte| *byte == b'\n').any(asks))
    })?;
    let shown = shown(&found);
    let folder = found.parent().map_or_else(String::new, |folder| folder.display().to_string());
    let text = format!(
        "{shown} asks for a login and is not read, since nothing may be overridden in {folder}; `AllowOverride AuthConfig` there makes \
         it count"
    );
    Some(Cause { code: "htaccess-ignored", text, link: None })
}

fn shown(path: &Path) -> String {
    path.as_os_str().as_bytes().escape_ascii().to_string()
}

//! `Require` and its sections, read into a tree of rules.
//!
//! Behaviour of httpd 2.4.71 `modules/aaa/mod_authz_core.c` (`add_authz_provider`, `add_authz_section`) and of the providers' own
//! `parse_require_line`.

use std::rc::Rc;

use crate::conf::Trouble;
use crate::conf::apache::builder::Builder;
use crate::conf::apache::directive::{Directive, text};
use crate::conf::apache::net::{Network, NotANetwork};
use crate::conf::apache::rules::{Limited, Node, NodeKind, Test, TestKind};
use crate::conf::apache::{expr, lex};

/// Kinds of groups.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    Any,
    All,
    None,
}

impl Group {
    pub(super) fn of(name: &[u8]) -> Option<Self> {
        match name {
            b"<requireany" => Some(Self::Any),
            b"<requireall" => Some(Self::All),
            b"<requirenone" => Some(Self::None),
            _ => None,
        }
    }
}

/// The rules of a group while it is read.
pub(super) struct Open {
    pub(super) all: bool,
    pub(super) limited: Limited,
    pub(super) children: Vec<Node>,
}

impl Open {
    pub(super) fn new(all: bool) -> Self {
        Self { all, limited: 0, children: Vec::new() }
    }

    fn title(&self) -> &'static str {
        if self.all { "<RequireAll>" } else { "<RequireAny>" }
    }

    /// Adds a `Require`.
    pub(super) fn require(
        &mut self,
        directive: &Directive,
        limited: Limited,
        builder: &mut Builder<'_>,
    ) -> Result<(), Trouble> {
        let mut args = &directive.args[..];
        let mut name = lex::word(&mut args);
        let negated = name.eq_ignore_ascii_case(b"not");
        if negated {
            name = lex::word(&mut args);
        }
        let kind = test(&name, args, directive, builder)?;
        if negated && !self.all {
            let message = format!("negative Require directive has no effect in {} directive", self.title());
            return Err(directive.trouble(message));
        }
        self.limited |= limited;
        let test = Rc::new(Test { text: [&name[..], b" ", args].concat(), kind });
        self.children.push(Node { limited, negated, kind: NodeKind::Test(test), place: directive.place.clone() });
        Ok(())
    }

    /// Adds a group that has been read.
    pub(super) fn group(&mut self, group: Group, read: Self, directive: &Directive) -> Result<(), Trouble> {
        let title = format!("{}>", text(&directive.written));
        if read.children.is_empty() {
            return Err(directive.trouble(format!("{title} directive contains no authorization directives")));
        }
        if group == Group::None && !self.all {
            return Err(directive.trouble(format!("{title} directive has no effect in {} directive", self.title())));
        }
        self.limited |= read.limited;
        if group != Group::None && read.all == self.all {
            self.children.extend(read.children);
        } else {
            let negated = group == Group::None;
            self.children.push(read.node(negated, directive));
        }
        Ok(())
    }

    /// The group as a node.
    pub(super) fn node(self, negated: bool, directive: &Directive) -> Node {
        let kind = if self.all { NodeKind::All(self.children) } else { NodeKind::Any(self.children) };
        Node { limited: self.limited, negated, kind, place: directive.place.clone() }
    }
}

/// What `Require NAME ARGS` asks for.
pub(super) fn test(
    name: &[u8],
    args: &[u8],
    directive: &Directive,
    builder: &mut Builder<'_>,
) -> Result<TestKind, Trouble> {
    let unknown = || directive.trouble(format!("Unknown Authz provider: {}", text(name)));
    if let Some(alias) = builder.authz_aliases.get(name) {
        return Ok(alias.clone());
    }
    let module = match name {
        b"valid-user" | b"user" => "mod_authz_user.c",
        b"group" => "mod_authz_groupfile.c",
        b"ip" | b"host" | b"local" | b"forward-dns" => "mod_authz_host.c",
        b"all" | b"env" | b"method" | b"expr" => "mod_authz_core.c",
        b"file-owner" | b"file-group" => "mod_authz_owner.c",
        b"dbm-group" | b"dbm-file-group" => "mod_authz_dbm.c",
        b"dbd-group" | b"dbd-login" | b"dbd-logout" => "mod_authz_dbd.c",
        name if name.starts_with(b"ldap-") => "mod_authnz_ldap.c",
        _ if builder.settings.foreign.is_empty() => return Err(unknown()),
        _ => return Ok(TestKind::Foreign),
    };
    if !builder.has(module) {
        return Err(unknown());
    }
    Ok(match name {
        b"valid-user" => TestKind::ValidUser,
        b"user" => TestKind::User(args.to_vec()),
        b"group" => TestKind::Group(args.to_vec()),
        b"local" => TestKind::Local,
        b"expr" => {
            let quoted = args.strip_prefix(b"\"").and_then(|args| args.strip_suffix(b"\""));
            let text = quoted.unwrap_or(args);
            let asks = memchr::memmem::find(&text.to_ascii_uppercase(), b"REMOTE_USER").is_some();
            TestKind::Expr(expr::condition(text), asks)
        }
        b"all" => {
            let mut rest = args;
            match lex::word(&mut rest).to_ascii_lowercase().as_slice() {
                b"granted" => TestKind::All(true),
                b"denied" => TestKind::All(false),
                _ => return Err(directive.trouble("Argument for 'Require all' must be 'granted' or 'denied'")),
            }
        }
        b"env" => TestKind::Env(lex::words(args)),
        b"method" => {
            let mut bits = 0;
            for method in lex::words(args) {
                let known = builder.methods.known(&method);
                bits |= known.ok_or_else(|| directive.trouble(format!("Invalid Method '{}'", text(&method))))?;
            }
            TestKind::Method(bits)
        }
        b"ip" => TestKind::Ip(networks(args, directive)?),
        _ => TestKind::Foreign,
    })
}

fn networks(args: &[u8], directive: &Directive) -> Result<Vec<Network>, Trouble> {
    let words = lex::words(args);
    if words.is_empty() {
        return Err(directive.trouble("'require ip' requires an argument"));
    }
    words
        .iter()
        .map(|word| {
            let (address, mask) = match crate::bytes::split_once(word, b'/') {
                Some((address, mask)) => (address, Some(mask)),
                None => (word.as_slice(), None),
            };
            Network::parse(address, mask).map_err(|not| {
                directive.trouble(match not {
                    NotANetwork::Address => format!("ip address '{}' appears to be invalid", text(word)),
                    NotANetwork::Mask => format!("ip address '{}': the mask appears to be invalid", text(word)),
                })
            })
        })
        .collect()
}

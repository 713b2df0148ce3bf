//! What a section says, and how one section is laid over another.
//!
//! Behaviour of httpd 2.4.71: the `merge` function of each module's per-directory configuration. A module without one is replaced as
//! a whole by the inner section that has any of its directives.

use std::collections::HashSet;
use std::rc::Rc;

use regex::bytes::Regex;

use crate::conf::Place;
use crate::conf::apache::directive::Said;
use crate::conf::apache::expr::Expr;
use crate::conf::apache::mapping::{Alias, LocationAlias, Pass};
use crate::conf::apache::net::Network;
use crate::conf::apache::rewrite::Rewrite;
use crate::conf::apache::setenvif::SetEnvIf;
use crate::conf::apache::{Allowed, pattern};

/// A set of methods, one bit each. See [`crate::conf::apache::methods::Methods`].
pub type Limited = u64;

/// `AuthMerging`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Merging {
    /// Not said: as `Off`.
    #[default]
    Unset,
    /// The inner section's rules replace the outer one's.
    Off,
    /// Both must hold.
    And,
    /// One must hold.
    Or,
}

/// A node of the rules of `Require`.
#[derive(Clone, Debug)]
pub struct Node {
    /// The methods it is about.
    pub limited: Limited,
    /// `not`, `<RequireNone>`
    pub negated: bool,
    /// What it asks for.
    pub kind: NodeKind,
    /// Where it stands.
    pub place: Place,
}

/// What a node asks for.
#[derive(Clone, Debug)]
pub enum NodeKind {
    /// One `Require`.
    Test(Rc<Test>),
    /// One of them.
    Any(Vec<Node>),
    /// All of them.
    All(Vec<Node>),
}

/// What one `Require` asks for.
#[derive(Clone, Debug)]
pub struct Test {
    /// The words after `Require`, for messages.
    pub text: Vec<u8>,
    /// What they mean.
    pub kind: TestKind,
}

/// The providers of `Require`.
#[derive(Clone, Debug)]
pub enum TestKind {
    /// `valid-user`
    ValidUser,
    /// `user NAME…`, an expression string.
    User(Vec<u8>),
    /// `group NAME…`, an expression string.
    Group(Vec<u8>),
    /// `all granted`, `all denied`
    All(bool),
    /// `ip …`
    Ip(Vec<Network>),
    /// `local`
    Local,
    /// `method …`
    Method(Limited),
    /// `env NAME…`
    Env(Vec<Vec<u8>>),
    /// `expr …`; whether it asks for the user.
    Expr(Expr, bool),
    /// A name of `<AuthzProviderAlias>`: the test with the alias's own rules laid over the request's.
    Alias(Box<TestKind>, Rc<Rules>),
    /// A provider that is not modelled.
    Foreign,
}

/// A provider of `AuthBasicProvider`.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Its name.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: ProviderKind,
}

/// The providers of users.
#[derive(Clone, Debug)]
pub enum ProviderKind {
    /// `file`
    File,
    /// `anon`
    Anon,
    /// A name of `<AuthnProviderAlias>`: the provider with the alias's own rules laid over the request's.
    Alias(Box<ProviderKind>, Rc<Rules>),
    /// A provider that is not modelled.
    Foreign,
}

/// mod_authn_anon
#[allow(clippy::struct_excessive_bools, reason = "the module's own switches")]
#[derive(Clone, Debug)]
pub struct Anonymous {
    /// Names that are taken in any case.
    pub users: Vec<Vec<u8>>,
    /// `Anonymous *`
    pub any_user: bool,
    /// `Anonymous_NoUserID`
    pub no_user: bool,
    /// `Anonymous_MustGiveEmail`
    pub must_give: bool,
    /// `Anonymous_VerifyEmail`
    pub verify: bool,
    /// `Anonymous_LogEmail`
    pub log: bool,
}

impl Default for Anonymous {
    fn default() -> Self {
        Self { users: Vec::new(), any_user: false, no_user: false, must_give: true, verify: false, log: true }
    }
}

/// `Order`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Order {
    /// `deny,allow`
    #[default]
    DenyAllow,
    /// `allow,deny`
    AllowDeny,
    /// `mutual-failure`
    MutualFailure,
}

/// Whom `Allow from` and `Deny from` are about.
#[derive(Clone, Debug)]
pub enum From {
    /// `all`
    All,
    /// An address or network.
    Net(Network),
    /// `env=NAME`; whether it must not be set.
    Env(Vec<u8>, bool),
    /// A host name.
    Host,
}

/// `Allow from` or `Deny from` with one host.
#[derive(Clone, Debug)]
pub struct HostRule {
    /// The methods it is about.
    pub limited: Limited,
    /// Whom.
    pub from: From,
    /// As written.
    pub text: Vec<u8>,
    /// Where it stands.
    pub place: Place,
}

/// mod_access_compat
#[derive(Clone, Debug, Default)]
pub struct Compat {
    /// What `Order` says for methods, last first; `deny,allow` for the others.
    pub order: Vec<(Limited, Order)>,
    /// What `Satisfy` says for methods, last first; whether it is `any`.
    pub satisfy: Vec<(Limited, Said<bool>)>,
    /// `Allow from`
    pub allow: Vec<HostRule>,
    /// `Deny from`
    pub deny: Vec<HostRule>,
}

/// `Options`, of which only what decides about access and about folders is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// What is on.
    pub on: u8,
    /// Whether the section only adds and removes.
    pub relative: bool,
    /// What it adds.
    pub add: u8,
    /// What it removes.
    pub remove: u8,
}

impl Options {
    /// `FollowSymLinks`
    pub const FOLLOW: u8 = 1;
    /// `SymLinksIfOwnerMatch`
    pub const OWNER: u8 = 2;
    /// `Indexes`
    pub const INDEXES: u8 = 4;
    /// `MultiViews`
    pub const VIEWS: u8 = 8;

    /// Of a section that says nothing.
    pub const UNSET: Self = Self { on: 0, relative: true, add: 0, remove: 0 };
    /// Of the server.
    pub const SERVER: Self = Self { on: Self::FOLLOW, relative: true, add: 0, remove: 0 };

    fn over(self, base: Self) -> Self {
        if !self.relative {
            return self;
        }
        let add = (base.add & !self.remove) | self.add;
        let remove = (base.remove & !self.add) | self.remove;
        Self { on: (base.on & !remove) | add, relative: base.relative, add, remove }
    }
}

/// How a section names what it is about.
#[derive(Clone, Debug)]
pub enum Matcher {
    /// A path or name.
    Plain(Vec<u8>),
    /// One with wildcards.
    Wild(Vec<u8>),
    /// A regular expression.
    Regex(Regex),
    /// One that this program can't read.
    Unread(Vec<u8>),
}

impl Matcher {
    /// As written.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        match self {
            Self::Plain(text) | Self::Wild(text) | Self::Unread(text) => text,
            Self::Regex(regex) => regex.as_str().as_bytes(),
        }
    }

    /// A path or name, with wildcards or without.
    #[must_use]
    pub fn named(text: Vec<u8>) -> Self {
        if pattern::is_wild(&text) { Self::Wild(text) } else { Self::Plain(text) }
    }

    /// A regular expression.
    #[must_use]
    pub fn regex(text: Vec<u8>) -> Self {
        pattern::regex(&text, false).map_or(Self::Unread(text), Self::Regex)
    }
}

/// A section with what it says.
#[derive(Clone, Debug)]
pub struct Section {
    /// What it is about.
    pub matcher: Matcher,
    /// As written, for the chain.
    pub title: String,
    /// What it says.
    pub rules: Rules,
    /// Where it begins.
    pub place: Place,
}

/// `<If>`, `<ElseIf>` or `<Else>`
#[derive(Clone, Debug)]
pub struct Conditional {
    /// The expression; none for `<Else>`.
    pub condition: Option<Expr>,
    /// As written, for the chain.
    pub title: String,
    /// Whether it is about what those before it left over.
    pub otherwise: bool,
    /// What it says.
    pub rules: Rules,
    /// Where it begins.
    pub place: Place,
}

/// What is said for a request, by one section or by all that apply to it.
#[derive(Clone, Debug)]
pub struct Rules {
    /// `AuthType`
    pub auth_type: Option<Said<Vec<u8>>>,
    /// `AuthName`
    pub auth_name: Option<Said<Vec<u8>>>,
    /// `AuthBasicProvider`
    pub providers: Option<Said<Vec<Provider>>>,
    /// `AuthBasicAuthoritative`
    pub authoritative: Option<Said<bool>>,
    /// `AuthBasicUseDigestAlgorithm MD5`
    pub digest: Option<Said<bool>>,
    /// `AuthUserFile`, absolute.
    pub user_file: Option<Said<Vec<u8>>>,
    /// `AuthGroupFile`, absolute.
    pub group_file: Option<Said<Vec<u8>>>,
    /// mod_authn_anon
    pub anonymous: Option<Anonymous>,
    /// `Require` and its sections.
    pub require: Option<Node>,
    /// `AuthMerging`
    pub merging: Merging,
    /// `AuthzSendForbiddenOnFailure`
    pub forbidden: Option<bool>,
    /// `Order`, `Allow`, `Deny`, `Satisfy`
    pub compat: Option<Compat>,
    /// `AllowOverride`
    pub allow: Option<Allowed>,
    /// `AllowOverrideList`, in lower case.
    pub allow_list: Option<HashSet<Vec<u8>>>,
    /// `Options`
    pub options: Options,
    /// `<Files>` within it.
    pub files: Vec<Rc<Section>>,
    /// `<If>` within it.
    pub ifs: Vec<Rc<Conditional>>,
    /// `DirectoryIndex`
    pub index: Option<Vec<Vec<u8>>>,
    /// `DirectorySlash`
    pub slash: Option<bool>,
    /// A handler of another kind answers.
    pub handler: Option<Said<Vec<u8>>>,
    /// `Alias` within a location.
    pub alias: Option<Said<LocationAlias>>,
    /// `AliasPreservePath`
    pub preserve_path: Option<bool>,
    /// `Redirect` of all that a section is about: its status.
    pub redirect: Option<Said<u16>>,
    /// `Redirect` of paths within a section.
    pub redirects: Vec<Rc<Alias>>,
    /// `ProxyPass` within a location.
    pub pass: Option<Rc<Pass>>,
    /// mod_rewrite within a folder or location; outside, its switch and options.
    pub rewrite: Option<Rewrite>,
    /// `SetEnv` or its like, whose variables come after access and show in requests that follow.
    pub sets_env: bool,
    /// `SetEnvIf` and its like.
    pub variables: Vec<Rc<SetEnvIf>>,
    /// Directives that decide about access and are not modelled; the last of each name.
    pub foreign: Vec<Said<Vec<u8>>>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            auth_type: None,
            auth_name: None,
            providers: None,
            authoritative: None,
            digest: None,
            user_file: None,
            group_file: None,
            anonymous: None,
            require: None,
            merging: Merging::Unset,
            forbidden: None,
            compat: None,
            allow: None,
            allow_list: None,
            options: Options::UNSET,
            files: Vec::new(),
            ifs: Vec::new(),
            index: None,
            slash: None,
            handler: None,
            alias: None,
            preserve_path: None,
            redirect: None,
            redirects: Vec::new(),
            pass: None,
            rewrite: None,
            sets_env: false,
            variables: Vec::new(),
            foreign: Vec::new(),
        }
    }
}

impl Rules {
    /// What the server says before any section.
    #[must_use]
    pub fn of_server() -> Self {
        Self { options: Options::SERVER, ..Self::default() }
    }

    /// These rules laid over `base`.
    #[must_use]
    pub fn over(&self, base: &Self) -> Self {
        fn inner<T: Clone>(own: Option<&T>, base: Option<&T>) -> Option<T> {
            own.or(base).cloned()
        }
        let (require, merging) = self.require_over(base);
        Self {
            auth_type: inner(self.auth_type.as_ref(), base.auth_type.as_ref()),
            auth_name: inner(self.auth_name.as_ref(), base.auth_name.as_ref()),
            providers: inner(self.providers.as_ref(), base.providers.as_ref()),
            authoritative: inner(self.authoritative.as_ref(), base.authoritative.as_ref()),
            digest: inner(self.digest.as_ref(), base.digest.as_ref()),
            user_file: inner(self.user_file.as_ref(), base.user_file.as_ref()),
            group_file: inner(self.group_file.as_ref(), base.group_file.as_ref()),
            anonymous: inner(self.anonymous.as_ref(), base.anonymous.as_ref()),
            require,
            merging,
            forbidden: self.forbidden.or(base.forbidden),
            compat: inner(self.compat.as_ref(), base.compat.as_ref()),
            allow: inner(self.allow.as_ref(), base.allow.as_ref()),
            allow_list: inner(self.allow_list.as_ref(), base.allow_list.as_ref()),
            options: self.options.over(base.options),
            files: [&base.files[..], &self.files].concat(),
            ifs: [&base.ifs[..], &self.ifs].concat(),
            index: inner(self.index.as_ref(), base.index.as_ref()),
            slash: self.slash.or(base.slash),
            handler: inner(self.handler.as_ref(), base.handler.as_ref()),
            alias: inner(self.alias.as_ref(), base.alias.as_ref()),
            preserve_path: self.preserve_path.or(base.preserve_path),
            redirect: inner(self.redirect.as_ref(), base.redirect.as_ref()),
            redirects: [&self.redirects[..], &base.redirects].concat(),
            pass: inner(self.pass.as_ref(), base.pass.as_ref()),
            rewrite: Rewrite::over(self.rewrite.as_ref(), base.rewrite.as_ref()),
            sets_env: self.sets_env || base.sets_env,
            variables: [&base.variables[..], &self.variables].concat(),
            foreign: self.foreign_over(base),
        }
    }

    /// `merge_authz_core_dir_config`
    fn require_over(&self, base: &Self) -> (Option<Node>, Merging) {
        let own = self.merging;
        if own == Merging::Unset && self.require.is_none() && base.require.is_some() {
            return (base.require.clone(), base.merging);
        }
        let (outer, inner) = match (&base.require, &self.require) {
            (None, None) => return (None, own),
            (_, inner) if matches!(own, Merging::Unset | Merging::Off) => return (inner.clone(), own),
            (Some(outer), Some(inner)) => (outer, inner),
            (Some(one), None) | (None, Some(one)) => return (Some(one.clone()), own),
        };
        let both = vec![outer.clone(), inner.clone()];
        let kind = if own == Merging::And { NodeKind::All(both) } else { NodeKind::Any(both) };
        let limited = outer.limited | inner.limited;
        (Some(Node { limited, negated: false, kind, place: inner.place.clone() }), own)
    }

    fn foreign_over(&self, base: &Self) -> Vec<Said<Vec<u8>>> {
        let kept = base.foreign.iter().filter(|outer| self.foreign.iter().all(|inner| inner.value != outer.value));
        kept.chain(&self.foreign).cloned().collect()
    }

    /// What `.htaccess` files may say.
    #[must_use]
    pub fn allowed(&self) -> Allowed {
        let mut allowed = self.allow.clone().unwrap_or(Allowed { unset: true, ..Allowed::default() });
        if let Some(list) = &self.allow_list {
            allowed.list.clone_from(list);
        }
        allowed
    }
}

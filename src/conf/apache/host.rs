//! The main server and its virtual hosts, each with its sections, and which of them a request gets.
//!
//! Behaviour of httpd 2.4.71 `server/core.c` (sections, `merge_core_server_configs`, `ap_core_reorder_directories`) and
//! `server/vhost.c` (`ap_update_vhost_given_ip`, `update_server_from_aliases`).

use std::net::IpAddr;
use std::rc::Rc;

use crate::conf::apache::build::{Context, named};
use crate::conf::apache::builder::Builder;
use crate::conf::apache::directive::{Directive, Said, said, text};
use crate::conf::apache::mapping::{self, Alias, Fake, Pass};
use crate::conf::apache::methods::EVERY;
use crate::conf::apache::rewrite::Rewrite;
use crate::conf::apache::rules::{Matcher, Rules, Section, TestKind};
use crate::conf::apache::tree::Tree;
use crate::conf::apache::uri::EncodedSlashes;
use crate::conf::apache::{folded, lex, pattern, require};
use crate::conf::{Place, Trouble, Unmodelled};

/// An address of a virtual host.
#[derive(Clone, Debug)]
pub struct Address {
    /// The address; `None` for any.
    pub ip: Option<IpAddr>,
    /// The port; 0 for any.
    pub port: u16,
    /// The host as written.
    pub name: Vec<u8>,
    /// Whether a name would have to be looked up.
    pub by_name: bool,
}

/// A server: the main one or a virtual host, with what it inherits.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// Where its section begins; `None` for the main server.
    pub place: Option<Place>,
    /// Its addresses.
    pub addresses: Vec<Address>,
    /// `ServerName`, in lower case.
    pub name: Option<Vec<u8>>,
    /// `ServerAlias`, in lower case.
    pub aliases: Vec<Vec<u8>>,
    /// What it says outside sections.
    pub base: Rules,
    /// `<Directory>`, those with fewer segments first, regular expressions last.
    pub folders: Vec<Folder>,
    /// `<Location>`
    pub locations: Vec<Rc<Section>>,
    /// `<Proxy>`
    pub proxies: Vec<Rc<Section>>,
    /// `DocumentRoot`, absolute.
    pub root: Option<Said<Vec<u8>>>,
    /// `Redirect` and its like.
    pub redirects: Vec<Alias>,
    /// `Alias` and its like.
    pub mapped: Vec<Alias>,
    /// `ProxyPass`
    pub passes: Vec<Pass>,
    /// `RewriteRule`
    pub rewrite: Option<Rewrite>,
    /// `AccessFileName`
    pub access_names: Option<Vec<Vec<u8>>>,
    /// `MergeSlashes`
    pub merge_slashes: Option<bool>,
    /// `AllowEncodedSlashes`
    pub slashes: EncodedSlashes,
    /// `TraceEnable Off`
    pub no_trace: Option<bool>,
    /// `LimitInternalRecursion`: how many requests may follow from one.
    pub most_redirects: Option<usize>,
    /// Directives that map paths in a way that is not modelled.
    pub foreign: Vec<Said<String>>,
}

/// A `<Directory>` section.
#[derive(Clone, Debug)]
pub struct Folder {
    /// The number of its slashes, 0 for `/`.
    pub components: usize,
    /// The section.
    pub section: Rc<Section>,
}

impl Folder {
    fn is_regex(&self) -> bool {
        matches!(self.section.matcher, Matcher::Regex(_) | Matcher::Unread(_))
    }
}

/// A configuration's servers.
#[derive(Clone, Debug)]
pub struct Model<'t> {
    /// The main server, then the virtual hosts in file order.
    pub hosts: Vec<Host>,
    /// Reads `.htaccess` files.
    pub builder: Builder<'t>,
    /// The tree.
    pub tree: &'t Tree,
    /// The document root where none is named.
    pub default_root: Vec<u8>,
}

/// How a server was chosen, for the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// No virtual host has the address.
    Main,
    /// Its `ServerName` is the host.
    Name,
    /// A `ServerAlias` covers the host.
    Alias,
    /// No name fits: the first of the address.
    First,
}

impl<'t> Model<'t> {
    /// What a tree means.
    pub fn of(tree: &'t Tree) -> Result<Self, Trouble> {
        let mut builder = Builder::new(&tree.settings);
        let mut main = Host { base: Rules::of_server(), ..Host::default() };
        let mut hosts = Vec::new();
        fill(&mut main, &tree.main, &mut builder, Some(&mut hosts))?;
        let mut all = vec![main];
        for mut host in hosts {
            host.inherit(&all[0]);
            all.push(host);
        }
        for host in &mut all {
            host.folders
                .sort_by_key(|folder| (folder.is_regex(), if folder.is_regex() { 0 } else { folder.components }));
        }
        let default_root = tree.settings.rooted(b"htdocs");
        Ok(Self { hosts: all, builder, tree, default_root })
    }

    /// The server for a request that came to `address` and `port` with this host, in lower case and without its port.
    pub fn choose(&self, address: Option<IpAddr>, port: u16, host: &[u8]) -> Result<(&Host, Chosen), Unmodelled> {
        let main = &self.hosts[0];
        let virtuals = &self.hosts[1..];
        if let Some((host, _)) = pairs(virtuals).find(|(_, address)| address.by_name) {
            let what = "a virtual host whose address is a name that would have to be looked up".to_owned();
            return Err(Unmodelled { place: host.place.clone(), what });
        }
        if address.is_some() {
            return Ok(self.named(&chain(virtuals, address, port), host).unwrap_or((main, Chosen::Main)));
        }
        // The address behind the name is not known: all that have this port must agree.
        let mut ips: Vec<Option<IpAddr>> = pairs(virtuals).map(|(_, address)| address.ip).collect();
        ips.push(None);
        ips.dedup();
        let mut found: Vec<(&Host, Chosen)> = ips
            .iter()
            .map(|ip| self.named(&chain(virtuals, *ip, port), host).unwrap_or((main, Chosen::Main)))
            .filter(|(_, chosen)| *chosen != Chosen::Main)
            .collect();
        found.dedup_by(|(a, _), (b, _)| std::ptr::eq(*a, *b));
        match found[..] {
            [] => Ok((main, Chosen::Main)),
            [one] => Ok(one),
            _ => {
                let what = "which address the host name leads to, on which the virtual host depends".to_owned();
                Err(Unmodelled { place: found[0].0.place.clone(), what })
            }
        }
    }

    fn named<'m>(&'m self, chain: &[(&'m Host, &Address)], host: &[u8]) -> Option<(&'m Host, Chosen)> {
        let (first, _) = chain.first()?;
        for (one, _) in chain {
            if self.name_of(one).as_deref() == Some(host) {
                return Some((one, Chosen::Name));
            }
            if one.aliases.iter().any(|alias| pattern::matches(alias, host)) {
                return Some((one, Chosen::Alias));
            }
        }
        if let Some((one, _)) = chain.iter().find(|(_, address)| address.name.eq_ignore_ascii_case(host)) {
            return Some((one, Chosen::Name));
        }
        Some((first, Chosen::First))
    }

    /// The name of a virtual host, which may have none of its own.
    fn name_of(&self, host: &Host) -> Option<Vec<u8>> {
        if host.name.is_some() {
            return host.name.clone();
        }
        if host.addresses.iter().any(|address| address.ip.is_none()) {
            return self.hosts[0].name.clone();
        }
        let local = host.addresses.first().and_then(|address| address.ip).is_some_and(|ip| ip.is_loopback());
        local.then(|| b"localhost".to_vec())
    }
}

fn pairs(hosts: &[Host]) -> impl Iterator<Item = (&Host, &Address)> {
    hosts.iter().flat_map(|host| host.addresses.iter().map(move |address| (host, address)))
}

/// The virtual hosts of an address: its own before those of any, those of the port before those of any port.
fn chain(hosts: &[Host], ip: Option<IpAddr>, port: u16) -> Vec<(&Host, &Address)> {
    let own = [(ip, port), (ip, 0), (None, port), (None, 0)];
    own.iter()
        .map(|(ip, port)| pairs(hosts).filter(|(_, one)| one.ip == *ip && one.port == *port).collect::<Vec<_>>())
        .find(|chain| !chain.is_empty())
        .unwrap_or_default()
}

impl Host {
    /// Takes over what the main server says.
    fn inherit(&mut self, main: &Self) {
        self.base = self.base.over(&main.base);
        self.folders = [&main.folders[..], &self.folders].concat();
        self.locations = [&main.locations[..], &self.locations].concat();
        self.proxies = [&main.proxies[..], &self.proxies].concat();
        self.root = self.root.take().or_else(|| main.root.clone());
        self.redirects.extend(main.redirects.iter().cloned());
        self.mapped.extend(main.mapped.iter().cloned());
        self.passes = [&main.passes[..], &self.passes].concat();
        self.rewrite = match (self.rewrite.take(), &main.rewrite) {
            // A virtual host without directives of the module takes over the switch, not the rules.
            (None, Some(main)) => Some(main.switch()),
            (own, main) => Rewrite::over(own.as_ref(), main.as_ref()),
        };
        self.access_names = self.access_names.take().or_else(|| main.access_names.clone());
        self.merge_slashes = self.merge_slashes.or(main.merge_slashes);
        self.most_redirects = self.most_redirects.or(main.most_redirects);
        self.no_trace = self.no_trace.or(main.no_trace);
        self.foreign.extend(main.foreign.iter().cloned());
    }
}

/// Reads what stands outside sections.
fn fill(
    host: &mut Host,
    block: &[Directive],
    builder: &mut Builder<'_>,
    mut hosts: Option<&mut Vec<Host>>,
) -> Result<(), Trouble> {
    let parent = host.place.is_some().then_some("<VirtualHost");
    for directive in block {
        if !builder.admits(directive, Context { parent, ..Context::SERVER })? {
            continue;
        }
        match directive.name.as_slice() {
            b"<virtualhost" => {
                let Some(hosts) = hosts.as_deref_mut() else {
                    return Err(directive.trouble("<VirtualHost> cannot occur within <VirtualHost> section"));
                };
                let addresses = lex::words(directive.section_args()?);
                if addresses.is_empty() {
                    return Err(directive.trouble("<VirtualHost> directive requires additional arguments"));
                }
                let mut inner = Host {
                    place: Some(directive.place.clone()),
                    addresses: addresses.iter().map(|address| address_of(address)).collect(),
                    ..Host::default()
                };
                fill(&mut inner, &directive.block, builder, None)?;
                hosts.push(inner);
            }
            name if name.starts_with(b"<") => section(host, directive, builder)?,
            _ => value(host, directive, builder)?,
        }
    }
    Ok(())
}

fn section(host: &mut Host, directive: &Directive, builder: &mut Builder<'_>) -> Result<(), Trouble> {
    match directive.name.as_slice() {
        b"<directory" | b"<directorymatch" => {
            let (mut matcher, title) = named(directive, "<directory")?;
            let mut components = 0;
            if let Matcher::Plain(name) | Matcher::Wild(name) = &mut matcher {
                *name = folded(name);
                if !name.ends_with(b"/") {
                    name.push(b'/');
                }
                if name != b"/" {
                    components = memchr::memchr_iter(b'/', name).count();
                }
            }
            let path = matcher.text().to_vec();
            let context = Context { path: Some(&path), ..Context::FOLDER.within(directive) };
            let rules = builder.section(&directive.block, context)?;
            let section = Rc::new(Section { matcher, title, rules, place: directive.place.clone() });
            host.folders.push(Folder { components, section });
        }
        b"<location" | b"<locationmatch" => {
            let (matcher, title) = named(directive, "<location")?;
            let path = matcher.text().to_vec();
            let regex = matches!(matcher, Matcher::Regex(_) | Matcher::Unread(_));
            let context =
                Context { location: Some((&path, regex)), path: Some(&path), ..Context::FOLDER.within(directive) };
            let rules = builder.section(&directive.block, context)?;
            host.locations.push(Rc::new(Section { matcher, title, rules, place: directive.place.clone() }));
        }
        b"<proxy" | b"<proxymatch" => {
            let (matcher, title) = named(directive, "<proxy")?;
            let rules = builder.section(&directive.block, Context::FOLDER.within(directive))?;
            host.proxies.push(Rc::new(Section { matcher, title, rules, place: directive.place.clone() }));
        }
        b"<authnprovideralias" | b"<authzprovideralias" if host.place.is_some() => {
            let title = text(&directive.written);
            return Err(directive.trouble(format!("{title}> cannot occur within <VirtualHost> section")));
        }
        b"<authnprovideralias" => {
            let words = lex::words(directive.section_args()?);
            let [base, name] = &words[..] else {
                return Err(directive.trouble("<AuthnProviderAlias> takes two arguments"));
            };
            let kind = builder.provider(base, directive)?;
            let rules = builder.section(&directive.block, Context::FOLDER.within(directive))?;
            let alias = crate::conf::apache::rules::ProviderKind::Alias(Box::new(kind), Rc::new(rules));
            builder.authn_aliases.insert(name.clone(), alias);
        }
        b"<authzprovideralias" => {
            let mut args = directive.section_args()?;
            let (base, name, given) = (lex::word(&mut args), lex::word(&mut args), lex::word(&mut args));
            if name.is_empty() {
                return Err(directive.trouble("<AuthzProviderAlias> takes three arguments"));
            }
            let rules = builder.section(&directive.block, Context::FOLDER.within(directive))?;
            let kind = require::test(&base, &given, directive, builder)?;
            builder.authz_aliases.insert(name, TestKind::Alias(Box::new(kind), Rc::new(rules)));
        }
        b"<files" | b"<filesmatch" | b"<if" | b"<elseif" | b"<else" => {
            builder.fill(&mut host.base, std::slice::from_ref(directive), Context::SERVER)?;
        }
        _ => {}
    }
    Ok(())
}

fn value(host: &mut Host, directive: &Directive, builder: &mut Builder<'_>) -> Result<(), Trouble> {
    let words = directive.words();
    let word = |at: usize| words.get(at).map_or(&b""[..], Vec::as_slice);
    let on = || word(0).eq_ignore_ascii_case(b"on");
    match directive.name.as_slice() {
        b"servername" => host.name = Some(server_name(word(0))),
        b"serveralias" if host.place.is_none() => {
            return Err(directive.trouble("ServerAlias only used in <VirtualHost>"));
        }
        b"serveralias" => host.aliases.extend(words.iter().map(|word| word.to_ascii_lowercase())),
        b"documentroot" => host.root = Some(said(builder.settings.rooted(word(0)), directive)),
        b"accessfilename" => host.access_names = Some(words),
        b"mergeslashes" => host.merge_slashes = Some(on()),
        b"limitinternalrecursion" => {
            host.most_redirects = String::from_utf8_lossy(word(0)).parse().ok();
        }
        b"traceenable" => host.no_trace = Some(word(0).eq_ignore_ascii_case(b"off")),
        b"allowencodedslashes" => {
            host.slashes = match word(0).to_ascii_lowercase().as_slice() {
                b"on" => EncodedSlashes::On,
                b"nodecode" => EncodedSlashes::NoDecode,
                _ => EncodedSlashes::Off,
            };
        }
        b"alias" | b"aliasmatch" | b"scriptalias" | b"scriptaliasmatch" => host.mapped.push(mapping::alias(directive)?),
        b"redirect" | b"redirectmatch" | b"redirecttemp" | b"redirectpermanent" => {
            host.redirects.push(mapping::redirect(directive)?);
        }
        b"proxypass" | b"proxypassmatch" => host.passes.push(mapping::pass(directive, None)?),
        name if name.starts_with(b"rewrite") => {
            let rewrite = host.rewrite.get_or_insert_default();
            rewrite.take(directive)?;
            host.base.rewrite = Some(rewrite.switch());
        }
        b"userdir" if !word(0).eq_ignore_ascii_case(b"disabled") || words.len() > 1 => {
            host.foreign.push(said("UserDir".to_owned(), directive));
        }
        b"virtualdocumentroot" | b"virtualdocumentrootip" | b"virtualscriptalias" | b"virtualscriptaliasip"
            if !word(0).eq_ignore_ascii_case(b"none") =>
        {
            host.foreign.push(said(text(&directive.written), directive));
        }
        b"serverpath" | b"proxyrequests" | b"luahooktranslatename" | b"luahookmaptostorage" | b"perltranshandler"
            if !word(0).eq_ignore_ascii_case(b"off") =>
        {
            host.foreign.push(said(text(&directive.written), directive));
        }
        _ => {
            debug_assert_eq!(Context::SERVER.limited, EVERY);
            builder.fill(&mut host.base, std::slice::from_ref(directive), Context::SERVER)?;
        }
    }
    Ok(())
}

/// The host of `[scheme://]host[:port]`, in lower case.
fn server_name(name: &[u8]) -> Vec<u8> {
    let name = memchr::memmem::find(name, b"://").map_or(name, |at| &name[at + 3..]);
    let end = memchr::memrchr(b':', name).filter(|_| !name.ends_with(b"]")).unwrap_or(name.len());
    name[..end].to_ascii_lowercase()
}

fn address_of(text: &[u8]) -> Address {
    let text_of = String::from_utf8_lossy(text).into_owned();
    let (host, port) = match text_of.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') && (!host.contains(':') || host.starts_with('[')) => (host, port),
        _ => (text_of.as_str(), "*"),
    };
    let (host, port) =
        if text_of.bytes().all(|byte| byte.is_ascii_digit()) { ("*", text_of.as_str()) } else { (host, port) };
    let port = port.parse().unwrap_or(0);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let (ip, by_name) = match bare {
        "*" | "_default_" => (None, false),
        "localhost" => (Some(IpAddr::from([127, 0, 0, 1])), false),
        bare => match bare.parse::<IpAddr>() {
            Ok(ip) if ip.is_unspecified() => (None, false),
            Ok(ip) => (Some(ip), false),
            Err(_) => (None, true),
        },
    };
    Address { ip, port, name: host.as_bytes().to_vec(), by_name }
}

/// Whether a path is what an alias, redirect or pass is about; `None` where that can't be told.
#[must_use]
pub fn is_about(fake: &Fake, path: &[u8]) -> Option<bool> {
    match fake {
        Fake::Path(fake) => Some(mapping::covered(fake, path).is_some()),
        Fake::Regex(regex) => Some(regex.is_match(path)),
        Fake::Unread => None,
    }
}

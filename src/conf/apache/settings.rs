//! What reading a configuration establishes for what is read after it: variables, modules, macros, the server's folder.
//!
//! Behaviour of httpd 2.4.71 `server/core.c` (`ap_resolve_env`, `start_ifmod`, `start_ifdefine`, `start_iffile`),
//! `modules/core/mod_version.c`, `modules/core/mod_macro.c`.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::rc::Rc;

use crate::conf::apache::directive::{Directive, text};
use crate::conf::apache::lex::{self, Line};
use crate::conf::apache::{directives, folded, path, pattern};
use crate::conf::{Files, Trouble};

/// The version that conditions are held against.
pub const VERSION: [u32; 3] = [2, 4, 71];

/// Modules that are part of the program (Debian's build).
const BUILT_IN: &[(&str, &str)] = &[
    ("core_module", "core.c"),
    ("so_module", "mod_so.c"),
    ("http_module", "http_core.c"),
    ("watchdog_module", "mod_watchdog.c"),
    ("log_config_module", "mod_log_config.c"),
    ("logio_module", "mod_logio.c"),
    ("version_module", "mod_version.c"),
    ("unixd_module", "mod_unixd.c"),
];

/// Modules without directives of their own.
const PLAIN: &[&str] = &[
    "authz_user",
    "authz_host",
    "authz_owner",
    "asis",
    "unique_id",
    "ratelimit",
    "data",
    "bucketeer",
    "slotmem_shm",
    "slotmem_plain",
    "socache_shmcb",
    "socache_dbm",
    "status",
    "proxy_http",
    "proxy_http2",
    "proxy_ajp",
    "proxy_balancer",
    "proxy_uwsgi",
    "proxy_fdpass",
    "lbmethod_byrequests",
    "lbmethod_bytraffic",
    "lbmethod_bybusyness",
    "negotiation",
    "mpm_prefork",
    "mpm_worker",
];

/// How the server is started.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// Its folder, where the configuration does not name it.
    pub root: PathBuf,
    /// Its environment.
    pub environment: HashMap<Vec<u8>, Vec<u8>>,
    /// The names that its command line defines (`-D`).
    pub defines: Vec<Vec<u8>>,
}

/// A macro: the names of its parameters, and its lines.
#[derive(Clone, Debug)]
pub struct Macro {
    /// The parameters as they stand in the lines.
    pub params: Vec<Vec<u8>>,
    /// The lines with their files.
    pub body: Vec<(Line, Rc<PathBuf>)>,
}

impl Macro {
    /// A line with the parameters replaced: the leftmost first, of several there the longest.
    #[must_use]
    pub fn replaced(&self, line: &[u8], values: &[Vec<u8>]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut rest = line;
        while let Some((byte, after)) = rest.split_first() {
            let fits = self.params.iter().zip(values).filter(|(param, _)| !param.is_empty() && rest.starts_with(param));
            if let Some((param, value)) = fits.max_by_key(|(param, _)| param.len()) {
                out.extend_from_slice(value);
                rest = &rest[param.len()..];
            } else {
                out.push(*byte);
                rest = after;
            }
        }
        out
    }
}

/// What has been established.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server's folder, `ServerRoot`.
    pub root: PathBuf,
    environment: HashMap<Vec<u8>, Vec<u8>>,
    /// Names of `Define`.
    defined: HashSet<Vec<u8>>,
    /// Values of `Define`, by name in lower case.
    values: HashMap<Vec<u8>, Vec<u8>>,
    /// Names of loaded modules: `alias_module`, `mod_alias.c`.
    modules: HashSet<Vec<u8>>,
    /// Whether modules are loaded at all; else all of them are taken to be part of the program.
    pub(super) loads: bool,
    /// Whether a condition on modules was decided before that was known.
    pub(super) asked_early: bool,
    /// Modules that are loaded and not in the table of directives.
    pub foreign: Vec<Vec<u8>>,
    /// Macros by name in lower case.
    pub macros: HashMap<Vec<u8>, Rc<Macro>>,
}

impl Settings {
    /// Nothing yet.
    #[must_use]
    pub fn new(start: Start) -> Self {
        let built_in = BUILT_IN.iter().flat_map(|(symbol, source)| [symbol, source]);
        let modules = built_in.map(|name| name.as_bytes().to_vec()).collect();
        Self {
            root: start.root,
            environment: start.environment,
            defined: start.defines.into_iter().collect(),
            values: HashMap::new(),
            modules,
            loads: false,
            asked_early: false,
            foreign: Vec::new(),
            macros: HashMap::new(),
        }
    }

    /// A variable of the server's own environment.
    #[must_use]
    pub fn environment(&self, name: &[u8]) -> Option<&[u8]> {
        self.environment.get(name).map(Vec::as_slice)
    }

    /// Whether a module is loaded, by symbol or source file.
    #[must_use]
    pub fn has_module(&self, name: &str) -> bool {
        !self.loads || self.modules.contains(name.as_bytes())
    }

    /// A path made absolute against the server's folder, dots and double slashes folded.
    #[must_use]
    pub fn rooted(&self, name: &[u8]) -> Vec<u8> {
        let root = std::os::unix::ffi::OsStrExt::as_bytes(self.root.as_os_str());
        if name.starts_with(b"/") { folded(name) } else { folded(&[root, b"/", name].concat()) }
    }

    /// A line with `${NAME}` replaced by values of `Define`, then of the environment; others stay.
    #[must_use]
    pub fn expanded(&self, line: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(line.len());
        let mut rest = line;
        while let Some(at) = memchr::memchr(b'$', rest) {
            out.extend_from_slice(&rest[..at]);
            rest = &rest[at..];
            let end = memchr::memchr(b'}', rest).filter(|_| rest.starts_with(b"${"));
            let Some(end) = end else {
                out.push(b'$');
                rest = &rest[1..];
                continue;
            };
            let name = &rest[2..end];
            let value = self.values.get(&name.to_ascii_lowercase()).or_else(|| self.environment.get(name));
            out.extend_from_slice(value.map_or(&rest[..=end], Vec::as_slice));
            rest = &rest[end + 1..];
        }
        out.extend_from_slice(rest);
        out
    }

    /// Whether a condition holds.
    pub fn holds(&mut self, condition: &Directive, files: &dyn Files) -> Result<bool, Trouble> {
        let whole = condition.section_args()?;
        let mut words = lex::words(whole);
        let mut negated = false;
        if let Some(rest) = words.first().and_then(|first| first.strip_prefix(b"!")).map(<[u8]>::to_vec) {
            negated = true;
            words[0] = rest;
        }
        let Some(first) = words.first().filter(|first| !first.is_empty()) else {
            return Err(
                condition.trouble(format!("{}> directive requires additional arguments", text(&condition.written)))
            );
        };
        self.asked_early |= !self.loads;
        let is = match condition.name.as_slice() {
            b"<ifmodule" => self.modules.contains(first) || !self.loads,
            b"<ifdefine" => self.defined.contains(first),
            b"<iffile" => files.kind(path(&self.rooted(first))).is_some(),
            b"<ifdirective" | b"<ifsection" => {
                let mut name = first.to_ascii_lowercase();
                if condition.name == b"<ifsection" && !name.starts_with(b"<") {
                    name.insert(0, b'<');
                }
                directives::find(&name).iter().any(|known| self.has_module(known.module))
            }
            _ => return version(&words, condition).map(|is| is != negated),
        };
        Ok(is != negated)
    }

    /// `Define`, `UnDefine`, `LoadModule`, `ServerRoot`, `UndefMacro`.
    pub fn set(&mut self, directive: &Directive) -> Result<(), Trouble> {
        let words = directive.words();
        let takes = |what: &str| directive.trouble(format!("{} takes {what}", text(&directive.written)));
        match (directive.name.as_slice(), &words[..]) {
            (b"define", [name, value @ ..]) if value.len() < 2 => {
                if name.contains(&b':') {
                    return Err(directive.trouble("Variable name must not contain ':'"));
                }
                self.defined.insert(name.clone());
                if let [value] = value {
                    self.values.insert(name.to_ascii_lowercase(), value.clone());
                }
            }
            (b"define", _) => return Err(takes("one or two arguments")),
            (b"undefine", [name]) => {
                self.defined.remove(name);
                self.values.remove(&name.to_ascii_lowercase());
            }
            (b"loadmodule", [symbol, file]) => self.load(symbol, file),
            (b"loadmodule", _) => return Err(takes("two arguments")),
            (b"serverroot", [root]) => self.root = path(&folded(root)).to_path_buf(),
            (b"undefmacro", [name]) => drop(self.macros.remove(&name.to_ascii_lowercase())),
            _ => return Err(takes("one argument")),
        }
        Ok(())
    }

    fn load(&mut self, symbol: &[u8], file: &[u8]) {
        let stem = symbol.strip_suffix(b"_module").unwrap_or(symbol);
        let mut sources = vec![[&b"mod_"[..], stem, b".c"].concat()];
        let base = file.rsplit(|byte| *byte == b'/').next().unwrap_or(file);
        if let Some(base) = base.strip_suffix(b".so").filter(|base| base.starts_with(b"mod_")) {
            sources.push([base, b".c"].concat());
        }
        if let Some(kind) = stem.strip_prefix(b"mpm_") {
            sources.push([kind, b".c"].concat());
        }
        if symbol == b"ldap_module" {
            sources.push(b"util_ldap.c".to_vec());
        }
        let known = PLAIN.iter().any(|plain| plain.as_bytes() == stem)
            || sources.iter().any(|source| std::str::from_utf8(source).is_ok_and(directives::knows_module));
        if !known {
            self.foreign.push(symbol.to_vec());
        }
        self.loads = true;
        self.modules.insert(symbol.to_vec());
        self.modules.extend(sources);
    }
}

/// `<IfVersion [!][OPERATOR] VERSION>`
fn version(words: &[Vec<u8>], condition: &Directive) -> Result<bool, Trouble> {
    let (operator, wanted) = match words {
        [operator, wanted] => (operator.as_slice(), wanted.as_slice()),
        [wanted] => (&b"="[..], wanted.as_slice()),
        _ => return Err(condition.trouble("<IfVersion takes one or two arguments")),
    };
    let slashed = wanted.strip_prefix(b"/").and_then(|inner| inner.strip_suffix(b"/"));
    let own = VERSION.map(|number| number.to_string()).join(".");
    match (operator, slashed) {
        (b"~", _) | (b"=" | b"==", Some(_)) => {
            let source = slashed.unwrap_or(wanted);
            let regex = pattern::regex(source, false);
            let regex = regex.ok_or_else(|| condition.trouble("Unable to compile regular expression"))?;
            return Ok(regex.is_match(own.as_bytes()));
        }
        _ => {}
    }
    let numbers: Option<Vec<u32>> = std::str::from_utf8(wanted)
        .ok()
        .and_then(|wanted| wanted.split('.').map(|number| number.parse().ok()).collect());
    let Some(mut numbers) = numbers.filter(|numbers| numbers.len() <= 3) else {
        return Err(condition.trouble("wrong version"));
    };
    numbers.resize(3, 0);
    let order = VERSION.as_slice().cmp(numbers.as_slice());
    Ok(match operator {
        b"=" | b"==" => order.is_eq(),
        b">" => order.is_gt(),
        b">=" => order.is_ge(),
        b"<" => order.is_lt(),
        b"<=" => order.is_le(),
        _ => return Err(condition.trouble("unrecognized operator")),
    })
}

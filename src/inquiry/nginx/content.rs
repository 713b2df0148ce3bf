//! After access: `try_files`, `index` and what a static file answers, as far as it leads to other locations.
//!
//! Behaviour of nginx 1.22.1 `src/http/modules/ngx_http_try_files_module.c`, `ngx_http_index_module.c`, `ngx_http_static_module.c`.

use std::path::PathBuf;

use crate::bytes::split_once;
use crate::conf::nginx::location::is_proxied;
use crate::conf::nginx::tree::Directive;
use crate::conf::nginx::{listen, path};
use crate::conf::{Kind, Unmodelled};
use crate::inquiry::nginx::{Flow, Run};

/// Directives that answer in place of a static file.
const HANDLERS: &[&str] = &["stub_status", "empty_gif", "flv", "mp4", "api", "return"];

impl<'c> Run<'c> {
    pub(super) fn content(&mut self) -> Result<Flow, Unmodelled> {
        let Some(block) = self.scope.innermost() else { return Ok(Flow::Status(404)) };
        if let Some(tries) = self.try_files() {
            match self.try_each(tries)? {
                Flow::On => {}
                other => return Ok(other),
            }
        }
        if let Some(pass) = self.passes() {
            if self.main_method.is_some() {
                let what = "the server that auth_request asks decides here".to_owned();
                return Err(Unmodelled { place: Some(pass.place.clone()), what });
            }
            self.refuse_own_upstream(pass)?;
            self.link(pass, "upstream", "another server answers; it may ask for credentials of its own");
            return Ok(Flow::Status(200));
        }
        if HANDLERS.iter().any(|name| block.first(name).is_some()) {
            return Ok(Flow::Status(200));
        }
        self.serve_file()
    }

    /// `try_files` of the location or server; an `if` block has none of its own.
    fn try_files(&self) -> Option<&'c Directive> {
        if self.limited().is_some() {
            return None;
        }
        let inner = self.scope.blocks.iter().rev().find(|block| block.name != b"if")?;
        let own = inner.first("try_files");
        if inner.name == b"server" || own.is_some() { own } else { None }
    }

    /// The directive that hands the request to another server, in the location or the `if` within it.
    fn passes(&self) -> Option<&'c Directive> {
        let innermost = self.scope.innermost()?;
        let within_if = innermost.name == b"if" && !is_proxied(innermost);
        let block = if within_if { self.scope.blocks.iter().rev().nth(1).copied()? } else { innermost };
        let pass = block.block.iter().find(|one| one.name.ends_with(b"_pass") && one.name != b"proxy_no_pass");
        pass.filter(|_| is_proxied(block))
    }

    /// An upstream that is this very server would have to be asked in turn.
    fn refuse_own_upstream(&self, pass: &'c Directive) -> Result<(), Unmodelled> {
        let target = self.value(pass.arg(0))?;
        let Some(rest) = target.strip_prefix(b"http://") else { return Ok(()) };
        let authority = rest.split(|byte| *byte == b'/').next().unwrap_or(rest);
        let (host, port) = split_once(authority, b':').unwrap_or((authority, b"80"));
        let local = host == b"localhost" || host.starts_with(b"127.");
        let port = std::str::from_utf8(port).ok().and_then(|port| port.parse::<u16>().ok());
        let own =
            self.http.all("server").any(|server| listen::sockets(server).iter().any(|one| Some(one.port) == port));
        if local && own {
            let what = "the request is handed on to this same server".to_owned();
            return Err(Unmodelled { place: Some(pass.place.clone()), what });
        }
        Ok(())
    }

    fn try_each(&mut self, tries: &'c Directive) -> Result<Flow, Unmodelled> {
        let Some((last, names)) = tries.args.split_last() else { return Ok(Flow::On) };
        for name in names {
            let value = self.value(name)?;
            // As it is written: `$uri` is a file, whatever it holds.
            let wanted = if name.ends_with(b"/") { Kind::Folder } else { Kind::File };
            if self.means.files.kind(&self.mapped(&value)?) == Some(wanted) {
                self.uri = value;
                return Ok(Flow::On);
            }
        }
        let value = self.value(last)?;
        self.link(tries, "try-files", format!("try_files falls through to {}", String::from_utf8_lossy(&value)));
        if let Some(code) = value.strip_prefix(b"=") {
            let code = std::str::from_utf8(code).ok().and_then(|code| code.parse().ok()).unwrap_or(500);
            return Ok(Flow::Status(code));
        }
        self.internal = true;
        if value.starts_with(b"@") {
            return Ok(Flow::Named(value));
        }
        let (path, args) = split_once(&value, b'?').map_or((&value[..], None), |(path, args)| (path, Some(args)));
        self.args = args.map_or_else(Vec::new, <[u8]>::to_vec);
        self.uri = path.to_vec();
        Ok(Flow::Again)
    }

    /// The file that a path stands for: `root` and the path, or `alias` and what follows the location's name.
    fn mapped(&self, uri: &[u8]) -> Result<PathBuf, Unmodelled> {
        let location = self
            .scope
            .blocks
            .iter()
            .rev()
            .find(|block| block.first("alias").is_some() || block.first("root").is_some());
        if let Some(alias) = location.and_then(|location| location.first("alias")) {
            let base = self.value(alias.arg(0))?;
            let name = location.map_or(&b""[..], |location| crate::conf::nginx::location::parts(location).1);
            let rest = uri.strip_prefix(name).unwrap_or(b"");
            return Ok(path(&[&base[..], rest].concat()).to_path_buf());
        }
        let root = match self.scope.inherited("root") {
            Some(root) => self.value(root.arg(0))?,
            None => b"/usr/share/nginx/html".to_vec(),
        };
        Ok(path(&[&root[..], uri].concat()).to_path_buf())
    }

    fn serve_file(&mut self) -> Result<Flow, Unmodelled> {
        if !matches!(self.method.as_slice(), b"GET" | b"HEAD" | b"POST") {
            return Ok(Flow::Status(405));
        }
        let file = self.mapped(&self.uri)?;
        if self.uri.ends_with(b"/") {
            let names: Vec<Vec<u8>> = match self.scope.inherited("index") {
                Some(index) => index.args.clone(),
                None => vec![b"index.html".to_vec()],
            };
            for name in names {
                let name = self.value(&name)?;
                if name.starts_with(b"/") {
                    self.internal = true;
                    self.uri = name;
                    return Ok(Flow::Again);
                }
                if self.means.files.kind(&file.join(path(&name))) == Some(Kind::File) {
                    self.internal = true;
                    self.uri.extend_from_slice(&name);
                    return Ok(Flow::Again);
                }
            }
            let listed = self.method != b"POST"
                && self.scope.inherited("autoindex").is_some_and(|list| list.arg(0).eq_ignore_ascii_case(b"on"));
            return Ok(Flow::Status(match self.means.files.kind(&file) {
                Some(Kind::Folder) if listed => 200,
                Some(Kind::Folder) => 403,
                _ => 404,
            }));
        }
        Ok(Flow::Status(match self.means.files.kind(&file) {
            Some(Kind::Folder) => 301,
            Some(_) if !matches!(self.method.as_slice(), b"GET" | b"HEAD") => 405,
            Some(_) => 200,
            None => 404,
        }))
    }
}

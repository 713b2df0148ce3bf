//! What answers a request that got through: another server, a program, a file, the index of a folder.
//!
//! Behaviour of httpd 2.4.71 `modules/mappers/mod_dir.c:fixup_dir`, `server/core.c:default_handler`, `modules/generators/mod_autoindex.c`.
//! Rules of mod_rewrite in folders are applied before it, after access.

use crate::conf::apache::path;
use crate::conf::apache::rules::Options;
use crate::crypt::Errno;
use crate::inquiry::apache::rewrite::After;
use crate::inquiry::apache::{MOST_WITHIN, Reached, Run, Stop, Target, passed, refused, shown, unmodelled};
use crate::server::Opened;
use crate::trace::{Level, LogLine, Verdict, codes};

/// What the content comes to.
pub(super) enum Content {
    /// This status.
    Status(u16),
    /// A request to another path, which follows from this one.
    Again(Vec<u8>, Box<Target>),
}

impl Run<'_> {
    /// The status of the content; `Err` where the request does not come to it after all.
    pub(super) fn content(&mut self, target: &Target) -> Result<Content, Stop> {
        if target.kind == Reached::Upstream {
            self.upstream();
            return Ok(Content::Status(200));
        }
        let after = self.fixups(target)?;
        let get = matches!(self.request.method.as_slice(), b"GET" | b"HEAD" | b"POST") || self.within > 0;
        if let Some(content) = self.folder(target, &after)? {
            return Ok(content);
        }
        match after {
            After::Upstream => {
                self.upstream();
                return Ok(Content::Status(200));
            }
            After::Again(_) if self.forced.is_some() => {
                let place = target.rules.rewrite.as_ref().and_then(|rewrite| rewrite.rules.first());
                let place = place.map(|rule| rule.place.clone());
                return Err(unmodelled(place.as_ref(), "a RewriteRule that sets a handler and changes the path"));
            }
            After::Again(path) => return Ok(Content::Again(path, Box::new(target.clone()))),
            After::Content => {}
        }
        let handler = target.rules.handler.as_ref().filter(|said| !said.value.eq_ignore_ascii_case(b"none"));
        if self.forced.is_some() {
            self.link(None, "handler", format!("the handler {} answers", shown(self.forced.as_deref().unwrap_or(b""))));
            return Ok(Content::Status(200));
        }
        if let Some(handler) = handler {
            let (place, text) = (handler.place.clone(), format!("the handler {} answers", shown(&handler.value)));
            self.link(Some(&place), "handler", text);
            return Ok(Content::Status(200));
        }
        Ok(Content::Status(match target.kind {
            Reached::Script | Reached::Upstream => 200,
            Reached::Folder if target.rules.slash == Some(false) && !self.path.ends_with(b"/") => 200,
            Reached::Folder => self.listing(target)?,
            Reached::Missing => 404,
            Reached::File if !target.info.is_empty() => 404,
            Reached::File if !get => 405,
            Reached::File => self.readable(target)?,
        }))
    }

    fn upstream(&mut self) {
        self.link(None, "upstream", "another server answers; it may ask for credentials of its own");
    }

    /// What modules do between access and content, but for the index.
    fn fixups(&mut self, target: &Target) -> Result<After, Stop> {
        let after = self.folder_rewrite(target)?;
        let rules = &target.rules;
        if let Some(said) = &rules.redirect {
            self.link(Some(&said.place), "redirect", "a redirect answers after access was granted");
            return Err(passed(said.value).into());
        }
        let path = self.path.clone();
        for redirect in &rules.redirects {
            if self.mapped_to(&redirect.fake, &redirect.real, &path, &redirect.place)?.is_some() {
                self.link(Some(&redirect.place), "redirect", "a redirect answers after access was granted");
                return Err(passed(redirect.redirect.unwrap_or(302)).into());
            }
        }
        Ok(after)
    }

    /// What mod_dir makes of a folder: a redirect to the path with a slash, or the index.
    fn folder(&mut self, target: &Target, after: &After) -> Result<Option<Content>, Stop> {
        let has_module = self.model.tree.settings.has_module("mod_dir.c");
        if target.kind != Reached::Folder || !has_module || !target.info.is_empty() {
            return Ok(None);
        }
        if !self.path.ends_with(b"/") {
            return Ok((target.rules.slash != Some(false)).then_some(Content::Status(301)));
        }
        if matches!(after, After::Again(_)) { Ok(None) } else { self.index(target) }
    }

    /// The first name of `DirectoryIndex` that is a file; each is a request of its own.
    fn index(&mut self, target: &Target) -> Result<Option<Content>, Stop> {
        let default = vec![b"index.html".to_vec()];
        let names = target.rules.index.as_ref().unwrap_or(&default);
        let mut last = None;
        if self.within >= MOST_WITHIN {
            return Err(unmodelled(target.applied.last(), "requests within requests, more than ten deep"));
        }
        for (at, name) in names.iter().enumerate() {
            let mut inner = self.inner(name);
            let found = inner.target().and_then(|found| {
                if found.applied != target.applied {
                    inner.access(&found)?;
                }
                let after = if found.kind == Reached::Upstream { After::Content } else { inner.fixups(&found)? };
                let content = inner.folder(&found, &after)?.or_else(|| match after {
                    After::Upstream => Some(Content::Status(200)),
                    _ if !matches!(found.kind, Reached::File | Reached::Upstream | Reached::Script) => None,
                    After::Again(path) => Some(Content::Again(path, Box::new(found))),
                    After::Content => Some(Content::Status(200)),
                });
                Ok(content)
            });
            let (mut chain, mut log, checked, file) = (
                std::mem::take(&mut inner.chain),
                std::mem::take(&mut inner.log),
                inner.checked.take(),
                inner.user_file.take(),
            );
            let (variables, path, args) = (
                std::mem::take(&mut inner.variables),
                std::mem::take(&mut inner.path),
                std::mem::take(&mut inner.args),
            );
            let is_last = at + 1 == names.len();
            match found {
                Ok(Some(content)) => {
                    self.chain.append(&mut chain);
                    self.log.append(&mut log);
                    if let Some(checked) = checked {
                        self.checked = Some(checked);
                        self.user_file = file;
                    }
                    (self.variables, self.path, self.args) = (variables, path, args);
                    return Ok(Some(content));
                }
                Ok(None) => {}
                Err(Stop::Answer(decision)) => {
                    self.chain.append(&mut chain);
                    self.log.append(&mut log);
                    let status = decision.status.unwrap_or(500);
                    if (300..400).contains(&status) || (status == 401 && is_last) {
                        return Err(Stop::Answer(decision));
                    }
                    if status != 404 && status != 200 {
                        last = Some(decision);
                    }
                }
                Err(stop) => return Err(stop),
            }
        }
        match last {
            Some(decision) => Err(Stop::Answer(decision)),
            None => Ok(None),
        }
    }

    /// A request within this one.
    fn inner(&mut self, name: &[u8]) -> Run<'_> {
        let path = if name.starts_with(b"/") { name.to_vec() } else { [&self.path[..], name].concat() };
        Run {
            model: self.model,
            host: self.host,
            request: self.request,
            means: self.means,
            work: self.work,
            guesses: self.guesses,
            chain: Vec::new(),
            log: Vec::new(),
            limited: self.model.builder.methods.of(b"GET"),
            sent: path.clone(),
            path,
            args: self.args.clone(),
            user: None,
            checked: None,
            user_file: None,
            within: self.within + 1,
            variables: self.variables.clone(),
            foreign_variables: self.foreign_variables,
            walked: self.walked.clone(),
            context: None,
            ended: false,
            forced: None,
            file: Vec::new(),
            info: Vec::new(),
        }
    }

    /// A folder without an index.
    fn listing(&mut self, target: &Target) -> Result<u16, Stop> {
        if !self.model.tree.settings.has_module("mod_autoindex.c") {
            return Ok(404);
        }
        if target.rules.options.on & Options::INDEXES != 0
            || !matches!(self.request.method.as_slice(), b"GET" | b"HEAD")
        {
            return Ok(200);
        }
        let tried = match &target.rules.index {
            _ if !self.model.tree.settings.has_module("mod_dir.c") => b"none".to_vec(),
            Some(names) => names.join(&b","[..]),
            None => b"index.html".to_vec(),
        };
        let parts: &[&[u8]] = &[
            b"AH01276: Cannot serve directory ",
            &target.file,
            b": No matching DirectoryIndex (",
            &tried,
            b") found, and server-generated directory index forbidden by Options directive",
        ];
        self.says(Level::Error, parts);
        self.link(None, "listing", "the folder has no index, and Options do not allow a listing");
        Err(refused(Verdict::Forbidden, 403, codes::ANSWERED_BEFORE))
    }

    /// Whether the server may read the file itself.
    fn readable(&mut self, target: &Target) -> Result<u16, Stop> {
        let file = (self.means.users)(path(&target.file));
        if let Opened::Failed(Errno::EACCES) = file.open() {
            let text = [&b"AH00132: file permissions deny server access: "[..], &target.file].concat();
            let mut line = LogLine::new(Level::Error, crate::basic::apache::escaped(&text));
            line.prefix = b"(13)Permission denied: ".to_vec();
            self.log.push(line);
            self.link(None, "permissions", format!("the server may not read {}", shown(&target.file)));
            return Err(refused(Verdict::Forbidden, 403, codes::FILE_UNREADABLE));
        }
        Ok(200)
    }
}

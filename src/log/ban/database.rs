//! The bans that fail2ban keeps in its database, whether it can be asked or not.
//!
//! From fail2ban 1.0.2 server/database.py: `getCurrentBans` (a ban is one while `timeofban + bantime` is to come, or `bantime` is -1), table
//! `bips` since 0.11; client/fail2banreader.py for where the file is. A ban that is ended is deleted from the file; that of a server which
//! stops stays, and comes back when it starts. One that has run out stays too, until it is purged.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use crate::log::Micros;
use crate::log::ban::ini::Ini;
use crate::log::ban::jail::holds;
use crate::log::ban::{Read, Unmodelled};
use crate::sqlite::{Database, Row, Value};

/// Where the file is where nothing else is said.
const USUAL: &str = "/var/lib/fail2ban/fail2ban.sqlite3";
const SECOND: Micros = 1_000_000;

/// A ban in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Banned {
    /// The address, or the network.
    pub client: String,
    /// The jail.
    pub jail: String,
    /// Since when.
    pub start: Micros,
    /// Until when; `None` for ever.
    pub end: Option<Micros>,
    /// Whether its jail is stopped: the ban comes back when it starts.
    pub waits: bool,
    /// How often the client was banned by this jail, this time included.
    pub count: i64,
    /// The failures that made the ban; none where somebody banned by hand.
    pub failures: Option<u64>,
}

impl Banned {
    /// Whether an address is banned by it.
    #[must_use]
    pub fn covers(&self, address: IpAddr) -> bool {
        holds(&self.client, address)
    }
}

/// Where the database is, by the configuration in a folder such as `/etc/fail2ban`; `None` where fail2ban keeps none.
pub fn place(folder: &Path, file: Read<'_>) -> Result<Option<PathBuf>, Unmodelled> {
    let ini = Ini::read(&[folder.join("fail2ban.conf"), folder.join("fail2ban.local")], file);
    let named = ini.get("Definition", "dbfile")?.unwrap_or_else(|| USUAL.to_owned());
    Ok(match named.trim() {
        "" | "None" | "none" | ":memory:" => None,
        named => Some(PathBuf::from(named)),
    })
}

/// The bans in force at `now`, the oldest first.
pub fn bans(bytes: &[u8], now: Micros) -> Result<Vec<Banned>, Unmodelled> {
    let damaged = |damage: crate::sqlite::Damage| Unmodelled(damage.to_string());
    let database = Database::open(bytes).map_err(damaged)?;
    let table = |name: &str| database.table(name).map_err(damaged);
    let Some(bips) = table("bips")? else {
        let what = match table("bans")? {
            Some(_) => "it is of fail2ban before 0.11, which does not keep how long a ban lasts",
            None => "it has no table of bans",
        };
        return Err(Unmodelled(what.to_owned()));
    };
    let at = |name: &str| bips.column(name).ok_or_else(|| Unmodelled(format!("its table of bans has no {name}")));
    let (ip, jail, start, length) = (at("ip")?, at("jail")?, at("timeofban")?, at("bantime")?);
    let (count, data) = (bips.column("bancount"), bips.column("data"));
    let asleep = asleep(&database)?;
    let mut found = Vec::new();
    let mut odd = false;
    let mut take = |row: Row| {
        let text = |at: usize| row.values.get(at).and_then(Value::text);
        let number = |at: usize| row.values.get(at).and_then(Value::integer);
        let (Some(client), Some(jail), Some(start), Some(length)) =
            (text(ip), text(jail), number(start), number(length))
        else {
            odd = true;
            return;
        };
        let start = start.saturating_mul(SECOND);
        let end = (length > -1).then(|| start.saturating_add(length.saturating_mul(SECOND)));
        if end.is_some_and(|end| end <= now) {
            return;
        }
        let failures = data.and_then(|at| failures(row.values.get(at)?)).filter(|failures| *failures > 0);
        let waits = asleep.iter().any(|name| name == jail);
        let count = count.and_then(number).unwrap_or(1);
        found.push(Banned { client: client.to_owned(), jail: jail.to_owned(), start, end, waits, count, failures });
    };
    database.rows(&bips, &mut take).map_err(damaged)?;
    if odd {
        return Err(Unmodelled("a row of its table of bans lacks address, jail or time".to_owned()));
    }
    found.sort_by(|one, other| (one.start, &one.client, &one.jail).cmp(&(other.start, &other.client, &other.jail)));
    Ok(found)
}

/// The jails that are stopped, as all are of a server that has ended (server/database.py: `delJail`).
fn asleep(database: &Database<'_>) -> Result<Vec<String>, Unmodelled> {
    let damaged = |damage: crate::sqlite::Damage| Unmodelled(damage.to_string());
    let mut names = Vec::new();
    if let Some(jails) = database.table("jails").map_err(damaged)?
        && let (Some(name), Some(enabled)) = (jails.column("name"), jails.column("enabled"))
    {
        let mut take = |row: Row| {
            if row.values.get(enabled).and_then(Value::integer) == Some(0) {
                names.extend(row.values.get(name).and_then(Value::text).map(str::to_owned));
            }
        };
        database.rows(&jails, &mut take).map_err(damaged)?;
    }
    Ok(names)
}

/// `{"matches": […], "failures": 5}`
fn failures(data: &Value) -> Option<u64> {
    let bytes = match data {
        Value::Blob(bytes) => bytes,
        Value::Text(text) => text.as_bytes(),
        _ => return None,
    };
    serde_json::from_slice::<serde_json::Value>(bytes).ok()?.get("failures")?.as_u64()
}

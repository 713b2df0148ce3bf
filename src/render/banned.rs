//! The bans in fail2ban's database, for people and as JSON.

use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};

use crate::bytes::for_shell;
use crate::log::Clock;
use crate::log::ban::database::Banned;
use crate::render::style::{Role, Style};
use crate::render::text::printable;

/// Most bans that are told one by one.
const MOST: usize = 20;

/// The bans, each with the command that ends it; `runs` is whether fail2ban does, where that is known.
#[must_use]
pub fn text(bans: &[Banned], runs: Option<bool>, clock: &Clock, style: Style) -> String {
    let mut text = String::new();
    for ban in bans.iter().take(MOST) {
        let end = ban.end.map_or_else(|| "for ever".to_owned(), |end| format!("until {}", clock.shown(end)));
        let (client, jail) = (printable(ban.client.as_bytes()), printable(ban.jail.as_bytes()));
        let said = format!("{client} is banned by jail {jail} since {} {end}", clock.shown(ban.start));
        let _ = match (ban.failures, ban.count) {
            (None, _) => writeln!(text, "{}, by hand", style.paint(Role::Bad, &said)),
            (Some(1), 1) => writeln!(text, "{}, for 1 failure", style.paint(Role::Bad, &said)),
            (Some(failures), 1) => writeln!(text, "{}, for {failures} failures", style.paint(Role::Bad, &said)),
            (Some(failures), count) => {
                writeln!(text, "{}, for {failures} failures, the {count}. time", style.paint(Role::Bad, &said))
            }
        };
        let note = match (runs, ban.waits) {
            (Some(false), _) => "fail2ban does not run now: the ban comes back when it starts",
            (_, true) => "the jail is stopped: the ban comes back when it starts",
            _ => "none of its requests arrives while that lasts",
        };
        let _ = writeln!(text, "{} {note}", lead(style, "= note:"));
        let _ = writeln!(text, "{} {}", lead(style, "= fix:"), unban(ban));
    }
    if let Some(more) = bans.len().checked_sub(MOST).filter(|more| *more > 0) {
        let _ = writeln!(text, "and {more} more");
    }
    text
}

fn lead(style: Style, text: &str) -> String {
    style.paint(Role::Frame, text)
}

/// The command that ends a ban.
fn unban(ban: &Banned) -> String {
    format!("fail2ban-client set {} unbanip {}", for_shell(ban.jail.as_bytes()), for_shell(ban.client.as_bytes()))
}

/// The same as JSON; `file` is the database, `unread` why the bans are not known.
#[must_use]
pub fn json(
    file: Option<&Path>,
    bans: &[Banned],
    (runs, unread): (Option<bool>, Option<&str>),
    clock: &Clock,
) -> Value {
    let Some(file) = file else { return Value::Null };
    let one = |ban: &Banned| {
        json!({
            "client": ban.client,
            "jail": ban.jail,
            "start": clock.rfc3339(ban.start),
            "end": ban.end.map(|end| clock.rfc3339(end)),
            "failures": ban.failures,
            "count": ban.count,
            "waits": ban.waits,
            "unban": unban(ban),
        })
    };
    json!({
        "database": crate::render::json::bytes(std::os::unix::ffi::OsStrExt::as_bytes(file.as_os_str())),
        "running": runs,
        "unread": unread,
        "banned": bans.iter().map(one).collect::<Vec<_>>(),
    })
}

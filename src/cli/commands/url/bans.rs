//! Whether fail2ban bans the client: then its requests do not arrive, whatever the server would answer.

use std::net::IpAddr;
use std::path::Path;

use crate::cli::commands::url::part::{Part, Rank};
use crate::cli::error::Error;
use crate::cli::host::Disk;
use crate::cli::logs::{banned, when};
use crate::render;
use crate::render::style::Style;

/// `None` where there is no database, or nobody to ask about.
pub(super) fn part(
    clients: &[IpAddr],
    disk: &Disk,
    unchecked: &mut Vec<String>,
    style: Style,
) -> Result<Option<Part>, Error> {
    if clients.is_empty() {
        return Ok(None);
    }
    let clock = when::clock(None)?;
    let told = banned::about(Path::new("/etc/fail2ban"), disk, clients, &clock);
    let Some(file) = &told.file else { return Ok(None) };
    unchecked.extend(told.unread.iter().map(|why| format!("bans in {}: {why}", file.display())));
    let value = render::banned::json(Some(file), &told.bans, (told.runs, told.unread.as_deref()), &clock);
    let text = render::banned::text(&told.bans, told.runs, &clock, style);
    let lines = text.lines().map(str::to_owned).collect();
    let is_in_force = told.runs != Some(false) && told.bans.iter().any(|ban| !ban.waits);
    let rank = if is_in_force { Rank::Above } else { Rank::Beside };
    Ok(Some(Part { key: "bans", rank, value, heading: "before the server:", lines }))
}

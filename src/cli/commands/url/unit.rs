//! Whether the unit that systemd starts the server by keeps the user file from it, where no process shows what it sees.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cli::commands::url::find::Found;
use crate::cli::commands::url::part::{Part, Rank};
use crate::cli::host::Disk;
use crate::host::unit::{Hidden, Hiding, Unit};
use crate::host::walk::View;
use crate::inquiry::Finding;
use crate::render::json::bytes;
use crate::render::style::{Role, Style};
use crate::render::text::printable;

/// `None` where the server runs, or has no unit here, or no file was asked.
pub(super) fn part(found: &Found, finding: &Finding, disk: &Disk, style: Style) -> Option<Part> {
    let path = finding.user_file.as_deref().filter(|_| found.running.is_none())?;
    let layout = found.reader.layout(disk).filter(|layout| Path::new(layout.main) == found.config)?;
    let unit = Unit::read(disk, layout.unit)?;
    // Where a link leads is hidden as well as where it stands.
    let real = View::own(disk).resolved(path);
    let paths: Vec<&Path> = std::iter::once(path).chain(real.as_deref()).collect();
    let hidden = paths.iter().find_map(|path| unit.hides(path).map(|hidden| (*path, hidden)));
    let Some((path, hidden)) = hidden else {
        return Some(Part { key: "unit", rank: Rank::Above, value: Value::Null, heading: HEADING, lines: Vec::new() });
    };
    let (why, fixes) = words(&unit, path, &hidden);
    let place = format!("  {}:{}", printable(hidden.setting.file.as_os_str().as_bytes()), hidden.setting.line);
    let mut lines = vec![format!("{}{}", printable(why.as_bytes()), style.paint(Role::Frame, &place))];
    for (at, fix) in fixes.iter().enumerate() {
        let lead = style.paint(Role::Frame, if at == 0 { "= fix:" } else { "= or:" });
        lines.push(format!("{lead} {}", printable(fix.as_bytes())));
    }
    let value = json!({
        "code": "hidden-by-unit",
        "unit": unit.name,
        "setting": hidden.setting.key,
        "at": bytes(hidden.over.as_os_str().as_bytes()),
        "why": why,
        "place": {"file": bytes(hidden.setting.file.as_os_str().as_bytes()), "line": hidden.setting.line},
        "fixes": fixes,
    });
    Some(Part { key: "unit", rank: Rank::Above, value, heading: HEADING, lines })
}

const HEADING: &str = "started by systemd, the server does not see the user file:";

fn words(unit: &Unit, path: &Path, hidden: &Hidden<'_>) -> (String, Vec<String>) {
    let (shown, over) = (path.display(), hidden.over.display());
    let setting = format!("{}={}", hidden.setting.key, hidden.setting.value);
    let name = unit.name.strip_suffix(".service").unwrap_or(&unit.name);
    let why = match hidden.hiding {
        Hiding::Empty => format!("{name} has a {over} of its own ({setting}): {shown} does not exist for it"),
        Hiding::Closed => format!("{name} may not enter {over} ({setting}): it can't read {shown}"),
        Hiding::Elsewhere => format!(
            "{name} sees something else at {over} ({setting}) than what stands there here: {shown} is not that file"
        ),
    };
    let file = path.file_name().map_or_else(PathBuf::new, PathBuf::from);
    let folder = match name {
        "apache2" | "nginx" | "lighttpd" | "httpd" | "traefik" => format!("/etc/{name}"),
        _ => "/etc".to_owned(),
    };
    let away = match hidden.setting.key.as_str() {
        key @ ("PrivateTmp" | "ProtectHome" | "DynamicUser") => format!("{key}=no"),
        key => format!("{key}="),
    };
    let edit = format!("systemctl edit {name}, with `{away}` below [Service], then systemctl restart {name}");
    (why, vec![format!("keep the file elsewhere, such as {folder}/{}", file.display()), edit])
}

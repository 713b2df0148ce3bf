//! The rule to look at first, where it was the configuration that decided.

use serde_json::{Value, json};

use crate::cli::commands::url::chain;
use crate::cli::commands::url::part::{Part, Rank};
use crate::cli::host::Disk;
use crate::inquiry::cause;
use crate::inquiry::{Finding, Request};
use crate::render::style::{Role, Style};
use crate::render::text::printable;

pub(super) fn part(finding: &Finding, request: &Request, disk: &Disk, style: Style) -> Part {
    let found = cause::of(finding, request, disk);
    let value = found.as_ref().map_or(
        Value::Null,
        |cause| json!({"code": cause.code, "text": cause.text, "place": cause.link.as_ref().and_then(chain::place)}),
    );
    let lines = found.iter().map(|cause| {
        let place = cause.link.as_ref().and_then(|link| link.place.as_ref()).map(|place| format!("  {place}"));
        format!("{}{}", printable(cause.text.as_bytes()), style.paint(Role::Frame, &place.unwrap_or_default()))
    });
    Part { key: "cause", rank: Rank::Beside, value, heading: "look here first:", lines: lines.collect() }
}

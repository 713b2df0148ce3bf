//! The rules that made the answer, in the order in which they did.

use std::os::unix::ffi::OsStrExt;

use serde_json::{Value, json};

use crate::cli::commands::url::part::{Part, Rank};
use crate::inquiry::Link;
use crate::render;
use crate::render::style::{Role, Style};

pub(super) fn part(chain: &[Link], style: Style) -> Part {
    let lines = chain.iter().map(|link| {
        let place = link.place.as_ref().map_or_else(String::new, |place| format!("  {place}"));
        format!("{}{}", link.text, style.paint(Role::Frame, &place))
    });
    Part {
        key: "chain",
        rank: Rank::Below,
        value: chain.iter().map(value).collect(),
        heading: "how it comes:",
        lines: lines.collect(),
    }
}

fn value(link: &Link) -> Value {
    json!({"rule": link.rule, "text": link.text, "place": place(link)})
}

/// Where a rule stands, as JSON.
pub(super) fn place(link: &Link) -> Option<Value> {
    link.place.as_ref().map(|place| {
        json!({"file": render::json::bytes(place.file.as_os_str().as_bytes()), "line": place.line, "column": place.column})
    })
}

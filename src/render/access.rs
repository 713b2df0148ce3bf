//! What keeps a server from a file: for people, and as JSON.

use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;

use serde_json::{Value, json};

use crate::host::block::Block;
use crate::host::identity::Identity;
use crate::host::people::People;
use crate::render::json::bytes;
use crate::render::style::{Role, Style};
use crate::render::text::printable;

/// The first component that blocks, why, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Barrier {
    /// Who is blocked.
    pub user: String,
    /// The kind.
    pub code: &'static str,
    /// The component.
    pub at: Vec<u8>,
    /// One sentence.
    pub why: String,
    /// Commands, the smallest first.
    pub repairs: Vec<String>,
}

impl Barrier {
    /// A block in words.
    #[must_use]
    pub fn of(block: &Block, who: &Identity, people: &People) -> Self {
        Self {
            user: who.name.clone(),
            code: block.code(),
            at: block.at.as_os_str().as_bytes().to_vec(),
            why: block.sentence(who, people),
            repairs: block.repairs(who, people),
        }
    }

    /// For people.
    #[must_use]
    pub fn text(&self, style: Style) -> String {
        let why = printable(self.why.as_bytes());
        let head =
            style.paint(Role::Strong, &format!("{} can't read the file: {why}.", printable(self.user.as_bytes())));
        let mut text = format!("\n{head}\n {} {}\n", style.paint(Role::Frame, "-->"), printable(&self.at));
        for line in self.lines(style).iter().skip(1) {
            let _ = writeln!(text, "  {line}");
        }
        text
    }

    /// The sentence and the commands, a line each, for below a heading.
    #[must_use]
    pub fn lines(&self, style: Style) -> Vec<String> {
        let mut lines = vec![printable(self.why.as_bytes())];
        for (at, repair) in self.repairs.iter().enumerate() {
            let lead = style.paint(Role::Frame, if at == 0 { "= fix:" } else { "= or:" });
            lines.push(format!("{lead} {}", printable(repair.as_bytes())));
        }
        lines
    }

    /// As JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({"user": self.user, "code": self.code, "at": bytes(&self.at), "why": self.why, "fixes": self.repairs})
    }
}

//! Colour, where it is wanted: a handful of roles and the escape sequences for them.

/// Whether output carries colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// No escape sequences.
    Plain,
    /// ANSI colours.
    Coloured,
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The user gets in.
    Good,
    /// The user does not.
    Bad,
    /// Not decided.
    Open,
    /// Frames, places, line numbers.
    Frame,
    /// What is to be read first.
    Strong,
}

impl Style {
    /// `text` as `role`.
    #[must_use]
    pub fn paint(self, role: Role, text: &str) -> String {
        let code = match (self, role) {
            (Self::Plain, _) => return text.to_owned(),
            (_, Role::Good) => "32",
            (_, Role::Bad) => "31",
            (_, Role::Open) => "33",
            (_, Role::Frame) => "34",
            (_, Role::Strong) => "1",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

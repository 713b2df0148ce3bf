//! What a server answers, as values. A refusal is a verdict, never an `Err`.

use crate::bytes::Span;

/// The kind of answer, the same seven for every server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The credentials are accepted.
    Granted,
    /// No authentication applies.
    Open,
    /// These credentials (or their absence) are refused, whatever the status.
    Denied,
    /// Refused whatever the credentials.
    Forbidden,
    /// The server can't do its job: a malformed request, a missing file, a crash.
    Failed,
    /// The server does not come up with this file.
    RefusedToStart,
    /// Not decided: more work than the limit allows, or a fact that is not modelled. Never a guess.
    Undecided,
}

impl Verdict {
    /// The stable name, as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Open => "open",
            Self::Denied => "denied",
            Self::Forbidden => "forbidden",
            Self::Failed => "failed",
            Self::RefusedToStart => "refused-to-start",
            Self::Undecided => "undecided",
        }
    }

    /// Whether the user gets in.
    #[must_use]
    pub const fn lets_in(self) -> bool {
        matches!(self, Self::Granted | Self::Open)
    }
}

/// Severity of a log line, in the servers' own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// Shown only where the administrator asked for it.
    Debug,
    /// Usually filtered out by the default log level.
    Info,
    /// A warning.
    Warn,
    /// Shown by default.
    Error,
    /// Shown by default.
    Crit,
    /// Shown by default.
    Alert,
    /// Servers whose log lines carry no level (lighttpd).
    None,
}

impl Level {
    /// The stable name, as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Crit => "crit",
            Self::Alert => "alert",
            Self::None => "none",
        }
    }
}

/// A line the server would write to its log, without time, process, client and what the log format puts around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Its severity.
    pub level: Level,
    /// Its text as bytes, escaped as the server escapes it.
    pub text: Vec<u8>,
    /// What the server puts before the client's address, which stands between this and the text: Apache's
    /// `(2)No such file or directory: `. Usually empty.
    pub prefix: Vec<u8>,
    /// Bytes of `text` that are a client's credentials; whoever prints the line masks them unless asked not to.
    pub secrets: Vec<Span>,
}

impl LogLine {
    /// A line without prefix.
    #[must_use]
    pub fn new(level: Level, text: impl Into<Vec<u8>>) -> Self {
        Self { level, text: text.into(), prefix: Vec::new(), secrets: Vec::new() }
    }

    /// The same with `bytes` added to its text, as a part to be masked where `secret`.
    #[must_use]
    pub fn with(mut self, bytes: &[u8], secret: bool) -> Self {
        if secret && !bytes.is_empty() {
            self.secrets.push(Span::at(self.text.len() as u64, bytes.len()));
        }
        self.text.extend_from_slice(bytes);
        self
    }
}

//! What goes wrong with a command: what happened, what to do, and the exit status. Never a secret.

use serde_json::{Value, json};

use crate::cli::exit::Exit;

/// An error that ends a command.
#[derive(Debug)]
pub struct Error {
    /// The exit status.
    pub exit: Exit,
    /// A stable code, in kebab-case.
    pub code: &'static str,
    /// What happened, one sentence without full stop.
    pub message: String,
    /// What to do; empty where there is nothing to advise.
    pub help: String,
    /// Where: `file`, `file:line` or `file:line:column`.
    pub place: Option<String>,
}

impl Error {
    /// An error with its status and code.
    pub fn new(exit: Exit, code: &'static str, message: impl Into<String>) -> Self {
        Self { exit, code, message: message.into(), help: String::new(), place: None }
    }

    /// The command line can't be acted on.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "usage", message)
    }

    /// A file can't be read: `doing` says what was tried, as in `can't read the log`.
    #[must_use]
    pub fn unreadable(code: &'static str, doing: &str, error: &std::io::Error) -> Self {
        let help = match error.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => "check the path",
            std::io::ErrorKind::PermissionDenied => "run it as a user who may read it, or as root (sudo)",
            std::io::ErrorKind::IsADirectory => "name a file",
            _ => "",
        };
        Self::new(Exit::CouldNot, code, format!("{doing}: {error}")).help(help)
    }

    /// The same with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// The same with a place.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// The error as a JSON document.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut error = json!({"code": self.code, "message": self.message, "help": self.help});
        if let Some(place) = &self.place {
            error["place"] = json!(place);
        }
        json!({"error": error})
    }

    /// The error for people.
    #[must_use]
    pub fn human(&self) -> String {
        let mut text = format!("why401: {}\n", self.message);
        if let Some(place) = &self.place {
            text.push_str(&format!("  --> {place}\n"));
        }
        for (at, line) in self.help.lines().enumerate() {
            let lead = if at == 0 { "  help: " } else { "        " };
            text.push_str(&format!("{}\n", format!("{lead}{line}").trim_end()));
        }
        text
    }
}

/// A closed pipe is a quiet end; whatever else stdout refuses is an error.
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self::new(Exit::Done, "closed-pipe", "");
        }
        Self::new(Exit::CouldNot, "output", format!("can't write the output: {error}"))
    }
}

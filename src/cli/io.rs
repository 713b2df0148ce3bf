//! The one door to the terminal: stdout, stderr, and whether colour is wanted.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use serde_json::Value;

use crate::cli::error::Error;
use crate::render::style::Style;
use crate::secret::Secret;

/// The streams of a command.
pub struct Io {
    out: BufWriter<Stdout>,
    /// Whether `--json` was asked for.
    pub json: bool,
    /// How stdout is styled.
    pub style: Style,
}

impl Io {
    /// The process's own streams.
    #[must_use]
    pub fn new(json: bool) -> Self {
        let stdout = io::stdout();
        let terminal = stdout.is_terminal();
        let coloured = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let style = if coloured { Style::Coloured } else { Style::Plain };
        Self { out: BufWriter::with_capacity(64 * 1024, stdout), json, style }
    }

    /// Where results go.
    pub fn out(&mut self) -> &mut dyn Write {
        &mut self.out
    }

    /// Writes a JSON document and a line feed to stdout.
    pub fn document(&mut self, document: &Value) -> Result<(), Error> {
        serde_json::to_writer_pretty(&mut self.out, document).map_err(io::Error::from)?;
        self.out.write_all(b"\n")?;
        Ok(())
    }

    /// Writes what holds a password to stdout, past the buffer, which is not wiped. It is to end in a line feed, or a part of it
    /// would wait in the standard library's buffer.
    pub fn secret(&mut self, text: &Secret) -> Result<(), Error> {
        self.out.flush()?;
        self.out.get_mut().write_all(text.expose())?;
        Ok(())
    }

    /// Writes a message for people to stderr; one that can't be written is dropped.
    pub fn say(&self, message: &str) {
        self.say_bytes(message.as_bytes());
    }

    /// The same for bytes that need not be UTF-8, such as user names.
    pub fn say_bytes(&self, message: &[u8]) {
        let _ = io::stderr().lock().write_all(message);
    }

    /// Whether results go to a terminal.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        !self.json && io::stdout().is_terminal()
    }

    /// How many columns the terminal has that results go to for people; `None` where they do not. A terminal that does not tell
    /// has 80.
    #[must_use]
    pub fn columns(&self) -> Option<usize> {
        let told = || rustix::termios::tcgetwinsize(io::stdout()).ok().map(|size| usize::from(size.ws_col));
        self.is_terminal().then(|| told().filter(|columns| *columns > 0).unwrap_or(80))
    }

    /// Whether there is a place for a bar that shows how far the work is.
    #[must_use]
    pub fn has_bar(&self) -> bool {
        !self.json && io::stderr().is_terminal()
    }

    /// Writes out what is still held.
    pub fn finish(&mut self) -> Result<(), Error> {
        self.out.flush()?;
        Ok(())
    }
}

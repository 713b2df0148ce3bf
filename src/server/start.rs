//! How servers begin that read the whole file before they serve anyone.

use std::io::BufRead;

use crate::crypt::Errno;
use crate::scan::Rejected;
use crate::server::entry;
use crate::server::{Decision, Inputs, Opened};
use crate::trace::{Cite, LogLine, Step, Trace, Verdict, codes};

/// A start that came to nothing, and the error number where there was one.
pub(crate) struct NotStarted {
    /// How it ends, with nothing logged yet.
    pub(crate) decision: Decision,
    /// The error number; `EISDIR` for a directory.
    pub(crate) errno: Option<Errno>,
}

impl NotStarted {
    /// The decision, with the line that is logged where there is an error number to tell.
    pub(crate) fn logging(self, line: impl FnOnce(Errno) -> LogLine) -> Decision {
        match self.errno {
            Some(errno) => self.decision.logging(line(errno)),
            None => self.decision,
        }
    }
}

/// Opens the file, or says how the start ends. A FIFO keeps the server waiting; what a device holds is not known.
pub(crate) fn open<'a>(
    inputs: &Inputs<'a>,
    cite: Cite,
    trace: &mut Trace,
) -> Result<Box<dyn BufRead + 'a>, Box<NotStarted>> {
    let (verdict, what, reason, errno) = match inputs.file.open() {
        Opened::Bytes(reader) => {
            trace.push(Step::FileOpened, cite);
            return Ok(reader);
        }
        Opened::Fifo => (Verdict::Failed, "fifo", codes::WOULD_HANG, None),
        Opened::Device => (Verdict::Undecided, "device", codes::NOT_MODELLED, None),
        Opened::Directory => (Verdict::RefusedToStart, "directory", codes::FILE_NOT_REGULAR, Some(Errno::EISDIR)),
        Opened::Failed(errno) => {
            let (what, reason, errno) = entry::failed(errno);
            (Verdict::RefusedToStart, what, reason, Some(errno))
        }
    };
    trace.push(Step::FileFailed { what }, cite);
    Err(Box::new(NotStarted { decision: Decision::without_status(verdict, reason, std::mem::take(trace)), errno }))
}

/// The start where the file can be opened and not read to its end.
pub(crate) fn unreadable(mut trace: Trace, cite: Cite) -> Decision {
    trace.push(Step::FileFailed { what: "read-error" }, cite);
    Decision::without_status(Verdict::RefusedToStart, codes::FILE_UNREADABLE, trace)
}

/// The start where the file is refused for a line, with what is logged about it.
pub(crate) fn rejected(rejected: &Rejected, trace: Trace, line: impl FnOnce(&Rejected) -> LogLine) -> Decision {
    Decision::without_status(Verdict::RefusedToStart, codes::FILE_REJECTED, trace).logging(line(rejected))
}

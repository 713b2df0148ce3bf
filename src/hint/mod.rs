//! From a refusal to its cause and its cure: one file and one row of [`HINTS`] per cause.
//!
//! A hint changes the input (the file's bytes, the header) and asks the very server that refused what it says to that.
//! Where it lets the user in the cause is proved. Nothing here touches a disk, a clock or a terminal: backup files, time and
//! threads come from the caller.

pub mod candidates;
mod change;
mod entry;
mod header;
mod likeness;
pub mod near;
mod scene;
mod sent;
mod survey;
mod user;

pub use change::{Change, Edited};
pub use likeness::Likeness;
pub use scene::{Scene, quoted};
pub use sent::Sent;
pub use survey::Survey;

use std::cell::RefCell;

use crate::bytes::Span;
use crate::crypt::Work;
pub use crate::fault::Grade;
use crate::server::{Decision, Inputs, Server, UserFile};
use crate::trace::{Code, Step};

/// How sure a hint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// The changed input makes this server let the user in.
    Proved,
    /// The change is needed for any password to be accepted, or fits all that is known; whether it is enough is not shown.
    Consistent,
    /// Not checked.
    Unchecked,
}

impl Strength {
    /// The stable name, as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Consistent => "consistent",
            Self::Unchecked => "unchecked",
        }
    }
}

/// What to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// How it is to be treated.
    pub grade: Grade,
    /// The command or the edit.
    pub what: Action,
}

/// A command, or words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A command line that does it.
    Command(String),
    /// What to change by hand, as an order without a full stop.
    Edit(String),
}

/// Where a cause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nowhere in particular.
    None,
    /// In the file.
    File {
        /// 1-based line.
        line: u64,
        /// 1-based column of the first byte.
        column: u64,
        /// The bytes.
        at: Span,
    },
    /// In the request head.
    Head(Span),
}

/// A cause that was found.
#[derive(Clone)]
pub struct Finding {
    /// Its code.
    pub code: Code,
    /// How sure it is.
    pub strength: Strength,
    /// One sentence without full stop. Names of users stand in backticks; no password, candidate or hash stands in it.
    pub message: String,
    /// The names of users that the message holds, for a report that masks them.
    pub names: Vec<Vec<u8>>,
    /// Where.
    pub place: Place,
    /// What to do.
    pub fix: Option<Fix>,
    /// The changed input that shows it.
    pub change: Option<Change>,
}

/// A row of [`HINTS`].
pub struct Hint {
    /// Its code, with title and text for `explain`.
    pub code: Code,
    /// Looks for it.
    pub find: fn(&Scene<'_>, &mut Vec<Finding>),
}

/// The causes, apart from the faults of lines, which are rows of [`crate::fault::FAULTS`], and the near misses of the password, which
/// are rules of [`candidates`].
///
/// Legend: first what the header shows, then the user, then the entry; last what is said only where nothing else was found.
/// The order decides among hints of one strength.
pub static HINTS: &[&Hint] = &[
    &header::no_header::ROW,
    &header::proxy_authorization::ROW,
    &header::two_authorizations::ROW,
    &header::other_scheme::ROW,
    &header::header_quoted::ROW,
    &header::header_clear_text::ROW,
    &header::base64_twice::ROW,
    &header::base64_wrapped::ROW,
    &header::base64_alphabet::ROW,
    &header::header_no_colon::ROW,
    &header::colon_in_user::ROW,
    &header::header_spelling::ROW,
    &user::user_case::ROW,
    &user::user_blank::ROW,
    &user::user_normal_form::ROW,
    &user::user_charset::ROW,
    &user::user_encoded::ROW,
    &user::user_domain::ROW,
    &user::user_look_alike::ROW,
    &user::user_typo::ROW,
    &user::user_impossible::ROW,
    &entry::duplicate_user::ROW,
    &entry::password_in_clear::ROW,
    &entry::digest_of_password::ROW,
    &entry::bcrypt_prefix::ROW,
    &entry::bcrypt_sign_extended::ROW,
    &entry::scheme_unknown_here::ROW,
    &entry::cost_too_high::ROW,
    &entry::backup_entry::ROW,
    &entry::other_server_grants::ROW,
    &entry::htpasswd_says_correct::ROW,
    &entry::file_empty::ROW,
    &entry::file_truncated::ROW,
    &user::user_missing::ROW,
    &entry::stale_credentials::ROW,
];

/// One server's answer.
pub type Answer = (&'static dyn Server, Decision);

/// What hints are looked for in.
pub struct Asked<'a> {
    /// What the servers were asked.
    pub inputs: &'a Inputs<'a>,
    /// What they answered.
    pub answers: &'a [Answer],
    /// FILE as it stands in a command line.
    pub file: &'a str,
    /// Older copies of the file, by name.
    pub backups: &'a [(String, &'a dyn UserFile)],
    /// The name that was given beside the request, where one was.
    pub user: Option<&'a [u8]>,
}

/// The search for causes: what was asked, and what the request and the file show about it.
pub struct Inquest<'a> {
    asked: Asked<'a>,
    sent: Option<Sent>,
    survey: Option<Survey>,
    work: &'a RefCell<Work>,
}

impl<'a> Inquest<'a> {
    /// Looks at request and file, once for all servers; not at all where every server lets the user in.
    pub fn new(asked: Asked<'a>, work: &'a RefCell<Work>) -> Self {
        if asked.answers.iter().all(|(_, decision)| decision.verdict.lets_in()) {
            return Self { asked, sent: None, survey: None, work };
        }
        let sent = Sent::of(asked.inputs.head);
        let user = sent.as_ref().map_or(&b""[..], |sent| &sent.user);
        let survey = Survey::of(asked.inputs.file, user, &flagged(asked.answers));
        Self { asked, sent, survey, work }
    }

    /// The causes of each answer that is a refusal, in order of strength; none for an answer that lets the user in.
    #[must_use]
    pub fn findings(&self) -> Vec<Vec<Finding>> {
        let mut found = vec![Vec::new(); self.asked.answers.len()];
        self.each(|at, scene| found[at] = scene.findings());
        found
    }

    /// The credentials that the request means.
    #[must_use]
    pub fn sent(&self) -> Option<&Sent> {
        self.sent.as_ref()
    }

    /// Calls `with` for each answer that is a refusal, with its place among the answers.
    fn each(&self, mut with: impl FnMut(usize, &Scene<'_>)) {
        for (at, (server, decision)) in self.asked.answers.iter().enumerate() {
            if !decision.verdict.lets_in() {
                with(
                    at,
                    &Scene::new(&self.asked, *server, decision, self.sent.as_ref(), self.survey.as_ref(), self.work),
                );
            }
        }
    }
}

/// The lines that servers said something about on their way.
fn flagged(answers: &[Answer]) -> Vec<u64> {
    let steps = answers.iter().flat_map(|(_, decision)| decision.trace.iter());
    let mut lines: Vec<u64> = steps
        .filter_map(|(step, _)| match step {
            Step::Line { number, .. } => Some(*number),
            Step::FileRejected { line, .. } | Step::EntryFound { line, .. } => Some(*line),
            _ => None,
        })
        .collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}

//! The steps of a decision, in the order in which they were taken.

use crate::bytes::Span;

/// Where in a program's source the behaviour of a step stands: `version file:function`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cite(pub &'static str);

/// One step of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// The request head was refused before any authentication, at these bytes of it.
    HeadRefused {
        /// What is wrong, in kebab-case.
        why: &'static str,
        /// The offending bytes of the request head.
        at: Span,
    },
    /// A header line that the server does not take for the credentials' header, at these bytes of the request head.
    HeaderIgnored {
        /// What makes it ignored, in kebab-case.
        why: &'static str,
        /// The line.
        at: Span,
    },
    /// No `Authorization` header reached the authentication.
    NoHeader,
    /// The value's bytes in the request head after trimming and joining.
    HeaderValue {
        /// The value.
        at: Span,
    },
    /// The scheme word is not one the server takes.
    WrongScheme {
        /// The word as sent.
        word: Vec<u8>,
    },
    /// The token or its text can't be credentials for this server.
    Malformed {
        /// What is wrong, in kebab-case.
        why: &'static str,
        /// Offset in the token of the deciding byte, where there is one.
        at: Option<u64>,
    },
    /// User and password were taken from the token.
    Decoded {
        /// The user name.
        user: Vec<u8>,
        /// Number of bytes of the password that the check is given.
        password_length: u64,
        /// Token bytes that the decoder left unread.
        unread: u64,
        /// Whether a NUL cut the text.
        cut_at_nul: bool,
        /// Whether the text has no colon and all of it was taken for the user name: it may then hold the password.
        is_whole: bool,
    },
    /// The user file was opened.
    FileOpened,
    /// The user file can't be used.
    FileFailed {
        /// What it is, in kebab-case (`missing`, `directory`, `fifo`, `permission-denied`, …).
        what: &'static str,
    },
    /// A line had an effect of its own on the search.
    Line {
        /// 1-based number of the physical line.
        number: u64,
        /// The effect, in kebab-case (`over-long`, `continued`, `swallowed`, `no-colon`, …).
        effect: &'static str,
        /// Its bytes.
        at: Span,
    },
    /// The search ended without the user's line.
    UserNotFound {
        /// Physical lines read.
        lines: u64,
    },
    /// The user's line was found.
    EntryFound {
        /// 1-based number of its first physical line.
        line: u64,
        /// The bytes of the user name.
        user: Span,
        /// The bytes of the stored field as this server delimits it.
        field: Span,
    },
    /// The field was cut or trimmed on its way to the check.
    FieldCut {
        /// What was left off, in kebab-case (`blanks`, `third-field`, `nul`, `buffer`, …).
        why: &'static str,
        /// The bytes left off.
        at: Span,
    },
    /// The field was handed to a check.
    Check {
        /// Name of the dialect.
        by: &'static str,
        /// Name of the scheme it was taken for.
        scheme: Option<&'static str>,
    },
    /// The check matched.
    Match,
    /// The check did not match.
    Mismatch {
        /// Why, in kebab-case.
        why: &'static str,
        /// The deciding bytes of the file.
        at: Option<Span>,
    },
    /// The check failed with an error number.
    CheckFailed {
        /// The number.
        errno: i32,
    },
    /// The check ended the process.
    Crash,
    /// The decision needs a hash that was not computed.
    NotComputed {
        /// Name of the scheme.
        scheme: &'static str,
        /// Estimated milliseconds; `None` where the scheme is not built.
        milliseconds: Option<u64>,
    },
    /// The whole file is refused for this line.
    FileRejected {
        /// 1-based number of the line.
        line: u64,
        /// What is wrong with it, in kebab-case.
        why: &'static str,
        /// The bytes to blame.
        at: Span,
    },
}

/// A value in a step, for whoever prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A count or number.
    Number(i64),
    /// A word of this crate's own vocabulary.
    Word(&'static str),
    /// Bytes from the request.
    Bytes(Vec<u8>),
    /// Bytes from the request that may be credentials; whoever prints them masks them unless asked not to.
    Credentials(Vec<u8>),
    /// A place.
    Span(Span),
    /// Yes or no.
    Flag(bool),
    /// Nothing to tell.
    None,
}

impl Step {
    /// The step's stable name and its facts, in order.
    #[must_use]
    pub fn facts(&self) -> (&'static str, Vec<(&'static str, Fact)>) {
        use Fact::{Bytes, Flag, Number, Word};
        let span = |at: &Span| Fact::Span(*at);
        let number = |n: u64| Number(i64::try_from(n).unwrap_or(i64::MAX));
        match self {
            Self::HeadRefused { why, at } => ("head-refused", vec![("why", Word(why)), ("at", span(at))]),
            Self::HeaderIgnored { why, at } => ("header-ignored", vec![("why", Word(why)), ("at", span(at))]),
            Self::NoHeader => ("no-header", vec![]),
            Self::HeaderValue { at } => ("header-value", vec![("at", span(at))]),
            Self::WrongScheme { word } => ("wrong-scheme", vec![("word", scheme_word(word))]),
            Self::Malformed { why, at } => {
                ("malformed", vec![("why", Word(why)), ("offset", at.map_or(Fact::None, number))])
            }
            Self::Decoded { user, password_length, unread, cut_at_nul, is_whole } => (
                "decoded",
                vec![
                    ("user", if *is_whole { Fact::Credentials(user.clone()) } else { Bytes(user.clone()) }),
                    ("password_length", number(*password_length)),
                    ("unread", number(*unread)),
                    ("cut_at_nul", Flag(*cut_at_nul)),
                ],
            ),
            Self::FileOpened => ("file-opened", vec![]),
            Self::FileFailed { what } => ("file-failed", vec![("what", Word(what))]),
            Self::Line { number: line, effect, at } => {
                ("line", vec![("line", number(*line)), ("effect", Word(effect)), ("at", span(at))])
            }
            Self::UserNotFound { lines } => ("user-not-found", vec![("lines", number(*lines))]),
            Self::EntryFound { line, user, field } => {
                ("entry-found", vec![("line", number(*line)), ("user", span(user)), ("field", span(field))])
            }
            Self::FieldCut { why, at } => ("field-cut", vec![("why", Word(why)), ("at", span(at))]),
            Self::Check { by, scheme } => {
                ("check", vec![("by", Word(by)), ("scheme", scheme.map_or(Fact::None, Word))])
            }
            Self::Match => ("match", vec![]),
            Self::Mismatch { why, at } => {
                ("mismatch", vec![("why", Word(why)), ("at", at.as_ref().map_or(Fact::None, span))])
            }
            Self::CheckFailed { errno } => ("check-failed", vec![("errno", Number(i64::from(*errno)))]),
            Self::Crash => ("crash", vec![]),
            Self::NotComputed { scheme, milliseconds } => {
                let time = milliseconds.map_or(Fact::None, number);
                ("not-computed", vec![("scheme", Word(scheme)), ("milliseconds", time)])
            }
            Self::FileRejected { line, why, at } => {
                ("file-rejected", vec![("line", number(*line)), ("why", Word(why)), ("at", span(at))])
            }
        }
    }
}

/// Words that name an authentication scheme: those of IANA's registry, and those that are met without being in it.
const SCHEME_WORDS: &[&str] = &[
    "Basic",
    "Bearer",
    "Concealed",
    "Digest",
    "DPoP",
    "GNAP",
    "HOBA",
    "Mutual",
    "Negotiate",
    "OAuth",
    "PrivateToken",
    "SCRAM-SHA-1",
    "SCRAM-SHA-256",
    "vapid",
    "AWS4-HMAC-SHA256",
    "ApiKey",
    "Kerberos",
    "NTLM",
    "Token",
];

/// The first word of a header's value. Where it is no scheme's name it may be the credentials, sent without one.
fn scheme_word(word: &[u8]) -> Fact {
    let is_known = SCHEME_WORDS.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()));
    if is_known { Fact::Bytes(word.to_vec()) } else { Fact::Credentials(word.to_vec()) }
}

/// The steps of one decision, each with its source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    steps: Vec<(Step, Cite)>,
}

impl Trace {
    /// Adds a step and says where the program takes it.
    pub fn push(&mut self, step: Step, cite: Cite) {
        if self.steps.capacity() == 0 {
            // As many as most decisions have.
            self.steps.reserve_exact(8);
        }
        self.steps.push((step, cite));
    }

    /// The same with each step changed.
    #[must_use]
    pub fn map(self, mut change: impl FnMut(Step) -> Step) -> Self {
        Self { steps: self.steps.into_iter().map(|(step, cite)| (change(step), cite)).collect() }
    }

    /// The same with each step changed or left out.
    #[must_use]
    pub fn filter_map(self, mut change: impl FnMut(Step) -> Option<Step>) -> Self {
        Self { steps: self.steps.into_iter().filter_map(|(step, cite)| Some((change(step)?, cite))).collect() }
    }

    /// The steps in order.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &(Step, Cite)> {
        self.steps.iter()
    }

    /// Whether the credentials have no colon and the server takes all of them for the user name.
    #[must_use]
    pub fn takes_all_for_the_user(&self) -> bool {
        self.steps.iter().any(|(step, _)| matches!(step, Step::Decoded { is_whole: true, .. }))
    }
}

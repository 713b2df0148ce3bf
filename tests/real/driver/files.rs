//! The distinct user files of many questions, for servers that are given all of them at once.

use std::collections::HashMap;
use std::path::PathBuf;

use super::site::{Site, put};
use crate::support::answer::{Answer, Kind};
use crate::support::question::{File, Question};

/// The files of some questions.
pub(crate) struct Files<'a> {
    /// Each distinct file.
    pub(crate) all: Vec<&'a File>,
    /// For each question, the number of its file.
    pub(crate) of: Vec<usize>,
}

impl<'a> Files<'a> {
    /// The files of `questions`.
    pub(crate) fn new(questions: &'a [Question]) -> Self {
        let (mut all, mut numbers) = (Vec::new(), HashMap::new());
        let number = |question: &'a Question| {
            *numbers.entry(&question.file).or_insert_with(|| {
                all.push(&question.file);
                all.len() - 1
            })
        };
        let of = questions.iter().map(number).collect();
        Self { all, of }
    }

    /// Puts all of them into the folder of `site`.
    pub(crate) fn put(&self, site: &Site) {
        for (number, file) in self.all.iter().enumerate() {
            put(&path(site, number), file);
        }
    }

    /// The accounts in a file.
    pub(crate) fn accounts(&self, number: usize) -> Vec<(&'a [u8], &'a [u8])> {
        accounts(self.all[number].bytes())
    }
}

/// The lines that stand for accounts: not empty, not beginning with `#`.
pub(crate) fn lines(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    file.split(|byte| *byte == b'\n').filter(|line| !line.is_empty() && line[0] != b'#')
}

/// The accounts in a file: those lines, cut at the first colon.
pub(crate) fn accounts(file: &[u8]) -> Vec<(&[u8], &[u8])> {
    lines(file).map(|line| line.split_at(memchr::memchr(b':', line).unwrap_or(line.len()))).map(cut).collect()
}

fn cut<'a>((name, rest): (&'a [u8], &'a [u8])) -> (&'a [u8], &'a [u8]) {
    (name, rest.strip_prefix(b":").unwrap_or(rest))
}

/// Where the file of this number stands.
pub(crate) fn path(site: &Site, number: usize) -> PathBuf {
    site.path(&format!("users-{number}"))
}

/// The answer of a server that did not come up with the file.
pub(crate) fn refused() -> Answer {
    Answer { kind: Kind::RefusesToStart, status: None, log: None }
}

/// The answer with this status, where 200 to 299 is in, and `refusal` is a refusal.
pub(crate) fn answered(status: Option<u16>, refusal: u16) -> Answer {
    let kind = match status {
        Some(200..=299) => Kind::Accept,
        Some(status) if status == refusal => Kind::Reject,
        _ => Kind::Error,
    };
    Answer { kind, status, log: None }
}

//! Makes a question smaller as long as it still shows what it showed.

use crate::support::question::{File, Question};

use super::grammar::ends_once;

/// How many smaller questions are tried at a time.
const AT_ONCE: usize = 64;

/// How many rounds are made at most.
const ROUNDS: usize = 60;

/// The smallest question found by leaving out bytes of the file and of the head for which `shows` is still true.
pub(crate) fn shrink(question: &Question, mut shows: impl FnMut(&[Question]) -> Vec<bool>) -> Question {
    let mut small = question.clone();
    let mut rounds = 0;
    for part in [Part::File, Part::Head, Part::File, Part::Head] {
        let mut size = part.bytes(&small).len().div_ceil(2);
        while size > 0 && rounds < ROUNDS {
            let length = part.bytes(&small).len();
            let starts = (0..length).step_by(size).collect::<Vec<_>>();
            let mut found = None;
            for starts in starts.chunks(AT_ONCE) {
                let candidates: Vec<_> =
                    starts.iter().filter_map(|&start| part.without(&small, start, size.min(length - start))).collect();
                rounds += 1;
                let first = shows(&candidates).iter().position(|still| *still);
                found = first.map(|at| candidates[at].clone());
                if found.is_some() || rounds >= ROUNDS {
                    break;
                }
            }
            match found {
                Some(smaller) => small = smaller,
                None => size /= 2,
            }
        }
    }
    small
}

#[derive(Clone, Copy)]
enum Part {
    File,
    Head,
}

impl Part {
    fn bytes(self, question: &Question) -> &[u8] {
        match self {
            Self::File => question.file.bytes(),
            Self::Head => &question.head,
        }
    }

    /// The question without these bytes, if it still is one: the request line and the last empty line stay.
    fn without(self, question: &Question, start: usize, length: usize) -> Option<Question> {
        let mut bytes = self.bytes(question).to_vec();
        bytes.drain(start..start + length);
        let mut smaller = question.clone();
        match self {
            Self::File => smaller.file = File::Bytes(bytes),
            Self::Head => smaller.head = bytes,
        }
        (smaller.head.starts_with(b"GET / HTTP/1.1\r\nHost: localhost\r\n") && ends_once(&smaller.head))
            .then_some(smaller)
    }
}

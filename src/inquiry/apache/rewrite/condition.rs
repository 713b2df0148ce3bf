//! Conditions of rules.
//!
//! Behaviour of httpd 2.4.71 `modules/mappers/mod_rewrite.c:apply_rewrite_cond`.

use std::cmp::Ordering;
use std::io::Read;

use crate::conf::Kind;
use crate::conf::apache::expr::Order;
use crate::conf::apache::path;
use crate::conf::apache::rewrite::{Condition, Test};
use crate::inquiry::apache::expr::number;
use crate::inquiry::apache::rewrite::{Captured, Engine};
use crate::inquiry::apache::{Stop, shown};
use crate::server::Opened;

impl Engine<'_, '_> {
    /// Whether all conditions hold, of those tied by `OR` one.
    pub(super) fn conditions(&mut self, all: &[Condition]) -> Result<bool, Stop> {
        let mut at = 0;
        while let Some(one) = all.get(at) {
            at += 1;
            let holds = self.condition(one)?;
            if !one.or {
                if !holds {
                    return Ok(false);
                }
            } else if holds {
                // The rest of those tied together is passed over.
                let mut tied = true;
                while tied {
                    tied = all.get(at).is_some_and(|next| next.or);
                    at += 1;
                }
            }
        }
        Ok(true)
    }

    fn condition(&mut self, one: &Condition) -> Result<bool, Stop> {
        let input = match &one.test {
            Test::Expression(_) => None,
            _ => self.expanded(&one.input, None).map(|expanded| expanded.text),
        };
        let mut captured = Captured::Unknown;
        let known = match (&one.test, &input) {
            (Test::Expression(condition), _) => {
                let file = Some(self.file.as_slice());
                self.run.holds(condition, file, self.run.user.as_deref())
            }
            (Test::File(letter), Some(input)) => self.file_is(*letter, input),
            (Test::Served(_), Some(input)) if input.is_empty() => Some(false),
            (Test::Served(false), Some(input)) if self.run.means.files.kind(path(input)).is_none() => Some(false),

            (Test::Order(order, wanted), Some(input)) => Some(compared(input, *order, wanted, one.caseless)),
            (Test::Regex(Some(regex)), Some(input)) => Some(regex.captures(input).is_some_and(|found| {
                captured = Captured::of(&found);
                true
            })),
            _ => None,
        };
        let is = match known {
            Some(is) => is,
            None => self.run.either(&one.place, format!("whether RewriteCond {} holds", shown(&one.input)))?,
        };
        if is && !one.negated && matches!(one.test, Test::Regex(_) | Test::Expression(_)) {
            self.by_condition = captured;
        }
        Ok(is != one.negated)
    }

    fn file_is(&self, letter: u8, name: &[u8]) -> Option<bool> {
        let files = self.run.means.files;
        if name.is_empty() {
            return Some(false);
        }
        if !name.starts_with(b"/") {
            return None;
        }
        let kind = files.kind(path(name));
        Some(match letter {
            b'f' => kind == Some(Kind::File),
            b'd' => kind == Some(Kind::Folder),
            b'l' => files.is_link(path(name)),
            b's' if kind == Some(Kind::File) => match (self.run.means.users)(path(name)).open() {
                Opened::Bytes(reader) => reader.take(1).read_to_end(&mut Vec::new()).ok()? > 0,
                _ => return None,
            },
            b's' => false,
            _ if kind.is_none() => false,
            _ => return None,
        })
    }
}

/// Whether two texts are in this order: the shorter one comes first.
fn compared(left: &[u8], order: Order, right: &[u8], caseless: bool) -> bool {
    let found = if order.numbers {
        number(left).cmp(&number(right))
    } else if caseless {
        left.to_ascii_lowercase().cmp(&right.to_ascii_lowercase())
    } else {
        left.len().cmp(&right.len()).then_with(|| left.cmp(right))
    };
    match found {
        Ordering::Less => order.holds[0],
        Ordering::Equal => order.holds[1],
        Ordering::Greater => order.holds[2],
    }
}

//! crypt(3) of macOS: DES and `_`, whatever the field says.
//!
//! It never fails. It reads past the end of short fields and of its own table; what that gives is not known and is never
//! guessed. Source: Apple Libc-1725 `gen/crypt.c:crypt`, compiled and recorded.

use crate::bytes::Span;
use crate::crypt::Libc;
use crate::crypt::Mismatch;
use crate::crypt::NotComputed;
use crate::crypt::Why;
use crate::crypt::Work;
use crate::crypt::ask;
use crate::crypt::attempt::Attempt;
use crate::scheme::descrypt;
use crate::scheme::h64;

/// macOS.
pub struct Macos(());

/// macOS's Libc.
pub static MACOS: Macos = Macos(());

/// Length of every text but those that begin with `_`.
const DES_CHARACTERS: usize = 13;
/// Length of a text that begins with `_`.
const BSDI_CHARACTERS: usize = 20;

impl Libc for Macos {
    fn attempt(&self, password: &[u8], setting: &[u8], work: &mut Work) -> Attempt {
        if setting.starts_with(b"_") { bsdi(password, setting, work) } else { des(password, setting, work) }
    }
}

fn des(password: &[u8], field: &[u8], work: &mut Work) -> Attempt {
    // A NUL is read as `.`; what stands behind it is not known.
    let text = match *field {
        [] => return Attempt::Never(None, Mismatch { why: Why::Empty, at: None }),
        [only] => [only, b'.'],
        [first, second, ..] => [first, second],
    };
    if !text.is_ascii() {
        return unknown("descrypt", field, DES_CHARACTERS, 0);
    }
    ask::descrypt(text, descrypt::salt_or_zero(text), field, password, work)
}

fn bsdi(password: &[u8], field: &[u8], work: &mut Work) -> Attempt {
    let mut start = field[..field.len().min(9)].to_vec();
    // One byte further it is the NUL, which is read as `.`; what stands behind it is not known.
    if start.len() < 8 || !start.is_ascii() {
        return unknown("bsdicrypt", field, BSDI_CHARACTERS, 1);
    }
    start.resize(9, b'.');
    // Bytes outside the alphabet count as `.` and are written as they are.
    let known: Vec<u8> = start[1..].iter().map(|&byte| if h64::value(byte).is_some() { byte } else { b'.' }).collect();
    match (h64::number(&known[..4]), h64::number(&known[4..])) {
        (Some(count), Some(salt)) => ask::bsdicrypt(count, salt, field, password, start, work),
        _ => unknown("bsdicrypt", field, BSDI_CHARACTERS, 1),
    }
}

/// A text that is not known but for its length: no field of another length can equal it.
fn unknown(scheme: &'static str, field: &[u8], length: usize, at: u64) -> Attempt {
    if field.len() == length {
        return Attempt::Not(NotComputed::NotBuilt { scheme });
    }
    let at = Some(Span::new(at, field.len() as u64));
    Attempt::Never(Some(scheme), Mismatch { why: Why::Malformed, at })
}

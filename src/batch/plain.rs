//! Plain lines: a name of letters and digits, one colon, one whole hash of a usual kind, and the line end.
//!
//! To every server such a line is an entry of that name and nothing else: no dialect trims, continues, quotes, cuts or
//! refuses anything in it for the sake of another line. Whether a server takes the hash depends on its kind alone.

/// A plain line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plain {
    /// Length of the name.
    pub(super) name: usize,
    /// What kind of hash and line end it has.
    pub(super) kind: Kind,
}

/// Plain lines of one kind are alike to every server but for name, salt and digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Kind(u16);

/// Longest name.
pub(super) const LONGEST_NAME: usize = 64;

/// `line`, with its line end, as a plain line.
pub(super) fn of(line: &[u8]) -> Option<Plain> {
    let text = line.strip_suffix(b"\n")?;
    let (text, crlf) = text.strip_suffix(b"\r").map_or((text, 0), |text| (text, 1 << 15));
    let name = memchr::memchr(b':', text)?;
    if name == 0 || name > LONGEST_NAME || !text[0].is_ascii_alphanumeric() || !is_name(text, name) {
        return None;
    }
    let kind = hash(&text[name + 1..])?;
    Some(Plain { name, kind: Kind(kind | crlf) })
}

/// Every run of bytes in `text` that could be the name of a plain line.
pub(super) fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| !is_of_name(*byte)).filter(|word| !word.is_empty())
}

/// Whether a name can have this byte.
const fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'@' | b'.')
}

/// Bytes that are looked at together.
const BLOCK: usize = 16;

/// Of each byte, whether it is neither letter nor digit nor one of `more`.
#[expect(clippy::needless_bitwise_bool, reason = "without branches the compiler takes all bytes at once")]
fn foreign(block: &[u8; BLOCK], more: [u8; 4]) -> [u8; BLOCK] {
    block.map(|byte| {
        let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        let digit = byte.wrapping_sub(b'0') < 10;
        let more = (byte == more[0]) | (byte == more[1]) | (byte == more[2]) | (byte == more[3]);
        u8::from(!(letter | digit | more))
    })
}

/// Whether all are letters, digits or of `more`.
fn all(bytes: &[u8], more: [u8; 4]) -> bool {
    let Some(last) = bytes.last_chunk::<BLOCK>() else {
        return bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || more.contains(byte));
    };
    // The last block may have bytes of the one before it.
    let mut all = foreign(last, more);
    for block in bytes.as_chunks::<BLOCK>().0 {
        let foreign = foreign(block, more);
        for (all, foreign) in all.iter_mut().zip(foreign) {
            *all |= foreign;
        }
    }
    u128::from_ne_bytes(all) == 0
}

/// Whether the first `length` bytes are those of a name.
fn is_name(text: &[u8], length: usize) -> bool {
    match text.first_chunk::<BLOCK>() {
        Some(block) if length <= BLOCK => {
            let foreign = u128::from_le_bytes(foreign(block, OF_NAME));
            // Of the bytes behind it nothing is asked.
            foreign << (8 * (BLOCK - length)) == 0
        }
        _ => all(&text[..length], OF_NAME),
    }
}

/// What a name can have beside letters and digits.
const OF_NAME: [u8; 4] = *b"_-@.";
/// The same of the digits of crypt(3)'s base64.
const OF_H64: [u8; 4] = *b"././";
/// The same of base64.
const OF_BASE64: [u8; 4] = *b"+/+/";

/// Of each byte, whether it is a digit of base64 whose two low bits are 0; a search in them would take longer than all else.
const ENDS_BASE64: [bool; 256] = {
    let (mut ends, mut at) = ([false; 256], 0);
    while at < 16 {
        ends[b"AEIMQUYcgkosw048"[at] as usize] = true;
        at += 1;
    }
    ends
};

/// The kind of a whole hash in its canonical form.
fn hash(field: &[u8]) -> Option<u16> {
    match field {
        [b'{', b'S', b'H', b'A', b'}', digest @ ..] if digest.len() == 28 && digest[27] == b'=' => {
            // Of the last character four bits count.
            (all(&digest[..27], OF_BASE64) && ENDS_BASE64[usize::from(digest[26])]).then_some(1)
        }
        [b'$', b'2', b'a' | b'b' | b'y', b'$', tens @ b'0'..=b'1', ones @ b'0'..=b'9', b'$', rest @ ..]
            if rest.len() == 53 =>
        {
            let cost = u16::from(tens - b'0') * 10 + u16::from(ones - b'0');
            // Of the salt's last character two bits count, of the digest's four.
            let is_canonical = b".Oeu".contains(&rest[21]) && b".CGKOSWaeimquy26".contains(&rest[52]);
            let is_whole = (4..=17).contains(&cost) && is_canonical && all(rest, OF_H64);
            is_whole.then(|| 100 + cost + 32 * u16::from(field[2] & 3))
        }
        [b'$', b'a', b'p', b'r', b'1', b'$', rest @ ..] => {
            let salt = rest.len().checked_sub(23).filter(|salt| (1..=8).contains(salt))?;
            let is_whole = rest[salt] == b'$' && all(&rest[..salt], OF_H64) && all(&rest[salt + 1..], OF_H64);
            (is_whole && b"./01".contains(&rest[rest.len() - 1])).then_some(2)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_lines_are_plain_and_changed_ones_are_not() {
        let sha = "al.ice@x:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=";
        let bcrypt = "alice:$2y$04$AoqQ5e88jnlgzP.YkbAD5.Tz.utIubFJ24UKFQHIdo9UIoHy9vypS";
        let apr1 = "alice:$apr1$bagnYgYl$ub9G84HwG670AB1FmBmAE/";
        for text in [sha, bcrypt, apr1] {
            let line = |end: &str| of(format!("{text}{end}").as_bytes());
            let plain = line("\n").unwrap_or_else(|| panic!("{text}"));
            assert_ne!(line("\r\n").map(|crlf| crlf.kind), Some(plain.kind));
            assert_eq!(text.as_bytes()[plain.name], b':');
            for end in ["", "\r", " \n", "\\\n", ":x\n", "\0\n"] {
                assert_eq!(line(end), None, "{text}{end:?}");
            }
            for at in 0..text.len() {
                for byte in [b' ', b'"', b'\\', b'#', 0, b'\r', 0x80, b'$', b':', b'|'] {
                    let mut changed = text.as_bytes().to_vec();
                    if std::mem::replace(&mut changed[at], byte) != byte {
                        changed.push(b'\n');
                        assert_eq!(of(&changed), None, "{}", changed.escape_ascii());
                    }
                }
            }
        }
        let costs = [
            of(&[bcrypt.as_bytes(), b"\n"].concat()),
            of(&[bcrypt.replace("$04$", "$05$").as_bytes(), b"\n"].concat()),
        ];
        assert_ne!(costs[0], costs[1]);
    }
}

//! How libpass checks argon2 through argon2-cffi: libargon2 verifies, and what it refuses is read again by libpass, whose
//! error says why.
//!
//! Most of these errors are `ValueError`s; those that are not matter to who catches only these.
//!
//! Source: libpass 1.9.4 `handlers/argon2.py:_CffiBackend.verify`, `handlers/argon2.py:from_string`,
//! `utils/binary.py:b64s_decode`; libargon2 as in [`crate::scheme::argon2`].

use crate::basic::python;
use crate::bytes::Span;
use crate::bytes::c_string;
use crate::bytes::split_once;
use crate::crypt::Check;
use crate::crypt::Mismatch;
use crate::crypt::NotComputed;
use crate::crypt::Task;
use crate::crypt::Why;
use crate::crypt::Work;
use crate::scheme::argon2;
use crate::scheme::argon2::DECODING_FAILED;
use crate::scheme::argon2::Stored;
use crate::scheme::argon2::Variant;

/// Most memory that is taken for an entry; what asks for more is beyond any limit of work.
const MOST_MEMORY: u64 = 1 << 30;

/// An error that is raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    /// Whether it is a `ValueError`.
    pub value_error: bool,
    /// The deciding bytes of the field.
    pub at: Span,
    /// Its text.
    pub text: String,
    /// Where the text goes on with the field in brackets, what stands before it there.
    pub quotes_field: Option<String>,
}

/// Does `password` match `field`, a text in UTF-8 that begins as argon2's do?
pub fn verify(variant: Variant, field: &[u8], password: &[u8], work: &mut Work) -> Result<Check, Raised> {
    if let Some(raised) = not_ascii(field) {
        return Err(raised);
    }
    // The library works on a C string.
    let stored = Stored::read(variant, c_string(field)).map_err(|why| refused(field, why))?;
    let scheme = variant.name();
    let parameters = format!("{:?} {:?}", stored.parameters, stored.salt);
    let seconds = if stored.parameters.memory() > MOST_MEMORY { f64::INFINITY } else { stored.parameters.seconds() };
    let claimed = Some(stored.digest.clone());
    let task = Task { scheme, parameters: parameters.as_bytes(), password, seconds, claimed };
    // No digest stands for one that is not known.
    let digest = work.digest(&task, || {
        argon2::digest(password, &stored.salt, &stored.parameters, stored.digest.len()).unwrap_or_default()
    });
    Ok(match digest {
        Ok(digest) if digest.is_empty() => Check::Undecided(NotComputed::NotBuilt { scheme }),
        Ok(digest) if crate::scheme::same(&digest, &stored.digest) => Check::Match,
        Ok(_) => Check::Mismatch(Mismatch { why: Why::Digest, at: None }),
        Err(not) => Check::Undecided(not),
    })
}

fn not_ascii(field: &[u8]) -> Option<Raised> {
    let text = std::str::from_utf8(field).unwrap_or_default();
    let ascii = text.find(|character: char| !character.is_ascii())?;
    let run = text[ascii..].find(|character: char| character.is_ascii()).map_or(text.len(), |end| ascii + end);
    let characters: Vec<char> = text[ascii..run].chars().collect();
    let which = match characters[..] {
        [one] => {
            let code = u32::from(one);
            let escaped = match code {
                ..=0xFF => format!("\\x{code:02x}"),
                0x100..=0xFFFF => format!("\\u{code:04x}"),
                _ => format!("\\U{code:08x}"),
            };
            format!("character '{escaped}' in position {ascii}")
        }
        _ => format!("characters in position {ascii}-{}", ascii + characters.len() - 1),
    };
    let at = Span::new(ascii as u64, run as u64);
    let text = format!("'ascii' codec can't encode {which}: ordinal not in range(128)");
    Some(Raised { value_error: true, at, text, quotes_field: None })
}

/// The error for a field that libargon2 does not take, and says `why`: what libpass finds wrong with it, or that it finds
/// nothing.
fn refused(field: &[u8], why: &str) -> Raised {
    let whole = Span::new(0, field.len() as u64);
    let raise = |value_error, text: &str| Raised { value_error, at: whole, text: text.to_owned(), quotes_field: None };
    let Some(read) = Read::of(field) else { return raise(true, "malformed argon2 hash") };
    if let Some((value_error, text)) = read.objection() {
        return raise(value_error, &text);
    }
    let reported = if why == DECODING_FAILED { String::new() } else { format!("argon2_cffi reported: {why}: hash=") };
    Raised { quotes_field: Some(reported), ..raise(true, "malformed argon2 hash") }
}

/// A field as libpass's expression takes it apart.
struct Read<'a> {
    version: Option<&'a [u8]>,
    memory: &'a [u8],
    rounds: &'a [u8],
    lanes: &'a [u8],
    key_id: bool,
    data: Option<&'a [u8]>,
    salt: Option<&'a [u8]>,
    digest: Option<&'a [u8]>,
}

impl<'a> Read<'a> {
    fn of(field: &'a [u8]) -> Option<Self> {
        // The type is known by here.
        let (_, rest) = split_once(field.strip_prefix(b"$")?, b'$')?;
        let (version, rest) = match rest.strip_prefix(b"v=") {
            Some(after) => {
                let (digits, rest) = digits(after)?;
                (Some(digits), rest.strip_prefix(b"$")?)
            }
            None => (None, rest),
        };
        let (memory, rest) = digits(rest.strip_prefix(b"m=")?)?;
        let (rounds, rest) = digits(rest.strip_prefix(b",t=")?)?;
        let (lanes, rest) = digits(rest.strip_prefix(b",p=")?)?;
        let (key_id, rest) = option(rest, b",keyid=");
        let (data, rest) = option(rest, b",data=");
        let mut read =
            Self { version, memory, rounds, lanes, key_id: key_id.is_some(), data, salt: None, digest: None };
        let Some(rest) = rest.strip_prefix(b"$") else { return rest.is_empty().then_some(read) };
        let (salt, digest) = split_once(rest, b'$').map_or((rest, None), |(salt, digest)| (salt, Some(digest)));
        if salt.is_empty() || digest.is_some_and(<[u8]>::is_empty) {
            return None;
        }
        (read.salt, read.digest) = (Some(salt), digest);
        Some(read)
    }

    /// What libpass objects to, in the order in which it looks; whether that is a `ValueError`.
    fn objection(&self) -> Option<(bool, String)> {
        if self.key_id {
            return Some((false, "argon2 'keyid' parameter not supported".to_owned()));
        }
        for part in [self.salt, self.data, self.digest].into_iter().flatten() {
            if let Some(objection) = not_base64(part) {
                return Some(objection);
            }
        }
        let Some(salt) = self.salt else { return Some((false, "no salt specified".to_owned())) };
        let value_error = |text: String| Some((true, text));
        let salt_length =
            padded(salt).and_then(|text| python::decode(&text).ok()).map_or(0, |(bytes, _)| bytes.expose().len());
        if salt_length < 8 {
            return value_error("salt too small (argon2 requires >= 8 bytes)".to_owned());
        }
        let number = |digits: &[u8]| std::str::from_utf8(digits).unwrap_or_default().trim_start_matches('0').parse();
        let (rounds, lanes): (u128, u128) =
            (number(self.rounds).unwrap_or_default(), number(self.lanes).unwrap_or_default());
        if rounds < 1 {
            return value_error("argon2: rounds (0) is too low, must be at least 1".to_owned());
        }
        if rounds > u128::from(u32::MAX) {
            return value_error(format!("argon2: rounds ({rounds}) is too large, cannot be more than {}", u32::MAX));
        }
        if lanes < 1 {
            return value_error("argon2: parallelism (0) is too low, must be at least 1".to_owned());
        }
        let version: u128 = self.version.map_or(16, |version| number(version).unwrap_or_default());
        if version < 0x13 && version != 0x10 {
            return value_error(format!("invalid argon2 hash version: {version}"));
        }
        if version > 0x13 {
            return value_error(format!(
                "argon2: hash version 0x{version:X} not supported by 'argon2_cffi' backend (max version is 0x13); \
                 try updating or switching backends"
            ));
        }
        let memory: u128 = number(self.memory).unwrap_or_default();
        if memory < 8 {
            return value_error(format!("argon2: memory_cost ({memory}) is too low, must be at least 8"));
        }
        if memory < 8 * lanes {
            return value_error(format!(
                "argon2: memory_cost ({memory}) is too low, must be at least 8 * parallelism (8 * {lanes} = {})",
                8 * lanes
            ));
        }
        self.data.map(|_| (false, "argon2_cffi backend doesn't support the 'data' parameter".to_owned()))
    }
}

fn digits(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (length > 0).then(|| text.split_at(length))
}

/// What follows `name` up to a comma or `$`, where there is something.
fn option<'a>(text: &'a [u8], name: &[u8]) -> (Option<&'a [u8]>, &'a [u8]) {
    let Some(rest) = text.strip_prefix(name) else { return (None, text) };
    let length = rest.iter().position(|byte| matches!(byte, b',' | b'$')).unwrap_or(rest.len());
    if length == 0 { (None, text) } else { (Some(&rest[..length]), &rest[length..]) }
}

/// The text with the padding that `b64s_decode` puts after it.
fn padded(text: &[u8]) -> Option<Vec<u8>> {
    let padding: &[u8] = match text.len() % 4 {
        0 => b"",
        2 => b"==",
        3 => b"=",
        _ => return None,
    };
    Some([text, padding].concat())
}

fn not_base64(text: &[u8]) -> Option<(bool, String)> {
    let Some(text) = padded(text) else { return Some((true, "invalid base64 input".to_owned())) };
    match python::decode(&text) {
        Ok(_) => None,
        Err(error) => Some((false, error.text())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As libpass 1.9.4 with argon2-cffi 25.1 answers them.
    #[test]
    fn what_libargon2_refuses_is_explained_by_libpass() {
        let of = |rest: &str| {
            let field = format!("$argon2id${rest}");
            verify(Variant::Id, field.as_bytes(), b"x", &mut Work::limited(1.0)).expect_err("refused")
        };
        for (rest, value_error, text) in [
            ("v=19$m=16,t=2,p=1", false, "no salt specified"),
            ("v=19$m=16,t=2,p=1$c2Fs", true, "salt too small (argon2 requires >= 8 bytes)"),
            ("v=19$m=16,t=2,p=1$c2FsdHNhbHQ$", true, "malformed argon2 hash"),
            ("v=19$m=16,t=2,p=1$c2FsdHNhbHQ$AAA*", false, "Incorrect padding"),
            ("v=19$m=16,t=2,p=1$c$AAAA", true, "invalid base64 input"),
            ("v=19$m=16,t=2,p=1,keyid=x$c2FsdHNhbHQ$AAAA", false, "argon2 'keyid' parameter not supported"),
            ("v=19$m=16,t=1,p=0$c2FsdHNhbHQ$AAAAAAAA", true, "argon2: parallelism (0) is too low, must be at least 1"),
            (
                "v=19$m=16,t=4294967295,p=0$c2FsdHNhbHQ$AAAAAAAA",
                true,
                "argon2: parallelism (0) is too low, must be at least 1",
            ),
            (
                "v=19$m=16,t=4294967297,p=1$c2FsdHNhbHQ$AAAAAAAA",
                true,
                "argon2: rounds (4294967297) is too large, cannot be more than 4294967295",
            ),
            ("v=15$m=8,t=1,p=2$c2FsdHNhbHQ$AAAAAAAA", true, "invalid argon2 hash version: 15"),
            ("v=17$m=8,t=1,p=2$c2FsdHNhbHQ$AAAAAAAA", true, "invalid argon2 hash version: 17"),
            ("v=19$m=7,t=1,p=1$c2FsdHNhbHQ$AAAAAAAA", true, "argon2: memory_cost (7) is too low, must be at least 8"),
            ("v=19$m=,t=1,p=1$c2FsdHNhbHQ$AAAAAAAA", true, "malformed argon2 hash"),
            (
                "v=20$m=8,t=1,p=2$c2FsdHNhbHQ$AAAAAAAA",
                true,
                "argon2: hash version 0x14 not supported by 'argon2_cffi' backend (max version is 0x13); try updating or \
                 switching backends",
            ),
            (
                "v=19$m=8,t=1,p=2$c2FsdHNhbHQ$AAAAAAAA",
                true,
                "argon2: memory_cost (8) is too low, must be at least 8 * parallelism (8 * 2 = 16)",
            ),
            (
                "v=19$m=23,t=1,p=3$c2FsdHNhbHQ$AAAAAAAA",
                true,
                "argon2: memory_cost (23) is too low, must be at least 8 * parallelism (8 * 3 = 24)",
            ),
            (
                "v=19$m=16,t=2,p=1,data=AAAA$c2FsdHNhbHQ$AAAA",
                false,
                "argon2_cffi backend doesn't support the 'data' parameter",
            ),
            ("m=4,t=2,p=1$c2FsdHNhbHQ$AAAAAAAA", true, "argon2: memory_cost (4) is too low, must be at least 8"),
            ("v=19$m=16,t=0,p=1$c2FsdHNhbHQ$AAAAAAAA", true, "argon2: rounds (0) is too low, must be at least 1"),
            ("x", true, "malformed argon2 hash"),
        ] {
            let raised = of(rest);
            let told = (raised.value_error, raised.text.as_str(), raised.quotes_field);
            assert_eq!(told, (value_error, text, None), "{rest}");
        }
        for (rest, before) in [
            ("v=19$m=016,t=2,p=1$c2FsdHNhbHQ$AAAAAAAA", ""),
            ("v=19$m=08,t=1,p=1$c2FsdHNhbHQ$AAAAAAAA", ""),
            ("v=19$m=016,t=1,p=2$c2FsdHNhbHQ$AAAAAAAA", ""),
            ("v=19$m=016,t=2,p=1$c2FsdHNhbHQ$AA", ""),
            ("v=19$m=16,t=2,p=1$c2FsdHNhbHQ$AB", ""),
            ("v=19$m=16,t=2,p=1$c2FsdHNhbHQ", ""),
            ("v=19$m=16,t=2,p=1$c2FsdHNhbHQ$AA", "argon2_cffi reported: Output is too short: hash="),
            ("m=16,t=2,p=1$c2FsdHNhbHQ$AAAA", "argon2_cffi reported: Output is too short: hash="),
            ("v=19$m=4294967295,t=2,p=16777215$c2FsdHNhbHQ$AAA", "argon2_cffi reported: Output is too short: hash="),
            ("v=19$m=4294967295,t=2,p=16777216$c2FsdHNhbHQ$AAAAAAAA", "argon2_cffi reported: Too many lanes: hash="),
        ] {
            assert_eq!(of(rest).quotes_field.as_deref(), Some(before), "{rest}");
        }
    }

    /// As libpass 1.9.4 answers them.
    #[test]
    fn characters_beyond_ascii_are_told_as_python_tells_them() {
        let start = "$argon2id$v=19$m=16,t=2,p=1$";
        for (rest, which, end) in [
            ("\u{80}", r"character '\x80' in position 28", 30),
            ("x\u{e9}x", r"character '\xe9' in position 29", 31),
            ("\u{ff}aa\u{e9}", r"character '\xff' in position 28", 30),
            ("\u{100}", r"character '\u0100' in position 28", 30),
            ("\u{20ac}aa\u{e9}", r"character '\u20ac' in position 28", 31),
            ("\u{ffff}", r"character '\uffff' in position 28", 31),
            ("\u{10000}", r"character '\U00010000' in position 28", 32),
            ("\u{1f600}a", r"character '\U0001f600' in position 28", 32),
            ("\u{e9}\u{e8}", "characters in position 28-29", 32),
            ("\u{e9}\u{e8}aa\u{e9}", "characters in position 28-29", 32),
        ] {
            let field = format!("{start}{rest}");
            let raised = verify(Variant::Id, field.as_bytes(), b"x", &mut Work::limited(1.0)).expect_err("refused");
            let text = format!("'ascii' codec can't encode {which}: ordinal not in range(128)");
            assert_eq!((raised.text, raised.at.end, raised.value_error), (text, end, true), "{rest}");
        }
    }

    #[test]
    fn more_than_a_gibibyte_is_beyond_any_limit() {
        let seconds = |memory: u32| {
            let field = format!("$argon2id$v=19$m={memory},t=1,p=1$c2FsdHNhbHQ$AAAAAAAA");
            match verify(Variant::Id, field.as_bytes(), b"x", &mut Work::limited(0.1)) {
                Ok(Check::Undecided(NotComputed::WorkLimit { seconds, .. })) => seconds,
                other => panic!("{other:?}"),
            }
        };
        assert!(seconds(1 << 20).is_finite());
        assert!(seconds((1 << 20) + 1).is_infinite());
    }

    /// libargon2 computes any version, and the core here only two: the answer is unknown however often it is asked for.
    #[test]
    fn a_version_that_is_not_built_is_undecided_each_time() {
        let mut work = Work::limited(1.0);
        for _ in 0..2 {
            let check = verify(Variant::Id, b"$argon2id$v=18$m=8,t=1,p=1$c2FsdHNhbHQ$AAAAAAAA", b"x", &mut work);
            assert_eq!(check, Ok(Check::Undecided(NotComputed::NotBuilt { scheme: "argon2id" })));
        }
    }
}

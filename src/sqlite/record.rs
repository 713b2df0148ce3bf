//! Rows as they are stored: the kinds of the values, then their bytes.
//!
//! From <https://www.sqlite.org/fileformat2.html>, "Record Format".

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// None.
    Null,
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Real(f64),
    /// A text; what is no text in the file's encoding is replaced.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl Value {
    /// The whole number, if it is one; one with a fraction of nothing is.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            #[expect(clippy::cast_possible_truncation, reason = "times, far below 2^53")]
            Self::Real(number) if number.abs() < 9e15 => Some(*number as i64),
            _ => None,
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// How texts are stored.
#[derive(Clone, Copy)]
pub(super) enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

/// A number of one to nine bytes and how many those are; `None` where the bytes end before it does.
pub(super) fn varint(bytes: &[u8]) -> Option<(i64, usize)> {
    let mut number: u64 = 0;
    for (at, byte) in bytes.iter().take(9).enumerate() {
        if at == 8 {
            return Some(((number << 8 | u64::from(*byte)).cast_signed(), 9));
        }
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((number.cast_signed(), at + 1));
        }
    }
    None
}

/// The values of a row.
pub(super) fn values(payload: &[u8], encoding: Encoding) -> Result<Vec<Value>, &'static str> {
    const SHORT: &str = "a row ends within its values";
    let (length, start) = varint(payload).ok_or(SHORT)?;
    let length = usize::try_from(length).map_err(|_| SHORT)?;
    let mut kinds = payload.get(start..length).ok_or(SHORT)?;
    let mut rest = &payload[length..];
    let mut values = Vec::new();
    while !kinds.is_empty() {
        let (kind, width) = varint(kinds).ok_or(SHORT)?;
        kinds = &kinds[width..];
        let size = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            12.. => (kind - 12) / 2,
            _ => return Err("a value is of a kind that there is not"),
        };
        let (bytes, after) = usize::try_from(size).ok().and_then(|size| rest.split_at_checked(size)).ok_or(SHORT)?;
        rest = after;
        values.push(match kind {
            0 => Value::Null,
            8 | 9 => Value::Integer(kind - 8),
            7 => Value::Real(f64::from_bits(unsigned(bytes))),
            1..=6 => {
                let unused = 64 - 8 * u32::try_from(bytes.len()).unwrap_or(8);
                Value::Integer((unsigned(bytes) << unused).cast_signed() >> unused)
            }
            kind if kind % 2 == 0 => Value::Blob(bytes.to_vec()),
            _ => Value::Text(text(bytes, encoding)),
        });
    }
    Ok(values)
}

fn unsigned(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn text(bytes: &[u8], encoding: Encoding) -> String {
    let wide = |of: fn([u8; 2]) -> u16| {
        let units = bytes.as_chunks::<2>().0.iter().map(|pair| of(*pair));
        char::decode_utf16(units).map(|one| one.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match encoding {
        Encoding::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
        Encoding::Utf16Le => wide(u16::from_le_bytes),
        Encoding::Utf16Be => wide(u16::from_be_bytes),
    }
}

//! Bytes for people: control characters and bidirectional marks made visible, other text as it is.

/// A byte string as printable text: UTF-8 where it is, `\xNN` for other bytes, control characters as their pictures.
#[must_use]
pub fn printable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.extend(chunk.valid().chars().map(visible));
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02X}"));
        }
    }
    text
}

/// The character, or a picture for one that would move the cursor, hide or reorder text.
const fn visible(char: char) -> char {
    match char {
        '\0'..='\x1F' => match char::from_u32(0x2400 + char as u32) {
            Some(picture) => picture,
            None => '\u{FFFD}',
        },
        '\x7F' => '\u{2421}',
        '\u{80}'..='\u{9F}'
        | '\u{200B}'..='\u{200F}'
        | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{2069}'
        | '\u{FEFF}' => '\u{FFFD}',
        _ => char,
    }
}

/// `1 entry`, `2 entries`: a count with its noun.
#[must_use]
pub fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// `text` broken into lines of at most `width` columns, each with its line feed.
#[must_use]
pub fn wrapped(text: &str, width: usize) -> String {
    let mut lines = String::with_capacity(text.len() + text.len() / width + 1);
    let mut column = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            lines.push('\n');
            column = 0;
        } else if column > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += length;
    }
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_the_cursor_gets_through() {
        assert_eq!(printable(b"a\x1b[31m\r\n\xE9\x7F"), "a\u{241B}[31m\u{240D}\u{240A}\\xE9\u{2421}");
        assert_eq!(printable("é\u{202E}".as_bytes()), "é\u{FFFD}");
    }
}

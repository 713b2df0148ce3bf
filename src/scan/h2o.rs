//! Lines as h2o's `htpasswd.rb` reads them: one line end dropped, everything after the first colon is the field.
//!
//! There are no comments and nothing is trimmed. The caller is handed each of the user's lines in turn and says whether
//! to go on: lines after the one that settles it are never looked at.
//!
//! Behaviour of h2o 2.2.5 `share/h2o/mruby/htpasswd.rb:lookup`, mruby-io `mrblib/io.rb:each_line`, mruby
//! `mrblib/string.rb:chomp`.

use std::io::{self, BufRead};
use std::ops::ControlFlow;

use crate::bytes::Span;
use crate::scan::Found;
use crate::scan::pieces::Pieces;

/// Hands each line of `user` to `judge` until it breaks; returns the number of lines read.
///
/// `user` is `None` where there is no name at all, which an empty line has in common with empty credentials. A line
/// without a colon has an empty field.
pub fn each(
    reader: &mut dyn BufRead,
    user: Option<&[u8]>,
    mut judge: impl FnMut(Found) -> ControlFlow<()>,
) -> io::Result<u64> {
    let mut pieces = Pieces::new(reader);
    let mut lines = 0;
    while let Some(piece) = pieces.next(usize::MAX)? {
        lines += 1;
        let line = chomp(piece.bytes);
        let colon = memchr::memchr(b':', line);
        let name = &line[..colon.unwrap_or(line.len())];
        if user != Some(name).filter(|_| !line.is_empty()) {
            continue;
        }
        let field = colon.map_or(&b""[..], |colon| &line[colon + 1..]);
        let at = Span::at(piece.at + (line.len() - field.len()) as u64, field.len());
        let found = Found { line: lines, user: Span::at(piece.at, name.len()), field: field.to_vec(), at };
        if judge(found).is_break() {
            break;
        }
    }
    Ok(lines)
}

/// Without one CR LF, LF or CR at the end.
fn chomp(line: &[u8]) -> &[u8] {
    let cut = line.strip_suffix(b"\n").unwrap_or(line);
    cut.strip_suffix(b"\r").unwrap_or(cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_of_the_user_is_handed_over_until_one_settles_it() {
        let mut fields = Vec::new();
        let lines = each(&mut &b"#u:a\nu:b:c\r\nv:d\nu\nu:e\r"[..], Some(b"u"), |found| {
            fields.push((found.line, found.field));
            ControlFlow::Continue(())
        });
        assert_eq!(lines.ok(), Some(5));
        assert_eq!(fields, [(2, b"b:c".to_vec()), (4, Vec::new()), (5, b"e".to_vec())]);
        assert_eq!(each(&mut &b"u:a\nu:b\n"[..], Some(b"u"), |_| ControlFlow::Break(())).ok(), Some(1));
    }

    #[test]
    fn an_empty_line_has_no_name_and_one_with_a_colon_an_empty_one() {
        for (user, line) in [(None, 1), (Some(&b""[..]), 2)] {
            let mut lines = Vec::new();
            let all = each(&mut &b"\n:x\n"[..], user, |found| {
                lines.push(found.line);
                ControlFlow::Continue(())
            });
            assert_eq!((all.ok(), lines), (Some(2), vec![line]));
        }
    }
}

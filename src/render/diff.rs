//! What an edit changes, line by line, with the hashes masked.

use crate::bytes::Span;
use crate::htpasswd;
use crate::htpasswd::Line;
use crate::htpasswd::Splice;
use crate::htpasswd::Splices;
use crate::scheme;

/// A line that changes, or lines put at the end. Texts are without line ends and with hashes masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Number of the line in the file as it was; for lines put at the end, the number the first of them gets.
    pub line: u64,
    /// The line as it was; `None` for lines put at the end.
    pub old: Option<Vec<u8>>,
    /// What takes its place: no line where it goes, two where an empty one is put before it.
    pub new: Vec<Vec<u8>>,
}

/// What `splices` change: of `lines`, which hold all the lines they touch, in the order of the file, and at the file's
/// end. `added_at` is the number that the first line put at the end gets.
#[must_use]
pub fn changes<'a>(lines: impl Iterator<Item = &'a Line<'static>>, splices: &Splices, added_at: u64) -> Vec<Change> {
    let mut changes = Vec::new();
    // Both are in the order of the file.
    let mut left = splices.iter().peekable();
    for line in lines {
        let mut inside = Vec::new();
        while let Some(splice) = left.next_if(|splice| splice.span.start < line.span().end) {
            inside.push(Splice {
                span: Span::new(splice.span.start - line.start, splice.span.end - line.start),
                bytes: splice.bytes.clone(),
            });
        }
        if inside.is_empty() {
            continue;
        }
        let new = Splices::new(inside).apply(&line.raw);
        changes.push(Change {
            line: line.number,
            old: Some(masked(line)),
            new: htpasswd::lines(&new).map(|line| masked(&line)).collect(),
        });
    }
    for splice in left {
        let new = htpasswd::lines(&splice.bytes).map(|line| masked(&line));
        changes.push(Change { line: added_at, old: None, new: new.skip_while(Vec::is_empty).collect() });
    }
    changes
}

fn masked(line: &Line<'_>) -> Vec<u8> {
    match line.entry() {
        Some(entry) => {
            let field = scheme::mask(entry.field);
            [entry.indent, entry.name, entry.colons, &field, entry.rest].concat()
        }
        None => match htpasswd::lock::unlocked(line.text()) {
            Some(entry) => {
                let entry: Vec<u8> = htpasswd::lines(&entry).flat_map(|line| masked(&line)).collect();
                htpasswd::lock::locked(&entry)
            }
            None => line.text().to_vec(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_line_is_shown_before_and_after_without_its_hash() {
        let file = b"# users\nalice:{SHA}secret:note\nbob:{SHA}other\n";
        let survey = htpasswd::survey(&file[..], |_| true).unwrap();
        let mut editor = survey.edit();
        editor.set(b"alice", b"$apr1$salt$digest").unwrap();
        editor.set(b"carol", b"$apr1$salt$digest").unwrap();
        editor.remove(b"bob").unwrap();
        let changes = changes(survey.lines(), &editor.finish(), 4);
        let text = |bytes: &Vec<u8>| String::from_utf8(bytes.clone()).unwrap();
        let shown: Vec<_> = changes
            .iter()
            .map(|change| (change.line, change.old.as_ref().map(text), change.new.iter().map(text).collect::<Vec<_>>()))
            .collect();
        assert_eq!(
            shown,
            [
                (2, Some("alice:{SHA}••••••:note".to_owned()), vec!["alice:$apr1$••••$••••••:note".to_owned()]),
                (3, Some("bob:{SHA}•••••".to_owned()), vec![]),
                (4, None, vec!["carol:$apr1$••••$••••••".to_owned()]),
            ]
        );
    }
}

//! What is found once all lines are known: names, salts and hashes that several entries have, line ends of both kinds, and edits that are
//! not safe for another line's sake.

use crate::bytes::Span;
use crate::fault::{Edit, Grade, Mend};
use crate::htpasswd::Splice;
use crate::lint::pass::{Entry, Linter, Promise};
use crate::lint::{Finding, Severity, duplicate, mixed_line_ends, same_hash, same_salt};

impl Linter<'_> {
    /// Tells names that are there more than once; whether there are any.
    pub(super) fn duplicates(&mut self) -> bool {
        let mut found = Vec::new();
        for group in self.by_name.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
            let mut there = group.iter().map(|(_, index)| *index).filter(|index| self.entries[*index].is_there);
            let Some(first) = there.next() else { continue };
            let others = there.filter(|index| self.name(*index) == self.name(first));
            found.extend(others.map(|index| (self.entries[first].line, index)));
        }
        for (first, index) in &found {
            let Entry { line, start, name_length, .. } = self.entries[*index];
            let message = duplicate::message(*first);
            let finding =
                self.finding(duplicate::LINT.code, Severity::Warning, line, 1, Span::at(start, name_length), message);
            self.findings.push(Finding { user: self.name(*index).to_vec(), ..finding });
        }
        !found.is_empty()
    }

    /// Tells salts and hashes that several users have.
    pub(super) fn same_salts(&mut self) {
        let mut by_salt = std::mem::take(&mut self.by_salt);
        by_salt.sort_unstable();
        for group in by_salt.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
            let (_, hash, first) = *group.iter().min_by_key(|(_, _, index)| *index).unwrap_or(&group[0]);
            for (_, other_hash, index) in group.iter().filter(|(_, _, index)| *index != first) {
                if self.name(first) == self.name(*index) {
                    continue;
                }
                let (code, severity, what) = if *other_hash == hash {
                    (same_hash::LINT.code, Severity::Warning, "hash")
                } else {
                    (same_salt::LINT.code, Severity::Note, "salt")
                };
                let Entry { line, start, name_length, .. } = self.entries[*index];
                let message = format!("the entry has the same {what} as that on line {}", self.entries[first].line);
                let finding = self.finding(code, severity, line, 1, Span::at(start, name_length), message);
                self.findings.push(Finding { user: self.name(*index).to_vec(), ..finding });
            }
        }
    }

    /// Tells line ends of Windows, or of both kinds.
    pub(super) fn line_ends(&mut self, has_duplicates: bool) {
        let Some(mut finding) = self.first_cr.take() else { return };
        let count = self.crs.len() as u64;
        if count < self.lines {
            finding.code = mixed_line_ends::LINT.code;
            finding.message = format!("{count} of {} lines end in CR LF, the others in LF", self.lines).into();
        }
        let splices = self.crs.iter().map(|at| Splice { span: Span::at(*at, 1), bytes: Vec::new() }).collect();
        let grade = if has_duplicates || self.minds_cr { Grade::Consent } else { Grade::Safe };
        finding.mend = Some(Mend { grade, text: "leave line feeds only".to_owned(), edit: Edit::Splices(splices) });
        self.findings.push(finding);
    }

    /// Takes back the promise that an edit is safe where it brings a name to light that another line has, too.
    pub(super) fn keep_promises(&mut self) {
        for Promise { finding, names, line } in std::mem::take(&mut self.promises) {
            let is_elsewhere = names.iter().any(|name| {
                let start = self.by_name.partition_point(|(key, _)| key < name);
                let same = self.by_name[start..].iter().take_while(|(key, _)| key == name);
                same.into_iter().any(|(_, index)| self.entries[*index].line != line)
            });
            if is_elsewhere && let Some(mend) = &mut self.findings[finding].mend {
                mend.grade = Grade::Consent;
            }
        }
    }
}

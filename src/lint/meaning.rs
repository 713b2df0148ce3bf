//! What a fault comes to: the lines that are meant by a line with a fault, and how bad it is.

use crate::bytes::Span;
use crate::fault::{Edit, Fault, Mend};
use crate::htpasswd::{self, Kind, Line, Splice, Splices};
use crate::lint::Severity;
use crate::lint::effect::{Effects, hurts};
use crate::trace::Code;

/// The lines that a mended line becomes.
pub(super) struct Mended {
    /// Their names.
    pub(super) names: Vec<Vec<u8>>,
    /// Whether all lines are entries with a name, comments or blank.
    pub(super) is_plain: bool,
}

/// What is meant by a line with a fault: the names that it has once the fault is mended.
pub(super) fn meant(line: &Line<'_>, fault: &Fault) -> Option<Mended> {
    let inside = |splice: &Splice| line.span().start <= splice.span.start && splice.span.end <= line.span().end;
    let text = match &fault.mend {
        Some(Mend { edit: Edit::Splices(splices), .. }) if splices.iter().all(inside) => {
            let moved = splices.iter().map(|splice| Splice {
                span: Span::new(splice.span.start - line.start, splice.span.end - line.start),
                bytes: splice.bytes.clone(),
            });
            Splices::new(moved.collect()).apply(&line.raw)
        }
        Some(Mend { edit: Edit::Splices(splices), .. }) => {
            // Two lines become one.
            let before = splices.iter().map(|splice| splice.span.start).min()?;
            let kept = line.previous().len() as u64 - (line.start - before);
            let cut = splices.iter().map(|splice| splice.span.end).max()?.saturating_sub(line.start);
            let (kept, cut) = (usize::try_from(kept).ok()?, usize::try_from(cut).ok()?);
            [&line.previous()[..kept], line.raw.get(cut..)?].concat()
        }
        Some(Mend { edit: Edit::Whole(_), .. }) => return None,
        None => line.raw.to_vec(),
    };
    let lines: Vec<Line<'_>> = htpasswd::lines(&text).collect();
    let names =
        lines.iter().filter(|line| line.kind() == Kind::Entry).filter_map(|line| Some(line.entry()?.name.to_vec()));
    let is_plain = |line: &Line<'_>| match line.kind() {
        Kind::NoColon => false,
        Kind::Entry => line.entry().is_some_and(|entry| !entry.name.is_empty()),
        Kind::Blank | Kind::Comment => true,
    };
    Some(Mended { names: names.collect(), is_plain: lines.iter().all(is_plain) })
}

/// How bad a fault is, by what it does.
pub(super) fn severity(code: Code, effects: &Effects) -> Severity {
    match code.name {
        "locked-entry" => Severity::Note,
        "empty-user" | "no-hash" | "doubled-colon" | "no-final-newline" => {
            if hurts(effects) && code.name != "no-hash" {
                Severity::Error
            } else {
                Severity::Warning
            }
        }
        _ if hurts(effects) => Severity::Error,
        _ => Severity::Note,
    }
}

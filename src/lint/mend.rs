//! The edits of a file that are made at once: of those asked for, none that touches the bytes of another.

use crate::fault::{Edit, Grade};
use crate::htpasswd::{self, Splice, Splices};
use crate::lint::{Demands, Finding, Linter};

/// Times that a file is looked at again after an edit; each round takes off another layer.
const ROUNDS: usize = 16;

/// The edits of these findings; where two touch the same bytes the first is taken, and the other left to the next round. The
/// index of each finding that is mended.
#[must_use]
pub fn splices(findings: &[Finding], wanted: impl Fn(&Finding, Grade) -> bool) -> (Vec<usize>, Splices) {
    let mut taken: Vec<Splice> = Vec::new();
    let mut mended = Vec::new();
    let mut end = None;
    let mut order: Vec<(u64, usize, &[Splice])> = Vec::new();
    for (index, finding) in findings.iter().enumerate() {
        if let Some(mend) = &finding.mend
            && wanted(finding, mend.grade)
            && let Edit::Splices(splices) = &mend.edit
            && let Some(first) = splices.iter().map(|splice| splice.span.start).min()
        {
            order.push((first, index, splices));
        }
    }
    // Those of line ends come last: each of their edits gives way by itself.
    order.sort_by_key(|(first, index, _)| (is_many(&findings[*index]), *first));
    for (_, index, splices) in order {
        if is_many(&findings[index]) {
            taken.sort_by_key(|splice| splice.span);
            let free: Vec<Splice> = splices.iter().filter(|splice| is_free(&taken, splice)).cloned().collect();
            taken.extend(free);
            mended.push(index);
            continue;
        }
        let first = splices.iter().map(|splice| splice.span.start).min();
        if end.is_some_and(|end| first.is_some_and(|first| first < end)) {
            continue;
        }
        end = splices.iter().map(|splice| splice.span.end.max(splice.span.start + 1)).max();
        taken.extend_from_slice(splices);
        mended.push(index);
    }
    (mended, Splices::new(taken))
}

/// Whether a finding is about many places, each mended by itself.
fn is_many(finding: &Finding) -> bool {
    matches!(finding.code.name, "crlf" | "mixed-line-ends" | "nul-byte")
}

/// Whether a splice touches none of those taken, which are in order and apart from each other.
fn is_free(taken: &[Splice], splice: &Splice) -> bool {
    let next = taken.partition_point(|other| other.span.start < splice.span.start);
    let before = next.checked_sub(1).and_then(|at| taken.get(at));
    before.is_none_or(|other| other.span.end < splice.span.start)
        && taken.get(next).is_none_or(|other| splice.span.end < other.span.start)
}

/// `file` with the wanted edits made, over and over until none is left, and what was mended.
#[must_use]
pub fn mended(file: &[u8], demands: &Demands<'_>, wanted: impl Fn(&Finding, Grade) -> bool) -> (Vec<u8>, Vec<Finding>) {
    let mut made = file.to_vec();
    let mut done = Vec::new();
    for _ in 0..ROUNDS {
        let mut linter = Linter::new(demands);
        for line in htpasswd::lines(&made) {
            linter.line(&line);
        }
        let mut findings = linter.finish(None);
        let whole = findings.iter().position(|finding| match &finding.mend {
            Some(mend) => matches!(mend.edit, Edit::Whole(_)) && wanted(finding, mend.grade),
            None => false,
        });
        if let Some(at) = whole {
            let Some(Edit::Whole(remake)) = findings[at].mend.as_ref().map(|mend| mend.edit.clone()) else { break };
            let Some(new) = remake(&made).filter(|new| *new != made) else { break };
            made = new;
            done.push(findings.swap_remove(at));
            continue;
        }
        let (mended, splices) = splices(&findings, &wanted);
        if splices.is_empty() {
            break;
        }
        made = splices.apply(&made);
        done.extend(mended.into_iter().map(|index| findings[index].clone()));
    }
    (made, done)
}

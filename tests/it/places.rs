//! What a trace says of a place in the head is what stands there.

use std::collections::BTreeSet;

use why401::bytes::Span;
use why401::crypt::Work;
use why401::server::{self, Inputs, SERVERS, Server};
use why401::trace::{Step, Trace};

use crate::support::observed::{self, Row, Table};

#[test]
fn the_value_of_the_header_is_where_every_server_is_said_to_find_it() {
    const VALUE: &[u8] = b"Basic dTpzZWNyZXQ=";
    let file: &[u8] = b"u:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n";
    let (mut found, mut wrong) = (0, Vec::new());
    for before in ["Authorization: ", "Authorization:", "authorization:   ", "Accept: */*\r\nAuthorization: "] {
        for after in ["\r\n\r\n", "\r\nX: y\r\n\r\n"] {
            let head = [b"GET / HTTP/1.1\r\nHost: h\r\n", before.as_bytes(), VALUE, after.as_bytes()].concat();
            for server in SERVERS {
                let inputs = Inputs { head: &head, path: b"f", file: &file, uri: b"/" };
                let decision = server.decide(&inputs, &mut Work::limited(10.0));
                for (step, _) in decision.trace.iter() {
                    let Step::HeaderValue { at } = step else { continue };
                    let name = server.info().name;
                    let place = usize::try_from(at.start).unwrap()..usize::try_from(at.end).unwrap();
                    if head.get(place.clone()) != Some(VALUE) {
                        let shown = head.get(place).unwrap_or_default().escape_ascii().to_string();
                        wrong.push(format!("{name}: `{shown}` in {}", head.escape_ascii()));
                    }
                    found += 1;
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(found > 100, "only {found} values were found");
}

/// Lines of somebody else, of which each server takes at least one as it takes any line.
const OTHERS: [&[u8]; 3] = [
    b"zz:$2y$05$abcdefghijklmnopqrstuuQBPrEL4NVjBLO7EBgJ3iFRmpNE0NsK6\n",
    b"zz:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n",
    b"zz:sha256:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\n",
];

/// The steps with the places in the file taken out, and those places: first the lines, then the bytes.
fn taken_apart(trace: &Trace) -> (Vec<Step>, Vec<u64>, Vec<Span>) {
    let (mut steps, mut lines, mut spans) = (Vec::new(), Vec::new(), Vec::new());
    for (step, _) in trace.iter() {
        let mut step = step.clone();
        match &mut step {
            Step::Line { number, at, .. } | Step::FileRejected { line: number, at, .. } => {
                lines.push(std::mem::take(number));
                spans.push(std::mem::take(at));
            }
            Step::UserNotFound { lines: number } => lines.push(std::mem::take(number)),
            Step::EntryFound { line, user, field } => {
                lines.push(std::mem::take(line));
                spans.extend([std::mem::take(user), std::mem::take(field)]);
            }
            Step::FieldCut { at, .. } | Step::Mismatch { at: Some(at), .. } => spans.push(std::mem::take(at)),
            _ => {}
        }
        steps.push(step);
    }
    (steps, lines, spans)
}

/// The steps of a decision in which the password is taken as right.
fn decided(server: &dyn Server, head: &[u8], file: &[u8]) -> Trace {
    server.decide(&Inputs { head, path: b"f", file: &file, uri: b"/" }, &mut Work::assuming()).trace
}

/// The recorded rows that have a file, and their servers.
fn rows(tables: &[Table]) -> impl Iterator<Item = (&'static dyn Server, &Row, &[u8])> {
    let tables = tables.iter().filter_map(|table| Some((server::find(&table.server)?, table)));
    tables.flat_map(|(server, table)| {
        table
            .rows
            .iter()
            .filter(|row| row.question.file.word().is_none())
            .map(move |row| (server, row, row.question.file.bytes()))
    })
}

/// What came of a comparison.
pub(crate) enum Compared {
    /// Nothing to compare.
    Nothing,
    /// The other question is answered otherwise.
    Otherwise,
    /// Alike, and the places are right.
    Right,
    /// Alike, and the places are not.
    Wrong(String),
}

/// Holds the places of a decision against those of the same with somebody else's line before the file.
pub(crate) fn with_a_line_more(server: &dyn Server, head: &[u8], file: &[u8]) -> Compared {
    let (steps, lines, spans) = taken_apart(&decided(server, head, file));
    let is_rejected = |trace: &Trace| trace.iter().any(|(step, _)| matches!(step, Step::FileRejected { .. }));
    // static-web-server reads one entry, and the first record of a table of Go's says how many fields each has.
    let is_about_the_first = server.info().name == "static-web-server"
        || steps.iter().any(|step| matches!(step, Step::FileRejected { why: "field-count", .. }));
    if lines.is_empty() || is_about_the_first {
        return Compared::Nothing;
    }
    for other in OTHERS.into_iter().filter(|other| !is_rejected(&decided(server, head, other))) {
        let moved = taken_apart(&decided(server, head, &[other, file].concat()));
        // Where the file's beginning decides, or its length, it is another question.
        if moved.0 == steps {
            let lines: Vec<_> = lines.iter().map(|line| line + 1).collect();
            let spans: Vec<_> = spans.iter().map(|span| span.shifted(other.len() as u64)).collect();
            return if (&moved.1, &moved.2) == (&lines, &spans) {
                Compared::Right
            } else {
                Compared::Wrong(format!("lines {:?}, places {:?}, not {lines:?}, {spans:?}", moved.1, moved.2))
            };
        }
    }
    Compared::Otherwise
}

/// Holds the places of a decision against those of the same with another header before the first.
pub(crate) fn with_a_header_more(server: &dyn Server, head: &[u8], file: &[u8]) -> Compared {
    const MORE: &[u8] = b"X: y\r\n";
    let places = |head: &[u8]| {
        let (mut steps, mut places) = (Vec::new(), Vec::new());
        for (step, _) in decided(server, head, file).iter() {
            let mut step = step.clone();
            match &mut step {
                Step::HeadRefused { at, .. } | Step::HeaderIgnored { at, .. } | Step::HeaderValue { at } => {
                    places.push(std::mem::take(at));
                }
                _ => {}
            }
            steps.push(step);
        }
        (steps, places)
    };
    let (steps, before) = places(head);
    let Some(line_end) = memchr::memmem::find(head, b"\r\n").filter(|at| *at > 0 && !before.is_empty()) else {
        return Compared::Nothing;
    };
    // The first header too many is another one then.
    if steps.iter().any(|step| matches!(step, Step::HeadRefused { why: "too-many-headers", .. })) {
        return Compared::Nothing;
    }
    let (first, rest) = head.split_at(line_end + 2);
    let moved = places(&[first, MORE, rest].concat());
    if moved.0 != steps {
        return Compared::Otherwise;
    }
    // lighttpd blames what is beyond the longest head.
    let shift = |at: u64| if at < first.len() as u64 || at == 8192 { at } else { at + MORE.len() as u64 };
    let expected: Vec<_> = before.iter().map(|span| Span::new(shift(span.start), shift(span.end))).collect();
    if moved.1 == expected { Compared::Right } else { Compared::Wrong(format!("{:?}, not {expected:?}", moved.1)) }
}

/// Holds the places of a decision in the file against what stands there.
pub(crate) fn with_the_bytes(server: &dyn Server, head: &[u8], file: &[u8]) -> Compared {
    let trace = decided(server, head, file);
    let sent = trace.iter().find_map(|(step, _)| match step {
        Step::Decoded { user, .. } => Some(user.as_slice()),
        _ => None,
    });
    // Lines that are one, and line ends that some servers take for one.
    let is_continued = [&b"\\\n"[..], b"\\\r\n"].iter().any(|end| memchr::memmem::find(file, end).is_some());
    let place = |start: u64, end: u64| &file[usize::try_from(start).unwrap()..usize::try_from(end).unwrap()];
    let ends_before = |at: u64, end: u8| memchr::memchr_iter(end, place(0, at)).count() as u64;
    let is_of = |line: u64, at: u64| {
        let feeds = ends_before(at, b'\n') + 1;
        line == feeds || (is_continued && line < feeds) || line == feeds + ends_before(at, b'\r')
    };
    let mut compared = Compared::Nothing;
    for (step, _) in trace.iter() {
        match step {
            Step::EntryFound { line, user, field } => {
                let between = place(user.end, field.start);
                let is_apart = between.iter().any(|byte| b": \t".contains(byte))
                    && between.iter().all(|byte| b": \t\"\r\n\\".contains(byte));
                let next = place(field.end, file.len() as u64).first();
                // nginx takes 2,048 bytes at most.
                let is_whole =
                    next.is_none_or(|next| b"\n\r: \t\0\"\\".contains(next)) || field.end - field.start == 2048;
                // Paths follow there.
                let is_whole = is_whole || (server.info().name == "dufs" && next == Some(&b'@'));
                let name = place(user.start, user.end);
                // Caddy replaces what stands in braces.
                let is_as_sent = is_continued || name.contains(&b'{') || sent.is_none_or(|sent| sent == name);
                if !is_as_sent {
                    return Compared::Wrong(format!("the user {user:?}"));
                } else if !(field.is_empty() || is_apart && is_whole) {
                    return Compared::Wrong(format!("the field {field:?}"));
                } else if !is_of(*line, user.start) {
                    return Compared::Wrong(format!("line {line} of {user:?}"));
                }
                compared = Compared::Right;
            }
            Step::Line { number: line, at, .. } | Step::FileRejected { line, at, .. } if !is_of(*line, at.start) => {
                return Compared::Wrong(format!("line {line} of {at:?}"));
            }
            _ => {}
        }
    }
    compared
}

/// Compares all recorded rows; at least `part` of a hundred that can be compared must be.
fn compare_all(part: usize, compare: fn(&dyn Server, &[u8], &[u8]) -> Compared) {
    let (mut wrong, mut right, mut otherwise) = (Vec::new(), 0, 0);
    for (server, row, file) in rows(&observed::all(&observed::files())) {
        match compare(server, &row.question.head, file) {
            Compared::Nothing => {}
            Compared::Otherwise => otherwise += 1,
            Compared::Right => right += 1,
            Compared::Wrong(said) => {
                wrong.push(format!("{} {}: {said}\n  {}", server.info().name, row.id, row.question));
            }
        }
    }
    assert!(wrong.is_empty(), "{} decisions\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
    assert!(right > 5000 && right * 100 >= (right + otherwise) * part, "only {right} were compared, {otherwise} not");
}

#[test]
fn a_line_more_before_moves_every_place_by_its_length() {
    compare_all(98, with_a_line_more);
}

#[test]
fn a_header_more_before_moves_every_place_by_its_length() {
    compare_all(98, with_a_header_more);
}

#[test]
fn every_place_in_the_file_holds_what_it_is_said_to_hold() {
    compare_all(100, with_the_bytes);
}

/// Libraries that several servers check passwords with.
const LIBRARIES: &[&str] = &["apr", "go-bcrypt", "go-http-auth", "passlib"];

#[test]
fn a_check_is_named_after_its_server_or_the_library_it_shares() {
    let mut seen = BTreeSet::new();
    for (server, row, file) in rows(&observed::all(&observed::files())) {
        let product = server.info().name.split(['/', '@']).next().unwrap();
        for (step, _) in decided(server, &row.question.head, file).iter() {
            let Step::Check { by, .. } = step else { continue };
            assert!(*by == product || LIBRARIES.contains(by), "{product} {}: a check by `{by}`", row.id);
            seen.insert(*by);
        }
    }
    assert!(LIBRARIES.iter().all(|library| seen.contains(library)), "{seen:?}");
}

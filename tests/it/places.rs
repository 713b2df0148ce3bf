//! What a trace says of a place in the head is what stands there.

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

#[test]
fn a_line_more_before_moves_every_place_by_its_length() {
    let (mut wrong, mut asked, mut alike) = (Vec::new(), 0, 0);
    for (server, row, file) in rows(&observed::all(&observed::files())) {
        let (steps, lines, spans) = taken_apart(&decided(server, &row.question.head, file));
        // static-web-server reads one entry, and the first record of a table of Go's says how many fields each has.
        let is_about_the_first = server.info().name == "static-web-server"
            || steps.iter().any(|step| matches!(step, Step::FileRejected { why: "field-count", .. }));
        if lines.is_empty() || is_about_the_first {
            continue;
        }
        asked += 1;
        let taken = |other: &&[u8]| {
            !decided(server, &row.question.head, other)
                .iter()
                .any(|(step, _)| matches!(step, Step::FileRejected { .. }))
        };
        for other in OTHERS.iter().copied().filter(taken) {
            let moved = taken_apart(&decided(server, &row.question.head, &[other, file].concat()));
            // Where the file's beginning decides, or its length, it is another question.
            if moved.0 != steps {
                continue;
            }
            alike += 1;
            let lines: Vec<_> = lines.iter().map(|line| line + 1).collect();
            let spans: Vec<_> = spans.iter().map(|span| span.shifted(other.len() as u64)).collect();
            if (&moved.1, &moved.2) != (&lines, &spans) {
                wrong.push(format!(
                    "{} {}: {:?} {:?}, not {lines:?} {spans:?}",
                    server.info().name,
                    row.id,
                    moved.1,
                    moved.2
                ));
            }
            break;
        }
    }
    assert!(wrong.is_empty(), "{} {}", wrong.len(), wrong[..wrong.len().min(60)].join("\n"));
    assert!(alike * 100 > asked * 98, "{alike} of {asked} could be compared");
}

#[test]
fn a_header_more_before_moves_every_place_by_its_length() {
    let (mut wrong, mut asked, mut alike) = (Vec::new(), 0, 0);
    for (server, row, file) in rows(&observed::all(&observed::files())) {
        let spans = |head: &[u8]| {
            let (mut steps, mut spans) = (Vec::new(), Vec::new());
            for (step, _) in decided(server, head, file).iter() {
                let mut step = step.clone();
                if let Step::HeadRefused { at, .. } | Step::HeaderIgnored { at, .. } | Step::HeaderValue { at } =
                    &mut step
                {
                    spans.push(std::mem::take(at));
                }
                steps.push(step);
            }
            (steps, spans)
        };
        let head = &row.question.head;
        let (steps, before) = spans(head);
        let Some(line_end) = memchr::memmem::find(head, b"\r\n").filter(|_| !before.is_empty()) else { continue };
        asked += 1;
        let (first, rest) = head.split_at(line_end + 2);
        let more = b"X: y\r\n";
        let moved = spans(&[first, more, rest].concat());
        if moved.0 == steps {
            alike += 1;
            let first = first.len() as u64;
            // lighttpd blames what is beyond the longest head.
            let shift = |at: u64| if at < first || at == 8192 { at } else { at + more.len() as u64 };
            let expected: Vec<_> = before.iter().map(|span| Span::new(shift(span.start), shift(span.end))).collect();
            if moved.1 != expected {
                wrong.push(format!("{} {}: {:?}, not {expected:?}", server.info().name, row.id, moved.1));
            }
        }
    }
    assert!(wrong.is_empty(), "{} {}", wrong.len(), wrong[..wrong.len().min(60)].join("\n"));
    assert!(alike * 100 > asked * 98, "{alike} of {asked} could be compared");
}

#[test]
fn every_place_in_the_file_holds_what_it_is_said_to_hold() {
    let (mut wrong, mut entries) = (Vec::new(), 0);
    for (server, row, file) in rows(&observed::all(&observed::files())) {
        let trace = decided(server, &row.question.head, file);
        let sent = trace.iter().find_map(|(step, _)| match step {
            Step::Decoded { user, .. } => Some(user.as_slice()),
            _ => None,
        });
        // Lines that are one, and line ends that some servers take for one.
        let is_continued =
            memchr::memmem::find(file, b"\\\n").is_some() || memchr::memmem::find(file, b"\\\r\n").is_some();
        let ends_before =
            |at: u64, end: u8| memchr::memchr_iter(end, &file[..usize::try_from(at).unwrap()]).count() as u64;
        let is_of = |line: u64, at: u64| {
            let feeds = ends_before(at, b'\n') + 1;
            line == feeds || (is_continued && line < feeds) || line == feeds + ends_before(at, b'\r')
        };
        let mut bad = |what: &str, at: Span| {
            wrong.push(format!("{} {}: {what} {at:?} {}", server.info().name, row.id, row.question));
        };
        for (step, _) in trace.iter() {
            match step {
                Step::EntryFound { line, user, field } => {
                    entries += 1;
                    let place =
                        |start: u64, end: u64| &file[usize::try_from(start).unwrap()..usize::try_from(end).unwrap()];
                    if !is_continued && sent.is_some_and(|sent| sent != place(user.start, user.end)) {
                        bad("the user", *user);
                    }
                    let between = place(user.end, field.start);
                    let is_apart = between.iter().any(|byte| matches!(byte, b':' | b' ' | b'\t'))
                        && between.iter().all(|byte| b": \t\"\r\n\\".contains(byte));
                    if !field.is_empty() && !is_apart {
                        bad("between the user and", *field);
                    }
                    let next = place(field.end, file.len() as u64).first();
                    // nginx takes 2,048 bytes at most.
                    let is_whole =
                        next.is_none_or(|next| b"\n\r: \t\0\"\\".contains(next)) || field.end - field.start == 2048;
                    if !field.is_empty() && !is_whole {
                        bad("the whole of", *field);
                    }
                    if !is_of(*line, user.start) {
                        bad("the line of", *user);
                    }
                }
                Step::Line { number: line, at, .. } | Step::FileRejected { line, at, .. }
                    if !is_of(*line, at.start) =>
                {
                    bad("the line of", *at);
                }
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{} {}", wrong.len(), wrong.join("\n"));
    assert!(entries > 5000, "only {entries} entries");
}

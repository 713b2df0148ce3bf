//! The model against files made of everything that goes wrong in them, and against two small readers written from
//! Apache's and nginx's rules. The servers' full dialects are in `crate::scan`; these are kept apart on purpose, so that
//! the two can be wrong only independently.

use super::*;

/// A file out of `seed`: fragments that mean something to some reader, in any order.
fn file(seed: u64) -> Vec<u8> {
    const FRAGMENTS: [&[u8]; 31] = [
        b"a",
        b"al",
        b"b",
        b"a:",
        b"b:",
        b"al:",
        b":",
        b"::",
        b"1",
        b"2",
        b"{SHA}x",
        b"#",
        b"# c",
        b" ",
        b"\t",
        b"\\",
        b"\n",
        b"\n",
        b"\n",
        b"\n",
        b"\r\n",
        b"\r\n",
        b"\r",
        b"\0",
        b"a:1",
        b"b:2:x",
        b"\xef\xbb\xbf",
        b"\xff",
        b"\\\n",
        b"\\\r\n",
        b"\x0b",
    ];
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % below
    };
    (0..next(24)).flat_map(|_| FRAGMENTS[next(FRAGMENTS.len())].iter().copied()).collect()
}

/// The field that Apache compares with, by the rules of `ap_cfg_getline` and `check_password`; short lines only.
fn apache(file: &[u8], user: &[u8]) -> Option<Vec<u8>> {
    let mut logical = Vec::new();
    for raw in file.split_inclusive(|&byte| byte == b'\n') {
        let cut = raw.iter().position(|&byte| byte == 0);
        logical.extend_from_slice(&raw[..cut.unwrap_or(raw.len())]);
        let continued = cut.is_none() && (raw.ends_with(b"\\\n") || raw.ends_with(b"\\\r\n"));
        if continued {
            logical.truncate(logical.iter().rposition(|&byte| byte == b'\\').unwrap());
            continue;
        }
        if let Some(found) = apache_line(&std::mem::take(&mut logical), user) {
            return Some(found);
        }
    }
    apache_line(&logical, user)
}

/// The same for one line, continuations resolved.
fn apache_line(line: &[u8], user: &[u8]) -> Option<Vec<u8>> {
    let blank = |byte: &u8| b" \t\n\x0b\x0c\r".contains(byte);
    let start = line.iter().position(|byte| !blank(byte))?;
    let end = line.iter().rposition(|byte| !blank(byte))? + 1;
    let line = &line[start..end];
    let mut words = line.splitn(2, |&byte| byte == b':');
    if line[0] == b'#' || words.next() != Some(user) {
        return None;
    }
    let rest = words.next().unwrap_or_default();
    let rest = &rest[rest.iter().position(|&byte| byte != b':').unwrap_or(rest.len())..];
    rest.split(|&byte| byte == b':').next().map(<[u8]>::to_vec)
}

/// The field that nginx compares with, by the states of `ngx_http_auth_basic_handler`.
fn nginx(file: &[u8], user: &[u8]) -> Option<Vec<u8>> {
    let wanted = [user, b":"].concat();
    let (mut matched, mut skip) = (0, false);
    for (at, &byte) in file.iter().enumerate() {
        if skip {
            (skip, matched) = (byte != b'\n', 0);
        } else if matched == 0 && byte == b'\n' {
        } else if (matched == 0 && (byte == b'#' || byte == b'\r')) || byte != wanted[matched] {
            skip = true;
        } else {
            matched += 1;
            if matched == wanted.len() {
                return file[at + 1..].split(|byte| b"\n\r:".contains(byte)).next().map(<[u8]>::to_vec);
            }
        }
    }
    None
}

fn edited(file: &[u8], edit: impl FnOnce(&mut Editor<'_>)) -> Vec<u8> {
    let survey = survey(file, |_| true).unwrap();
    let mut editor = survey.edit();
    edit(&mut editor);
    editor.finish().apply(file)
}

fn set(file: &[u8], user: &[u8], field: &[u8]) -> (Vec<u8>, Set) {
    let survey = find(file, user).unwrap();
    let mut editor = survey.edit();
    let set = editor.set(user, field).unwrap();
    (editor.finish().apply(file), set)
}

fn show(file: &[u8]) -> String {
    file.escape_ascii().to_string()
}

const SEEDS: std::ops::Range<u64> = 0..60_000;

#[test]
fn the_parts_of_the_lines_are_the_file() {
    for seed in SEEDS {
        let file = file(seed);
        let mut put_together = Vec::new();
        for line in lines(&file) {
            assert_eq!(line.start, put_together.len() as u64);
            match line.entry() {
                Some(entry) => {
                    for part in [entry.indent, entry.name, entry.colons, entry.field, entry.rest, line.end()] {
                        put_together.extend_from_slice(part);
                    }
                }
                None => put_together.extend_from_slice(&line.raw),
            }
        }
        assert_eq!(show(&put_together), show(&file));
    }
}

#[test]
fn a_reader_gives_the_lines_that_memory_gives() {
    /// Hands out a few bytes at a time.
    struct Trickle<'a>(&'a [u8], usize);
    impl std::io::Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.1 = self.1 % 7 + 1;
            let take = self.1.min(self.0.len());
            buffer[..take].copy_from_slice(&self.0[..take]);
            self.0 = &self.0[take..];
            Ok(take)
        }
    }
    for seed in 0..2_000 {
        let file = file(seed);
        let mut reader = Lines::new(Trickle(&file, 0));
        for line in lines(&file) {
            assert!(reader.next_line().unwrap() == Some(line), "{}", show(&file));
        }
        assert!(reader.next_line().unwrap().is_none());
    }
}

#[test]
fn what_is_found_for_a_user_is_what_is_found_line_by_line() {
    for seed in SEEDS {
        let file = file(seed);
        let quick = find(&file[..], b"a").unwrap();
        let slow = survey(&file[..], |line| line.is_for(b"a")).unwrap();
        assert!(quick.lines_of(b"a").eq(slow.lines_of(b"a")), "{}", show(&file));
        let edits = [quick, slow].map(|survey| {
            let mut editor = survey.edit();
            editor.set(b"newcomer", b"NEW").unwrap();
            let removed = editor.remove(b"a");
            (removed, editor.finish())
        });
        assert!(edits[0] == edits[1], "{}", show(&file));
    }
}

#[test]
fn lines_longer_than_a_block_are_read_and_beyond_the_limit_refused() {
    let long = [&b"a:"[..], &vec![b'x'; 1 << 20], b"\nb:1\n"].concat();
    let mut reader = Lines::new(&long[..]);
    assert_eq!(reader.next_line().unwrap().unwrap().entry().unwrap().field.len(), 1 << 20);
    assert_eq!(reader.next_line().unwrap().unwrap().number, 2);

    let endless = std::io::Read::chain(&b"a:1\n"[..], std::io::repeat(b'x'));
    let refused = survey(endless, |_| true).err().unwrap();
    assert_eq!(refused.to_string(), "line 2 is longer than 16 MiB");
}

#[test]
fn a_set_field_is_the_one_that_apache_and_nginx_then_compare_with() {
    let mut ambiguous = 0;
    for seed in SEEDS {
        let file = file(seed);
        for user in [&b"a"[..], b"al"] {
            let survey = find(&file[..], user).unwrap();
            let mut editor = survey.edit();
            if editor.set(user, b"NEW").is_err() {
                ambiguous += 1;
                continue;
            }
            let after = editor.finish().apply(&file);
            let case = format!("{} -> {}", show(&file), show(&after));
            assert_eq!(nginx(&after, user).as_deref(), Some(&b"NEW"[..]), "nginx: {case}");
            if !is_beyond_the_model(&file) {
                assert_eq!(apache(&after, user).as_deref(), Some(&b"NEW"[..]), "apache: {case}");
            }
            // Once more changes nothing.
            let (again, set) = set(&after, user, b"NEW");
            assert!(set.notes.is_empty(), "{case} {:?}", set.notes);
            assert_eq!(show(&again), show(&after), "{case}");
        }
    }
    assert!(ambiguous < 6_000, "{ambiguous} refused");
}

/// Whether the file has what the model says it does not put together: text that runs on into the next line, NULs (Apache
/// ends the line there, nginx the field), CRs inside of a line (nginx ends the field there). Such lines keep their bytes,
/// and what Apache makes of them may be another thing than what the model does.
fn is_beyond_the_model(file: &[u8]) -> bool {
    lines(file).any(|line| {
        let text = line.text();
        (text.ends_with(b"\\") && line.kind() != Kind::Comment) || text.iter().any(|&byte| byte == 0 || byte == b'\r')
    })
}

#[test]
fn an_edit_leaves_what_servers_read_for_others() {
    for seed in SEEDS {
        let file = file(seed);
        let survey = find(&file[..], b"a").unwrap();
        let others: [&[u8]; 3] = [b"b", b"al", b"\xef\xbb\xbfa"];
        for removes in [false, true] {
            let mut editor = survey.edit();
            let done = if removes { editor.remove(b"a").is_ok() } else { editor.set(b"a", b"NEW").is_ok() };
            if !done {
                continue;
            }
            let after = editor.finish().apply(&file);
            for user in others {
                let case = format!("{}: {} -> {}", show(user), show(&file), show(&after));
                // A bare name hides the next line from nginx until it comes to be an entry, or goes.
                if !lines(&file).any(|line| line.kind() == Kind::NoColon && line.is_for(b"a")) {
                    assert_eq!(nginx(&after, user), nginx(&file, user), "nginx {case}");
                }
                if !is_beyond_the_model(&file) {
                    assert_eq!(apache(&after, user), apache(&file, user), "apache {case}");
                }
            }
        }
    }
}

#[test]
fn a_removed_user_is_found_by_no_server() {
    for seed in SEEDS {
        let file = file(seed);
        let survey = find(&file[..], b"a").unwrap();
        let mut editor = survey.edit();
        if editor.remove(b"a").is_err() || is_beyond_the_model(&file) {
            continue;
        }
        let after = editor.finish().apply(&file);
        let case = format!("{} -> {}", show(&file), show(&after));
        assert_eq!(nginx(&after, b"a"), None, "nginx {case}");
        assert_eq!(apache(&after, b"a"), None, "apache {case}");
    }
}

#[test]
fn set_then_remove_gives_the_file_back_but_for_what_was_put_before_the_entry() {
    for seed in SEEDS {
        let file = file(seed);
        let (with, set) = set(&file, b"newcomer", b"NEW");
        assert!(set.added);
        let without = edited(&with, |editor| assert_eq!(editor.remove(b"newcomer").unwrap(), set.lines));
        let added = without.strip_prefix(&file[..]).unwrap_or_else(|| panic!("{}", show(&file)));
        assert!(matches!(added, b"" | b"\n" | b"\r\n" | b"\n\n" | b"\n\r\n" | b"\r\n\r\n"), "{}", show(&file));
        assert_eq!(added.is_empty(), set.notes.is_empty(), "{} -> {}", show(&file), show(&with));
    }
}

#[test]
fn an_edit_leaves_the_bytes_of_all_other_lines() {
    for seed in SEEDS {
        let file = file(seed);
        let survey = find(&file[..], b"a").unwrap();
        let mut editor = survey.edit();
        let Ok(set) = editor.set(b"a", b"NEW") else { continue };
        let splices = editor.finish();
        for splice in splices.iter() {
            let inside = lines(&file).find(|line| (line.span().start..line.span().end).contains(&splice.span.start));
            match inside {
                Some(line) => {
                    assert!(splice.span.end <= line.span().end, "{}", show(&file));
                    assert!(set.lines.contains(&line.number), "{}", show(&file));
                }
                None => assert_eq!(splice.span, crate::bytes::Span::at(file.len() as u64, 0), "{}", show(&file)),
            }
        }
    }
}

#[test]
fn only_the_field_changes() {
    let file = b"# users\r\nalice:$apr1$x$y:Alice, since 2019\r\n\r\nbob:{SHA}z\nalice:second\n";
    let (after, set) = set(file, b"alice", b"NEW");
    assert_eq!(show(&after), show(b"# users\r\nalice:NEW:Alice, since 2019\r\n\r\nbob:{SHA}z\nalice:second\n"));
    assert_eq!(set, Set { lines: vec![2], added: false, duplicates: vec![5], notes: vec![] });
}

#[test]
fn a_missing_line_end_is_added_before_a_new_entry_in_the_style_of_the_file() {
    assert_eq!(show(&set(b"", b"a", b"1").0), "a:1\\n");
    assert_eq!(show(&set(b"b:2", b"a", b"1").0), "b:2\\na:1\\n");
    assert_eq!(show(&set(b"b:2\r\nc:3", b"a", b"1").0), "b:2\\r\\nc:3\\r\\na:1\\r\\n");
    assert_eq!(show(&set(b"b:2\r\nc:3\r", b"a", b"1").0), "b:2\\r\\nc:3\\r\\na:1\\r\\n");
    assert_eq!(set(b"b:2", b"a", b"1").1.notes, [Note::NewlineAdded]);
}

#[test]
fn a_new_entry_is_kept_apart_from_a_line_that_would_swallow_it() {
    let (after, made) = set(b"# ends in \\\n", b"a", b"1");
    assert_eq!(show(&after), "# ends in \\\\\\n\\na:1\\n");
    assert_eq!(made.lines, [3]);
    assert_eq!(made.notes, [Note::SeparatedFromContinuation { line: 3 }]);

    let (after, made) = set(b"ali", b"alice", b"1");
    assert_eq!(show(&after), "ali\\n\\nalice:1\\n");
    assert_eq!(made.notes, [Note::NewlineAdded, Note::SeparatedFromBareText { line: 3 }]);
}

#[test]
fn an_entry_that_some_server_does_not_see_is_mended_when_it_is_set() {
    assert_eq!(show(&set(b"  a:1\n", b"a", b"2").0), "a:2\\n");
    assert_eq!(show(&set(b"a::1:c\n", b"a", b"2").0), "a:2:c\\n");
    assert_eq!(show(&set(b"a \n", b"a", b"2").0), "a:2\\n");
    assert_eq!(show(&set(b"#c\\\na:1\n", b"a", b"2").0), "#c\\\\\\n\\na:2\\n");
    // Apache uses the first line, nginx the second: both are set.
    let (after, set) = set(b" a:1\na:1\n", b"a", b"2");
    assert_eq!(show(&after), " a:2\\na:2\\n");
    assert_eq!(set.lines, [1, 2]);
}

#[test]
fn a_line_that_is_part_of_another_entry_for_apache_is_not_edited() {
    let survey = find(&b"b:1\\\na:1\n"[..], b"a").unwrap();
    assert_eq!(survey.edit().set(b"a", b"2"), Err(Ambiguous { line: 2 }));
    assert_eq!(survey.edit().remove(b"a"), Err(Ambiguous { line: 2 }));
}

#[test]
fn debug_output_holds_no_byte_of_a_line() {
    let survey = find(&b"a:topsecret\n"[..], b"a").unwrap();
    let line = survey.lines_of(b"a").next().unwrap();
    let mut editor = survey.edit();
    editor.set(b"a", b"topsecret2").unwrap();
    let shown = format!("{line:?} {:?} {:?}", line.entry(), editor.finish());
    assert!(!shown.contains("topsecret"), "{shown}");
}

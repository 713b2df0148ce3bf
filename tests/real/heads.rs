//! Odd request heads ([`HEADS`]) are answered as recorded, as rows `head/…` of each server's own table; `WHY401_BLESS=1` records them.
//!
//! They are asked with the user file and the credentials of a row that the server accepts. A head whose right credentials
//! are answered otherwise than with success or 401, and whose wrong ones with 401, shows what stands behind the login (no
//! such file, no such method), which is the test's and not the server's: it is not recorded.

use why401::basic::base64::{symbols, unpack};

use crate::driver::{DRIVERS, Live, say, start, today};
use crate::records::{blessing, recording};
use crate::support::answer::Kind;
use crate::support::escape::unescape;
use crate::support::observed::{self, Row, Table};
use crate::support::question::{Question, base64, cell_of_head};
use crate::support::tests;

/// The heads: id and escaped bytes.
const HEADS: &str = include_str!("heads.tsv");

/// What stands in a head where the credentials go.
const MARK: &[u8] = b"CREDENTIALS";

/// Who is asked where nobody says whom: those that answer at once and whose tables `records.rs` does not ask anyway.
const QUICK: &str = "haproxy squid registry";

/// The ids and the bytes, with [`MARK`] in them.
fn heads() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    let lines = HEADS.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| {
        let (id, head) = line.split_once('\t').expect("an id, a tab and the head");
        (id, unescape(head).unwrap_or_else(|error| panic!("heads.tsv, {id}: {error}")))
    })
}

/// `head` with `token` for its credentials.
fn with_token(head: &[u8], token: &[u8]) -> Vec<u8> {
    let at = memchr::memmem::find(head, MARK).expect("CREDENTIALS in every head");
    [&head[..at], token, &head[at + MARK.len()..]].concat()
}

/// The server's own table.
fn is_own(table: &Table, server: &str) -> bool {
    table.server == server && table.path.parent() == Some(&tests("observed"))
}

/// The row whose file and credentials the heads are asked with, and the token it sends.
fn accepted(table: &Table) -> Option<(&Row, Vec<u8>)> {
    table.rows.iter().filter(|row| row.answer.kind == Kind::Accept).find_map(|row| {
        let cell = cell_of_head(&row.question.head);
        let token = cell.strip_prefix("Authorization: Basic ")?.strip_suffix("\\r\\n")?.as_bytes();
        let text = unpack(&token[..symbols(token)]);
        (token.len() < 40 && base64(&text) == token && text.contains(&b':')).then(|| (row, token.to_vec()))
    })
}

/// The same user with another password.
fn wrong(token: &[u8]) -> Vec<u8> {
    let text = unpack(&token[..symbols(token)]);
    let user = text.split(|byte| *byte == b':').next().unwrap_or_default();
    base64(&[user, b":not this one"].concat())
}

#[test]
fn odd_heads_answers_as_recorded() {
    let different: String = DRIVERS.iter().map(|driver| check(driver.server)).collect();
    assert!(different.is_empty(), "{different}");
}

/// The answers to the heads, with the file and the credentials of a row that is accepted.
fn check(server: &str) -> String {
    hold(server, "head", |live, table| {
        let (row, token) = accepted(table).unwrap_or_else(|| panic!("{server}: nothing is accepted"));
        let file = row.question.file.clone();
        let question = |head: &[u8], token: &[u8]| Question { file: file.clone(), head: with_token(head, token) };
        ask(live, |head, right| question(head, &if right { token.clone() } else { wrong(&token) }))
    })
}

/// Asks the live server for rows whose ids begin with `kind`, and compares them with those in its own table or records them.
pub(crate) fn hold(server: &str, kind: &str, rows: impl FnOnce(&mut dyn Live, &Table) -> Vec<Row>) -> String {
    let only = std::env::var("WHY401_ONLY").or(if blessing() { Ok(server.into()) } else { Err(()) });
    if only.as_deref().unwrap_or(QUICK).split(' ').all(|name| name != server) {
        return String::new();
    }
    let Some(mut live) = start(server) else { return String::new() };
    let _recording = recording();
    let mut files = observed::files();
    let Some(mut table) = observed::all(&files).into_iter().find(|table| is_own(table, server)) else {
        return format!("{server}: no table\n");
    };
    let version = table.path.file_stem().and_then(|stem| stem.to_str()?.split_once('@')).map(|(_, version)| version);
    assert_eq!(version, Some(live.version()), "{server}: the table is of another version");
    let rows = rows(live.as_mut(), &table);
    let mut different = String::new();
    for row in &rows {
        match table.rows.iter().find(|known| known.id == row.id) {
            Some(known) if known.question == row.question && known.answer.is_the_same(&row.answer) => {}
            Some(known) => {
                different += &format!("{server} {}\n  recorded {}\n  now      {}\n", row.id, known.answer, row.answer);
            }
            None => different += &format!("{server} {}\n  not recorded\n  now      {}\n", row.id, row.answer),
        }
    }
    say(&format!("{server} {}: {} rows {kind}/", live.version(), rows.len()));
    if different.is_empty() || !blessing() {
        return different;
    }
    table.rows.retain(|row| row.id.split('/').next() != Some(kind));
    table.rows.extend(rows);
    table.about.retain(|(key, _)| key != kind);
    table.about.push((kind.into(), format!("{}, from the running program by tests/real/{kind}s.rs", today())));
    table.write(&mut files);
    observed::write_files(&files);
    String::new()
}

/// The rows of all heads whose answer is the server's own.
fn ask(live: &mut dyn Live, question: impl Fn(&[u8], bool) -> Question) -> Vec<Row> {
    let heads: Vec<_> = heads().collect();
    let questions: Vec<_> = heads.iter().map(|(_, head)| question(head, true)).collect();
    let answers = live.ask(&questions);
    let is_plain = |kind| matches!(kind, Kind::Accept | Kind::Reject);
    let odd: Vec<_> = (0..heads.len()).filter(|&at| !is_plain(answers[at].kind)).collect();
    let again: Vec<_> = odd.iter().map(|&at| question(&heads[at].1, false)).collect();
    let is_behind = |answer: &crate::support::answer::Answer| answer.kind == Kind::Reject;
    let behind: Vec<_> = odd.into_iter().zip(live.ask(&again)).filter(|(_, answer)| is_behind(answer)).collect();
    let all = heads.into_iter().zip(questions).zip(answers).enumerate();
    let own = all.filter(|(at, _)| behind.iter().all(|(odd, _)| odd != at));
    let row = |(_, (((id, _), question), answer))| Row { id: String::from(id), question, answer, note: String::new() };
    own.map(row).collect()
}

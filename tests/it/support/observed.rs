//! Recorded answers: `tests/observed/**/SERVER@VERSION.tsv`, with the bytes of all user files in `tests/observed/files.tsv`.
//!
//! `#` lines give the provenance as `# key: value`. A row is `id`, `file` (a name from the table of files, or `missing`,
//! `unreadable`, `directory`), `head` (see [`super::question::head_of_cell`]), `kind`, `status` (`-` for none), `note`, then one
//! cell for each log line: `LEVEL TEXT`, with `~` before the level where the log cut the line; a single `?` where the log was
//! not recorded. Only `tests/real` writes these files.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::answer::{Answer, Kind, Line};
use super::case::Case;
use super::escape::{escape, unescape};
use super::question::{File, Question, cell_of_head, head_of_cell, name_of};
use super::tests;

/// A recorded answer.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Its name in the table.
    pub(crate) id: String,
    /// What was asked.
    pub(crate) question: Question,
    /// What the server said.
    pub(crate) answer: Answer,
    /// What it is about.
    pub(crate) note: String,
}

impl Row {
    /// A row for a case, with no answer yet.
    pub(crate) fn of_case(case: Case) -> Self {
        let answer = Answer { kind: Kind::Error, status: None, log: None };
        Self { id: case.name, question: case.question, answer, note: case.why }
    }
}

/// The recorded answers of one server.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// Where it is kept.
    pub(crate) path: PathBuf,
    /// The server's name.
    pub(crate) server: String,
    /// The lines of provenance, key and value.
    pub(crate) about: Vec<(String, String)>,
    /// The rows.
    pub(crate) rows: Vec<Row>,
}

/// The bytes of all recorded user files, by name.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Reads the table of files.
pub(crate) fn files() -> Files {
    let text = std::fs::read_to_string(tests("observed/files.tsv")).unwrap_or_default();
    let mut files = Files::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, bytes) = line.split_once('\t').expect("a name, a tab and the bytes");
        let bytes = unescape(bytes).unwrap_or_else(|error| panic!("files.tsv, {name}: {error}"));
        assert_eq!(name_of(&bytes), name, "files.tsv: the bytes are not those that the name was made from");
        files.insert(name.into(), bytes);
    }
    files
}

/// Writes the table of files, those that a table of answers names.
pub(crate) fn write_files(files: &Files) {
    let named: BTreeSet<_> =
        all(files).iter().flat_map(|table| &table.rows).map(|row| name_of(row.question.file.bytes())).collect();
    let files = files.iter().filter(|(name, _)| named.contains(*name));
    let mut text = String::from("# The bytes of every user file in the recorded answers, by name; see README.md.\n");
    for (name, bytes) in files {
        let _ = writeln!(text, "{name}\t{}", escape(bytes));
    }
    std::fs::write(tests("observed/files.tsv"), text).unwrap();
}

/// The tables in `tests/observed/` and the folder `cases` in it.
pub(crate) fn all(files: &Files) -> Vec<Table> {
    let mut paths = Vec::new();
    for folder in ["observed", "observed/cases", "observed/cures"] {
        let Ok(entries) = std::fs::read_dir(tests(folder)) else { continue };
        paths.extend(entries.map(|entry| entry.unwrap().path()));
    }
    paths.retain(|path| path.extension().is_some_and(|e| e == "tsv") && path.file_stem().is_some_and(|s| s != "files"));
    paths.sort();
    paths.iter().map(|path| read(path, files)).collect()
}

fn read(path: &Path, files: &Files) -> Table {
    let text = std::fs::read_to_string(path).unwrap();
    let (mut about, mut rows) = (Vec::new(), Vec::new());
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            about.extend(comment.split_once(": ").map(|(key, value)| (key.to_owned(), value.to_owned())));
        } else {
            rows.push(row(line, files).unwrap_or_else(|error| panic!("{}: {error}: {line}", path.display())));
        }
    }
    let server = about.iter().find(|(key, _)| key == "server").map(|(_, value)| value.clone());
    Table { path: path.into(), server: server.expect("a line `# server: NAME`"), about, rows }
}

fn row(line: &str, files: &Files) -> Result<Row, String> {
    let mut cells = line.split('\t');
    let mut cell = || cells.next().ok_or("a cell is missing");
    let (id, file, head, kind, status, note) = (cell()?, cell()?, cell()?, cell()?, cell()?, cell()?);
    let file = match File::of_word(file) {
        Some(file) => file,
        None => File::Bytes(files.get(file).ok_or(format!("no file `{file}`"))?.clone()),
    };
    let status = if status == "-" { None } else { Some(status.parse().map_err(|_| format!("no status: `{status}`"))?) };
    let kind = Kind::of_name(kind).ok_or(format!("no kind: `{kind}`"))?;
    let lines: Vec<_> = cells.collect();
    let log = if lines == ["?"] { None } else { Some(lines.into_iter().map(log_line).collect::<Result<_, _>>()?) };
    Ok(Row {
        id: id.into(),
        question: Question { file, head: head_of_cell(head)? },
        answer: Answer { kind, status, log },
        note: note.into(),
    })
}

fn log_line(cell: &str) -> Result<Line, String> {
    let (level, text) = cell.split_once(' ').ok_or(format!("a log line without a level: `{cell}`"))?;
    let cut = level.starts_with('~');
    Ok(Line { level: level.trim_start_matches('~').into(), text: unescape(text)?, cut })
}

impl Table {
    /// Writes the table, and adds its user files to `files`.
    pub(crate) fn write(&self, files: &mut Files) {
        let mut text = String::new();
        for (key, value) in &self.about {
            let _ = writeln!(text, "# {key}: {value}");
        }
        for row in &self.rows {
            let file = row.question.file.word().map_or_else(
                || {
                    let bytes = row.question.file.bytes();
                    files.insert(name_of(bytes), bytes.to_vec());
                    name_of(bytes)
                },
                Into::into,
            );
            let head = cell_of_head(&row.question.head);
            let status = row.answer.status.map_or("-".into(), |status| status.to_string());
            let _ = write!(text, "{}\t{file}\t{head}\t{}\t{status}\t{}", row.id, row.answer.kind.name(), row.note);
            match &row.answer.log {
                None => text.push_str("\t?"),
                Some(lines) => {
                    for line in lines {
                        let cut = if line.cut { "~" } else { "" };
                        let _ = write!(text, "\t{cut}{} {}", line.level, escape(&line.text));
                    }
                }
            }
            text.push('\n');
        }
        std::fs::create_dir_all(self.path.parent().unwrap()).unwrap();
        std::fs::write(&self.path, text).unwrap();
    }
}

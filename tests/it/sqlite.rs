//! SQLite's files, held against what Python's sqlite3 read back from them (`sqlite/make.py`).

use std::path::PathBuf;

use serde_json::Value;
use why401::sqlite::{Database, Row};

use crate::rng::Rng;
use crate::support::sqlite::compare;
use crate::support::tests;

fn samples() -> Vec<(PathBuf, Vec<u8>)> {
    let files = std::fs::read_dir(tests("sqlite")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == "sqlite3")).collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

#[test]
fn recorded_databases_are_read_as_sqlite_reads_them() {
    let mut compared = 0;
    for (path, bytes) in samples() {
        let said: Value = serde_json::from_slice(&std::fs::read(path.with_extension("json")).unwrap()).unwrap();
        compared += compare(&bytes, &said).unwrap_or_else(|wrong| panic!("{}: {wrong}", path.display()));
    }
    assert!(compared > 35, "{compared}");
}

/// All rows of all tables; how many there are, or what is wrong.
fn all(bytes: &[u8]) -> Result<usize, String> {
    let database = Database::open(bytes).map_err(|damage| damage.to_string())?;
    let mut rows = 0;
    for name in ["k", "t", "kept", "bips", "sqlite_master"] {
        if let Some(table) = database.table(name).map_err(|damage| damage.to_string())? {
            database.rows(&table, &mut |_: Row| rows += 1).map_err(|damage| damage.to_string())?;
        }
    }
    Ok(rows)
}

#[test]
fn changed_and_cut_databases_are_read_or_told_wrong_with_the_place() {
    let mut rng = Rng::new(7, 0);
    let (mut read, mut wrong) = (0, 0);
    for (_, bytes) in samples() {
        for _ in 0..400 {
            let mut bytes = bytes.clone();
            for _ in 0..=rng.below(3) {
                let at = if rng.below(2) == 0 { rng.below(bytes.len()) } else { rng.below(bytes.len() / 64) * 64 };
                bytes[at] = [0, 1, 5, 13, 0x7f, 0x80, 0xff, bytes[at] ^ 1][rng.below(8)];
            }
            if rng.below(4) == 0 {
                bytes.truncate(rng.below(bytes.len()));
            }
            match all(&bytes) {
                Ok(_) => read += 1,
                Err(text) => {
                    assert!(text.starts_with("page "), "{text}");
                    wrong += 1;
                }
            }
        }
    }
    assert!(read > 50 && wrong > 50, "{read} {wrong}");
}

#[test]
fn pages_that_lead_in_a_circle_end_with_a_word() {
    let (_, bytes) = samples().into_iter().find(|(path, _)| path.ends_with("pages.sqlite3")).unwrap();
    let page = 512;
    let interior = (1..bytes.len() / page).find(|number| bytes[number * page] == 5).unwrap();
    let mut bent = bytes.clone();
    // The page behind all others is the page itself.
    let own = u32::try_from(interior + 1).unwrap().to_be_bytes();
    bent[interior * page + 8..interior * page + 12].copy_from_slice(&own);
    let said = all(&bent).unwrap_err();
    let place = format!("page {}, byte {}: ", interior + 1, interior * page + 8);
    assert_eq!(said, format!("{place}a page is named that belongs elsewhere too"));
    assert!(all(b"no database").unwrap_err().contains("page 1, byte 0"));
}

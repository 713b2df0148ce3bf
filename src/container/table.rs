//! CSV and JSON of users with passwords or hashes; written with hashes.

use serde_json::json;

use super::{Entry, Format, Write, credentials, not_utf8};

pub(super) static CSV: Format = Format {
    name: "csv",
    title: "CSV with a header: user, and password or hash",
    consumer: None,
    looks: credentials::is_csv,
    read: Some(|text| credentials::read(text).map(|(found, _)| found)),
    write: Some(Write { refuses: |_| None, write: |entries, _| csv(entries) }),
};

pub(super) static JSON: Format = Format {
    name: "json",
    title: "JSON: objects with user, and password or hash",
    consumer: None,
    looks: |text| matches!(text.trim_ascii_start().first(), Some(b'{' | b'[')),
    read: Some(|text| credentials::read(text).map(|(found, _)| found)),
    write: Some(Write { refuses: not_utf8, write: |entries, _| json(entries) }),
};

fn csv(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut text = b"user,hash\r\n".to_vec();
    for entry in entries {
        for (field, end) in [(entry.user, &b","[..]), (entry.hash, b"\r\n")] {
            if field.iter().any(|byte| b",\"\r\n".contains(byte)) || field.trim_ascii().len() < field.len() {
                text.push(b'"');
                text.extend(field.iter().flat_map(|&byte| if byte == b'"' { vec![b'"'; 2] } else { vec![byte] }));
                text.push(b'"');
            } else {
                text.extend_from_slice(field);
            }
            text.extend_from_slice(end);
        }
    }
    text
}

fn json(entries: &[Entry<'_>]) -> Vec<u8> {
    let text = String::from_utf8_lossy;
    let rows: Vec<_> =
        entries.iter().map(|entry| json!({"user": text(entry.user), "hash": text(entry.hash)})).collect();
    let mut document = serde_json::to_vec_pretty(&rows).unwrap_or_default();
    document.push(b'\n');
    document
}

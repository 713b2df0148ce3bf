//! Many credentials to present: CSV with a header, or an object of JSON on each line.
//!
//! A row is a user and a password, or the value of an `Authorization` header. One that is neither is told, and the others stay.

use serde_json::Value;

use super::Unreadable;
use super::credentials::{PASSWORD, USER};
use super::csv;
use crate::basic::base64;
use crate::secret::Secret;

/// What a row presents.
pub enum Presented<'a> {
    /// A user and a password.
    UserPass {
        /// The user.
        user: Text<'a>,
        /// The password.
        password: Text<'a>,
    },
    /// What follows `Authorization: `.
    Authorization(Text<'a>),
}

/// A part of the text that is read, or what is made of it.
pub enum Text<'a> {
    /// As it stands there.
    There(&'a [u8]),
    /// Put together from pieces.
    Made(Secret),
}

impl Text<'_> {
    /// Its bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        match self {
            Self::There(bytes) => bytes,
            Self::Made(secret) => secret.expose(),
        }
    }
}

/// A row.
pub struct Row<'a> {
    /// Number of the line on which it begins, from 1.
    pub line: u64,
    /// What it presents, or what is wrong with it.
    pub presented: Result<Presented<'a>, &'static str>,
}

/// Names of the column with the header's value.
const AUTHORIZATION: &str = "authorization";

/// The rows of a text, in order.
pub fn read(text: &[u8]) -> Result<Vec<Row<'_>>, Unreadable> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    match text.trim_ascii_start().first() {
        None => Ok(Vec::new()),
        Some(b'{') => Ok(of_json_lines(text)),
        Some(_) => of_csv(text),
    }
}

fn of_json_lines(text: &[u8]) -> Vec<Row<'static>> {
    let lines = text.split(|&byte| byte == b'\n').zip(1..);
    let lines = lines.filter(|(line, _)| !line.trim_ascii().is_empty());
    lines.map(|(text, line)| Row { line, presented: of_json(text) }).collect()
}

fn of_json(text: &[u8]) -> Result<Presented<'static>, &'static str> {
    let Ok(Value::Object(mut members)) = serde_json::from_slice(text) else {
        return Err("this line is no object of JSON");
    };
    let mut take = |name: &str| members.remove(name).map(bytes);
    match (take("user").or_else(|| take("username")), take("password"), take(AUTHORIZATION)) {
        (None, None, Some(Some(value))) => Ok(Presented::Authorization(Text::Made(value))),
        (Some(Some(user)), Some(Some(password)), None) => {
            Ok(Presented::UserPass { user: Text::Made(user), password: Text::Made(password) })
        }
        _ => Err("the object has neither user and password nor authorization, each a text"),
    }
}

/// A text, or `{"bytes": "<base64>"}`.
fn bytes(value: Value) -> Option<Secret> {
    match value {
        Value::String(text) => Some(Secret::from(text.into_bytes())),
        Value::Object(members) => {
            let text = members.get("bytes")?.as_str()?;
            base64::decode_padded(text.as_bytes(), true).map(Secret::from)
        }
        _ => None,
    }
}

fn of_csv(text: &[u8]) -> Result<Vec<Row<'_>>, Unreadable> {
    let mut reader = csv::Reader::new(text, csv::separator(text));
    let mut record = csv::Record::default();
    let names: Vec<Vec<u8>> = if reader.read(&mut record) {
        (0..record.len()).map(|at| record.field(text, at).trim_ascii().to_ascii_lowercase()).collect()
    } else {
        Vec::new()
    };
    let find =
        |wanted: &[&str]| wanted.iter().find_map(|wanted| names.iter().position(|name| name == wanted.as_bytes()));
    let columns = match (find(USER), find(PASSWORD), find(&[AUTHORIZATION])) {
        (Some(user), Some(password), _) => Columns::UserPass(user, password),
        (_, _, Some(value)) => Columns::Authorization(value),
        _ => {
            let what = "this is neither JSON, an object on each line, nor CSV with a header that names user and password, or \
                        authorization";
            return Err(Unreadable::at(what, 1));
        }
    };
    let field = |record: &csv::Record, at: usize| {
        record.one_piece(text, at).map_or_else(
            || {
                let mut value = Secret::with_capacity(record.pieces(text, at).map(<[u8]>::len).sum());
                record.pieces(text, at).for_each(|piece| value.extend(piece));
                Text::Made(value)
            },
            Text::There,
        )
    };
    let mut rows = Vec::with_capacity(memchr::memchr_iter(b'\n', text).count());
    while reader.read(&mut record) {
        let presented = match columns {
            Columns::UserPass(user, password) if record.len() > user.max(password) => {
                Ok(Presented::UserPass { user: field(&record, user), password: field(&record, password) })
            }
            Columns::Authorization(value) if record.len() > value => {
                Ok(Presented::Authorization(field(&record, value)))
            }
            _ => Err("the row has fewer fields than the header"),
        };
        rows.push(Row { line: record.line, presented });
    }
    Ok(rows)
}

/// Which column holds what.
enum Columns {
    UserPass(usize, usize),
    Authorization(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(u64, String)> {
        let row = |row: Row<'_>| {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let shown = match row.presented {
                Ok(Presented::UserPass { user, password }) => {
                    format!("{}|{}", text(user.expose()), text(password.expose()))
                }
                Ok(Presented::Authorization(value)) => text(value.expose()),
                Err(why) => format!("! {why}"),
            };
            (row.line, shown)
        };
        super::read(text.as_bytes()).unwrap().into_iter().map(row).collect()
    }

    #[test]
    fn csv_has_a_header_and_json_an_object_on_each_line() {
        let two = vec![(2, "ann|a,\"b".to_owned()), (4, "|".to_owned())];
        assert_eq!(read("User;Password\r\nann;\"a,\"\"b\"\r\n\r\n;\r\n"), two);
        assert_eq!(read("authorization\nBasic eDp5\n"), [(2, "Basic eDp5".to_owned())]);
        let json = "{\"user\":\"ann\",\"password\":\"x\"}\n\n{\"authorization\":\"Basic eDp5\"}\n{\"user\":{\"bytes\":\"YQ==\"},\"password\":\"\"}";
        assert_eq!(read(json), [(1, "ann|x".into()), (3, "Basic eDp5".into()), (4, "a|".into())]);
        assert!(read("").is_empty() && read("user,password\n").is_empty());
    }

    #[test]
    fn a_row_that_is_none_is_told_and_the_others_stay() {
        let rows = read("user,password\nann\nbob,x\n");
        assert!(rows[0].1.starts_with("! the row") && rows[1] == (3, "bob|x".into()), "{rows:?}");
        let rows = read(
            "{\"user\":\"ann\"}\n{\"user\":\"bob\",\"password\":\"x\"}\nnonsense\n{\"user\":1,\"password\":\"x\"}\n",
        );
        assert_eq!(rows.iter().map(|row| row.1.starts_with('!')).collect::<Vec<_>>(), [true, false, true, true]);
        assert!(super::read(b"ann,secret\nbob,x\n").is_err());
    }
}

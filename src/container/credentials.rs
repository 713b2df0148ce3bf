//! Users with their passwords: CSV with a header, JSON, or lines `user:password`.
//!
//! Exports of password managers are CSV or JSON whose names of columns tell which is which: Bitwarden (`login_username`,
//! `login_password`), 1Password, `KeePass` (`Login Name`), `KeePassXC`, Chrome and Firefox (`username`, `password`).

use super::csv;
use super::{Found, Unreadable, Value};
use crate::bytes::split_once;
use crate::node::{self, Node};
use crate::secret::Secret;

/// Names of the column with the user, the more exact first.
pub(super) const USER: &[&str] =
    &["user", "username", "user name", "login_username", "login name", "login", "account", "name"];

/// Names of the column with the password.
pub(super) const PASSWORD: &[&str] = &["password", "login_password", "pass"];

/// Names of the column with a hash.
const HASH: &[&str] = &["hash", "password_hash", "passwordhash", "hashed_password", "htpasswd"];

/// The entries of a text, in order; a user may stand there several times. `form` is how the text was understood.
pub fn read(text: &[u8]) -> Result<(Vec<Found>, &'static str), Unreadable> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    if matches!(text.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return of_json(text).map(|found| (found, "json"));
    }
    let separator = csv::separator(text);
    let records = csv::records(text, separator);
    if let Some(header) = records.first()
        && let Some(columns) = Columns::of((0..header.len()).map(|at| header.field(text, at)))
    {
        return Ok((of_csv(text, &records[1..], &columns), "csv"));
    }
    of_lines(text).map(|found| (found, "lines"))
}

/// Whether a text is CSV with a header that names a user, and a password or hash.
pub(super) fn is_csv(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let first = text.split(|&byte| byte == b'\n').next().unwrap_or(text);
    let records = csv::records(first, csv::separator(first));
    records.first().is_some_and(|header| Columns::of((0..header.len()).map(|at| header.field(first, at))).is_some())
}

/// Which column holds what.
struct Columns {
    user: usize,
    value: usize,
    is_hash: bool,
}

impl Columns {
    fn of(header: impl Iterator<Item = Vec<u8>>) -> Option<Self> {
        let names: Vec<Vec<u8>> = header.map(|name| name.trim_ascii().to_ascii_lowercase()).collect();
        let find =
            |wanted: &[&str]| wanted.iter().find_map(|wanted| names.iter().position(|name| name == wanted.as_bytes()));
        let user = find(USER)?;
        match (find(PASSWORD), find(HASH)) {
            (Some(value), _) => Some(Self { user, value, is_hash: false }),
            (None, Some(value)) => Some(Self { user, value, is_hash: true }),
            (None, None) => None,
        }
    }
}

fn found(user: Vec<u8>, value: Secret, is_hash: bool, line: u64) -> Found {
    let value = if is_hash { Value::Hash(value) } else { Value::Password(value) };
    Found::new(user, value, format!("line {line}"))
}

fn of_csv(text: &[u8], records: &[csv::Record], columns: &Columns) -> Vec<Found> {
    let entry = |record: &csv::Record| {
        let user = record.field(text, columns.user);
        let mut value = Secret::with_capacity(record.pieces(text, columns.value).map(<[u8]>::len).sum());
        for piece in record.pieces(text, columns.value) {
            value.extend(piece);
        }
        // Password managers have entries without either: notes, cards.
        let is_one = !user.is_empty() && !value.expose().is_empty();
        is_one.then(|| found(user, value, columns.is_hash, record.line))
    };
    records.iter().filter_map(entry).collect()
}

pub(super) fn of_lines(text: &[u8]) -> Result<Vec<Found>, Unreadable> {
    let mut all = Vec::new();
    for (at, line) in text.split(|&byte| byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.trim_ascii().is_empty() {
            continue;
        }
        let number = at as u64 + 1;
        let Some((user, password)) = split_once(line, b':') else {
            let what = "this is neither CSV with a header that names a user and a password, nor JSON, nor a line user:password";
            return Err(Unreadable::at(what, number));
        };
        all.push(found(user.to_vec(), Secret::from(password), false, number));
    }
    Ok(all)
}

fn of_json(text: &[u8]) -> Result<Vec<Found>, Unreadable> {
    let mut all = Vec::new();
    for (at, value) in node::json(text)?.iter().enumerate() {
        let before = all.len();
        // Bitwarden's JSON has its list under a name.
        let list = if value.is_list() { Some(value) } else { value.get("items").filter(|items| items.is_list()) };
        match (list, of_object(value, at)) {
            (Some(list), _) => list.values().iter().for_each(|item| all.extend(of_object(item, all.len()))),
            (None, Some(entry)) => all.push(entry),
            (None, None) => all.extend(of_map(value)),
        }
        if all.len() == before && !(value.is_list() && value.values().is_empty()) {
            let what = "an object of the JSON names no user with a password or hash";
            return Err(Unreadable::new(what));
        }
    }
    Ok(all)
}

/// `{"user": …, "password": …}`, or the same under `login`.
fn of_object(value: &Node, at: usize) -> Option<Found> {
    let value = value.get("login").filter(|login| !login.members().is_empty()).unwrap_or(value);
    let find = |names: &[&str]| names.iter().find_map(|name| value.get(name)).and_then(Node::text);
    let user = find(USER)?.expose().to_vec();
    let (text, is_hash) = match (find(PASSWORD), find(HASH)) {
        (Some(password), _) => (password, false),
        (None, Some(hash)) => (hash, true),
        (None, None) => return None,
    };
    let value = if is_hash { Value::Hash(text.clone()) } else { Value::Password(text.clone()) };
    Some(Found::new(user, value, format!("entry {}", at + 1)))
}

/// `{"alice": "secret", …}`: every value is a text.
fn of_map(value: &Node) -> Vec<Found> {
    let members = value.members();
    let entry = |(at, (user, value)): (usize, &(String, Node))| {
        let value = Value::Password(value.text()?.clone());
        Some(Found::new(user.clone(), value, format!("entry {}", at + 1)))
    };
    let entries: Vec<Found> = members.iter().enumerate().filter_map(entry).collect();
    if entries.len() == members.len() { entries } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<(String, String, bool)>, &'static str) {
        let (found, form) = super::read(text.as_bytes()).unwrap();
        let entry = |found: Found| {
            let (value, is_hash) = match &found.value {
                Value::Hash(hash) => (hash, true),
                Value::Password(password) => (password, false),
            };
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            (text(&found.user), text(value.expose()), is_hash)
        };
        (found.into_iter().map(entry).collect(), form)
    }

    fn two(is_hash: bool) -> Vec<(String, String, bool)> {
        vec![("ann".into(), "a:b c".into(), is_hash), ("bob".into(), "x".into(), is_hash)]
    }

    /// Headers as the programs write them.
    #[test]
    fn exports_of_password_managers_are_known_by_their_headers() {
        for text in [
            "folder,favorite,type,name,notes,fields,reprompt,login_uri,login_username,login_password,login_totp\n\
             ,,login,Site,,,0,https://x,ann,a:b c,\n,,note,Note,text,,0,,,,\n,,login,Site,,,0,https://x,bob,x,\n",
            "Title,Url,Username,Password,OTPAuth,Favorite,Archived,Tags,Notes\nSite,https://x,ann,a:b c,,false,false,,\n\
             Site,https://x,bob,x,,false,false,,\n",
            "\"Account\",\"Login Name\",\"Password\",\"Web Site\",\"Comments\"\n\"Site\",\"ann\",\"a:b c\",\"x\",\"\"\n\
             \"Site\",\"bob\",\"x\",\"\",\"\"\n",
            "\"Group\",\"Title\",\"Username\",\"Password\",\"URL\",\"Notes\",\"TOTP\",\"Icon\",\"Last Modified\",\"Created\"\n\
             \"Root\",\"Site\",\"ann\",\"a:b c\",\"\",\"\",\"\",\"0\",\"\",\"\"\n\"Root\",\"Site\",\"bob\",\"x\"\n",
            "name,url,username,password,note\nx,https://x,ann,a:b c,\nx,https://x,bob,x,\n",
            "\"url\",\"username\",\"password\",\"httpRealm\"\n\"https://x\",\"ann\",\"a:b c\",\"r\"\n\"https://x\",\"bob\",\"x\",\n",
            "\u{feff}user;password\r\nann;a:b c\r\nbob;x\r\n",
        ] {
            assert_eq!(read(text), (two(false), "csv"), "{text}");
        }
        assert_eq!(read("user,hash\nann,a:b c\nbob,x"), (two(true), "csv"));
    }

    #[test]
    fn json_is_lines_an_array_a_map_or_bitwardens() {
        for text in [
            "{\"user\":\"ann\",\"password\":\"a:b c\"}\n{\"user\":\"bob\",\"password\":\"x\"}\n",
            "[{\"username\":\"ann\",\"password\":\"a:b c\"},{\"username\":\"bob\",\"password\":\"x\"}]",
            "{\"ann\":\"a:b c\",\"bob\":\"x\"}",
            "{\"encrypted\":false,\"items\":[{\"type\":1,\"login\":{\"username\":\"ann\",\"password\":\"a:b c\"}},\
             {\"type\":2,\"notes\":\"x\"},{\"login\":{\"username\":\"bob\",\"password\":\"x\"}}]}",
        ] {
            assert_eq!(read(text), (two(false), "json"), "{text}");
        }
        assert_eq!(read("{\"user\":\"ann\",\"hash\":\"a:b c\"}{\"user\":\"bob\",\"hash\":\"x\"}"), (two(true), "json"));
    }

    #[test]
    fn lines_are_split_at_their_first_colon() {
        assert_eq!(read("ann:a:b c\r\n\nbob:x"), (two(false), "lines"));
    }

    #[test]
    fn what_is_none_of_them_is_refused_without_showing_it() {
        let error = super::read(b"ann:x\nsecret\n").unwrap_err();
        assert_eq!(error.line, Some(2));
        assert!(!error.to_string().contains("secret"));
        assert_eq!(super::read(b"{\"user\": \"ann\", secret").unwrap_err().line, Some(1));
        assert!(super::read(b"{\"a\": 1, \"b\": {}}").is_err());
    }
}

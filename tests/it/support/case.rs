//! Case files: input only. `key: value` lines, an empty line, then the user file's bytes as they are.
//!
//! Keys: `why` (once); the credential as `user` and `password`, or `authorization` (a value, repeatable), or `header` (a whole
//! line, repeatable), or `head` (a table cell, see [`super::question::head_of_cell`]), or none of them; `file` (`missing`,
//! `unreadable`, `directory`) in place of bytes; `server` (repeatable) where it is asked of that one instead of the usual ones.
//! Values may hold the escapes of [`super::escape`].
//!
//! Cases about hints and lint say what is to be found: `hint` and `lint` (a code that is), `silent` (codes that are not, with
//! commas), and may say what shows the cure where the hint itself has nothing to show: `cure` (`USER:PASSWORD`) or `mended`
//! (the file); and `harder`, `users` and `backup` (what the options of the search are given).

use std::path::{Path, PathBuf};

use super::escape::unescape;
use super::question::{File, Question, head_for, head_of_cell, head_with, head_with_values};
use super::tests;

/// The servers that a case is asked of that names none; the others answer their own tables and random questions.
const USUAL: &[&str] = &["apache", "nginx", "lighttpd"];

/// A case.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// `topic/defect`, from its path.
    pub(crate) name: String,
    /// What the case is about.
    pub(crate) why: String,
    /// What is asked.
    pub(crate) question: Question,
    /// The servers that it is asked of.
    pub(crate) servers: Vec<String>,
    /// The user, where user and password were given and not a request.
    pub(crate) user: Option<Vec<u8>>,
    /// What is to be found in it.
    pub(crate) expected: Expected,
}

/// What hints and lint are to find.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected {
    /// The code of a hint that is given.
    pub(crate) hint: Option<String>,
    /// The code of a finding of lint.
    pub(crate) lint: Option<String>,
    /// Codes of hints and findings that are not given.
    pub(crate) silent: Vec<String>,
    /// Credentials that show the cure.
    pub(crate) cure: Option<(Vec<u8>, Vec<u8>)>,
    /// The file that shows the cure.
    pub(crate) mended: Option<Vec<u8>>,
    /// Whether slips of the finger are tried.
    pub(crate) harder: bool,
    /// Whether other users' entries are tried.
    pub(crate) users: bool,
    /// An older copy of the file.
    pub(crate) backup: Option<Vec<u8>>,
}

/// The cases that `server` is asked.
pub(crate) fn of(server: &str) -> Vec<Case> {
    all().into_iter().filter(|case| case.servers.iter().any(|asked| asked == server)).collect()
}

/// The cases of `tests/cases/`, by name.
pub(crate) fn all() -> Vec<Case> {
    let root = tests("cases");
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    paths.sort();
    let read = |path: &PathBuf| {
        let name = path.strip_prefix(&root).unwrap().with_extension("");
        let name = name.to_str().expect("case names are ASCII").to_owned();
        let bytes = std::fs::read(path).unwrap();
        parse(&name, &bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    paths.iter().map(read).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "case") {
            paths.push(path);
        }
    }
}

/// Reads a case file.
pub(crate) fn parse(name: &str, bytes: &[u8]) -> Result<Case, String> {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n").ok_or("no empty line after the header")?;
    let header = std::str::from_utf8(&bytes[..end]).map_err(|_| "the header is not UTF-8")?;
    let mut file = File::Bytes(bytes[end + 2..].to_vec());
    let (mut why, mut user, mut password, mut head) = (None, None, None, None);
    let (mut values, mut lines, mut servers) = (Vec::new(), Vec::new(), Vec::new());
    let mut expected = Expected::default();
    for line in header.lines() {
        let (key, value) = line.split_once(": ").or(line.split_once(':')).ok_or(format!("no colon in `{line}`"))?;
        match key {
            "why" => why = Some(value.to_owned()),
            "server" => servers.push(value.to_owned()),
            "user" => user = Some(unescape(value)?),
            "password" => password = Some(unescape(value)?),
            "authorization" => values.push(unescape(value)?),
            "header" => lines.extend([unescape(value)?, b"\r\n".to_vec()].concat()),
            "head" => head = Some(head_of_cell(value)?),
            "file" => file = File::of_word(value).ok_or(format!("no such file: `{value}`"))?,
            "hint" => expected.hint = Some(value.to_owned()),
            "lint" => expected.lint = Some(value.to_owned()),
            "silent" => expected.silent.extend(value.split(',').map(|code| code.trim().to_owned())),
            "cure" => {
                let (user, password) = value.split_once(':').ok_or("a cure without a colon")?;
                expected.cure = Some((unescape(user)?, unescape(password)?));
            }
            "mended" => expected.mended = Some(unescape(value)?),
            "harder" => expected.harder = true,
            "users" => expected.users = true,
            "backup" => expected.backup = Some(unescape(value)?),
            _ => return Err(format!("no such key: `{key}`")),
        }
    }
    let given = [user.is_some(), !values.is_empty(), !lines.is_empty(), head.is_some()];
    if given.iter().filter(|given| **given).count() > 1 || user.is_some() != password.is_some() {
        return Err("one kind of credential, please".into());
    }
    let head = match (user.as_ref().zip(password), head) {
        (Some((user, password)), _) => head_for(user, &password),
        (None, Some(head)) => head,
        (None, None) if !values.is_empty() => head_with_values(values.iter().map(Vec::as_slice)),
        (None, None) => head_with(&lines),
    };
    let why = why.filter(|why| !why.is_empty()).ok_or("no `why`")?;
    if servers.is_empty() {
        servers = USUAL.iter().map(ToString::to_string).collect();
    }
    Ok(Case { name: name.into(), why, question: Question { file, head }, servers, user, expected })
}

#[cfg(test)]
mod tests {
    use super::{File, parse};

    #[test]
    fn what_a_case_asks_is_read_byte_for_byte() {
        let case = parse("t/c", b"why: a blank\nuser: al\\tice\npassword: pw\n\nalice:x \r\n\n\0").unwrap();
        assert_eq!(case.question.file, File::Bytes(b"alice:x \r\n\n\0".to_vec()));
        assert!(case.question.head.ends_with(b"\r\nAuthorization: Basic YWwJaWNlOnB3\r\n\r\n"));
        assert_eq!(case.servers, ["apache", "nginx", "lighttpd"]);
        let kept = parse("t/c", &case.question.to_case("kept", "squid")).unwrap();
        assert_eq!((kept.question, kept.servers), (case.question, vec!["squid".to_owned()]));
    }

    #[test]
    fn a_case_without_a_reason_is_refused() {
        for bytes in
            [&b"user: a\npassword: b\n\n"[..], b"why:\n\n", b"why: x", b"why: x\nuser: a\n\n", b"why: x\nwhat: y\n\n"]
        {
            assert!(parse("t/c", bytes).is_err(), "{}", bytes.escape_ascii());
        }
    }
}

//! What is fuzzed: each target takes any bytes, and must neither panic, nor hang, nor ask for memory without bound, nor break
//! what it promises. The same functions are run by `cargo test --test fuzz` and by cargo-fuzz.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use why401::basic::{head, pasted};
use why401::conf::{Files, Kind, apache, caddy, haproxy, lighttpd, nginx, traefik};
use why401::container::{self, FORMATS};
use why401::crypt::Work;
use why401::crypt::any::ANY;
use why401::fault::Grade;
use why401::htpasswd;
use why401::inquiry::{self, Means, Request};
use why401::lint::{Demands, Linter, Thresholds, mended};
use why401::log::format;
use why401::log::{Clock, Reader, Shape, Told};
use why401::secret::Secret;
use why401::server::{self, Inputs, SERVERS, UserFile};
use why401::sqlite::Database;

/// A target takes any bytes.
pub(crate) type Target = fn(&[u8]);

/// The targets by name. Each name is a file in `fuzz/fuzz_targets/`.
pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("header", header),
    ("scan", scan),
    ("setting", setting),
    ("document", document),
    ("lint", lint),
    ("apache_conf", apache_conf),
    ("nginx_conf", nginx_conf),
    ("url_conf", url_conf),
    ("container", container),
    ("log", log),
    ("sqlite", sqlite),
];

/// Seconds of estimated work: some cheap hashes are computed, costly ones are refused.
const LIMIT: f64 = 0.000_05;

/// `user:secret`
const SECRET: &[u8] = b"dXNlcjpzZWNyZXQ=";

const ENTRY: &[u8] = b"user:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n";

/// A request head, or the value of `Authorization` where it is none, read by every server.
pub(crate) fn header(data: &[u8]) {
    let is_head = data.windows(5).any(|window| window == b"HTTP/");
    let head = if is_head { data.to_vec() } else { head::with_authorization(&[data]) };
    let mut work = Work::limited(LIMIT);
    for server in SERVERS {
        let inputs = Inputs { head: &head, path: b"FILE", file: &ENTRY, uri: b"/" };
        let _ = server.decide(&inputs, &mut work);
    }
    if let Ok(pasted) = pasted::head(data) {
        let inputs = Inputs { head: &pasted.head, path: b"FILE", file: &ENTRY, uri: b"/" };
        let _ = SERVERS[0].decide(&inputs, &mut work);
    }
}

/// A user file, in which every server looks for its first name and for another. What it finds lies in the file.
pub(crate) fn scan(data: &[u8]) {
    let first = data.split(|byte| matches!(byte, b':' | b'\n')).next().unwrap_or_default();
    for user in [first, b"alice"] {
        let head = head::with_user_pass(user, &Secret::from(&b"secret"[..]));
        for server in SERVERS {
            let inputs = Inputs { head: head.expose(), path: b"FILE", file: &data, uri: b"/" };
            let decision = server.decide(&inputs, &mut Work::assuming());
            if let Some(entry) = &decision.entry {
                let (name, length) = (server.info().name, data.len() as u64);
                assert!(entry.user.start <= entry.user.end && entry.user.end <= length, "{name}: {entry:?}");
                assert!(entry.field.start <= entry.field.end && entry.field.end <= length, "{name}: {entry:?}");
            }
        }
    }
}

/// A stored field, checked as every server and C library does.
pub(crate) fn setting(data: &[u8]) {
    let mut work = Work::limited(LIMIT);
    let _ = ANY.check(data, b"secret", &mut work);
    let _ = ANY.check(data, b"secret", &mut Work::assuming());
    let file = [b"u:", data, b"\n"].concat();
    let head = head::with_user_pass(b"u", &Secret::from(&b"secret"[..]));
    for server in SERVERS {
        let inputs = Inputs { head: head.expose(), path: b"FILE", file: &&file[..], uri: b"/" };
        let _ = server.decide(&inputs, &mut work);
    }
}

/// A password file: its parts are the file; an edit keeps the bytes of other lines; a new user's entry goes as it came.
pub(crate) fn document(data: &[u8]) {
    let whole: Vec<u8> = htpasswd::lines(data).flat_map(|line| [line.text(), line.end()].concat()).collect();
    assert_eq!(whole, data);
    let first = data.split(|byte| matches!(byte, b':' | b'\n')).next().unwrap_or_default().to_vec();
    for user in [&first[..], b"newcomer"] {
        // Names that the command refuses: no entry can have them, or no server finds it.
        let begins = user.first().is_none_or(|byte| matches!(byte, b'#' | b' ' | b'\t' | 0x0b | 0x0c));
        if begins || user.iter().any(|byte| matches!(byte, b'\r' | 0)) {
            continue;
        }
        let Ok(survey) = htpasswd::find(data, user) else { return };
        let is_new = survey.lines_of(user).next().is_none();
        let mut editor = survey.edit();
        let Ok(set) = editor.set(user, b"NEW") else { continue };
        let with = editor.finish().apply(data);
        let again = htpasswd::find(&with[..], user).unwrap();
        let fields: Vec<_> = again.lines_of(user).filter_map(|line| line.entry().map(|e| e.field.to_vec())).collect();
        assert!(fields.iter().any(|field| field == b"NEW"), "set is not found");
        if is_new && set.notes.is_empty() {
            let mut editor = again.edit();
            editor.remove(user).unwrap();
            assert_eq!(editor.finish().apply(&with), data, "set and remove");
        }
    }
}

/// A password file, looked through and mended; what is mended stays a file that can be looked through.
pub(crate) fn lint(data: &[u8]) {
    let thresholds = Thresholds::default();
    let demands = Demands { servers: &SERVERS[..2], thresholds: &thresholds };
    let (file, _) = mended(data, &demands, |_, grade| grade == Grade::Safe);
    let mut linter = Linter::new(&demands);
    for line in htpasswd::lines(&file) {
        linter.line(&line);
    }
    for finding in linter.finish(None) {
        assert!(finding.at.end <= file.len() as u64, "{}", finding.code.name);
    }
}

/// A machine with one file.
struct One<'a>(&'a [u8]);

impl Files for One<'_> {
    fn read(&self, path: &Path) -> Option<Vec<u8>> {
        (path == Path::new("/c")).then(|| self.0.to_vec())
    }

    fn list(&self, _: &Path) -> Vec<OsString> {
        vec!["c".into()]
    }

    fn kind(&self, path: &Path) -> Option<Kind> {
        Some(if path == Path::new("/c") { Kind::File } else { Kind::Folder })
    }
}

/// A configuration of Apache.
pub(crate) fn apache_conf(data: &[u8]) {
    let _ = apache::tree::read(Path::new("/c"), apache::settings::Start::default(), &One(data));
    let _ = apache::lex::words(data);
}

/// A configuration of nginx, as tokens and as a tree.
pub(crate) fn nginx_conf(data: &[u8]) {
    let mut lexer = nginx::lex::Lexer::new(data, Rc::new(PathBuf::from("/c")));
    // Each token takes a byte at least, but for the end.
    for _ in 0..=data.len() {
        if !matches!(lexer.token(), Ok(Some(_))) {
            break;
        }
    }
    let _ = nginx::tree::read(Path::new("/c"), &One(data));
}

/// A configuration of the other servers that can be read, asked for one page.
pub(crate) fn url_conf(data: &[u8]) {
    let files = One(data);
    let request = Request {
        scheme: b"http".to_vec(),
        host: b"localhost".to_vec(),
        address: None,
        port: 8080,
        target: b"/staff/x".to_vec(),
        method: b"GET".to_vec(),
        client: [127, 0, 0, 1].into(),
        head: [b"GET /staff/x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic ", SECRET, b"\r\n\r\n"].concat(),
    };
    let users = |_: &Path| -> Box<dyn UserFile> { Box::new(ENTRY) };
    let means = |name: &str| Means { server: server::find(name).unwrap(), files: &files, users: &users };
    let mut work = Work::limited(LIMIT);
    let main = Path::new("/c");
    if let Ok(tree) = caddy::tree::read(main, &files, Some(b"A=x\0")) {
        let _ = inquiry::caddy::ask(&tree, &request, &means("caddy"), &mut work);
    }
    for name in ["/c", "/c.toml"] {
        if let Ok(tree) = traefik::tree::read(Path::new(name), &files) {
            let _ = inquiry::traefik::ask(&tree, &request, &means("traefik"), &mut work);
        }
    }
    let _ = traefik::rule::Rule::parse(data);
    if let Ok(tree) = haproxy::tree::read(main, &files) {
        let _ = inquiry::haproxy::ask(&tree, &request, &means("haproxy"), &mut work);
    }
    if let Ok(tree) = lighttpd::tree::read(main, &files) {
        let _ = inquiry::lighttpd::ask(&tree, &request, &means("lighttpd"), &mut work);
    }
}

/// Another system's container of entries, as every format.
pub(crate) fn container(data: &[u8]) {
    let _ = container::detect(data);
    for format in FORMATS {
        if let Some(read) = format.read {
            let _ = read(data);
        }
    }
}

/// A log, as every format and as what it looks like.
pub(crate) fn log(data: &[u8]) {
    let clock = Clock::new(jiff::tz::TimeZone::UTC, 1_700_000_000_000_000);
    let names = format::FORMATS.iter().map(|format| Some(format.name)).chain([None]);
    for name in names {
        let context = format::Context { clock: &clock, outer: None, user_files: &[] };
        let shape = Shape { format: name, ..Shape::default() };
        let mut reader = Reader::new(context, &shape);
        for line in data.split(|byte| *byte == b'\n') {
            assert!(!matches!(reader.line(line), Told::Blank) || line.is_empty());
        }
    }
}

/// A database, of which all rows are read. They hold no more than the file.
pub(crate) fn sqlite(data: &[u8]) {
    let Ok(database) = Database::open(data) else { return };
    for name in ["bips", "bans", "t", "k", "sqlite_master"] {
        let Ok(Some(table)) = database.table(name) else { continue };
        let mut length = 0;
        let _ = database.rows(&table, &mut |row| {
            length += row.values.iter().filter_map(|value| Some(value.text()?.len())).sum::<usize>();
        });
        // A byte of a text that is none becomes three.
        assert!(length <= 3 * data.len(), "{length}");
    }
}

//! nginx in one process. It reads the user file at every request and writes its log before it answers.

use std::fmt::Write as _;
use std::process::Command;

use super::exchange::{Exchange, Then, status};
use super::site::{Site, quoted};
use super::{Live, find, version};
use crate::support::answer::{Answer, Kind, Line};
use crate::support::question::Question;

struct Nginx {
    site: Site,
    port: u16,
    version: String,
}

pub(crate) fn start() -> Result<Box<dyn Live>, String> {
    let program = find(&["nginx"])?;
    let mut site = Site::new("nginx");
    let port = site.start(config, |site| {
        let mut command = Command::new(&program);
        command.arg("-p").arg(site.path("")).arg("-e").arg(site.log()).arg("-c").arg(site.path("config"));
        command
    });
    Ok(Box::new(Nginx { site, port, version: version(&program, "-v") }))
}

fn config(site: &Site, port: u16) -> String {
    let mut folders = String::new();
    for name in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        let _ = writeln!(folders, "{name}_temp_path {};", quoted(&site.path(name)));
    }
    // `try_files` and not an index: that would be an internal redirect, which is authenticated a second time.
    format!(
        "daemon off;\nmaster_process off;\npid {pid};\nerror_log {log} info;\nevents {{ worker_connections 64; }}\n\
         http {{\n{folders}access_log off;\nkeepalive_timeout 0;\n\
         server {{\nlisten 127.0.0.1:{port};\nserver_name localhost;\nroot {www};\n\
         location / {{\nauth_basic x;\nauth_basic_user_file {users};\ntry_files /page =404;\n}}\n}}\n}}\n",
        pid = quoted(&site.path("pid")),
        log = quoted(&site.log()),
        www = quoted(&site.path("www")),
        users = quoted(&site.users()),
    )
}

impl Live for Nginx {
    fn version(&self) -> &str {
        &self.version
    }

    fn ask(&mut self, questions: &[Question]) -> Vec<Answer> {
        questions.iter().map(|question| self.ask_one(question)).collect()
    }
}

impl Nginx {
    fn ask_one(&mut self, question: &Question) -> Answer {
        self.site.place(&question.file);
        let answer = Exchange::start(self.port, &question.head, Then::Close).unwrap().finish();
        let status = status(&answer);
        let log = self.site.new_log();
        let log = entries(&log).into_iter().filter_map(|entry| log_line(&self.site, entry)).collect();
        Answer { kind: Kind::of_status(status), status, log: Some(log) }
    }
}

/// The entries of a log. The user's bytes stand in it unescaped, line ends too: an entry begins where a line begins with a time.
pub(crate) fn entries(log: &[u8]) -> Vec<&[u8]> {
    let starts_entry = |at: usize| (at == 0 || log[at - 1] == b'\n') && message(&log[at..]).is_some();
    let mut starts: Vec<_> = (0..log.len()).filter(|&at| starts_entry(at)).collect();
    starts.push(log.len());
    starts.windows(2).map(|pair| log[pair[0]..pair[1]].strip_suffix(b"\n").unwrap_or(&log[pair[0]..pair[1]])).collect()
}

/// `YYYY/MM/DD HH:MM:SS [level] PID#TID: *CID MESSAGE` → level and message.
pub(crate) fn message(entry: &[u8]) -> Option<(&[u8], &[u8])> {
    let time = entry.get(..19)?;
    let form = b"0000/00/00 00:00:00";
    let timed =
        time.iter().zip(form).all(|(byte, form)| if *form == b'0' { byte.is_ascii_digit() } else { byte == form });
    let rest = entry[19..].strip_prefix(b" [").filter(|_| timed)?;
    let (level, rest) = rest.split_at(memchr::memchr(b']', rest)?);
    let rest = rest.strip_prefix(b"] ")?;
    let at = memchr::memmem::find(rest, b": *")?;
    rest[..at].iter().all(|byte| byte.is_ascii_digit() || *byte == b'#').then_some(())?;
    Some((level, &rest[at + 3 + memchr::memchr(b' ', &rest[at + 3..])? + 1..]))
}

fn log_line(site: &Site, entry: &[u8]) -> Option<Line> {
    let (level, message) = message(entry)?;
    let client = memchr::memmem::rfind(message, b", client: 127.0.0.1, server: ");
    let text = client.map_or(message, |at| &message[..at]);
    let text = text.strip_suffix(b" while reading client request headers").unwrap_or(text);
    let cut = client.is_none();
    Some(Line { level: String::from_utf8(level.to_vec()).ok()?, text: site.without_path(text, cut), cut })
}

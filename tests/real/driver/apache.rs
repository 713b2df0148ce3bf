//! Apache httpd in one process. It reads the user file at every request and writes its log before it answers.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::exchange::{Exchange, Then, status};
use super::site::{Site, quoted};
use super::{Live, find, version};
use crate::support::answer::{Answer, Kind, Line};
use crate::support::question::Question;

/// Where distributions keep the modules.
pub(crate) const MODULES: &[&str] = &["/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/lib/httpd/modules"];

/// The modules that are loaded where they are not compiled in.
pub(crate) const LOADED: &[&str] =
    &["mpm_event", "unixd", "authn_core", "authn_file", "authz_core", "authz_user", "auth_basic", "alias"];

/// A line this long may have been cut: the log's buffer holds 8192 bytes.
const CUT: usize = 8190;

struct Apache {
    site: Site,
    port: u16,
    version: String,
}

pub(crate) fn start() -> Result<Box<dyn Live>, String> {
    let program = find(&["apache2", "httpd"])?;
    let modules =
        MODULES.iter().map(Path::new).find(|folder| folder.is_dir()).ok_or("its modules are not installed")?;
    let mut site = Site::new("apache");
    let port = site.start(
        |site, port| config(site, modules, port),
        |site| {
            let mut command = Command::new(&program);
            command.arg("-X").arg("-f").arg(site.path("config")).arg("-d").arg(site.path(""));
            command
        },
    );
    Ok(Box::new(Apache { site, port, version: version(&program, "-v") }))
}

fn config(site: &Site, modules: &Path, port: u16) -> String {
    let mut text = String::new();
    for name in LOADED {
        let file: PathBuf = modules.join(format!("mod_{name}.so"));
        if file.exists() {
            let _ = writeln!(text, "<IfModule !mod_{name}.c>\nLoadModule {name}_module {}\n</IfModule>", quoted(&file));
        }
    }
    let _ = write!(
        text,
        "ServerName localhost\nListen 127.0.0.1:{port}\nDefaultRuntimeDir {run}\nPidFile {pid}\nErrorLog {log}\nLogLevel info\n\
         KeepAlive Off\nDocumentRoot {www}\nAliasMatch \"^.*$\" {page}\n\
         <Location \"/\">\nAuthType Basic\nAuthName x\nAuthUserFile {users}\nRequire valid-user\n</Location>\n",
        run = quoted(&site.path("")),
        pid = quoted(&site.path("pid")),
        log = quoted(&site.log()),
        www = quoted(&site.path("www")),
        page = quoted(&site.path("www/page")),
        users = quoted(&site.users()),
    );
    text
}

impl Live for Apache {
    fn version(&self) -> &str {
        &self.version
    }

    fn ask(&mut self, questions: &[Question]) -> Vec<Answer> {
        questions.iter().map(|question| self.ask_one(question)).collect()
    }
}

impl Apache {
    fn ask_one(&mut self, question: &Question) -> Answer {
        self.site.place(&question.file);
        let answer = Exchange::start(self.port, &question.head, Then::Close).unwrap().finish();
        let status = status(&answer);
        let log = self.site.new_log();
        let lines = log.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
        let log = lines.filter_map(|line| log_line(&self.site, line)).collect();
        Answer { kind: Kind::of_status(status), status, log: Some(log) }
    }
}

/// `[time] [module:level] [pid N:tid N] (errno)text: [client A:P] TEXT` → level and TEXT.
fn log_line(site: &Site, line: &[u8]) -> Option<Line> {
    let mut fields = line.splitn(4, |&byte| byte == b']');
    let module = fields.nth(1)?;
    let rest = fields.nth(1)?.strip_prefix(b" ")?;
    let level = module.split(|&byte| byte == b':').nth(1)?;
    // The user's bytes come after the code, so the first one is the message's own.
    let text = &rest[memchr::memmem::find(rest, b"AH")?..];
    let cut = line.len() >= CUT;
    Some(Line { level: String::from_utf8(level.to_vec()).ok()?, text: site.without_path(text, cut), cut })
}

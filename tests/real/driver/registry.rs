//! Distribution's registry. It looks at the file for every request with credentials, and reads it where its time has changed.
//! What it does with a file that is missing or can't be read is decided when it starts, so for those it is started anew.

use std::path::PathBuf;
use std::process::Command;

use super::exchange::{Address, begin, status};
use super::files::{answered, refused};
use super::site::{Site, put, quoted};
use super::{Live, find, first_version};
use crate::support::answer::Answer;
use crate::support::question::{File, Question};

struct Registry {
    program: PathBuf,
    site: Site,
    port: u16,
    version: String,
}

pub(crate) fn start() -> Result<Box<dyn Live>, String> {
    let program = find(&["docker-registry"])?;
    let version = first_version(&program, "--version");
    let mut registry = Registry { program, site: Site::new("registry"), port: 0, version };
    put(&registry.site.users(), &File::Bytes(Vec::new()));
    assert!(registry.restart(), "the registry does not come up");
    Ok(Box::new(registry))
}

impl Registry {
    /// Whether it comes up with the file that stands there.
    fn restart(&mut self) -> bool {
        self.site.stop();
        let config = |site: &Site, port| {
            format!(
                "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\n\
                 http: {{addr: \"127.0.0.1:{port}\"}}\nauth: {{htpasswd: {{realm: r, path: {}}}}}\n",
                quoted(&site.path("data")),
                quoted(&site.users())
            )
        };
        let command = |site: &Site| {
            let mut command = Command::new(&self.program);
            command.arg("serve").arg(site.path("config")).env("OTEL_TRACES_EXPORTER", "none");
            command
        };
        let port = self.site.try_start(config, command);
        self.port = port.unwrap_or(0);
        port.is_some()
    }

    fn ask_one(&mut self, question: &Question) -> Answer {
        put(&self.site.users(), &question.file);
        let at_start = matches!(question.file, File::Missing | File::Unreadable);
        if (at_start || self.port == 0) && !self.restart() {
            return refused();
        }
        // Nothing but `/v2/` asks for credentials.
        let head = question
            .head
            .strip_prefix(b"GET / ")
            .map_or_else(|| question.head.clone(), |rest| [b"GET /v2/ ", rest].concat());
        answered(status(&begin(Address::Port(self.port), &head).unwrap()), 401)
    }
}

impl Live for Registry {
    fn version(&self) -> &str {
        &self.version
    }

    fn ask(&mut self, questions: &[Question]) -> Vec<Answer> {
        questions.iter().map(|question| self.ask_one(question)).collect()
    }
}

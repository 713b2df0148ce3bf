//! exporter-toolkit in Debian's `prometheus-node-exporter`. It judges its users when it starts, so it is started for each user
//! file: slow, and what it is asked is cut down to fit.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use super::files::{accounts, refused};
use super::site::{Site, put};
use super::{Live, each, find, first_answer};
use crate::support::answer::Answer;
use crate::support::question::{File, Question};

struct ExporterToolkit {
    program: PathBuf,
}

pub(crate) fn start() -> Result<Box<dyn Live>, String> {
    Ok(Box::new(ExporterToolkit { program: find(&["prometheus-node-exporter"])? }))
}

impl Live for ExporterToolkit {
    fn version(&self) -> &'static str {
        // The exporter's own number; the toolkit's is 0.8.2.
        "1.5.0"
    }

    fn ask(&mut self, questions: &[Question]) -> Vec<Answer> {
        each(questions, |question| {
            let mut site = Site::new("exporter-toolkit");
            let users = match &question.file {
                File::Bytes(bytes) => File::Bytes(yaml(&accounts(bytes)).into_bytes()),
                other => other.clone(),
            };
            put(&site.users(), &users);
            let port = site.try_start_with_port(|site, port| {
                let mut command = Command::new(&self.program);
                command.arg("--web.listen-address").arg(format!("127.0.0.1:{port}"));
                command.arg("--web.config.file").arg(site.users());
                command.args(["--collector.disable-defaults", "--log.level=error"]);
                command
            });
            let Some(port) = port else { return refused() };
            first_answer(&mut site, port, &question.head)
        })
    }
}

/// The accounts as a map of quoted texts.
fn yaml(accounts: &[(&[u8], &[u8])]) -> String {
    let quoted = |bytes: &[u8]| {
        let mut text = String::from("\"");
        for c in String::from_utf8_lossy(bytes).chars() {
            match c {
                '"' | '\\' => text.extend(['\\', c]),
                ' '..='~' => text.push(c),
                _ => {
                    let _ = write!(text, "\\U{:08X}", u32::from(c));
                }
            }
        }
        text + "\""
    };
    let mut text = String::from("basic_auth_users:\n");
    for (name, field) in accounts {
        let _ = writeln!(text, "  {}: {}", quoted(name), quoted(field));
    }
    text
}

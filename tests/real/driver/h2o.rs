//! h2o with its `htpasswd.rb`. It reads the user file at every request; what the script says is in the log by the time the
//! answer comes.

use std::path::PathBuf;
use std::process::Command;

use super::exchange::{Exchange, Then, status};
use super::site::{Site, quoted};
use super::{Live, find, version};
use crate::support::answer::{Answer, Kind, Line};
use crate::support::question::Question;

struct H2o {
    site: Site,
    port: u16,
    version: String,
}

pub(crate) fn start() -> Result<Box<dyn Live>, String> {
    let program: PathBuf = find(&["h2o"])?;
    let mut site = Site::new("h2o");
    let port = site.start(config, |site| {
        let mut command = Command::new(&program);
        command.arg("-m").arg("worker").arg("-c").arg(site.path("config"));
        command
    });
    Ok(Box::new(H2o { site, port, version: version(&program, "-v") }))
}

fn config(site: &Site, port: u16) -> String {
    format!(
        "listen: {{host: 127.0.0.1, port: {port}}}\nnum-threads: 1\nerror-log: {log}\nhosts:\n  default:\n    paths:\n      \"/\":\n\
         {gap}mruby.handler: |\n{gap}  require \"htpasswd.rb\"\n{gap}  Htpasswd.new({users}, \"x\")\n{gap}file.dir: {www}\n\
         {gap}file.index: [page]\n",
        gap = "        ",
        log = quoted(&site.log()),
        users = quoted(&site.users()),
        www = quoted(&site.path("www")),
    )
}

impl Live for H2o {
    fn version(&self) -> &str {
        &self.version
    }

    fn ask(&mut self, questions: &[Question]) -> Vec<Answer> {
        questions.iter().map(|question| self.ask_one(question)).collect()
    }
}

impl H2o {
    fn ask_one(&mut self, question: &Question) -> Answer {
        self.site.place(&question.file);
        let exchange = Exchange::start(self.port, &question.head, Then::Wait).unwrap();
        let status = status(&exchange.finish_head());
        let written = self.site.new_log();
        let lines = written.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let lines = lines.filter(|line| !line.starts_with(b"h2o server (pid:"));
        let log =
            lines.map(|line| Line { level: "none".into(), text: self.site.without_path(line, false), cut: false });
        Answer { kind: Kind::of_status(status), status, log: Some(log.collect()) }
    }
}

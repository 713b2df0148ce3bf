//! Squid. Its helper is the real `basic_ncsa_auth`, started for each question by a script, since it would not see a file that
//! changes twice in a second. Squid remembers who got in, but only together with the client's port, which is another for each
//! question. A thread of the test is the server behind it.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;

use super::exchange::{Address, begin, status};
use super::files::answered;
use super::site::{Site, put, quoted};
use super::{Live, find, first_version};
use crate::support::answer::Answer;
use crate::support::question::Question;

const HELPER: &str = "/usr/lib/squid/basic_ncsa_auth";

struct Squid {
    site: Site,
    port: u16,
    version: String,
}

pub(crate) fn start() -> Result<Box<dyn Live>, String> {
    let program = find(&["squid"])?;
    if !std::path::Path::new(HELPER).is_file() {
        return Err(format!("without its helper (no {HELPER})"));
    }
    let mut site = Site::new("squid");
    let script = format!(
        "while IFS= read -r line; do printf '%s\\n' \"${{line% *}}\" | {HELPER} {} 2>/dev/null || echo ERR; done\n",
        quoted(&site.users())
    );
    std::fs::write(site.path("helper"), script).unwrap();
    let name = format!("why401t{}", std::process::id());
    let origin = origin();
    let config = |site: &Site, port| config(site, port, origin);
    let port = site.start(config, |site| {
        let mut command = Command::new(&program);
        command.arg("-N").arg("-n").arg(&name).arg("-f").arg(site.path("config"));
        command
    });
    Ok(Box::new(Squid { site, port, version: first_version(&program, "-v") }))
}

/// A server that says 200 to everyone, for as long as the test runs; its port.
fn origin() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nin\n");
        }
    });
    port
}

fn config(site: &Site, port: u16, origin: u16) -> String {
    format!(
        "http_port 127.0.0.1:{port} accel defaultsite=x no-vhost\n\
         cache_peer 127.0.0.1 parent {origin} 0 no-query originserver name=o no-digest\n\
         auth_param basic program /bin/sh {helper}\nauth_param basic children 1\nauth_param basic realm r\n\
         auth_param basic casesensitive on\nauth_param basic key_extras \"%>p\"\nauth_param basic credentialsttl 1 second\n\
         acl a proxy_auth REQUIRED\nhttp_access allow a\nhttp_access deny all\ncache deny all\n\
         pid_filename {pid}\naccess_log none\ncache_log {log}\ncoredump_dir {folder}\nvisible_hostname x\n\
         shutdown_lifetime 0 seconds\nlogfile_rotate 0\n",
        helper = site.path("helper").display(),
        pid = site.path("pid").display(),
        log = site.log().display(),
        folder = site.path("").display(),
    )
}

impl Live for Squid {
    fn version(&self) -> &str {
        &self.version
    }

    fn ask(&mut self, questions: &[Question]) -> Vec<Answer> {
        let answer = |question: &Question| {
            put(&self.site.users(), &question.file);
            let status = status(&begin(Address::Port(self.port), &question.head).unwrap());
            // Known, and not let in: the access rule does not take this name.
            let refusal = if status == Some(403) { 403 } else { 401 };
            answered(status, refusal)
        };
        questions.iter().map(answer).collect()
    }
}

impl Drop for Squid {
    fn drop(&mut self) {
        // It leaves segments in /dev/shm otherwise.
        self.site.stop_gently();
    }
}

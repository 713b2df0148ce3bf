//! Configurations with what their servers answered: rows of `observed/config/PRODUCT.jsonl`.
//!
//! The first row has the servers, each with its version; every other one `why`, `files` by name (the first is the main one), and
//! `asks`: host, target, `USER:PASSWORD` or null, then each server's status, null where it does not take the configuration.
//! `undecided` is true, or a server's name, where `why401` does not say. In the files `@PORT@` is the port that is asked, `@OTHER@` another one, `@DIR@` their
//! folder, and `@SECRET@` and `@WRONG@` are hashes of `secret` and of something else.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use why401::conf::{Files, Kind, Trouble, caddy, traefik};
use why401::crypt::Work;
use why401::inquiry::{self, Finding, Means, Request};
use why401::server::{self, UserFile};
use why401::trace::Verdict;

use super::question::{File, base64};

/// `secret`, by Apache's htpasswd.
pub(crate) const SECRET: &str = "$2y$04$1QvGXu9I0CY9.G3RkuCum.qQYesWh/WC/PrhxsudzXKtcIVAODYqK";
/// `other`.
pub(crate) const WRONG: &str = "$2y$04$jiPAYq8RdgrTxHbLJIC9neWYGDVFwJuk6JUOKXVXOjaAJkAu.HGa2";

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    pub(crate) host: String,
    pub(crate) target: String,
    /// `USER:PASSWORD`
    pub(crate) credentials: Option<String>,
}

impl Ask {
    /// The first three fields of a recorded one.
    pub(crate) fn of(row: &Value) -> Self {
        let text = |at: usize| row[at].as_str().map(str::to_owned);
        Self { host: text(0).unwrap(), target: text(1).unwrap(), credentials: text(2) }
    }

    pub(crate) fn head(&self) -> Vec<u8> {
        let mut head =
            format!("GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.target, self.host).into_bytes();
        if let Some(credentials) = &self.credentials {
            head.extend_from_slice(b"Authorization: Basic ");
            head.extend(base64(credentials.as_bytes()));
            head.extend_from_slice(b"\r\n");
        }
        head.extend_from_slice(b"\r\n");
        head
    }

    pub(crate) fn request(&self, port: u16) -> Request {
        Request {
            scheme: b"http".to_vec(),
            host: self.host.as_bytes().to_vec(),
            address: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            port,
            target: self.target.as_bytes().to_vec(),
            method: b"GET".to_vec(),
            client: IpAddr::V4(Ipv4Addr::LOCALHOST),
            head: self.head(),
        }
    }
}

/// A row's files with what stands for something put in.
pub(crate) fn files(row: &Value, folder: &Path, port: u16, other: u16) -> Vec<(String, String)> {
    let fill = |text: &Value| {
        let text = text.as_str().unwrap().replace("@PORT@", &port.to_string()).replace("@OTHER@", &other.to_string());
        text.replace("@DIR@", folder.to_str().unwrap()).replace("@SECRET@", SECRET).replace("@WRONG@", WRONG)
    };
    row["files"].as_object().unwrap().iter().map(|(name, text)| (name.clone(), fill(text))).collect()
}

/// Files that stand nowhere.
#[derive(Default)]
pub(crate) struct Memory(pub(crate) BTreeMap<PathBuf, Vec<u8>>);

impl Files for Memory {
    fn read(&self, path: &Path) -> Option<Vec<u8>> {
        self.0.get(path).cloned()
    }

    fn list(&self, folder: &Path) -> Vec<OsString> {
        let names = self.0.keys().filter(|path| path.parent() == Some(folder));
        let mut names: Vec<OsString> = names.filter_map(|path| path.file_name()).map(OsString::from).collect();
        names.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
        names
    }

    fn kind(&self, path: &Path) -> Option<Kind> {
        let is_folder = self.0.keys().any(|file| file != path && file.starts_with(path));
        if self.0.contains_key(path) { Some(Kind::File) } else { is_folder.then_some(Kind::Folder) }
    }
}

/// What `why401 url` makes of requests to a server with this main file; `Err` where it says that the server does not take it.
pub(crate) fn findings(
    server: &str,
    main: &Path,
    files: &dyn Files,
    requests: &[Request],
) -> Result<Vec<Finding>, Trouble> {
    let users = |path: &Path| -> Box<dyn UserFile> { Box::new(files.read(path).map_or(File::Missing, File::Bytes)) };
    let means = Means { server: server::find(server).unwrap(), files, users: &users };
    let mut work = Work::limited(1.0);
    if server == "traefik" {
        let tree = traefik::tree::read(main, files)?;
        return Ok(requests.iter().map(|request| inquiry::traefik::ask(&tree, request, &means, &mut work)).collect());
    }
    let tree = caddy::tree::read(main, files, None)?;
    Ok(requests.iter().map(|request| inquiry::caddy::ask(&tree, request, &means, &mut work)).collect())
}

/// Whether a finding is what the server answered: let in is whatever it is not refused or failed with.
pub(crate) fn fits(finding: &Finding, status: Option<u16>) -> Option<bool> {
    match finding.decision.verdict {
        Verdict::Undecided => None,
        verdict if verdict.lets_in() => Some(!matches!(status, Some(401 | 403 | 500) | None)),
        _ => Some(finding.decision.status == status),
    }
}

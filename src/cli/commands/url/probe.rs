//! `--probe`: the request sent once, to the running server on this host, and its answer held against the predicted one.
//!
//! Only to an address on which that server's own process listens, only by methods that change nothing, and never over TLS.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgAction};
use serde_json::json;

use crate::basic::head;
use crate::cli::commands::url::find::Found;
use crate::cli::commands::url::part::{Part, Rank};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::host::Disk;
use crate::inquiry::probe::{self, Answer, Known};
use crate::inquiry::{Finding, Request};
use crate::render::style::{Role, Style};
use crate::render::text::printable;
use crate::secret::Secret;

/// Headers that are made here.
const OURS: &[&[u8]] = &[b"host", b"connection", b"content-length", b"transfer-encoding", b"expect"];
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read.
const LONGEST: u64 = 64 * 1024;

pub(super) fn arg() -> Arg {
    Arg::new("probe").long("probe").action(ArgAction::SetTrue).help(
        "Send the request too, once, to the server that listens on this host, and hold its answer against the predicted one",
    )
}

/// Sends the request; what came back and what it shows.
pub(super) fn part(
    found: &Found,
    request: &Request,
    finding: &Finding,
    is_stale: bool,
    style: Style,
) -> Result<Part, Error> {
    let to = address(found, request)?;
    let bytes = ask(to, request).map_err(|error| {
        Error::new(Exit::CouldNot, "probe", format!("the server does not answer: {error}")).at(to.to_string())
    })?;
    let answer = Answer::parse(&bytes)
        .ok_or_else(|| Error::new(Exit::CouldNot, "probe", "what came back is no answer of HTTP").at(to.to_string()))?;
    let realm = finding.chain.iter().rfind(|link| link.rule == "realm");
    let realm = realm.and_then(|link| link.text.split_once('"')?.1.rsplit_once('"')).map(|(realm, _)| realm.to_owned());
    let known = Known { product: found.reader.name, realm: realm.as_deref(), is_stale };
    let agrees = probe::agrees(&finding.decision, &answer);
    let clues = probe::clues(&finding.decision, &answer, &known);
    let said = match agrees {
        Some(true) => style.paint(Role::Good, &format!("{}, as predicted", answer.status)),
        Some(false) => {
            style.paint(Role::Bad, &format!("{}, which is not what the files on the disk say", answer.status))
        }
        None => format!("{}; nothing was predicted", answer.status),
    };
    let mut lines = vec![format!("{to} answers {said}")];
    lines.extend(
        clues.iter().map(|clue| format!("{} {}", style.paint(Role::Frame, "="), printable(clue.text.as_bytes()))),
    );
    let value = json!({
        "address": to.to_string(),
        "status": answer.status,
        "realm": answer.realm(),
        "server": answer.header("server"),
        "agrees": agrees,
        "clues": clues.iter().map(|clue| json!({"code": clue.code, "text": clue.text})).collect::<Vec<_>>(),
    });
    let rank = if agrees == Some(false) { Rank::Above } else { Rank::Beside };
    Ok(Part { key: "probe", rank, value, heading: "the server's real answer:", lines })
}

/// Where the running server listens, on this host and nowhere else.
fn address(found: &Found, request: &Request) -> Result<SocketAddr, Error> {
    let no = |message: &str, help: &str| Error::new(Exit::CouldNot, "probe", message).help(help);
    if request.scheme != b"http" {
        return Err(no(
            "--probe speaks plain HTTP, and this URL is https",
            "ask with `curl -sk -o /dev/null -w '%{http_code}\\n' -u USER URL`",
        ));
    }
    if ![&b"GET"[..], b"HEAD", b"OPTIONS"].contains(&&request.method[..]) {
        return Err(Error::usage("--probe sends only what changes nothing").help("use --method GET, HEAD or OPTIONS"));
    }
    let port = request.port;
    let running = found.running.as_ref().ok_or_else(|| {
        no(
            &format!("no running {} is found on this host", found.reader.title),
            "start it; only root sees the sockets of others",
        )
    })?;
    let addresses = running.listening(&Disk::below(PathBuf::from("/")), port);
    let is_own = |ip: IpAddr| UdpSocket::bind((ip, 0)).is_ok();
    let wanted = match request.address {
        Some(ip) if addresses.contains(&ip) => Some(ip),
        Some(ip) => addresses.iter().any(IpAddr::is_unspecified).then_some(ip),
        None => addresses.first().map(|ip| match ip {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => *ip,
        }),
    };
    wanted.filter(|ip| is_own(*ip)).map(|ip| SocketAddr::new(ip, port)).ok_or_else(|| {
        no(
            &format!("{} does not listen on port {port} of this host", found.reader.title),
            "give the URL with the port that it listens on; only root sees the sockets of others",
        )
    })
}

/// One exchange. The credentials are wiped.
fn ask(to: SocketAddr, request: &Request) -> std::io::Result<Vec<u8>> {
    let mut wire = Secret::with_capacity(request.head.len() + request.target.len() + request.host.len() + 256);
    for part in [&request.method[..], b" ", &request.target, b" HTTP/1.1\r\nHost: ", &request.host, b"\r\n"] {
        wire.extend(part);
    }
    for line in head::lines(&request.head).skip(1) {
        let line = line.bytes.strip_suffix(b"\r").unwrap_or(line.bytes);
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
        if !line.is_empty() && !OURS.contains(&&name[..]) {
            wire.extend(line);
            wire.extend(b"\r\n");
        }
    }
    wire.extend(b"Connection: close\r\n\r\n");
    let mut stream = TcpStream::connect_timeout(&to, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(wire.expose())?;
    let mut answer = Vec::new();
    let mut limited = stream.take(LONGEST);
    let mut block = [0; 4096];
    while memchr::memmem::find(&answer, b"\r\n\r\n").is_none() {
        let length = limited.read(&mut block)?;
        if length == 0 {
            break;
        }
        answer.extend_from_slice(&block[..length]);
    }
    Ok(answer)
}

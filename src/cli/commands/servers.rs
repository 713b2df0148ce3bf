//! `why401 servers`: the table of servers, and the rules of one.

use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use crate::cli::args;
use crate::cli::commands::Row;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::io::Io;
use crate::render::style::Role;
use crate::render::text::wrapped;
use crate::server::{Info, SERVERS};

pub(super) const ROW: Row = Row {
    name: "servers",
    about: "List the servers, or show the rules of one",
    after: "`recorded VERSION` means that answers of the running program were recorded and are held against this one; `source VERSION` \
            that only its source was read.",
    args,
    run,
};

fn args(command: Command) -> Command {
    command.arg(Arg::new("name").value_name("NAME").help("Show this server's rules in full"))
}

fn run(matches: &ArgMatches, io: &mut Io) -> Result<Exit, Error> {
    match matches.get_one::<String>("name") {
        Some(name) => one(args::server(name)?.info(), io),
        None => all(io),
    }
}

fn all(io: &mut Io) -> Result<Exit, Error> {
    if io.json {
        let rows: Vec<Value> = SERVERS.iter().map(|server| row(server.info())).collect();
        io.document(&json!({"servers": rows}))?;
        return Ok(Exit::Done);
    }
    for server in SERVERS {
        let info = server.info();
        let name = io.style.paint(Role::Strong, info.name);
        let libc = info.libc.map_or_else(String::new, |libc| format!(" · crypt(3) of {libc}"));
        let known = format!("{} {}{libc} · reads FILE: {}", info.evidence.name(), info.version, info.reload);
        let known = io.style.paint(Role::Frame, &known);
        writeln!(io.out(), "{name}: {}\n    {known}", info.summary)?;
    }
    Ok(Exit::Done)
}

fn one(info: &Info, io: &mut Io) -> Result<Exit, Error> {
    if io.json {
        let mut document = row(info);
        let rules: Vec<Value> = info
            .rules
            .iter()
            .map(|rule| json!({"topic": rule.topic, "text": rule.text, "source": rule.source}))
            .collect();
        document["rules"] = json!(rules);
        io.document(&document)?;
        return Ok(Exit::Done);
    }
    let heading = io.style.paint(Role::Strong, info.name);
    writeln!(io.out(), "{heading}: {}", info.summary)?;
    writeln!(io.out(), "known from:  {} {}", info.evidence.name(), info.version)?;
    if let Some(libc) = info.libc {
        writeln!(io.out(), "crypt(3):    {libc}")?;
    }
    writeln!(io.out(), "reads FILE:  {}", info.reload)?;
    for rule in info.rules {
        let topic = io.style.paint(Role::Strong, rule.topic);
        let source = io.style.paint(Role::Frame, &format!("[{}]", rule.source));
        write!(io.out(), "\n{topic}\n{}{source}\n", wrapped(rule.text, 80))?;
    }
    Ok(Exit::Done)
}

fn row(info: &Info) -> Value {
    json!({
        "name": info.name,
        "version": info.version,
        "evidence": info.evidence.name(),
        "libc": info.libc,
        "reload": info.reload,
        "summary": info.summary,
    })
}

//! `why401 explain`: the long text of a code.

use clap::{Arg, ArgMatches, Command};
use serde_json::json;

use crate::cli::codes;
use crate::cli::commands::Row;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::io::Io;
use crate::render::style::Role;
use crate::render::text::{count, wrapped};

pub(super) const ROW: Row = Row {
    name: "explain",
    about: "Explain a code that another command printed",
    after: "Without CODE, the codes are listed.",
    args,
    run,
};

fn args(command: Command) -> Command {
    command.arg(Arg::new("code").value_name("CODE").help("The code, such as password-mismatch"))
}

fn run(matches: &ArgMatches, io: &mut Io) -> Result<Exit, Error> {
    let Some(name) = matches.get_one::<String>("code") else { return list(io) };
    let code = codes::find(name).ok_or_else(|| {
        Error::usage(format!("there is no code `{name}`"))
            .help(format!("`why401 explain` lists the {}", count(codes::all().count(), "code", "codes")))
    })?;
    if io.json {
        io.document(&json!({"code": code.name, "title": code.title, "text": code.text}))?;
    } else {
        let heading = io.style.paint(Role::Strong, &format!("{}: {}", code.name, code.title));
        let text = format!("{heading}\n\n{}", wrapped(code.text, 80));
        io.out().write_all(text.as_bytes())?;
    }
    Ok(Exit::Done)
}

fn list(io: &mut Io) -> Result<Exit, Error> {
    if io.json {
        let all: Vec<_> =
            codes::all().map(|(_, code)| json!({"code": code.name, "title": code.title, "text": code.text})).collect();
        io.document(&json!({"codes": all}))?;
    } else {
        for (_, code) in codes::all() {
            writeln!(io.out(), "{:22} {}", code.name, code.title)?;
        }
    }
    Ok(Exit::Done)
}

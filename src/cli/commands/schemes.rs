//! `why401 schemes`: the table of password schemes.

use clap::{ArgMatches, Command};
use serde_json::{Value, json};

use crate::cli::commands::Row;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::io::Io;
use crate::scheme::{SCHEMES, Scheme};

pub(super) const ROW: Row = Row {
    name: "schemes",
    about: "List the password schemes",
    after: "Which server takes which is told by `why401 list FILE --for SERVER` and `why401 servers NAME`.",
    args,
    run,
};

fn args(command: Command) -> Command {
    command
}

fn run(_: &ArgMatches, io: &mut Io) -> Result<Exit, Error> {
    if io.json {
        let rows: Vec<Value> = SCHEMES.iter().map(|scheme| row(scheme)).collect();
        io.document(&json!({"schemes": rows}))?;
        return Ok(Exit::Done);
    }
    for scheme in SCHEMES {
        let made = if scheme.make.is_some() { "made" } else { "read" };
        let prefixes = scheme.prefixes.join(" ");
        writeln!(io.out(), "{:14} {made}  {prefixes:22} {}", scheme.name, scheme.title)?;
    }
    Ok(Exit::Done)
}

fn row(scheme: &Scheme) -> Value {
    let cost = scheme.cost.as_ref().map(|cost| {
        json!({"unit": cost.unit, "default": cost.default, "min": cost.min, "max": cost.max,
               "seconds_at_default": (cost.seconds)(cost.default)})
    });
    json!({
        "name": scheme.name,
        "title": scheme.title,
        "prefixes": scheme.prefixes,
        "password_bytes": scheme.password_bytes,
        "strength": scheme.strength,
        "cost": cost,
        "made": scheme.make.is_some(),
    })
}

//! What nginx does not start with, in its own words: so that a configuration which never took effect is not taken for one that runs.
//!
//! Behaviour of nginx 1.22.1 `src/core/ngx_conf_file.c:ngx_conf_handler` over the tables of [`table`], then the values of what decides
//! about access ([`values`]), `location` ([`locations`]) and variables ([`names`]). Only what is certain is a refusal: what is
//! not checked here nginx may still refuse.

pub mod locations;
pub mod names;
pub mod program;
pub mod table;
pub mod values;

use std::path::Path;

use crate::conf::nginx::refusal::program::{Has, Program};
use crate::conf::nginx::tree::{Directive, Tree};
use crate::conf::{Files, Place, Trouble};

/// What came of a check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// What nginx says first, and where.
    pub refused: Option<Trouble>,
    /// Directives that neither nginx nor a module known here has, each where it stands first: their module is not known, or nginx
    /// refuses them.
    pub strangers: Vec<(Vec<u8>, Place)>,
}

/// Checks a configuration. `program` is the nginx that reads it, if one is at hand.
#[must_use]
pub fn find(tree: &Tree, program: Option<&Path>, files: &dyn Files) -> Found {
    // A part of a configuration may be asked about as well.
    let is_part = program.is_none();
    let program = Program::of(program, tree, files);
    let mut check = Check { program, found: Found::default() };
    let refused = check.block(&tree.main, 'm', &mut Vec::new()).err();
    let refused = refused.or_else(|| tree.trouble.clone());
    let is_complete = is_part || tree.main.first("events").is_some();
    let none =
        || Trouble { place: tree.main.place.clone(), message: "no \"events\" section in configuration".to_owned() };
    check.found.refused = refused.or_else(|| (!is_complete).then(none));
    check.found
}

struct Check {
    program: Program,
    found: Found,
}

/// What nginx says of a directive: at the line where it ends.
fn refuse(directive: &Directive, message: impl Into<String>) -> Trouble {
    Trouble { place: at_end(directive), message: message.into() }
}

fn at_end(directive: &Directive) -> Place {
    Place { line: directive.end, ..directive.place.clone() }
}

/// The bytes of a name or an argument in a message.
fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Check {
    /// The directives of a block in order; `around` are the blocks around it, innermost last.
    fn block<'t>(
        &mut self,
        block: &'t Directive,
        context: char,
        around: &mut Vec<&'t Directive>,
    ) -> Result<(), Trouble> {
        around.push(block);
        let mut seen: Vec<&[u8]> = Vec::new();
        for directive in &block.block {
            self.directive(directive, context, &mut seen, around)?;
        }
        around.pop();
        Ok(())
    }

    fn directive<'t>(
        &mut self,
        directive: &'t Directive,
        context: char,
        seen: &mut Vec<&'t [u8]>,
        around: &mut Vec<&'t Directive>,
    ) -> Result<(), Trouble> {
        let name = directive.name.as_slice();
        let shown_name = shown(name);
        match self.program.has(name) {
            Has::Maybe => {}
            Has::No => return Err(refuse(directive, format!("unknown directive \"{shown_name}\""))),
            Has::Unknown => {
                if !table::is_later(name) && self.found.strangers.iter().all(|(known, _)| known != name) {
                    self.found.strangers.push((name.to_vec(), directive.place.clone()));
                }
                return Ok(());
            }
        }
        let Some(known) = table::known(name) else { return Ok(()) };
        let is_takes = |context, count| !self.program.is_of_table() && table::later_takes(name, context, count);
        if !known.is_allowed(context) {
            if is_takes(Some(context), 0) {
                return Ok(());
            }
            return Err(refuse(directive, format!("\"{shown_name}\" directive is not allowed here")));
        }
        if directive.braces && !known.has_block() {
            return Err(refuse(directive, format!("directive \"{shown_name}\" is not terminated by \";\"")));
        }
        if !directive.braces && known.has_block() {
            return Err(refuse(directive, format!("directive \"{shown_name}\" has no opening \"{{\"")));
        }
        if !known.takes(directive.args.len()) {
            if is_takes(None, directive.args.len()) {
                return Ok(());
            }
            return Err(refuse(directive, format!("invalid number of arguments in \"{shown_name}\" directive")));
        }
        if known.is_single() && seen.contains(&name) {
            return Err(refuse(directive, format!("\"{shown_name}\" directive is duplicate")));
        }
        seen.push(name);
        let value = directive.arg(0);
        if known.is_flag() && !value.eq_ignore_ascii_case(b"on") && !value.eq_ignore_ascii_case(b"off") {
            let value = shown(value);
            let message =
                format!("invalid value \"{value}\" in \"{shown_name}\" directive, it must be \"on\" or \"off\"");
            return Err(refuse(directive, message));
        }
        if let Some(message) = values::invalid(directive, around) {
            return Err(refuse(directive, message));
        }
        if known.has_variables() && "hsiljx".contains(context) && names::is_malformed(directive, known) {
            return Err(refuse(directive, "invalid variable name"));
        }
        match inside(context, name) {
            Some(inner) => {
                self.block(directive, inner, around)?;
                self.ended(directive, inner)
            }
            None if ROWS.contains(&name) => rows(directive),
            None => Ok(()),
        }
    }
}

impl Check {
    /// What nginx looks at once all of `http` is read.
    fn ended(&self, block: &Directive, context: char) -> Result<(), Trouble> {
        if context != 'h' || !block.whole {
            return Ok(());
        }
        let found = locations::duplicate(block).or_else(|| names::unknown(block, &self.found.strangers));
        found.map_or(Ok(()), Err)
    }
}

/// Blocks whose lines are rows of a table.
const ROWS: &[&[u8]] = &[b"map", b"geo", b"types", b"split_clients", b"charset_map"];

fn rows(table: &Directive) -> Result<(), Trouble> {
    let is_alone = |row: &Directive| row.args.is_empty() && (row.name == b"hostnames" || row.name == b"volatile");
    for row in &table.block {
        if row.braces {
            return Err(refuse(row, "unexpected \"{\""));
        }
        if table.name == b"map" && row.args.len() != 1 && !is_alone(row) {
            return Err(refuse(row, "invalid number of the map parameters"));
        }
    }
    Ok(())
}

/// The context within a block; `None` where its lines are rows of a table, or of no concern to HTTP.
fn inside(context: char, name: &[u8]) -> Option<char> {
    Some(match (context, name) {
        ('m', b"events") => 'e',
        ('m', b"http") => 'h',
        ('h', b"server") => 's',
        ('h', b"upstream") => 'u',
        ('s' | 'l', b"location") => 'l',
        ('s', b"if") => 'i',
        ('l', b"if") => 'j',
        ('l', b"limit_except") => 'x',
        _ => return None,
    })
}

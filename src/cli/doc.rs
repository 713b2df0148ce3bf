//! The manual pages, generated from the same definitions as the parsers and tables.

use std::io;

use clap::Command;
use clap_mangen::Man;

use crate::cli;
use crate::cli::codes;
use crate::cli::exit::EXITS;

/// `why401.1`: the program, with a section for each command.
pub fn manual() -> io::Result<Vec<u8>> {
    let all = cli::all();
    let mut page = Vec::new();
    let title = Man::new(all.clone())
        .title("WHY401")
        .section("1")
        .date("")
        .source(concat!("why401 ", env!("CARGO_PKG_VERSION")));
    title.render_title(&mut page)?;
    title.render_name_section(&mut page)?;
    page.extend_from_slice(b".SH SYNOPSIS\n\\fBwhy401\\fR \\fICOMMAND\\fR \\fI...\\fR\n");
    title.render_description_section(&mut page)?;
    for command in all.get_subcommands() {
        page.extend_from_slice(&section(command)?);
    }
    page.extend_from_slice(b".SH \"EXIT STATUS\"\n");
    for (exit, text) in EXITS {
        page.extend_from_slice(format!(".TP\n\\fB{}\\fR\n{}\n", *exit as u8, escaped(text)).as_bytes());
    }
    page.extend_from_slice(include_bytes!("manual_tail.roff"));
    Ok(page)
}

/// A command's section: synopsis, description and options under one heading.
fn section(command: &Command) -> io::Result<Vec<u8>> {
    let name = command.get_name().to_owned();
    let command = command.clone().display_name(format!("why401 {name}"));
    let mut text = format!(
        ".SH {}\n{}.\n.PP\n",
        name.to_uppercase(),
        command.get_about().map_or(String::new(), |about| escaped(&about.to_string()))
    );
    let man = Man::new(command.clone());
    let mut part = Vec::new();
    man.render_synopsis_section(&mut part)?;
    man.render_options_section(&mut part)?;
    for line in String::from_utf8_lossy(&part).lines() {
        if line.starts_with(".SH") {
            text.push_str(".PP\n");
        } else {
            text.push_str(line);
            text.push('\n');
        }
    }
    if let Some(after) = command.get_after_help() {
        text.push_str(&format!(".PP\n{}\n", escaped(&after.to_string())));
    }
    Ok(text.into_bytes())
}

/// `why401-codes.7`: every code with its text.
#[must_use]
pub fn codes() -> Vec<u8> {
    let mut page = format!(
        ".TH WHY401-CODES 7 \"\" \"why401 {}\"\n.SH NAME\nwhy401-codes \\- the codes that why401 prints\n",
        env!("CARGO_PKG_VERSION")
    );
    let mut last = None;
    for (sort, code) in codes::all() {
        if last.replace(sort) != Some(sort) {
            page.push_str(&format!(".SH \"{}\"\n", sort.heading()));
        }
        page.push_str(&format!(
            ".TP\n\\fB{}\\fR \\- {}\n{}\n",
            escaped(code.name),
            escaped(code.title),
            escaped(code.text)
        ));
    }
    page.push_str(".SH SEE ALSO\n\\fBwhy401\\fR(1)\n");
    page.into_bytes()
}

/// Text as roff takes it: backslashes, hyphens and leading dots kept from meaning something.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    text.lines()
        .map(|line| if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_owned() })
        .collect::<Vec<_>>()
        .join("\n")
}

//! Apache's configuration as a tree of directives: variables, conditions, macros and includes are resolved while it is read.
//!
//! Behaviour of httpd 2.4.71 `server/config.c` (`ap_build_config_sub`, `ap_build_cont_config`, `ap_soak_end_container`),
//! `server/core.c` and `modules/core/mod_macro.c`.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::conf::apache::directive::{Directive, text};
use crate::conf::apache::directives;
use crate::conf::apache::lex::{self, Line};
use crate::conf::apache::settings::{Macro, Settings, Start};
use crate::conf::apache::{Allowed, path};
use crate::conf::{Files, Place, Trouble};

/// A configuration.
#[derive(Clone, Debug)]
pub struct Tree {
    /// What it says, in order.
    pub main: Vec<Directive>,
    /// The main file.
    pub file: Rc<PathBuf>,
    /// What reading it established, which `.htaccess` files see too.
    pub settings: Settings,
    /// The files read, in order.
    pub files: Vec<PathBuf>,
}

/// Sections and conditions within each other that are followed.
const DEEPEST: usize = 200;
/// `AP_MAX_INCLUDE_DEPTH`
const DEEPEST_INCLUDE: usize = 128;
/// Lines that are read in all, macros counted as often as they are used.
const MOST_LINES: usize = 1 << 20;

/// Reads the configuration in `file`.
pub fn read(file: &Path, start: Start, files: &dyn Files) -> Result<Tree, Trouble> {
    let mut settings = Settings::new(start);
    let name = Rc::new(file.to_path_buf());
    let place = Place { file: Rc::clone(&name), line: 1, column: 1 };
    loop {
        let mut reader = Reader { files, settings: settings.clone(), read: Vec::new(), lines: 0, allowed: None };
        let main = reader.file(file, &place, Depth::default());
        // Whether modules are loaded at all shows late: what was asked about modules before is then asked again.
        if reader.settings.loads && !settings.loads && reader.settings.asked_early {
            settings.loads = true;
            continue;
        }
        return Ok(Tree { main: main?, file: name, settings: reader.settings, files: reader.read });
    }
}

/// Reads the bytes of a `.htaccess` file in which only what is `allowed` may stand.
pub fn read_htaccess(
    tree: &Tree,
    file: &Path,
    bytes: &[u8],
    allowed: &Allowed,
    files: &dyn Files,
) -> Result<Vec<Directive>, Trouble> {
    let settings = tree.settings.clone();
    let mut reader = Reader { files, settings, read: Vec::new(), lines: 0, allowed: Some(allowed) };
    let name = Rc::new(file.to_path_buf());
    let mut source = Source::of(bytes, &name, lex::LONGEST_HTACCESS)?;
    reader.block(&mut source, &End::Source, Depth::default())
}

/// Lines with their places.
struct Source {
    lines: Vec<(Line, Rc<PathBuf>)>,
    at: usize,
}

impl Source {
    fn of(bytes: &[u8], file: &Rc<PathBuf>, longest: usize) -> Result<Self, Trouble> {
        let lines = lex::lines(bytes, longest).map_err(|number| {
            let message = format!("Error reading {} at line {number}: Line too long", file.display());
            Trouble { place: Place { file: Rc::clone(file), line: number, column: 1 }, message }
        })?;
        Ok(Self { lines: lines.into_iter().map(|line| (line, Rc::clone(file))).collect(), at: 0 })
    }

    fn next(&mut self) -> Option<(Vec<u8>, Place)> {
        let (line, file) = self.lines.get(self.at)?;
        self.at += 1;
        let place = Place { file: Rc::clone(file), line: line.number, column: line.column };
        Some((line.text.clone(), place))
    }
}

/// How deep the reading is.
#[derive(Clone, Copy, Default)]
struct Depth {
    blocks: usize,
    includes: usize,
    /// Whether a condition is open in the source, at whose end unclosed sections are tolerated.
    condition: bool,
}

impl Depth {
    fn deeper(self, place: &Place) -> Result<Self, Trouble> {
        if self.blocks >= DEEPEST {
            return Err(Trouble { place: place.clone(), message: "sections go too deep".to_owned() });
        }
        Ok(Self { blocks: self.blocks + 1, ..self })
    }
}

/// What ends a block.
enum End {
    /// The end of the file or macro.
    Source,
    /// The closing tag of a section of this name, as written with its `<`, that began there.
    Section(Vec<u8>, Place),
    /// A line that is the closing tag of a condition and nothing else.
    Condition(Vec<u8>),
}

struct Reader<'a> {
    files: &'a dyn Files,
    settings: Settings,
    read: Vec<PathBuf>,
    lines: usize,
    /// What may stand here, in a `.htaccess` file.
    allowed: Option<&'a Allowed>,
}

impl Reader<'_> {
    fn file(&mut self, path: &Path, from: &Place, depth: Depth) -> Result<Vec<Directive>, Trouble> {
        let Some(bytes) = self.files.read(path) else {
            let message = format!("Could not open configuration file {}", path.display());
            return Err(Trouble { place: from.clone(), message });
        };
        self.read.push(path.to_path_buf());
        let mut source = Source::of(&bytes, &Rc::new(path.to_path_buf()), lex::LONGEST)?;
        self.block(&mut source, &End::Source, Depth { condition: false, ..depth })
    }

    fn block(&mut self, source: &mut Source, end: &End, depth: Depth) -> Result<Vec<Directive>, Trouble> {
        let mut all = Vec::new();
        while let Some((line, place)) = source.next() {
            self.count(&place)?;
            if let End::Condition(name) = end
                && is_closing(&line, name)
            {
                return Ok(all);
            }
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            let line = self.settings.expanded(&line);
            let mut args = &line[..];
            let mut written = lex::word(&mut args);
            if written.is_empty() {
                continue;
            }
            if written.starts_with(b"</") {
                let own = match end {
                    End::Section(name, _) => Some(name),
                    End::Source | End::Condition(_) => None,
                };
                closing(&written, own.map(Vec::as_slice), &place)?;
                return Ok(all);
            }
            let mut args = args.to_vec();
            let section = written.starts_with(b"<");
            if section && written.ends_with(b">") {
                written.pop();
                if args.is_empty() {
                    args.push(b'>');
                }
            }
            let name = written.to_ascii_lowercase();
            let mut directive = Directive { name, written, args, block: Vec::new(), place };
            if let Some(more) = self.at_once(&directive, source, depth)? {
                all.extend(more);
                continue;
            }
            if is_foreign(&directive.name) {
                skip_raw(source, &directive.name);
            } else if section {
                let end = End::Section(directive.written.clone(), directive.place.clone());
                directive.block = self.block(source, &end, depth.deeper(&directive.place)?)?;
            }
            all.push(directive);
        }
        match end {
            End::Section(name, place) if !depth.condition => {
                Err(Trouble { place: place.clone(), message: format!("{}> was not closed.", text(name)) })
            }
            _ => Ok(all),
        }
    }

    fn count(&mut self, place: &Place) -> Result<(), Trouble> {
        self.lines += 1;
        if self.lines > MOST_LINES {
            return Err(Trouble { place: place.clone(), message: "the configuration is too long".to_owned() });
        }
        Ok(())
    }

    /// Whether the directive may stand in this `.htaccess` file, of those that act while it is read.
    fn may(&self, directive: &Directive) -> Result<bool, Trouble> {
        let (Some(allowed), Some(known)) = (self.allowed, directives::find(&directive.name).first()) else {
            return Ok(true);
        };
        allowed.admits(known, directive, None)
    }

    /// What a directive puts in its place that acts while it is read; `None` for the others.
    fn at_once(
        &mut self,
        directive: &Directive,
        source: &mut Source,
        depth: Depth,
    ) -> Result<Option<Vec<Directive>>, Trouble> {
        let conditional = matches!(
            directive.name.as_slice(),
            b"<ifmodule" | b"<ifdefine" | b"<ifversion" | b"<iffile" | b"<ifdirective" | b"<ifsection"
        );
        let acts = conditional
            || matches!(
                directive.name.as_slice(),
                b"include"
                    | b"includeoptional"
                    | b"define"
                    | b"undefine"
                    | b"loadmodule"
                    | b"serverroot"
                    | b"<macro"
                    | b"use"
                    | b"undefmacro"
            );
        if !acts {
            return Ok(None);
        }
        if !self.may(directive)? {
            return Ok(Some(Vec::new()));
        }
        if conditional {
            if self.settings.holds(directive, self.files)? {
                let end = End::Condition(directive.name.clone());
                let depth = Depth { condition: true, ..depth.deeper(&directive.place)? };
                return self.block(source, &end, depth).map(Some);
            }
            soak(source, directive)?;
            return Ok(Some(Vec::new()));
        }
        match directive.name.as_slice() {
            b"include" | b"includeoptional" => return self.include(directive, depth).map(Some),
            b"use" => return self.used(directive, depth).map(Some),
            b"<macro" => self.define_macro(directive, source)?,
            _ => self.settings.set(directive)?,
        }
        Ok(Some(Vec::new()))
    }

    fn define_macro(&mut self, directive: &Directive, source: &mut Source) -> Result<(), Trouble> {
        let words = lex::words(directive.section_args()?);
        let Some((name, params)) = words.split_first() else {
            return Err(directive.trouble("macro definition: name not specified"));
        };
        let mut body = Vec::new();
        let mut depth = 1;
        loop {
            let Some((line, file)) = source.lines.get(source.at) else {
                return Err(directive.trouble("macro definition: expected token not found: </Macro>"));
            };
            source.at += 1;
            let lower = line.text.to_ascii_lowercase();
            if lower.starts_with(b"<macro ") {
                depth += 1;
            } else if lower == b"</macro>" {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            body.push((line.clone(), Rc::clone(file)));
        }
        self.settings.macros.insert(name.to_ascii_lowercase(), Rc::new(Macro { params: params.to_vec(), body }));
        Ok(())
    }

    fn used(&mut self, directive: &Directive, depth: Depth) -> Result<Vec<Directive>, Trouble> {
        let words = directive.words();
        let Some((name, values)) = words.split_first() else {
            return Err(directive.trouble("no macro name specified in Use"));
        };
        let Some(found) = self.settings.macros.get(&name.to_ascii_lowercase()).cloned() else {
            return Err(directive.trouble(format!("macro '{}' undefined", text(name))));
        };
        if found.params.len() != values.len() {
            let message = format!(
                "macro '{}': wrong number of arguments in Use ({} instead of {})",
                text(name),
                values.len(),
                found.params.len()
            );
            return Err(directive.trouble(message));
        }
        let lines = found.body.iter().map(|(line, file)| {
            let text = found.replaced(&line.text, values);
            (Line { text, ..line.clone() }, Rc::clone(file))
        });
        let mut source = Source { lines: lines.collect(), at: 0 };
        let depth = Depth { condition: false, ..depth.deeper(&directive.place)? };
        self.block(&mut source, &End::Source, depth)
    }

    fn include(&mut self, directive: &Directive, depth: Depth) -> Result<Vec<Directive>, Trouble> {
        if depth.includes >= DEEPEST_INCLUDE {
            let message = "Exceeded maximum include depth of 128, There appears to be a recursion.";
            return Err(directive.trouble(message));
        }
        let depth = Depth { includes: depth.includes + 1, ..depth.deeper(&directive.place)? };
        let [name] = &directive.words()[..] else {
            return Err(directive.trouble(format!("{} takes one argument", text(&directive.written))));
        };
        let optional = directive.name == b"includeoptional";
        let name = self.settings.rooted(name);
        let found = crate::conf::apache::include::expand(&name, self.files, optional)
            .map_err(|message| directive.trouble(message))?;
        let mut all = Vec::new();
        for file in found {
            all.extend(self.file(path(&file), &directive.place, depth)?);
        }
        Ok(all)
    }
}

fn is_closing(line: &[u8], name: &[u8]) -> bool {
    line.strip_prefix(b"</")
        .and_then(|rest| rest.strip_suffix(b">"))
        .is_some_and(|rest| rest.eq_ignore_ascii_case(&name[1..]))
}

/// Whether a closing tag closes the open section.
fn closing(written: &[u8], own: Option<&[u8]>, place: &Place) -> Result<(), Trouble> {
    let trouble = |message: String| Err(Trouble { place: place.clone(), message });
    let Some(own) = own else {
        let name = written[2..].strip_suffix(b">").unwrap_or(&written[2..]);
        return trouble(format!("</{0}> without matching <{0}> section", text(name)));
    };
    let Some(name) = written.strip_suffix(b">") else {
        return trouble(format!("{}> directive missing closing '>'", text(written)));
    };
    if name[2..].eq_ignore_ascii_case(&own[1..]) {
        return Ok(());
    }
    trouble(format!("Expected </{}> but saw {}>", text(&own[1..]), text(name)))
}

/// Skips a condition that does not hold: what it holds need only be balanced.
fn soak(source: &mut Source, directive: &Directive) -> Result<(), Trouble> {
    let mut open = vec![directive.written.clone()];
    while let Some(wanted) = open.last() {
        let Some((line, place)) = source.next() else {
            let message = format!("Expected </{}> before end of configuration", text(&wanted[1..]));
            return Err(directive.trouble(message));
        };
        let mut args = &line[..];
        let mut name = lex::word(&mut args);
        if name.starts_with(b"</") {
            name.pop();
            if !name.get(2..).is_some_and(|name| name.eq_ignore_ascii_case(&wanted[1..])) {
                let message = format!("Expected </{}> but saw {}>", text(&wanted[1..]), text(&name));
                return Err(Trouble { place, message });
            }
            open.pop();
        } else if name.starts_with(b"<") {
            if args.is_empty() && name.ends_with(b">") {
                name.pop();
            }
            open.push(name);
        }
    }
    Ok(())
}

/// Sections whose content is another language.
fn is_foreign(name: &[u8]) -> bool {
    name == b"<perl" || name.starts_with(b"<luahook")
}

fn skip_raw(source: &mut Source, name: &[u8]) {
    while let Some((line, _)) = source.next() {
        if is_closing(&line, name) {
            break;
        }
    }
}

#[cfg(test)]
mod tests;

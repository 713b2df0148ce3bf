//! Reads a log line by line, whatever its format: lines that belong together are put together, unknown ones are counted.

use crate::log::event::Event;
use crate::log::format::template::Template;
use crate::log::format::{self, Context, Format, nginx_error};

/// The longest record that is put together from lines.
const LONGEST: usize = 16 * 1024;

/// What became of a line.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "handed out once for each line and looked at there; a box would be an allocation"
)]
pub enum Told<'a> {
    /// A record.
    Event(Event<'a>),
    /// It is a part of a record that the next lines complete.
    Part,
    /// It is empty.
    Blank,
    /// It is of no known format.
    Unknown,
}

/// How the lines of a log are to be read.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    /// Only this format, by its name.
    pub format: Option<&'static str>,
    /// Formats of the administrator's own, asked before the others.
    pub templates: Vec<Template>,
    /// Whether those are asked behind the others instead.
    pub templates_last: bool,
}

/// A reader of one log.
pub struct Reader<'c> {
    context: Context<'c>,
    shape: &'c Shape,
    likely: Option<&'static Format>,
    open: Vec<u8>,
    whole: Vec<u8>,
    /// Records whose rest never came.
    pub torn: u64,
}

impl<'c> Reader<'c> {
    /// A reader at the start of a log.
    #[must_use]
    pub fn new(context: Context<'c>, shape: &'c Shape) -> Self {
        let likely = shape.format.and_then(format::find);
        Self { context, shape, likely, open: Vec::new(), whole: Vec::new(), torn: 0 }
    }

    /// Reads the next line, without its line end.
    pub fn line<'a>(&'a mut self, line: &'a [u8]) -> Told<'a> {
        if !self.open.is_empty() {
            let record = self.any(line).is_some();
            if !record && self.open.len() + line.len() < LONGEST {
                self.open.push(b'\n');
                self.open.extend_from_slice(line);
                if nginx_error::is_open(&self.open, &self.context) {
                    return Told::Part;
                }
                self.whole = std::mem::take(&mut self.open);
                let event = (nginx_error::FORMAT.read)(&self.whole, &self.context);
                return event.map_or(Told::Unknown, Told::Event);
            }
            self.torn += 1;
            self.open.clear();
        }
        if line.is_empty() {
            return Told::Blank;
        }
        let is_first = self.likely.is_none();
        match self.any(line) {
            Some((found, event)) => {
                if event.format == nginx_error::FORMAT.name && nginx_error::is_open(line, &self.context) {
                    self.open.extend_from_slice(line);
                    return Told::Part;
                }
                if is_first || self.shape.format.is_none() {
                    self.likely = found.or(self.likely);
                }
                Told::Event(event)
            }
            None => Told::Unknown,
        }
    }

    /// Reads a line whose predecessor may be a part of its record.
    pub fn line_behind<'a>(&'a mut self, before: Option<&[u8]>, line: &'a [u8]) -> Told<'a> {
        if let Some(before) = before
            && self.open.is_empty()
            && nginx_error::is_open(before, &self.context)
        {
            self.open.extend_from_slice(before);
        }
        self.line(line)
    }

    fn any<'a>(&self, line: &'a [u8]) -> Option<(Option<&'static Format>, Event<'a>)> {
        let of_template = || {
            let event = self.shape.templates.iter().find_map(|template| template.read(line, &self.context))?;
            Some((None, event))
        };
        if !self.shape.templates_last
            && let Some(found) = of_template()
        {
            return Some(found);
        }
        if let Some(name) = self.shape.format {
            let format = format::find(name)?;
            return Some((Some(format), (format.read)(line, &self.context)?));
        }
        let found = format::any(line, &self.context, self.likely).map(|(format, event)| (Some(format), event));
        found.or_else(of_template)
    }
}

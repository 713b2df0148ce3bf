//! SQLite's file format, read only: bytes in, rows out. No SQL is run, and nothing is written.
//!
//! From <https://www.sqlite.org/fileformat2.html>. Tables with rowids are read; indexes, the freelist and tables without rowids are not.
//! What a journal or a write-ahead log beside the file would change is not looked at: whoever reads the file looks for those. Each page
//! is read once at most, so that no file takes longer than its length.

mod columns;
mod record;

use std::fmt;

pub use record::Value;

use crate::sqlite::record::{Encoding, varint};

/// The first bytes of every file.
const MAGIC: &[u8] = b"SQLite format 3\0";
/// Length of the header of the file, on the first page.
const HEADER: usize = 100;
const INTERIOR: u8 = 5;
const LEAF: u8 = 13;

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Number of the page, from 1.
    pub page: u32,
    /// Offset of the byte in the file.
    pub offset: u64,
    /// What.
    pub what: &'static str,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "page {}, byte {}: {}", self.page, self.offset, self.what)
    }
}

/// A file.
pub struct Database<'a> {
    bytes: &'a [u8],
    page_size: usize,
    /// Bytes of a page that hold something of the format's.
    usable: usize,
    encoding: Encoding,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// The names of its columns, in the order of the values of a row.
    pub columns: Vec<String>,
    root: u32,
}

impl Table {
    /// The number of the column of this name, in upper or lower case.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|own| own.eq_ignore_ascii_case(name))
    }
}

/// A row. Columns that were added to the table after it was written have no value.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its number, which is the value of a column `INTEGER PRIMARY KEY`.
    pub rowid: i64,
    /// Its values.
    pub values: Vec<Value>,
}

impl<'a> Database<'a> {
    /// A file of these bytes.
    pub fn open(bytes: &'a [u8]) -> Result<Self, Damage> {
        let wrong = |offset, what| Damage { page: 1, offset, what };
        if !bytes.starts_with(MAGIC) {
            return Err(wrong(0, "this is no database of SQLite"));
        }
        let Some(header) = bytes.get(..HEADER) else { return Err(wrong(0, "the file ends within its header")) };
        let page_size = match u16::from_be_bytes([header[16], header[17]]) {
            1 => 0x1_0000,
            size => usize::from(size),
        };
        if page_size < 512 || !page_size.is_power_of_two() {
            return Err(wrong(16, "the size of its pages is none that there is"));
        }
        let usable = page_size - usize::from(header[20]);
        if usable < 480 {
            return Err(wrong(20, "too much of each page is reserved"));
        }
        if header[19] > 2 {
            return Err(wrong(19, "its format is of a later version"));
        }
        let encoding = match u32::from_be_bytes([header[56], header[57], header[58], header[59]]) {
            0 | 1 => Encoding::Utf8,
            2 => Encoding::Utf16Le,
            3 => Encoding::Utf16Be,
            _ => return Err(wrong(56, "its encoding is none that there is")),
        };
        Ok(Self { bytes, page_size, usable, encoding })
    }

    /// The table of this name; `None` where there is none.
    pub fn table(&self, name: &str) -> Result<Option<Table>, Damage> {
        let mut found = None;
        // type, name, tbl_name, rootpage, sql
        self.walk(1, &mut |row| {
            let [Value::Text(kind), Value::Text(own), _, Value::Integer(root), Value::Text(sql)] = &row.values[..]
            else {
                return;
            };
            if kind == "table" && own.eq_ignore_ascii_case(name) {
                let root = u32::try_from(*root).unwrap_or(0);
                found = Some(Table { name: own.clone(), columns: columns::of(sql), root });
            }
        })?;
        Ok(found)
    }

    /// Hands on the rows of a table, in the order of their numbers.
    pub fn rows(&self, table: &Table, visit: &mut dyn FnMut(Row)) -> Result<(), Damage> {
        self.walk(table.root, visit)
    }

    fn walk(&self, root: u32, visit: &mut dyn FnMut(Row)) -> Result<(), Damage> {
        let mut walk =
            Walk { file: self, seen: vec![false; self.bytes.len() / self.page_size], left: self.bytes.len() };
        let mut open = vec![(root, self.damage(1, 0, ""))];
        while let Some((number, from)) = open.pop() {
            let page = walk.page(number, &from)?;
            let Page { count, cells, .. } = page;
            match page.kind {
                INTERIOR => {
                    let mut below = Vec::with_capacity(count + 1);
                    for index in 0..count {
                        let at = page.cell(index)?;
                        below.push((page.u32(at)?, page.damage(at, "")));
                    }
                    below.push((page.u32(cells - 4)?, page.damage(cells - 4, "")));
                    open.extend(below.into_iter().rev());
                }
                LEAF => {
                    for index in 0..count {
                        visit(walk.row(&page, page.cell(index)?)?);
                    }
                }
                _ => return Err(page.damage(page.start, "this is no page of a table with rowids")),
            }
        }
        Ok(())
    }

    fn damage(&self, page: u32, at: usize, what: &'static str) -> Damage {
        let before = u64::from(page.saturating_sub(1)) * self.page_size as u64;
        Damage { page, offset: before + at as u64, what }
    }
}

/// A page of a tree.
struct Page<'f> {
    file: &'f Database<'f>,
    number: u32,
    bytes: &'f [u8],
    /// Where its header starts: behind that of the file on the first page.
    start: usize,
    kind: u8,
    /// How many cells it has.
    count: usize,
    /// Where the list of their places starts.
    cells: usize,
}

impl Page<'_> {
    fn damage(&self, at: usize, what: &'static str) -> Damage {
        self.file.damage(self.number, at, what)
    }

    fn u16(&self, at: usize) -> Result<usize, Damage> {
        match self.bytes.get(at..at + 2) {
            Some(&[high, low]) => Ok(usize::from(u16::from_be_bytes([high, low]))),
            _ => Err(self.damage(at, "a number lies outside of the page")),
        }
    }

    fn u32(&self, at: usize) -> Result<u32, Damage> {
        match self.bytes.get(at..at + 4) {
            Some(&[a, b, c, d]) => Ok(u32::from_be_bytes([a, b, c, d])),
            _ => Err(self.damage(at, "a number lies outside of the page")),
        }
    }

    fn cell(&self, index: usize) -> Result<usize, Damage> {
        self.u16(self.cells + 2 * index)
    }

    fn varint(&self, at: usize) -> Result<(i64, usize), Damage> {
        let rest = self.bytes.get(at..).unwrap_or_default();
        let (number, length) = varint(rest).ok_or_else(|| self.damage(at, "a number lies outside of the page"))?;
        Ok((number, at + length))
    }
}

/// One pass over a tree.
struct Walk<'f> {
    file: &'f Database<'f>,
    /// The pages that were read.
    seen: Vec<bool>,
    /// Bytes of rows that may still come: there are not more than the file has.
    left: usize,
}

impl<'f> Walk<'f> {
    /// The bytes of a page that is named at `from`.
    fn bytes(&mut self, number: u32, from: &Damage) -> Result<&'f [u8], Damage> {
        let wrong = |what| Damage { what, ..from.clone() };
        let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        let Some(index) = index.filter(|index| *index < self.seen.len()) else {
            return Err(wrong("a page is named that the file does not have"));
        };
        if std::mem::replace(&mut self.seen[index], true) {
            return Err(wrong("a page is named that belongs elsewhere too"));
        }
        let start = index * self.file.page_size;
        Ok(&self.file.bytes[start..start + self.file.usable])
    }

    fn page(&mut self, number: u32, from: &Damage) -> Result<Page<'f>, Damage> {
        let bytes = self.bytes(number, from)?;
        let start = if number == 1 { HEADER } else { 0 };
        let kind = bytes[start];
        let cells = start + if kind == INTERIOR { 12 } else { 8 };
        let mut page = Page { file: self.file, number, bytes, start, kind, count: 0, cells };
        page.count = page.u16(start + 3)?;
        Ok(page)
    }

    fn row(&mut self, page: &Page<'f>, at: usize) -> Result<Row, Damage> {
        let (length, behind) = page.varint(at)?;
        let (rowid, start) = page.varint(behind)?;
        let wrong = |what| page.damage(at, what);
        let length = usize::try_from(length).map_err(|_| wrong("a row is longer than the file"))?;
        self.left = self.left.checked_sub(length).ok_or_else(|| wrong("the rows are longer than the file"))?;
        let local = self.local(length);
        let part = page.bytes.get(start..start + local).ok_or_else(|| wrong("a row goes on outside of its page"))?;
        let payload = if local == length {
            part.to_vec()
        } else {
            let mut payload = Vec::with_capacity(length);
            payload.extend_from_slice(part);
            let (mut next, mut from) = (page.u32(start + local)?, page.damage(start + local, ""));
            while payload.len() < length {
                let bytes = self.bytes(next, &from)?;
                let take = (length - payload.len()).min(bytes.len() - 4);
                payload.extend_from_slice(&bytes[4..4 + take]);
                (from, next) =
                    (self.file.damage(next, 0, ""), u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
            }
            payload
        };
        let values = record::values(&payload, self.file.encoding).map_err(wrong)?;
        Ok(Row { rowid, values })
    }

    /// How many bytes of a row of this length stand on its page.
    const fn local(&self, length: usize) -> usize {
        let usable = self.file.usable;
        let most = usable - 35;
        if length <= most {
            return length;
        }
        let least = (usable - 12) * 32 / 255 - 23;
        let fitting = least + (length - least) % (usable - 4);
        if fitting <= most { fitting } else { least }
    }
}

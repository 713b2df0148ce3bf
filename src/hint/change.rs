//! An input changed: other bytes in the file, or another request head. The file is not copied; its bytes stream through.

use std::io::{self, BufRead, Read};

use crate::fault::Edit;
use crate::htpasswd::Splice;
use crate::secret::Secret;
use crate::server::{Opened, UserFile};

/// The largest file that is made anew as a whole.
const LARGEST: u64 = 16 << 20;

/// What is changed.
#[derive(Clone)]
pub enum Change {
    /// These bytes of the file in place of those; in the order of the file, none overlapping.
    Splices(Vec<Splice>),
    /// All of the file.
    Whole(Vec<u8>),
    /// The request head.
    Head(Secret),
    /// Both.
    Both(Vec<Splice>, Secret),
}

impl Change {
    /// The change that an edit makes to `file`; `None` where the file is too large for it.
    #[must_use]
    pub fn of(edit: &Edit, file: &dyn UserFile) -> Option<Self> {
        match edit {
            Edit::Splices(splices) => Some(Self::splices(splices.clone())),
            Edit::Whole(remake) => Some(Self::Whole(remake(&whole(file)?)?)),
        }
    }

    /// Splices in the order of the file.
    #[must_use]
    pub fn splices(mut splices: Vec<Splice>) -> Self {
        splices.sort_by_key(|splice| splice.span);
        Self::Splices(splices)
    }
}

/// All bytes of a file that is not too large.
pub(super) fn whole(file: &dyn UserFile) -> Option<Vec<u8>> {
    let Opened::Bytes(reader) = file.open() else { return None };
    let mut bytes = Vec::new();
    reader.take(LARGEST + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= LARGEST).then_some(bytes)
}

/// A file with splices made as it is read.
pub struct Edited<'a> {
    /// The file as it is.
    pub base: &'a dyn UserFile,
    /// What is changed, in the order of the file.
    pub splices: &'a [Splice],
}

impl UserFile for Edited<'_> {
    fn open(&self) -> Opened<'_> {
        match self.base.open() {
            Opened::Bytes(reader) => {
                Opened::Bytes(Box::new(Splicing { reader, splices: self.splices, offset: 0, new: b"" }))
            }
            other => other,
        }
    }
}

struct Splicing<'a> {
    reader: Box<dyn BufRead + 'a>,
    /// Those still to come.
    splices: &'a [Splice],
    /// Bytes of the old file that are read.
    offset: u64,
    /// What is left of the new bytes of the last splice.
    new: &'a [u8],
}

impl Splicing<'_> {
    /// Brings the reader to the next byte that is to be seen.
    fn advance(&mut self) -> io::Result<()> {
        while self.new.is_empty() {
            let Some((splice, rest)) =
                self.splices.split_first().filter(|(splice, _)| splice.span.start <= self.offset)
            else {
                return Ok(());
            };
            while self.offset < splice.span.end {
                let left = usize::try_from(splice.span.end - self.offset).unwrap_or(usize::MAX);
                let length = self.reader.fill_buf()?.len().min(left);
                if length == 0 {
                    break;
                }
                self.reader.consume(length);
                self.offset += length as u64;
            }
            self.new = &splice.bytes;
            self.splices = rest;
        }
        Ok(())
    }
}

impl BufRead for Splicing<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.advance()?;
        if !self.new.is_empty() {
            return Ok(self.new);
        }
        let until = self.splices.first().map_or(u64::MAX, |splice| splice.span.start) - self.offset;
        let block = self.reader.fill_buf()?;
        Ok(&block[..block.len().min(usize::try_from(until).unwrap_or(usize::MAX))])
    }

    fn consume(&mut self, amount: usize) {
        if self.new.is_empty() {
            self.reader.consume(amount);
            self.offset += amount as u64;
        } else {
            self.new = &self.new[amount..];
        }
    }
}

impl Read for Splicing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let block = self.fill_buf()?;
        let length = block.len().min(buffer.len());
        buffer[..length].copy_from_slice(&block[..length]);
        self.consume(length);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;
    use crate::bytes::Span;
    use crate::htpasswd::Splices;

    #[test]
    fn a_file_edited_as_it_is_read_is_the_file_edited_in_memory() {
        let file: Vec<u8> = (0..200).collect();
        let splice = |start: u64, end: u64, bytes: &[u8]| Splice { span: Span::new(start, end), bytes: bytes.to_vec() };
        let splices = vec![
            splice(0, 0, b"first"),
            splice(3, 10, b""),
            splice(10, 12, b"ab"),
            splice(50, 120, b"x"),
            splice(200, 200, b"end"),
        ];
        let edited = Splices::new(splices.clone()).apply(&file);
        for block in [1, 2, 7, 64, 4096] {
            let mut read = Vec::new();
            let reader = Box::new(BufReader::with_capacity(block, &file[..]));
            Splicing { reader, splices: &splices, offset: 0, new: b"" }.read_to_end(&mut read).unwrap();
            assert_eq!(read, edited, "blocks of {block}");
        }
    }
}

//! Pieces of a stream, each up to a line feed or a length: what fgets(3) and its relatives hand to their callers.
//!
//! A piece that lies within the reader's block is lent without a copy; one that crosses blocks is gathered in a buffer
//! that never grows beyond the asked length.

use std::io::{self, BufRead};

/// Reads pieces from a stream.
pub struct Pieces<'r> {
    reader: &'r mut dyn BufRead,
    offset: u64,
    lent: usize,
    gathered: Vec<u8>,
}

/// A piece and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// Its bytes, with the line feed that ends it, if one does.
    pub bytes: &'a [u8],
    /// Offset of its first byte in the stream.
    pub at: u64,
}

impl<'r> Pieces<'r> {
    /// Pieces of what `reader` has left, counted from offset 0.
    pub fn new(reader: &'r mut dyn BufRead) -> Self {
        Self { reader, offset: 0, lent: 0, gathered: Vec::new() }
    }

    /// The next piece: up to and including a line feed, at most `longest` bytes; `None` at the end of the stream.
    pub fn next(&mut self, longest: usize) -> io::Result<Option<Piece<'_>>> {
        self.reader.consume(std::mem::take(&mut self.lent));
        self.gathered.clear();
        let at = self.offset;
        let (length, whole) = next_in(self.reader.fill_buf()?, longest);
        self.offset += length as u64;
        if whole {
            self.lent = length;
            // The same block again: `fill_buf` reads only when nothing is left.
            return Ok(Some(Piece { bytes: &self.reader.fill_buf()?[..length], at }));
        }
        if length == 0 {
            return Ok(None);
        }
        self.gather(length)?;
        loop {
            let (length, whole) = next_in(self.reader.fill_buf()?, longest - self.gathered.len());
            self.offset += length as u64;
            self.gather(length)?;
            if whole || length == 0 {
                return Ok(Some(Piece { bytes: &self.gathered, at }));
            }
        }
    }

    fn gather(&mut self, length: usize) -> io::Result<()> {
        self.gathered.extend_from_slice(&self.reader.fill_buf()?[..length]);
        self.reader.consume(length);
        Ok(())
    }

    /// Skips the bytes up to and including the next line feed; the offset of the first NUL among them.
    pub fn skip_line(&mut self) -> io::Result<Option<u64>> {
        self.reader.consume(std::mem::take(&mut self.lent));
        let mut nul = None;
        loop {
            let block = self.reader.fill_buf()?;
            let end = memchr::memchr(b'\n', block);
            let length = end.map_or(block.len(), |at| at + 1);
            let done = end.is_some() || block.is_empty();
            nul = nul.or_else(|| memchr::memchr(0, &block[..length]).map(|at| self.offset + at as u64));
            self.reader.consume(length);
            self.offset += length as u64;
            if done {
                return Ok(nul);
            }
        }
    }
}

/// Length of the piece at the start of `block`, and whether it is whole there.
fn next_in(block: &[u8], longest: usize) -> (usize, bool) {
    let window = &block[..block.len().min(longest)];
    match memchr::memchr(b'\n', window) {
        Some(at) => (at + 1, true),
        None => (window.len(), window.len() == longest),
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn all(bytes: &[u8], block: usize, longest: usize) -> Vec<(Vec<u8>, u64)> {
        let mut reader = BufReader::with_capacity(block, bytes);
        let mut pieces = Pieces::new(&mut reader);
        let mut all = Vec::new();
        while let Some(piece) = pieces.next(longest).unwrap() {
            all.push((piece.bytes.to_vec(), piece.at));
        }
        all
    }

    #[test]
    fn pieces_are_the_same_for_every_block_size() {
        let bytes = b"ab\n\nlonger line\nlast";
        let expected = all(bytes, 64, 6);
        assert_eq!(expected[2], (b"longer".to_vec(), 4));
        for block in 1..20 {
            assert_eq!(all(bytes, block, 6), expected, "block of {block}");
        }
        assert_eq!(expected.iter().flat_map(|(bytes, _)| bytes.clone()).collect::<Vec<_>>(), bytes);
    }

    #[test]
    fn the_rest_of_a_line_can_be_skipped() {
        let mut reader = BufReader::with_capacity(3, &b"abcdefgh\nij\n"[..]);
        let mut pieces = Pieces::new(&mut reader);
        assert_eq!(pieces.next(4).unwrap(), Some(Piece { bytes: b"abcd", at: 0 }));
        assert_eq!(pieces.skip_line().unwrap(), None);
        assert_eq!(pieces.next(4).unwrap(), Some(Piece { bytes: b"ij\n", at: 9 }));
    }
}

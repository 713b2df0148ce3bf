//! An edit as data: ranges of bytes and what takes their place. Everything outside them stays as it is.

use crate::bytes::Span;

/// Bytes of a file and what takes their place.
#[derive(Clone, PartialEq, Eq)]
pub struct Splice {
    /// The bytes that go; empty where something is put in.
    pub span: Span,
    /// What comes instead.
    pub bytes: Vec<u8>,
}

/// Splices in the order of the file, none of which overlaps another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Splices(Vec<Splice>);

impl Splices {
    /// Puts `splices` into the order of the file; those at the same place stay in the order given.
    ///
    /// # Panics
    ///
    /// Where two of them overlap: the caller edits the same bytes twice.
    #[must_use]
    pub fn new(mut splices: Vec<Splice>) -> Self {
        splices.sort_by_key(|splice| splice.span);
        let overlap = splices.windows(2).any(|pair| pair[0].span.end > pair[1].span.start);
        assert!(!overlap, "splices overlap");
        Self(splices)
    }

    /// Whether nothing is to be done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The splices, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Splice> {
        self.0.iter()
    }

    /// Where the last of them ends in the old file.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.0.iter().map(|splice| splice.span.end).max().unwrap_or(0)
    }

    /// Length of the file after the edit, where it was `before`.
    #[must_use]
    pub fn length_after(&self, before: u64) -> u64 {
        let gone: u64 = self.iter().map(|splice| splice.span.len()).sum();
        let come: u64 = self.iter().map(|splice| splice.bytes.len() as u64).sum();
        before - gone + come
    }

    /// The edited file as pieces: bytes kept of the old one, and new bytes, where the old one has `length` bytes.
    pub fn pieces(&self, length: u64) -> impl Iterator<Item = Piece<'_>> {
        let ends = self.0.iter().map(|splice| splice.span.end);
        let starts = self.0.iter().map(|splice| splice.span.start).chain([length]);
        let kept = [0].into_iter().chain(ends).zip(starts).map(|(from, to)| Piece::Kept(Span::new(from, to)));
        let new = self.0.iter().map(|splice| Piece::New(&splice.bytes)).map(Some).chain([None]);
        kept.zip(new).flat_map(|(kept, new)| [Some(kept), new]).flatten()
    }

    /// The edited file, of a file that is in memory.
    ///
    /// # Panics
    ///
    /// Where a splice lies outside `file`.
    #[must_use]
    pub fn apply(&self, file: &[u8]) -> Vec<u8> {
        let mut edited = Vec::with_capacity(file.len() + 128);
        for piece in self.pieces(file.len() as u64) {
            edited.extend_from_slice(match piece {
                Piece::Kept(span) => &file[offset(span.start)..offset(span.end)],
                Piece::New(bytes) => bytes,
            });
        }
        edited
    }
}

/// A piece of an edited file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// These bytes of the old file.
    Kept(Span),
    /// New bytes.
    New(&'a [u8]),
}

fn offset(at: u64) -> usize {
    usize::try_from(at).expect("the file is in memory")
}

impl std::fmt::Debug for Splice {
    /// Without the bytes: they hold a hash.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Splice").field("span", &self.span).field("bytes", &self.bytes.len()).finish()
    }
}

//! Copying ranges of one file into another: in the kernel where it can be done there, in constant memory.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;

use crate::bytes::Span;
use crate::htpasswd::Piece;
use crate::htpasswd::Splices;

/// Bytes copied at once where the kernel does not do it.
pub(super) const BLOCK: usize = 64 << 10;

/// Writes the edited file to `to`, from its present position on. `from` is the old file, of `length` bytes.
pub(super) fn edited(from: Option<&File>, length: u64, splices: &Splices, mut to: &File) -> io::Result<()> {
    for piece in splices.pieces(length) {
        match (piece, from) {
            (Piece::New(bytes), _) => to.write_all(bytes)?,
            (Piece::Kept(span), Some(from)) => range(from, span, to)?,
            (Piece::Kept(_), None) => {}
        }
    }
    Ok(())
}

/// Copies `span` of `from` to the present position of `to`.
fn range(from: &File, span: Span, to: &File) -> io::Result<()> {
    let mut at = span.start;
    while at < span.end {
        let left = span.end - at;
        match in_kernel(from, &mut at, left, to) {
            Some(copied) if copied > 0 => {}
            // What the kernel does not do between these two files, or fails to do, is done or fails here.
            _ => return each_block(from, Span::new(at, span.end), |block| { to }.write_all(block)),
        }
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn in_kernel(from: &File, at: &mut u64, length: u64, to: &File) -> Option<usize> {
    rustix::fs::copy_file_range(from, Some(at), to, None, usize::try_from(length).unwrap_or(1 << 30)).ok()
}

#[cfg(not(target_os = "linux"))]
fn in_kernel(_from: &File, _at: &mut u64, _length: u64, _to: &File) -> Option<usize> {
    None
}

/// Calls `with` with the bytes of `span`, block by block.
pub(super) fn each_block(from: &File, span: Span, mut with: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut buffer = vec![0; BLOCK];
    let mut at = span.start;
    while at < span.end {
        let wanted = usize::try_from(span.end - at).unwrap_or(BLOCK).min(BLOCK);
        match from.read_at(&mut buffer[..wanted], at) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                with(&buffer[..read])?;
                at += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

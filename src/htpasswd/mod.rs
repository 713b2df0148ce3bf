//! The lossless model of a password file: for editing, listing and naming places. Any byte string is a legal file.
//!
//! Nothing here decides whether a login succeeds, and no server's answer may be taken from it: each server finds its
//! entry in its own way (`crate::scan`). What is here is the reading they have in common, written so that an edit made
//! by it has effect on all of them, and so that every byte that is not edited stays.
//!
//! * A line ends at LF; a CR before it, or at the very end of the file, belongs to the line end.
//! * A line whose first byte after blanks is `#` is a comment (Apache trims first, nginx does not). Blanks are those of
//!   Apache: space, HT, VT, FF, CR.
//! * An entry is a line with a colon: name, colons, field, rest. The name ends at the first colon, and blanks before
//!   that colon belong to it. Further colons directly after the first are skipped, as Apache does (nginx reads an empty
//!   field there). The field ends at the next colon or CR; blanks and NULs belong to it.
//! * A line is a user's if its name is, or is after leading blanks, which Apache trims. So is a line without a colon
//!   that holds nothing but the name: to Apache it is that user with an empty field, and hides the entries after it.
//! * A line that ends in a backslash runs on into the next for Apache and for no other. [`After`] says where that
//!   matters; a name or field broken over two lines is not put together here.
//! * A byte order mark, quotes and 8-bit bytes are part of the name, as they are for the servers.
//!
//! Behaviour: httpd 2.4.57 `server/util.c:ap_cfg_getline`, `modules/aaa/mod_authn_file.c:check_password`; nginx 1.22
//! `ngx_http_auth_basic_module.c:ngx_http_auth_basic_handler`; lighttpd 1.4.69 `mod_authn_file.c`.

mod edit;
mod line;
pub mod lock;
mod locked;
mod reader;
mod relabel;
mod splice;

pub use edit::{Ambiguous, Editor, Note, Set, Survey, find, survey};
pub use line::{After, Entry, Kind, Line};
pub use locked::{is_locked, is_of};
pub use reader::{LINE_LIMIT, Lines, ReadError, lines};
pub use relabel::{Bar, Barred};
pub use splice::{Piece, Splice, Splices};

#[cfg(test)]
mod tests;

//! How each server or C library checks a password against a stored field.
//!
//! A dialect here decides what of the field is read, refused, truncated and re-emitted, then asks a core of
//! [`crate::scheme`] through [`Work`]. It knows no user, file or status, and it never guesses: what is not built or
//! costs more than the limit is [`Check::Undecided`].

pub mod any;
pub mod apr;
pub mod argon2_cffi;
pub mod ask;
pub mod attempt;
pub mod freebsd;
pub mod glibc;
pub mod go_bcrypt;
pub mod go_htpasswd;
pub mod go_http_auth;
pub mod go_number;
pub mod go_sha_bcrypt;
pub mod h2o;
pub mod haproxy;
pub mod libxcrypt;
pub mod lighttpd;
pub mod macos;
pub mod musl;
pub mod nginx;
pub mod node;
pub mod openshift;
pub mod passlib;
pub mod radicale;
pub mod rust;
pub mod setting;
pub mod squid;
mod together;
mod work;
pub mod zot;

pub use work::{MOST_PACE, Mode, NotComputed, Task, Work};

use crate::bytes::Span;
use crate::crypt::attempt::Attempt;

/// What a check answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// The password is the field's.
    Match,
    /// It is not, or the field can't match any password.
    Mismatch(Mismatch),
    /// The check itself fails: crypt(3) returned NULL with this errno, or the library raised an error.
    Fails(Errno),
    /// The check ends the server's process (an assertion, an uncaught exception).
    Crashes,
    /// Not decided.
    Undecided(NotComputed),
}

/// Why a field did not match.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    /// The reason, as far as the check itself can tell.
    pub why: Why,
    /// The deciding bytes, counted from the start of the field; `None` where it is the digest as a whole.
    pub at: Option<Span>,
}

/// The reason of a mismatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// The field is read and the digest is another: a wrong password, or a corrupted digest.
    Digest,
    /// The digest is right and the field goes on after it.
    TrailingBytes,
    /// The digest is right as far as the field goes, and the field is too short.
    TooShort,
    /// The digest is right and salt, cost or padding are spelled otherwise than this check writes them.
    Spelling,
    /// The field is empty.
    Empty,
    /// No scheme that this check knows has this form.
    UnknownScheme,
    /// A byte that this check does not take anywhere in a field.
    ForbiddenByte,
    /// A cost or number of rounds outside what this check takes.
    CostOutOfRange,
    /// The form is a known scheme's and its salt or parameters are malformed.
    Malformed,
    /// The password is longer than this check takes.
    PasswordTooLong,
    /// The field is compared as text and the texts differ.
    Text,
}

/// An error number of the C library with its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Errno {
    /// The number, as on Linux.
    pub number: i32,
    /// The text of strerror(3).
    pub text: &'static str,
}

impl Errno {
    /// No such file or directory.
    pub const ENOENT: Self = Self { number: 2, text: "No such file or directory" };
    /// No such device or address.
    pub const ENXIO: Self = Self { number: 6, text: "No such device or address" };
    /// Bad file descriptor.
    pub const EBADF: Self = Self { number: 9, text: "Bad file descriptor" };
    /// Permission denied.
    pub const EACCES: Self = Self { number: 13, text: "Permission denied" };
    /// Not a directory.
    pub const ENOTDIR: Self = Self { number: 20, text: "Not a directory" };
    /// Is a directory.
    pub const EISDIR: Self = Self { number: 21, text: "Is a directory" };
    /// Invalid argument.
    pub const EINVAL: Self = Self { number: 22, text: "Invalid argument" };
    /// Numerical result out of range.
    pub const ERANGE: Self = Self { number: 34, text: "Numerical result out of range" };
    /// File name too long.
    pub const ENAMETOOLONG: Self = Self { number: 36, text: "File name too long" };
    /// Too many levels of symbolic links.
    pub const ELOOP: Self = Self { number: 40, text: "Too many levels of symbolic links" };
}

/// The answer of a check, with the scheme that was tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The answer.
    pub check: Check,
    /// Name of the scheme the field was taken for, as in the table of schemes; `None` where for none.
    pub scheme: Option<&'static str>,
}

/// A way to check a password against a stored field.
pub trait Crypt: Sync {
    /// Name of the dialect, for traces and documentation.
    fn name(&self) -> &'static str;

    /// Does `password` match `field`? Both are the bytes as the caller has them; a dialect that works on C strings
    /// cuts them at NUL itself.
    fn check(&self, field: &[u8], password: &[u8], work: &mut Work) -> Checked;
}

/// What crypt(3) returns.
#[derive(Clone, Debug, PartialEq)]
pub enum Crypted {
    /// A text: a hash, or a failure token such as `*0`.
    Text(Vec<u8>),
    /// NULL, with errno.
    Null(Errno),
    /// Not computed.
    Not(NotComputed),
}

/// crypt(3) of one C library and generation.
pub trait Libc: Sync {
    /// What crypt(3) makes of `password` and `setting`, both C strings: without NUL. Where it fails, with the reason.
    fn attempt(&self, password: &[u8], setting: &[u8], work: &mut Work) -> Attempt;

    /// What crypt(3) returns for `password` and `setting`, both C strings: without NUL.
    fn crypt(&self, password: &[u8], setting: &[u8], work: &mut Work) -> Crypted {
        self.attempt(password, setting, work).crypted()
    }
}

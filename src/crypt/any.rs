//! Every scheme that is computed here, for checking a password against an entry with no server in mind.
//!
//! No server reads a field this way; the dialect is nginx's own schemes, then everything that libxcrypt knows.

use crate::crypt::libxcrypt;
use crate::crypt::nginx::Nginx;

/// Takes every scheme.
pub static ANY: Nginx = Nginx { libc: &libxcrypt::V4_4_33 };

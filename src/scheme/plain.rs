//! `{PLAIN}`: the password itself.
//!
//! nginx knows this form, and Verdaccio. A field without the prefix is never taken for a password here.

use crate::scheme::Make;
use crate::scheme::Scheme;
use crate::scheme::hidden;

/// The row.
pub static SCHEME: Scheme = Scheme {
    name: "plain",
    title: "the password itself, readable",
    prefixes: &["{PLAIN}"],
    password_bytes: None,
    stops_at_nul: false,
    strength: 0,
    cost: None,
    identify: |field| crate::scheme::begins(field, "{PLAIN}"),
    hidden: |field| hidden::all_from(field, PREFIX.len()),
    make: Some(Make {
        random_bytes: 0,
        make: |password, making| {
            making.no_cost()?;
            // Readers of the file would cut the password there.
            crate::scheme::refuse(password, b":\r\n\0")?;
            Ok([PREFIX, password].concat())
        },
    }),
};

/// The prefix.
pub const PREFIX: &[u8] = b"{PLAIN}";

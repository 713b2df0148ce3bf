//! Near misses of the password.

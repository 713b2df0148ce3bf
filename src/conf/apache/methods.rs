//! Methods as the sections `<Limit>` count them: a bit each, one for all that are not known.
//!
//! Behaviour of httpd 2.4.71 `modules/http/http_protocol.c:ap_method_number_of`; names are case-sensitive.

use crate::conf::apache::rules::Limited;

/// Every method.
pub const EVERY: Limited = !0;

const KNOWN: &[&str] = &[
    "GET",
    "PUT",
    "POST",
    "DELETE",
    "CONNECT",
    "OPTIONS",
    "TRACE",
    "PATCH",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "VERSION-CONTROL",
    "CHECKOUT",
    "UNCHECKOUT",
    "CHECKIN",
    "UPDATE",
    "LABEL",
    "REPORT",
    "MKWORKSPACE",
    "MKACTIVITY",
    "BASELINE-CONTROL",
    "MERGE",
];
/// The number of all methods that are not known.
const INVALID: usize = 26;
const LAST: usize = 62;

/// The methods that a configuration knows.
#[derive(Clone, Debug, Default)]
pub struct Methods {
    registered: Vec<Vec<u8>>,
}

impl Methods {
    /// The bit of a method; `HEAD` is `GET`. `None` where it is not known.
    #[must_use]
    pub fn known(&self, name: &[u8]) -> Option<Limited> {
        let name = if name == b"HEAD" { b"GET" } else { name };
        let number = KNOWN.iter().position(|known| known.as_bytes() == name).or_else(|| {
            let at = self.registered.iter().position(|known| known == name)?;
            Some(INVALID + 1 + at)
        });
        number.map(|number| 1 << number)
    }

    /// The bit of a request's method.
    #[must_use]
    pub fn of(&self, name: &[u8]) -> Limited {
        self.known(name).unwrap_or(1 << INVALID)
    }

    /// The bit of a method that becomes known by being named; `None` where there are too many.
    pub fn register(&mut self, name: &[u8]) -> Option<Limited> {
        if let Some(known) = self.known(name) {
            return Some(known);
        }
        if INVALID + 1 + self.registered.len() > LAST {
            return None;
        }
        self.registered.push(name.to_vec());
        self.known(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_that_are_not_known_share_a_bit() {
        let mut methods = Methods::default();
        assert_eq!(methods.of(b"HEAD"), methods.of(b"GET"));
        assert_eq!(methods.of(b"FOO"), methods.of(b"get"));
        let foo = methods.register(b"FOO").unwrap();
        assert!(foo != methods.of(b"BAR") && methods.of(b"FOO") == foo);
    }
}

//! How small Go servers check a field: `{SHA}` in its one canonical text, and bcrypt behind a list of prefixes.
//!
//! Source: rest-server 0.14.0 `htpasswd.go:isMatchingHashAndPassword`; oauth2-proxy 7.15.3
//! `pkg/authentication/basic/htpasswd.go:Validate`; Envoy 1.40.0 `basic_auth_filter.cc:validateUser` (no bcrypt).

use crate::crypt::Checked;
use crate::crypt::Crypt;
use crate::crypt::Why;
use crate::crypt::Work;
use crate::crypt::ask;
use crate::crypt::attempt::Attempt;
use crate::crypt::go_bcrypt;
use crate::scheme;

/// The dialect of one server.
pub struct GoShaBcrypt {
    name: &'static str,
    prefixes: &'static [&'static str],
}

/// rest-server: `$2a$`, `$2b$`, `$2y$`.
pub static REST_SERVER: GoShaBcrypt = GoShaBcrypt { name: "rest-server", prefixes: &["$2a$", "$2b$", "$2y$"] };
/// oauth2-proxy: `$2x$` too.
pub static OAUTH2_PROXY: GoShaBcrypt =
    GoShaBcrypt { name: "oauth2-proxy", prefixes: &["$2a$", "$2b$", "$2x$", "$2y$"] };
/// Envoy: nothing but `{SHA}`.
pub static ENVOY: GoShaBcrypt = GoShaBcrypt { name: "envoy", prefixes: &[] };

impl Crypt for GoShaBcrypt {
    fn name(&self) -> &'static str {
        self.name
    }

    fn check(&self, field: &[u8], password: &[u8], work: &mut Work) -> Checked {
        if field.starts_with(scheme::sha1::PREFIX) {
            ask::sha1_text(field, password, work).judge(field)
        } else if self.prefixes.iter().any(|prefix| field.starts_with(prefix.as_bytes())) {
            go_bcrypt::compare(field, password, work).checked
        } else {
            let name = scheme::identify(field).map(|scheme| scheme.name);
            Attempt::refused(name, if field.is_empty() { Why::Empty } else { Why::UnknownScheme }, None).judge(field)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypt::Check;

    const BCRYPT: &str = "$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a";

    #[test]
    fn each_server_has_its_own_prefixes() {
        let accepts = |dialect: &GoShaBcrypt, field: &str| {
            dialect.check(field.as_bytes(), b"secret", &mut Work::limited(1.0)).check == Check::Match
        };
        let sha = "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=";
        for (field, expected) in [
            (sha.to_owned(), [true, true, true]),
            (format!("{sha}="), [false; 3]),
            (format!("$2b{BCRYPT}"), [true, true, false]),
            (format!("$2x{BCRYPT}"), [false, true, false]),
            (format!("$2z{BCRYPT}"), [false; 3]),
            (String::new(), [false; 3]),
        ] {
            assert_eq!(
                [&REST_SERVER, &OAUTH2_PROXY, &ENVOY].map(|dialect| accepts(dialect, &field)),
                expected,
                "{field}"
            );
        }
    }
}

//! How h2o's `htpasswd.rb` checks a field: `{SHA}` as text, `$apr1$` with an MD5 that is broken, and an exception for all
//! else.
//!
//! The MD5 of Debian 12's build (mruby-digest's own) gives wrong digests, so that no `$apr1$` field matches there. Elsewhere
//! one may.
//!
//! Source: h2o 2.2.5 `share/h2o/mruby/htpasswd.rb:validate`; the broken digests are recorded from Debian's 2.2.5+dfsg2-7.

use crate::crypt::Check;
use crate::crypt::Checked;
use crate::crypt::Crypt;
use crate::crypt::Errno;
use crate::crypt::Mismatch;
use crate::crypt::Why;
use crate::crypt::Work;
use crate::crypt::ask;
use crate::scheme::apr1;
use crate::scheme::sha1;

/// h2o's check on Debian 12. An exception is [`Check::Fails`].
pub struct H2o;

impl Crypt for H2o {
    fn name(&self) -> &'static str {
        "h2o"
    }

    fn check(&self, field: &[u8], password: &[u8], work: &mut Work) -> Checked {
        if is_apr1(field) {
            let check = Check::Mismatch(Mismatch { why: Why::Digest, at: None });
            return Checked { check, scheme: Some("apr1") };
        }
        if field.starts_with(sha1::PREFIX) {
            return ask::sha1_text(field, password, work).judge(field);
        }
        Checked { check: Check::Fails(Errno::EINVAL), scheme: None }
    }
}

/// `^\$apr1\$(.*)\$`
#[must_use]
pub fn is_apr1(field: &[u8]) -> bool {
    field.strip_prefix(apr1::MAGIC).is_some_and(|rest| rest.contains(&b'$'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_neither_sha_nor_apr1_raises() {
        let check = |field: &[u8]| H2o.check(field, b"secret", &mut Work::limited(10.0)).check;
        assert_eq!(check(b"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="), Check::Match);
        assert!(matches!(check(b"$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/"), Check::Mismatch(_)));
        for field in [&b"$apr1$abcdefgh"[..], b"{sha}x", b"$2y$05$x", b""] {
            assert_eq!(check(field), Check::Fails(Errno::EINVAL), "{}", field.escape_ascii());
        }
    }
}

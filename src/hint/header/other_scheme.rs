//! A header of another scheme than Basic.

use crate::fault::Grade;
use crate::hint::{Action, Finding, Fix, Hint, Place, Scene, Strength};
use crate::trace::{Code, codes};

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "other-scheme",
        title: "the header is of another scheme",
        text: "The client sent Bearer, Digest, Negotiate or another scheme to an area that wants Basic. Most often \
               an application behind the proxy uses the same header for its own token: then the proxy's login and \
               the application's exclude each other. Exempt the application's paths from the proxy's login, or move \
               one of the two to another header or a cookie.",
    },
    find,
};

/// Schemes that clients send.
const SCHEMES: &[&str] =
    &["bearer", "digest", "negotiate", "ntlm", "token", "apikey", "aws4-hmac-sha256", "hawk", "signature", "dpop"];

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    if !scene.refused_for(&[codes::WRONG_SCHEME, codes::NO_CREDENTIALS]) {
        return;
    }
    let Some(first) = super::authorizations(scene).into_iter().next() else { return };
    let word = first.value.split(u8::is_ascii_whitespace).next().unwrap_or_default();
    let known = SCHEMES.iter().find(|scheme| word.eq_ignore_ascii_case(scheme.as_bytes()));
    if let Some(scheme) = known {
        let message = format!("the header is of the scheme {scheme}, and the area wants Basic");
        let fix = Fix {
            grade: Grade::Manual,
            what: Action::Edit("send `Basic` credentials in the first Authorization line".to_owned()),
        };
        let place = Place::Head(first.at);
        findings.push(Finding { place, fix: Some(fix), ..Finding::new(ROW.code, Strength::Consistent, message) });
    }
}

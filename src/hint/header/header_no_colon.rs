//! The token holds no colon.

use crate::basic::base64;
use crate::fault::Grade;
use crate::hint::sent::token;
use crate::hint::{Action, Finding, Fix, Hint, Place, Scene, Strength};
use crate::secret::Secret;
use crate::trace::Code;

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "header-no-colon",
        title: "no colon in the credentials",
        text: "What the header holds is base64, and there is no colon between user and password in it: only a name, \
               only a password, or another separator was encoded. Encode `user:password`.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for line in super::authorizations(scene) {
        let Some(text) = token(line.value) else { continue };
        let length = base64::symbols(text);
        let plain = Secret::from(base64::unpack(&text[..length]));
        let plain = plain.expose();
        let is_text =
            plain.len() > 1 && plain.iter().all(|byte| !byte.is_ascii_control() || byte.is_ascii_whitespace());
        if !is_text || length + 2 < text.len() || memchr::memchr(b':', plain).is_some() {
            continue;
        }
        let before = findings.len();
        if let Some(at) = plain.iter().position(|byte| b" \t\n;,/|".contains(byte)) {
            let sent = (plain[..at].to_vec(), Secret::from(&plain[at + 1..]));
            let message = "another sign than a colon stands between user and password in the header";
            super::made_anew(scene, ROW.code, line.at, message, "encode `user:password`", &sent, findings);
        }
        if findings.len() == before {
            let fix = Some(Fix { grade: Grade::Manual, what: Action::Edit("encode `user:password`".to_owned()) });
            let message = "what the header encodes has no colon between user and password";
            findings.push(Finding {
                place: Place::Head(line.at),
                fix,
                ..Finding::new(ROW.code, Strength::Consistent, message)
            });
        }
    }
}

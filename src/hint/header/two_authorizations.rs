//! Several Authorization lines, of which the server takes another than the right one.

use crate::hint::sent::{decode, token};
use crate::hint::{Finding, Hint, Scene};
use crate::trace::Code;

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "two-authorizations",
        title: "several Authorization lines",
        text: "The request carries more than one Authorization line, and the server takes the first, joins them, or \
               refuses the request. It happens where a proxy's login and an application's login share the header: \
               each consumer sees the other's. Give one of them another header or a cookie, or let the proxy remove \
               its own (`proxy_set_header Authorization \"\"`).",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let lines = super::authorizations(scene);
    if lines.len() < 2 {
        return;
    }
    for line in lines {
        if let Some(sent) = token(line.value).and_then(decode) {
            let before = findings.len();
            let message = "the request carries several Authorization lines, and the server does not take this one";
            super::made_anew(scene, ROW.code, line.at, message, "send this line only", &sent, findings);
            if findings.len() > before {
                return;
            }
        }
    }
}

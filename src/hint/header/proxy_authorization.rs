//! The credentials stand in the header for proxies.

use crate::hint::sent::{decode, fields, token};
use crate::hint::{Finding, Hint, Scene};
use crate::trace::Code;

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "proxy-authorization",
        title: "credentials in Proxy-Authorization",
        text: "The credentials stand in the line Proxy-Authorization, which is for a forward proxy and which a web \
               server does not read. Send them as Authorization: with curl `-u`, not `--proxy-user`.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    if !super::authorizations(scene).is_empty() {
        return;
    }
    for field in fields(scene.inputs.head) {
        if field.name.eq_ignore_ascii_case(b"proxy-authorization")
            && let Some(sent) = token(field.value).and_then(decode)
        {
            let message = "the credentials stand in Proxy-Authorization, which a web server does not read";
            super::made_anew(
                scene,
                ROW.code,
                field.at,
                message,
                "send them in the line Authorization",
                &sent,
                findings,
            );
        }
    }
}

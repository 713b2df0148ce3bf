//! The request carries no credentials at all.

use crate::fault::Grade;
use crate::hint::{Action, Finding, Fix, Hint, Scene, Strength};
use crate::trace::{Code, codes};

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "no-header",
        title: "the request carries no credentials",
        text: "There is no Authorization line in the request. That is how every login begins: the browser asks \
               without credentials, the server answers 401, and only then the browser asks the user. If credentials \
               were meant to be sent, they were lost on the way: a redirect to another host or port drops them, a \
               proxy or a CGI gateway does not pass them on (`CGIPassAuth On`), `fetch` needs `credentials: \
               \"include\"`.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let lines = super::authorizations(scene);
    if scene.decision.reason == codes::NO_CREDENTIALS && lines.is_empty() {
        let message = "the request carries no Authorization line; the first request of every login is like this";
        let fix = Fix {
            grade: Grade::Manual,
            what: Action::Edit("send the credentials, as in `curl -u USER URL`".to_owned()),
        };
        findings.push(Finding { fix: Some(fix), ..Finding::new(ROW.code, Strength::Consistent, message) });
    }
}

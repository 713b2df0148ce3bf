//! The same characters in other bytes.

use crate::hint::{Finding, Hint, Likeness, Scene};
use crate::trace::Code;

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "user-charset",
        title: "the name in another encoding",
        text: "The client sent the name in another encoding than the file has it: Latin-1 from Java, \
               python-requests, aiohttp and older browsers, UTF-8 from curl on Linux, Chrome and Firefox. Servers \
               compare bytes. Use ASCII in names, or make the client send UTF-8 (lighttpd asks for it in its \
               challenge; Apache and nginx do not).",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    super::alike(scene, Likeness::Charset, ROW.code, "the name is the same in another encoding", findings);
}

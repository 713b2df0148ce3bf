//! A file inside what a server hands out.

use crate::lint::{Check, Lint};
use crate::trace::Code;

pub(super) static LINT: Lint = Lint {
    code: Code {
        name: "file-served",
        title: "inside a document root",
        text: "The file lies below a folder whose content a web server hands out. Apache refuses names that begin \
               with `.ht`, nginx and others do not: whoever knows the path can fetch the hashes. Move it out, to \
               /etc/nginx or /etc/apache2.",
    },
    check: Check::Place(|place| {
        let root = place.served_from.as_ref()?;
        let but = if place.hidden_by_name { "; by its name Apache does not serve it, other servers do" } else { "" };
        Some(format!("the file lies in {root}, whose content is served{but}"))
    }),
};

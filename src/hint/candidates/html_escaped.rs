//! Entities of HTML and XML, and backslash escapes of JSON.

use crate::hint::candidates::{Remedy, Rule, Tier};
use crate::trace::Code;

pub(super) static RULE: Rule = Rule {
    code: Code {
        name: "html-escaped",
        title: "the password with HTML or JSON escapes",
        text: "A web panel or a template stored, or sent, `&amp;` for `&`, `&quot;` for a quote, or JSON's `\\\"`. \
               Set the password anew with a tool that takes it as it is.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Set,
    make: |typed, made| {
        let Some(text) = typed.text else { return };
        let mut plain = text.to_owned();
        for (sign, entities) in ENTITIES.iter().rev() {
            for entity in *entities {
                plain = plain.replace(entity, sign);
            }
        }
        made.add("with its HTML entities decoded", plain);
        for which in 0..2 {
            let mut escaped = text.to_owned();
            for (sign, entities) in ENTITIES {
                escaped = escaped.replace(sign, entities[which.min(entities.len() - 1)]);
            }
            made.add("with HTML entities", escaped);
        }
        let xml = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        made.add("with HTML entities", xml);
        made.add("with JSON escapes", text.replace('\\', "\\\\").replace('"', "\\\""));
        made.add("with its JSON escapes decoded", text.replace("\\\"", "\"").replace("\\/", "/").replace("\\\\", "\\"));
    },
};

/// Signs and the entities for them; `&` first when escaping, last when decoding.
const ENTITIES: &[(&str, &[&str])] = &[
    ("&", &["&amp;", "&#38;"]),
    ("<", &["&lt;", "&#60;"]),
    (">", &["&gt;", "&#62;"]),
    ("\"", &["&quot;", "&#34;"]),
    ("'", &["&#39;", "&#039;", "&apos;"]),
];

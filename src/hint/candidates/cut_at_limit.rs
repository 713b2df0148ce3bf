//! The stored password is the beginning of the typed one.

use sha2::{Digest as _, Sha256, Sha512};

use crate::basic::base64;
use crate::hint::candidates::{Made, Remedy, Rule, Tier, Typed};
use crate::scheme::md5hex;
use crate::trace::Code;

pub(super) static EIGHT: Rule = Rule {
    code: Code {
        name: "des-8",
        title: "only the first eight bytes of the password were stored",
        text: "The hash is of the first eight bytes of the password. Traditional DES crypt reads no more, so any end \
               was accepted; after a move to another scheme that was made from what DES had kept, the whole password \
               no longer matches. Set it anew.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Set,
    make: |typed, made| cut(typed, made, &[8], "cut to its first eight bytes"),
};

pub(super) static SEVENTY_TWO: Rule = Rule {
    code: Code {
        name: "bcrypt-72",
        title: "a password of more than 72 bytes",
        text: "bcrypt reads 72 bytes of a password. What a program does with a longer one differs: C libraries cut \
               it, Python's bcrypt from 5.0 and Go's refuse it, and some programs hash it with SHA-256 first. So a \
               hash made by one does not match in another. Take a shorter password, or SHA-512 crypt.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Set,
    make: long,
};

pub(super) static OTHERS: Rule = Rule {
    code: Code {
        name: "cut-at-limit",
        title: "the stored password was cut at a limit",
        text: "The hash is of the beginning of the password: a form or a field of a database took only so many \
               characters when it was set, and said nothing. Set it anew, with a tool that takes all of it.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Set,
    make: |typed, made| {
        cut(typed, made, &[16, 20, 32, 12, 10, 15, 14, 24, 30, 40, 64, 50, 60], "cut at the limit of a form");
    },
};

fn cut(typed: &Typed<'_>, made: &mut Made, limits: &[usize], how: &'static str) {
    for limit in limits {
        if let Some(text) = typed.text
            && let Some((at, _)) = text.char_indices().nth(*limit)
        {
            made.add(how, &text[..at]);
        }
        if let Some(start) = typed.password.get(..*limit).filter(|start| start.len() < typed.password.len()) {
            made.add(how, start);
        }
    }
}

fn long(typed: &Typed<'_>, made: &mut Made) {
    let password = typed.password;
    if password.len() <= 71 {
        return;
    }
    cut(typed, made, &[72, 71, 73], "cut to its first 72 bytes");
    let (short, long) = (Sha256::digest(password).to_vec(), Sha512::digest(password).to_vec());
    for digest in [short, long] {
        made.add("hashed with SHA-2 before", md5hex::encode(&digest));
        made.add("hashed with SHA-2 before", base64::encode(&digest));
    }
}

//! The entry holds a plain digest of the typed password, in hex or base64.

use md5::compute;
use sha2::{Digest as _, Sha256, Sha512};

use crate::basic::base64;
use crate::fault::form;
use crate::hint::{Finding, Hint, Scene, Strength};
use crate::scheme::{self, md5hex, sha1};
use crate::trace::Code;

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "digest-of-password",
        title: "the entry is a plain digest of the password",
        text: "The entry holds the MD5, SHA-1 or SHA-2 digest of the password in hex or base64, without what a \
               server needs to know it by. It was made with `md5sum`, `sha256sum` or a library's digest function. \
               Set the password with `why401 set FILE USER`.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let (Some(sent), Some((stored, _))) = (scene.sent, super::hash(scene)) else { return };
    // A hash of a known scheme is more than a digest, though `{SHA}` is little more.
    let form = form::of(stored);
    if form.is_whole() && form.scheme != Some("md5hex") {
        return;
    }
    let stored = match stored.split_first() {
        Some((b'{', rest)) => &rest[memchr::memchr(b'}', rest).map_or(0, |end| end + 1)..],
        _ => stored,
    };
    if stored.len() < 22 || scene.is_usable() || super::is_proved(findings) {
        return;
    }
    let password = sent.password.expose();
    // `echo password | md5sum` digests a line feed too.
    let texts = [password.to_vec(), [password, b"\n"].concat()];
    let digests = texts.iter().flat_map(|text| {
        [
            compute(text).0.to_vec(),
            sha1::digest(b"", text).to_vec(),
            Sha256::digest(text).to_vec(),
            Sha512::digest(text).to_vec(),
        ]
    });
    let is_of = |digest: Vec<u8>| {
        scheme::same(&stored.to_ascii_lowercase(), &md5hex::encode(&digest))
            || scheme::same(stored, &base64::encode(&digest))
    };
    if !digests.map(is_of).fold(false, |any, is| any | is) {
        return;
    }
    let Some((change, _)) = super::made_anew(scene, password) else { return };
    if scene.decide(&change).verdict.lets_in() {
        let message = "the entry is a plain digest of this password, which the server does not know as a hash";
        let (place, fix) = (super::place(scene), Some(scene.set()));
        findings.push(Finding {
            place,
            fix,
            change: Some(change),
            ..Finding::new(ROW.code, Strength::Proved, message)
        });
    }
}

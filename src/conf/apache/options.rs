//! `Options` and `AllowOverride`.
//!
//! Behaviour of httpd 2.4.71 `server/core.c` (`set_options`, `set_override`).

use crate::conf::Trouble;
use crate::conf::apache::Allowed;
use crate::conf::apache::directive::{Directive, text};
use crate::conf::apache::directives::Classes;
use crate::conf::apache::rules::Options;

/// What `AllowOverride` says.
pub(super) fn overrides(directive: &Directive) -> Result<Allowed, Trouble> {
    let mut allowed = Allowed::default();
    for word in directive.words() {
        let lower = word.to_ascii_lowercase();
        let (name, value) = crate::bytes::split_once(&lower, b'=').unwrap_or((&lower, b""));
        match (name, value) {
            (b"none", _) => allowed.classes = Classes::NONE,
            (b"all", _) => allowed.classes = Classes::ALL,
            (b"authconfig", _) => allowed.classes = allowed.classes.with(Classes::AUTH_CONFIG),
            (b"fileinfo", _) => allowed.classes = allowed.classes.with(Classes::FILE_INFO),
            (b"indexes", _) => allowed.classes = allowed.classes.with(Classes::INDEXES),
            (b"limit", _) => allowed.classes = allowed.classes.with(Classes::LIMIT),
            (b"options", _) => allowed.classes = allowed.classes.with(Classes::OPTIONS),
            (b"nonfatal", b"override") => allowed.pass_forbidden = true,
            (b"nonfatal", b"unknown") => allowed.pass_unknown = true,
            (b"nonfatal", b"all") => (allowed.pass_forbidden, allowed.pass_unknown) = (true, true),
            _ => return Err(directive.trouble(format!("Illegal override option {}", text(&word)))),
        }
    }
    Ok(allowed)
}

/// Adds `Options` to those of a section.
pub(super) fn read(options: &mut Options, directive: &Directive) -> Result<(), Trouble> {
    let words = directive.words();
    let signed = |word: &Vec<u8>| matches!(word.first(), Some(b'+' | b'-'));
    if words.iter().any(|word| signed(word) != signed(&words[0])) {
        return Err(directive.trouble("Either all Options must start with + or -, or no Option may."));
    }
    let mut first = true;
    for word in words {
        let lower = word.to_ascii_lowercase();
        let (sign, name) = match lower.split_first() {
            Some((sign @ (b'+' | b'-'), name)) => (Some(*sign), name),
            _ => (None, &lower[..]),
        };
        if sign.is_none() && first {
            *options = Options { on: 0, relative: false, ..*options };
            first = false;
        }
        let bits = match name {
            b"followsymlinks" => Options::FOLLOW,
            b"symlinksifownermatch" => Options::OWNER,
            b"indexes" => Options::INDEXES,
            b"multiviews" => Options::VIEWS,
            b"all" => Options::FOLLOW | Options::INDEXES,
            b"none" | b"includes" | b"includesnoexec" | b"execcgi" | b"runscripts" => 0,
            _ => return Err(directive.trouble(format!("Illegal option {}", text(&word[word.len() - name.len()..])))),
        };
        match sign {
            Some(b'-') => {
                options.remove |= bits;
                options.add &= !bits;
                options.on &= !bits;
            }
            Some(_) => {
                options.add |= bits;
                options.remove &= !bits;
                options.on |= bits;
            }
            None => options.on |= bits,
        }
    }
    Ok(())
}

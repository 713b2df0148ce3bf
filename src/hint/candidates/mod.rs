//! Near misses of the password: one file per family of rules, each a way in which passwords change between the person who sets
//! them and the one who types them.
//!
//! A rule makes candidates from the typed password. The search tries them in order of likelihood against the stored hash and
//! stops at the first that matches. What it says is the rule, never a character, the candidate or the hash.

mod charset;
mod cut_at_limit;
mod empty_password;
mod html_escaped;
mod keyboard_layout;
mod layouts;
mod letter_case;
mod look_alike_letters;
mod mojibake;
mod normal_form;
mod nul_in_password;
mod num_lock;
mod option_like;
mod percent_encoded;
mod quotes;
mod search;
mod shell;
mod smart_punctuation;
mod stray_blank;
mod stray_newline;
mod typing_slip;
mod user_in_front;

pub use search::{Hit, Outcome, Search, TOGETHER, seconds};

use std::borrow::Cow;

use crate::secret::Secret;
use crate::trace::Code;

/// When a rule is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Always.
    Usual,
    /// Where a hash takes so little time that many candidates cost nothing.
    Cheap,
    /// Only where it is asked for: a slip of the finger is close to guessing.
    Harder,
}

/// Who is to do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// The stored password is not the one that was meant: set it anew.
    Set,
    /// What is sent is not the password: change that, in these words.
    Send(&'static str),
}

/// A family of candidates.
pub struct Rule {
    /// Its code, with title and text for `explain`.
    pub code: Code,
    /// When it is tried.
    pub tier: Tier,
    /// What is to be done where it matches.
    pub remedy: Remedy,
    /// Makes the candidates.
    pub make: fn(&Typed<'_>, &mut Made),
}

/// The rules, in order of likelihood.
///
/// Legend: first what machines add and lose, then what keys do, then encodings and escapes, then what is cut, then keyboards.
/// Rules of [`Tier::Harder`] stand last.
pub static RULES: &[&Rule] = &[
    &stray_newline::STORED,
    &stray_newline::TYPED,
    &stray_blank::TYPED,
    &stray_blank::STORED,
    &letter_case::CAPS_LOCK,
    &letter_case::FIRST_LETTER,
    &letter_case::ALL_LETTERS,
    &charset::LATIN1_SENT,
    &normal_form::RULE,
    &mojibake::RULE,
    &charset::UTF8_SENT,
    &smart_punctuation::RULE,
    &percent_encoded::RULE,
    &percent_encoded::PLUS,
    &html_escaped::RULE,
    &quotes::RULE,
    &shell::EXPANDED,
    &shell::DOLLARS,
    &user_in_front::IN_FRONT,
    &user_in_front::INSTEAD,
    &empty_password::RULE,
    &nul_in_password::RULE,
    &option_like::RULE,
    &cut_at_limit::EIGHT,
    &cut_at_limit::SEVENTY_TWO,
    &cut_at_limit::OTHERS,
    &keyboard_layout::RULE,
    &num_lock::RULE,
    &look_alike_letters::RULE,
    &keyboard_layout::ALL_PAIRS,
    &typing_slip::RULE,
];

/// What was typed.
pub struct Typed<'a> {
    /// The password's bytes.
    pub password: &'a [u8],
    /// The same as text, where it is UTF-8.
    pub text: Option<&'a str>,
    /// The user's name.
    pub user: &'a [u8],
}

impl<'a> Typed<'a> {
    /// A password and whose it is.
    #[must_use]
    pub fn new(password: &'a [u8], user: &'a [u8]) -> Self {
        Self { password, text: std::str::from_utf8(password).ok(), user }
    }
}

/// A password to try.
pub struct Candidate {
    /// The rule that made it.
    pub rule: &'static Rule,
    /// In what it differs from what was typed, as the end of a sentence: `with a line feed at its end`.
    pub how: Cow<'static, str>,
    /// The password.
    pub password: Secret,
}

/// Candidates as they are made; what was made already is left out.
pub struct Made {
    rule: &'static Rule,
    typed: Secret,
    all: Vec<Candidate>,
}

/// Candidates that are made at most.
const MOST: usize = 3000;

impl Made {
    /// Adds a candidate, unless it is what was typed or was made before.
    pub fn add(&mut self, how: impl Into<Cow<'static, str>>, password: impl Into<Vec<u8>>) {
        let password = Secret::from(password.into());
        let known = |known: &Secret| known.expose() == password.expose();
        if self.all.len() < MOST && !known(&self.typed) && !self.all.iter().any(|candidate| known(&candidate.password))
        {
            self.all.push(Candidate { rule: self.rule, how: how.into(), password });
        }
    }

    /// Adds the text with each character replaced.
    fn add_mapped(&mut self, how: &'static str, text: &str, map: impl Fn(char) -> char) {
        self.add(how, text.chars().map(map).collect::<String>());
    }
}

/// All candidates of the rules that `wanted` names, in order of likelihood.
#[must_use]
pub fn candidates(typed: &Typed<'_>, wanted: impl Fn(Tier) -> bool) -> Vec<Candidate> {
    let mut made = Made { rule: RULES[0], typed: Secret::from(typed.password), all: Vec::new() };
    for rule in RULES.iter().filter(|rule| wanted(rule.tier)) {
        made.rule = rule;
        (rule.make)(typed, &mut made);
    }
    made.all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(typed: &str, wanted: impl Fn(Tier) -> bool) -> Vec<(&'static str, String)> {
        let all = candidates(&Typed::new(typed.as_bytes(), b"alice"), wanted);
        all.iter()
            .map(|one| (one.rule.code.name, String::from_utf8_lossy(one.password.expose()).into_owned()))
            .collect()
    }

    #[test]
    fn a_usual_password_makes_few_candidates_and_none_twice() {
        for typed in ["hunter2", "Passw0rd!", "mot de passé", "correct horse battery staple", "", "zyzzy-2024"] {
            let all = candidates(&Typed::new(typed.as_bytes(), b"alice"), |tier| tier == Tier::Usual);
            assert!(all.len() <= 140, "{typed}: {}", all.len());
            let mut texts: Vec<&[u8]> = all.iter().map(|one| one.password.expose()).collect();
            texts.sort_unstable();
            texts.dedup();
            assert_eq!(texts.len(), all.len());
            assert!(texts.iter().all(|text| *text != typed.as_bytes()));
        }
    }

    #[test]
    fn rules_that_come_close_to_guessing_stand_last() {
        assert!(RULES.iter().map(|rule| rule.tier == Tier::Harder).is_sorted());
    }

    #[test]
    fn rules_make_what_their_code_says() {
        let makes = |code: &str, typed: &str, wanted: &str| {
            let all = made(typed, |_| true);
            let made: Vec<_> = all.iter().filter(|(name, text)| *name == code || text == wanted).collect();
            assert!(made.iter().any(|(name, text)| *name == code && text == wanted), "{code}: {typed}: {made:?}");
        };
        makes("newline-stored", "secret", "secret\n");
        makes("newline-typed", "secret\r\n", "secret");
        makes("blank-typed", "\u{A0}secret ", "secret");
        makes("caps-lock", "sECRET1", "Secret1");
        makes("first-letter-case", "Secret", "secret");
        makes("letter-case", "SeCret", "secret");
        makes("normal-form", "pe\u{301}", "pé");
        makes("mojibake", "pÃ©", "pé");
        makes("smart-punctuation", "it’s–x", "it's-x");
        makes("percent-encoded", "a%40b", "a@b");
        makes("percent-encoded", "a@b", "a%40b");
        makes("plus-for-blank", "a+b", "a b");
        makes("html-escaped", "a&amp;b", "a&b");
        makes("shell-expanded", "pa$word1", "pa");
        makes("shell-expanded", "a\\b", "ab");
        makes("shell-expanded", "one&two", "one");
        makes("dollar-sign-doubled", "pa$$word", "pa$word");
        makes("quotes-in-password", "\"secret\"", "secret");
        makes("user-in-front", "alice:secret", "secret");
        makes("user-as-password", "x", "alice");
        makes("nul-in-password", "s\0e\0", "se");
        makes("option-like", "-secret", "secret");
        makes("des-8", "longpassword", "longpass");
        makes("bcrypt-72", &"x".repeat(80), &"x".repeat(72));
        makes("cut-at-limit", "correct horse battery staple", "correct horse ba");
        makes("keyboard-layout", "zxy", "yxz");
        makes("num-lock", "pass123", "pass");
        makes("look-alike-letters", "pаss", "pass");
        makes("typing-slip", "secert", "secret");
    }

    #[test]
    fn encodings_go_both_ways() {
        let all = candidates(&Typed::new(b"p\xE9", b"alice"), |_| true);
        assert!(all.iter().any(|one| one.rule.code.name == "latin1-sent" && one.password.expose() == "pé".as_bytes()));
        let all = candidates(&Typed::new("p€".as_bytes(), b"alice"), |_| true);
        assert!(all.iter().any(|one| one.rule.code.name == "utf8-sent" && one.password.expose() == b"p\x80"));
    }
}

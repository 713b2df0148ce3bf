//! The flags of `RewriteRule`.
//!
//! Behaviour of httpd 2.4.71 `modules/mappers/mod_rewrite.c:cmd_rewriterule_setflag`: keys are told apart without regard to case.

use crate::conf::apache::directive::text;
use crate::conf::apache::rewrite::line;

/// Rounds that `[N]` may take where it does not say.
const MOST_ROUNDS: u32 = 32_000;
/// Statuses that `[R=…]` takes (`ap_index_of_response`).
const STATUSES: &[u16] = &[
    100, 101, 102, 103, 200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 307, 308, 400,
    401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 423, 424, 425, 426,
    428, 429, 431, 451, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511,
];

/// The flags.
#[allow(clippy::struct_excessive_bools, reason = "the module's own flags")]
#[derive(Clone, Debug)]
pub struct Flags {
    /// `NC`
    pub caseless: bool,
    /// `L`
    pub last: bool,
    /// `END`
    pub end: bool,
    /// `C`
    pub chain: bool,
    /// `S`
    pub skip: usize,
    /// `N`, and how many rounds it may take.
    pub next: bool,
    /// The rounds.
    pub rounds: u32,
    /// `NS`
    pub not_within: bool,
    /// `P`
    pub proxy: bool,
    /// `PT`
    pub pass_through: bool,
    /// `R` with a status that redirects.
    pub redirect: bool,
    /// The status of `R`.
    pub status: u16,
    /// `F`, `G`, `R` with another status: the rule answers.
    pub answers: bool,
    /// The path stays.
    pub no_output: bool,
    /// `NE`
    pub no_escape: bool,
    /// `DPI`
    pub discard_info: bool,
    /// `QSA`
    pub args_append: bool,
    /// `QSD`
    pub args_discard: bool,
    /// `QSL`
    pub args_last: bool,
    /// The output ends in `?`.
    pub args_none: bool,
    /// `B`: what is escaped in captures; `None` for all of it.
    pub escape: Option<Option<Vec<u8>>>,
    /// `BNE`
    pub keep: Vec<u8>,
    /// `BNP`
    pub no_plus: bool,
    /// `BCTLS`
    pub controls: bool,
    /// `E`
    pub variables: Vec<Vec<u8>>,
    /// `H`
    pub handler: Option<Vec<u8>>,
    /// `UnsafePrefixStat`
    pub unsafe_stat: bool,
    /// `UnsafeAllow3F`
    pub unsafe_mark: bool,
    /// `UNC`
    pub no_merge: bool,
}

impl Default for Flags {
    fn default() -> Self {
        Self {
            caseless: false,
            last: false,
            end: false,
            chain: false,
            skip: 0,
            next: false,
            rounds: MOST_ROUNDS,
            not_within: false,
            proxy: false,
            pass_through: false,
            redirect: false,
            status: 302,
            answers: false,
            no_output: false,
            no_escape: false,
            discard_info: false,
            args_append: false,
            args_discard: false,
            args_last: false,
            args_none: false,
            escape: None,
            keep: Vec::new(),
            no_plus: false,
            controls: false,
            variables: Vec::new(),
            handler: None,
            unsafe_stat: false,
            unsafe_mark: false,
            no_merge: false,
        }
    }
}

impl Flags {
    /// The flags of a rule; `Err` with what the module says.
    pub(super) fn of_rule(written: &[u8]) -> Result<Self, String> {
        let mut flags = Self::default();
        let all = line::flags(written).map_err(|message| format!("RewriteRule: {message}"))?;
        for (key, value) in all {
            flags.set(&key, value).map_err(|message| format!("RewriteRule: {message}"))?;
        }
        Ok(flags)
    }

    fn set(&mut self, key: &[u8], value: Vec<u8>) -> Result<(), String> {
        match key.to_ascii_lowercase().as_slice() {
            b"b" | b"backrefescaping" => self.escape = Some(Some(value).filter(|value| !value.is_empty())),
            b"bne" if value.is_empty() => {
                return Err("flag 'BNE' wants a list of characters (i.e. [BNE=...])".to_owned());
            }
            b"bne" => self.keep = value,
            b"bnp" | b"backrefernoplus" => self.no_plus = true,
            b"bctls" => {
                self.controls = true;
                self.escape.get_or_insert(None);
            }
            b"c" | b"chain" => self.chain = true,
            b"co" | b"cookie" | b"t" | b"type" => {}
            b"dpi" | b"discardpath" | b"d" => self.discard_info = true,
            b"e" | b"env" => self.variables.push(value),
            b"end" => self.end = true,
            b"f" | b"forbidden" => self.answer(403),
            b"g" | b"gone" => self.answer(410),
            b"h" | b"handler" => self.handler = Some(value),
            b"l" | b"last" => self.last = true,
            b"ne" | b"noescape" => self.no_escape = true,
            b"n" | b"next" => {
                self.next = true;
                if !value.is_empty() {
                    self.rounds = number(&value);
                }
            }
            b"ns" | b"nosubreq" => self.not_within = true,
            b"nc" | b"nocase" => self.caseless = true,
            b"p" | b"proxy" => self.proxy = true,
            b"pt" | b"passthrough" => self.pass_through = true,
            b"qsa" | b"qsappend" => self.args_append = true,
            b"qsd" | b"qsdiscard" => self.args_discard = true,
            b"qsl" | b"qslast" => self.args_last = true,
            b"r" | b"redirect" => self.redirects(&value)?,
            b"s" | b"skip" => self.skip = usize::try_from(number(&value)).unwrap_or(usize::MAX),
            b"unsafeprefixstat" => self.unsafe_stat = true,
            b"unsafeallow3f" => self.unsafe_mark = true,
            b"unc" => self.no_merge = true,
            lower if lower.starts_with(b"d") => {}
            _ => return Err(format!("unknown flag '{}'", text(key))),
        }
        Ok(())
    }

    fn answer(&mut self, status: u16) {
        self.answers = true;
        self.no_output = true;
        self.status = status;
    }

    fn redirects(&mut self, value: &[u8]) -> Result<(), String> {
        self.redirect = true;
        self.status = match value.to_ascii_lowercase().as_slice() {
            b"" => return Ok(()),
            b"permanent" => 301,
            b"temp" => 302,
            b"seeother" => 303,
            [digit, ..] if digit.is_ascii_digit() => {
                let status = u16::try_from(number(value)).unwrap_or(0);
                if !STATUSES.contains(&status) {
                    return Err(format!("invalid HTTP response code '{}' for flag 'R'", text(value)));
                }
                if !(300..400).contains(&status) || status == 304 {
                    self.answers = true;
                    self.no_output = true;
                }
                status
            }
            // What is no status leaves none, and the redirect is one of 302.
            _ => 302,
        };
        Ok(())
    }
}

/// The number that a text begins with.
fn number(text: &[u8]) -> u32 {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).take(9);
    digits.fold(0, |value, digit| value * 10 + u32::from(digit - b'0'))
}

//! Text in which names, paths and addresses are replaced by what they are: for a ticket that strangers read.

use std::net::IpAddr;

use crate::render::text::printable;

/// What is replaced by what.
#[derive(Clone, Debug, Default)]
pub struct Mask {
    /// The texts and their stand-ins, the longest text first.
    pairs: Vec<(String, String)>,
}

impl Mask {
    /// A mask for these users and this path. The first user is `USER`, the next `USER2`.
    #[must_use]
    pub fn new<'a>(users: impl Iterator<Item = &'a [u8]>, path: &[u8]) -> Self {
        let mut mask = Self::default();
        let mut names: Vec<&[u8]> = Vec::new();
        for user in users.filter(|user| !user.is_empty()) {
            if !names.contains(&user) {
                names.push(user);
                let number = names.len();
                let stand_in = if number == 1 { "USER".to_owned() } else { format!("USER{number}") };
                mask.add(user, &stand_in);
            }
        }
        mask.add(path, "FILE");
        mask.pairs.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        mask
    }

    /// `text` as it may appear: printable, and with the escapes of a shell's word.
    fn add(&mut self, text: &[u8], stand_in: &str) {
        for form in [printable(text), text.escape_ascii().to_string()] {
            if !form.is_empty() && !self.pairs.iter().any(|(known, _)| *known == form) {
                self.pairs.push((form, stand_in.to_owned()));
            }
        }
    }

    /// `text` with everything replaced. Names count where they stand as a word.
    #[must_use]
    pub fn apply(&self, text: &str) -> String {
        let mut masked = String::with_capacity(text.len());
        let mut rest = text;
        let mut before = None;
        while let Some(next) = rest.chars().next() {
            let found = self.pairs.iter().find(|(known, _)| {
                let is_end = |char: Option<char>| char.is_none_or(|char| !char.is_alphanumeric());
                // A name that itself begins or ends with a sign needs no end there.
                let begins = is_end(before) || is_end(known.chars().next());
                let ends = |rest: &str| is_end(rest.chars().next()) || is_end(known.chars().next_back());
                begins && rest.strip_prefix(known.as_str()).is_some_and(ends)
            });
            if let Some((known, stand_in)) = found {
                masked.push_str(stand_in);
                before = known.chars().next_back();
                rest = &rest[known.len()..];
            } else {
                masked.push(next);
                before = Some(next);
                rest = &rest[next.len_utf8()..];
            }
        }
        without_addresses(&masked)
    }
}

/// Addresses replaced by `ADDRESS`.
fn without_addresses(text: &str) -> String {
    let is_part = |char: char| char.is_ascii_hexdigit() || matches!(char, ':' | '.');
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let length = rest.find(|char| !is_part(char)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(length);
        let bare = word.trim_end_matches(['.', ':']);
        let bare = if bare.parse::<IpAddr>().is_ok() { bare } else { word };
        if bare.len() > 2 && bare.parse::<IpAddr>().is_ok() {
            masked.push_str("ADDRESS");
            masked.push_str(&word[bare.len()..]);
        } else {
            masked.push_str(word);
        }
        let other = behind.find(is_part).unwrap_or(behind.len());
        masked.push_str(&behind[..other]);
        rest = &behind[other..];
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::Mask;

    #[test]
    fn names_paths_and_addresses_are_replaced_and_other_words_are_kept() {
        let mask = Mask::new([&b"al"[..], b"al.ice"].into_iter(), b"/srv/al/.htpasswd");
        let masked = mask
            .apply("user \"al\" and al.ice in /srv/al/.htpasswd: also final, from 192.0.2.7 and ::1 and fe80::a:b.");
        assert_eq!(masked, "user \"USER\" and USER2 in FILE: also final, from ADDRESS and ADDRESS and ADDRESS.");
        assert_eq!(mask.apply("AH01617: at line 2:44, 1.2.3, dead:beef"), "AH01617: at line 2:44, 1.2.3, dead:beef");
    }

    #[test]
    fn a_name_of_signs_is_replaced_wherever_it_stands() {
        assert_eq!(Mask::new([&b"\xFF:"[..]].into_iter(), b"f").apply("x\\xFF:y"), "xUSERy");
    }
}

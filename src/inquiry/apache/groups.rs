//! Group files.
//!
//! Behaviour of httpd 2.4.71 `modules/aaa/mod_authz_groupfile.c`: group names are held against each other without regard to case,
//! members with it.

use std::io::Read;

use crate::conf::apache::rules::Rules;
use crate::conf::apache::{lex, path};
use crate::crypt::Errno;
use crate::inquiry::apache::{Run, shown};
use crate::server::Opened;
use crate::trace::{Level, LogLine};

/// Bytes of a group file that are read.
const LARGEST: u64 = 64 << 20;

impl Run<'_> {
    /// Whether the user is in one of the groups. Trouble with the file is logged and counts as no.
    pub(super) fn in_groups(&mut self, user: &[u8], wanted: &[Vec<u8>], rules: &Rules) -> bool {
        let Some(file) = &rules.group_file else {
            self.says(Level::Error, &[b"AH01664: No group file was specified in the configuration"]);
            return false;
        };
        let name = &file.value;
        self.link(Some(&file.place), "group-file", format!("the group file is {}", shown(name)));
        let opened = (self.means.users)(path(name));
        let mut bytes = Vec::new();
        let errno = match opened.open() {
            Opened::Bytes(reader) => {
                drop(reader.take(LARGEST).read_to_end(&mut bytes));
                None
            }
            Opened::Failed(errno) => Some(errno),
            Opened::Directory | Opened::Device | Opened::Fifo => Some(Errno::EBADF),
        };
        if let Some(errno) = errno {
            if errno == Errno::EBADF {
                self.says(Level::Error, &[b"AH00554: Access to file ", name, b" denied by server: not a regular file"]);
            }
            let text = [&b"AH01665: Could not open group file: "[..], name].concat();
            let mut line = LogLine::new(Level::Error, crate::basic::apache::escaped(&text));
            line.prefix = format!("({}){}: ", errno.number, errno.text).into_bytes();
            self.log.push(line);
            return false;
        }
        let groups = groups_of(user, &bytes);
        if groups.is_empty() {
            let path = self.path.clone();
            let parts: &[&[u8]] = &[
                b"AH01666: Authorization of user ",
                user,
                b" to access ",
                &path,
                b" failed, reason: user doesn't appear in group file (",
                name,
                b").",
            ];
            self.says(Level::Info, parts);
            return false;
        }
        let mut wanted = wanted.iter().take_while(|wanted| !wanted.is_empty());
        wanted.any(|wanted| groups.iter().any(|group| group.eq_ignore_ascii_case(wanted)))
    }
}

/// The groups that a user is in.
fn groups_of(user: &[u8], bytes: &[u8]) -> Vec<Vec<u8>> {
    let Ok(lines) = lex::lines(bytes, lex::LONGEST) else { return Vec::new() };
    let mut groups = Vec::new();
    for line in lines {
        if line.text.is_empty() || line.text.starts_with(b"#") {
            continue;
        }
        let (name, mut members) = crate::bytes::split_once(&line.text, b':').unwrap_or((&line.text, b""));
        while let Some(rest) = members.strip_prefix(b":") {
            members = rest;
        }
        if lex::words(members).iter().any(|member| member == user) {
            groups.push(name.trim_ascii_end().to_vec());
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_words() {
        let file = b"# alice\na: alice \"b c\"\nd  ::bob\nnocolon alice\ne: alice,bob\nf: x\\\n alice\n";
        let of = |user: &[u8]| -> Vec<String> {
            groups_of(user, file).into_iter().map(|group| String::from_utf8(group).unwrap()).collect()
        };
        assert_eq!(
            (of(b"alice"), of(b"b c"), of(b"bob")),
            (vec!["a".into(), "f".into()], vec!["a".into()], vec!["d".into()])
        );
    }
}

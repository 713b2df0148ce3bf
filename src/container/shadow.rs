//! `/etc/shadow`: nine fields with colons (shadow(5)). Entries that are locked or have no password are passed over.

use super::{Format, Found};

pub(super) static FORMAT: Format = Format {
    name: "shadow",
    title: "the form of /etc/shadow",
    consumer: None,
    looks: |text| {
        let mut lines = text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).peekable();
        lines.peek().is_some() && lines.all(|line| memchr::memchr_iter(b':', line).count() == 8)
    },
    read: Some(|text| {
        let mut found = Vec::new();
        for (at, line) in text.split(|&byte| byte == b'\n').enumerate() {
            let mut fields = line.split(|&byte| byte == b':');
            if let (Some(user), Some(hash)) = (fields.next(), fields.next())
                && !matches!(hash.first(), None | Some(b'!' | b'*'))
                && hash != b"x"
            {
                found.push(Found::hash(user, hash, format!("line {}", at + 1)));
            }
        }
        Ok(found)
    }),
    write: None,
};

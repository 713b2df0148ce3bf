//! Which records of a log are asked for.

use std::net::IpAddr;

use crate::log::event::{Event, Micros};

/// What a record must be to be told; what is not named may be anything.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The user, byte for byte.
    pub user: Option<Vec<u8>>,
    /// What the path begins with.
    pub path: Option<Vec<u8>>,
    /// The client's address or name.
    pub client: Option<Vec<u8>>,
    /// Not before.
    pub since: Option<Micros>,
    /// Not after.
    pub until: Option<Micros>,
}

impl Filter {
    /// Whether a record is asked for. One without a time is in every span of time.
    #[must_use]
    pub fn takes(&self, event: &Event<'_>) -> bool {
        self.user.as_ref().is_none_or(|user| event.name() == Some(user))
            && self.path.as_ref().is_none_or(|path| event.path.as_ref().is_some_and(|of| of.starts_with(path)))
            && self.client.as_ref().is_none_or(|client| event.client.as_ref().is_some_and(|of| same(client, of)))
            && event.time.is_none_or(|time| {
                self.since.is_none_or(|since| time >= since) && self.until.is_none_or(|until| time <= until)
            })
    }

    /// Bytes that every line holds which tells of what is asked for; `None` where there are none that are sure.
    ///
    /// Names stand escaped in some logs, so only bytes that no writer escapes are taken. A line feed in the name cuts the record.
    #[must_use]
    pub fn needle(&self) -> Option<Vec<u8>> {
        if let Some(user) = &self.user {
            let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'@' | b' ');
            if user.contains(&b'\n') {
                return None;
            }
            let run = user.split(|byte| !plain(byte)).max_by_key(|run| run.len()).filter(|run| !run.is_empty());
            return run.map(<[u8]>::to_vec);
        }
        // Servers write an address in one way.
        let client = self.client.as_ref()?;
        match address(client) {
            Some(IpAddr::V4(address)) => Some(address.to_string().into_bytes()),
            Some(IpAddr::V6(address)) => Some(address.to_string().into_bytes()),
            None => Some(client.clone()),
        }
    }
}

fn address(text: &[u8]) -> Option<IpAddr> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Whether two name one client.
fn same(a: &[u8], b: &[u8]) -> bool {
    a == b || address(a).is_some_and(|a| address(b) == Some(a))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_needle_is_what_no_writer_escapes() {
        let needle = |user: &[u8]| Filter { user: Some(user.to_vec()), ..Filter::default() }.needle();
        assert_eq!(needle(b"alice").as_deref(), Some(&b"alice"[..]));
        assert_eq!(needle(b"zo\xC3\xA9").as_deref(), Some(&b"zo"[..]));
        assert_eq!(needle(b"a\"bcd").as_deref(), Some(&b"bcd"[..]));
        assert_eq!(needle(b"\xE9"), None);
        assert_eq!(needle(b"ali\nce"), None);
        let client = Filter { client: Some(b"2001:DB8:0::1".to_vec()), ..Filter::default() };
        assert_eq!(client.needle().as_deref(), Some(&b"2001:db8::1"[..]));
    }
}

//! Networks of address rules.
//!
//! Behaviour of apr 1.7.2 `network_io/unix/sockaddr.c:apr_ipsubnet_create`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address with a mask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    bits: u128,
    mask: u128,
    v4: bool,
}

/// Why a text is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotANetwork {
    /// No address: it may be a name.
    Address,
    /// The mask is wrong.
    Mask,
}

impl Network {
    /// Reads `ADDRESS`, or `ADDRESS/MASK` where `mask` is given. Addresses of IPv4 may be cut at a dot.
    pub fn parse(address: &[u8], mask: Option<&[u8]>) -> Result<Self, NotANetwork> {
        let text = std::str::from_utf8(address).map_err(|_| NotANetwork::Address)?;
        let (bits, own, v4) = match text.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => (u128::from(u32::from(address)), u128::from(u32::MAX), true),
            Ok(IpAddr::V6(address)) => (u128::from(address), u128::MAX, false),
            Err(_) => partial(text).ok_or(NotANetwork::Address)?,
        };
        let mask = match mask {
            None => own,
            Some(mask) => {
                let mask = std::str::from_utf8(mask).map_err(|_| NotANetwork::Mask)?;
                let width: u32 = if v4 { 32 } else { 128 };
                match (mask.parse::<u32>(), mask.parse::<Ipv4Addr>()) {
                    (Ok(length), _) if (1..=width).contains(&length) => {
                        let full = if v4 { u128::from(u32::MAX) } else { u128::MAX };
                        full & (full << (width - length))
                    }
                    (_, Ok(mask)) if v4 => u128::from(u32::from(mask)),
                    _ => return Err(NotANetwork::Mask),
                }
            }
        };
        Ok(Self { bits: bits & mask, mask, v4 })
    }

    /// Whether an address is in it.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        let (bits, v4) = match address.to_canonical() {
            IpAddr::V4(address) => (u128::from(u32::from(address)), true),
            IpAddr::V6(address) => (u128::from(Ipv6Addr::from(address.octets())), false),
        };
        v4 == self.v4 && bits & self.mask == self.bits
    }
}

/// `10.1` and `10.1.`: the octets that are there, each counted in the mask.
fn partial(text: &str) -> Option<(u128, u128, bool)> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let octets: Vec<u8> = text
        .split('.')
        .map(|octet| {
            let digits = (1..=3).contains(&octet.len()) && octet.bytes().all(|byte| byte.is_ascii_digit());
            if digits { octet.parse().ok() } else { None }
        })
        .collect::<Option<_>>()?;
    if octets.len() > 4 {
        return None;
    }
    let (mut bits, mut mask) = (0_u32, 0_u32);
    for (index, octet) in octets.iter().enumerate() {
        bits |= u32::from(*octet) << (24 - 8 * index);
        mask |= 0xFF << (24 - 8 * index);
    }
    Some((bits.into(), mask.into(), true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(network: &str, address: &str) -> bool {
        let (address_part, mask) = network.split_once('/').map_or((network, None), |(a, m)| (a, Some(m.as_bytes())));
        Network::parse(address_part.as_bytes(), mask).unwrap().holds(address.parse().unwrap())
    }

    #[test]
    fn networks_hold_what_their_mask_leaves_open() {
        assert!(holds("10.1", "10.1.2.3") && !holds("10.1", "10.2.2.3") && holds("10.1.2.3/8", "10.9.9.9"));
        assert!(holds("10.0.0.0/255.0.0.0", "10.9.9.9") && holds("127.0.0.1", "::ffff:127.0.0.1"));
        assert!(holds("2001:db8::/32", "2001:db8::1") && !holds("2001:db8::/32", "127.0.0.1"));
        assert_eq!(Network::parse(b"foo", None), Err(NotANetwork::Address));
        assert_eq!(Network::parse(b"10.0.0.0", Some(b"33")), Err(NotANetwork::Mask));
    }
}

//! `Order`, `Allow`, `Deny` and `Satisfy`.
//!
//! Behaviour of httpd 2.4.71 `modules/aaa/mod_access_compat.c` (`order`, `satisfy`, `allow_cmd`).

use crate::conf::Trouble;
use crate::conf::apache::directive::{Directive, argument, said, text};
use crate::conf::apache::net::{Network, NotANetwork};
use crate::conf::apache::rules::{From, HostRule, Limited, Order, Rules};

/// Adds one of the four directives to what a section says.
pub(super) fn read(rules: &mut Rules, directive: &Directive, limited: Limited) -> Result<(), Trouble> {
    let words = directive.words();
    let compat = rules.compat.get_or_insert_default();
    match directive.name.as_slice() {
        b"order" => {
            let wanted = argument(directive, "'allow,deny', 'deny,allow', or 'mutual-failure'")?;
            let order = match wanted.to_ascii_lowercase().as_slice() {
                b"allow,deny" => Order::AllowDeny,
                b"deny,allow" => Order::DenyAllow,
                b"mutual-failure" => Order::MutualFailure,
                _ => return Err(directive.trouble("unknown order")),
            };
            compat.order.insert(0, (limited, order));
        }
        b"satisfy" => {
            let wanted = argument(directive, "access policy if both allow and require used ('all' or 'any')")?;
            let any = match wanted.to_ascii_lowercase().as_slice() {
                b"any" => true,
                b"all" => false,
                _ => return Err(directive.trouble("Satisfy either 'any' or 'all'.")),
            };
            compat.satisfy.insert(0, (limited, said(any, directive)));
        }
        name => {
            let Some((from, hosts)) = words.split_first().filter(|(_, hosts)| !hosts.is_empty()) else {
                let message = format!(
                    "{} requires at least two arguments, 'from' followed by hostnames or IP-address wildcards",
                    text(name)
                );
                return Err(directive.trouble(message));
            };
            if !from.eq_ignore_ascii_case(b"from") {
                return Err(directive.trouble("allow and deny must be followed by 'from'"));
            }
            let list = if name == b"allow" { &mut compat.allow } else { &mut compat.deny };
            for host in hosts {
                let from = host_of(host).map_err(|message| directive.trouble(message))?;
                list.push(HostRule { limited, from, text: host.clone(), place: directive.place.clone() });
            }
        }
    }
    Ok(())
}

fn host_of(host: &[u8]) -> Result<From, String> {
    let lower = host.to_ascii_lowercase();
    if let Some(name) = lower.strip_prefix(b"env=!") {
        return Ok(From::Env(host[host.len() - name.len()..].to_vec(), true));
    }
    if let Some(name) = lower.strip_prefix(b"env=") {
        return Ok(From::Env(host[host.len() - name.len()..].to_vec(), false));
    }
    if lower == b"all" {
        return Ok(From::All);
    }
    let (address, mask) = match crate::bytes::split_once(host, b'/') {
        Some((address, mask)) => (address, Some(mask)),
        None => (host, None),
    };
    match (Network::parse(address, mask), mask) {
        (Ok(network), _) => Ok(From::Net(network)),
        (Err(NotANetwork::Address), None) => Ok(From::Host),
        (Err(NotANetwork::Mask), _) => Err("The specified network mask is invalid.".to_owned()),
        (Err(NotANetwork::Address), Some(_)) => Err("The specified IP address is invalid.".to_owned()),
    }
}

//! Permission bits and access control lists that refuse.

use std::fmt::Write;

use crate::bytes::for_shell;
use crate::host::Node;
use crate::host::identity::Identity;
use crate::host::people::People;
use crate::host::permission::{Class, Denial, Need, mode_text};

/// Says whose rule refuses what.
pub(super) fn sentence(at: &str, node: Option<&Node>, denial: &Denial, who: &Identity, people: &People) -> String {
    let name = &who.name;
    let mut text = at.to_owned();
    if let Some(node) = node {
        let list = if denial.acl.is_some() { "+" } else { "" };
        let (owner, group) = (people.user_name(node.uid), people.group_name(node.gid));
        let _ = write!(text, " is {}{list} {owner}:{group}", mode_text(node));
    }
    let wanted = match denial.need {
        Need::Read => "read it",
        Need::Search => "pass through it",
    };
    let _ = match denial.class {
        _ if denial.masked => write!(
            text,
            ": its access control list lets {name} {wanted}, and the list's mask, which `ls` shows as the group's bits and `chmod` \
             sets, takes that away"
        ),
        Class::Owner => write!(text, ": {name} owns it, and the owner may not {wanted}"),
        Class::NamedUser => {
            write!(text, ": its access control list has an entry for {name} that does not let it {wanted}")
        }
        Class::Group => write!(text, ": {name} is in its group, and the group may not {wanted}"),
        Class::Others => write!(text, ": {name} is not its owner nor in its group, and others may not {wanted}"),
    };
    text
}

/// The commands, the one that gives the right to the fewest first.
pub(super) fn repairs(
    at: &str,
    node: &Node,
    denial: &Denial,
    has_lists: bool,
    who: &Identity,
    people: &People,
) -> Vec<String> {
    let letter = denial.need.letter();
    let name = for_shell(who.name.as_bytes());
    if denial.class == Class::Owner {
        return vec![format!("chmod u+{letter} {at}")];
    }
    if let Some(acl) = &denial.acl {
        let mask = bits(acl.mask.unwrap_or(node.mode >> 3 & 7) | denial.need.bit());
        if denial.masked {
            return vec![format!("setfacl -m m::{mask} {at}")];
        }
        // The mask is given, so that no entry gets more than it had.
        let own = acl.users.iter().find(|(uid, _)| *uid == who.uid).map_or(0, |(_, permissions)| *permissions);
        return vec![format!("setfacl -m u:{name}:{},m::{mask} {at}", bits(own | denial.need.bit()))];
    }
    if denial.class == Class::Group {
        return vec![format!("chmod g+{letter} {at}")];
    }
    let mut repairs = Vec::new();
    if has_lists {
        repairs.push(format!("setfacl -m u:{name}:{letter} {at}"));
    }
    match denial.need {
        Need::Search => repairs.push(format!("chmod o+x {at}")),
        Need::Read => {
            let group = for_shell(people.group_name(who.gid()).as_bytes());
            repairs.push(format!("chgrp {group} {at} && chmod g+r {at}"));
        }
    }
    repairs
}

/// Permissions as `setfacl` takes them.
fn bits(permissions: u32) -> String {
    let letters = [(4, 'r'), (2, 'w'), (1, 'x')];
    letters.into_iter().filter(|(bit, _)| permissions & bit != 0).map(|(_, letter)| letter).collect()
}

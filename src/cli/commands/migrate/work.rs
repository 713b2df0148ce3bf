//! The hashing, on all cores.

use std::collections::{HashMap, HashSet};

use super::plan::{Item, State, Target, Way};
use crate::cli::error::Error;
use crate::cli::io::Io;
use crate::cli::parallel;
use crate::cli::random;
use crate::secret::Secret;

/// What trying passwords on an entry came to.
enum Tried {
    Made(Vec<u8>),
    Wrong,
    NotMade(String),
}

/// Tries passwords on an entry.
fn tried(item: &Item, passwords: &[&Secret], target: &Target) -> Tried {
    let mut undecided = None;
    for password in passwords {
        match item.is_of(password, target) {
            Ok(true) => return item.made(password, target).map_or_else(Tried::NotMade, Tried::Made),
            Ok(false) => {}
            Err(why) => undecided = Some(why),
        }
    }
    undecided.map_or(Tried::Wrong, |why| Tried::NotMade(why.to_owned()))
}

/// Hashes the passwords that stand in the fields themselves.
pub(super) fn hash_plain(items: &mut [Item], target: &Target, io: &Io) {
    let of_plain: Vec<usize> = (0..items.len()).filter(|&at| items[at].password.is_some()).collect();
    let made = parallel::map(&of_plain, "hashing", io, |&at| {
        items[at].password.as_ref().map(|password| items[at].made(password, target))
    });
    for (at, made) in of_plain.into_iter().zip(made) {
        match made {
            Some(Ok(field)) => items[at].moved(field, Way::Rewritten),
            Some(Err(why)) => items[at].fail(why),
            None => {}
        }
    }
}

/// Tries the known passwords on the entries that are left; the number of users of theirs that are not in the file.
pub(super) fn use_known(items: &mut [Item], known: &[(Vec<u8>, Secret)], target: &Target, io: &Io) -> usize {
    let mut of_user: HashMap<&[u8], Vec<&Secret>> = HashMap::new();
    for (user, password) in known {
        of_user.entry(user).or_default().push(password);
    }
    let users: HashSet<&[u8]> = items.iter().map(|item| &item.user[..]).collect();
    let strangers = of_user.keys().filter(|user| !users.contains(*user)).count();
    let left: Vec<usize> = (0..items.len())
        .filter(|&at| items[at].state == State::Unknown && of_user.contains_key(&items[at].user[..]))
        .collect();
    let results = parallel::map(&left, "hashing", io, |&at| tried(&items[at], &of_user[&items[at].user[..]], target));
    for (at, result) in left.into_iter().zip(results) {
        match result {
            Tried::Made(field) => items[at].moved(field, Way::Known),
            Tried::Wrong => items[at].state = State::Wrong,
            Tried::NotMade(why) => items[at].fail(why),
        }
    }
    strangers
}

/// Tries one password on one entry; whether it is the right one.
pub(super) fn try_one(item: &mut Item, password: &Secret, target: &Target) -> bool {
    match tried(item, &[password], target) {
        Tried::Made(field) => item.moved(field, Way::Asked),
        Tried::NotMade(why) => item.fail(why),
        Tried::Wrong => {
            item.state = State::Wrong;
            return false;
        }
    }
    true
}

/// Gives new passwords to the entries that are left.
pub(super) fn reset(items: &mut [Item], target: &Target, io: &Io) -> Result<Vec<(Vec<u8>, Secret)>, Error> {
    let left: Vec<usize> =
        (0..items.len()).filter(|&at| matches!(items[at].state, State::Unknown | State::Wrong)).collect();
    let new = |_: &usize| random::password(target.choice.scheme.password_bytes);
    let passwords: Vec<Secret> = left.iter().map(new).collect::<Result<_, _>>()?;
    let jobs: Vec<(usize, Secret)> = left.into_iter().zip(passwords).collect();
    let made = parallel::map(&jobs, "hashing", io, |(at, password)| items[*at].made(password, target));
    let mut given = Vec::new();
    for ((at, password), made) in jobs.into_iter().zip(made) {
        let item = &mut items[at];
        match made {
            Ok(field) => {
                item.state = State::Reset;
                item.why.clear();
                item.new = Some(field);
                given.push((item.user.clone(), password));
            }
            Err(why) => item.fail(why),
        }
    }
    Ok(given)
}

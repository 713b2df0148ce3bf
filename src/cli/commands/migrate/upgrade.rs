//! One entry moved with the password that has just been verified: what `why401 verify --upgrade` does.

use std::ffi::OsStr;

use clap::{Arg, ArgMatches, Command};

use super::plan::{self, Item, State, Target, Way};
use super::{Saved, save};
use crate::cli::error::Error;
use crate::cli::hashing::{self, Choice};
use crate::cli::saving::Saving;
use crate::htpasswd::Survey;
use crate::secret::Secret;

/// Adds the options: each needs `--upgrade`.
#[must_use]
pub(in crate::cli::commands) fn args(command: Command) -> Command {
    let names = ["scheme", "cost", "rounds", "for", "force", "allow-empty", "allow-truncation"];
    let command = hashing::args(command).mut_arg("scheme", |scheme| {
        scheme.long("to").visible_alias("scheme").value_name("SCHEME").help("With --upgrade: the scheme to move to")
    });
    names.into_iter().fold(command, |command, name| command.mut_arg(name, |arg: Arg| arg.requires("upgrade")))
}

/// What became of the entry.
pub(in crate::cli::commands) struct Upgraded {
    /// `kept`, `moved` or `failed`.
    pub(in crate::cli::commands) state: &'static str,
    /// The scheme it is of, and the one it was moved to.
    pub(in crate::cli::commands) from: Option<&'static str>,
    pub(in crate::cli::commands) to: Option<&'static str>,
    /// Why it was not moved.
    pub(in crate::cli::commands) why: String,
}

/// Moves the entry of `user`, whose `password` was found to be that of `field`.
pub(in crate::cli::commands) fn upgrade(
    matches: &ArgMatches,
    path: &OsStr,
    survey: &Survey,
    user: &[u8],
    (field, password): (&[u8], &Secret),
) -> Upgraded {
    let moved = || -> Result<Item, Error> {
        let target = Target {
            choice: Choice::of(matches, user)?,
            least: matches.get_one::<u64>("cost").or(matches.get_one::<u64>("rounds")).copied(),
            plain_text: false,
            relabel: false,
            work_limit: matches.get_one::<f64>("work-limit").copied().unwrap_or(10.0),
        };
        let saving = Saving::of(matches, None)?;
        let mut items = plan::items(survey, &target);
        items.retain(|item| item.user == user);
        let Some(item) = items.first_mut() else {
            return Err(Error::usage("no server sees the entry as it stands"));
        };
        if matches!(item.state, State::Unknown | State::Failed) || item.password.is_some() {
            let is_verified = item.fields.iter().all(|other| other.trim_ascii() == field);
            match (is_verified || item.is_of(password, &target) == Ok(true), item.made(password, &target)) {
                (true, Ok(field)) => item.moved(field, Way::Known),
                (true, Err(why)) => item.fail(why),
                (false, _) => item.fail("servers use different lines, with different hashes"),
            }
        }
        let Saved { .. } = save(&saving, path, &mut items)?;
        items.pop().ok_or_else(|| Error::usage("no server sees the entry as it stands"))
    };
    match moved() {
        Ok(item) => Upgraded { state: item.state.name(), from: item.from(), to: item.to(), why: item.why },
        Err(error) => Upgraded { state: State::Failed.name(), from: None, to: None, why: error.message },
    }
}

//! The passwords asked for one by one.

use super::plan::{Item, State, Target};
use super::work;
use crate::cli::error::Error;
use crate::cli::io::Io;
use crate::cli::prompt::{self, Answer};
use crate::render::text::printable;

/// How often a wrong password may be typed.
const ATTEMPTS: usize = 3;

/// Asks for the password of each entry that is left; whether it was interrupted.
pub(super) fn each(items: &mut [Item], target: &Target, io: &Io) -> Result<bool, Error> {
    let left: Vec<usize> =
        (0..items.len()).filter(|&at| matches!(items[at].state, State::Unknown | State::Wrong)).collect();
    if !left.is_empty() {
        prompt::terminal("--credentials PATH takes known passwords from a file or stdin; nothing was written")?;
        io.say("Enter skips a user, Ctrl-D stops; what was moved until then is saved.\n");
    }
    let all = left.len();
    for (count, at) in left.into_iter().enumerate() {
        let item = &mut items[at];
        let name = printable(&item.user);
        let of = item.from().unwrap_or("unknown scheme");
        for attempt in 1..=ATTEMPTS {
            match prompt::answer(&format!("[{}/{all}] Password for {name} ({of}): ", count + 1))? {
                Answer::Interrupted => return Ok(true),
                Answer::End => return Ok(false),
                Answer::Text(password) if password.expose().is_empty() => break,
                Answer::Text(password) if work::try_one(item, &password, target) => {
                    let text = if item.state == State::Failed { item.why.clone() } else { "moved".to_owned() };
                    io.say(&format!("{name}: {text}\n"));
                    break;
                }
                Answer::Text(_) => {
                    let again = if attempt < ATTEMPTS { "try again" } else { "left as it is" };
                    io.say(&format!("{name}: that is not the password; {again}\n"));
                }
            }
        }
    }
    Ok(false)
}

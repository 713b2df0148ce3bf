//! Whether the server's own user can read what it opens: who that is, what blocks, and the repair.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use serde_json::Value;

use crate::cli::commands::url::find::Found;
use crate::cli::commands::url::part::{Part, Rank};
use crate::cli::commands::url::readers::Model;
use crate::cli::error::Error;
use crate::cli::file::DiskFile;
use crate::cli::host::Disk;
use crate::conf::Files;
use crate::crypt::Errno;
use crate::host::block::{Block, Cause};
use crate::host::identity::Identity;
use crate::host::people::People;
use crate::host::walk::{Reach, View};
use crate::inquiry::Finding;
use crate::render::access::Barrier;
use crate::render::style::Style;
use crate::render::text::printable;
use crate::server::{Opened, UserFile};
use crate::trace::codes;

/// Opens files as the server's user.
pub(super) struct Guard<'a> {
    disk: &'a Disk,
    people: People,
    who: Option<Identity>,
    blocks: RefCell<Vec<(PathBuf, Block)>>,
}

/// Who opens files: as said, as the process is, as the configuration says, or as the system has it.
pub(super) fn who(
    matches: &ArgMatches,
    found: &Found,
    model: &dyn Model,
    disk: &Disk,
) -> Result<Option<Identity>, Error> {
    let people = People::of(disk, Path::new("/"));
    if let Some(name) = matches.get_one::<String>("run-as") {
        return match Identity::named(name, &people) {
            Some(who) => Ok(Some(who)),
            None => Err(Error::usage(format!("there is no user `{name}` in /etc/passwd"))
                .help("give --run-as the name the server runs as, such as www-data, nginx or apache")),
        };
    }
    let here = Disk::below(PathBuf::from("/"));
    let process = found.running.as_ref().and_then(|running| running.identity(&here));
    // One that is still root may be about to become the user that the configuration names.
    if process.as_ref().is_some_and(|who| who.uid != 0) {
        return Ok(process);
    }
    let said = model.user().map(|name| String::from_utf8_lossy(&name).into_owned());
    let named = said.as_deref().or(found.usual_user).and_then(|name| Identity::named(name, &people));
    Ok(named.or(process))
}

impl<'a> Guard<'a> {
    pub(super) fn new(disk: &'a Disk, who: Option<Identity>) -> Self {
        Self { disk, people: People::of(disk, Path::new("/")), who, blocks: RefCell::new(Vec::new()) }
    }

    /// Who opens files, if that is known.
    pub(super) const fn who(&self) -> Option<&Identity> {
        self.who.as_ref()
    }

    /// A file as that user finds it.
    pub(super) fn open(&self, path: &Path) -> Box<dyn UserFile> {
        let file = || Box::new(DiskFile::seen_by_server(&self.disk.real(path), None));
        let Some(who) = &self.who else { return file() };
        let view = View::own(self.disk);
        let absolute = std::env::current_dir().map_or_else(|_| path.to_path_buf(), |folder| folder.join(path));
        match view.reach(&absolute, who) {
            Reach::Readable { .. } | Reach::Unknown(_) => file(),
            Reach::Blocked(block) => {
                let errno = errno(&block);
                self.blocks.borrow_mut().push((path.to_path_buf(), block));
                Box::new(Shut(errno))
            }
        }
    }

    /// What kept the server from the file that decided.
    fn block(&self, finding: &Finding) -> Option<Block> {
        let blocks = self.blocks.borrow();
        let of_users = blocks.iter().rev().find(|(path, _)| finding.user_file.as_ref() == Some(path));
        let unreadable = finding.decision.reason == codes::FILE_UNREADABLE;
        let any = || blocks.iter().rev().find(|(_, block)| unreadable && block.cause != Cause::Missing);
        of_users.or_else(any).map(|(_, block)| block.clone())
    }

    /// What is told of it.
    pub(super) fn part(&self, finding: &Finding, found: &Found, style: Style) -> Option<Part> {
        let who = self.who.as_ref()?;
        let mut barrier = self.block(finding).map(|block| Barrier::of(&block, who, &self.people));
        let hidden = |barrier: &&mut Barrier| barrier.code == "missing" && self.is_hidden(found, &barrier.at);
        if let Some(barrier) = barrier.as_mut().filter(hidden) {
            barrier.code = "hidden-by-mount";
            barrier.why.push_str(
                " for the server, which sees other files than you (PrivateTmp, a container, a chroot); it does exist here",
            );
        }
        if let Some(barrier) = barrier.as_mut().filter(|barrier| barrier.code == "missing") {
            barrier.why.push_str(&self.beside(Path::new(OsStr::from_bytes(&barrier.at))));
        }
        let lines = barrier.as_ref().map_or_else(Vec::new, |barrier| barrier.lines(style));
        let heading = "the server can't read it:";
        Some(Part {
            key: "access",
            rank: Rank::Beside,
            value: barrier.as_ref().map_or(Value::Null, Barrier::json),
            heading,
            lines,
        })
    }

    /// Files of a like name in the folder where one is missing, in words.
    fn beside(&self, path: &Path) -> String {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return String::new() };
        let begins =
            |other: &OsStr| other.as_bytes().iter().zip(name.as_bytes()).take_while(|(a, b)| a == b).count() >= 3;
        let is_like = |other: &OsStr| begins(other) || memchr::memmem::find(other.as_bytes(), b"passwd").is_some();
        let names: Vec<String> = self
            .disk
            .list(folder)
            .iter()
            .filter(|other| is_like(other))
            .take(3)
            .map(|other| printable(other.as_bytes()))
            .collect();
        if names.is_empty() { String::new() } else { format!("; beside it there is {}", names.join(", ")) }
    }

    /// Whether the file exists here and not where the server looks.
    fn is_hidden(&self, found: &Found, path: &[u8]) -> bool {
        found.running.is_some() && self.disk.root() != Path::new("/") && Path::new(OsStr::from_bytes(path)).exists()
    }
}

fn errno(block: &Block) -> Errno {
    match block.cause {
        Cause::Missing => Errno::ENOENT,
        Cause::NotAFolder => Errno::ENOTDIR,
        Cause::Loop => Errno::ELOOP,
        Cause::TooLong => Errno::ENAMETOOLONG,
        Cause::Denied(_) | Cause::ProtectedLink { .. } | Cause::Module { .. } => Errno::EACCES,
    }
}

/// A file that can't be opened.
struct Shut(Errno);

impl UserFile for Shut {
    fn open(&self) -> Opened<'_> {
        Opened::Failed(self.0)
    }
}

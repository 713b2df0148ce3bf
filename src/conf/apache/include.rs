//! Which files an `Include` means.
//!
//! Behaviour of httpd 2.4.71 `server/config.c:ap_process_fnmatch_configs`: wildcards in any component, each folder's names sorted, a
//! folder standing for all files below it.

use std::os::unix::ffi::OsStrExt;

use crate::conf::apache::{path, pattern};
use crate::conf::{Files, Kind};

/// Folders below each other that are followed.
const DEEPEST: usize = 128;
/// Files of one `Include`.
const MOST: usize = 1 << 16;

/// The files that `name`, an absolute path, stands for, in order; `Err` with the server's message.
pub fn expand(name: &[u8], files: &dyn Files, optional: bool) -> Result<Vec<Vec<u8>>, String> {
    let mut found = Vec::new();
    if !pattern::is_wild(name) {
        match files.kind(path(name)) {
            None if optional => {}
            _ => whole(name, files, &mut found, 0)?,
        }
        return Ok(found);
    }
    let (root, rest) = match name.strip_prefix(b"/") {
        Some(rest) => (&b"/"[..], rest),
        None => (&b""[..], name),
    };
    wild(root, rest, files, optional, &mut found)?;
    Ok(found)
}

/// A file, or all files below a folder.
fn whole(name: &[u8], files: &dyn Files, found: &mut Vec<Vec<u8>>, depth: usize) -> Result<(), String> {
    if depth > DEEPEST || found.len() > MOST {
        return Err("Directory has too many files or folders, there appears to be a recursion".to_owned());
    }
    if files.kind(path(name)) != Some(Kind::Folder) {
        found.push(name.to_vec());
        return Ok(());
    }
    for one in files.list(path(name)) {
        whole(&joined(name, one.as_bytes()), files, found, depth + 1)?;
    }
    Ok(())
}

fn wild(folder: &[u8], rest: &[u8], files: &dyn Files, optional: bool, found: &mut Vec<Vec<u8>>) -> Result<(), String> {
    let rest = rest.iter().position(|byte| *byte != b'/').map_or(&b""[..], |start| &rest[start..]);
    let (part, after) = crate::bytes::split_once(rest, b'/').unwrap_or((rest, b""));
    if files.kind(path(folder)) != Some(Kind::Folder) {
        let message = format!("Include/IncludeOptional: Could not open directory {}", String::from_utf8_lossy(folder));
        return if optional { Ok(()) } else { Err(message) };
    }
    if !pattern::is_wild(part) && !after.is_empty() {
        return wild(&joined(folder, part), after, files, optional, found);
    }
    let names = files.list(path(folder));
    let fits = names.iter().map(|name| name.as_bytes()).filter(|name| pattern::matches_name(part, name));
    let mut any = false;
    for name in fits {
        let one = joined(folder, name);
        if after.is_empty() {
            any = true;
            whole(&one, files, found, 0)?;
        } else if files.kind(path(&one)) == Some(Kind::Folder) {
            any = true;
            wild(&one, after, files, optional, found)?;
        }
    }
    if any || optional {
        return Ok(());
    }
    Err(format!(
        "Include/IncludeOptional: No matches for the wildcard '{}' in '{}', failing",
        String::from_utf8_lossy(part),
        String::from_utf8_lossy(folder)
    ))
}

fn joined(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() || folder.ends_with(b"/") {
        return [folder, name].concat();
    }
    [folder, b"/", name].concat()
}

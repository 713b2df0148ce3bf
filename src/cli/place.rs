//! Where FILE lies: its mode, whether a web server hands out the folder, and whether a server's own user may write it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::lint::Place;

/// Folders whose content web servers hand out, as distributions set them up.
const ROOTS: &[&str] = &[
    "/var/www",
    "/usr/share/nginx/html",
    "/srv/www",
    "/srv/http",
    "/usr/local/apache2/htdocs",
    "/usr/local/www",
    "/var/lib/nginx/html",
    "/opt/lampp/htdocs",
    "/usr/share/caddy",
];

/// Names of folders whose content is handed out wherever they are.
const FOLDERS: &[&str] = &["public_html", "htdocs", "wwwroot", "webroot", "public"];

/// The users that web servers run as.
const SERVERS: &[&str] = &["www-data", "nginx", "apache", "httpd", "http", "www", "lighttpd", "caddy", "haproxy"];

/// What is known of the place of the file at `path`; `None` where it can't be looked at.
#[must_use]
pub fn of(path: &OsStr) -> Option<Place> {
    let real = fs::canonicalize(path).ok()?;
    let metadata = fs::metadata(&real).ok().filter(fs::Metadata::is_file)?;
    Some(Place {
        mode: metadata.mode(),
        served_from: served_from(&real),
        hidden_by_name: real.file_name().is_some_and(|name| name.as_bytes().starts_with(b".ht")),
        writable_by: writable_by(&metadata, &fs::read("/etc/passwd").unwrap_or_default()),
    })
}

fn served_from(path: &Path) -> Option<String> {
    if let Some(root) = ROOTS.iter().find(|root| path.starts_with(root)) {
        return Some((*root).to_owned());
    }
    let is_served = |folder: &&Path| folder.file_name().is_some_and(|name| FOLDERS.iter().any(|known| name == *known));
    path.ancestors().skip(1).find(is_served).map(|folder| folder.display().to_string())
}

/// The server's user that may write a file of this owner, group and mode.
fn writable_by(metadata: &fs::Metadata, passwd: &[u8]) -> Option<String> {
    for line in passwd.split(|byte| *byte == b'\n') {
        let fields: Vec<&[u8]> = line.split(|byte| *byte == b':').collect();
        let number = |at: usize| std::str::from_utf8(fields.get(at)?).ok()?.parse::<u32>().ok();
        let (Some(name), Some(uid), Some(gid)) = (fields.first(), number(2), number(3)) else { continue };
        let Some(server) = SERVERS.iter().find(|server| server.as_bytes() == *name) else { continue };
        let owner = metadata.uid() == uid && metadata.mode() & 0o200 != 0;
        let group = metadata.gid() == gid && metadata.mode() & 0o020 != 0;
        if uid != 0 && (owner || group) {
            return Some((*server).to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_are_served_are_known_by_place_and_name() {
        assert_eq!(served_from(Path::new("/var/www/site/.htpasswd")).as_deref(), Some("/var/www"));
        assert_eq!(served_from(Path::new("/home/u/public_html/a/users")).as_deref(), Some("/home/u/public_html"));
        assert_eq!(served_from(Path::new("/etc/nginx/.htpasswd")), None);
    }
}

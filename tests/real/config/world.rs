//! The folder that configurations serve, with the users that they admit.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

/// A file of a scene.
#[derive(Clone)]
pub(super) struct File {
    /// Its path in the folder.
    pub(super) name: String,
    pub(super) text: String,
    pub(super) mode: u32,
}

const PAGES: &[&str] = &[
    "www/index.html",
    "www/page.txt",
    "www/x.php",
    "www/a/index.html",
    "www/a/page.txt",
    "www/a/secret.php",
    "www/a/b/page.txt",
    "www/a/b/c/index.html",
    "www/a/b/c/page.txt",
    "www/d/page.txt",
    "www/d/start.php",
    "other/index.html",
    "other/page.txt",
    "other/x/page.txt",
];

/// The password of everyone is `pass`, but alice's in `pw2`, which is `other`.
const PASS: &str = "{SHA}nU4eI71bcnBGqeO0t9tXvY1u5oQ=";
const OTHER: &str = "{SHA}0JQeaNqPOBUf+Gph/Fn3xc+fyqI=";

/// Lays the folder.
pub(super) fn lay(folder: &Path, files: &[File]) {
    let write = |name: &str, text: &str, mode| {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    };
    for page in PAGES {
        write(page, page, 0o644);
    }
    symlink("a/b", folder.join("www/link")).unwrap();
    symlink("../page.txt", folder.join("www/a/flink.txt")).unwrap();
    write("pw", &format!("alice:{PASS}\nbob:{PASS}\ndave:{PASS}\n"), 0o644);
    write("pw2", &format!("carol:{PASS}\nalice:{OTHER}\n"), 0o644);
    write("hidden", &format!("alice:{PASS}\n"), 0o600);
    write("groups", "admins: alice carol\ndevs: bob\n", 0o644);
    for file in files {
        write(&file.name, &file.text, file.mode);
    }
    if rustix::process::geteuid().is_root() {
        // The folder belongs to the server; what is closed to others must be closed to it.
        for file in files.iter().filter(|file| file.mode & 0o004 == 0) {
            std::os::unix::fs::chown(folder.join(&file.name), Some(0), Some(0)).unwrap();
        }
    }
}

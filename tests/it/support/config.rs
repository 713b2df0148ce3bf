//! The trees around recorded configurations, laid anew for the emulator and for the real server.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use serde_json::Value;

/// Writes a file, with the folders above it.
pub(crate) fn write(path: &Path, bytes: impl AsRef<[u8]>, mode: u32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A text with the folder and the port put in.
pub(crate) fn filled(text: &str, folder: &Path, port: &str) -> String {
    text.replace("@D@", folder.to_str().unwrap()).replace("@P@", port)
}

/// The files beside Apache's configurations; `head` is the first row of the table.
pub(crate) fn apache(folder: &Path, head: &Value) {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    for (name, text) in head["files"].as_object().unwrap() {
        write(&folder.join(name), text.as_str().unwrap(), 0o644);
    }
    let first = head["files"]["pw"].as_str().unwrap().lines().next().unwrap();
    write(&folder.join("pwsecret"), format!("{first}\n"), 0o600);
    fs::create_dir_all(folder.join("adir")).unwrap();
    write(&folder.join("www/index.html"), "OK\n", 0o644);
    write(&folder.join("www/page.txt"), "PAGE\n", 0o644);
    symlink("pw", folder.join("link")).unwrap();
    symlink("loop", folder.join("loop")).unwrap();
}

/// Apache's configuration with that of a row at its end; `load` is what stands before all.
pub(crate) fn apache_text(folder: &Path, port: &str, load: &str, config: &str) -> String {
    let text = format!(
        "{load}ServerRoot \"@D@\"\nListen 127.0.0.1:@P@\nServerName localhost\nDocumentRoot \"@D@/www\"\n\
         <Directory />\nAllowOverride None\nRequire all granted\n</Directory>\nAliasMatch \"^/.*\" \"@D@/www/page.txt\"\n\
         <AuthnProviderAlias file file1>\nAuthUserFile \"@D@/pw\"\n</AuthnProviderAlias>\n\
         <AuthnProviderAlias file file2>\nAuthUserFile \"@D@/pw2\"\n</AuthnProviderAlias>\n\
         <AuthnProviderAlias file filemiss>\nAuthUserFile \"@D@/nonexistent\"\n</AuthnProviderAlias>\n\
         <AuthzProviderAlias user myalias \"alice carol\">\n</AuthzProviderAlias>\n{config}"
    );
    filled(&text, folder, port)
}

/// The files beside nginx's configuration in a row.
pub(crate) fn nginx(folder: &Path, row: &Value, port: &str) {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    let pages = [
        "/f",
        "/p/f",
        "/e/f",
        "/a/b/f",
        "/a/c/f",
        "/off/on/f",
        "/x/off/f",
        "/b/f",
        "/all/f",
        "/acl/f",
        "/acl2/f",
        "/admin/f",
        "/Admin/f",
        "/o/f",
        "/.well-known/acme-challenge/f",
        "/index.html",
        "/admin/x.php",
        "/.well-known/acme-challenge/x",
    ];
    for page in pages {
        write(&folder.join(format!("html{page}")), page, 0o644);
    }
    let alice = "alice:{PLAIN}secret\n";
    write(&folder.join("ht"), alice, 0o644);
    write(&folder.join("ht2"), "bob:{PLAIN}secret\n", 0o644);
    for (name, text) in row["files"].as_object().into_iter().flatten() {
        let bytes: Vec<u8> = filled(text.as_str().unwrap(), folder, port)
            .chars()
            .map(|char| u8::try_from(char as u32).unwrap())
            .collect();
        write(&folder.join(name), bytes, 0o644);
    }
    write(&folder.join("secret-ht"), alice, 0o600);
    write(&folder.join("locked/ht"), alice, 0o644);
    fs::set_permissions(folder.join("locked"), fs::Permissions::from_mode(0o700)).unwrap();
    fs::create_dir_all(folder.join("sub")).unwrap();
    for (link, target) in [("dangling", "gone"), ("loop", "loop"), ("link", "ht")] {
        symlink(folder.join(target), folder.join(link)).unwrap();
    }
}

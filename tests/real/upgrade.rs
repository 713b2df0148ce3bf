//! `why401 verify --upgrade` behind a real Apache with mod_authnz_external: users move as they log in.

use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::Command;

use why401::basic::head;
use why401::htpasswd;
use why401::scheme;
use why401::secret::Secret;

use crate::driver::apache::{LOADED, MODULES};
use crate::driver::exchange::{Exchange, Then, status};
use crate::driver::site::{NOBODY, Site, is_root, quoted};
use crate::driver::{find, skip};

/// `secret` as apache2-utils 2.4.71 hashes it.
const APR1: &str = "$apr1$bagnYgYl$ub9G84HwG670AB1FmBmAE/";
const SHA: &str = "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=";

#[test]
fn users_of_a_real_apache_move_as_they_log_in() {
    let apache = match find(&["apache2", "httpd"]) {
        Ok(apache) => apache,
        Err(why) => return skip("mod_authnz_external", &why),
    };
    let module =
        MODULES.iter().map(|folder| Path::new(folder).join("mod_authnz_external.so")).find(|path| path.exists());
    let Some(module) = module else { return skip("mod_authnz_external", "not installed") };
    let mut site = Site::new("upgrade");
    // Apache's user has to be able to run it, and to replace the file.
    let program = site.path("why401");
    fs::copy(env!("CARGO_BIN_EXE_why401"), &program).unwrap();
    let before = format!("# staff\nann:{APR1}:Ann\nbob:{SHA}\n");
    fs::write(site.users(), &before).unwrap();
    if is_root() {
        chown(site.users(), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let port = site.start(
        |site, port| config(site, port, &module),
        |site| {
            let mut command = Command::new(&apache);
            command.arg("-X").arg("-f").arg(site.path("config")).arg("-d").arg(site.path(""));
            command
        },
    );
    let ask = |user: &[u8], password: &str| {
        let head = head::with_user_pass(user, &Secret::from(password.as_bytes()));
        status(&Exchange::start(port, head.expose(), Then::Close).unwrap().finish())
    };
    let schemes = || {
        let file = fs::read(site.users()).unwrap();
        let entries = htpasswd::lines(&file).filter_map(|line| Some(scheme::identify(line.entry()?.field)?.name));
        entries.collect::<Vec<_>>()
    };
    assert_eq!(ask(b"ann", "wrong"), Some(401));
    assert_eq!(ask(b"zoe", "secret"), Some(401));
    assert_eq!(ask(b"zoe\nann", "secret"), Some(401));
    assert_eq!(fs::read(site.users()).unwrap(), before.as_bytes());
    assert_eq!(ask(b"ann", "secret"), Some(200));
    assert_eq!(schemes(), ["bcrypt", "sha1"]);
    assert_eq!(ask(b"ann", "wrong"), Some(401));
    assert_eq!(ask(b"bob", "secret"), Some(200));
    assert_eq!(schemes(), ["bcrypt", "bcrypt"]);
    let moved = fs::read(site.users()).unwrap();
    assert_eq!((ask(b"ann", "secret"), ask(b"bob", "secret"), ask(b"bob", "other")), (Some(200), Some(200), Some(401)));
    assert_eq!(fs::read(site.users()).unwrap(), moved);
    assert!(moved.starts_with(b"# staff\nann:$2y$04$") && memchr::memmem::find(&moved, b":Ann\n").is_some());
}

fn config(site: &Site, port: u16, module: &Path) -> String {
    let modules = module.parent().unwrap();
    let mut text = String::new();
    for name in LOADED {
        let file = modules.join(format!("mod_{name}.so"));
        if file.exists() {
            text.push_str(&format!(
                "<IfModule !mod_{name}.c>\nLoadModule {name}_module {}\n</IfModule>\n",
                quoted(&file)
            ));
        }
    }
    text + &format!(
        "LoadModule authnz_external_module {module}\n\
         ServerName localhost\nListen 127.0.0.1:{port}\nDefaultRuntimeDir {run}\nPidFile {pid}\nErrorLog {log}\nLogLevel info\n\
         KeepAlive Off\nDocumentRoot {www}\nAliasMatch \"^.*$\" {page}\n\
         DefineExternalAuth why401 pipe \"{program} verify {users} --upgrade --cost 4\"\n\
         <Location \"/\">\nAuthType Basic\nAuthName x\nAuthBasicProvider external\nAuthExternal why401\nRequire valid-user\n\
         </Location>\n",
        module = quoted(module),
        run = quoted(&site.path("")),
        pid = quoted(&site.path("pid")),
        log = quoted(&site.log()),
        www = quoted(&site.path("www")),
        page = quoted(&site.path("www/page")),
        program = site.path("why401").display(),
        users = site.users().display(),
    )
}

//! Which generation of a server `why401 url` asks: by what the tree shows, without running the program.

use crate::support::sandbox::Sandbox;

const CADDYFILE: &str =
    "http:// {\n\tbasic_auth {\n\t\tbob $2y$04$1QvGXu9I0CY9.G3RkuCum.qQYesWh/WC/PrhxsudzXKtcIVAODYqK\n\t}\n}\n";
const HAPROXY: &str = "userlist l\n user bob insecure-password secret\nfrontend f\n bind :80\n http-request auth unless { http_auth(l) }\n";
const STATUS: &str = "Package: caddy\nStatus: install ok installed\nVersion: 2.6.2-5\n\nPackage: haproxy\n\
                      Status: install ok installed\nVersion: 2.8.16-0ubuntu1\n";

/// The server that was asked, and the first rule of the chain.
fn ask(files: &[(&str, &[u8])], server: &str) -> (String, serde_json::Value) {
    let sandbox = Sandbox::new();
    let all = [("etc/caddy/Caddyfile", CADDYFILE.as_bytes()), ("etc/haproxy/haproxy.cfg", HAPROXY.as_bytes())];
    for (name, bytes) in all.iter().chain(files) {
        let path = sandbox.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let root = sandbox.path().to_str().unwrap();
    let words =
        ["url", "http://localhost/", "bob", "--server", server, "--sysroot", root, "--password-stdin", "--json"];
    let document = sandbox.run_with(&words, b"secret", &[]).json();
    let decision = &document["decisions"][0];
    (decision["server"].as_str().unwrap().to_owned(), decision["chain"][0].clone())
}

#[test]
fn the_generation_is_that_of_the_program_or_its_package() {
    let list: (&str, &[u8]) = ("var/lib/dpkg/info/caddy.list", b"/usr/bin/caddy\n");
    let proxy_list: (&str, &[u8]) = ("var/lib/dpkg/info/haproxy.list", b"/usr/sbin/haproxy\n");
    let status: (&str, &[u8]) = ("var/lib/dpkg/status", STATUS.as_bytes());
    let proxy: (&str, &[u8]) = ("usr/sbin/haproxy", b"ELF");
    // As Debian's and the one of the Caddy project have it.
    let plain: (&str, &[u8]) = ("usr/bin/caddy", b"ELF\0path\tgithub.com/caddyserver/caddy/v2/cmd/caddy\n");
    let module =
        [&vec![b'x'; 5 << 20][..], b"path\tcaddy\ndep\tgithub.com/caddyserver/caddy/v2\tv2.9.1\th1:x=\n"].concat();
    let named: (&str, &[u8]) = ("usr/bin/caddy", &module);

    let (server, link) = ask(&[list, status, plain], "caddy");
    assert_eq!(
        (server.as_str(), &link["text"]),
        ("caddy@2.6", &"Caddy 2.6.2, as Debian's package caddy 2.6.2-5 says".into())
    );
    assert_eq!((&link["place"]["file"], &link["place"]["line"]), (&"/var/lib/dpkg/status".into(), &3.into()));
    // What is in the program counts before the package that it replaced.
    let (server, link) = ask(&[list, status, named], "caddy");
    let said = "Caddy 2.9.1, as the list of modules in the program says; what is told is that of 2.11.7";
    assert_eq!((server.as_str(), &link["text"]), ("caddy", &said.into()));
    let (server, link) = ask(&[proxy_list, status, proxy], "haproxy");
    assert_eq!(server, "haproxy@2.8");
    assert!(link["text"].as_str().unwrap().starts_with("HAProxy 2.8.16, as Debian's package haproxy"), "{link}");
    let (server, link) = ask(&[status, proxy], "haproxy");
    assert_eq!(server, "haproxy");
    assert!(
        link["text"].as_str().unwrap().contains("could not be found: taken for 2.6.12; --server haproxy@2.8"),
        "{link}"
    );
    // A row that is named is asked, and without a program there is nothing to look at.
    assert_eq!(ask(&[list, status, plain], "haproxy@2.8").0, "haproxy@2.8");
    assert_eq!(ask(&[], "caddy").1["rule"], "site");
}

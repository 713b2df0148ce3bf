//! `why401 url`: from a URL to the verdict. The rules of the configuration are tested in `conf_nginx`.

use crate::support::sandbox::{Ran, Sandbox};

const CONFIG: &str = "\
http {
    server {
        listen 8080;
        server_name www.example.org;
        root html;
        location /staff/ {
            auth_basic \"Staff\";
            auth_basic_user_file users;
        }
        location ~ \\.php$ { return 200; }
    }
}
";

fn url(words: &[&str], stdin: &[u8]) -> Ran {
    let sandbox = Sandbox::with("users", include_bytes!("../samples/lockout.htpasswd"));
    sandbox.write("nginx.conf", CONFIG);
    let config = sandbox.path().join("nginx.conf");
    let words = [&["url"], words, &["--config", config.to_str().unwrap()]].concat();
    sandbox.run_with(&words, stdin, &[])
}

#[test]
fn the_chain_names_each_rule_with_its_place() {
    let ran = url(&["http://www.example.org:8080/staff/x", "alice", "--password-stdin", "--json"], b"correct horse\n");
    let document = ran.expect(1).json();
    let decision = &document["decisions"][0];
    assert_eq!((&decision["status"], &decision["reason"]), (&401.into(), &"password-mismatch".into()));
    assert!(document["file"].as_str().unwrap().ends_with("/users"));
    let chain = decision["chain"].as_array().unwrap();
    let rules: Vec<_> =
        chain.iter().map(|link| (link["rule"].as_str().unwrap(), link["place"]["line"].as_u64())).collect();
    let expected = [("server", Some(2)), ("location", Some(6)), ("realm", Some(7)), ("user-file", Some(8))];
    assert_eq!(rules, expected);
}

#[test]
fn people_see_the_verdict_first_and_the_chain_after_it() {
    let ran = url(&["http://www.example.org:8080/staff/x", "alice", "--password-stdin"], b"correct horse\n").expect(1);
    let out = ran.out();
    assert!(out.starts_with("nginx  401  password mismatch\n"), "{out}");
    let (before, after) = out.split_once("how it comes:\n").unwrap();
    assert!(before.contains("this blank") && after.contains("location /staff/ is the longest prefix"), "{out}");
}

#[test]
fn a_hole_in_the_protection_is_open() {
    let ran = url(&["http://www.example.org:8080/staff/x.php", "--anonymous", "--json"], b"").expect(0);
    assert_eq!(ran.json()["decisions"][0]["verdict"], "open");
}

#[test]
fn bad_use_is_said() {
    let cases: &[(&[&str], i32, &str)] = &[
        (&["www.example.org", "--anonymous"], 2, "no URL"),
        (&["ftp://x/", "--anonymous"], 2, "no URL"),
        (&["http://x:99999/", "--anonymous"], 2, "no URL"),
        (&["http://x/", "--anonymous", "--server", "envoy"], 2, "can't be read yet"),
        (&["http://x/"], 2, "were not provided"),
        (&["http://x/", "--anonymous", "--client", "nowhere"], 2, "invalid"),
    ];
    for (words, status, said) in cases {
        let ran = url(words, b"").expect(*status);
        assert!(ran.err().contains(said), "{words:?}: {}", ran.err());
    }
}

#[test]
fn a_configuration_that_nginx_refuses_is_told_with_its_words_and_place() {
    for (text, said) in [
        ("http {\n server { listen 80 }\n}\n", "unexpected \"}\""),
        ("http {\n server { listen 80; deny no; }\n}\n", "invalid parameter \"no\""),
        ("http {\n server { if ($uri) { auth_basic x; } }\n}\n", "\"auth_basic\" directive is not allowed here"),
        ("http {\n server { auth_basic $none; }\n}\n", "unknown \"none\" variable"),
    ] {
        let sandbox = Sandbox::with("nginx.conf", text);
        let words = ["url", "http://x/", "--config", "nginx.conf", "--anonymous", "--json"];
        let document = sandbox.run(&words).expect(3).json();
        let (decision, cause) = (&document["decisions"][0], &document["decisions"][0]["cause"]);
        assert_eq!((&decision["verdict"], &cause["place"]["line"]), (&"refused-to-start".into(), &2.into()), "{text}");
        let told = cause["text"].as_str().unwrap();
        assert!(told.contains(&format!("nginx refuses this configuration: {said};")), "{told}");
    }
    let text = "http {\n server { auth_basic_userfile users; auth_basic x; }\n}\n";
    let sandbox = Sandbox::with("nginx.conf", text);
    let ran = sandbox.run(&["url", "http://x/", "--config", "nginx.conf", "--anonymous"]).expect(4);
    assert!(ran.out().contains("nginx refuses the directive auth_basic_userfile, unless a module"), "{}", ran.out());
    sandbox.run(&["url", "http://x/", "--config", "missing.conf", "--anonymous"]).expect(5);
}

#[test]
fn a_copied_tree_stands_in_for_this_machine() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.path().join("etc/nginx")).unwrap();
    sandbox.write("etc/nginx/nginx.conf", CONFIG.replace("user_file users", "user_file /etc/nginx/users"));
    sandbox.write("etc/nginx/users", "carol:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n");
    let words = ["url", "http://localhost:8080/staff/", "carol", "--sysroot", sandbox.path().to_str().unwrap()];
    let ran = sandbox.run_with(&[&words[..], &["--password-stdin", "--json"]].concat(), b"secret", &[]).expect(0);
    assert_eq!(ran.json()["file"], "/etc/nginx/users");
}

#[test]
fn the_cause_and_its_cure_are_told_where_the_user_file_decides() {
    let words = ["http://www.example.org:8080/staff/x", "alice", "--password-stdin"];
    let ran = url(&[&words[..], &["--json"]].concat(), b"correct horse\n").expect(1);
    let hints = &ran.json()["decisions"][0]["hints"];
    assert_eq!((&hints[0]["code"], &hints[0]["strength"]), (&"trailing-space".into(), &"proved".into()));
    assert!(hints[0]["fix"]["command"].as_str().unwrap().ends_with("/users"), "{hints}");
    let ran = url(&words, b"correct horse\n").expect(1);
    let out = ran.out();
    let (verdict, rest) = out.split_once("hint[trailing-space]").unwrap();
    assert!(verdict.contains("password mismatch") && rest.contains("how it comes:"), "{out}");
    let missed = url(&[&words[..], &["--json"]].concat(), b"Correct horse\n").expect(1);
    let missed = missed.json();
    let codes: Vec<_> = missed["decisions"][0]["hints"].as_array().unwrap().iter().map(|hint| &hint["code"]).collect();
    assert!(!codes.is_empty(), "{missed}");
}

#[test]
fn where_a_rule_decides_no_hint_speaks_of_the_file() {
    let sandbox = Sandbox::with("users", "carol:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n");
    sandbox.write("nginx.conf", CONFIG.replace("auth_basic_user_file", "deny all; auth_basic_user_file"));
    let words = ["url", "http://x:8080/staff/", "carol", "--config", "nginx.conf", "--password-stdin", "--json"];
    let ran = sandbox.run_with(&words, b"secret\n", &[]).expect(3);
    assert_eq!(ran.json()["decisions"][0]["hints"], serde_json::json!([]));
}

#[test]
fn each_systems_places_are_found_in_a_copied_tree() {
    use why401::host::layout::LAYOUTS;
    let mut found = 0;
    for row in LAYOUTS.iter().filter(|row| ["apache", "nginx"].contains(&row.product)) {
        let sandbox = Sandbox::new();
        let inside = |path: &str| sandbox.path().join(path.trim_start_matches('/'));
        let users = format!("{}/users", std::path::Path::new(row.main).parent().unwrap().display());
        for folder in
            [inside(row.main).parent().unwrap().to_path_buf(), inside(row.marker.unwrap_or("/x")), inside("/etc/kept")]
        {
            std::fs::create_dir_all(folder).unwrap();
        }
        let config = match row.product {
            "apache" => format!(
                "Listen 80\n<Location />\nAuthType Basic\nAuthName x\nAuthUserFile {users}\nRequire valid-user\n</Location>\n"
            ),
            _ => format!("http {{ server {{ auth_basic x; auth_basic_user_file {users}; }} }}"),
        };
        std::fs::write(inside(row.main), config).unwrap();
        // An absolute link stays in the tree.
        std::os::unix::fs::symlink("/etc/kept/users", inside(&users)).unwrap();
        std::fs::write(inside("/etc/kept/users"), include_bytes!("../samples/lockout.htpasswd")).unwrap();
        let words = [
            "url",
            "http://localhost/",
            "carol",
            "--password-stdin",
            "--json",
            "--sysroot",
            sandbox.path().to_str().unwrap(),
        ];
        let ran = sandbox.run_with(&words, b"secret", &[]);
        let document = ran.json();
        let decision = &document["decisions"][0];
        assert_eq!(decision["server"], row.product, "{}: {document}", row.system);
        assert_eq!(
            (&decision["verdict"], &document["file"]),
            (&"granted".into(), &users.as_str().into()),
            "{document}"
        );
        found += 1;
    }
    assert!(found >= 15, "{found}");
}

#[test]
fn the_logs_that_the_configuration_names_are_asked_about_the_user() {
    let sandbox = Sandbox::with("users", include_bytes!("../samples/lockout.htpasswd"));
    let logs = sandbox.path().join("logs");
    std::fs::create_dir_all(&logs).unwrap();
    let config = format!(
        "http {{ log_format own 'u=$remote_user|s=$status|$remote_addr|$msec'; access_log {0}/own.log own; error_log {0}/error.log info;\n\
         server {{ listen 8080; auth_basic x; auth_basic_user_file users; access_log off; location /a {{ access_log {0}/access.log; }} }} }}\n",
        logs.display()
    );
    sandbox.write("nginx.conf", config);
    let error = |user: &str| {
        format!(
            "2026/11/24 10:00:00 [error] 7#7: *1 user \"{user}\": password mismatch, client: 192.0.2.1, server: s, request: \"GET /a HTTP/1.1\", host: \"h\"\n"
        )
    };
    sandbox.write("logs/error.log", error("alice") + &error("bob"));
    sandbox.write("logs/own.log", "u=alice|s=401|192.0.2.1|1795514400.123\nu=-|s=401|192.0.2.1|1795514400.123\n");
    sandbox.write("logs/access.log", "192.0.2.1 - alice [24/Nov/2026:09:00:00 +0000] \"GET /a HTTP/1.1\" 200 12\n");
    let config = sandbox.path().join("nginx.conf");
    let words = ["url", "http://localhost:8080/a", "alice", "--password-stdin", "--config", config.to_str().unwrap()];
    let run =
        |more: &[&str]| sandbox.run_with(&[&words[..], more].concat(), b"correct horse\n", &[("TZ", "UTC")]).expect(1);
    let document = run(&["--json"]).json();
    let told = &document["decisions"][0]["logs"];
    assert_eq!((&told["files"].as_array().unwrap().len(), &told["refused"]), (&3, &1.into()), "{told:#}");
    let alice = &told["users"][0];
    assert_eq!((&told["users"].as_array().unwrap().len(), &alice["user"]), (&1, &"alice".into()));
    let codes: Vec<_> =
        alice["causes"].as_array().unwrap().iter().map(|cause| cause["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["credentials-refused", "password-mismatch"]);
    let ran = run(&[]);
    let (_, told) = ran.out().split_once("what the logs say:\n").unwrap();
    assert!(told.starts_with("  alice: refused once, let in once\n"), "{told}");
    assert!(told.contains("let in until 2026-11-24 09:00:00, refused since 2026-11-24 10:00:00"), "{told}");
    // Logs that are named instead, and a time before which nothing counts.
    let named = logs.join("error.log");
    let document = run(&["--json", "--log", named.to_str().unwrap(), "--since", "2026-11-24 10:30"]).json();
    assert_eq!(document["decisions"][0]["logs"]["records"], 0);
    let ran = run(&["--log", named.to_str().unwrap(), "--since", "2026-11-24 10:30"]);
    assert!(ran.out().contains("such a request did not arrive, or is logged elsewhere"), "{}", ran.out());
}

const LIGHTTPD: &str = "\
server.modules = (\"mod_auth\", \"mod_authn_file\")
auth.backend = \"htpasswd\"
$HTTP[\"host\"] == \"www.example.org\" {
  auth.backend.htpasswd.userfile = \"/users\"
  auth.require = (\"/staff/\" => (
    \"method\" => \"basic\", \"realm\" => \"Staff\", \"require\" => \"user=carol\"
  ))
}
";

#[test]
fn lighttpds_blocks_and_rules_are_told_with_their_places() {
    let sandbox =
        Sandbox::with("users", "bob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\ncarol:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n");
    sandbox.write("lighttpd.conf", LIGHTTPD);
    let ask = |user: &str, status: i32| {
        let words = ["url", "http://www.example.org/staff/", user, "--config", "/lighttpd.conf", "--sysroot"];
        let words = [&words[..], &[sandbox.path().to_str().unwrap(), "--password-stdin", "--json"]].concat();
        sandbox.run_with(&words, b"secret", &[]).expect(status).json()["decisions"][0].clone()
    };
    assert_eq!(ask("carol", 0)["server"], "lighttpd");
    let decision = ask("bob", 1);
    assert_eq!((&decision["status"], &decision["reason"]), (&401.into(), &"user-not-authorized".into()));
    let rules: Vec<_> =
        decision["chain"].as_array().unwrap().iter().map(|link| link["rule"].as_str().unwrap()).collect();
    assert_eq!(rules, ["block", "require", "user-file", "rules"]);
    assert_eq!(decision["chain"][2]["place"]["line"], 4);
}

#[test]
fn what_is_not_known_of_lighttpds_configuration_leaves_it_undecided() {
    let sandbox = Sandbox::with("users", "bob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n");
    let why = [
        ("include_shell \"/usr/local/bin/more\"\n", 9),
        ("$HTTP[\"useragent\"] =~ \"x\" { auth.backend = \"plain\" }\n", 9),
        ("url.rewrite-once = (\"^/staff/(.*)\" => \"/$1\")\n", 9),
    ];
    for (more, line) in why {
        sandbox.write("lighttpd.conf", format!("{LIGHTTPD}{more}"));
        let words = ["url", "http://www.example.org/staff/", "--anonymous", "--config", "/lighttpd.conf", "--json"];
        let ran = sandbox.run(&[&words[..], &["--sysroot", sandbox.path().to_str().unwrap()]].concat()).expect(4);
        let decision = ran.json()["decisions"][0].clone();
        let last = decision["chain"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["rule"], &last["place"]["line"]), (&"not-modelled".into(), &line.into()), "{more}");
    }
}

#[test]
fn haproxys_rules_lead_to_the_userlist() {
    let sandbox = Sandbox::with(
        "haproxy.cfg",
        "userlist staff\n  user bob insecure-password secret\nfrontend www\n  bind :8080\n  acl in http_auth(staff)\n\
         \x20 http-request auth realm Staff unless in or { path_beg /public }\n",
    );
    let ask = |path: &str, user: &[&str], stdin: &[u8], status: i32| {
        let url = format!("http://localhost:8080{path}");
        let words = [&["url", &url][..], user, &["--config", "haproxy.cfg", "--json"]].concat();
        sandbox.run_with(&words, stdin, &[]).expect(status).json()["decisions"][0].clone()
    };
    assert_eq!(ask("/", &["bob", "--password-stdin"], b"secret", 0)["verdict"], "granted");
    assert_eq!(ask("/public/x", &["--anonymous"], b"", 0)["verdict"], "open");
    let decision = ask("/", &["bob", "--password-stdin"], b"wrong", 1);
    let places: Vec<_> =
        decision["chain"].as_array().unwrap().iter().map(|link| link["place"]["line"].as_u64()).collect();
    assert_eq!((&decision["status"], places), (&401.into(), vec![Some(3), Some(2), Some(6)]));
}

/// `secret`, by Apache's htpasswd.
const BCRYPT: &str = "$2y$04$1QvGXu9I0CY9.G3RkuCum.qQYesWh/WC/PrhxsudzXKtcIVAODYqK";

/// Asks a Caddyfile, in whose text `HASH` stands for [`BCRYPT`].
fn caddy(text: &str, url: &str, user: &[&str], stdin: &[u8], status: i32) -> serde_json::Value {
    let sandbox = Sandbox::with("Caddyfile", text.replace("HASH", BCRYPT));
    sandbox.write("more.conf", format!("basic_auth /more/* {{\n carol {BCRYPT}\n}}\n"));
    let words = [&["url", url][..], user, &["--config", "Caddyfile", "--server", "caddy", "--json"]].concat();
    sandbox.run_with(&words, stdin, &[]).expect(status).json()["decisions"][0].clone()
}

const CADDYFILE: &str = "\
(staff) {
	basic_auth {args.0} {
		bob HASH
	}
}
http://www.example.org:8080 {
	@open path *.css
	handle @open {
		respond 200
	}
	handle /staff/* {
		respond in
		import staff *
	}
	import more.conf
}
secure.example.org {
	respond 200
}
";

#[test]
fn caddys_directives_are_asked_in_its_order() {
    let bob = ["bob", "--password-stdin"];
    let host = "http://www.example.org:8080";
    assert_eq!(caddy(CADDYFILE, &format!("{host}/STAFF/x"), &bob, b"secret", 0)["verdict"], "granted");
    assert_eq!(caddy(CADDYFILE, &format!("{host}/x.css"), &["--anonymous"], b"", 0)["verdict"], "open");
    let decision = caddy(CADDYFILE, &format!("{host}/staff/x"), &bob, b"wrong", 1);
    let chain = decision["chain"].as_array().unwrap();
    let places: Vec<_> = chain.iter().map(|link| link["place"]["line"].as_u64().unwrap()).collect();
    assert_eq!((&decision["status"], places), (&401.into(), vec![6, 11, 2, 3]), "{decision}");
    let decision = caddy(CADDYFILE, &format!("{host}/more/x"), &bob, b"secret", 1);
    assert_eq!(decision["reason"], "user-not-found");
    assert!(decision["chain"][1]["place"]["file"].as_str().unwrap().ends_with("more.conf"));
    let decision = caddy(CADDYFILE, "http://secure.example.org/", &["--anonymous"], b"", 0);
    assert_eq!(decision["status"], 308);
}

#[test]
fn what_is_not_known_of_a_caddyfile_leaves_it_undecided() {
    for (text, line) in [
        (":80 {\n respond 200\n forward_auth x:1\n}\n", 3),
        (":80 {\n @odd header X y\n basic_auth @odd {\n bob HASH\n }\n}\n", 2),
        (":80 {\n plugin x\n}\n", 2),
        (":80 {\n basic_auth {\n bob {$HASH}\n }\n}\n", 3),
        (":80 {\n basic_auth {\n bob HASH\n }\n handle_errors {\n respond /x 200\n }\n}\n", 5),
        (":80 {\n rewrite /x\n basic_auth /x {\n bob HASH\n }\n}\n", 2),
        ("{\n order plugin first\n}\n:80 {\n respond 200\n}\n", 2),
    ] {
        let decision = caddy(text, "http://localhost/", &["--anonymous"], b"", 4);
        let last = decision["chain"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["rule"], &last["place"]["line"]), (&"not-modelled".into(), &line.into()), "{text}");
    }
}

#[test]
fn traefiks_routers_lead_to_the_users_of_their_middlewares() {
    let sandbox = Sandbox::with(
        "traefik.yml",
        "entryPoints:\n  web:\n    address: :8080\nproviders:\n  file:\n    filename: /dynamic.yml\n",
    );
    let dynamic = "http:\n  routers:\n    staff:\n      rule: PathPrefix(`/staff`)\n      middlewares: [login]\n      service: app\n    all:\n      \
                   rule: PathPrefix(`/`)\n      service: app\n  services:\n    app: {loadBalancer: {servers: []}}\n  middlewares:\n    login:\n      \
                   basicAuth:\n        users:\n          - 'alice:$apr1$x$x'\n          - 'bob:HASH'\n";
    sandbox.write("dynamic.yml", dynamic.replace("HASH", BCRYPT));
    let root = sandbox.path().to_str().unwrap().to_owned();
    let ask = |path: &str, user: &[&str], stdin: &[u8], status: i32| {
        let url = format!("http://localhost:8080{path}");
        let words = [&["url", &url][..], user, &["--config", "/traefik.yml", "--sysroot", &root, "--json"]].concat();
        sandbox.run_with(&words, stdin, &[]).expect(status).json()["decisions"][0].clone()
    };
    assert_eq!(ask("/staff/", &["bob", "--password-stdin"], b"secret", 0)["verdict"], "granted");
    let open = ask("/", &["--anonymous"], b"", 0);
    assert_eq!((&open["verdict"], &open["cause"]["code"]), (&"open".into(), &"no-authentication".into()));
    let decision = ask("/staff/", &["bob", "--password-stdin"], b"wrong", 1);
    assert_eq!((&decision["server"], &decision["status"]), (&"traefik".into(), &401.into()));
    let chain = decision["chain"].as_array().unwrap();
    let places: Vec<_> =
        chain.iter().map(|link| (link["rule"].as_str().unwrap(), link["place"]["line"].as_u64())).collect();
    assert_eq!(
        places,
        [("entry-point", Some(3)), ("router", Some(3)), ("middleware", Some(13)), ("user", Some(17))],
        "{decision}"
    );
    let decision = ask("/staff/", &["--anonymous"], b"", 1);
    assert_eq!(decision["reason"], "no-credentials");
    sandbox.write("traefik.yml", "entryPoints: {web: {address: ':8080'}}\nproviders:\n  docker: {}\n");
    let decision = ask("/", &["--anonymous"], b"", 4);
    let last = decision["chain"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["rule"], &last["place"]["line"]), (&"not-modelled".into(), &3.into()));
}

#[test]
fn a_unit_that_hides_the_user_file_is_named_with_its_line() {
    let sandbox = Sandbox::new();
    let write = |name: &str, text: &str| {
        std::fs::create_dir_all(sandbox.path().join(name).parent().unwrap()).unwrap();
        sandbox.write(name, text);
    };
    // As Debian 12's packages have them; drop-ins are made.
    let apache =
        "[Unit]\nDescription=The Apache HTTP Server\n\n[Service]\nType=forking\nKillMode=mixed\nPrivateTmp=true\n";
    write("usr/lib/systemd/system/apache2.service", apache);
    write("usr/lib/systemd/system/nginx.service", "[Service]\nType=forking\nPIDFile=/run/nginx.pid\n");
    write(
        "etc/apache2/apache2.conf",
        "ServerRoot /etc/apache2\nLoadModule mpm_event_module x\nListen 80\nLoadModule auth_basic_module x\n\
         LoadModule authn_file_module x\nLoadModule authz_user_module x\nLoadModule authz_core_module x\n\
         LoadModule authn_core_module x\nDocumentRoot /srv\n<Location />\nAuthType Basic\nAuthName x\n\
         AuthUserFile /tmp/users\nRequire valid-user\n</Location>\n",
    );
    write("etc/nginx/sites-enabled/x", "");
    write(
        "etc/nginx/nginx.conf",
        "events {}\nhttp { server { listen 80; auth_basic x; auth_basic_user_file /home/a/users; } }\n",
    );
    write("tmp/users", "bob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n");
    write("home/a/users", "bob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n");
    write("srv/index.html", "x");
    let root = sandbox.path().to_str().unwrap().to_owned();
    let ask = |server: &str, json: bool| {
        let mut words =
            vec!["url", "http://localhost/", "bob", "--password-stdin", "--server", server, "--sysroot", &root];
        words.extend(json.then_some("--json"));
        sandbox.run_with(&words, b"secret", &[])
    };
    let unit = |server: &str| ask(server, true).json()["decisions"][0]["unit"].clone();
    let apache = unit("apache");
    assert_eq!((&apache["code"], &apache["setting"]), (&"hidden-by-unit".into(), &"PrivateTmp".into()), "{apache}");
    assert_eq!(apache["place"], serde_json::json!({"file": "/usr/lib/systemd/system/apache2.service", "line": 7}));
    let text = String::from_utf8(ask("apache", false).out).unwrap();
    assert!(
        text.contains("apache2 has a /tmp of its own (PrivateTmp=true): /tmp/users does not exist for it"),
        "{text}"
    );
    assert!(text.contains("= fix: keep the file elsewhere, such as /etc/apache2/users"), "{text}");
    write("etc/systemd/system/apache2.service.d/own.conf", "[Service]\nPrivateTmp=no\n");
    assert!(unit("apache").is_null());
    assert!(unit("nginx").is_null());
    write("etc/systemd/system/nginx.service.d/own.conf", "[Service]\nProtectHome=yes\n");
    assert_eq!(unit("nginx")["place"]["file"], "/etc/systemd/system/nginx.service.d/own.conf");
}

/// The place of `text` in the only file that has it: file, line and column from 1, first and last byte.
fn spot(files: &[(&str, String)], text: &str) -> (String, usize, usize, usize, usize) {
    let (name, whole) = files.iter().find(|(_, whole)| whole.contains(text)).unwrap();
    let at = whole.find(text).unwrap();
    let above = &whole[..at];
    let column = at - above.rfind('\n').map_or(0, |feed| feed + 1) + 1;
    ((*name).to_owned(), above.lines().count().max(1), column, at, at + text.len())
}

#[test]
fn an_entry_that_stands_in_the_configuration_is_shown_there() {
    let haproxy = format!(
        "userlist staff\n  user ann password '{BCRYPT}'\n\tuser bob insecure-password hunter2-or-more # x\nfrontend f\n bind :80\n \
         http-request auth unless {{ http_auth(staff) }}\n"
    );
    let import = format!("\tann {BCRYPT}\n\tbob \"{BCRYPT}x\"\n");
    let caddy = "# é\nhttp:// {\n\tbasic_auth {\n\t\timport users\n\t}\n\trespond ok\n}\n".to_owned();
    let start = "entryPoints: {web: {address: ':80'}}\nproviders: {file: {filename: /dyn.yml}}\n".to_owned();
    let routers =
        "http:\n  routers: {r: {rule: 'PathPrefix(`/`)', middlewares: [é], service: noop@internal}}\n  middlewares:\n";
    let yaml = format!(
        "{routers}    é:\n      basicAuth:\n        users: [' ann:{BCRYPT}', # é\n          \"bob:{BCRYPT}x\"]\n"
    );
    let toml = format!(
        "[http.routers.r]\nrule = 'PathPrefix(`/`)'\nmiddlewares = ['m']\nservice = 'noop@internal'\n[http.middlewares.m.basicAuth]\n\
         users = [\n 'ann:{BCRYPT}',\n \"bob:{BCRYPT}x\" ]\n"
    );
    let toml_start = start.replace("dyn.yml", "dyn.toml");
    let cases: [(&str, Vec<(&str, String)>); 4] = [
        ("haproxy", vec![("haproxy.cfg", haproxy)]),
        ("caddy", vec![("Caddyfile", caddy), ("users", import)]),
        ("traefik", vec![("traefik.yml", start), ("dyn.yml", yaml)]),
        ("traefik", vec![("traefik.yml", toml_start), ("dyn.toml", toml)]),
    ];
    for (server, files) in cases {
        let sandbox = Sandbox::new();
        for (name, text) in &files {
            sandbox.write(name, text);
        }
        let root = sandbox.path().to_str().unwrap().to_owned();
        let (config, clear) = (format!("/{}", files[0].0), server == "haproxy");
        let ask = |user: &str, more: &[&str]| {
            let words = ["url", "http://localhost/", user, "--server", server, "--config", &config, "--sysroot", &root];
            sandbox.run_with(&[&words[..], &["--password-stdin"], more].concat(), b"wrong", &[]).expect(1)
        };
        for user in ["ann", "bob"] {
            let field = match user {
                "ann" => BCRYPT.to_owned(),
                _ if clear => "hunter2-or-more".to_owned(),
                _ => format!("{BCRYPT}x"),
            };
            let document = ask(user, &["--json", "--unmask"]).json();
            let decision = &document["decisions"][0];
            let entry = &decision["entry"];
            // The first user's hash begins the other one's, too, and a name stands only there.
            let (file, line, column, start, end) =
                spot(&files, &format!("{user}{}", if server == "haproxy" || server == "caddy" { " " } else { ":" }));
            assert_eq!((&document["file"], &entry["file"]), (&format!("/{file}").into(), &format!("/{file}").into()));
            let place = (&entry["line"], &entry["column"], &entry["user"], &entry["field"]);
            assert_eq!(
                place,
                (&line.into(), &column.into(), &user.into(), &field.as_str().into()),
                "{server}: {document}"
            );
            assert_eq!(entry["user_span"], serde_json::json!({"start": start, "end": end - 1}));
            let text = &files.iter().find(|(name, _)| *name == file).unwrap().1;
            let field_start = start + text[start..].find(&field).unwrap();
            assert_eq!(
                entry["field_span"],
                serde_json::json!({"start": field_start, "end": field_start + field.len()}),
                "{server}"
            );
            let found =
                decision["trace"].as_array().unwrap().iter().find(|step| step["step"] == "entry-found").unwrap();
            assert_eq!((&found["line"], &found["field"]), (&entry["line"], &entry["field_span"]));
            let masked = ask(user, &["--json"]).json();
            let shown = masked["decisions"][0]["entry"]["field"].as_str().unwrap().to_owned();
            assert!(shown.contains('•') && !masked.to_string().contains(&field[7..]), "{masked}");
            let out = ask(user, &[]);
            assert!(
                out.out().contains(&format!("--> /{file}:{line}:")) && !out.out().contains(&field[7..]),
                "{}",
                out.out()
            );
        }
    }
}

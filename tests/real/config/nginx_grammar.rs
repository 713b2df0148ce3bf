//! Random configurations for nginx: servers, nested locations of all kinds, access rules, rewrites, internal redirects.

use super::{Ask, Scene};
use crate::rng::Rng;

const PATHS: &[&str] = &[
    "/",
    "/page.txt",
    "/x.php",
    "/a",
    "/a/",
    "/a/page.txt",
    "/a/secret.php",
    "/a/b/",
    "/a/b/page.txt",
    "/a/b/c/",
    "/a/b/c/page.txt",
    "/d/",
    "/d/page.txt",
    "/d/start.php",
    "/link/page.txt",
    "/alias/page.txt",
    "/alias/",
    "/aliasx",
    "/up/x",
    "/missing",
    "/ab",
    "/api",
    "/apixyz/x.php",
    "//a///page.txt",
    "/a/../d/page.txt",
    "/%61/page.txt",
    "/A/page.txt",
    "/a/page.txt?x=1",
    "/ret/x",
    "/named",
];
const HOSTS: &[&str] = &[
    "localhost",
    "one.test",
    "two.test",
    "x.two.test",
    "ONE.test",
    "other.test",
    "one.test.",
    "one.test:99",
    "mail.one.test",
];
const METHODS: &[&str] = &["GET", "GET", "GET", "GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE"];
const HEADS: &[&str] = &[
    "location /",
    "location /a",
    "location /a/",
    "location /a/b",
    "location /a/b/",
    "location ^~ /a/b",
    "location ^~ /d/",
    "location = /",
    "location = /page.txt",
    "location = /a/page.txt",
    "location /api",
    "location /link",
    "location /missing",
    "location ~ \\.php$",
    "location ~* \\.TXT$",
    "location ~ ^/(a|d)/",
    "location ~ /b/",
    "location /up",
    "location /ret/",
];

/// A scene.
pub(super) fn scene(rng: &mut Rng) -> Scene {
    let mut grammar = Grammar { rng, out: Vec::new(), heads: Vec::new() };
    grammar.http();
    let config = grammar.out;
    let asks = (0..30).map(|_| Ask::random(rng, METHODS, HOSTS, PATHS)).collect();
    Scene { config, files: Vec::new(), asks }
}

struct Grammar<'r> {
    rng: &'r mut Rng,
    out: Vec<String>,
    /// Locations of the block that is written, each of which may stand there once.
    heads: Vec<Vec<&'static str>>,
}

impl Grammar<'_> {
    fn line(&mut self, text: impl Into<String>) {
        self.out.push(text.into());
    }

    fn one(&mut self, percent: usize, texts: &[&str]) {
        if self.rng.chance(percent) {
            let text = *self.rng.pick(texts);
            self.line(text);
        }
    }

    fn http(&mut self) {
        self.one(
            20,
            &[
                "map $http_x_team $realm { default \"off\"; red \"Team\"; }",
                "map $uri $realm { default x; ~^/a off; }",
                "geo $realm { default off; 10.1.0.0/16 Near; 2001:db8::/32 Six; }",
                "map $remote_user $realm { default x; bob off; \"\" none; }",
            ],
        );
        let mapped = !self.out.is_empty();
        if self.rng.chance(15) {
            self.login(mapped);
        }
        let mut servers = vec![
            ("localhost", "server_name localhost;"),
            ("one", "server_name one.test;"),
            ("two", "server_name *.two.test two.test;"),
            ("regex", "server_name ~^(mail|other)\\.;"),
            ("dot", "server_name .one.test;"),
        ];
        for at in 0..=self.rng.below(3) {
            let (_, name) = servers.remove(self.rng.below(servers.len()));
            let default =
                if at > 0 && self.rng.chance(20) && !self.out.iter().any(|line| line.contains("default_server")) {
                    " default_server"
                } else {
                    ""
                };
            self.line(format!("server {{\nlisten 127.0.0.1:@P@{default};\n{name}\nroot @D@/www;"));
            self.one(10, &["merge_slashes off;", "index start.php index.html;", "index page.txt;", "autoindex on;"]);
            self.one(
                8,
                &[
                    "return 403;",
                    "rewrite ^/ret/(.*)$ /a/$1;",
                    "rewrite ^/d/(.*) /a/$1 last;",
                    "if ($request_method = PUT) { return 204; }",
                ],
            );
            self.access(mapped, 25);
            self.heads.push(Vec::new());
            for _ in 0..=self.rng.below(5) {
                self.location(mapped, 0, "");
            }
            self.heads.pop();
            if self.rng.chance(30) {
                self.line("location @named {");
                self.access(mapped, 50);
                self.line("return 200;\n}");
            } else {
                self.line("location @named { return 404; }");
            }
            self.line("}");
        }
    }

    fn location(&mut self, mapped: bool, depth: usize, around: &str) {
        let head = *self.rng.pick(HEADS);
        let path = head.rsplit(' ').next().unwrap_or_default();
        let regex = head.contains('~') && !head.contains("^~");
        let inside = regex || (path.starts_with(around) && !around.is_empty()) || depth == 0;
        let own = self.heads.last_mut().unwrap();
        if !inside || own.contains(&path) {
            return;
        }
        own.push(path);
        self.line(format!("{head} {{"));
        self.access(mapped, 60);
        self.one(6, &["internal;"]);
        self.one(
            14,
            &[
                "return 200 ok;",
                "return 403;",
                "return 301 /a/;",
                "rewrite ^/a/(.*)$ /d/$1 last;",
                "rewrite ^/(.*)\\.php$ /$1.txt break;",
                "rewrite ^ /page.txt last;",
                "if ($request_method = OPTIONS) { return 204; }",
                "if ($http_x_team = red) { return 403; }",
                "if ($args) { return 404; }",
            ],
        );
        self.one(
            12,
            &[
                "try_files $uri @named;",
                "try_files $uri $uri/ /page.txt;",
                "try_files /a/missing /d/page.txt;",
                "try_files $uri =404;",
                "try_files $uri $uri/index.html =403;",
            ],
        );
        self.one(
            10,
            &[
                "error_page 404 /page.txt;",
                "error_page 401 /d/page.txt;",
                "error_page 403 = /a/page.txt;",
                "error_page 404 = @named;",
                "error_page 403 404 =200 /d/page.txt;",
                "error_page 401 =403 /page.txt;",
            ],
        );
        self.one(
            8,
            &[
                "auth_request /api;",
                "auth_request /a/page.txt;",
                "auth_request /missing;",
                "auth_request /ret/x;",
                "auth_request off;",
            ],
        );
        self.one(4, &["set $kept 2; auth_basic_user_file pw$kept;", "auth_delay 1ms;", "satisfy ANY;"]);
        self.one(6, &["root @D@/other;", "index start.php;", "proxy_pass http://127.0.0.1:1;", "autoindex on;"]);
        if self.rng.chance(12) {
            self.one(100, &["limit_except GET {", "limit_except POST PUT {", "limit_except GET OPTIONS {"]);
            self.access(mapped, 100);
            self.line("}");
        }
        if depth < 2 && !head.contains("= ") && self.rng.chance(35) {
            self.heads.push(Vec::new());
            for _ in 0..=self.rng.below(2) {
                self.location(mapped, depth + 1, if regex { "" } else { path });
            }
            self.heads.pop();
        }
        self.line("}");
    }

    fn access(&mut self, mapped: bool, percent: usize) {
        if self.rng.chance(percent) {
            self.login(mapped);
        }
        self.one(percent / 5, &["satisfy any;", "satisfy all;"]);
        if self.rng.chance(percent / 3) {
            self.one(60, &["allow 10.1.0.0/16;", "deny 10.1.2.3;", "allow 192.0.2.7;", "deny 2001:db8::/32;"]);
            self.one(70, &["deny all;", "allow all;"]);
        }
    }

    fn login(&mut self, mapped: bool) {
        let realms: &[&str] = if mapped {
            &["auth_basic $realm;", "auth_basic x;", "auth_basic off;"]
        } else {
            &["auth_basic x;", "auth_basic x;", "auth_basic \"a b\";", "auth_basic off;", "auth_basic \"\";"]
        };
        self.one(88, realms);
        self.one(
            88,
            &[
                "auth_basic_user_file @D@/pw;",
                "auth_basic_user_file pw;",
                "auth_basic_user_file pw2;",
                "auth_basic_user_file missing;",
                "auth_basic_user_file hidden;",
                "auth_basic_user_file @D@/www;",
                "auth_basic_user_file pw$is_args;",
            ],
        );
    }
}

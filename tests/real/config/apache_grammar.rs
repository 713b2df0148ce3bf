//! Random configurations for Apache: sections within sections, rules of all kinds, `.htaccess` files, virtual hosts.

use super::apache_rewrites as rewrites;
use super::world::File;
use super::{Ask, Scene};
use crate::rng::Rng;

const FOLDERS: &[&str] = &["www", "www/a", "www/a/b", "www/a/b/c", "www/d", "www/link", "other", "other/x"];
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
    "/a/flink.txt",
    "/d/",
    "/d/page.txt",
    "/d/start.php",
    "/link/page.txt",
    "/link/c/page.txt",
    "/alias/page.txt",
    "/alias/",
    "/alias/x/page.txt",
    "/up/x",
    "/missing",
    "/a/missing/x.php",
    "/a/page.txt/more",
    "//a///page.txt",
    "/a/../d/page.txt",
    "/%61/page.txt",
    "/A/page.txt",
    "/a/.htaccess",
    "/ab",
    "/a/%2e%2e/x.php",
    "/page.txt?x=1",
    "/a/?q=1&r=2",
    "/nice/page/7",
    "/a/nice?page=3",
    "/go%20on",
];
const HOSTS: &[&str] =
    &["localhost", "one.test", "two.test", "x.two.test", "ONE.test", "other.test", "one.test.", "one.test:99"];
const METHODS: &[&str] = &["GET", "GET", "GET", "GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "FOO", "get"];

const CONDITIONS: &[&str] = &[
    "\"true\"",
    "false",
    "\"%{REQUEST_METHOD} == 'GET'\"",
    "\"%{REQUEST_URI} =~ m#^/a# && %{REMOTE_ADDR} != '10.1.2.3'\"",
    "\"-R '10.1.0.0/16'\"",
    "\"-z req('X-Team')\"",
    "\"%{HTTP_HOST} == 'localhost'\"",
    "\"%{REQUEST_FILENAME} =~ /php$/\"",
    "\"reqenv('TEAM') == '1' or %{QUERY_STRING} == ''\"",
    "\"-n %{REMOTE_USER}\"",
    "\"%{HTTP:X-Team} == 'red'\"",
    "\"!(%{SERVER_NAME} == 'one.test') && toupper('a') . 'b' == 'Ab'\"",
    "\"%{REQUEST_URI} -strmatch '/a/*.txt'\"",
    "\"%{IS_SUBREQ} == 'true'\"",
    "\"%{THE_REQUEST} =~ /^GET . HTTP/\"",
    "\"%{REQUEST_METHOD} -in { 'PUT', 'DELETE' }\"",
    "\"-T reqenv('TEAM')\"",
    "\"-d '@D@/www' && 2 -lt 10\"",
    "\"%{TIME_YEAR} -gt 2000\"",
    "\"%{PATH_INFO} == ''\"",
    "\"env('TEAM') == '1' || osenv('NOPE') != ''\"",
    "\"base64(%{REQUEST_METHOD}) == 'R0VU'\"",
    "\"md5(%{REQUEST_URI}) =~ /^[0-7]/\"",
    "\"-L '@D@/www/link' && -s '@D@/pw'\"",
    "\"%{DOCUMENT_ROOT} =~ m#/www$#\"",
    "\"%{REQUEST_STATUS} -eq 200 && %{IPV6} == 'on'\"",
    "\"%{TIME} > '2'\"",
];

/// A scene.
pub(super) fn scene(rng: &mut Rng) -> Scene {
    let mut grammar = Grammar { rng, out: Vec::new() };
    grammar.server();
    let config = grammar.out;
    let mut files = Vec::new();
    for folder in FOLDERS {
        if rng.chance(40) {
            let mut grammar = Grammar { rng, out: Vec::new() };
            grammar.htaccess();
            let mode = if grammar.rng.chance(4) { 0o600 } else { 0o644 };
            let name = if grammar.rng.chance(90) { ".htaccess" } else { ".acl" };
            let text = grammar.out.join("\n").replace("@D@", "..");
            files.push(File { name: format!("{folder}/{name}"), text: text + "\n", mode });
        }
    }
    let asks = (0..30).map(|_| Ask::random(rng, METHODS, HOSTS, PATHS)).collect();
    Scene { config, files, asks }
}

/// Where lines are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Folder,
    Location,
    Files,
    Htaccess,
    Limit,
    If,
}

struct Grammar<'r> {
    rng: &'r mut Rng,
    out: Vec<String>,
}

impl Grammar<'_> {
    fn line(&mut self, text: impl Into<String>) {
        self.out.push(text.into());
    }

    fn one(&mut self, texts: &[&str]) {
        let text = *self.rng.pick(texts);
        self.line(text);
    }

    fn server(&mut self) {
        let root = *self.rng.pick(&["granted", "granted", "granted", "denied"]);
        let allow = *self.rng.pick(&[
            "None",
            "All",
            "AuthConfig",
            "AuthConfig Limit",
            "FileInfo Limit",
            "All Nonfatal=Override",
        ]);
        self.line(format!("<Directory />\nAllowOverride {allow}\nRequire all {root}\n</Directory>"));
        if self.rng.chance(30) {
            self.line("<Macro Guarded $path $who>\n<Location $path>\nAuthType Basic\nAuthName \"$who\"\nAuthUserFile pw\nRequire user $who\n</Location>\n</Macro>");
            self.one(&["Use Guarded /d alice", "Use guarded /a/b bob"]);
        }
        if self.rng.chance(30) {
            self.one(&["Define AREA /a", "Define AREA \"/d\"", "Define area /a/b"]);
            self.line("<Location ${AREA}>\nAuthType Basic\nAuthName ${AREA}\nAuthUserFile ${NONE}pw\nRequire valid-user\n</Location>".replace("${NONE}", ""));
        }
        if self.rng.chance(10) {
            self.one(&[
                "AccessFileName .acl .htaccess",
                "AccessFileName .none",
                "MergeSlashes Off",
                "DirectoryIndex start.php index.html",
                "AllowEncodedSlashes On",
            ]);
        }
        if self.rng.chance(40) {
            self.variables();
        }
        if self.rng.chance(30) {
            self.rewrites(true);
        }
        self.sections(5);
        for name in ["one.test", "two.test"] {
            if self.rng.chance(60) {
                let address = *self.rng.pick(&["*:@P@", "*:@P@", "127.0.0.1:@P@", "*:*", "_default_:@P@"]);
                self.line(format!("<VirtualHost {address}>\nServerName {name}"));
                if self.rng.chance(40) {
                    self.one(&["ServerAlias *.two.test", "ServerAlias other.test x.two.test", "ServerAlias localhost"]);
                }
                if self.rng.chance(40) {
                    self.one(&["DocumentRoot \"@D@/www/a\"", "DocumentRoot \"@D@/other\"", "DocumentRoot \"@D@/www\""]);
                }
                if self.rng.chance(30) {
                    self.rewrites(true);
                }
                self.sections(4);
                self.line("</VirtualHost>");
            }
        }
    }

    fn sections(&mut self, most: usize) {
        for _ in 0..self.rng.below(most + 1) {
            match self.rng.below(12) {
                0..=2 => {
                    let head = *self.rng.pick(&[
                        "Directory \"@D@/www\"",
                        "Directory \"@D@/www/a\"",
                        "Directory \"@D@/www/a/b\"",
                        "Directory \"@D@/www/link\"",
                        "Directory \"@D@/other/\"",
                        "Directory \"@D@/www/*\"",
                        "Directory \"@D@/*/?\"",
                        "Directory ~ \"/www/[ad]\"",
                        "DirectoryMatch \"/a/b\"",
                        "DirectoryMatch \"^.*/d/$\"",
                        "Directory \"@D@/www/a/b/c\"",
                    ]);
                    self.section(head, Within::Folder);
                }
                3..=5 => {
                    let head = *self.rng.pick(&[
                        "Location /",
                        "Location \"/a\"",
                        "Location /a/",
                        "Location /a/b",
                        "Location /d",
                        "Location /alias",
                        "Location /up",
                        "Location /*/page.txt",
                        "Location /a*",
                        "LocationMatch \"\\.php$\"",
                        "LocationMatch ^/[ab]/",
                        "Location ~ page",
                        "Location /link/",
                        "Location a",
                    ]);
                    self.section(head, Within::Location);
                }
                6 | 7 => {
                    let head = self.files_head();
                    self.section(&head, Within::Files);
                }
                8 => self.one(&[
                    "Alias /alias \"@D@/other\"",
                    "Alias \"/alias/\" \"@D@/www/a/b/\"",
                    "AliasMatch ^/alias/(.*) \"@D@/other/$1\"",
                    "Alias /a \"@D@/www/d\"",
                    "ScriptAlias /up \"@D@/other\"",
                ]),
                9 => self.one(&[
                    "Redirect /up http://localhost/",
                    "Redirect 403 /d",
                    "RedirectMatch 404 \\.php$",
                    "RedirectMatch permanent ^/d/(.*) /a/$1",
                    "Redirect gone /missing",
                ]),
                10 => self.one(&[
                    "ProxyPass /up http://127.0.0.1:1/",
                    "ProxyPass /a/b !",
                    "ProxyPassMatch ^/d http://127.0.0.1:1",
                    "ProxyPass /alias http://127.0.0.1:1/x",
                ]),
                _ => {
                    let head = *self.rng.pick(&[
                        "<IfModule mod_alias.c>",
                        "<IfModule !alias_module>",
                        "<IfDefine GIVEN>",
                        "<IfDefine !GIVEN>",
                        "<IfVersion >= 2.4>",
                        "<IfVersion < 2.4.10>",
                        "<IfFile pw>",
                        "<IfFile nothing>",
                    ]);
                    self.line(head);
                    self.section("Location /a/b", Within::Location);
                    let name = head[1..].split(' ').next().unwrap();
                    self.line(format!("</{name}>"));
                }
            }
        }
    }

    fn variables(&mut self) {
        for _ in 0..=self.rng.below(2) {
            self.one(&[
                "SetEnvIf X-Team red TEAM",
                "SetEnvIf X-Team (.+) TEAM=$1 WHO=alice",
                "SetEnvIf Request_Method POST POSTED TEAM",
                "SetEnvIf Request_URI ^/a TEAM WHO=bob",
                "SetEnvIfNoCase User-Agent CURL TEAM",
                "BrowserMatch curl !TEAM WHO=carol",
                "SetEnvIf Remote_Addr ^10\\.1\\. TEAM",
                "SetEnvIf TEAM 1 WHO=dave",
                "SetEnvIf Referer ^$ POSTED=",
                "SetEnvIfExpr \"%{REQUEST_METHOD} in {'GET', 'HEAD'}\" TEAM",
                "SetEnvIf Authorization Basic TEAM",
                "SetEnv TEAM blue",
            ]);
        }
    }

    fn rewrites(&mut self, server: bool) {
        self.out.extend(rewrites::rewrites(self.rng, server));
    }

    fn files_head(&mut self) -> String {
        (*self.rng.pick(&[
            "Files page.txt",
            "Files \"*.php\"",
            "Files index.html",
            "FilesMatch \"\\.(txt|php)$\"",
            "Files ~ ^s",
            "Files missing",
            "FilesMatch ^$",
            "FilesMatch \"^\\.ht\"",
        ]))
        .to_owned()
    }

    fn section(&mut self, head: &str, within: Within) {
        self.line(format!("<{head}>"));
        self.body(within, 0);
        let name = head.split(' ').next().unwrap();
        self.line(format!("</{name}>"));
    }

    fn htaccess(&mut self) {
        if self.rng.chance(6) {
            self.one(&[
                "Nonsense on",
                "<Location />",
                "AuthName a b",
                "<RequireAll>",
                "Include x",
                "order allow",
                "Options All",
            ]);
        }
        if self.rng.chance(10) {
            self.line("<IfModule mod_auth_basic.c>\nAuthName inner\n</IfModule>");
        }
        self.body(Within::Htaccess, 0);
    }

    fn body(&mut self, within: Within, depth: usize) {
        if within == Within::Folder && self.rng.chance(40) {
            self.one(&[
                "AllowOverride None",
                "AllowOverride All",
                "AllowOverride AuthConfig",
                "AllowOverride Limit FileInfo",
                "AllowOverride None\nAllowOverrideList AuthType AuthName AuthUserFile Require",
                "AllowOverrideList None",
                "AllowOverride AuthConfig Nonfatal=All",
            ]);
        }
        if matches!(within, Within::Folder | Within::Htaccess) && self.rng.chance(12) {
            self.one(&[
                "Options Indexes",
                "Options +Indexes",
                "Options -FollowSymLinks",
                "Options None",
                "Options Indexes FollowSymLinks",
                "DirectoryIndex page.txt",
                "DirectorySlash Off",
                "DirectoryIndex disabled",
                "SetHandler none",
                "Redirect /a/page.txt http://localhost/d/",
                "Redirect 403 /d",
                "Redirect gone",
                "RedirectMatch 404 secret",
                "Redirect 301 /x.php /page.txt",
            ]);
        }
        if within == Within::Location && depth == 0 && self.rng.chance(8) {
            self.one(&[
                "Alias \"@D@/www/d/page.txt\"",
                "Alias \"@D@/other\"\nAliasPreservePath On",
                "Alias \"@D@/www%{REQUEST_URI}\"",
                "ScriptAlias \"@D@/other\"",
                "Redirect /d/page.txt",
                "Redirect 403",
                "Redirect seeother \"http://localhost/%{REQUEST_METHOD}\"",
                "ProxyPass http://127.0.0.1:1/y",
                "ProxyPass !",
            ]);
        }
        if self.rng.chance(12) {
            self.variables();
        }
        if within != Within::Limit && self.rng.chance(if within == Within::Htaccess { 30 } else { 6 }) {
            self.rewrites(false);
        }
        if self.rng.chance(55) {
            self.login();
        }
        if self.rng.chance(65) {
            self.requires(false, 0);
        }
        if self.rng.chance(15) {
            self.compat();
        }
        if self.rng.chance(10) {
            self.one(&["AuthMerging And", "AuthMerging Or", "AuthMerging Off"]);
        }
        if self.rng.chance(8) {
            self.line("AuthzSendForbiddenOnFailure On");
        }
        if depth == 0 && self.rng.chance(12) && within != Within::Limit {
            let head = *self.rng.pick(&[
                "Limit GET",
                "Limit POST PUT",
                "LimitExcept GET",
                "LimitExcept OPTIONS",
                "Limit FOO",
                "Limit HEAD OPTIONS",
            ]);
            if within != Within::Htaccess || !head.contains("FOO") {
                self.section_of(head, Within::Limit, depth);
            }
        }
        if depth == 0 && matches!(within, Within::Folder | Within::Htaccess) && self.rng.chance(12) {
            let head = self.files_head();
            self.section_of(&head, Within::Files, depth);
        }
        if depth == 0 && self.rng.chance(8) && within != Within::Limit {
            let head = *self.rng.pick(CONDITIONS);
            self.section_of(&format!("If {head}"), Within::If, depth);
            if self.rng.chance(30) {
                let head = *self.rng.pick(CONDITIONS);
                self.section_of(&format!("ElseIf {head}"), Within::If, depth);
            }
            if self.rng.chance(40) {
                self.section_of("Else", Within::If, depth);
            }
        }
    }

    fn section_of(&mut self, head: &str, within: Within, depth: usize) {
        self.line(format!("<{head}>"));
        if within == Within::Limit {
            self.requires(false, 0);
            if self.rng.chance(20) {
                self.compat();
            }
        } else {
            self.body(within, depth + 1);
        }
        let name = head.split(' ').next().unwrap();
        self.line(format!("</{name}>"));
    }

    fn login(&mut self) {
        if self.rng.chance(70) {
            self.line("AuthType Basic\nAuthName x");
            self.one(&["AuthUserFile pw", "AuthUserFile pw", "AuthUserFile pw", "AuthUserFile pw2"]);
            if self.rng.chance(70) {
                self.line("AuthGroupFile groups");
            }
            return;
        }
        let parts: &[(usize, &[&str])] = &[
            (
                85,
                &[
                    "AuthType Basic",
                    "AuthType Basic",
                    "AuthType basic",
                    "AuthType None",
                    "AuthType Digest",
                    "AuthType Nope",
                ],
            ),
            (85, &["AuthName x", "AuthName \"a b\"", "AuthName 'q\"q'"]),
            (
                85,
                &[
                    "AuthUserFile pw",
                    "AuthUserFile pw",
                    "AuthUserFile pw2",
                    "AuthUserFile missing",
                    "AuthUserFile hidden",
                    "AuthUserFile www",
                ],
            ),
            (30, &["AuthGroupFile groups", "AuthGroupFile nogroups"]),
            (
                10,
                &[
                    "AuthBasicProvider file",
                    "AuthBasicProvider anon file",
                    "AuthBasicProvider file anon",
                    "AuthBasicProvider anon",
                ],
            ),
            (10, &["AuthBasicAuthoritative Off", "AuthBasicAuthoritative On"]),
            (6, &["Anonymous guest", "Anonymous *", "Anonymous guest\nAnonymous_MustGiveEmail Off"]),
        ];
        for (percent, lines) in parts {
            if self.rng.chance(*percent) {
                self.one(lines);
            }
        }
    }

    fn requires(&mut self, all: bool, depth: usize) {
        for _ in 0..=self.rng.below(2) {
            if depth < 2 && self.rng.chance(22) {
                let name = *self.rng.pick(if all {
                    &["RequireAny", "RequireAll", "RequireNone"]
                } else {
                    &["RequireAll", "RequireAny"]
                });
                self.line(format!("<{name}>"));
                if name == "RequireAll" {
                    self.one(&["Require all granted", "Require valid-user", "Require ip 10"]);
                }
                self.requires(name == "RequireAll", depth + 1);
                self.line(format!("</{name}>"));
                continue;
            }
            let not = if all && self.rng.chance(30) { "not " } else { "" };
            let rule = *self.rng.pick(&[
                "valid-user",
                "valid-user",
                "valid-user",
                "user alice",
                "user bob carol",
                "user \"alice\" dave",
                "group admins",
                "group devs ADMINS",
                "all granted",
                "all denied",
                "ip 10.1",
                "ip 10.1.2.0/24 192.0.2.7",
                "ip 2001:db8::/32 10.0.0.0/255.255.0.0",
                "method GET POST",
                "env NOTSET",
                "env TEAM",
                "expr true",
                "expr \"%{REQUEST_METHOD} == 'POST'\"",
                "expr %{REMOTE_USER} == 'alice'",
                "expr \"%{REQUEST_FILENAME} =~ /txt$/\"",
                "expr %{REMOTE_ADDR} -ipmatch '10.1.0.0/16'",
                "expr req('X-Team') == 'red' || -R '192.0.2.0/24'",
                "user %{reqenv:WHO}",
                "local",
            ]);
            self.line(format!("Require {not}{rule}"));
        }
    }

    fn compat(&mut self) {
        let lines: &[(usize, &[&str])] = &[
            (60, &["Order deny,allow", "Order allow,deny", "Order mutual-failure"]),
            (60, &["Deny from all", "Deny from 10.1.2", "Deny from 192.0.2.0/24"]),
            (20, &["Allow from env=TEAM", "Deny from env=!TEAM", "Allow from env=POSTED"]),
            (50, &["Allow from 10", "Allow from all", "Allow from 10.1.2.3 2001:db8::/32"]),
            (50, &["Satisfy any", "Satisfy All"]),
        ];
        for (percent, lines) in lines {
            if self.rng.chance(*percent) {
                self.one(lines);
            }
        }
    }
}

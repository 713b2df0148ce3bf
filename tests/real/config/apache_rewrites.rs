//! Random rules of mod_rewrite, and those that applications bring.

use crate::rng::Rng;

const CONDITIONS: &[&str] = &[
    "%{REQUEST_FILENAME} !-f",
    "%{REQUEST_FILENAME} !-d",
    "%{REQUEST_FILENAME} -f [OR]",
    "%{REQUEST_FILENAME} -d",
    "%{REQUEST_FILENAME} !-l",
    "%{DOCUMENT_ROOT}%{REQUEST_URI} -f",
    "%{SCRIPT_FILENAME} -s",
    "%{REQUEST_URI} ^/a [NC]",
    "%{REQUEST_URI} !^/d/",
    "%{REQUEST_URI} =/page.txt",
    "%{REQUEST_URI} !=/x.php",
    "%{REQUEST_URI} >/c",
    "%{QUERY_STRING} ^$",
    "%{QUERY_STRING} (?:^|&)q=([0-9]+)",
    "%{QUERY_STRING} !^x=",
    "%{HTTPS} off",
    "%{HTTPS} !=on",
    "%{REQUEST_SCHEME} ^https$",
    "%{SERVER_PORT} !^443$",
    "%{HTTP_HOST} ^one\\.test [NC]",
    "%{HTTP_HOST} !^(one|two)\\.test$ [NC,OR]",
    "%{SERVER_NAME} =one.test",
    "%{REQUEST_METHOD} ^(GET|HEAD)$",
    "%{REQUEST_METHOD} !=POST [OR]",
    "%{THE_REQUEST} \\s/+a/",
    "%{THE_REQUEST} ^GET",
    "%{REMOTE_ADDR} ^10\\.1\\.",
    "%{REMOTE_ADDR} !^192\\.0\\.2\\.7$",
    "%{HTTP:Authorization} ^(.*)",
    "%{HTTP:Authorization} ^Basic",
    "%{HTTP:Authorization} ^$",
    "%{HTTP_USER_AGENT} curl [NC]",
    "%{HTTP_USER_AGENT} ^$",
    "%{HTTP:X-Team} =red",
    "%{HTTP_REFERER} !localhost",
    "%{ENV:REDIRECT_STATUS} ^$",
    "%{ENV:REDIRECT_STATUS} !^$",
    "%{ENV:REDIRECT_STATUS} -eq 200",
    "%{ENV:MARK} ^(.*)$",
    "%{ENV:TEAM} =1",
    "%{REMOTE_USER} ^alice$",
    "%{REMOTE_USER} =\"\"",
    "%{PATH_INFO} .",
    "%{IS_SUBREQ} true",
    "%{TIME_HOUR} -ge 0",
    "%{SERVER_PROTOCOL} =HTTP/1.1",
    "$1 =a",
    "$0 !-f",
    "@D@/www/$1 -f",
    "expr \"%{REQUEST_URI} =~ m#^/d#\"",
    "expr \"%{REQUEST_METHOD} == 'POST'\"",
    "%{CONTEXT_PREFIX} ^$",
    "%{NO_SUCH} ^$",
    "a<b !=b",
];
const PATTERNS: &[&str] = &[
    "^",
    ".*",
    ".",
    "^$",
    "^(.*)$",
    "^(.+)$",
    "^a$",
    "^/a/(.*)",
    "^/?d/(.*)$",
    "^b/(.*)$",
    "page\\.txt$",
    "^/?nice/(\\w+)/([0-9]+)$",
    "!^(a|d)",
    "!\\.(txt|php)$",
    "(secret|start)\\.php",
    "^/up",
    "^missing",
    "^index\\.html$",
    "^x\\.php$",
    "^go\\ on$",
    "\"^/go on$\"",
    "^/(.*)$",
];
const OUTPUTS: &[&str] = &[
    "-",
    "-",
    "-",
    "x.php",
    "/x.php",
    "index.html",
    "/a/secret.php",
    "/a/$1",
    "/d/page.txt",
    "d/page.txt",
    "page.txt",
    "b/page.txt",
    "/alias/page.txt",
    "@D@/www/d/page.txt",
    "@D@/other/page.txt",
    "%{DOCUMENT_ROOT}/page.txt",
    "/index.html?p=$1",
    "x.php?p=%1",
    "/a/page.txt?",
    "http://localhost/d/",
    "https://%{HTTP_HOST}%{REQUEST_URI}",
    "http://one.test/a/page.txt",
    "/%{REQUEST_URI}",
    "$0",
    "$1",
    "c/$1",
    "/nothing",
    "..",
    "/",
];
const FLAGS: &[&str] = &[
    "",
    "",
    "",
    " [L]",
    " [L]",
    " [L]",
    " [END]",
    " [F]",
    " [F,L]",
    " [G]",
    " [R]",
    " [R=301,L]",
    " [R=404]",
    " [R=403,L]",
    " [NC,L]",
    " [QSA,L]",
    " [QSD]",
    " [PT]",
    " [PT,L]",
    " [S=1]",
    " [C]",
    " [E=MARK:set]",
    " [E=HTTP_AUTHORIZATION:%{HTTP:Authorization}]",
    " [E=MARK:%1,E=!TEAM]",
    " [NE,L]",
    " [DPI,L]",
    " [NS,L]",
    " [T=text/plain]",
    " [H=none]",
    " [B,L]",
    " [env=TEAM:1]",
    " [N=4]",
    " [P]",
];
/// What is put into `.htaccess` files of applications.
const FIELD: &[&str] = &[
    "RewriteEngine On\nRewriteRule .* - [E=HTTP_AUTHORIZATION:%{HTTP:Authorization}]\nRewriteBase /\nRewriteRule ^index\\.html$ - [L]\nRewriteCond %{REQUEST_FILENAME} !-f\nRewriteCond %{REQUEST_FILENAME} !-d\nRewriteRule . /index.html [L]",
    "RewriteEngine on\nRewriteCond %{HTTP_USER_AGENT} curl\nRewriteRule ^$ /d/ [L,R=302]\nRewriteRule .* - [env=HTTP_AUTHORIZATION:%{HTTP:Authorization}]\nRewriteRule ^(?:build|tests|b)/.* - [R=404,L]\nRewriteRule ^nice/(.*) x.php [QSA,L]\nRewriteRule ^(?:\\.|sec|issue).* - [R=404,L]",
    "RewriteEngine on\nRewriteRule \"/\\.|^\\.\" - [F]\nRewriteCond %{REQUEST_FILENAME} !-f\nRewriteCond %{REQUEST_FILENAME} !-d\nRewriteCond %{REQUEST_URI} !=/favicon.ico\nRewriteRule ^ x.php [L]\nRewriteCond %{HTTP:Accept-encoding} gzip\nRewriteRule ^(.*)\\.txt $1\\.php [QSA]",
    "RewriteEngine On\nRewriteCond %{HTTPS} off\nRewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [L,R=301]",
    "RewriteEngine On\nRewriteCond %{REQUEST_URI} !^/a/\nRewriteRule ^(.*)$ a/$1 [L]",
    "RewriteEngine On\nRewriteCond %{ENV:REDIRECT_STATUS} 200\nRewriteRule ^ - [L]\nRewriteRule ^(.*)$ d/$1 [L]",
    "RewriteEngine On\nRewriteRule ^(.*)$ c/$1",
    "RewriteEngine On\nRewriteCond %{HTTP_HOST} ^one\\.test$ [NC]\nRewriteRule ^(.*)$ http://www.one.test/$1 [R=301,L]",
];

/// Rules for a server, or for a folder.
pub(super) fn rewrites(rng: &mut Rng, server: bool) -> Vec<String> {
    let mut out = Vec::new();
    if !server && rng.chance(25) {
        return vec![(*rng.pick(FIELD)).to_owned()];
    }
    if rng.chance(88) {
        out.push(if rng.chance(95) { "RewriteEngine On" } else { "RewriteEngine off" }.to_owned());
    }
    if rng.chance(10) {
        let options = [
            "Inherit",
            "InheritBefore",
            "InheritDown",
            "InheritDownBefore",
            "IgnoreInherit",
            "AllowNoSlash",
            "MergeBase",
        ];
        out.push(format!("RewriteOptions {}", rng.pick(&options)));
    }
    if server && rng.chance(10) {
        out.push(
            "RewriteMap lower int:tolower\nRewriteCond ${lower:%{HTTP_HOST}} =one.test\nRewriteRule ^/d - [F]"
                .to_owned(),
        );
    }
    if !server && rng.chance(15) {
        out.push(format!("RewriteBase {}", rng.pick(&["/", "/a", "/a/", "/d", "/alias"])));
    }
    for _ in 0..=rng.below(2) {
        for _ in 0..rng.below(3) {
            out.push(format!("RewriteCond {}", rng.pick(CONDITIONS)));
        }
        let rule = format!("RewriteRule {} {}{}", rng.pick(PATTERNS), rng.pick(OUTPUTS), rng.pick(FLAGS));
        out.push(rule);
    }
    if rng.chance(2) {
        let wrong = [
            "RewriteRule ^a",
            "RewriteRule ^a - [X]",
            "RewriteRule ^a - L",
            "RewriteCond %{X}",
            "RewriteBase x",
            "RewriteRule ^ - [R=99]",
            "RewriteOptions none",
        ];
        out.push((*rng.pick(&wrong)).to_owned());
    }
    out
}

//! Where systems put the files of each server: a row each, the likeliest first.
//!
//! Debian's, Docker's and FreeBSD's places were read from their packages; the others are as their documentation has them.

use std::path::{Path, PathBuf};

use crate::host::walk::View;
use crate::host::{Host, below};

/// One system's places of one server.
#[derive(Debug)]
pub struct Layout {
    /// The server, as its name begins.
    pub product: &'static str,
    /// The system.
    pub system: &'static str,
    /// The main configuration file.
    pub main: &'static str,
    /// What else must be there, where several systems have the same main file.
    pub marker: Option<&'static str>,
    /// Who it runs as where the configuration does not say.
    pub user: &'static str,
    /// Where its first process writes its number.
    pub pid: &'static str,
    /// Its unit of systemd.
    pub unit: &'static str,
}

const fn row(
    product: &'static str,
    system: &'static str,
    main: &'static str,
    marker: Option<&'static str>,
    user: &'static str,
    pid: &'static str,
    unit: &'static str,
) -> Layout {
    Layout { product, system, main, marker, user, pid, unit }
}

/// The rows.
#[rustfmt::skip]
pub static LAYOUTS: &[Layout] = &[
    row("apache", "Debian", "/etc/apache2/apache2.conf", None, "www-data", "/run/apache2/apache2.pid", "apache2"),
    row("apache", "RHEL", "/etc/httpd/conf/httpd.conf", Some("/etc/httpd/conf.modules.d"), "apache", "/run/httpd/httpd.pid", "httpd"),
    row("apache", "Arch", "/etc/httpd/conf/httpd.conf", None, "http", "/run/httpd/httpd.pid", "httpd"),
    row("apache", "SUSE", "/etc/apache2/httpd.conf", Some("/etc/apache2/vhosts.d"), "wwwrun", "/run/httpd.pid", "apache2"),
    row("apache", "Alpine", "/etc/apache2/httpd.conf", None, "apache", "/run/apache2/httpd.pid", "apache2"),
    row("apache", "Docker", "/usr/local/apache2/conf/httpd.conf", None, "www-data", "/usr/local/apache2/logs/httpd.pid", "apache2"),
    row("apache", "FreeBSD", "/usr/local/etc/apache24/httpd.conf", None, "www", "/var/run/httpd.pid", "apache24"),
    row("nginx", "Debian", "/etc/nginx/nginx.conf", Some("/etc/nginx/sites-enabled"), "www-data", "/run/nginx.pid", "nginx"),
    row("nginx", "Alpine", "/etc/nginx/nginx.conf", Some("/etc/nginx/http.d"), "nginx", "/run/nginx/nginx.pid", "nginx"),
    row("nginx", "SUSE", "/etc/nginx/nginx.conf", Some("/etc/nginx/vhosts.d"), "nginx", "/run/nginx.pid", "nginx"),
    row("nginx", "Docker", "/etc/nginx/nginx.conf", Some("/docker-entrypoint.d"), "nginx", "/run/nginx.pid", "nginx"),
    row("nginx", "RHEL", "/etc/nginx/nginx.conf", Some("/etc/nginx/default.d"), "nginx", "/run/nginx.pid", "nginx"),
    row("nginx", "Arch", "/etc/nginx/nginx.conf", None, "http", "/run/nginx.pid", "nginx"),
    row("nginx", "source", "/usr/local/nginx/conf/nginx.conf", None, "nobody", "/usr/local/nginx/logs/nginx.pid", "nginx"),
    row("nginx", "FreeBSD", "/usr/local/etc/nginx/nginx.conf", None, "www", "/var/run/nginx.pid", "nginx"),
    row("lighttpd", "Debian", "/etc/lighttpd/lighttpd.conf", Some("/etc/lighttpd/conf-enabled"), "www-data", "/run/lighttpd.pid", "lighttpd"),
    row("lighttpd", "RHEL", "/etc/lighttpd/lighttpd.conf", None, "lighttpd", "/run/lighttpd.pid", "lighttpd"),
    row("lighttpd", "FreeBSD", "/usr/local/etc/lighttpd/lighttpd.conf", None, "www", "/var/run/lighttpd.pid", "lighttpd"),
    row("caddy", "Debian", "/etc/caddy/Caddyfile", None, "caddy", "", "caddy"),
    row("caddy", "FreeBSD", "/usr/local/etc/caddy/Caddyfile", None, "www", "/var/run/caddy/caddy.pid", "caddy"),
    row("haproxy", "Debian", "/etc/haproxy/haproxy.cfg", None, "haproxy", "/run/haproxy.pid", "haproxy"),
    row("haproxy", "Docker", "/usr/local/etc/haproxy/haproxy.cfg", None, "haproxy", "", "haproxy"),
    row("traefik", "Docker", "/etc/traefik/traefik.yml", None, "root", "", "traefik"),
    row("traefik", "Docker", "/etc/traefik/traefik.yaml", None, "root", "", "traefik"),
    row("traefik", "Docker", "/etc/traefik/traefik.toml", None, "root", "", "traefik"),
];

impl Layout {
    /// The layout of a product that the files of a view show.
    #[must_use]
    pub fn of(product: &str, view: &View<'_>) -> Option<&'static Self> {
        let is_there = |path: &str| view.resolved(Path::new(path)).is_some();
        LAYOUTS.iter().find(|row| row.product == product && is_there(row.main) && row.marker.is_none_or(is_there))
    }
}

/// The numbers in the pid files of a product.
pub(super) fn pids(product: &str, host: &dyn Host, root: &Path) -> Vec<(u32, PathBuf)> {
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    let mut asked: Vec<&str> = vec![""];
    for row in LAYOUTS.iter().filter(|row| row.product == product) {
        if asked.contains(&row.pid) {
            continue;
        }
        asked.push(row.pid);
        let path = below(root, Path::new(row.pid));
        let Some(bytes) = host.contents(&path) else { continue };
        let number = std::str::from_utf8(bytes.trim_ascii()).ok().and_then(|text| text.parse().ok());
        if let Some(pid) = number
            && !found.iter().any(|(known, _)| *known == pid)
        {
            found.push((pid, path));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::fake::Fake;

    fn system(product: &str, files: &[&str]) -> Option<&'static str> {
        let host = files.iter().fold(Fake::default(), |host, path| host.file(path, 0o644, (0, 0), b""));
        Layout::of(product, &View::own(&host)).map(|layout| layout.system)
    }

    #[test]
    fn each_system_is_known_by_its_files() {
        for row in LAYOUTS {
            let marker = row.marker.map(|marker| format!("{marker}/x"));
            let files: Vec<&str> = std::iter::once(row.main).chain(marker.as_deref()).collect();
            assert_eq!(system(row.product, &files), Some(row.system), "{files:?}");
            assert_eq!(system("squid", &files), None);
        }
        assert_eq!(system("apache", &["/etc/nginx/nginx.conf"]), None);
    }
}

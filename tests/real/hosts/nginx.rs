//! Debian's nginx with one thing wrong.

use super::{Fault, Kind};

/// A folder that wants a login, as the manual has it.
const BASELINE: &str = r#"
site=/etc/nginx/sites-enabled/intranet
users=/etc/nginx/staff.htpasswd
cp /mnt/users $users
chgrp www-data $users
chmod 640 $users
cat >$site <<'END'
server {
    listen 80;
    server_name intranet.example;
    root /var/www/html;

    location /staff/ {
        auth_basic "Staff";
        auth_basic_user_file /etc/nginx/staff.htpasswd;
    }
}
END
"#;

pub(super) static KIND: Kind = Kind {
    name: "nginx",
    title: "nginx",
    programs: &["nginx"],
    config: "/etc/nginx/nginx.conf",
    baseline: BASELINE,
    start: "nginx >&2",
    faults: FAULTS,
};

const NONE: Fault = Fault { name: "", seen: "", plant: "", later: "", path: "/staff/", user: "carol", named: "" };

static FAULTS: &[Fault] = &[
    Fault {
        name: "The path of the user file is relative",
        seen: "nginx takes it from the folder of its configuration, not from the site's. With credentials it says 403.",
        plant: "cp $users /var/www/html/staff/.htpasswd; sed -i s,/etc/nginx/staff.htpasswd,staff/.htpasswd, $site",
        named: "the user file is missing",
        ..NONE
    },
    Fault {
        name: "A folder on the way is closed",
        seen: "The file is in a home folder, which is its owner's alone.",
        plant: "mkdir -p /home/web; cp $users /home/web/; chmod 644 /home/web/*; chmod 700 /home/web
            sed -i s,/etc/nginx/staff,/home/web/staff, $site",
        named: "/home/web is drwx------ root:root",
        ..NONE
    },
    Fault {
        name: "The file is root's alone",
        seen: "It was made by hand, with a strict umask.",
        plant: "chown root:root $users; chmod 600 $users",
        named: "/etc/nginx/staff.htpasswd is -rw------- root:root",
        ..NONE
    },
    Fault {
        name: "chmod has taken an access control list away",
        seen: "`getfacl` still shows the entry for www-data, with `#effective:---` behind it.",
        plant: "chown root:root $users; setfacl -m u:www-data:r $users; chmod 600 $users",
        named: "the list's mask",
        ..NONE
    },
    Fault {
        name: "A blank follows the hash",
        seen: "Apache trims it; nginx compares it.",
        user: "alice",
        named: "ends in a blank",
        ..NONE
    },
    Fault {
        name: "The entry is commented out",
        seen: "carol was locked out for a day and forgotten.",
        plant: "sed -i s/^carol/#carol/ $users",
        named: "hint[commented-out]",
        ..NONE
    },
    Fault {
        name: "Another location answers",
        seen: "Pages get through without a password: a regular expression wins over a longer prefix.",
        plant: "sed -i 's,^}$,    location ~ [.]html$ {\\n        expires 1h;\\n    }\\n&,' $site",
        path: "/staff/index.html",
        user: "",
        named: "location ~ [.]html$ is the first regular expression that matches",
        ..NONE
    },
    Fault {
        name: "A realm without a file protects nothing",
        seen: "Everybody gets in, and nothing is logged.",
        plant: "sed -i /auth_basic_user_file/d $site",
        user: "",
        named: "auth_basic without auth_basic_user_file protects nothing",
        ..NONE
    },
    Fault {
        name: "Another server block answers",
        seen: "The name in the configuration has a slip in it, so that the first block of the port serves the URL, without a login.",
        plant: "sed -i s/intranet.example/intranet.exmaple/ $site
            printf 'server {\\n    listen 80;\\n    server_name www.example;\\n    root /var/www/html;\\n}\\n' >/etc/nginx/sites-enabled/default",
        user: "",
        named: "no virtual host has the name intranet.example",
        ..NONE
    },
    Fault {
        name: "A mount of a single file keeps the old one",
        seen: "The file was mounted into a container, and an editor has put a new one in its place. The server still reads the old one.",
        plant: "grep -v carol /mnt/users >/srv/users; chmod 644 /srv/users
            nginx() { unshare --mount sh -c 'mount --bind /srv/users /etc/nginx/staff.htpasswd; exec /usr/sbin/nginx'; }",
        later: "cp /mnt/users /srv/new; mv /srv/new /srv/users",
        named: "another file has taken its place",
        ..NONE
    },
    Fault {
        name: "An address rule refuses",
        seen: "403 with and without a password.",
        plant: "sed -i 's,auth_basic \"Staff\";,deny all;\\n        &,' $site",
        named: "deny all",
        ..NONE
    },
    Fault {
        name: "The configuration was mended and not loaded",
        seen: "The file on the disk is right, and the server still refuses.",
        plant: "sed -i s/staff.htpasswd/staf.htpasswd/ $site",
        later: "sleep 1; sed -i s/staf.htpasswd/staff.htpasswd/ $site",
        named: "the server still runs what stood there before",
        ..NONE
    },
];

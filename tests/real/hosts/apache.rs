//! Debian's apache2 with one thing wrong.

use super::{Fault, Kind};

/// A folder that wants a login, as the manual has it.
const BASELINE: &str = r#"
site=/etc/apache2/sites-enabled/intranet.conf
users=/etc/apache2/staff.htpasswd
cp /mnt/users $users
chgrp www-data $users
chmod 640 $users
cat >$site <<'END'
<VirtualHost *:80>
    ServerName intranet.example
    DocumentRoot /var/www/html
    <Directory /var/www/html/staff>
        AuthType Basic
        AuthName "Staff"
        AuthUserFile /etc/apache2/staff.htpasswd
        Require valid-user
    </Directory>
</VirtualHost>
END
"#;

pub(super) static KIND: Kind = Kind {
    name: "apache",
    title: "Apache",
    programs: &["apache2"],
    config: "/etc/apache2/apache2.conf",
    baseline: BASELINE,
    start: "apachectl start >&2",
    faults: FAULTS,
};

const NONE: Fault = Fault { name: "", seen: "", plant: "", later: "", path: "/staff/", user: "carol", named: "" };

static FAULTS: &[Fault] = &[
    Fault {
        name: "The path of the user file is wrong",
        seen: "Without credentials the server asks for them, as if all was well; with them it says 500.",
        plant: "sed -i s/staff.htpasswd/staf.htpasswd/ $site",
        named: "the user file is missing",
        ..NONE
    },
    Fault {
        name: "A folder on the way is closed",
        seen: "The file itself may be read by all; the folder around it is root's alone.",
        plant: "mkdir -m 700 /etc/apache2/private; cp $users /etc/apache2/private/; chmod 644 /etc/apache2/private/*
            sed -i s,apache2/staff,apache2/private/staff, $site",
        named: "/etc/apache2/private is drwx------ root:root",
        ..NONE
    },
    Fault {
        name: "The file is root's alone",
        seen: "It was made by hand, with a strict umask.",
        plant: "chown root:root $users; chmod 600 $users",
        named: "/etc/apache2/staff.htpasswd is -rw------- root:root",
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
        name: "The server has a /tmp of its own",
        seen: "The service is started with PrivateTmp, as Debian does. For you the file is there.",
        plant: "cp $users /tmp/; chmod 644 /tmp/staff.htpasswd; sed -i s,/etc/apache2/staff,/tmp/staff, $site
            apachectl() { unshare --mount sh -c 'mount -t tmpfs tmpfs /tmp; exec apachectl start'; }",
        named: "sees other files than you",
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
        name: "The rule names somebody else",
        seen: "The password is right, and the browser asks again and again.",
        plant: "sed -i 's/Require valid-user/Require user karol/' $site",
        named: "Require user karol does not admit carol",
        ..NONE
    },
    Fault {
        name: "The .htaccess file is not read",
        seen: "Everybody gets in without a password.",
        plant: "sed -i '/<Dir/,/<.Dir/d' $site
            printf 'AuthType Basic\\nAuthName Staff\\nAuthUserFile %s\\nRequire valid-user\\n' $users >/var/www/html/staff/.htaccess",
        user: "",
        named: "/var/www/html/staff/.htaccess asks for a login and is not read",
        ..NONE
    },
    Fault {
        name: "A Location opens what the Directory closes",
        seen: "Everybody gets in without a password. Location sections count after Directory sections.",
        plant: "sed -i 's,^</Virt,    <Location /staff>\\n        Require all granted\\n    </Location>\\n&,' $site",
        user: "",
        named: "Require all granted admits this request",
        ..NONE
    },
    Fault {
        name: "Another virtual host answers",
        seen: "The name in the configuration has a slip in it, so that the first site of the address serves the URL, without a login.",
        plant: "sed -i s/intranet.example/intranet.exmaple/ $site
            printf '<VirtualHost *:80>\\n    ServerName www.example\\n    DocumentRoot /var/www/html\\n</VirtualHost>\\n' \
                >/etc/apache2/sites-enabled/000-default.conf",
        user: "",
        named: "no virtual host has the name intranet.example",
        ..NONE
    },
    Fault {
        name: "The configuration was mended and not loaded",
        seen: "The file on the disk is right, and the server still refuses.",
        plant: "sed -i 's/Require valid-user/Require user bob/' $site",
        later: "sleep 1; sed -i 's/Require user bob/Require valid-user/' $site",
        named: "the server still runs what stood there before",
        ..NONE
    },
];

#!/usr/bin/env python3
"""Writes src/conf/apache/directives.tsv from what an installed Apache says of its modules: directives.py FOLDER_OF_MODULES

`apache2 -L` lists every directive with the module it belongs to and where it may stand. All modules are loaded but the
multi-processing ones beside event. Nothing is started.
"""
import os, re, subprocess, sys, tempfile

HEAD = """# Directives of Apache 2.4.71 and its modules (Debian 12), written by tests/observed/config/directives.py: name, module, where
# (s: server, d: sections of folders, files and locations), class of AllowOverride (A: AuthConfig, F: FileInfo, I: Indexes, L: Limit,
# O: Options, *: any but None).
"""
CLASSES = (("AuthConfig", "A"), ("Limit", "L"), ("FileInfo", "F"), ("Indexes", "I"), ("Options", "O"))


def symbol(path):
    names = re.findall(r" [BDd] (\w+_module)$", subprocess.run(["nm", "-D", path], capture_output=True, text=True).stdout, re.M)
    own = os.path.basename(path)[4:-3] + "_module"
    return own if own in names or not names else names[0]


def main():
    folder = sys.argv[1]
    with tempfile.TemporaryDirectory() as top:
        lines = [f"ServerRoot {top}", "ServerName x", "Listen 127.0.0.1:1", "ErrorLog /dev/null"]
        for name in sorted(os.listdir(folder)):
            if name.startswith("mod_") and name.endswith(".so") and name not in ("mod_mpm_worker.so", "mod_mpm_prefork.so"):
                lines.append(f"LoadModule {symbol(os.path.join(folder, name))} {os.path.join(folder, name)}")
        config = os.path.join(top, "httpd.conf")
        with open(config, "w") as file:
            file.write("\n".join(lines) + "\n")
        listed = subprocess.run(["apache2", "-f", config, "-L"], capture_output=True, text=True, check=True).stdout
    rows = []
    for line in listed.splitlines():
        head = re.match(r"(\S+) \((\S+)\)$", line)
        text = line.strip()
        if head:
            rows.append([head[1], head[2], "", ""])
        elif text.startswith("Allowed in *.conf"):
            rows[-1][2] = "s" if "only outside" in text else "d" if "only inside" in text else "sd"
            rows[-1][3] = "?" if ".htaccess" in text else ""
        elif text.startswith("when AllowOverride") and rows[-1][3]:
            rows[-1][3] = "*" if "isn't None" in text else "".join(letter for word, letter in CLASSES if word in text)
    rows.sort(key=lambda row: (row[1], row[0].lower()))
    out = os.path.join(os.path.dirname(__file__), "..", "..", "..", "src", "conf", "apache", "directives.tsv")
    with open(out, "w") as file:
        file.write(HEAD + "".join("\t".join(row) + "\n" for row in rows))


main()

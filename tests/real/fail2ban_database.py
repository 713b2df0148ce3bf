"""Runs fail2ban's own server in FOLDER, with a socket, a log and a database of its own and actions that do nothing, lets it ban, and
prints what its client says of the bans: `JAIL ADDRESS START LENGTH`, a line each. The database stays in FOLDER, and beside it as it was
while the server ran (`running.sqlite3`).

    /usr/bin/python3 tests/real/fail2ban_database.py FOLDER

`tests/sqlite/fail2ban.sqlite3` is the latter, and `fail2ban.json` beside it was made by `dump` (a second word).
"""

import json
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import time

folder = pathlib.Path(sys.argv[1])
base = folder / "fail2ban.sqlite3"
shutil.copytree("/etc/fail2ban", folder / "conf")
for name in (folder / "conf/jail.d").iterdir():
    name.unlink()
(folder / "conf/fail2ban.local").write_text(f"""[DEFAULT]
dbfile = {base}
socket = {folder}/socket
pidfile = {folder}/pid
logtarget = {folder}/fail2ban.log
""")
(folder / "conf/jail.local").write_text(f"""[DEFAULT]
banaction = dummy
backend = polling
maxretry = 3
usedns = no
[nginx-http-auth]
enabled = true
bantime = 50y
logpath = {folder}/error.log
[apache-auth]
enabled = true
bantime = -1
logpath = {folder}/apache.log
[lighttpd-auth]
enabled = true
bantime = 2
logpath = {folder}/lighttpd.log
""")
for name in ["error.log", "apache.log", "lighttpd.log"]:
    (folder / name).write_text("")


def client(*words):
    command = ["fail2ban-client", "-c", str(folder / "conf"), "-s", str(folder / "socket"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def until(holds):
    for _ in range(200):
        if holds():
            return
        time.sleep(0.1)
    sys.exit("fail2ban does not answer in time")


server = subprocess.Popen(
    ["fail2ban-server", "-c", str(folder / "conf"), "-s", str(folder / "socket"), "-p", str(folder / "pid"), "-xf", "start"],
    stdout=subprocess.DEVNULL,
)
try:
    until(lambda: client("ping").returncode == 0 and client("status", "lighttpd-auth").returncode == 0)
    with open(folder / "error.log", "a", encoding="utf-8") as log:
        for second in range(3):
            stamp = time.strftime("%Y/%m/%d %H:%M:%S", time.localtime(time.time() - 3 + second))
            log.write(f'{stamp} [error] 7#7: *1 user "alice": password mismatch, client: 192.0.2.7, server: s, request: "GET / HTTP/1.1", host: "h"\n')
    for jail, address in [
        ("apache-auth", "2001:db8::1"),
        ("nginx-http-auth", "198.51.100.0/24"),
        ("nginx-http-auth", "192.0.2.99"),
        ("lighttpd-auth", "192.0.2.8"),
    ]:
        client("set", jail, "banip", address)
    client("set", "nginx-http-auth", "unbanip", "192.0.2.99")
    until(lambda: "192.0.2.7" in client("banned").stdout and "192.0.2.8" not in client("banned").stdout)
    for jail in ["apache-auth", "lighttpd-auth", "nginx-http-auth"]:
        for line in client("get", jail, "banip", "--with-time").stdout.splitlines():
            row = re.match(r"(\S+) \t(\S+ \S+) \+ (-?\d+) = ", line)
            if row:
                start = int(time.mktime(time.strptime(row[2], "%Y-%m-%d %H:%M:%S")))
                print(jail, row[1], start, row[3])
    shutil.copy(base, folder / "running.sqlite3")
finally:
    client("stop")
    server.wait(20)

if sys.argv[2:] == ["dump"]:
    value = lambda one: {"bytes": one.hex()} if isinstance(one, bytes) else one
    tables = {}
    open_base = sqlite3.connect(folder / "running.sqlite3")
    for (name,) in open_base.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall():
        found = open_base.execute(f'SELECT rowid, * FROM "{name}" ORDER BY rowid')
        columns = [column[0] for column in found.description][1:]
        tables[name] = {"columns": columns, "rows": [[value(one) for one in row] for row in found]}
    (folder / "fail2ban.json").write_text(json.dumps(tables, indent=1) + "\n")

"""Reads a container that `why401 export` wrote with a library of its format, and prints user and hash as JSON.

Usage: export.py FORMAT FILE
"""

import base64
import csv
import json
import subprocess
import sys

LABEL = "traefik.http.middlewares.auth.basicauth.users="


def pairs(text, separator):
    return dict(pair.split(":", 1) for pair in text.split(separator) if pair)


def compose(path):
    import yaml

    (service,) = yaml.safe_load(open(path, encoding="utf-8"))["services"].values()
    (label,) = service["labels"]
    # Compose file reference, Interpolation: `$$` is a dollar, any other is a variable.
    assert "$" not in label.replace("$$", "")
    label = label.replace("$$", "$")
    assert label.startswith(LABEL)
    return pairs(label[len(LABEL) :], ",")


def traefik(path):
    import yaml

    users = yaml.safe_load(open(path, encoding="utf-8"))["http"]["middlewares"]["auth"]["basicAuth"]["users"]
    return dict(user.split(":", 1) for user in users)


def traefik_toml(path):
    import tomllib

    users = tomllib.load(open(path, "rb"))["http"]["middlewares"]["auth"]["basicAuth"]["users"]
    return dict(user.split(":", 1) for user in users)


def k8s_secret(path):
    import yaml

    secret = yaml.safe_load(open(path, encoding="utf-8"))
    assert secret["kind"] == "Secret" and secret["metadata"]["name"] == "auth"
    return pairs(base64.b64decode(secret["data"]["auth"], validate=True).decode(), "\n")


def env(path):
    # A shell reads the file as docker compose and systemd do: single quotes are literal.
    text = subprocess.run(["sh", "-c", '. "$1"; printf %s "$AUTH"', "sh", path], check=True, capture_output=True).stdout
    return pairs(text.decode(), ",")


def ldif(path):
    import ldap.dn
    import ldif

    reader = ldif.LDIFRecordList(open(path, "rb"))
    reader.parse_change_records()
    found = {}
    for dn, modifications, _ in reader.all_modify_changes:
        ((_, user, _),) = ldap.dn.str2dn(dn)[0]
        ((_, attribute, (value,)),) = modifications
        assert attribute == "userPassword"
        found[user] = value.decode().removeprefix("{CRYPT}")
    return found


def csv_table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return {row["user"]: row["hash"] for row in csv.DictReader(file)}


def json_list(path):
    return {row["user"]: row["hash"] for row in json.load(open(path, encoding="utf-8"))}


READERS = {
    "compose": compose,
    "traefik": traefik,
    "traefik-toml": traefik_toml,
    "k8s-secret": k8s_secret,
    "env": env,
    "ldif": ldif,
    "csv": csv_table,
    "json": json_list,
}

json.dump(READERS[sys.argv[1]](sys.argv[2]), sys.stdout)

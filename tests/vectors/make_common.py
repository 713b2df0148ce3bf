#!/usr/bin/env python3
"""Writes the known answers of the schemes that htpasswd files hold most: tests/vectors/make_common.py [SCHEME...]

As make.py, whose rules hold here too: an answer comes from a program that is not this one, and where a second one has
the scheme it must agree. Needs `pip install passlib`, and the commands `openssl` and `htpasswd`.
"""

import os
import random
import subprocess
import sys

os.environ["PASSLIB_BUILTIN_BCRYPT"] = "enabled"
from make import PASSWORDS, File, passlib, shuffled, text  # noqa: E402

BCRYPT = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

# Passwords whose bytes from 0x80 tell the variants of bcrypt apart; the last two are the ones $2a$ keeps apart.
EIGHT_BIT = [b"\xff", b"\xff\xff", b"\xff\xff\xa3", b"1\xa3 345", b"\xff\xa3345", b"\xff\xa334\xff\xff\xff\xa3345",
             b"\xff\xff\xff\xff\xff", b"a\xff\xff\xff", b"ab\xff\xff"]


def bcrypt(file):
    rng = random.Random(11)
    salt = lambda: "".join(rng.choice(BCRYPT) for _ in range(21)) + rng.choice(".Oeu")
    passwords = [password for password in PASSWORDS + EIGHT_BIT + shuffled(12, 12, 80)]
    file.crypt([(password, f"$2{minor}$04${salt()}") for password in passwords for minor in "axy"])
    # passlib does without the safety measure of $2a$ and has no $2x$.
    second = passlib("bcrypt")
    some = [password for password in PASSWORDS if len(password) < 72]
    file.crypt([(password, f"$2{minor}$04${salt()}") for password, minor in zip(some, "bybybybybybybybybybybyb")], second)
    file.crypt([(b"secret", f"$2b${cost:02}${salt()}") for cost in range(5, 9)], second)


def openssl(kind, password, salt):
    command = ["openssl", "passwd", f"-{kind}", "-salt", salt, "-stdin"]
    return subprocess.run(command, input=password + b"\n", capture_output=True, check=True).stdout.strip()


def plain_enough(password):
    """What openssl passwd reads from stdin unharmed."""
    return password and not set(password) & set(b"\r\n\0") and len(password) < 256


def apr1(file):
    rng = random.Random(13)
    version = subprocess.run(["openssl", "version"], capture_output=True, text=True, check=True).stdout.split()[1]
    second = passlib("apr_md5_crypt")
    file.source(f"openssl passwd -apr1 of OpenSSL {version}, and the same from passlib")
    for password in PASSWORDS + EIGHT_BIT + shuffled(14, 30):
        setting = f"$apr1${text(rng, rng.randrange(1, 9))}$"
        if not plain_enough(password):
            continue
        result = openssl("apr1", password, setting.split("$")[2])
        if result != second(password, setting.encode()):
            raise SystemExit(f"apr1: {password!r} {setting!r}: {result!r}")
        file.row(password, setting, result.decode())
    file.source("passlib alone: empty passwords and salts, line ends")
    for password, setting in [(b"", "$apr1$saltsalt$"), (b"secret", "$apr1$$"), (b"a\nb\r", "$apr1$saltsalt$")]:
        file.row(password, setting, second(password, setting.encode()).decode())


def md5crypt(file):
    rng = random.Random(15)
    rows = [(password, f"$1${text(rng, rng.randrange(0, 9))}$") for password in PASSWORDS + EIGHT_BIT + shuffled(16, 30)]
    file.crypt(rows, passlib("md5_crypt"))


def sha2crypt(file, ident, name, seed):
    rng = random.Random(seed)
    rows = []
    for password in PASSWORDS + EIGHT_BIT + shuffled(seed + 1, 30, 140):
        rounds = rng.choice(["", "", "rounds=1000$", "rounds=1001$", "rounds=1234$"])
        rows.append((password, f"${ident}${rounds}{text(rng, rng.randrange(0, 17))}$"))
    rows.append((b"secret", f"${ident}$rounds=20000$saltsalt$"))
    file.crypt(rows, passlib(name))


def sha256crypt(file):
    sha2crypt(file, "5", "sha256_crypt", 17)


def sha512crypt(file):
    sha2crypt(file, "6", "sha512_crypt", 19)


def sha1(file):
    from passlib.hash import ldap_sha1

    file.source("htpasswd -s of Apache, and the same from passlib; the setting is the prefix")
    for password in PASSWORDS + EIGHT_BIT + shuffled(21, 20):
        if not plain_enough(password):
            continue
        run = subprocess.run(["htpasswd", "-nis", "u"], input=password + b"\n", capture_output=True, check=True)
        result = run.stdout.strip().removeprefix(b"u:")
        if result.decode() != ldap_sha1.hash(password):
            raise SystemExit(f"sha1: {password!r}: {result!r}")
        file.row(password, "{SHA}", result.decode())


def ssha(file):
    from passlib.hash import ldap_salted_sha1

    rng = random.Random(23)
    file.source("passlib; the setting is the salt in hex")
    for password in PASSWORDS + EIGHT_BIT + shuffled(24, 20):
        salt = bytes(rng.randrange(256) for _ in range(rng.choice([4, 8, 16])))
        result = ldap_salted_sha1.using(salt=salt).hash(password)
        file.row(password, salt.hex(), result)


WRITERS = {writer.__name__: writer for writer in (bcrypt, apr1, md5crypt, sha256crypt, sha512crypt, sha1, ssha)}

if __name__ == "__main__":
    for name in sys.argv[1:] or WRITERS:
        made = File(name)
        made.lines[0] = made.lines[0].replace("make.py", "make_common.py")
        WRITERS[name](made)
        made.write()
        print(name, len(made.lines))

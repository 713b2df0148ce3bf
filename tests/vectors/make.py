#!/usr/bin/env python3
"""Writes the known answers of this folder: tests/vectors/make.py [SCHEME...]

Nothing here computes a hash itself. The answers come from the C library's crypt(3) (libxcrypt on Debian) and from
argon2-cffi; wherever passlib has the scheme too, its own implementation must agree or nothing is written. Needs
`pip install passlib argon2-cffi`.

A file is lines of tab-separated columns: the password in hex (`-` where empty), the setting, the result. A line that
begins with `#` tells where the lines below it come from.
"""

import ctypes
import importlib.metadata
import os
import random
import subprocess
import sys
import warnings

warnings.filterwarnings("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))
CHARACTERS = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

PASSWORDS = [
    b"", b"a", b"secret", b"Secret", b"1234567", b"12345678", b"123456789", b"0123456789abcdef", b"0123456789abcdefg",
    b"correct horse battery staple", b"p\xe1ss\xff w\xf6rd", "pässwörd".encode(), b"\xff\xff\xa3", b"\x80", b"\x01\x7f\t\r\n",
    b" secret ", b"p" * 55, b"p" * 56, b"p" * 63, b"p" * 64, b"p" * 65, b"x" * 72, b"y" * 127, b"y" * 128, b"z" * 129,
    bytes(range(1, 256)), b"long" * 127 + b"end",
]


def shuffled(seed, count, longest=40):
    """Random passwords without NUL, the same at every run."""
    rng = random.Random(seed)
    return [bytes(rng.randrange(1, 256) for _ in range(rng.randrange(longest + 1))) for _ in range(count)]


def text(rng, count):
    return "".join(chr(rng.choice(CHARACTERS)) for _ in range(count))


_libcrypt = ctypes.CDLL("libcrypt.so.1")
_libcrypt.crypt.restype = ctypes.c_char_p
_libcrypt.crypt.argtypes = [ctypes.c_char_p, ctypes.c_char_p]


def xcrypt(password, setting):
    result = _libcrypt.crypt(password, setting)
    if result is None or result.startswith(b"*"):
        raise SystemExit(f"crypt(3) refuses {setting!r}")
    return result


def debian(package):
    run = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True, check=True)
    return run.stdout


def passlib(name):
    """passlib's own implementation of a scheme, as a function of password and setting."""
    import passlib.hash

    handler = getattr(passlib.hash, name)
    if "builtin" in (getattr(handler, "backends", None) or ()):
        handler.set_backend("builtin")
    return lambda password, setting: handler.genhash(password, setting.decode()).encode()


class File:
    def __init__(self, scheme):
        self.scheme = scheme
        self.lines = [f"# Known answers for {scheme}, written by tests/vectors/make.py: password in hex, setting, result."]

    def source(self, words):
        self.lines.append("# " + words)

    def row(self, password, setting, result):
        self.lines.append(f"{password.hex() or '-'}\t{setting}\t{result}")

    def crypt(self, rows, second=None):
        """Rows of password and setting, answered by libxcrypt and, where given, a second implementation."""
        agrees = f", and the same from passlib {importlib.metadata.version('passlib')}" if second else ""
        self.source(f"crypt(3) of libxcrypt {debian('libcrypt1')} (Debian){agrees}")
        for password, setting in rows:
            result = xcrypt(password, setting.encode())
            if second:
                other = second(password, setting.encode())
                if other != result:
                    raise SystemExit(f"{self.scheme}: {password!r} {setting!r}: {result!r}, passlib has {other!r}")
            self.row(password, setting, result.decode())

    def write(self):
        with open(os.path.join(HERE, self.scheme + ".tsv"), "w") as file:
            file.write("\n".join(self.lines) + "\n")


def descrypt(file):
    rng = random.Random(1)
    rows = [(password, text(rng, 2)) for password in PASSWORDS + shuffled(2, 30)]
    rows += [(b"secret", chr(a) + chr(b)) for a, b in zip(CHARACTERS, reversed(CHARACTERS))]
    file.crypt(rows, passlib("des_crypt"))


def bsdicrypt(file):
    rng = random.Random(3)
    counts = ["J9..", "/...", "0...", "1...", "./..", "A2.."]
    rows = [(password, "_" + rng.choice(counts) + text(rng, 4)) for password in PASSWORDS + shuffled(4, 30)]
    rows.append((b"secret", "_zz..zzzz"))
    file.crypt(rows, passlib("bsdi_crypt"))


def bigcrypt(file):
    rng = random.Random(5)
    second = passlib("bigcrypt")
    rows = []
    for password in PASSWORDS + shuffled(6, 30, 140):
        # Both implementations write more than one block for long passwords only, and passlib has no limit of 16.
        if len(password) > 8:
            rows.append((password, text(rng, 2) + "." * 12))
    short = [row for row in rows if len(row[0]) <= 128]
    file.crypt(short, lambda password, setting: second(password, setting[:2]))
    file.crypt([row for row in rows if len(row[0]) > 128])


WRITERS = {writer.__name__: writer for writer in (descrypt, bsdicrypt, bigcrypt)}

if __name__ == "__main__":
    for name in sys.argv[1:] or WRITERS:
        made = File(name)
        WRITERS[name](made)
        made.write()
        print(name, len(made.lines))

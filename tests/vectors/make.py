#!/usr/bin/env python3
"""Writes the known answers of this folder: tests/vectors/make.py [SCHEME...]

Nothing here computes a hash itself. The answers come from the C library's crypt(3) (libxcrypt on Debian) and from
argon2-cffi; wherever passlib has the scheme too, its own implementation must agree or nothing is written. Needs
`pip install passlib argon2-cffi`.

A file is lines of tab-separated columns: the password in hex (`-` where empty), the setting, the result. A line that
begins with `#` tells where the lines below it come from.
"""

import ctypes
import hashlib
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

    def crypt(self, rows, second=None, name=None):
        """Rows of password and setting, answered by libxcrypt and, where given, a second implementation."""
        name = name or f"passlib {importlib.metadata.version('passlib')}"
        agrees = f", and the same from {name}" if second else ""
        self.source(f"crypt(3) of libxcrypt {debian('libcrypt1')} (Debian){agrees}")
        for password, setting in rows:
            result = xcrypt(password, setting.encode())
            if second:
                other = second(password, setting.encode())
                if other != result:
                    raise SystemExit(f"{self.scheme}: {password!r} {setting!r}: {result!r}, {name} has {other!r}")
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


def sunmd5(file):
    rng = random.Random(7)
    rows = []
    for password in PASSWORDS + shuffled(8, 8):
        rounds = rng.choice(["$", "$", ",rounds=1$", ",rounds=%d$" % rng.randrange(2, 3000)])
        rows.append((password, "$md5" + rounds + text(rng, rng.randrange(1, 20)) + rng.choice(["", "$"])))
    file.crypt(rows, passlib("sun_md5_crypt"))
    file.crypt([(b"secret", "$md5$rounds=77$salt"), (b"secret", "$md5,"), (b"secret", "$md5$$"), (b"secret", "$md5,$$x"), (b"a", "$md5$salt$$")])


def sha1crypt(file):
    rng = random.Random(9)
    rows = []
    for password in PASSWORDS + shuffled(10, 30, 100):
        rows.append((password, "$sha1$%d$%s$" % (rng.choice([1, 2, 3, 10, 99, 100, 1234]), text(rng, rng.randrange(1, 64)))))
    file.crypt(rows, passlib("sha1_crypt"))
    file.crypt([(b"secret", "$sha1$0$salt$"), (b"", "$sha1$0$z$"), (b"secret", "$sha1$7$" + "s" * 200 + "$")])


def nt(file):
    import passlib.hash

    rows = [(password, "$3$") for password in PASSWORDS + shuffled(11, 20, 200)]
    file.crypt(rows, lambda password, _: passlib.hash.bsd_nthash.hash(password.decode("latin1")).encode())


def yescrypt_setting(rng, longest=64):
    """Parameters within reason: at most 512 KiB and a few passes, in every flavor and with every option."""
    flavor = rng.choice("jjj./")
    number = rng.choice("1234567")
    block = rng.choice("./0137")
    lanes = rng.choice(["", "./", "..", "./", "/1", "00.", "01/"])
    if flavor == ".":
        lanes = rng.choice(["", "..", "./"])
    salt = bytes(rng.randrange(256) for _ in range(rng.randrange(longest + 1)))
    return flavor + number + block + lanes + "$" + encode(salt)


def encode(data):
    """yescrypt's base64."""
    out = ""
    for at in range(0, len(data), 3):
        group = data[at : at + 3]
        value = int.from_bytes(group, "little")
        for _ in range(len(group) + 1):
            out += chr(CHARACTERS[value & 63])
            value >>= 6
    return out


def accepted(rng, prefix, make, passwords):
    for password in passwords:
        while True:
            setting = prefix + make(rng)
            result = _libcrypt.crypt(password, setting.encode())
            if result and not result.startswith(b"*"):
                break
        yield password, setting


# libxcrypt refuses 512 bytes and more.
LONGEST = [password for password in PASSWORDS if len(password) < 512]


def yescrypt(file):
    rng = random.Random(12)
    file.crypt(accepted(rng, "$y$", yescrypt_setting, LONGEST + shuffled(13, 60)))
    # The parameters of crypt_gensalt(3): costs 1, 5 (the default) and 6; those from 5 on hash the password twice.
    file.crypt([(b"secret", "$y$%s$abcdefghijklmnop" % parameters) for parameters in ("j75", "j9T", "jAT", "jD5")])


def gost_yescrypt(file):
    rng = random.Random(14)
    file.crypt(accepted(rng, "$gy$", yescrypt_setting, LONGEST + shuffled(15, 20)))
    file.crypt([(b"secret", "$gy$%s$abcdefghijklmnop" % parameters) for parameters in ("j75", "j9T")])


def scrypt(file):
    rng = random.Random(16)

    def setting(rng):
        salt = text(rng, rng.randrange(0, 30))
        return rng.choice("456789") + rng.choice(["/....", "0....", "6...."]) + rng.choice(["/....", "1...."]) + salt

    rows = list(accepted(rng, "$7$", setting, LONGEST + shuffled(17, 20)))

    def second(password, setting):
        cost, block, lanes = (CHARACTERS.index(setting[at]) for at in (3, 4, 9))
        digest = hashlib.scrypt(password, salt=setting[14:], n=1 << cost, r=block, p=lanes, dklen=32)
        return setting + b"$" + encode(digest).encode()

    file.crypt(rows, second, "OpenSSL's scrypt")
    file.crypt([(b"secret", "$7$66..../....salt$more$x"), (b"secret", "$7$66..../....salt$-x")])


def yescrypt_settings(file):
    """Which settings are refused; the result is what crypt(3) re-emits of the setting, or `refused`."""
    rng = random.Random(18)
    settings = set()
    while len(settings) < 800:
        setting = list("$y$" + yescrypt_setting(rng, rng.choice([2, 20, 66])))
        for _ in range(rng.randrange(3)):
            at = rng.randrange(3, len(setting))
            setting[at : at + rng.randrange(2)] = rng.choice(["", "$", ".", "/", "0", "1", "j", "k", "2", "z", "xyz", "-", "@"])
        settings.add("".join(setting))
    while len(settings) < 1000:
        setting = list("$7$" + rng.choice("./0123456") + rng.choice(["/....", "0....", "....."]) + "/...." + text(rng, 8))
        for _ in range(rng.randrange(3)):
            at = rng.randrange(4, len(setting))
            setting[at : at + rng.randrange(2)] = rng.choice(["", "$", ".", "/", "0", "-", "@", "$-", "$$"])
        settings.add("".join(setting))
    file.source(f"crypt(3) of libxcrypt {debian('libcrypt1')} (Debian)")
    for setting in sorted(settings):
        if too_much(setting):
            continue
        result = _libcrypt.crypt(b"", setting.encode())
        refused = not result or result.startswith(b"*")
        file.row(b"", setting, "refused" if refused else result.decode().rsplit("$", 1)[0])


def too_much(setting):
    """Whether a setting might take long to compute."""
    if setting.startswith("$7$"):
        numbers = [setting[4:9], setting[9:14]]
        return any(set(number) <= set(CHARACTERS.decode()) and number[2:] != "..." for number in numbers)
    parameters = setting[3:].split("$")[0]
    return len(parameters) > 1 and parameters[1] not in CHARACTERS[:10].decode() or any(c > "7" for c in parameters[2:])


def argon2(file, kind):
    from argon2 import low_level

    rng = random.Random(20)
    file.source(f"argon2-cffi {importlib.metadata.version('argon2-cffi')} (libargon2)")
    for password in PASSWORDS + shuffled(21, 12):
        salt = bytes(rng.randrange(256) for _ in range(rng.choice([8, 9, 16, 16, 32])))
        lanes = rng.choice([1, 1, 2, 4])
        memory = rng.choice([8 * lanes, 8 * lanes + 3, 64, 100, 256])
        arguments = dict(time_cost=rng.randrange(1, 4), memory_cost=memory, parallelism=lanes,
                         hash_len=rng.choice([4, 16, 32, 32, 64, 65, 100]), version=rng.choice([19, 19, 19, 16]))
        result = low_level.hash_secret(password, salt, type=kind, **arguments)
        file.row(password, "-", result.decode())


def argon2id(file):
    from argon2 import Type

    argon2(file, Type.ID)


def argon2i(file):
    from argon2 import Type

    argon2(file, Type.I)


def md5hex(file):
    file.source("Python's hashlib")
    for password in PASSWORDS:
        file.row(password, "-", hashlib.md5(password).hexdigest())


WRITERS = (descrypt, bsdicrypt, bigcrypt, sunmd5, sha1crypt, nt, yescrypt, gost_yescrypt, scrypt, yescrypt_settings,
           argon2id, argon2i, md5hex)
WRITERS = {writer.__name__.replace("_", "-"): writer for writer in WRITERS}

if __name__ == "__main__":
    for name in sys.argv[1:] or WRITERS:
        made = File(name)
        WRITERS[name](made)
        made.write()
        print(name, len(made.lines))

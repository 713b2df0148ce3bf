#!/usr/bin/env python3
"""Writes small databases with Python's sqlite3, and beside each what it reads back from them.

    python3 tests/sqlite/make.py [FOLDER]
"""

import json
import pathlib
import sqlite3
import sys

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)


def value(one):
    return {"bytes": one.hex()} if isinstance(one, bytes) else one


def make(name, before, statements, reserved=None):
    path = FOLDER / f"{name}.sqlite3"
    path.unlink(missing_ok=True)
    base = sqlite3.connect(path, isolation_level=None)
    for pragma in before:
        base.execute(f"PRAGMA {pragma}")
    for sql, *rows in statements:
        base.executemany(sql, rows[0]) if rows else base.execute(sql)
    tables = {}
    for (table,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"):
        found = base.execute(f'SELECT rowid, * FROM "{table}" ORDER BY rowid')
        columns = [column[0] for column in found.description][1:]
        tables[table] = {"columns": columns, "rows": [[value(one) for one in row] for row in found]}
    base.close()
    (FOLDER / f"{name}.json").write_text(json.dumps(tables, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


KINDS = [
    (None, 0, 1, -1, 127, -128, 128),
    (32767, -32768, 8388607, -8388608, 2147483647, -2147483648, 1 << 40),
    ((1 << 47) - 1, -(1 << 47), 1 << 62, -(1 << 63), 1.5, -0.25, 1e300),
    ("", "a", "é€😀", b"", b"\x00\xff", "x" * 100, "a\x00b"),
]

make("kinds", ["page_size=512"], [("CREATE TABLE k (a, b, c, d, e, f, g)",), ("INSERT INTO k VALUES (?,?,?,?,?,?,?)", KINDS)])
for encoding in ["UTF-16le", "UTF-16be"]:
    make(
        encoding.lower(),
        ["page_size=512", f"encoding='{encoding}'"],
        [("CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)",), ("INSERT INTO t (text) VALUES (?)", [("é€😀",), ("a" * 700,)])],
    )
make(
    "pages",
    ["page_size=512", "auto_vacuum=FULL"],
    [
        ("CREATE TABLE t (a TEXT, b BLOB, PRIMARY KEY (a, b))",),
        ("INSERT INTO t VALUES (?, ?)", [("k%d" % n, bytes([n % 256]) * (n * 37 % 1900)) for n in range(40)]),
        ("DELETE FROM t WHERE rowid % 3 = 0",),
        ("ALTER TABLE t ADD COLUMN c",),
        ("INSERT INTO t VALUES (?, ?, ?)", [("late", b"x", 7)]),
    ],
)
make(
    "free",
    ["page_size=1024"],
    [
        ("CREATE TABLE gone (a)",),
        ("INSERT INTO gone VALUES (?)", [("y" * 900,)] * 5),
        ("CREATE TABLE kept (a REAL, b)",),
        ("INSERT INTO kept VALUES (?, ?)", [(3, "three"), (2.5, None)]),
        ("DROP TABLE gone",),
    ],
)

//! Random databases by Python's sqlite3, and our reading of their files. `WHY401_SEED` and `WHY401_FILES` choose them.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::driver::{find, number, say, skip};
use crate::support::sandbox::Sandbox;
use crate::support::sqlite::compare;

const MAKE: &str = r#"
import json, random, sqlite3, sys
folder, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for number in range(count):
    r = random.Random(seed * 100003 + number)
    base = sqlite3.connect(f"{folder}/{number}.sqlite3", isolation_level=None)
    base.execute("PRAGMA synchronous=OFF")
    base.execute("PRAGMA journal_mode=MEMORY")
    base.execute(f"PRAGMA page_size={r.choice([512, 512, 1024, 4096, 65536])}")
    base.execute(f"PRAGMA encoding='{r.choice(['UTF-8', 'UTF-8', 'UTF-16le', 'UTF-16be'])}'")
    base.execute(f"PRAGMA auto_vacuum={r.choice(['NONE', 'FULL', 'INCREMENTAL'])}")
    def one():
        kind = r.randrange(7)
        if kind == 0: return None
        if kind == 1: return r.randrange(-300, 300)
        if kind == 2: return r.randrange(-(1 << 63), 1 << 63) >> r.randrange(64)
        if kind == 3: return r.choice([0.5, -2.25, 3.0, r.randrange(1 << 20) / 1024])
        if kind == 4: return "".join(r.choice("abzé€😀 '\"\n") for _ in range(r.choice([0, 1, 9, 300, 5000])))
        if kind == 5: return r.randbytes(r.choice([0, 1, 20, 476, 477, 478, 4000, 9000]))
        return "192.0.2.%d" % r.randrange(256)
    tables = {}
    for table in range(r.randrange(1, 4)):
        width = r.randrange(1, 6)
        kinds = ["TEXT", "INTEGER", "REAL", "JSON", "", "DECIMAL(10, 2)", "TEXT NOT NULL DEFAULT (1)"]
        names = ['c%d' % n if r.random() < .7 else '"c, %d"' % n for n in range(width)]
        columns = [f"{name} {r.choice(kinds)}" for name in names]
        if r.random() < .3: columns[0] = names[0] + " INTEGER PRIMARY KEY"
        elif r.random() < .5: columns.append(f"PRIMARY KEY({names[0]})")
        base.execute(f"CREATE TABLE t{table} ({', '.join(columns)})")
        marks = ",".join("?" * width)
        for _ in range(r.choice([0, 1, 5, 60, 200])):
            try: base.execute(f"INSERT INTO t{table} VALUES ({marks})", [one() for _ in range(width)])
            except sqlite3.Error: pass
        if r.random() < .4: base.execute(f"DELETE FROM t{table} WHERE rowid % 3 = 1")
        if r.random() < .2: base.execute(f"ALTER TABLE t{table} ADD COLUMN late")
        if r.random() < .2: base.execute(f"CREATE INDEX i{table} ON t{table}({names[-1]})")
    if r.random() < .2: base.execute("VACUUM")
    for (table,) in base.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall():
        found = base.execute(f"SELECT rowid, * FROM {table} ORDER BY rowid")
        names = [column[0] for column in found.description][1:]
        value = lambda one: {"bytes": one.hex()} if isinstance(one, bytes) else one
        tables[table] = {"columns": names, "rows": [[value(one) for one in row] for row in found]}
    base.close()
    json.dump(tables, open(f"{folder}/{number}.json", "w"))
"#;

#[test]
fn random_databases_are_read_as_sqlite_reads_them() {
    let python = match find(&["python3"]) {
        Ok(python) => python,
        Err(why) => return skip("sqlite", &why),
    };
    let (seed, count) = (number("WHY401_SEED", 1), number("WHY401_FILES", 20));
    let sandbox = Sandbox::new();
    let folder = sandbox.path().to_str().unwrap();
    let words = ["-", folder, &seed.to_string(), &count.to_string()];
    let mut child = Command::new(python).args(words).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(MAKE.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    let mut compared = 0;
    for number in 0..count {
        let read = |end: &str| std::fs::read(sandbox.path().join(format!("{number}.{end}"))).unwrap();
        let said: Value = serde_json::from_slice(&read("json")).unwrap();
        compared += compare(&read("sqlite3"), &said).unwrap_or_else(|wrong| panic!("{number} (seed {seed}): {wrong}"));
    }
    say(&format!("sqlite: {compared} rows of {count} databases compared (seed {seed})"));
    assert!(compared > 0);
}

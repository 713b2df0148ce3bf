//! Databases held against what another reader found in them: `{TABLE: {"columns": […], "rows": [[rowid, …], …]}}`, bytes as
//! `{"bytes": HEX}`.

use serde_json::{Value, json};
use why401::sqlite::{self, Database};

fn value(value: &sqlite::Value) -> Value {
    match value {
        sqlite::Value::Null => Value::Null,
        sqlite::Value::Integer(number) => json!(number),
        sqlite::Value::Real(number) => json!(number),
        sqlite::Value::Text(text) => json!(text),
        sqlite::Value::Blob(bytes) => {
            let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            json!({"bytes": digits.concat()})
        }
    }
}

/// Numbers with a fraction of nothing are stored as whole ones.
fn same(own: &Value, other: &Value) -> bool {
    own == other || own.is_i64() && other.is_f64() && own.as_f64() == other.as_f64()
}

/// What a database differs in from what another reader says, and how many rows were compared.
pub(crate) fn compare(bytes: &[u8], tables: &Value) -> Result<usize, String> {
    let database = Database::open(bytes).map_err(|damage| damage.to_string())?;
    let mut compared = 0;
    for (name, said) in tables.as_object().unwrap() {
        let table = database.table(name).map_err(|damage| damage.to_string())?;
        let table = table.ok_or_else(|| format!("no table {name}"))?;
        if json!(table.columns) != said["columns"] {
            return Err(format!("{name}: {:?} {}", table.columns, said["columns"]));
        }
        let mut rows = Vec::new();
        let mut take = |row: sqlite::Row| rows.push((row.rowid, row.values));
        database.rows(&table, &mut take).map_err(|damage| format!("{name}: {damage}"))?;
        let expected = said["rows"].as_array().unwrap();
        if rows.len() != expected.len() {
            return Err(format!("{name}: {} rows, not {}", rows.len(), expected.len()));
        }
        for ((rowid, values), expected) in rows.iter().zip(expected) {
            let mut own: Vec<Value> = values.iter().map(value).collect();
            own.resize(table.columns.len(), Value::Null);
            let expected = expected.as_array().unwrap();
            let differs = |(own, other): (&Value, &Value)| {
                // `INTEGER PRIMARY KEY` is not stored.
                !(same(own, other) || own.is_null() && *other == json!(rowid))
            };
            if json!(rowid) != expected[0] || own.iter().zip(&expected[1..]).any(differs) {
                return Err(format!("{name}: {rowid} {:.300} {:.300}", format!("{own:?}"), format!("{expected:?}")));
            }
            compared += 1;
        }
    }
    Ok(compared)
}

//! A small reader of JSON Schema: the keywords that `docs/schema/` uses, and an error for any other.

use serde_json::Value;

const KNOWN: &[&str] = &[
    "$schema",
    "$defs",
    "$ref",
    "title",
    "description",
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "enum",
    "anyOf",
];

/// What of `value` is not as `schema` says; empty where it fits. `root` is the document that `$ref` points into.
pub fn misfits(value: &Value, schema: &Value, root: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    check(value, schema, root, "", &mut wrong);
    wrong
}

fn check(value: &Value, schema: &Value, root: &Value, at: &str, wrong: &mut Vec<String>) {
    let Some(rules) = schema.as_object() else { panic!("{at}: a schema is an object") };
    for keyword in rules.keys() {
        assert!(KNOWN.contains(&keyword.as_str()), "{at}: the keyword {keyword} is not known here");
    }
    if let Some(target) = rules.get("$ref") {
        let pointer = target.as_str().unwrap().strip_prefix('#').unwrap();
        return check(value, root.pointer(pointer).unwrap(), root, at, wrong);
    }
    if let Some(choices) = rules.get("anyOf") {
        let fits = |choice: &Value| {
            let mut inner = Vec::new();
            check(value, choice, root, at, &mut inner);
            inner
        };
        let all: Vec<_> = choices.as_array().unwrap().iter().map(fits).collect();
        if all.iter().all(|inner| !inner.is_empty()) {
            wrong.extend(all.into_iter().min_by_key(Vec::len).unwrap());
        }
    }
    if let Some(allowed) = rules.get("enum")
        && !allowed.as_array().unwrap().contains(value)
    {
        wrong.push(format!("{at}: {value} is none of {allowed}"));
    }
    if let Some(name) = rules.get("type") {
        let is = match name.as_str().unwrap() {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            other => panic!("{at}: the type {other} is not known here"),
        };
        if !is {
            wrong.push(format!("{at}: {value} is no {name}"));
        }
    }
    if let (Some(items), Some(values)) = (rules.get("items"), value.as_array()) {
        for (index, value) in values.iter().enumerate() {
            check(value, items, root, &format!("{at}/{index}"), wrong);
        }
    }
    if let Some(object) = value.as_object() {
        for name in rules.get("required").and_then(Value::as_array).into_iter().flatten() {
            if !object.contains_key(name.as_str().unwrap()) {
                wrong.push(format!("{at}: {name} is missing"));
            }
        }
        let properties = rules.get("properties").and_then(Value::as_object);
        for (name, value) in object {
            match properties.and_then(|properties| properties.get(name)) {
                Some(schema) => check(value, schema, root, &format!("{at}/{name}"), wrong),
                None if rules.get("additionalProperties") == Some(&Value::Bool(false)) => {
                    wrong.push(format!("{at}: {name} is not foreseen"));
                }
                None => {}
            }
        }
    }
}

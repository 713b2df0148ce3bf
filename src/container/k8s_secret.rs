//! Kubernetes secrets, JSON or YAML, as `kubectl get secret NAME -o json` prints them.
//!
//! ingress-nginx reads the key `auth` as a whole file (auth-file), or every key as a user and its value as the hash (auth-map);
//! Traefik reads the one key of any name. Sources: ingress-nginx docs `nginx-configuration/annotations.md`, Traefik
//! `pkg/provider/kubernetes/crd/kubernetes.go:loadAuthCredentials`.

use super::{Format, Found, Layer, Seen, Unreadable, Write, lines, quoted};
use crate::basic::base64;
use crate::bytes::split_once;
use crate::node::{self, Node};
use crate::secret::Secret;

pub(super) static FORMAT: Format = Format {
    name: "k8s-secret",
    title: "a Kubernetes secret, JSON or YAML: auth-file, auth-map or one key",
    consumer: Some("nginx/musl"),
    looks: |text| {
        let has = |word: &[u8]| memchr::memmem::find(text, word).is_some();
        (has(b"kind: Secret") || has(b"\"Secret\"") || has(b"kind: List") || has(b"\"List\""))
            && (has(b"data") || has(b"stringData"))
    },
    read: Some(read),
    write: Some(Write {
        refuses: lines_refuse,
        write: |entries, names| {
            let file: Vec<u8> =
                entries.iter().flat_map(|entry| [entry.user, b":", entry.hash, b"\n"].concat()).collect();
            let data = String::from_utf8_lossy(&base64::encode(&file)).into_owned();
            format!(
                "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {}\ntype: Opaque\ndata:\n  auth: {}\n",
                quoted(names.name.as_bytes()),
                quoted(data.as_bytes())
            )
            .into_bytes()
        },
    }),
};

fn lines_refuse(entry: super::Entry<'_>) -> Option<&'static str> {
    lines::HTPASSWD.write.as_ref().and_then(|write| (write.refuses)(entry))
}

fn read(text: &[u8]) -> Result<Vec<Found>, Unreadable> {
    let is_json = matches!(text.trim_ascii_start().first(), Some(b'{' | b'['));
    let documents = if is_json { node::json(text)? } else { node::yaml(text)? };
    let secrets = documents.iter().flat_map(|document| match document.get("items") {
        Some(items) => items.values().iter().collect::<Vec<_>>(),
        None => vec![document],
    });
    let mut found = Vec::new();
    let mut count = 0;
    for secret in secrets.filter(|secret| secret.get("kind").and_then(Node::str) == Some("Secret")) {
        found.extend(of_secret(secret)?);
        count += 1;
    }
    if count == 0 { Err(Unreadable::new("there is no object of the kind Secret")) } else { Ok(found) }
}

/// A key with its bytes, and what had to be taken off them.
struct Key<'a> {
    name: &'a str,
    bytes: Vec<u8>,
    layers: Vec<Layer>,
    /// What the consumer gets, where it is something else.
    other: Option<Vec<u8>>,
}

fn of_secret(secret: &Node) -> Result<Vec<Found>, Unreadable> {
    let mut keys = Vec::new();
    for (name, value) in secret.get("data").map(Node::members).unwrap_or_default() {
        keys.push(data(name, value)?);
    }
    for (name, value) in secret.get("stringData").map(Node::members).unwrap_or_default() {
        let bytes = value.text().map(|text| text.expose().to_vec()).unwrap_or_default();
        keys.retain(|key: &Key<'_>| key.name != name);
        keys.push(Key { name, bytes, layers: Vec::new(), other: None });
    }
    let find = |name: &str| keys.iter().find(|key| key.name == name);
    if let (Some(user), Some(password)) = (find("username"), find("password")) {
        // The type kubernetes.io/basic-auth: in clear, a line end included.
        let found = lines::password(&user.bytes, &password.bytes, "the key password");
        let is_other = secret.get("type").and_then(Node::str) != Some("kubernetes.io/basic-auth");
        let why = "Traefik reads a password only of a secret of the type kubernetes.io/basic-auth";
        return Ok(vec![if is_other { Found { seen: Seen::Refused(why), ..found } } else { found }]);
    }
    let file = find("auth").or_else(|| keys.first().filter(|key| keys.len() == 1 && is_file(&key.bytes)));
    if let Some(key) = file {
        let found = lines::inside(&key.bytes, &format!("the key {}", key.name))?;
        return Ok(found.into_iter().map(|found| within(found, key)).collect());
    }
    Ok(keys.iter().map(of_map).collect())
}

fn is_file(bytes: &[u8]) -> bool {
    !lines::of_file(bytes).is_empty()
}

/// A value of `data`: base64, perhaps wrapped, perhaps twice.
fn data<'a>(name: &'a str, value: &Node) -> Result<Key<'a>, Unreadable> {
    let text = value.text().map(|text| text.expose().to_vec()).unwrap_or_default();
    let joined: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let wrong = || Unreadable { what: format!("the key {name} is not base64"), line: value.line };
    let bytes = base64::decode_padded(&joined, false).ok_or_else(wrong)?;
    let mut layers = vec![Layer::Base64];
    let twice = base64::decode_padded(bytes.trim_ascii(), false).filter(|inner| {
        split_once(inner, b':').is_some_and(|(_, hash)| matches!(hash.first(), Some(b'$' | b'{')))
            || inner.starts_with(b"$2")
    });
    Ok(match twice {
        Some(inner) => {
            layers.push(Layer::Base64);
            Key { name, bytes: inner, layers, other: Some(bytes) }
        }
        None => Key { name, bytes, layers, other: None },
    })
}

/// An entry of a file in a key.
fn within(mut found: Found, key: &Key<'_>) -> Found {
    found.layers.splice(0..0, key.layers.iter().cloned());
    if key.other.is_some() {
        // The file has no such user.
        found.seen = Seen::Other(Secret::from(&b""[..]));
    }
    found
}

/// A key of auth-map. The controller writes `KEY:VALUE`, so a whole line in the value leaves the name for the hash.
fn of_map(key: &Key<'_>) -> Found {
    let place = format!("the key {}", key.name);
    let value = key.bytes.trim_ascii_end();
    let mut found = match split_once(value, b':') {
        Some((user, hash)) => {
            let found = Found::hash(key.name.as_bytes(), hash, place);
            let label = String::from_utf8_lossy(user).into_owned();
            Found { seen: Seen::Other(Secret::from(user)), ..found.under(Layer::Key(label)) }
        }
        None => Found::hash(key.name.as_bytes(), value, place),
    };
    if let Some(other) = &key.other {
        found.seen = Seen::Other(Secret::from(other.trim_ascii_end()));
    }
    found.layers.splice(0..0, key.layers.iter().cloned());
    found
}

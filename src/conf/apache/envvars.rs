//! Debian's `envvars`: the environment that the server is started with.
//!
//! It is a shell script. Read are lines `[export] NAME=value` with `$NAME`, `${NAME}` and `${NAME:-word}` in values; conditions are
//! not, so that what stands within `if` counts as said unless its value refers to what is not there.

use std::collections::HashMap;

/// The variables that a script sets. The suffix of a second instance is taken to be empty.
#[must_use]
pub fn parse(bytes: &[u8]) -> HashMap<Vec<u8>, Vec<u8>> {
    let mut all: HashMap<Vec<u8>, Vec<u8>> = HashMap::new();
    all.insert(b"SUFFIX".to_vec(), Vec::new());
    for line in bytes.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii();
        let line = line.strip_prefix(b"export ").unwrap_or(line).trim_ascii_start();
        let Some((name, value)) = crate::bytes::split_once(line, b'=') else { continue };
        let named = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        if name.is_empty() || !name.iter().all(named) || name == b"SUFFIX" {
            continue;
        }
        if let Some(value) = value_of(value, &all) {
            all.insert(name.to_vec(), value);
        }
    }
    all.remove(&b"SUFFIX"[..]);
    all
}

/// A value without its quotes, references replaced; `None` where it is not a plain word.
fn value_of(text: &[u8], known: &HashMap<Vec<u8>, Vec<u8>>) -> Option<Vec<u8>> {
    let (text, single) = match text {
        [b'"', inner @ ..] => (&inner[..memchr::memchr(b'"', inner)?], false),
        [b'\'', inner @ ..] => (&inner[..memchr::memchr(b'\'', inner)?], true),
        text => (text.split(|byte| b" \t;#".contains(byte)).next()?, false),
    };
    let mut value = Vec::new();
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'`' | b'\\' if !single => return None,
            b'$' if !single => {
                let braced = rest.strip_prefix(b"{");
                let name = braced.unwrap_or(rest);
                let length = name.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
                if length == 0 {
                    return None;
                }
                let (name, mut after) = name.split_at(length);
                let mut default: &[u8] = b"";
                if braced.is_some() {
                    let end = memchr::memchr(b'}', after)?;
                    default = after[..end].strip_prefix(b":-").unwrap_or(b"");
                    after = &after[end + 1..];
                }
                value.extend_from_slice(known.get(name).map_or(default, Vec::as_slice));
                rest = after;
            }
            byte => value.push(*byte),
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_assignments_are_read() {
        let text = b"# x\nunset HOME\nif [ 1 ] ; then\n  SUFFIX=\"-a\"\nfi\nexport APACHE_RUN_USER=www-data\n\
            export APACHE_PID_FILE=/var/run/apache2$SUFFIX/apache2.pid\nexport L='a b'\nM=`date`\n: ${X:=1}\nexport N=${O:-p}q\n";
        let all = parse(text);
        let get = |name: &str| all.get(name.as_bytes()).map(|value| String::from_utf8(value.clone()).unwrap());
        assert_eq!(get("APACHE_RUN_USER").as_deref(), Some("www-data"));
        assert_eq!(get("APACHE_PID_FILE").as_deref(), Some("/var/run/apache2/apache2.pid"));
        assert_eq!((get("L").as_deref(), get("M"), get("N").as_deref()), (Some("a b"), None, Some("pq")));
    }
}

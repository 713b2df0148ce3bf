//! Documents of JSON, YAML and TOML as one kind of tree, whose texts are wiped: the parsers' own values would leave copies
//! of passwords behind.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use saphyr_parser::{Event, Parser};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::bytes::Written;
use crate::secret::Secret;

/// Most nodes of a document: aliases of YAML can make a small text a huge tree.
const MOST_NODES: usize = 1_000_000;

/// Deepest nesting.
const DEEPEST: usize = 200;

/// Why a document can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// What is wrong, without anything of the content.
    pub what: String,
    /// Number of the line where that is known, from 1.
    pub line: Option<u64>,
}

impl Unreadable {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), line: None }
    }

    pub(crate) fn at(what: impl Into<String>, line: u64) -> Self {
        Self { what: what.into(), line: Some(line) }
    }
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

/// A value.
#[derive(Clone)]
pub(crate) struct Node {
    /// Line of the text, from 1; `None` where the parser does not tell.
    pub(crate) line: Option<u64>,
    /// Line of the key before it.
    pub(crate) key: Option<u64>,
    /// Where a text stands, where the parser tells.
    pub(crate) written: Option<Written>,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Map(Vec<(String, Node)>),
    List(Vec<Node>),
    Text(Secret),
    True,
    Other,
}

impl Node {
    const fn without_line(kind: Kind) -> Self {
        Self { line: None, key: None, written: None, kind }
    }

    /// The member of this name, in upper or lower case.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        self.members().iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The member at the end of a path of names.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, name| node.get(name))
    }

    /// The members of a map, in the order of the text; none of anything else.
    pub(crate) fn members(&self) -> &[(String, Self)] {
        match &self.kind {
            Kind::Map(members) => members,
            _ => &[],
        }
    }

    /// The values of a list; none of anything else.
    pub(crate) fn values(&self) -> &[Self] {
        match &self.kind {
            Kind::List(values) => values,
            _ => &[],
        }
    }

    /// Whether it is a list.
    pub(crate) const fn is_list(&self) -> bool {
        matches!(self.kind, Kind::List(_))
    }

    /// The text.
    pub(crate) fn text(&self) -> Option<&Secret> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A map without members.
    pub(crate) const fn empty() -> Self {
        Self::without_line(Kind::Map(Vec::new()))
    }

    /// Whether the member of this name is true.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        let Some(node) = self.get(name) else { return false };
        matches!(node.kind, Kind::True) || node.str().is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    /// The text, where it is UTF-8.
    pub(crate) fn str(&self) -> Option<&str> {
        self.text().and_then(|text| std::str::from_utf8(text.expose()).ok())
    }

    /// Calls `visit` with every text below this node and the keys on the way to it.
    pub(crate) fn walk<'a>(&'a self, path: &mut Vec<&'a str>, visit: &mut impl FnMut(&[&str], &'a Self, &Secret)) {
        match &self.kind {
            Kind::Map(members) => {
                for (key, value) in members {
                    path.push(key);
                    value.walk(path, visit);
                    path.pop();
                }
            }
            Kind::List(values) => values.iter().for_each(|value| value.walk(path, visit)),
            Kind::Text(text) => visit(path, self, text),
            Kind::True | Kind::Other => {}
        }
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Node(…)")
    }
}

/// All documents of a text of JSON: one, or one on each line.
pub(crate) fn json(text: &[u8]) -> Result<Vec<Node>, Unreadable> {
    let values = serde_json::Deserializer::from_slice(text).into_iter::<serde_json::Value>();
    values
        .map(|value| match value {
            Ok(value) => Ok(of_json(value)),
            // The message of serde_json may cite what it read.
            Err(error) => Err(Unreadable::at("this is no JSON", error.line() as u64)),
        })
        .collect()
}

fn of_json(value: serde_json::Value) -> Node {
    use serde_json::Value;
    Node::without_line(match value {
        Value::Object(members) => Kind::Map(members.into_iter().map(|(key, value)| (key, of_json(value))).collect()),
        Value::Array(values) => Kind::List(values.into_iter().map(of_json).collect()),
        // The buffer is taken over, not copied.
        Value::String(text) => Kind::Text(Secret::from(text.into_bytes())),
        Value::Number(number) => Kind::Text(Secret::from(number.to_string().into_bytes())),
        Value::Bool(true) => Kind::True,
        Value::Null | Value::Bool(false) => Kind::Other,
    })
}

/// A document of TOML.
pub(crate) fn toml(text: &[u8]) -> Result<Node, Unreadable> {
    let text = utf8(text)?;
    let line = |at: usize| 1 + memchr::memchr_iter(b'\n', &text.as_bytes()[..at]).count() as u64;
    match DeTable::parse(text) {
        Ok(table) => Ok(of_toml(text, &DeValue::Table(table.into_inner()), (1, 0..text.len()), &line)),
        Err(error) => {
            let line = error.span().map(|span| line(span.start));
            Err(Unreadable { what: "this is no TOML".to_owned(), line })
        }
    }
}

fn of_toml(whole: &str, value: &DeValue<'_>, (at, range): (u64, Range<usize>), line: &impl Fn(usize) -> u64) -> Node {
    let inner =
        |value: &Spanned<DeValue<'_>>| of_toml(whole, value.get_ref(), (line(value.span().start), value.span()), line);
    let written = match value {
        DeValue::String(text) => {
            let raw = whole.as_bytes().get(range.clone()).unwrap_or_default();
            Some(Written::of(raw, range.start as u64, text.as_bytes()))
        }
        _ => None,
    };
    let kind = match value {
        DeValue::Table(members) => {
            let named = |key: &Spanned<_>, value| Node { key: Some(line(key.span().start)), ..inner(value) };
            Kind::Map(members.iter().map(|(key, value)| (key.get_ref().to_string(), named(key, value))).collect())
        }
        DeValue::Array(values) => Kind::List(values.iter().map(inner).collect()),
        DeValue::String(text) => Kind::Text(Secret::from(text.as_bytes())),
        DeValue::Integer(number) => Kind::Text(Secret::from(number.as_str().as_bytes())),
        DeValue::Boolean(true) => Kind::True,
        DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => Kind::Other,
    };
    Node { line: Some(at), key: None, written, kind }
}

fn utf8(text: &[u8]) -> Result<&str, Unreadable> {
    std::str::from_utf8(text).map_err(|error| {
        let line = 1 + memchr::memchr_iter(b'\n', &text[..error.valid_up_to()]).count() as u64;
        Unreadable::at("this is not UTF-8", line)
    })
}

/// All documents of a text of YAML. Every plain scalar is a text, as it stands.
pub(crate) fn yaml(text: &[u8]) -> Result<Vec<Node>, Unreadable> {
    let mut builder = Builder::default();
    let text = utf8(text)?;
    let mut offsets = Offsets { text, characters: 0, bytes: 0 };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| Unreadable::at("this is no YAML", error.marker().line() as u64))?;
        let written = match &event {
            Event::Scalar(value, ..) => {
                let range = offsets.of(span.start.index())..offsets.of(span.end.index());
                let raw = text.as_bytes().get(range.clone()).unwrap_or_default();
                Some(Written::of(raw, range.start as u64, value.as_bytes()))
            }
            _ => None,
        };
        builder.take(event, span.start.line() as u64, written)?;
    }
    Ok(builder.documents)
}

/// Offsets in bytes of characters that are asked for in their order.
struct Offsets<'a> {
    text: &'a str,
    characters: usize,
    bytes: usize,
}

impl Offsets<'_> {
    /// The offset of a character. The parser looks ahead, so that some are asked for again.
    fn of(&mut self, character: usize) -> usize {
        let (before, rest) = self.text.split_at(self.bytes);
        self.bytes = match character.checked_sub(self.characters) {
            Some(step) => self.bytes + rest.char_indices().nth(step).map_or(rest.len(), |(at, _)| at),
            None => before.char_indices().nth_back(self.characters - character - 1).map_or(0, |(at, _)| at),
        };
        self.characters = character;
        self.bytes
    }
}

/// A key and its line.
type Key = (String, Option<u64>);

/// Builds the trees out of events.
#[derive(Default)]
struct Builder {
    documents: Vec<Node>,
    /// The maps and lists that are open, each with its anchor and, for a map, the key that waits for a value.
    open: Vec<(Node, usize, Option<Key>)>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: u64, written: Option<Written>) -> Result<(), Unreadable> {
        let node = |kind| Node { line: Some(line), key: None, written, kind };
        match event {
            Event::Scalar(text, _, anchor, _) => {
                let text = node(Kind::Text(Secret::from(text.into_owned().into_bytes())));
                self.close(text, anchor, line)
            }
            Event::SequenceStart(anchor, _) => self.push(node(Kind::List(Vec::new())), anchor, line),
            Event::MappingStart(anchor, _) => self.push(node(Kind::Map(Vec::new())), anchor, line),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some((node, anchor, _)) => self.close(node, anchor, line),
                None => Err(Unreadable::at("this is no YAML", line)),
            },
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned().unwrap_or(node(Kind::Other));
                self.nodes += size(&node);
                self.close(node, 0, line)
            }
            Event::DocumentStart(_) => {
                self.anchors.clear();
                Ok(())
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn push(&mut self, node: Node, anchor: usize, line: u64) -> Result<(), Unreadable> {
        if self.open.len() >= DEEPEST {
            return Err(Unreadable::at("this is nested too deep", line));
        }
        self.open.push((node, anchor, None));
        Ok(())
    }

    /// Puts a complete node where it belongs.
    fn close(&mut self, node: Node, anchor: usize, line: u64) -> Result<(), Unreadable> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return Err(Unreadable::at("this has too many values", line));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut() {
            None => self.documents.push(node),
            Some((Node { kind: Kind::List(values), .. }, ..)) => values.push(node),
            Some((Node { kind: Kind::Map(members), .. }, _, key)) => match key.take() {
                Some((key, _)) if key == "<<" => merge(members, &node),
                Some((name, key)) => members.push((name, Node { key, ..node })),
                // A key that is no text is none that is looked for.
                None => *key = Some((node.str().unwrap_or_default().to_owned(), node.line)),
            },
            Some(_) => {}
        }
        Ok(())
    }
}

/// Adds the members of a map, or of a list of maps, that are not there yet.
fn merge(members: &mut Vec<(String, Node)>, node: &Node) {
    for (key, value) in node.members() {
        if !members.iter().any(|(known, _)| known == key) {
            members.push((key.clone(), value.clone()));
        }
    }
    node.values().iter().for_each(|node| merge(members, node));
}

fn size(node: &Node) -> usize {
    1 + node.members().iter().map(|(_, value)| size(value)).sum::<usize>()
        + node.values().iter().map(size).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_merges_blocks_and_several_documents_are_read() {
        let text = b"base: &base {a: '1', b: x}\nmore:\n  <<: *base\n  b: \"\\x24\"\nauth: |\n  u:h\n  v:i\n---\n- 1\n- [2, 3]\n";
        let documents = yaml(text).unwrap();
        assert_eq!(documents.len(), 2);
        assert_eq!(documents[0].at(&["more", "a"]).and_then(Node::str), Some("1"));
        assert_eq!(documents[0].get("AUTH").and_then(Node::str), Some("u:h\nv:i\n"));
        assert_eq!(documents[0].get("auth").and_then(|node| node.line), Some(6));
        assert_eq!(documents[1].values()[1].values().len(), 2);
    }

    #[test]
    fn a_small_text_does_not_become_a_huge_tree() {
        let mut text = String::from("a: &a [x, x, x, x, x, x, x, x, x, x]\n");
        for (this, last) in ('b'..='k').zip('a'..) {
            text.push_str(&format!("{this}: &{this} [{}]\n", vec![format!("*{last}"); 10].join(", ")));
        }
        assert_eq!(yaml(text.as_bytes()).unwrap_err().what, "this has too many values");
        assert!(yaml("[".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn errors_tell_the_line_and_nothing_of_the_text() {
        for error in [
            yaml(b"a: b\nsecret: [").unwrap_err(),
            toml(b"a = 1\nsecret = x").unwrap_err(),
            json(b"{\"a\": 1,\n secret").unwrap_err(),
            yaml(b"a: b\nc: \xff").unwrap_err(),
        ] {
            assert!(error.line.is_some_and(|line| line >= 2) && !error.to_string().contains("secret"), "{error}");
        }
    }
}

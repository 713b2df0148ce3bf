//! What is set where: the whole configuration and its blocks, each with its conditions, includes read in place.
//!
//! Behaviour of lighttpd 1.4.69 `src/configparser.y`, `src/configfile.c:config_parse_file`. What a command of `include_shell`
//! prints is not known; Debian's own commands are, as far as they matter here.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::conf::lighttpd::lex::{Kind, Token, tokens};
use crate::conf::nginx::{glob, path};
use crate::conf::{Files, Place, Trouble};

/// Deepest nesting of included files.
const DEEPEST: usize = 32;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text, number or word.
    Text(Vec<u8>),
    /// An array: keys, where there are some, with values.
    List(Vec<(Option<Vec<u8>>, Value, Place)>),
    /// One that is made of something that is not known here, such as a variable of the environment.
    Unknown(String),
}

/// A condition of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What is looked at: `HTTP["url"]`.
    pub field: String,
    /// `==`, `!=`, `=~`, `!~`, `=^` or `=$`.
    pub operator: &'static str,
    /// What it is held against.
    pub text: Vec<u8>,
}

/// A setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its key.
    pub key: Vec<u8>,
    /// Its value, with what `+=` adds to.
    pub value: Value,
    /// Where it stands.
    pub place: Place,
}

/// The whole configuration, or a block with a condition.
#[derive(Clone, Debug)]
pub struct Block {
    /// Where it begins.
    pub place: Place,
    /// Its condition; `None` for the whole, and for an `else` without one.
    pub condition: Option<Condition>,
    /// The block around it.
    pub parent: Option<usize>,
    /// The block whose `else` it is.
    pub before: Option<usize>,
    /// What is set in it, the last of each key.
    pub settings: Vec<Setting>,
}

/// The configuration.
#[derive(Debug, Default)]
pub struct Tree {
    /// The whole first, then its blocks in their order, each after the one around it.
    pub blocks: Vec<Block>,
    /// Commands whose output is part of the configuration and is not known.
    pub unread: Vec<Place>,
    /// The files that it was read from.
    pub files: Vec<PathBuf>,
}

impl Block {
    /// The setting of this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.key == key.as_bytes())
    }
}

impl Value {
    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&[u8]> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a key in an array.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::List(items) = self else { return None };
        items.iter().find(|(own, ..)| own.as_deref() == Some(key.as_bytes())).map(|(_, value, _)| value)
    }
}

/// Reads the configuration that begins with `main`.
pub fn read(main: &Path, files: &dyn Files) -> Result<Tree, Trouble> {
    let file = Rc::new(main.to_path_buf());
    let place = Place { file: Rc::clone(&file), line: 1, column: 1 };
    let mut tree = Tree::default();
    tree.blocks.push(Block { place, condition: None, parent: None, before: None, settings: Vec::new() });
    let folder = main.parent().unwrap_or(Path::new("/")).to_path_buf();
    let mut reader = Reader { tree, files, folder, depth: 0 };
    reader.file(&file, 0)?;
    Ok(reader.tree)
}

struct Reader<'a> {
    tree: Tree,
    files: &'a dyn Files,
    /// What relative paths of `include` are below.
    folder: PathBuf,
    depth: usize,
}

/// Tokens of one file, and how far they are read.
struct Tokens {
    all: Vec<Token>,
    at: usize,
    end: Place,
}

impl Tokens {
    fn kind(&self) -> Option<&Kind> {
        self.all.get(self.at).map(|token| &token.kind)
    }

    fn place(&self) -> Place {
        self.all.get(self.at).map_or_else(|| self.end.clone(), |token| token.place.clone())
    }

    fn is(&self, mark: &str) -> bool {
        matches!(self.kind(), Some(Kind::Mark(own)) if *own == mark)
    }

    fn take(&mut self, mark: &str) -> bool {
        let is = self.is(mark);
        self.at += usize::from(is);
        is
    }

    fn want(&mut self, mark: &str) -> Result<(), Trouble> {
        if self.take(mark) { Ok(()) } else { Err(self.trouble(&format!("`{mark}` is expected here"))) }
    }

    fn trouble(&self, message: &str) -> Trouble {
        Trouble { place: self.place(), message: message.to_owned() }
    }

    fn word(&mut self) -> Option<Vec<u8>> {
        match self.kind() {
            Some(Kind::Word(word)) => {
                let word = word.clone();
                self.at += 1;
                Some(word)
            }
            _ => None,
        }
    }

    fn text(&mut self) -> Result<Vec<u8>, Trouble> {
        match self.kind() {
            Some(Kind::Text(text)) => {
                let text = text.clone();
                self.at += 1;
                Ok(text)
            }
            _ => Err(self.trouble("a text in quotes is expected here")),
        }
    }
}

impl Reader<'_> {
    fn file(&mut self, file: &Rc<PathBuf>, block: usize) -> Result<(), Trouble> {
        let place = Place { file: Rc::clone(file), line: 1, column: 1 };
        let Some(bytes) = self.files.read(file) else {
            return Err(Trouble { place, message: "this file of the configuration can't be read".to_owned() });
        };
        if self.depth == DEEPEST {
            return Err(Trouble { place, message: "files include each other too deeply".to_owned() });
        }
        self.depth += 1;
        self.tree.files.push(file.to_path_buf());
        let all = tokens(&bytes, file)?;
        let end = all.last().map_or(place, |token| token.place.clone());
        let mut tokens = Tokens { all, at: 0, end };
        while tokens.kind().is_some() {
            self.statement(&mut tokens, block)?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn statement(&mut self, tokens: &mut Tokens, block: usize) -> Result<(), Trouble> {
        let place = tokens.place();
        if tokens.is("$") {
            return self.block(tokens, block, None);
        }
        let Some(word) = tokens.word() else { return Err(tokens.trouble("a key is expected here")) };
        match &word[..] {
            b"include" => {
                let value = self.value(tokens, block)?;
                self.include(&value, &place, block)?;
            }
            b"include_shell" => {
                let value = self.value(tokens, block)?;
                self.include_shell(&value, &place, block)?;
            }
            b"global" if tokens.is("{") => {
                tokens.want("{")?;
                self.statements(tokens, 0)?;
            }
            b"else" => {
                return Err(Trouble { place, message: "an `else` without a block before it".to_owned() });
            }
            _ => {
                let Some(mark) = ["=", "+=", ":="].into_iter().find(|mark| tokens.take(mark)) else {
                    return Err(tokens.trouble("`=` is expected here"));
                };
                let value = self.value(tokens, block)?;
                self.set(word, value, mark == "+=", place, block);
            }
        }
        Ok(())
    }

    fn statements(&mut self, tokens: &mut Tokens, block: usize) -> Result<(), Trouble> {
        while !tokens.take("}") {
            if tokens.kind().is_none() {
                return Err(tokens.trouble("a block is not closed"));
            }
            self.statement(tokens, block)?;
        }
        Ok(())
    }

    /// A block with its condition, and what its `else` leads to.
    fn block(&mut self, tokens: &mut Tokens, parent: usize, before: Option<usize>) -> Result<(), Trouble> {
        let place = tokens.place();
        let mut condition = None;
        if tokens.take("$") {
            let Some(word) = tokens.word() else { return Err(tokens.trouble("a condition is expected here")) };
            tokens.want("[")?;
            let name = tokens.text()?;
            tokens.want("]")?;
            let field = format!("{}[\"{}\"]", String::from_utf8_lossy(&word), String::from_utf8_lossy(&name));
            let Some(operator) = ["==", "!=", "=~", "!~", "=^", "=$"].into_iter().find(|mark| tokens.take(mark)) else {
                return Err(tokens.trouble("a comparison is expected here"));
            };
            let Value::Text(text) = self.value(tokens, parent)? else {
                return Err(tokens.trouble("a condition that is held against no text"));
            };
            condition = Some(Condition { field, operator, text });
        }
        tokens.want("{")?;
        let own = self.own(place, condition, parent, before);
        self.statements(tokens, own)?;
        if matches!(tokens.kind(), Some(Kind::Word(word)) if word == b"else") {
            tokens.at += 1;
            self.block(tokens, parent, Some(own))?;
        }
        Ok(())
    }

    /// The block of this condition: one that stands there already, be it of an `else`, is gone on with.
    fn own(&mut self, place: Place, condition: Option<Condition>, parent: usize, before: Option<usize>) -> usize {
        let is_same =
            |block: &Block| block.parent == Some(parent) && condition.is_some() && block.condition == condition;
        if let Some(known) = self.tree.blocks.iter().position(is_same).filter(|_| before.is_none()) {
            return known;
        }
        self.tree.blocks.push(Block { place, condition, parent: Some(parent), before, settings: Vec::new() });
        self.tree.blocks.len() - 1
    }

    /// `a + b`.
    fn value(&self, tokens: &mut Tokens, block: usize) -> Result<Value, Trouble> {
        let mut value = self.operand(tokens, block)?;
        while tokens.take("+") {
            let other = self.operand(tokens, block)?;
            value = added(value, other);
        }
        Ok(value)
    }

    fn operand(&self, tokens: &mut Tokens, block: usize) -> Result<Value, Trouble> {
        match tokens.kind().cloned() {
            Some(Kind::Text(text)) => {
                tokens.at += 1;
                Ok(Value::Text(text))
            }
            Some(Kind::Word(word)) => {
                tokens.at += 1;
                Ok(self.of_word(word, block))
            }
            Some(Kind::Mark("(")) => {
                tokens.at += 1;
                let mut items = Vec::new();
                while !tokens.take(")") {
                    let place = tokens.place();
                    let mut value = self.value(tokens, block)?;
                    let mut key = None;
                    if tokens.take("=>") {
                        key = value.text().map(<[u8]>::to_vec);
                        value = self.value(tokens, block)?;
                    }
                    items.push((key, value, place));
                    if !tokens.take(",") && !tokens.is(")") {
                        return Err(tokens.trouble("`,` or `)` is expected here"));
                    }
                }
                Ok(Value::List(items))
            }
            _ => Err(tokens.trouble("a value is expected here")),
        }
    }

    /// A number, `enable` or `disable`, or what the key or variable of this name was set to.
    fn of_word(&self, word: Vec<u8>, block: usize) -> Value {
        if word.iter().all(u8::is_ascii_digit) || matches!(&word[..], b"enable" | b"disable" | b"true" | b"false") {
            return Value::Text(word);
        }
        match self.known(&word, block) {
            Some(value) => value,
            None => Value::Unknown(String::from_utf8_lossy(&word).into_owned()),
        }
    }

    /// What a key is set to so far, in the block or one around it.
    fn known(&self, key: &[u8], block: usize) -> Option<Value> {
        let mut at = Some(block);
        while let Some(block) = at.and_then(|at| self.tree.blocks.get(at)) {
            if let Some(setting) = block.settings.iter().find(|setting| setting.key == key) {
                return Some(setting.value.clone());
            }
            at = block.parent;
        }
        None
    }

    fn set(&mut self, key: Vec<u8>, value: Value, adds: bool, place: Place, block: usize) {
        // Variables are the whole configuration's.
        let block = if key.starts_with(b"var.") { 0 } else { block };
        let value = match self.known(&key, block) {
            Some(known) if adds => added(known, value),
            _ => value,
        };
        let Some(block) = self.tree.blocks.get_mut(block) else { return };
        block.settings.retain(|setting| setting.key != key);
        block.settings.push(Setting { key, value, place });
    }

    fn include(&mut self, value: &Value, place: &Place, block: usize) -> Result<(), Trouble> {
        let Some(text) = value.text() else {
            self.tree.unread.push(place.clone());
            return Ok(());
        };
        let pattern = self.folder.join(path(text));
        let is_pattern = text.iter().any(|byte| matches!(byte, b'*' | b'?' | b'['));
        let found = if is_pattern { glob::expand(&pattern, self.files) } else { vec![pattern] };
        for file in found {
            self.file(&Rc::new(file), block).map_err(|trouble| {
                let missing = trouble.place.line == 1 && trouble.message.starts_with("this file");
                if missing {
                    Trouble { place: place.clone(), message: "an included file can't be read".to_owned() }
                } else {
                    trouble
                }
            })?;
        }
        Ok(())
    }

    fn include_shell(&mut self, value: &Value, place: &Place, block: usize) -> Result<(), Trouble> {
        let command = value.text().unwrap_or_default();
        let name = command.split(|byte| *byte == b' ').next().unwrap_or_default();
        if name.ends_with(b"/include-conf-enabled.pl") {
            let pattern = Value::Text(b"conf-enabled/*.conf".to_vec());
            return self.include(&pattern, place, block);
        }
        // What these print is about addresses and types of files.
        if !(name.ends_with(b"/use-ipv6.pl")
            || name.ends_with(b"/create-mime.conf.pl")
            || name.ends_with(b"/create-mime.assign.pl"))
        {
            self.tree.unread.push(place.clone());
        }
        Ok(())
    }
}

fn added(value: Value, other: Value) -> Value {
    match (value, other) {
        (Value::Text(mut text), Value::Text(more)) => {
            text.extend(more);
            Value::Text(text)
        }
        (Value::List(mut items), Value::List(more)) => {
            items.extend(more);
            Value::List(items)
        }
        (Value::Unknown(name), _) | (_, Value::Unknown(name)) => Value::Unknown(name),
        (value, _) => value,
    }
}

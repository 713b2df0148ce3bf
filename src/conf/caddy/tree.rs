//! Directives with their blocks, snippets and files of `import` read in place.
//!
//! Behaviour of Caddy 2.6.2 `caddyconfig/caddyfile/parse.go`. What `import` hands to a snippet (`{args.0}`) is put in.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::conf::caddy::environment::Filled;
use crate::conf::caddy::lex::{Word, lines};
use crate::conf::nginx::{glob, path};
use crate::conf::{Files, Place, Trouble, Unmodelled};

/// Deepest nesting of imports.
const DEEPEST: usize = 64;

/// A directive, or a block of a site.
#[derive(Clone, Debug)]
pub struct Directive {
    /// Its words, without the brace; never empty.
    pub words: Vec<Word>,
    /// What stands in its braces.
    pub block: Option<Vec<Directive>>,
}

/// A site.
#[derive(Clone, Debug)]
pub struct Site {
    /// Its addresses as they stand there.
    pub addresses: Vec<Word>,
    /// Its directives.
    pub block: Vec<Directive>,
}

/// The configuration.
#[derive(Debug, Default)]
pub struct Tree {
    /// The options for everything.
    pub options: Vec<Directive>,
    /// The sites in their order.
    pub sites: Vec<Site>,
    /// The files that it was read from.
    pub files: Vec<PathBuf>,
    /// What could not be read, so that nothing can be said about any request.
    pub unread: Option<Unmodelled>,
    /// Where a text after `<<` stands, which generations before 2.7 take for a word.
    pub heredoc: Option<Place>,
}

impl Directive {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.words.first().and_then(|word| std::str::from_utf8(&word.text).ok()).unwrap_or_default()
    }

    /// The text of a word; empty where there is none.
    #[must_use]
    pub fn word(&self, at: usize) -> &[u8] {
        self.words.get(at).map_or(b"", |word| &word.text)
    }

    /// Where it stands.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.words[0].place
    }

    /// The directives of its block.
    #[must_use]
    pub fn inside(&self) -> &[Self] {
        self.block.as_deref().unwrap_or_default()
    }

    /// A word of it, or of its block, that is not known here.
    #[must_use]
    pub fn unknown(&self) -> Option<&Word> {
        self.words.iter().find(|word| word.is_unknown()).or_else(|| self.inside().iter().find_map(Self::unknown))
    }
}

/// Reads the configuration that begins with `main`; `environment` is that of the server's process, where it is known.
pub fn read(main: &Path, files: &dyn Files, environment: Option<&[u8]>) -> Result<Tree, Trouble> {
    let mut reader = Reader { tree: Tree::default(), files, environment, snippets: Vec::new(), depth: 0 };
    let own = reader.file(main, None)?;
    reader.top(own)?;
    let addresses: Vec<&Word> = reader.tree.sites.iter().flat_map(|site| &site.addresses).collect();
    let double = |(at, word): &(usize, &&Word)| addresses[..*at].iter().any(|other| other.text == word.text);
    if let Some((_, word)) = addresses.iter().enumerate().find(double) {
        let message = format!("ambiguous site definition: {}", String::from_utf8_lossy(&word.text));
        return Err(trouble(&word.place, message));
    }
    Ok(reader.tree)
}

struct Reader<'a> {
    tree: Tree,
    files: &'a dyn Files,
    environment: Option<&'a [u8]>,
    snippets: Vec<(Vec<u8>, Vec<Directive>)>,
    depth: usize,
}

fn trouble(place: &Place, message: impl Into<String>) -> Trouble {
    Trouble { place: place.clone(), message: message.into() }
}

impl Reader<'_> {
    fn file(&mut self, name: &Path, from: Option<&Place>) -> Result<Vec<Directive>, Trouble> {
        let file = Rc::new(name.to_path_buf());
        let first = Place { file: Rc::clone(&file), line: 1, column: 1 };
        let Some(bytes) = self.files.read(name) else {
            return Err(trouble(from.unwrap_or(&first), "this file of the configuration can't be read"));
        };
        self.tree.files.push(name.to_path_buf());
        let filled = Filled::new(&bytes, self.environment.unwrap_or_default());
        let mut lines = lines(&filled.bytes, &file)?;
        for word in lines.iter_mut().flatten() {
            word.written = filled.original(word.written);
        }
        if let Some(word) = lines.iter().flatten().find(|word| word.heredoc) {
            self.tree.heredoc.get_or_insert(word.place.clone());
        }
        self.block(&mut lines.into_iter(), None)
    }

    fn unread(&mut self, place: &Place, what: &str) {
        self.tree.unread.get_or_insert(Unmodelled { place: Some(place.clone()), what: what.to_owned() });
    }

    /// Options, snippets and sites.
    fn top(&mut self, directives: Vec<Directive>) -> Result<(), Trouble> {
        let mut directives = directives.into_iter().peekable();
        let mut addresses: Vec<Word> = Vec::new();
        while let Some(mut directive) = directives.next() {
            let first = &directive.words[0];
            if first.is("{") {
                let own = directive.block.unwrap_or_default();
                self.tree.options = self.expanded(own)?;
            } else if first.text.starts_with(b"&(") {
                // A route with a name, which `invoke` hands requests to.
            } else if let Some(name) = first.text.strip_prefix(b"(").and_then(|name| name.strip_suffix(b")")) {
                self.snippets.push((name.to_vec(), directive.block.unwrap_or_default()));
            } else if first.is("import") {
                let found = self.imported(&directive)?;
                self.depth += 1;
                self.top(found)?;
                self.depth -= 1;
            } else {
                let ends_in_comma = directive.words.last().is_some_and(|word| word.text.ends_with(b","));
                addresses.extend(directive.words);
                // Its brace may stand on the next line.
                if directive.block.is_none() && directives.peek().is_some_and(|next| next.words[0].is("{")) {
                    directive.block = directives.next().and_then(|next| next.block);
                }
                let own = match directive.block {
                    Some(own) => own,
                    None if ends_in_comma => continue,
                    // The one site of a file without braces.
                    None => directives.by_ref().collect(),
                };
                let block = self.expanded(own)?;
                for word in &mut addresses {
                    if word.text.ends_with(b",") {
                        word.text.pop();
                    }
                }
                addresses.retain(|word| !word.text.is_empty());
                self.tree.sites.push(Site { addresses: std::mem::take(&mut addresses), block });
            }
        }
        Ok(())
    }

    /// The directives with what they import.
    fn expanded(&mut self, directives: Vec<Directive>) -> Result<Vec<Directive>, Trouble> {
        let mut all = Vec::new();
        for directive in directives {
            if directive.words[0].is("import") {
                let found = self.imported(&directive)?;
                self.depth += 1;
                all.extend(self.expanded(found)?);
                self.depth -= 1;
            } else {
                let block = directive.block.map(|block| self.expanded(block)).transpose()?;
                all.push(Directive { block, ..directive });
            }
        }
        Ok(all)
    }

    fn imported(&mut self, directive: &Directive) -> Result<Vec<Directive>, Trouble> {
        let place = directive.place();
        if self.depth == DEEPEST {
            return Err(trouble(place, "imports go too deep"));
        }
        let [_, what, arguments @ ..] = &directive.words[..] else {
            return Err(trouble(place, "import wants a snippet or a file"));
        };
        if directive.block.is_some() || what.is_unknown() {
            self.unread(place, "an import of something that is not known here");
            return Ok(Vec::new());
        }
        let mut found = match self.snippets.iter().rev().find(|(name, _)| *name == what.text) {
            Some((_, own)) => own.clone(),
            None => self.imported_files(&what.text, place)?,
        };
        put_in(&mut found, arguments);
        Ok(found)
    }

    fn imported_files(&mut self, name: &[u8], place: &Place) -> Result<Vec<Directive>, Trouble> {
        let folder = place.file.parent().unwrap_or(Path::new("/"));
        let found = glob::expand(&folder.join(path(name)), self.files);
        if found.is_empty() && !name.iter().any(|byte| b"*?[".contains(byte)) {
            return Err(trouble(place, format!("File to import not found: {}", String::from_utf8_lossy(name))));
        }
        let mut all = Vec::new();
        for file in found {
            all.extend(self.file(&file, Some(place))?);
        }
        Ok(all)
    }

    /// The directives up to the brace that closes the block.
    fn block(
        &mut self,
        lines: &mut std::vec::IntoIter<Vec<Word>>,
        open: Option<&Place>,
    ) -> Result<Vec<Directive>, Trouble> {
        let mut directives = Vec::new();
        while let Some(mut words) = lines.next() {
            if words[0].is("}") {
                return match open {
                    Some(_) if words.len() == 1 => Ok(directives),
                    _ => Err(trouble(&words[0].place, "unexpected '}'")),
                };
            }
            let mut own = None;
            if words.last().is_some_and(|word| word.is("{")) {
                let brace = words[words.len() - 1].place.clone();
                if words.len() > 1 {
                    words.pop();
                }
                own = Some(self.block(lines, Some(&brace))?);
            }
            // Generations differ in what they make of those.
            let odd =
                words.iter().find(|word| matches!(&word.text[..], b"{" | b"}") && (words.len() > 1 || word.quoted));
            if let Some(word) = odd {
                self.unread(&word.place, "a brace within a line");
            }
            directives.push(Directive { words, block: own });
        }
        open.map_or(Ok(directives), |open| Err(trouble(open, "this block is not closed")))
    }
}

fn put_in(directives: &mut [Directive], arguments: &[Word]) {
    for directive in directives {
        for word in &mut directive.words {
            for (number, argument) in arguments.iter().enumerate() {
                for name in [format!("{{args.{number}}}"), format!("{{args[{number}]}}")] {
                    while let Some(at) = memchr::memmem::find(&word.text, name.as_bytes()) {
                        let text = &argument.text;
                        if memchr::memmem::find(text, b"{args").is_some() {
                            break;
                        }
                        word.text.splice(at..at + name.len(), text.iter().copied());
                        word.written.is_plain = false;
                    }
                }
            }
        }
        put_in(directive.block.as_deref_mut().unwrap_or_default(), arguments);
    }
}

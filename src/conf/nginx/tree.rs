//! nginx's configuration as a tree of directives, includes put in their place.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::conf::nginx::lex::{Kind, Lexer};
use crate::conf::{Files, Place, Trouble};

/// A directive with its arguments and block.
#[derive(Clone, Debug)]
pub struct Directive {
    /// Its name.
    pub name: Vec<u8>,
    /// Its arguments.
    pub args: Vec<Vec<u8>>,
    /// What stands in its braces, in order; empty where it has none.
    pub block: Vec<Directive>,
    /// Where it begins.
    pub place: Place,
}

impl Directive {
    /// The argument at `index`, or nothing.
    #[must_use]
    pub fn arg(&self, index: usize) -> &[u8] {
        self.args.get(index).map_or(b"", Vec::as_slice)
    }

    /// The directives of this name directly in the block.
    pub fn all(&self, name: &'static str) -> impl Iterator<Item = &Directive> {
        self.block.iter().filter(move |directive| directive.name == name.as_bytes())
    }

    /// The first directive of this name directly in the block.
    #[must_use]
    pub fn first(&self, name: &'static str) -> Option<&Directive> {
        self.all(name).next()
    }
}

/// A configuration.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The main block: its `block` holds everything.
    pub main: Directive,
    /// The folder that relative names are taken from.
    pub prefix: PathBuf,
    /// The files read, in order.
    pub files: Vec<PathBuf>,
}

/// Includes within includes that are followed.
const DEEPEST: usize = 32;

/// Reads the configuration in `path`.
pub fn read(path: &Path, files: &dyn Files) -> Result<Tree, Trouble> {
    let prefix = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let mut reader = Reader { files, prefix, read: Vec::new() };
    let place = Place { file: Rc::new(path.to_path_buf()), line: 1, column: 1 };
    let block = reader.file(path, &place, 0)?;
    let main = Directive { name: b"main".to_vec(), args: Vec::new(), block, place };
    Ok(Tree { main, prefix: reader.prefix, files: reader.read })
}

struct Reader<'a> {
    files: &'a dyn Files,
    prefix: PathBuf,
    read: Vec<PathBuf>,
}

impl Reader<'_> {
    fn file(&mut self, path: &Path, from: &Place, depth: usize) -> Result<Vec<Directive>, Trouble> {
        if depth > DEEPEST {
            return Err(Trouble { place: from.clone(), message: "includes go too deep".to_owned() });
        }
        let Some(bytes) = self.files.read(path) else {
            let message = format!("open() \"{}\" failed", path.display());
            return Err(Trouble { place: from.clone(), message });
        };
        self.read.push(path.to_path_buf());
        let mut lexer = Lexer::new(&bytes, Rc::new(path.to_path_buf()));
        self.block(&mut lexer, false, depth)
    }

    /// Directives up to the end of the file, or of the block if `inner`.
    fn block(&mut self, lexer: &mut Lexer<'_>, inner: bool, depth: usize) -> Result<Vec<Directive>, Trouble> {
        let mut all = Vec::new();
        while let Some(token) = lexer.token()? {
            let place = token.place;
            let name = match token.kind {
                Kind::Word(word, _) => word,
                Kind::Close if inner => return Ok(all),
                Kind::Close => return Err(Trouble { place, message: "unexpected \"}\"".to_owned() }),
                Kind::End => return Err(Trouble { place, message: "unexpected \";\"".to_owned() }),
                Kind::Open => return Err(Trouble { place, message: "unexpected \"{\"".to_owned() }),
            };
            let directive = self.directive(lexer, name, place, depth)?;
            if directive.name == b"include" && directive.block.is_empty() {
                all.extend(self.include(&directive, depth)?);
            } else {
                all.push(directive);
            }
        }
        if inner {
            let message = "unexpected end of file, expecting \"}\"".to_owned();
            return Err(Trouble { place: lexer.place(), message });
        }
        Ok(all)
    }

    fn directive(
        &mut self,
        lexer: &mut Lexer<'_>,
        name: Vec<u8>,
        place: Place,
        depth: usize,
    ) -> Result<Directive, Trouble> {
        let mut args = Vec::new();
        loop {
            let Some(token) = lexer.token()? else {
                let message = "unexpected end of file, expecting \";\" or \"}\"".to_owned();
                return Err(Trouble { place: lexer.place(), message });
            };
            match token.kind {
                Kind::Word(word, _) => args.push(word),
                Kind::End => return Ok(Directive { name, args, block: Vec::new(), place }),
                Kind::Close => return Err(Trouble { place: token.place, message: "unexpected \"}\"".to_owned() }),
                Kind::Open if name.ends_with(b"_by_lua_block") => {
                    lexer.skip_lua()?;
                    return Ok(Directive { name, args, block: Vec::new(), place });
                }
                Kind::Open => {
                    // A deep nest of braces is no configuration; the reader's own stack is not infinite.
                    if depth > DEEPEST {
                        return Err(Trouble { place, message: "blocks go too deep".to_owned() });
                    }
                    let block = self.block(lexer, true, depth + 1)?;
                    return Ok(Directive { name, args, block, place });
                }
            }
        }
    }

    /// What an `include` brings: one file, or all that a pattern matches.
    fn include(&mut self, directive: &Directive, depth: usize) -> Result<Vec<Directive>, Trouble> {
        let [name] = directive.args.as_slice() else {
            let message = "invalid number of arguments in \"include\" directive".to_owned();
            return Err(Trouble { place: directive.place.clone(), message });
        };
        let path = self.prefix.join(crate::conf::nginx::path(name));
        if !name.iter().any(|byte| matches!(byte, b'*' | b'?' | b'[')) {
            return self.file(&path, &directive.place, depth + 1);
        }
        let mut all = Vec::new();
        for path in crate::conf::nginx::glob::expand(&path, self.files) {
            all.extend(self.file(&path, &directive.place, depth + 1)?);
        }
        Ok(all)
    }
}

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
    /// The line of its `;` or `{`, which nginx names in what it says of it.
    pub end: u32,
    /// Whether it has braces.
    pub braces: bool,
    /// Whether nothing of it is missing: the reading did not end within it.
    pub whole: bool,
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
    /// Where the reading ended early, in nginx's words: what comes after is not in the tree.
    pub trouble: Option<Trouble>,
}

/// Includes within includes that are followed.
const DEEPEST: usize = 32;

/// Reads the configuration in `path`, up to where nginx itself would stop; `Err` where a file of it can't be read here.
pub fn read(path: &Path, files: &dyn Files) -> Result<Tree, Trouble> {
    let prefix = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let mut reader = Reader { files, prefix, read: Vec::new() };
    let place = Place { file: Rc::new(path.to_path_buf()), line: 1, column: 1 };
    let mut block = Vec::new();
    let trouble = match reader.file(path, &place, 0, &mut block) {
        Ok(()) => None,
        Err(Stop::Refused(trouble)) => Some(trouble),
        Err(Stop::Unread(trouble)) => return Err(trouble),
    };
    let main = Directive { name: b"main".to_vec(), args: Vec::new(), block, place, end: 1, braces: true, whole: true };
    Ok(Tree { main, prefix: reader.prefix, files: reader.read, trouble })
}

/// Why the reading ended.
enum Stop {
    /// nginx stops here as well.
    Refused(Trouble),
    /// This program can't go on.
    Unread(Trouble),
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        Self::Refused(trouble)
    }
}

struct Reader<'a> {
    files: &'a dyn Files,
    prefix: PathBuf,
    read: Vec<PathBuf>,
}

impl Reader<'_> {
    fn file(&mut self, path: &Path, from: &Place, depth: usize, all: &mut Vec<Directive>) -> Result<(), Stop> {
        if depth > DEEPEST {
            return Err(Stop::Unread(Trouble { place: from.clone(), message: "includes go too deep".to_owned() }));
        }
        let Some(bytes) = self.files.read(path) else {
            let message = format!("open() \"{}\" failed", path.display());
            if depth > 0 && self.files.is_missing(path) {
                let message = format!("{message} (2: No such file or directory)");
                return Err(Stop::Refused(Trouble { place: from.clone(), message }));
            }
            return Err(Stop::Unread(Trouble { place: from.clone(), message }));
        };
        self.read.push(path.to_path_buf());
        let mut lexer = Lexer::new(&bytes, Rc::new(path.to_path_buf()));
        self.block(&mut lexer, false, depth, all)
    }

    /// Directives up to the end of the file, or of the block if `inner`, put behind `all`.
    fn block(
        &mut self,
        lexer: &mut Lexer<'_>,
        inner: bool,
        depth: usize,
        all: &mut Vec<Directive>,
    ) -> Result<(), Stop> {
        while let Some(token) = lexer.token()? {
            let place = token.place;
            let name = match token.kind {
                Kind::Word(word, _) => word,
                Kind::Close if inner => return Ok(()),
                Kind::Close => return Err(Trouble { place, message: "unexpected \"}\"".to_owned() }.into()),
                Kind::End => return Err(Trouble { place, message: "unexpected \";\"".to_owned() }.into()),
                Kind::Open => return Err(Trouble { place, message: "unexpected \"{\"".to_owned() }.into()),
            };
            let mut directive =
                Directive { name, args: Vec::new(), block: Vec::new(), place, end: 0, braces: false, whole: true };
            self.arguments(lexer, &mut directive)?;
            if directive.name == b"include" && !directive.braces && directive.args.len() == 1 {
                self.include(&directive, depth, all)?;
                continue;
            }
            let mut block = Vec::new();
            let inside = if !directive.braces {
                Ok(())
            } else if directive.name.ends_with(b"_by_lua_block") {
                lexer.skip_lua().map_err(Stop::Unread)
            } else if depth > DEEPEST {
                // A deep nest of braces is no configuration; the reader's own stack is not infinite.
                let message = "blocks go too deep".to_owned();
                Err(Stop::Unread(Trouble { place: directive.place.clone(), message }))
            } else {
                self.block(lexer, true, depth + 1, &mut block)
            };
            directive.block = block;
            directive.whole = inside.is_ok();
            all.push(directive);
            inside?;
        }
        if inner {
            let message = "unexpected end of file, expecting \"}\"".to_owned();
            return Err(Trouble { place: lexer.place(), message }.into());
        }
        Ok(())
    }

    /// The arguments of a directive, up to its `;` or `{`.
    fn arguments(&mut self, lexer: &mut Lexer<'_>, directive: &mut Directive) -> Result<(), Stop> {
        let _ = &self;
        loop {
            let Some(token) = lexer.token()? else {
                let message = crate::conf::nginx::lex::END_OF_FILE.to_owned();
                return Err(Trouble { place: lexer.place(), message }.into());
            };
            match token.kind {
                Kind::Word(word, _) => directive.args.push(word),
                Kind::Close => {
                    return Err(Trouble { place: token.place, message: "unexpected \"}\"".to_owned() }.into());
                }
                end => {
                    directive.end = token.place.line;
                    directive.braces = end == Kind::Open;
                    return Ok(());
                }
            }
        }
    }

    /// What an `include` brings: one file, or all that a pattern matches.
    fn include(&mut self, directive: &Directive, depth: usize, all: &mut Vec<Directive>) -> Result<(), Stop> {
        let name = directive.arg(0);
        let path = self.prefix.join(crate::conf::nginx::path(name));
        let from = Place { line: directive.end, ..directive.place.clone() };
        if !name.iter().any(|byte| matches!(byte, b'*' | b'?' | b'[')) {
            return self.file(&path, &from, depth + 1, all);
        }
        for path in crate::conf::nginx::glob::expand(&path, self.files) {
            self.file(&path, &from, depth + 1, all)?;
        }
        Ok(())
    }
}

//! The reading of configurations: what is resolved while a tree is read.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::*;
use crate::conf::Kind;

struct Memory(Vec<(&'static str, &'static str)>);

impl Files for Memory {
    fn read(&self, path: &Path) -> Option<Vec<u8>> {
        self.0.iter().find(|(name, _)| Path::new(name) == path).map(|(_, text)| text.as_bytes().to_vec())
    }

    fn list(&self, folder: &Path) -> Vec<OsString> {
        let mut names: Vec<OsString> = self
            .0
            .iter()
            .filter_map(|(name, _)| Path::new(name).strip_prefix(folder).ok()?.components().next())
            .map(|part| part.as_os_str().to_owned())
            .collect();
        names.sort();
        names.dedup();
        names
    }

    fn kind(&self, path: &Path) -> Option<Kind> {
        if self.0.iter().any(|(name, _)| Path::new(name) == path) {
            return Some(Kind::File);
        }
        self.0.iter().any(|(name, _)| Path::new(name).starts_with(path)).then_some(Kind::Folder)
    }
}

fn shown(directives: &[Directive]) -> String {
    let one = |directive: &Directive| {
        let args = if directive.args.is_empty() { String::new() } else { format!(" {}", text(&directive.args)) };
        let block = if directive.block.is_empty() { String::new() } else { format!(" [{}]", shown(&directive.block)) };
        format!("{}{args}{block}", text(&directive.name))
    };
    directives.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn read_all(files: Vec<(&'static str, &'static str)>) -> Result<String, String> {
    let environment = HashMap::from([(b"HOME".to_vec(), b"/root".to_vec())]);
    let start = Start { root: PathBuf::from("/r"), environment, defines: Vec::new() };
    read(Path::new("/c"), start, &Memory(files))
        .map(|tree| shown(&tree.main))
        .map_err(|trouble| format!("{}: {}", trouble.place, trouble.message))
}

fn read_one(config: &'static str) -> Result<String, String> {
    read_all(vec![("/c", config)])
}

#[test]
fn sections_nest_and_must_be_closed() {
    assert_eq!(read_one("<A x>\nB\n</a>\nC").as_deref(), Ok("<a x> [b]; c"));
    assert_eq!(read_one("<A>\nB").unwrap_err(), "/c:1:1: <A> was not closed.");
    assert_eq!(read_one("<A>\n</B>").unwrap_err(), "/c:2:1: Expected </A> but saw </B>");
    assert_eq!(read_one("</A>").unwrap_err(), "/c:1:1: </A> without matching <A> section");
    assert_eq!(read_one("<A>\n</A >").unwrap_err(), "/c:2:1: </A> directive missing closing '>'");
}

#[test]
fn conditions_are_decided_while_reading() {
    let text = "Define X\n<IfDefine X>\nA\n</IfDefine>\n<IfDefine !X>\nB\n</IfDefine>\n<IfModule mod_alias.c>\nC\n</IfModule>\n\
        LoadModule alias_module m/mod_alias.so\n<IfModule alias_module>\nD\n</IfModule>\n<IfVersion >= 2.4>\nE\n</IfVersion>\n\
        <IfFile \"/c\">\nF\n</IfFile>\n<IfVersion ~ ^2\\.2>\nG\n</IfVersion>";
    assert_eq!(read_one(text).as_deref(), Ok("a; d; e; f"));
    assert_eq!(read_one("<IfVersion > 2>\n<L>\nA").as_deref(), Ok("<l > [a]"), "tolerated at the end");
    let unclosed = read_one("<IfDefine X>\n<L>\n</IfDefine>").unwrap_err();
    assert_eq!(unclosed, "/c:3:1: Expected </L> but saw </IfDefine>");
}

#[test]
fn variables_are_replaced_before_words_are_split() {
    let text = "Define A \"x y\"\nB ${a} ${HOME} ${NO} $1 ${\nDefine C \"${A}z\"\nD ${C}\nUnDefine A\nE ${A}";
    assert_eq!(read_one(text).as_deref(), Ok("b x y /root ${NO} $1 ${; d x yz; e ${A}"));
}

#[test]
fn macros_are_expanded_and_never_loop() {
    let text = "<Macro M $n %u>\n<L $n>\nA %u-$name\n</L>\n</Macro>\nUse m one two";
    assert_eq!(read_one(text).as_deref(), Ok("<l one> [a two-oneame]"));
    assert!(read_one("<Macro M>\nUse M\n</Macro>\nUse M").unwrap_err().contains("too deep"));
    assert!(read_one("Use M").unwrap_err().contains("undefined"));
}

#[test]
fn includes_take_files_folders_and_wildcards() {
    let files = vec![
        ("/c", "ServerRoot /r\nInclude d/*.conf\nIncludeOptional no/*.conf\nIncludeOptional nofile\nInclude /r/e"),
        ("/r/d/b.conf", "B"),
        ("/r/d/a.conf", "A"),
        ("/r/d/.h.conf", "H"),
        ("/r/d/c.bak", "C"),
        ("/r/e/2/x", "X"),
        ("/r/e/1", "Y"),
    ];
    assert_eq!(read_all(files).as_deref(), Ok("a; b; y; x"));
    assert!(read_one("Include nope").unwrap_err().contains("Could not open"));
    assert!(read_one("Include /c").unwrap_err().contains("maximum include depth"));
}

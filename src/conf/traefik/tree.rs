//! Entry points, routers and middlewares, with their places.
//!
//! Behaviour of Traefik 3.7.15 `pkg/config/static`, `pkg/provider/file/file.go`, `pkg/config/dynamic`. Other providers (Docker,
//! Kubernetes) are named as what is not read.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::conf::{Files, Kind, Place, Trouble, Unmodelled};
use crate::node;
use crate::node::Node;

/// Deepest nesting of folders.
const DEEPEST: usize = 16;

/// The configuration.
#[derive(Debug, Default)]
pub struct Tree {
    /// The entry points.
    pub entries: Vec<EntryPoint>,
    /// The routers for HTTP, in the order of the files.
    pub routers: Vec<Named>,
    /// The middlewares.
    pub(crate) middlewares: Vec<Named>,
    /// The services.
    pub(crate) services: Vec<Named>,
    /// The folder where Traefik was started, where that is known: user files may be named from there.
    pub folder: Option<PathBuf>,
    /// The files that it was read from.
    pub files: Vec<PathBuf>,
    /// The logs that it names.
    pub logs: Vec<PathBuf>,
    /// Whether the dashboard and its interface are there.
    pub has_api: bool,
    /// What could not be read, so that nothing can be said about any request.
    pub unread: Option<Unmodelled>,
}

/// An entry point.
#[derive(Debug)]
pub struct EntryPoint {
    /// Its name.
    pub name: String,
    /// The address that it listens at, empty for all.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether routers without entry points are on it, where any says so.
    pub is_default: bool,
    /// Its settings.
    pub(crate) node: Node,
    /// Where it stands.
    pub place: Place,
}

/// Something with a name.
#[derive(Debug)]
pub struct Named {
    /// The name.
    pub name: String,
    /// What it is.
    pub(crate) node: Node,
    /// Where it stands.
    pub place: Place,
}

impl Tree {
    /// The one of this name, with or without `@file`.
    pub(crate) fn named<'t>(all: &'t [Named], name: &str) -> Option<&'t Named> {
        let name = name.strip_suffix("@file").unwrap_or(name);
        all.iter().find(|one| one.name == name)
    }

    fn unread(&mut self, place: Place, what: impl Into<String>) {
        self.unread.get_or_insert(Unmodelled { place: Some(place), what: what.into() });
    }
}

/// A place in a file.
#[must_use]
pub(crate) fn place(file: &Rc<PathBuf>, node: &Node) -> Place {
    let line = node.key.or(node.line).and_then(|line| u32::try_from(line).ok()).unwrap_or(1);
    Place { file: Rc::clone(file), line, column: 1 }
}

/// Reads the configuration that begins with `main`, the file that Traefik starts with.
pub fn read(main: &Path, files: &dyn Files) -> Result<Tree, Trouble> {
    let mut tree = Tree::default();
    let file = Rc::new(main.to_path_buf());
    let document = match document(main, files) {
        Ok(document) => document,
        Err((line, message)) => return Err(Trouble { place: Place { file, line, column: 1 }, message }),
    };
    tree.files.push(main.to_path_buf());
    tree.has_api = document.get("api").is_some();
    tree.logs = [["log", "filePath"], ["accessLog", "filePath"]]
        .iter()
        .filter_map(|at| document.at(at).and_then(Node::str))
        .map(PathBuf::from)
        .collect();
    if document.at(&["http", "routers"]).is_some() {
        let what =
            "a file of routers: the one that Traefik starts with (traefik.yml) has the entry points and names this one";
        tree.unread(place(&file, &document), what);
        return Ok(tree);
    }
    entry_points(&document, &file, &mut tree);
    for (name, provider) in document.get("providers").map(Node::members).unwrap_or_default() {
        match name.to_ascii_lowercase().as_str() {
            "file" => file_provider(provider, &file, files, &mut tree),
            "providersthrottleduration" | "precedence" => {}
            _ => tree.unread(place(&file, provider), format!("routers that the provider {name} tells Traefik of")),
        }
    }
    for (name, node) in document.members() {
        let is_known = [
            "entrypoints",
            "providers",
            "log",
            "accesslog",
            "global",
            "api",
            "serverstransport",
            "tcpserverstransport",
        ];
        let is_known = is_known.contains(&name.to_ascii_lowercase().as_str());
        let harmless =
            ["certificatesresolvers", "tracing", "core", "metrics", "ping", "hostresolver", "experimental", "ocsp"];
        match name.to_ascii_lowercase().as_str() {
            _ if is_known => {}
            "core" if node.get("defaultRuleSyntax").and_then(Node::str).is_some_and(|syntax| syntax != "v3") => {
                tree.unread(place(&file, node), "rules in the syntax of version 2");
            }
            "ping" | "metrics" if mentions(node, "entryPoint") => {
                tree.unread(place(&file, node), format!("the entry point of {name}"));
            }
            "hostresolver" | "experimental" => tree.unread(place(&file, node), format!("what {name} does")),
            name if harmless.contains(&name) => {}
            _ => tree.unread(place(&file, node), format!("what {name} does")),
        }
    }
    Ok(tree)
}

/// Whether a member of this name is anywhere below.
fn mentions(node: &Node, name: &str) -> bool {
    node.members().iter().any(|(key, value)| key.eq_ignore_ascii_case(name) || mentions(value, name))
}

fn document(name: &Path, files: &dyn Files) -> Result<Node, (u32, String)> {
    let bytes = files.read(name).ok_or((1, "this file of the configuration can't be read".to_owned()))?;
    let is_toml = name.extension().is_some_and(|extension| extension == "toml");
    let read = if is_toml { node::toml(&bytes).map(|node| vec![node]) } else { node::yaml(&bytes) };
    let line = |line: Option<u64>| line.and_then(|line| u32::try_from(line).ok()).unwrap_or(1);
    let documents = read.map_err(|error| (line(error.line), error.what))?;
    match <[Node; 1]>::try_from(documents) {
        Ok([document]) => Ok(document),
        Err(documents) if documents.is_empty() => Ok(Node::empty()),
        Err(_) => Err((1, "several documents in a file".to_owned())),
    }
}

fn entry_points(document: &Node, file: &Rc<PathBuf>, tree: &mut Tree) {
    let entries = document.get("entryPoints").map(Node::members).unwrap_or_default();
    if entries.is_empty() {
        let place = place(file, document);
        let node = Node::empty();
        tree.entries.push(EntryPoint {
            name: "http".into(),
            host: String::new(),
            port: 80,
            is_default: false,
            node,
            place,
        });
        return;
    }
    for (name, node) in entries {
        let place = node.get("address").map_or_else(|| place(file, node), |address| place(file, address));
        let address = node.get("address").and_then(Node::str).unwrap_or_default();
        let (address, protocol) = address.split_once('/').unwrap_or((address, "tcp"));
        if protocol.eq_ignore_ascii_case("udp") {
            continue;
        }
        let parts = address.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
        let Some((host, port)) = parts else {
            tree.unread(place, format!("the address of the entry point {name}"));
            continue;
        };
        let host = host.trim_matches(['[', ']']).to_owned();
        let is_default = node.is_true("asDefault");
        tree.entries.push(EntryPoint { name: name.clone(), host, port, is_default, node: node.clone(), place });
    }
}

fn file_provider(provider: &Node, file: &Rc<PathBuf>, files: &dyn Files, tree: &mut Tree) {
    let own = place(file, provider);
    let text = |name: &str| provider.get(name).and_then(Node::str).filter(|text| !text.is_empty());
    let named = match (text("directory"), text("filename")) {
        (Some(folder), _) if folder.starts_with('/') => dynamic_files(Path::new(folder), files, 0),
        (None, Some(name)) if name.starts_with('/') => vec![PathBuf::from(name)],
        (None, None) => return,
        _ => return tree.unread(own, "files that are named from the folder where Traefik is started"),
    };
    for name in named {
        dynamic(&name, files, tree, &own);
    }
}

/// The files of a folder and those in it.
fn dynamic_files(folder: &Path, files: &dyn Files, depth: usize) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for name in files.list(folder) {
        let file = folder.join(name);
        match files.kind(&file) {
            Some(Kind::Folder) if depth < DEEPEST => found.extend(dynamic_files(&file, files, depth + 1)),
            _ if file.extension().is_some_and(|end| end == "yml" || end == "yaml" || end == "toml") => found.push(file),
            _ => {}
        }
    }
    found
}

fn dynamic(name: &Path, files: &dyn Files, tree: &mut Tree, from: &Place) {
    let file = Rc::new(name.to_path_buf());
    let first = Place { file: Rc::clone(&file), line: 1, column: 1 };
    let Some(bytes) = files.read(name) else {
        return tree.unread(from.clone(), format!("{}, which can't be read", name.display()));
    };
    tree.files.push(name.to_path_buf());
    if let Some(at) = memchr::memmem::find(&bytes, b"{{") {
        let line = u32::try_from(1 + memchr::memchr_iter(b'\n', &bytes[..at]).count()).unwrap_or(u32::MAX);
        return tree.unread(Place { line, ..first }, "what a template ({{ }}) makes of this file");
    }
    let document = match document(name, files) {
        Ok(document) => document,
        Err((line, what)) => return tree.unread(Place { line, ..first }, what),
    };
    if let Some(routers) = document.at(&["tcp", "routers"]).filter(|routers| !routers.members().is_empty()) {
        tree.unread(place(&file, routers), "routers for TCP, which may take connections before those for HTTP");
    }
    for (kind, name) in [(0, "routers"), (1, "middlewares"), (2, "services")] {
        for (name, node) in document.at(&["http", name]).map(Node::members).unwrap_or_default() {
            let place = place(&file, node);
            let all = match kind {
                0 => &mut tree.routers,
                1 => &mut tree.middlewares,
                _ => &mut tree.services,
            };
            if all.iter().any(|one| one.name == *name) {
                tree.unread(place, format!("{name} twice, of which Traefik takes one"));
            } else {
                all.push(Named { name: name.clone(), node: node.clone(), place });
            }
        }
    }
}

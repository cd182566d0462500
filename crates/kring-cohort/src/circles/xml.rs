//! GraphML as plain data: graphs with their nodes and edges, each with its attributes and its line.
//!
//! Neither a document type nor an entity is read: a file of data needs none, and they can make a small file
//! endless. What kring has no use for is refused where it holds data (nested graphs, hyperedges) and counted
//! where it does not (drawings of programs).

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::error::Error;

/// A graph of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Graph {
    pub(super) id: Option<String>,
    pub(super) line: usize,
    pub(super) is_directed: bool,
    pub(super) data: Attributes,
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Node {
    pub(super) id: String,
    pub(super) line: usize,
    pub(super) data: Attributes,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Edge {
    pub(super) source: String,
    pub(super) target: String,
    /// Where the edge itself says whether it has a direction.
    pub(super) is_directed: Option<bool>,
    pub(super) line: usize,
    pub(super) data: Attributes,
}

/// Attributes by name.
pub(super) type Attributes = BTreeMap<String, String>;

/// What a file holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct GraphMl {
    pub(super) graphs: Vec<Graph>,
    /// The names of attributes that were declared to be numbers.
    pub(super) numbers: Vec<String>,
    /// Names that were declared for nodes.
    pub(super) of_nodes: Vec<String>,
    /// Keys that no attribute has: the line and the key.
    pub(super) unknown_keys: Vec<(usize, String)>,
    /// Attributes with two values: the line, the name and the two.
    pub(super) twice: Vec<(usize, String, [String; 2])>,
    /// How many values belong to keys without a name, such as drawings.
    pub(super) unnamed: usize,
}

/// A key: the attribute that it stands for.
#[derive(Debug, Clone, Default)]
struct Key {
    name: Option<String>,
    of: String,
    default: Option<String>,
}

/// Where in the file the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    File,
    Key,
    Default,
    Graph,
    Node,
    Edge,
    Data(Owner),
    /// What is passed over, and how deep.
    Skipped,
}

/// Whose a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Graph,
    Node,
    Edge,
}

/// What an element says.
struct Given<'a> {
    name: &'a str,
    at: usize,
    attributes: Attributes,
}

struct Parser<'a> {
    file: &'a str,
    text: &'a str,
    found: GraphMl,
    keys: BTreeMap<String, Key>,
    path: Vec<Inside>,
    /// The key whose default, or whose value, is being read.
    key: String,
    value: String,
    has_root: bool,
    /// Up to where lines were counted, and the line there.
    counted: (usize, usize),
}

/// Reads a file, or says at which line and column it is no GraphML.
pub(super) fn parse(file: &str, bytes: &[u8]) -> Result<GraphMl, Error> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = lines(before) + 1;
        let start = before.iter().rposition(|byte| *byte == b'\n');
        Error::Xml {
            file: file.to_owned(),
            line,
            column: before.len() - start.map_or(0, |start| start + 1) + 1,
            problem: "a byte that is no UTF-8; save the file as UTF-8".to_owned(),
        }
    })?;
    if text.trim().is_empty() {
        return Err(Error::Empty {
            file: file.to_owned(),
            what: "the file".to_owned(),
        });
    }
    let mut parser = Parser {
        file,
        text,
        found: GraphMl::default(),
        keys: BTreeMap::new(),
        path: vec![Inside::File],
        key: String::new(),
        value: String::new(),
        has_root: false,
        counted: (0, 1),
    };
    parser.run()?;
    Ok(parser.found)
}

impl Parser<'_> {
    fn run(&mut self) -> Result<(), Error> {
        let text = self.text;
        let mut reader = Reader::from_str(text);
        loop {
            let at = position(reader.buffer_position());
            let event = reader.read_event().map_err(|error| {
                self.refuse(position(reader.error_position()), error.to_string())
            })?;
            match event {
                Event::Start(start) => self.start(at, &start)?,
                Event::Empty(start) => {
                    self.start(at, &start)?;
                    self.end();
                }
                Event::End(_) => self.end(),
                Event::Text(text) => self.value.push_str(&text.xml10_content()),
                Event::CData(text) => self.value.push_str(&text.xml10_content()),
                Event::GeneralRef(name) => self.reference(at, &name)?,
                Event::Decl(declaration) => {
                    let encoding = declaration.encoding().and_then(Result::ok);
                    if encoding.is_some_and(|name| !is_utf8(&name)) {
                        let problem = "the file says that it is not UTF-8; save it as UTF-8";
                        return Err(self.refuse(at, problem.to_owned()));
                    }
                }
                Event::DocType(_) => {
                    let problem = "a document type (DOCTYPE) is not read; take it out";
                    return Err(self.refuse(at, problem.to_owned()));
                }
                Event::Comment(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
        }
        if self.path.len() > 1 {
            let problem = "the file ends before its last element is closed; it may be cut short";
            return Err(self.refuse(text.len(), problem.to_owned()));
        }
        if !self.has_root {
            let problem = "expected an element `graphml`, found none";
            return Err(self.refuse(0, problem.to_owned()));
        }
        self.defaults();
        Ok(())
    }

    fn refuse(&self, at: usize, problem: String) -> Error {
        let (line, column) = place(self.text, at);
        Error::Xml {
            file: self.file.to_owned(),
            line,
            column,
            problem,
        }
    }

    /// The line of a byte, which lies behind all that were asked for before.
    fn line(&mut self, at: usize) -> usize {
        let (from, line) = self.counted;
        let passed = self.text.as_bytes().get(from..at).unwrap_or_default();
        let line = line + lines(passed);
        self.counted = (at.max(from), line);
        line
    }

    fn reference(&mut self, at: usize, name: &quick_xml::events::BytesRef) -> Result<(), Error> {
        let letter = name
            .resolve_char_ref()
            .map_err(|error| self.refuse(at, error.to_string()))?;
        if let Some(letter) = letter {
            self.value.push(letter);
            return Ok(());
        }
        let name = name.xml10_content();
        self.value.push(match name.as_ref() {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            other => {
                let problem = format!("the entity `&{other};` is not read; write the text itself");
                return Err(self.refuse(at, problem));
            }
        });
        Ok(())
    }

    fn attributes(&self, at: usize, start: &BytesStart) -> Result<Attributes, Error> {
        let mut attributes = Attributes::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| self.refuse(at, error.to_string()))?;
            let value = attribute
                .normalized_value(quick_xml::XmlVersion::Explicit1_0)
                .map_err(|error| self.refuse(at, error.to_string()))?;
            let name = attribute.key.local_name();
            attributes.insert(name.as_ref().to_owned(), value.into_owned());
        }
        Ok(attributes)
    }

    fn start(&mut self, at: usize, start: &BytesStart) -> Result<(), Error> {
        let name = start.local_name();
        let name: &str = name.as_ref();
        let line = self.line(at);
        let inside = self.path.last().copied().unwrap_or(Inside::File);
        if matches!(inside, Inside::Skipped | Inside::Data(_) | Inside::Default) {
            self.path.push(Inside::Skipped);
            return Ok(());
        }
        if !self.has_root {
            if name != "graphml" {
                let problem = format!("expected an element `graphml`, found `{name}`");
                return Err(self.refuse(at, problem));
            }
            self.has_root = true;
            self.path.push(Inside::File);
            return Ok(());
        }
        let mut given = Given {
            name,
            at,
            attributes: self.attributes(at, start)?,
        };
        let next = match (inside, name) {
            (Inside::File, "key") => self.start_key(&mut given)?,
            (Inside::Key, "default") => {
                self.value.clear();
                Inside::Default
            }
            (Inside::File, "graph") => self.start_graph(&mut given, line)?,
            (Inside::Graph, "node") => {
                let id = self.need(&mut given, "id")?;
                self.graph().nodes.push(Node {
                    id,
                    line,
                    ..Node::default()
                });
                Inside::Node
            }
            (Inside::Graph, "edge") => self.start_edge(&mut given, line)?,
            (Inside::Graph | Inside::Node | Inside::Edge, "data") => {
                self.key = self.need(&mut given, "key")?;
                self.value.clear();
                Inside::Data(match inside {
                    Inside::Node => Owner::Node,
                    Inside::Edge => Owner::Edge,
                    _ => Owner::Graph,
                })
            }
            (_, "hyperedge") | (Inside::Node | Inside::Edge | Inside::Graph, "graph") => {
                let problem = format!(
                    "`{name}` inside a graph is not read; write each tie as an `edge` of one graph"
                );
                return Err(self.refuse(at, problem));
            }
            _ => Inside::Skipped,
        };
        self.path.push(next);
        Ok(())
    }

    /// An attribute that an element cannot do without.
    fn need(&self, given: &mut Given, attribute: &str) -> Result<String, Error> {
        given.attributes.remove(attribute).ok_or_else(|| {
            let problem = format!("`{}` has no `{attribute}`; give it one", given.name);
            self.refuse(given.at, problem)
        })
    }

    fn start_key(&mut self, given: &mut Given) -> Result<Inside, Error> {
        let id = self.need(given, "id")?;
        let of = given.attributes.remove("for");
        let key = Key {
            name: given.attributes.remove("attr.name"),
            of: of.unwrap_or_else(|| "all".to_owned()),
            default: None,
        };
        let kind = given.attributes.remove("attr.type").unwrap_or_default();
        if let Some(name) = &key.name {
            if matches!(kind.as_str(), "int" | "long" | "float" | "double") {
                self.found.numbers.push(name.clone());
            }
            if matches!(key.of.as_str(), "node" | "all") {
                self.found.of_nodes.push(name.clone());
            }
        }
        self.key.clone_from(&id);
        self.keys.insert(id, key);
        Ok(Inside::Key)
    }

    fn start_graph(&mut self, given: &mut Given, line: usize) -> Result<Inside, Error> {
        let is_directed = match self.need(given, "edgedefault")?.as_str() {
            "directed" => true,
            "undirected" => false,
            other => {
                let problem =
                    format!("`edgedefault` is `{other}`; expected `directed` or `undirected`");
                return Err(self.refuse(given.at, problem));
            }
        };
        self.found.graphs.push(Graph {
            id: given.attributes.remove("id"),
            line,
            is_directed,
            ..Graph::default()
        });
        Ok(Inside::Graph)
    }

    fn start_edge(&mut self, given: &mut Given, line: usize) -> Result<Inside, Error> {
        let source = self.need(given, "source")?;
        let target = self.need(given, "target")?;
        let is_directed = match given.attributes.remove("directed").as_deref() {
            None => None,
            Some("true" | "1") => Some(true),
            Some("false" | "0") => Some(false),
            Some(other) => {
                let problem = format!("`directed` is `{other}`; expected `true` or `false`");
                return Err(self.refuse(given.at, problem));
            }
        };
        self.graph().edges.push(Edge {
            source,
            target,
            is_directed,
            line,
            ..Edge::default()
        });
        Ok(Inside::Edge)
    }

    /// The last graph; there is one wherever this is called.
    fn graph(&mut self) -> &mut Graph {
        if self.found.graphs.is_empty() {
            self.found.graphs.push(Graph::default());
        }
        let last = self.found.graphs.len() - 1;
        &mut self.found.graphs[last]
    }

    fn end(&mut self) {
        match self.path.pop() {
            Some(Inside::Default) => {
                let value = std::mem::take(&mut self.value);
                if let Some(key) = self.keys.get_mut(&self.key) {
                    key.default = Some(value);
                }
            }
            Some(Inside::Data(owner)) => self.datum(owner),
            _ => {}
        }
    }

    fn datum(&mut self, owner: Owner) {
        let value = std::mem::take(&mut self.value);
        let key = self.keys.get(&self.key).map(|key| key.name.clone());
        let graph = self.graph();
        let (line, data) = match owner {
            Owner::Graph => (graph.line, Some(&mut graph.data)),
            Owner::Node => match graph.nodes.last_mut() {
                Some(node) => (node.line, Some(&mut node.data)),
                None => (graph.line, None),
            },
            Owner::Edge => match graph.edges.last_mut() {
                Some(edge) => (edge.line, Some(&mut edge.data)),
                None => (graph.line, None),
            },
        };
        match key {
            None => {
                let key = self.key.clone();
                self.found.unknown_keys.push((line, key));
            }
            Some(None) => self.found.unnamed += 1,
            Some(Some(name)) => {
                let Some(data) = data else { return };
                let before = data.insert(name.clone(), value.clone());
                if let Some(before) = before.filter(|before| *before != value) {
                    self.found.twice.push((line, name, [before, value]));
                }
            }
        }
    }

    /// Attributes that a node or edge lacks and that have a default.
    fn defaults(&mut self) {
        for key in self.keys.values() {
            let (Some(name), Some(default)) = (&key.name, &key.default) else {
                continue;
            };
            let fill = |data: &mut Attributes| {
                data.entry(name.clone()).or_insert_with(|| default.clone());
            };
            for graph in &mut self.found.graphs {
                match key.of.as_str() {
                    "node" => graph.nodes.iter_mut().for_each(|node| fill(&mut node.data)),
                    "edge" => graph.edges.iter_mut().for_each(|edge| fill(&mut edge.data)),
                    "graph" => fill(&mut graph.data),
                    _ => {
                        graph.nodes.iter_mut().for_each(|node| fill(&mut node.data));
                        graph.edges.iter_mut().for_each(|edge| fill(&mut edge.data));
                    }
                }
            }
        }
    }
}

fn is_utf8(name: &str) -> bool {
    ["utf-8", "utf8", "us-ascii"].contains(&name.to_lowercase().as_str())
}

fn position(at: u64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

/// How many lines end in these bytes.
fn lines(bytes: &[u8]) -> usize {
    bytes.split(|byte| *byte == b'\n').count() - 1
}

/// The line and the column of a byte, both from 1.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..at.min(text.len())];
    let line = lines(before) + 1;
    let start = before.iter().rposition(|byte| *byte == b'\n');
    let of_line = &before[start.map_or(0, |start| start + 1)..];
    let letters = String::from_utf8_lossy(of_line).chars().count();
    (line, letters + 1)
}

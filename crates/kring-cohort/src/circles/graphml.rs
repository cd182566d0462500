use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use kring_core::{CircleTable, Column, suggestion};
use sha2::{Digest, Sha256};

use super::build::{Extra, Sheets, build, made, refuse};
use super::columns;
use super::data::CircleData;
use super::faults::{CircleFault, CircleFaultKind};
use super::neighbourhood::{NetworkData, network_of};
use super::options::{CircleOptions, NetworkOptions};
use super::sheet::{Origin, Reading, Sheet, Values};
use super::words;
use super::xml::{self, Attributes, Edge, Graph, GraphMl};
use crate::error::Error;
use crate::read::{Provenance, hex, load};

/// A GraphML file in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphFile {
    /// Its name, for messages.
    pub name: String,
    /// What it holds, in UTF-8.
    pub bytes: Vec<u8>,
}

impl GraphFile {
    /// Reads a file.
    pub fn load(path: &Path) -> Result<Self, Error> {
        Ok(Self {
            name: crate::read::file_name(path),
            bytes: load(path)?,
        })
    }

    fn provenance(&self, rows: usize) -> Provenance {
        Provenance {
            file: self.name.clone(),
            sha256: Some(hex(&Sha256::digest(&self.bytes))),
            rows,
            encoding: Some("UTF-8".to_owned()),
            ..Provenance::default()
        }
    }
}

/// A row with its attributes, and the file and line it comes from.
struct Row {
    at: (u32, u32),
    data: Attributes,
}

/// What the graphs of all files hold, a row each.
#[derive(Default)]
struct Rows {
    families: Vec<Row>,
    alters: Vec<Row>,
    ties: Vec<Row>,
    files: Vec<String>,
    numbers: HashSet<String>,
    graphs: usize,
}

/// The circles of GraphML files, a graph a family and wave, or everything that is wrong in them.
///
/// The family is the attribute `family` of the graph, or else its id; the wave its attribute `wave`. Attributes
/// of nodes and edges have the names of [`COLUMNS`](super::COLUMNS); a person's key is the attribute `person`,
/// else `name`, else the id of the node. A node with `ego` true is the family itself: what its edges say, they
/// say of the person at the other end. A graph without nodes is a family with nobody around it.
///
/// ```
/// use kring_cohort::circles::{CircleOptions, GraphFile, from_graphml};
/// let text = r#"<graphml>
///   <key id="r" for="node" attr.name="role" attr.type="string"/>
///   <graph id="Jansen" edgedefault="undirected">
///     <node id="Piet"><data key="r">friend</data></node>
///     <node id="aunt"><data key="r">family</data></node>
///     <edge source="Piet" target="aunt"/>
///   </graph>
/// </graphml>"#;
/// let file = GraphFile { name: "jansen.graphml".into(), bytes: text.into() };
/// let circles = from_graphml(&[file], &CircleOptions::default())?.circles;
/// assert_eq!(circles.find("Jansen", "1").unwrap().person(0), "Piet");
/// # Ok::<(), kring_cohort::Error>(())
/// ```
pub fn from_graphml(files: &[GraphFile], options: &CircleOptions) -> Result<CircleData, Error> {
    options.check()?;
    let mut reading = Reading {
        options,
        faults: Vec::new(),
        notes: Vec::new(),
    };
    let (rows, provenance) = collect(&mut reading, files)?;
    let first = rows
        .files
        .first()
        .map_or("GraphML", String::as_str)
        .to_owned();
    if rows.graphs == 0 {
        let what = "there is no graph; expected one a family and wave";
        let kind = CircleFaultKind::NoRows;
        reading
            .faults
            .push(CircleFault::of_file(kind, &first, what));
        return Err(refuse(reading));
    }
    let extra = graph_columns(&mut reading, &rows, &first, options)?;
    let mut sheets = Sheets::default();
    for (table, of_table) in [
        (CircleTable::Families, &rows.families),
        (CircleTable::Alters, &rows.alters),
        (CircleTable::Ties, &rows.ties),
    ] {
        let sheet = sheet(&mut reading, table, of_table, &rows.files);
        sheets.put(sheet);
    }
    build(reading, sheets, extra, provenance)
}

/// A network of many from one graph of a GraphML file; further attributes of nodes are columns of persons.
pub fn network_from_graphml(
    file: &GraphFile,
    options: &NetworkOptions,
) -> Result<NetworkData, Error> {
    let circle_options = options.as_circles();
    circle_options.check()?;
    let mut reading = Reading {
        options: &circle_options,
        faults: Vec::new(),
        notes: Vec::new(),
    };
    let (rows, provenance) = collect(&mut reading, std::slice::from_ref(file))?;
    if rows.graphs != 1 {
        let what = format!(
            "there are {} graphs; expected one, which is the network",
            rows.graphs
        );
        let kind = CircleFaultKind::NoRows;
        reading
            .faults
            .push(CircleFault::of_file(kind, &file.name, what));
        return Err(refuse(reading));
    }
    if rows.alters.is_empty() {
        let what = "the graph has no nodes; expected a node for each person";
        let kind = CircleFaultKind::NoRows;
        reading
            .faults
            .push(CircleFault::of_file(kind, &file.name, what));
        return Err(refuse(reading));
    }
    let is_key = |name: &str| name == attribute(&reading, CircleTable::Alters, "person");
    let names = names_of(&rows.alters);
    let names: Vec<&str> = names.into_iter().filter(|name| !is_key(name)).collect();
    let columns = typed(&mut reading, &rows.alters, &rows, &names)?;
    let persons = only(
        &reading,
        CircleTable::Alters,
        &rows.alters,
        &rows.files,
        &["person"],
    );
    let ties = ["from", "to", "sign", "direction"];
    let ties = only(&reading, CircleTable::Ties, &rows.ties, &rows.files, &ties);
    network_of(reading, persons, &ties, columns, options, provenance)
}

/// The name of the attribute that is a column.
fn attribute<'a>(reading: &Reading<'a>, table: CircleTable, name: &'a str) -> &'a str {
    let options: &'a CircleOptions = reading.options;
    options.column(table, name).unwrap_or(name)
}

/// All rows of all files.
fn collect(reading: &mut Reading, files: &[GraphFile]) -> Result<(Rows, Vec<Provenance>), Error> {
    let mut rows = Rows::default();
    let mut provenance = Vec::with_capacity(files.len());
    for file in files {
        let found = xml::parse(&file.name, &file.bytes)?;
        for (line, key) in &found.unknown_keys {
            let what = format!(
                "a value has the key `{key}`, which the file does not declare; declare it with `<key>`"
            );
            reading.faults.push(fault(&file.name, *line, what));
        }
        for (line, key, [before, after]) in &found.twice {
            let what = format!("`{key}` is both `{before}` and `{after}`; take one out");
            reading.faults.push(fault(&file.name, *line, what));
        }
        if found.unnamed > 0 {
            reading.notes.push(format!(
                "{}: {} values have a key without `attr.name`, such as the drawing of a program; they are \
                not used",
                file.name, found.unnamed
            ));
        }
        provenance.push(file.provenance(found.graphs.len()));
        let place = crate::cells::place(rows.files.len());
        rows.files.push(file.name.clone());
        rows.numbers.extend(found.numbers.iter().cloned());
        rows.graphs += found.graphs.len();
        for graph in &found.graphs {
            graph_rows(reading, &mut rows, place, &found, graph);
        }
    }
    Ok((rows, provenance))
}

fn fault(file: &str, line: usize, what: String) -> CircleFault {
    CircleFault {
        line: Some(line),
        ..CircleFault::of_file(CircleFaultKind::Graph, file, what)
    }
}

/// What the attributes of graphs, nodes and edges are called.
struct Called {
    person: String,
    /// Where no attribute `person` was declared, but one `name` was.
    by_name: bool,
    /// Where neither was declared: the id.
    by_id: bool,
    ends: [String; 2],
    sign: String,
    bond: String,
    direction: String,
    of_persons: HashSet<String>,
}

impl Called {
    fn new(reading: &Reading, found: &GraphMl) -> Self {
        let named = |table, column| attribute(reading, table, column).to_owned();
        let person = named(CircleTable::Alters, "person");
        let has = |name: &str| found.of_nodes.iter().any(|known| known == name);
        let by_name = !has(&person) && has("name");
        Self {
            by_name,
            by_id: !has(&person) && !by_name,
            person,
            ends: ["from", "to"].map(|end| named(CircleTable::Ties, end)),
            sign: named(CircleTable::Ties, "sign"),
            bond: named(CircleTable::Alters, "bond"),
            direction: named(CircleTable::Ties, "direction"),
            of_persons: columns::of(CircleTable::Alters)
                .map(|column| named(CircleTable::Alters, column.name))
                .collect(),
        }
    }
}

/// A graph on its way into rows.
struct OneGraph<'a> {
    graph: &'a Graph,
    name: String,
    file: u32,
    called: Called,
    /// The family and the wave, by the names of their attributes in each table.
    belongs: HashMap<CircleTable, Attributes>,
    faults: Vec<CircleFault>,
}

/// Each node by its id: the place of its row and the person's key, or nothing for the family itself.
type Nodes<'a> = HashMap<&'a str, Option<(usize, String)>>;

/// The rows of one graph: its family, its persons and their ties.
fn graph_rows(reading: &mut Reading, rows: &mut Rows, file: u32, found: &GraphMl, graph: &Graph) {
    let named = |table, column| attribute(reading, table, column).to_owned();
    let mut head = graph.data.clone();
    let key = named(CircleTable::Families, "family");
    if let Some(id) = &graph.id {
        head.entry(key.clone()).or_insert_with(|| id.clone());
    }
    let wave = head.get(&named(CircleTable::Families, "wave")).cloned();
    let family = head.get(&key).cloned();
    let belongs = [CircleTable::Alters, CircleTable::Ties].map(|table| {
        let keys = [("family", &family), ("wave", &wave)].into_iter();
        let keys = keys.filter_map(|(name, key)| Some((named(table, name), key.clone()?)));
        (table, keys.collect())
    });
    let mut one = OneGraph {
        graph,
        name: rows.files.get(file as usize).cloned().unwrap_or_default(),
        file,
        called: Called::new(reading, found),
        belongs: HashMap::from(belongs),
        faults: Vec::new(),
    };
    let nodes = one.nodes(rows);
    one.edges(rows, &nodes);
    reading.faults.extend(one.faults);
    rows.families.push(Row {
        at: (file, crate::cells::place(graph.line)),
        data: head,
    });
}

impl<'a> OneGraph<'a> {
    fn fault(&mut self, line: usize, what: String) {
        self.faults.push(fault(&self.name, line, what));
    }

    /// A row of this graph, with its family and wave.
    fn row(&self, table: CircleTable, line: usize, mut data: Attributes) -> Row {
        data.extend(self.belongs.get(&table).cloned().unwrap_or_default());
        Row {
            at: (self.file, crate::cells::place(line)),
            data,
        }
    }

    fn nodes(&mut self, rows: &mut Rows) -> Nodes<'a> {
        let mut nodes = Nodes::new();
        let mut ego: Option<&str> = None;
        for node in &self.graph.nodes {
            let mut data = node.data.clone();
            let said = data.remove("ego").unwrap_or_else(|| "no".to_owned());
            let is_ego = words::truth(&said);
            if is_ego.is_none() {
                let what = format!(
                    "`ego` is `{said}` of node `{}`; expected true or false",
                    node.id
                );
                self.fault(node.line, what);
            }
            if nodes.contains_key(node.id.as_str()) {
                let what = format!(
                    "there are two nodes `{}` in one graph; rename one of them",
                    node.id
                );
                self.fault(node.line, what);
                continue;
            }
            if is_ego == Some(true) {
                if let Some(other) = ego {
                    let what = format!(
                        "nodes `{other}` and `{}` are both the family itself (`ego`); a graph has one",
                        node.id
                    );
                    self.fault(node.line, what);
                }
                ego = Some(&node.id);
                nodes.insert(&node.id, None);
                continue;
            }
            if self.called.by_name {
                let name = data.remove("name").unwrap_or_default();
                data.insert(self.called.person.clone(), name);
            } else if self.called.by_id {
                data.insert(self.called.person.clone(), node.id.clone());
            }
            let key = data.get(&self.called.person).cloned().unwrap_or_default();
            nodes.insert(&node.id, Some((rows.alters.len(), key)));
            rows.alters
                .push(self.row(CircleTable::Alters, node.line, data));
        }
        nodes
    }

    fn edges(&mut self, rows: &mut Rows, nodes: &Nodes) {
        for edge in &self.graph.edges {
            let ends = [&edge.source, &edge.target];
            for end in ends {
                if nodes.contains_key(end.as_str()) {
                    continue;
                }
                let ids = self.graph.nodes.iter().map(|node| node.id.as_str());
                let what = format!(
                    "an edge from `{}` to `{}`, but there is no node `{end}` in the graph{}",
                    edge.source,
                    edge.target,
                    suggestion(end, ids)
                );
                self.fault(edge.line, what);
            }
            let [Some(from), Some(to)] = ends.map(|end| nodes.get(end.as_str())) else {
                continue;
            };
            match (from, to) {
                (Some((_, from)), Some((_, to))) => {
                    let mut data = edge.data.clone();
                    self.direct(edge, &mut data);
                    let [first, second] = self.called.ends.clone();
                    data.extend([(first, from.clone()), (second, to.clone())]);
                    rows.ties.push(self.row(CircleTable::Ties, edge.line, data));
                }
                (None, None) => {
                    let what = format!("an edge of `{}` to itself; take it out", edge.source);
                    self.fault(edge.line, what);
                }
                (Some((row, _)), None) | (None, Some((row, _))) => {
                    self.said_by_family(edge, &mut rows.alters[*row].data);
                }
            }
        }
    }

    /// What the edge to the family says, it says of the person.
    fn said_by_family(&mut self, edge: &Edge, of_person: &mut Attributes) {
        for (attribute, value) in edge.data.clone() {
            let attribute = if attribute == self.called.sign {
                self.called.bond.clone()
            } else {
                attribute
            };
            if !self.called.of_persons.contains(&attribute) {
                continue;
            }
            let before = of_person
                .entry(attribute.clone())
                .or_insert_with(|| value.clone());
            if *before != value {
                let what = format!(
                    "`{attribute}` is `{before}` at the node and `{value}` at its edge to the family; \
                    correct one of the two"
                );
                self.fault(edge.line, what);
            }
        }
    }

    /// The direction of a tie: its own attribute, or else what the edge or the graph says.
    fn direct(&mut self, edge: &Edge, data: &mut Attributes) {
        let of_edge = if edge.is_directed.unwrap_or(self.graph.is_directed) {
            "directed"
        } else {
            "mutual"
        };
        let direction = self.called.direction.clone();
        let said = data
            .entry(direction.clone())
            .or_insert_with(|| of_edge.to_owned());
        let read = words::DIRECTION.read(said);
        if edge.is_directed.is_some() && read.is_ok_and(|one| one.word() != of_edge) {
            let what = format!(
                "`{direction}` is `{said}`, but the edge says that it is {of_edge}; correct one of the two"
            );
            self.fault(edge.line, what);
        }
    }
}

/// The names of all attributes of rows, in order.
fn names_of(rows: &[Row]) -> Vec<&str> {
    let names: BTreeSet<&str> = rows
        .iter()
        .flat_map(|row| row.data.keys())
        .map(String::as_str)
        .collect();
    names.into_iter().collect()
}

/// The texts of an attribute. As in a table `NA` and `.` are missing, and so is what igraph writes for a number
/// that is.
fn texts<'a>(rows: &'a [Row], name: &str) -> Vec<Option<&'a str>> {
    let is_missing = |text: &&str| matches!(text.trim(), "NA" | "." | "NaN");
    rows.iter()
        .map(|row| row.data.get(name).map(String::as_str))
        .map(|text| text.filter(|text| !is_missing(text)))
        .collect()
}

fn origin(rows: &[Row], files: &[String]) -> Origin {
    Origin::Lines(files.to_vec(), rows.iter().map(|row| row.at).collect())
}

fn empty(table: CircleTable, rows: &[Row], files: &[String]) -> Sheet {
    Sheet {
        table,
        file: files.first().cloned().unwrap_or_default(),
        rows: rows.len(),
        fields: Vec::new(),
        origin: origin(rows, files),
    }
}

/// The known columns of a table of circles.
fn sheet(reading: &mut Reading, table: CircleTable, rows: &[Row], files: &[String]) -> Sheet {
    let mut sheet = empty(table, rows, files);
    let names = names_of(rows);
    let mut used = Vec::new();
    for column in columns::of(table) {
        let name = attribute(reading, table, column.name).to_owned();
        let values = texts(rows, &name);
        let has_values = values.iter().any(Option::is_some);
        if has_values || (column.name == "person" && !rows.is_empty()) {
            reading.add(&mut sheet, column.name, &name, Values::of_texts(values));
        } else if column.required && !rows.is_empty() {
            let what = format!(
                "no node or graph has the attribute `{name}`, which should be {}{}",
                column.what,
                suggestion(&name, names.iter().copied())
            );
            let kind = CircleFaultKind::MissingColumn;
            reading
                .faults
                .push(CircleFault::of_file(kind, &sheet.file, what));
        }
        used.push(name);
    }
    if table != CircleTable::Families {
        let unused: Vec<&str> = names
            .into_iter()
            .filter(|name| used.iter().all(|known| known != name))
            .collect();
        if !unused.is_empty() {
            reading.notes.push(format!(
                "{}: attributes of the {} that are not used: {}",
                sheet.file,
                columns::table_word(table),
                crate::validate::list(unused)
            ));
        }
    }
    sheet
}

/// Some columns of a table, for a network.
fn only(
    reading: &Reading,
    table: CircleTable,
    rows: &[Row],
    files: &[String],
    wanted: &[&'static str],
) -> Sheet {
    let mut sheet = empty(table, rows, files);
    for &column in wanted {
        let name = attribute(reading, table, column).to_owned();
        let values = texts(rows, &name);
        if column != "sign" || values.iter().any(Option::is_some) {
            reading.add(&mut sheet, column, &name, Values::of_texts(values));
        }
    }
    sheet
}

/// The attributes of graphs that are no columns of circles.
fn graph_columns(
    reading: &mut Reading,
    rows: &Rows,
    file: &str,
    options: &CircleOptions,
) -> Result<Extra, Error> {
    let known: Vec<String> = columns::of(CircleTable::Families)
        .map(|column| attribute(reading, CircleTable::Families, column.name).to_owned())
        .collect();
    let names = names_of(&rows.families);
    let names: Vec<&str> = names
        .into_iter()
        .filter(|name| known.iter().all(|known| known != name))
        .collect();
    let columns = typed(reading, &rows.families, rows, &names)?;
    Extra::kept(file, columns, options)
}

/// Attributes as columns: numbers where the file says so, else factors, their levels in the order of
/// the alphabet as in a table.
fn typed(
    reading: &mut Reading,
    of: &[Row],
    rows: &Rows,
    names: &[&str],
) -> Result<Vec<Column>, Error> {
    let mut columns = Vec::with_capacity(names.len());
    for &name in names {
        let values = Values::of_texts(texts(of, name));
        let file = rows.files.first().map_or("", String::as_str);
        let column = if rows.numbers.contains(name) {
            let mut numbers = Vec::with_capacity(of.len());
            for (row, at) in of.iter().enumerate() {
                let value = values.get(row);
                let number = value.and_then(|value| value.number);
                if let (Some(value), None) = (value, number) {
                    let what = format!("expected a number, found `{}`", value.text);
                    let file = rows.files.get(at.at.0 as usize);
                    reading.faults.push(CircleFault {
                        kind: CircleFaultKind::NotNumber,
                        column: Some(name.to_owned()),
                        ..fault(file.map_or("", String::as_str), at.at.1 as usize, what)
                    });
                }
                numbers.push(number);
            }
            Column::numeric(name, numbers)
        } else {
            let mut order: Vec<usize> = (0..values.values.len()).collect();
            order.sort_by_key(|&i| &values.values[i].text);
            let mut places = vec![0; order.len()];
            for (place, &i) in order.iter().enumerate() {
                places[i] = crate::cells::place(place);
            }
            let levels = order.iter().map(|&i| values.values[i].text.as_str());
            let codes = values.codes.iter();
            let codes = codes.map(|code| code.map(|code| places[code as usize]));
            Column::factor(name, levels, codes.collect())
        };
        columns.push(column.map_err(made(file))?);
    }
    Ok(columns)
}

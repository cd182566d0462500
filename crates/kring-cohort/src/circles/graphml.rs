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

/// The rows of one graph: its family, its persons and their ties.
fn graph_rows(reading: &mut Reading, rows: &mut Rows, file: u32, found: &GraphMl, graph: &Graph) {
    let name = rows.files.get(file as usize).cloned().unwrap_or_default();
    let named = |table, column| attribute(reading, table, column).to_owned();
    let at = |line: usize| (file, crate::cells::place(line));
    let mut head = graph.data.clone();
    let key = named(CircleTable::Families, "family");
    if let Some(id) = &graph.id {
        head.entry(key.clone()).or_insert_with(|| id.clone());
    }
    let family = head.get(&key).cloned().unwrap_or_default();
    let wave = head.get(&named(CircleTable::Families, "wave")).cloned();
    let belongs = |table, data: &mut Attributes| {
        data.insert(named(table, "family"), family.clone());
        if let Some(wave) = &wave {
            data.insert(named(table, "wave"), wave.clone());
        }
    };
    let (person, sign) = (
        named(CircleTable::Alters, "person"),
        named(CircleTable::Ties, "sign"),
    );
    let bond = named(CircleTable::Alters, "bond");
    let has = |name: &str| found.of_nodes.iter().any(|known| known == name);
    let by_name = !has(&person) && has("name");
    let ends = [
        named(CircleTable::Ties, "from"),
        named(CircleTable::Ties, "to"),
    ];
    let direction = named(CircleTable::Ties, "direction");
    let of_persons: HashSet<String> = columns::of(CircleTable::Alters)
        .map(|column| named(CircleTable::Alters, column.name))
        .collect();

    let mut faults = Vec::new();
    // Each node: the place of its row, or nothing for the family itself, and its key.
    let mut nodes: HashMap<&str, (Option<usize>, String)> = HashMap::new();
    let mut ego: Option<&str> = None;
    for node in &graph.nodes {
        let mut data = node.data.clone();
        let said = data.remove("ego");
        let is_ego = said.as_deref().is_some_and(|said| {
            words::truth(said).unwrap_or_else(|| {
                let what = format!(
                    "`ego` is `{said}` of node `{}`; expected true or false",
                    node.id
                );
                faults.push(fault(&name, node.line, what));
                false
            })
        });
        if nodes.contains_key(node.id.as_str()) {
            let what = format!(
                "there are two nodes `{}` in one graph; rename one of them",
                node.id
            );
            faults.push(fault(&name, node.line, what));
            continue;
        }
        if is_ego {
            if let Some(other) = ego {
                let what = format!(
                    "nodes `{other}` and `{}` are both the family itself (`ego`); a graph has one",
                    node.id
                );
                faults.push(fault(&name, node.line, what));
            }
            ego = Some(&node.id);
            nodes.insert(&node.id, (None, String::new()));
            continue;
        }
        if by_name {
            let called = data.remove("name").unwrap_or_default();
            data.insert(person.clone(), called);
        } else if !has(&person) {
            data.insert(person.clone(), node.id.clone());
        }
        let called = data.get(&person).cloned().unwrap_or_default();
        nodes.insert(&node.id, (Some(rows.alters.len()), called));
        belongs(CircleTable::Alters, &mut data);
        rows.alters.push(Row {
            at: at(node.line),
            data,
        });
    }
    for edge in &graph.edges {
        let mut known = Vec::with_capacity(2);
        for end in [&edge.source, &edge.target] {
            match nodes.get(end.as_str()) {
                Some(node) => known.push(node),
                None => faults.push(fault(
                    &name,
                    edge.line,
                    format!(
                        "an edge from `{}` to `{}`, but there is no node `{end}` in the graph{}",
                        edge.source,
                        edge.target,
                        suggestion(end, graph.nodes.iter().map(|node| node.id.as_str()))
                    ),
                )),
            }
        }
        let [(from, from_name), (to, to_name)] = known[..] else {
            continue;
        };
        let mut data = edge.data.clone();
        match (from, to) {
            (Some(_), Some(_)) => {
                direct(&mut faults, &name, graph, edge, &direction, &mut data);
                for (end, called) in ends.iter().zip([from_name, to_name]) {
                    data.insert(end.clone(), called.clone());
                }
                belongs(CircleTable::Ties, &mut data);
                rows.ties.push(Row {
                    at: at(edge.line),
                    data,
                });
            }
            (None, None) => {
                let what = format!("an edge of `{}` to itself; take it out", edge.source);
                faults.push(fault(&name, edge.line, what));
            }
            // What the family says of a person.
            (Some(row), None) | (None, Some(row)) => {
                for (attribute, value) in data {
                    let attribute = if attribute == sign {
                        bond.clone()
                    } else {
                        attribute
                    };
                    if !of_persons.contains(&attribute) {
                        continue;
                    }
                    let of_person = &mut rows.alters[*row].data;
                    let before = of_person
                        .entry(attribute.clone())
                        .or_insert_with(|| value.clone());
                    if *before != value {
                        let what = format!(
                            "`{attribute}` is `{before}` at the node and `{value}` at its edge to the \
                            family; correct one of the two"
                        );
                        faults.push(fault(&name, edge.line, what));
                    }
                }
            }
        }
    }
    reading.faults.extend(faults);
    rows.families.push(Row {
        at: at(graph.line),
        data: head,
    });
}

/// The direction of a tie: its own attribute, or else what the edge or the graph says.
fn direct(
    faults: &mut Vec<CircleFault>,
    file: &str,
    graph: &Graph,
    edge: &Edge,
    direction: &str,
    data: &mut Attributes,
) {
    let of_edge = match edge.is_directed.unwrap_or(graph.is_directed) {
        true => "directed",
        false => "mutual",
    };
    let said = data
        .entry(direction.to_owned())
        .or_insert_with(|| of_edge.to_owned());
    if edge.is_directed.is_some()
        && words::DIRECTION
            .read(said)
            .is_ok_and(|one| one.word() != of_edge)
    {
        let what = format!(
            "`{direction}` is `{said}`, but the edge says that it is {of_edge}; correct one of the two"
        );
        faults.push(fault(file, edge.line, what));
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

fn texts<'a>(rows: &'a [Row], name: &str) -> Vec<Option<&'a str>> {
    rows.iter()
        .map(|row| row.data.get(name).map(String::as_str))
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

/// Attributes as columns: numbers where the file says so, else factors.
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
            let levels = values.values.into_iter().map(|value| value.text);
            Column::factor(name, levels, values.codes)
        };
        columns.push(column.map_err(made(file))?);
    }
    Ok(columns)
}

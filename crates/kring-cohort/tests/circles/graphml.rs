use kring_cohort::Error;
use kring_cohort::circles::{
    CircleData, CircleOptions, CircleTables, GraphFile, from_graphml, from_tables,
};
use kring_core::{Direction, Sign};

use crate::{invented, path};

fn file(text: &str) -> GraphFile {
    GraphFile {
        name: "kring.graphml".into(),
        bytes: text.into(),
    }
}

fn read(text: &str) -> Result<CircleData, Error> {
    from_graphml(&[file(text)], &CircleOptions::default())
}

/// A file with these elements in one directed graph.
fn graph(inner: &str) -> String {
    format!(
        r#"<graphml>
<key id="r" for="node" attr.name="role"/>
<key id="ego" for="node" attr.name="ego"/>
<key id="c" for="all" attr.name="closeness"/>
<key id="s" for="edge" attr.name="sign"><default>support</default></key>
<key id="d" for="edge" attr.name="direction"/>
<graph id="a" edgedefault="directed">
{inner}
</graph>
</graphml>"#
    )
}

const TWO: &str = r#"<node id="x"><data key="r">friend</data></node><node id="y"><data key="r">buur</data></node>"#;

#[test]
fn graphml_and_long_give_the_same_circles() {
    let long = CircleTables {
        families: Some(invented("families.csv")),
        alters: Some(invented("alters.csv")),
        ties: Some(invented("ties.csv")),
        ..CircleTables::default()
    };
    let long = from_tables(&long, &CircleOptions::default()).unwrap();
    let file = GraphFile::load(&path("circles.graphml")).unwrap();
    let graphs = from_graphml(&[file], &CircleOptions::default()).unwrap();
    assert_eq!(graphs.circles, long.circles);
    assert_eq!(graphs.circles.persons(), 6);
    let children: Vec<f64> = graphs.families.numeric("children").unwrap().present();
    assert_eq!(children, [2.0, 2.0, 3.0, 3.0]);
    assert_eq!(
        graphs.group_of_families("arm").unwrap().levels,
        ["EKC", "WT"]
    );
}

/// The files are written by `make_circle_graphs.R` and `make_circle_graphs.py`.
#[test]
fn graphs_of_igraph_and_networkx_are_the_same_circles() {
    let long = CircleTables {
        families: Some(invented("families.csv")),
        alters: Some(invented("alters.csv")),
        ties: Some(invented("ties.csv")),
        ..CircleTables::default()
    };
    let long = from_tables(&long, &CircleOptions::default()).unwrap();
    for program in ["igraph", "networkx"] {
        let files: Vec<GraphFile> = (1..=4)
            .map(|i| GraphFile::load(&path(&format!("{program}_{i}.graphml"))).unwrap())
            .collect();
        let graphs = from_graphml(&files, &CircleOptions::default()).unwrap();
        assert_eq!(graphs.circles, long.circles, "{program}");
        assert_eq!(graphs.provenance.len(), 4);
    }
}

#[test]
fn directions_defaults_and_ego() {
    let text = graph(&format!(
        r#"{TWO}<node id="me"><data key="ego">true</data></node>
        <edge source="x" target="y"/>
        <edge source="me" target="y"><data key="s">conflict</data><data key="c">inner</data></edge>"#
    ));
    let data = read(&text).unwrap();
    let circle = data.circles.find("a", "1").unwrap();
    assert_eq!(circle.alters().len(), 2);
    let tie = circle.ties()[0];
    assert_eq!(
        (tie.sign, tie.direction),
        (Sign::Support, Direction::Directed)
    );
    assert_eq!(circle.alters()[1].bond, Sign::Conflict);
    assert_eq!(
        circle.alters()[1].closeness,
        Some(kring_core::Closeness::Inner)
    );
    let text = graph(&format!(
        r#"{TWO}<edge source="x" target="y" directed="false"/>"#
    ));
    let data = read(&text).unwrap();
    assert_eq!(
        data.circles.get(0).unwrap().ties()[0].direction,
        Direction::Mutual
    );
}

#[test]
fn names_of_igraph_are_keys_and_entities_are_letters() {
    let text = r#"<graphml><key id="v_name" for="node" attr.name="name"/><key id="r" for="node" attr.name="role"/>
        <graph id="G" edgedefault="undirected"><node id="n0"><data key="v_name">Jan &amp; Ank&#33;</data>
        <data key="r">friend</data></node></graph></graphml>"#;
    let data = read(text).unwrap();
    assert_eq!(data.circles.find("G", "1").unwrap().person(0), "Jan & Ank!");
}

#[test]
fn a_graph_without_nodes_is_an_empty_circle() {
    let data = read(&graph("")).unwrap();
    assert_eq!((data.circles.len(), data.circles.persons()), (1, 0));
}

#[test]
fn faults_of_graphs() {
    for (inner, message) in [
        (
            r#"<node id="x"/>"#,
            "kring.graphml: no node or graph has the attribute `role`, which should be what the person is to the family; there are: family, person",
        ),
        (
            r#"<node id="x"><data key="r">friend</data></node><node id="y"/>"#,
            "kring.graphml, line 8, column `role`: the role is empty; say what the person is to the family",
        ),
        (
            &format!("{TWO}\n{TWO}"),
            "kring.graphml, line 9: there are two nodes `x` in one graph; rename one of them",
        ),
        (
            &format!(r#"{TWO}<edge source="x" target="zz"/>"#),
            "kring.graphml, line 8: an edge from `x` to `zz`, but there is no node `zz` in the graph; there are: x, y",
        ),
        (
            &format!("{TWO}\n<edge source=\"x\" target=\"y\"><data key=\"s\">love</data></edge>"),
            "kring.graphml, line 9, column `sign`: expected support or conflict, found `love`; there are: support, conflict",
        ),
        (
            &format!("{TWO}<edge source=\"x\" target=\"x\"/>"),
            "kring.graphml, line 8, family `a`, wave `1`, person `x`: a tie to oneself; take it out",
        ),
        (
            r#"<node id="x"><data key="q">friend</data><data key="r">friend</data></node>"#,
            "kring.graphml, line 8: a value has the key `q`, which the file does not declare; declare it with `<key>`",
        ),
        (
            r#"<node id="x"><data key="r">aunt</data></node>"#,
            "kring.graphml, line 8, column `role`: expected a role, found `aunt`; there are: household, family, friend, neighbour, acquaintance, volunteer, professional",
        ),
        (
            r#"<node id="x"><data key="ego">true</data></node><node id="y"><data key="ego">1</data></node>"#,
            "kring.graphml, line 8: nodes `x` and `y` are both the family itself (`ego`); a graph has one",
        ),
        (
            r#"<node id="x"><data key="r">friend</data><data key="r">family</data></node>"#,
            "kring.graphml, line 8: `role` is both `friend` and `family`; take one out",
        ),
        (
            r#"<node id="x"><data key="ego">me</data><data key="r">friend</data></node>"#,
            "kring.graphml, line 8: `ego` is `me` of node `x`; expected true or false",
        ),
        (
            &format!(
                r#"{TWO}<edge source="x" target="y" directed="true"><data key="d">mutual</data></edge>"#
            ),
            "kring.graphml, line 8: `direction` is `mutual`, but the edge says that it is directed; correct one of the two",
        ),
        (
            r#"<node id="m"><data key="ego">1</data></node><node id="x"><data key="r">friend</data><data key="c">inner</data></node><edge source="m" target="x"><data key="c">outer</data></edge>"#,
            "kring.graphml, line 8: `closeness` is `inner` at the node and `outer` at its edge to the family; correct one of the two",
        ),
    ] {
        let error = read(&graph(inner)).unwrap_err().to_string();
        let first = error.lines().nth(1).map(str::trim);
        assert_eq!(first, Some(message), "{inner}\n{error}");
    }
}

#[test]
fn what_is_no_graphml() {
    for (text, message) in [
        (
            "<graphml>\n  <graph edgedefault=\"directed\">\n  </grap>\n</graphml>",
            "kring.graphml, line 3, column 3: ",
        ),
        (
            "<graphml><graph edgedefault=\"directed\">",
            "kring.graphml, line 1, column 40: the file ends before its last element is closed; it may be cut short",
        ),
        (
            "<!DOCTYPE graphml [<!ENTITY a \"b\">]>\n<graphml/>",
            "kring.graphml, line 1, column 1: a document type (DOCTYPE) is not read; take it out",
        ),
        (
            "<graphml>\n<key id=\"r\" for=\"node\" attr.name=\"role\"/><graph edgedefault=\"directed\"><node id=\"x\"><data key=\"r\">&a;</data></node></graph></graphml>",
            "kring.graphml, line 2, column 99: the entity `&a;` is not read; write the text itself",
        ),
        (
            "<html/>",
            "kring.graphml, line 1, column 1: expected an element `graphml`, found `html`",
        ),
        (
            "just text",
            "kring.graphml, line 1, column 1: expected an element `graphml`, found none",
        ),
        (
            "<graphml>\n<graph/></graphml>",
            "kring.graphml, line 2, column 1: `graph` has no `edgedefault`; give it one",
        ),
        (
            "<graphml><graph edgedefault=\"both\"/></graphml>",
            "kring.graphml, line 1, column 10: `edgedefault` is `both`; expected `directed` or `undirected`",
        ),
        (
            "<graphml><graph edgedefault=\"directed\"><node/></graph></graphml>",
            "kring.graphml, line 1, column 40: `node` has no `id`; give it one",
        ),
        (
            "<graphml><graph edgedefault=\"directed\"><hyperedge/></graph></graphml>",
            "kring.graphml, line 1, column 40: `hyperedge` inside a graph is not read; write each tie as an `edge` of one graph",
        ),
        (
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><graphml/>",
            "kring.graphml, line 1, column 1: the file says that it is not UTF-8; save it as UTF-8",
        ),
        (
            "",
            "kring.graphml: the file is empty; expected a line of column names and the data below it",
        ),
        (
            "<graphml/>",
            "the files of circles hold 1 fault:\n  kring.graphml: there is no graph; expected one a family and wave",
        ),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.starts_with(message), "{text}\n{error}");
    }
    let bytes = b"<graphml>\n<graph id=\"\xE9\"/></graphml>".to_vec();
    let latin = GraphFile {
        name: "latin.graphml".into(),
        bytes,
    };
    assert_eq!(
        from_graphml(&[latin], &CircleOptions::default())
            .unwrap_err()
            .to_string(),
        "latin.graphml, line 2, column 12: a byte that is no UTF-8; save the file as UTF-8"
    );
}

#[test]
fn a_file_with_any_byte_changed_is_read_or_refused() {
    let whole = std::fs::read(path("circles.graphml")).unwrap();
    for (at, byte) in (0..whole.len()).step_by(3).zip((0..=255_u8).cycle()) {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        let changed = GraphFile {
            name: "changed.graphml".into(),
            bytes,
        };
        if let Err(error) = from_graphml(&[changed], &CircleOptions::default()) {
            assert!(error.to_string().contains("changed.graphml"), "{error}");
        }
    }
}

#[test]
fn a_file_cut_short_anywhere_is_an_error_and_no_panic() {
    let whole = std::fs::read(path("circles.graphml")).unwrap();
    let text = whole.trim_ascii_end();
    for end in (0..text.len()).step_by(7) {
        let cut = GraphFile {
            name: "cut.graphml".into(),
            bytes: text[..end].to_vec(),
        };
        assert!(
            from_graphml(&[cut], &CircleOptions::default()).is_err(),
            "{end}"
        );
    }
}

#[test]
fn drawings_are_noted_and_several_files_are_one() {
    let drawn = r#"<graphml xmlns:y="http://www.yworks.com/xml/graphml"><key id="k" for="node" yfiles.type="nodegraphics"/>
        <key id="r" for="node" attr.name="role"/><graph id="b" edgedefault="directed"><node id="x"><data key="k">
        <y:ShapeNode><y:Fill color="red"/>text</y:ShapeNode></data><data key="r">friend</data></node></graph></graphml>"#;
    let files = [
        file(&graph(TWO)),
        GraphFile {
            name: "b.graphml".into(),
            bytes: drawn.into(),
        },
    ];
    let data = from_graphml(&files, &CircleOptions::default()).unwrap();
    assert_eq!((data.circles.families(), data.circles.persons()), (2, 3));
    assert!(
        data.notes
            .iter()
            .any(|note| note.starts_with("b.graphml: 1 values have a key without `attr.name`")),
        "{:?}",
        data.notes
    );
    // A fault in the second file is told of that.
    let bad = drawn.replace("friend", "aunt");
    let files = [
        file(&graph(TWO)),
        GraphFile {
            name: "b.graphml".into(),
            bytes: bad.into(),
        },
    ];
    let error = from_graphml(&files, &CircleOptions::default())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("b.graphml, line 2, column `role`: expected a role"),
        "{error}"
    );
}

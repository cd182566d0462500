use kring_cohort::Error;
use kring_cohort::circles::{
    GraphFile, NetworkData, NetworkOptions, network_from_graphml, network_from_tables,
};
use kring_core::{Direction, Sign};

use crate::table;

const PERSONS: &str = "id,kind,children\nn12,resident,2\nn14,resident,\nflat,institution,0\n";
const TIES: &str = "from,to,sign,direction\nn12,n14,conflict,mutual\nn14,flat,support,directed\n";

fn options(json: &str) -> NetworkOptions {
    serde_json::from_str(json).unwrap()
}

fn read(persons: &str, ties: &str, json: &str) -> Result<NetworkData, Error> {
    let persons = (!persons.is_empty()).then(|| table("persons.csv", persons));
    network_from_tables(&table("ties.csv", ties), persons.as_ref(), &options(json))
}

#[test]
fn a_neighbourhood_from_tables_and_from_graphml_is_one() {
    let json = r#"{"columns": {"person": "id"}, "groups": "kind"}"#;
    let data = read(PERSONS, TIES, json).unwrap();
    assert_eq!(data.network.persons(), ["n12", "n14", "flat"]);
    assert_eq!(data.network.ties()[0].sign, Sign::Conflict);
    assert_eq!(data.network.ties()[1].direction, Direction::Directed);
    assert_eq!(data.network.groups().unwrap().index, [1, 1, 0]);
    assert_eq!(data.persons.numeric("children").unwrap().get(1), None);

    let text = r#"<graphml><key id="k" for="node" attr.name="kind" attr.type="string"/>
        <key id="c" for="node" attr.name="children" attr.type="int"/><key id="s" for="edge" attr.name="sign"/>
        <graph edgedefault="undirected">
        <node id="n12"><data key="k">resident</data><data key="c">2</data></node>
        <node id="n14"><data key="k">resident</data></node>
        <node id="flat"><data key="k">institution</data><data key="c">0</data></node>
        <edge source="n12" target="n14"><data key="s">conflict</data></edge>
        <edge source="n14" target="flat" directed="true"><data key="s">support</data></edge>
        </graph></graphml>"#;
    let file = GraphFile {
        name: "flat.graphml".into(),
        bytes: text.into(),
    };
    let drawn = network_from_graphml(&file, &options(r#"{"groups": "kind"}"#)).unwrap();
    assert_eq!(drawn.network, data.network);
    assert_eq!(
        drawn.persons.numeric("children").unwrap(),
        data.persons.numeric("children").unwrap()
    );
}

#[test]
fn persons_of_the_ties_come_with_a_caution() {
    let data = read("", "from,to\na,b\nb,c\n", r#"{"persons_from": "ties"}"#).unwrap();
    assert_eq!(data.network.persons(), ["a", "b", "c"]);
    assert_eq!(
        data.notes,
        [
            "ties.csv: the persons were taken from the ties: whoever has none is lost",
            "ties.csv: there is no column `sign`; every tie is taken as support"
        ]
    );
}

#[test]
fn faults_of_networks() {
    let told = |persons: &str, ties: &str| {
        let error = read(persons, ties, "{}").unwrap_err().to_string();
        error
            .lines()
            .skip(1)
            .map(|line| line.trim().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        told("", "from,to\na,b\n"),
        [
            "persons: there is no table of persons; it says who belongs to the network, also those without ties; give one, or set `persons_from` to `ties` and lose those without ties"
        ]
    );
    assert_eq!(
        told("persn\na\n", "from,to\na,b\n"),
        [
            "persons.csv: there is no column `person`, which should be the key of a person; did you mean `persn`?"
        ]
    );
    assert_eq!(
        told(
            "person\na\nb\na\n",
            "from,to,sign\na,z,support\na,a,support\nb,a,love\n"
        ),
        [
            "ties.csv, row 1, persons `a` and `z`: one of them is not in the network; add that person, or correct the key",
            "ties.csv, row 2, persons `a` and `a`: a tie to oneself; take it out",
            "ties.csv, row 3, column `sign`: expected support or conflict, found `love`; there are: support, conflict",
            "persons.csv, row 3, person `a`: stands twice in the network; take one out",
        ]
    );
    let lonely = GraphFile {
        name: "flat.graphml".into(),
        bytes: "<graphml><graph edgedefault=\"directed\"/></graphml>".into(),
    };
    assert_eq!(
        network_from_graphml(&lonely, &NetworkOptions::default())
            .unwrap_err()
            .to_string(),
        "the files of circles hold 1 fault:\n  flat.graphml: the graph has no nodes; expected a node for each person"
    );
    assert_eq!(
        read(
            "person,kind\na,resident\nb,\n",
            "from,to\na,b\n",
            r#"{"groups": "kind"}"#
        )
        .unwrap_err()
        .to_string(),
        "persons.csv: column `kind` parts the persons into groups, but row 2 has none; fill it in"
    );
}

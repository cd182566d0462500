use kring_core::{
    Alter, AlterRow, Alternative, Circles, Closeness, Direction, FamilyRow, FamilySide, Grouping,
    Network, NetworkTie, Role, Sign, Support, TieRow,
};
use kring_network::activation::{Activation, Strengths, Zeros};
use kring_network::change::{Focus, Method, Qap};
use kring_network::circle::{CircleMeasures, CircleOptions, Directions, Workspace};
use kring_network::communities::Communities;
use kring_network::figures::{NetworkFigures, PersonFigures};
use kring_network::whole::WholeOptions;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{number, optional};
use crate::reference::Error;
use crate::reference::case::{Answer, Case};

/// A network in the case itself, or the names of the columns of its data.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    from: Option<String>,
    to: Option<String>,
    #[serde(default)]
    nodes: Vec<String>,
    #[serde(default)]
    ties: Vec<Vec<String>>,
    #[serde(default)]
    directed: bool,
    groups: Option<Vec<String>>,
    seed: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TwoTimes {
    before: OneTime,
    after: OneTime,
    directed: bool,
    groups: Option<Vec<String>>,
    focus: Option<[String; 2]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneTime {
    nodes: Vec<String>,
    ties: Vec<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenCircle {
    alters: Vec<GivenAlter>,
    ties: Vec<[String; 3]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenAlter {
    person: String,
    role: Role,
    side: Option<FamilySide>,
    closeness: Option<Closeness>,
    support: Option<Vec<Support>>,
    bond: Sign,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenStrengths {
    strengths: Strengths,
    zeros: Zeros,
}

/// A whole network and every person in it.
pub fn network(case: &Case) -> Result<Vec<Answer>, Error> {
    let given: Given = case.options()?;
    let network = given.network(case)?;
    let options = WholeOptions {
        directions: directions(given.directed),
        ..WholeOptions::default()
    };
    let found = options.measure(&network);
    // The order in which the case speaks of the persons.
    let names: Vec<String> = match case.expected.get("nodes") {
        Some(nodes) => {
            serde_json::from_value(nodes.clone()).map_err(|e| Error::Case(e.to_string()))?
        }
        None => network.persons().to_vec(),
    };
    let place = |name: &String| {
        let place = network.persons().iter().position(|known| known == name);
        place.ok_or_else(|| Error::Case(format!("there is no person `{name}`")))
    };
    let places: Vec<usize> = names.iter().map(place).collect::<Result<_, _>>()?;
    Ok(case.answer(|field| {
        let each = |figure: &dyn Fn(&PersonFigures) -> Value| -> Value {
            places
                .iter()
                .map(|&at| figure(&found.persons[at]))
                .collect()
        };
        Ok(Some(match field.name {
            "nodes" => json!(names),
            "brokerage" => each(&|person| json!(person.brokerage)),
            "articulation_points" => {
                let cut = places
                    .iter()
                    .filter(|&&at| found.persons[at].articulation_point);
                let names: Vec<&String> = cut.map(|&at| &network.persons()[at]).collect();
                match (field.expected.is_string(), names.as_slice()) {
                    (true, [one]) => json!(one),
                    _ => json!(names),
                }
            }
            name => match of_person(name) {
                Some(figure) => each(&figure),
                None => return Ok(of_whole(name, &found.network)),
            },
        }))
    }))
}

/// The communities of a network.
pub fn communities(case: &Case) -> Result<Vec<Answer>, Error> {
    let given: Given = case.options()?;
    let network = given.network(case)?;
    let options = Communities {
        seed: given.seed,
        ..Communities::default()
    };
    let found = options.find(&network)?;
    Ok(case.answer(|field| {
        Ok(Some(match field.name {
            "modularity" => optional(found.modularity),
            "communities" => json!(found.communities),
            "community" => json!(found.community),
            _ => return Ok(None),
        }))
    }))
}

/// Ties before and after, by all exchanges of names.
pub fn qap(case: &Case) -> Result<Vec<Answer>, Error> {
    let given: TwoTimes = case.options()?;
    let [before, after] =
        [&given.before, &given.after].map(|one| whole(&one.nodes, &one.ties, given.directed));
    let (before, mut after) = (before?, after?);
    if let Some(groups) = &given.groups {
        after = after.with_groups(grouping(groups))?;
    }
    let options = |alternative| Qap {
        ties: WholeOptions {
            directions: directions(given.directed),
            ..WholeOptions::default()
        },
        alternative,
        method: Method::Exact,
        ..Qap::default()
    };
    let test = |alternative| match &given.focus {
        None => options(alternative).stability(&before, &after),
        Some([one, other]) => options(alternative).change(&before, &after, Focus { one, other }),
    };
    let seen = options(Alternative::TwoSided).seen(&before, &after);
    Ok(case.answer(|field| {
        let p = |alternative| Ok(Some(optional(test(alternative)?.p_value)));
        match field.name {
            "estimate" => Ok(Some(optional(test(Alternative::TwoSided)?.value.finite()))),
            "p_two_sided" => p(Alternative::TwoSided),
            "p_less" => p(Alternative::Less),
            "p_greater" => p(Alternative::Greater),
            name => Ok(json!(seen).get(name).cloned()),
        }
    }))
}

/// One circle with and without the family.
pub fn circle(case: &Case) -> Result<Vec<Answer>, Error> {
    let given: GivenCircle = case.options()?;
    let mut builder = Circles::builder(["1"]);
    builder.family(FamilyRow::new("family", "1"));
    for alter in &given.alters {
        let support = alter.support.as_ref();
        let known = Alter {
            side: alter.side,
            closeness: alter.closeness,
            support: support.map(|kinds| kinds.iter().copied().collect()),
            bond: alter.bond,
            ..Alter::new(alter.role)
        };
        builder.alter(AlterRow::new("family", "1", &alter.person, known));
    }
    for [from, to, sign] in &given.ties {
        builder.tie(TieRow::new("family", "1", from, to, sign.parse()?));
    }
    let circles = builder.finish()?;
    let mut workspace = Workspace::new();
    let Some(circle) = circles.get(0) else {
        return Err(Error::Case("there is no circle".to_owned()));
    };
    let found = CircleOptions::default().measure(&circle, &mut workspace);
    Ok(case.answer(|field| {
        let each = |figure: fn(&PersonFigures) -> Value| -> Value {
            workspace.without_family().iter().map(figure).collect()
        };
        Ok(match field.name {
            "betweenness" => Some(each(|person| number(person.betweenness))),
            "constraint" => Some(each(|person| optional(person.constraint))),
            "without_family" => Some(whole_of(field.expected, &found.without_family)),
            "with_family" => Some(whole_of(field.expected, &found.with_family)),
            "ego" => Some(json!(found.ego)),
            name => of_circle(name, &found),
        })
    }))
}

/// Shares of three parts as log-ratios.
pub fn activation(case: &Case) -> Result<Vec<Answer>, Error> {
    let given: GivenStrengths = case.options()?;
    let shares = given.strengths.shares()?;
    let options = Activation { zeros: given.zeros };
    let found = options.coordinates(&given.strengths, "the case")?;
    Ok(case.answer(|field| {
        Ok(match field.name {
            "shares" => Some(json!(shares)),
            "clr" => found.map(|found| json!(found.clr)),
            "ilr" => found.map(|found| json!(found.ilr)),
            "replaced" => found.map(|found| json!(found.replaced)),
            "back" => found.map(|found| json!(found.shares())),
            _ => None,
        })
    }))
}

impl Given {
    fn network(&self, case: &Case) -> Result<Network, Error> {
        if let (Some(from), Some(to)) = (&self.from, &self.to) {
            let table = case.table()?;
            let (from, to) = (table.factor(from)?, table.factor(to)?);
            let mut nodes: Vec<String> = Vec::new();
            let mut ties = Vec::new();
            for row in 0..table.rows() {
                let ends = [from.label(row), to.label(row)];
                let [Some(one), Some(other)] = ends else {
                    return Err(Error::Case(format!("row {} lacks a name", row + 1)));
                };
                for name in [one, other] {
                    if !nodes.iter().any(|known| known == name) {
                        nodes.push(name.to_owned());
                    }
                }
                ties.push(vec![one.to_owned(), other.to_owned()]);
            }
            // Persons in the order in which the case speaks of them.
            if let Some(Value::Array(order)) = case.expected.get("nodes") {
                nodes = order
                    .iter()
                    .filter_map(|name| name.as_str().map(str::to_owned))
                    .collect();
            } else {
                // As igraph has them: those who are first in a row before those who are only second.
                let first = |name: &String| ties.iter().position(|tie| tie[0] == *name);
                nodes.sort_by_key(|name| first(name).unwrap_or(usize::MAX));
            }
            return whole(&nodes, &ties, self.directed);
        }
        let network = whole(&self.nodes, &self.ties, self.directed)?;
        Ok(match &self.groups {
            None => network,
            Some(groups) => network.with_groups(grouping(groups))?,
        })
    }
}

fn directions(directed: bool) -> Directions {
    if directed {
        Directions::Followed
    } else {
        Directions::Ignored
    }
}

fn whole(nodes: &[String], ties: &[Vec<String>], directed: bool) -> Result<Network, Error> {
    let direction = if directed {
        Direction::Directed
    } else {
        Direction::Mutual
    };
    let ties = ties
        .iter()
        .map(|tie| tie_of(tie, direction))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Network::new(nodes.iter().cloned(), &ties)?)
}

fn tie_of(tie: &[String], direction: Direction) -> Result<NetworkTie<'_>, Error> {
    let (from, to, sign) = match tie {
        [from, to] => (from, to, Sign::Support),
        [from, to, sign] => (from, to, sign.parse()?),
        _ => {
            let what = "a tie is two names and perhaps a sign";
            return Err(Error::Case(what.to_owned()));
        }
    };
    Ok(NetworkTie {
        from,
        to,
        sign,
        direction,
    })
}

fn grouping(groups: &[String]) -> Grouping {
    let mut levels = groups.to_vec();
    levels.sort_unstable();
    levels.dedup();
    let code = |group: &String| {
        let place = levels.iter().position(|level| level == group);
        place
            .and_then(|place| u32::try_from(place).ok())
            .unwrap_or(u32::MAX)
    };
    Grouping {
        name: "group".to_owned(),
        index: groups.iter().map(code).collect(),
        levels,
    }
}

fn of_person(name: &str) -> Option<fn(&PersonFigures) -> Value> {
    Some(match name {
        "degree" => |person| json!(person.degree),
        "in_degree" => |person| json!(person.in_degree),
        "out_degree" => |person| json!(person.out_degree),
        "betweenness" => |person| number(person.betweenness),
        "closeness" => |person| optional(person.closeness),
        "harmonic" => |person| optional(person.harmonic),
        "constraint" => |person| optional(person.constraint),
        "effective_size" => |person| optional(person.effective_size),
        "efficiency" => |person| optional(person.efficiency),
        "local_transitivity" => |person| optional(person.transitivity),
        _ => return None,
    })
}

fn of_whole(name: &str, found: &NetworkFigures) -> Option<Value> {
    Some(match name {
        "global_transitivity" => optional(found.transitivity),
        "density" => optional(found.density),
        name => json!(found).get(name)?.clone(),
    })
}

/// The figures that are asked for.
fn whole_of(expected: &Value, found: &NetworkFigures) -> Value {
    let names = expected
        .as_object()
        .into_iter()
        .flat_map(|fields| fields.keys());
    names
        .filter_map(|name| Some((name.clone(), of_whole(name, found)?)))
        .collect()
}

fn of_circle(name: &str, found: &CircleMeasures) -> Option<Value> {
    Some(match name {
        "size" => json!(found.size),
        "blau_role" => optional(found.by_role.blau),
        "iqv_role" => optional(found.by_role.iqv),
        "blau_side" => optional(found.by_side.blau),
        "iqv_side" => optional(found.by_side.iqv),
        "ei_role" => optional(found.role_mixing.index()),
        "ei_side" => optional(found.side_mixing.index()),
        "in_conflict" => json!(found.in_conflict),
        "givers" => json!(found.support.givers),
        "multiplexity" => optional(found.support.multiplexity),
        "reach" => json!(found.support.reach),
        "reach_share" => optional(found.support.reach_share),
        _ => return None,
    })
}

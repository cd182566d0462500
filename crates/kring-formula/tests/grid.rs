//! Grids of settings: what is averaged over, by which weights, and what is refused.
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

use std::collections::BTreeMap;

use kring_core::{Column, Grid, Table};
use kring_formula::{CellWeights, DesignOptions, GridOptions, Recipe};

/// Arms by teams with counts 3 and 1, 1 and 1, and 0 and 2; a number, and months for an offset.
fn table() -> Table {
    let arm = [0, 0, 0, 1, 0, 1, 1, 1];
    let team = [0, 0, 0, 0, 1, 1, 2, 2];
    let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 12.0];
    let codes = |codes: [u32; 8]| codes.map(Some).to_vec();
    Table::new(vec![
        Column::numeric("y", x.map(|x| Some(x * x)).to_vec()).unwrap(),
        Column::numeric("x", x.map(Some).to_vec())
            .unwrap()
            .with_unit("months"),
        Column::numeric("months", x.map(|x| Some(x.exp())).to_vec()).unwrap(),
        Column::factor("arm", ["WT", "EKC"], codes(arm)).unwrap(),
        Column::factor("team", ["a", "b", "c"], codes(team)).unwrap(),
    ])
    .unwrap()
}

fn recipe(formula: &str) -> Recipe {
    Recipe::new(
        &formula.parse().unwrap(),
        &table(),
        &DesignOptions::default(),
    )
    .unwrap()
}

fn of(names: &[&str], weights: CellWeights) -> GridOptions {
    GridOptions {
        of: names.iter().map(|name| (*name).to_owned()).collect(),
        weights,
        ..GridOptions::default()
    }
}

fn x(grid: &Grid) -> Vec<Vec<f64>> {
    grid.cells().iter().map(|cell| cell.x.to_vec()).collect()
}

#[test]
fn each_kind_of_weights_by_hand() {
    let (recipe, table) = (recipe("y ~ arm + team"), table());
    let at = |weights| x(&recipe.grid(&table, &of(&["arm"], weights)).unwrap());
    let third = 1.0 / 3.0;
    // Columns: intercept, armEKC, teamb, teamc.
    assert_eq!(
        at(CellWeights::Equal),
        [[1.0, 0.0, third, third], [1.0, 1.0, third, third]]
    );
    assert_eq!(
        at(CellWeights::Proportional),
        [[1.0, 0.0, 0.25, 0.25], [1.0, 1.0, 0.25, 0.25]]
    );
    assert_eq!(at(CellWeights::Outer), at(CellWeights::Proportional));
    assert_eq!(
        at(CellWeights::Cells),
        [[1.0, 0.0, 0.25, 0.0], [1.0, 1.0, 0.25, 0.5]]
    );
    assert_eq!(
        at(CellWeights::Flat),
        [[1.0, 0.0, 0.5, 0.0], [1.0, 1.0, third, third]]
    );
    // Every row in each arm: the share of each team in all rows.
    assert_eq!(at(CellWeights::Rows), at(CellWeights::Proportional));
    let grid = recipe
        .grid(&table, &of(&["arm", "team"], CellWeights::Equal))
        .unwrap();
    let rows: Vec<f64> = grid.cells().iter().map(|cell| cell.rows).collect();
    assert_eq!(rows, [3.0, 1.0, 1.0, 1.0, 0.0, 2.0]);
    assert_eq!(grid.label(5), "arm EKC, team c");
}

#[test]
fn numbers_stand_at_their_mean_at_what_is_given_or_at_each_value() {
    let (recipe, table) = (recipe("y ~ arm + x"), table());
    let grid = recipe
        .grid(&table, &of(&["arm"], CellWeights::Equal))
        .unwrap();
    assert_eq!(x(&grid), [[1.0, 0.0, 5.0], [1.0, 1.0, 5.0]]);
    assert_eq!(grid.notes(), ["`x` stands at its mean, 5."]);
    let given = GridOptions {
        at: BTreeMap::from([("x".to_owned(), vec!["2".to_owned(), "4".to_owned()])]),
        ..of(&["arm", "x"], CellWeights::Equal)
    };
    let grid = recipe.grid(&table, &given).unwrap();
    assert_eq!(grid.label(3), "arm EKC, 4 months");
    assert_eq!(grid.cells()[3].x.to_vec(), [1.0, 1.0, 4.0]);
    let all = recipe
        .grid(&table, &of(&["x"], CellWeights::Equal))
        .unwrap();
    assert_eq!(all.cells().len(), 8);
    assert_eq!(all.factors()[0].numbers.as_ref().unwrap()[7], 12.0);
    let none = recipe.grid(&table, &of(&[], CellWeights::Equal)).unwrap();
    assert_eq!(x(&none), [[1.0, 0.5, 5.0]]);
    assert_eq!(none.label(0), "all");
}

#[test]
fn slopes_are_derivatives() {
    // `x**2` is `x^2`, as in R.
    let (recipe, table) = (recipe("y ~ arm * x + I(x**2)"), table());
    let grid = recipe
        .slopes(&table, "x", &of(&["arm"], CellWeights::Equal))
        .unwrap();
    // Columns: intercept, armEKC, x, I(x^2), armEKC:x, at the mean 5.
    for (cell, truth) in grid
        .cells()
        .iter()
        .zip([[0.0, 0.0, 1.0, 10.0, 0.0], [0.0, 0.0, 1.0, 10.0, 1.0]])
    {
        assert!(
            cell.x
                .iter()
                .zip(truth)
                .all(|(x, truth)| (x - truth).abs() < 1e-9),
            "{}",
            cell.x
        );
    }
}

#[test]
fn an_offset_stands_at_its_mean_unless_it_is_set() {
    let (recipe, table) = (recipe("y ~ arm + offset(log(months))"), table());
    let grid = recipe
        .grid(&table, &of(&["arm"], CellWeights::Equal))
        .unwrap();
    assert!((grid.cells()[0].offset - 5.0).abs() < 1e-12);
    assert_eq!(grid.notes(), ["The offset stands at its mean."]);
    let given = GridOptions {
        at: BTreeMap::from([("months".to_owned(), vec!["1".to_owned()])]),
        ..of(&["arm"], CellWeights::Equal)
    };
    assert_eq!(recipe.grid(&table, &given).unwrap().cells()[0].offset, 0.0);
}

#[test]
fn the_whole_grid_has_all_terms() {
    let (recipe, table) = (recipe("y ~ arm * team + x + I(x^2)"), table());
    let names: Vec<String> = recipe
        .model_terms()
        .into_iter()
        .map(|term| term.name)
        .collect();
    assert_eq!(names, ["arm", "team", "x", "arm:team"]);
    // Two arms, three teams, three places for a curve of two columns.
    assert_eq!(recipe.whole_grid(&table).unwrap().cells().len(), 18);
}

#[test]
fn what_makes_no_grid_is_refused() {
    let (recipe, table) = (recipe("y ~ arm + x + team"), table());
    let refused = |options: &GridOptions| recipe.grid(&table, options).unwrap_err().to_string();
    assert!(refused(&of(&["arms"], CellWeights::Equal)).contains("did you mean `arm`"));
    assert!(refused(&of(&["arm", "arm"], CellWeights::Equal)).contains("named twice"));
    let at = |name: &str, values: &[&str]| GridOptions {
        at: BTreeMap::from([(
            name.to_owned(),
            values.iter().map(|v| (*v).to_owned()).collect(),
        )]),
        ..of(&["arm"], CellWeights::Equal)
    };
    assert!(refused(&at("x", &["high"])).contains("must be a number"));
    assert!(refused(&at("x", &[])).contains("give one value or more"));
    assert!(refused(&at("team", &["d"])).contains("no such level"));
    assert!(refused(&at("z", &["1"])).contains("do not use it"));
    let several = GridOptions {
        weights: CellWeights::Rows,
        ..at("x", &["1", "2"])
    };
    assert!(refused(&several).contains("one value only"));
    // Nobody of the arm WT is in team c.
    let empty = GridOptions {
        weights: CellWeights::Cells,
        ..at("team", &["c"])
    };
    assert!(recipe.grid(&table, &empty).unwrap().cells()[0].empty);
    assert!(
        recipe
            .slopes(&table, "team", &of(&[], CellWeights::Equal))
            .is_err()
    );
}

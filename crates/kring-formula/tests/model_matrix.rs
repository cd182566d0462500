//! Every model matrix of `r/model_matrix.json` against R: names exactly, values to 1e-10.
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

use std::collections::BTreeMap;

use kring_core::{Column, Table};
use kring_formula::{DesignOptions, Recipe};
use serde_json::Value;

fn corpus() -> Value {
    serde_json::from_str(include_str!("r/model_matrix.json")).unwrap()
}

fn strings(value: &Value) -> Vec<String> {
    let all = value.as_array().unwrap().iter();
    all.map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn table(columns: &Value) -> Table {
    let column = |column: &Value| {
        let name = column["name"].as_str().unwrap();
        if let Some(values) = column["values"].as_array() {
            return Column::numeric(name, values.iter().map(Value::as_f64).collect()).unwrap();
        }
        let codes = column["codes"].as_array().unwrap().iter();
        let codes = codes.map(|code| code.as_u64().map(|code| u32::try_from(code).unwrap()));
        let factor = Column::factor(name, strings(&column["levels"]), codes.collect()).unwrap();
        if column["ordered"].as_bool().unwrap() {
            factor.ordered()
        } else {
            factor
        }
    };
    Table::new(columns.as_array().unwrap().iter().map(column).collect()).unwrap()
}

#[test]
fn model_matrices_are_those_of_r() {
    let corpus = corpus();
    let sets: BTreeMap<&str, Table> = corpus["sets"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, columns)| (name.as_str(), table(columns)))
        .collect();
    let mut wrong = Vec::new();
    let cases = corpus["cases"].as_array().unwrap();
    for case in cases {
        let formula = case["kring"].as_str().unwrap();
        let set = |field: &str| case[field].as_str().map(|name| &sets[name]);
        if let Err(why) = check(case, set("data").unwrap(), set("new")) {
            wrong.push(format!("{formula}\n    {why}"));
        }
    }
    assert!(cases.len() >= 150, "the corpus only grows");
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

fn check(case: &Value, table: &Table, new: Option<&Table>) -> Result<(), String> {
    let formula = case["kring"].as_str().unwrap().parse();
    let formula = formula.map_err(|error: kring_formula::Error| error.to_string())?;
    let recipe = Recipe::new(&formula, table, &DesignOptions::default());
    let recipe = recipe.map_err(|error| error.to_string())?;
    let (part, source_rows) = match new {
        None => {
            let design = recipe.design(table).map_err(|error| error.to_string())?;
            (design.mean().clone(), design.source_rows().to_vec())
        }
        Some(new) => {
            let predictors = recipe.predictors(new).map_err(|error| error.to_string())?;
            (predictors.mean, predictors.source_rows)
        }
    };
    let columns = strings(&case["columns"]);
    if part.columns != columns {
        return Err(format!("columns {:?}, R: {columns:?}", part.columns));
    }
    let terms: Vec<&str> = part.terms.iter().map(|term| term.name.as_str()).collect();
    if terms != strings(&case["terms"]) {
        return Err(format!("terms {terms:?}, R: {}", case["terms"]));
    }
    let numbers = |value: &Value| -> Vec<f64> {
        let all = value.as_array().unwrap().iter();
        all.map(|number| number.as_f64().unwrap()).collect()
    };
    let rows: Vec<f64> = source_rows.iter().map(|&row| row as f64).collect();
    if rows != numbers(&case["rows"]) {
        return Err(format!("rows {rows:?}, R: {}", case["rows"]));
    }
    let close = |ours: f64, theirs: f64| (ours - theirs).abs() <= 1e-10 * theirs.abs().max(1.0);
    assert_eq!(part.x.nrows(), rows.len());
    for (i, row) in case["x"].as_array().unwrap().iter().enumerate() {
        for (j, theirs) in numbers(row).into_iter().enumerate() {
            let ours = part.x[[i, j]];
            if !close(ours, theirs) {
                return Err(format!("row {i}, {}: {ours}, R: {theirs}", columns[j]));
            }
        }
    }
    match (&part.offset, case["offset"].is_null()) {
        (None, true) => Ok(()),
        (Some(offset), false) => {
            let theirs = numbers(&case["offset"]);
            let alike = offset.len() == theirs.len()
                && offset
                    .iter()
                    .zip(&theirs)
                    .all(|(&ours, &theirs)| close(ours, theirs));
            if alike {
                Ok(())
            } else {
                Err(format!("offset {offset}, R: {theirs:?}"))
            }
        }
        (offset, _) => Err(format!("offset {offset:?}, R: {}", case["offset"])),
    }
}

#[test]
fn a_recipe_gives_part_of_the_table_the_same_rows() {
    let corpus = corpus();
    let main = table(&corpus["sets"]["main"]);
    for formula in [
        "y ~ poly(x, 3) * arm",
        "y ~ ns(x, 4) + grade",
        "y ~ factor(months):b",
    ] {
        let recipe =
            Recipe::new(&formula.parse().unwrap(), &main, &DesignOptions::default()).unwrap();
        let all = recipe.design(&main).unwrap();
        let order = [7, 3, 3, 19, 0];
        let some = recipe.design(&main.take(&order).unwrap()).unwrap();
        for (i, &row) in order.iter().enumerate() {
            assert_eq!(some.mean().x.row(i), all.mean().x.row(row), "{formula}");
        }
    }
}

//! Every error message, provoked: the formula, the piece it points at, and what it says.
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

use kring_core::{Column, Table, WeightKind};
use kring_formula::{
    At, ColumnKind, DesignOptions, Error, Formula, Recipe, ResponseKind, Schema, TimeColumns,
    WeightColumn,
};

fn table() -> Table {
    let numeric =
        |name: &str, values: [f64; 6]| Column::numeric(name, values.map(Some).to_vec()).unwrap();
    let factor = |name: &str, levels: &[&str], codes: [u32; 6]| {
        Column::factor(name, levels.to_vec(), codes.map(Some).to_vec()).unwrap()
    };
    Table::new(vec![
        numeric("problems", [6., 5., 4., 2., 7., 3.]),
        numeric("x", [1., 2., -3., 4., 0., 2.5]),
        numeric("ties", [1., 1., 1., 1., 2., 3.]),
        numeric("event", [0., 1., 0., 1., 2., 1.]),
        numeric("half", [0., 1.5, 0., 1., 2., 1.]),
        factor("arm", &["WT", "EKC"], [0, 1, 0, 1, 0, 1]),
        factor("wave", &["1", "2", "3"], [0, 1, 2, 0, 1, 2]),
        factor("one", &["only"], [0; 6]),
        factor("family", &["f1", "f2", "f3"], [0, 0, 1, 1, 2, 2]),
    ])
    .unwrap()
}

fn error(formula: &str, options: &DesignOptions) -> Error {
    let design = || {
        let recipe = Recipe::new(&formula.parse::<Formula>()?, &table(), options)?;
        recipe.design(&table())
    };
    design()
        .map(|_| panic!("`{formula}` was accepted"))
        .unwrap_err()
}

/// The excerpt and the message of each formula with the default options.
const FORMULAS: &[(&str, &str, &str)] = &[
    (
        "problems ~",
        "",
        "terms on the right of `~` (`1` for an intercept alone) was expected, but the end was found",
    ),
    (
        "problems",
        "",
        "`~` between the response and the terms was expected, but the end was found",
    ),
    (
        "",
        "",
        "a name, a number or `(` was expected, but the end was found",
    ),
    (
        "problems ~ arm ~ wave",
        "~",
        "an operator was expected, but `~` was found",
    ),
    ("problems ~ (arm", "(", "this parenthesis is never closed"),
    ("problems ~ log(x", "(", "this parenthesis is never closed"),
    ("problems ~ arm)", ")", "this parenthesis was never opened"),
    ("~ )", ")", "this parenthesis was never opened"),
    (
        "problems ~ arm +",
        "",
        "a name, a number or `(` was expected, but the end was found",
    ),
    (
        "problems ~ arm wave",
        "wave",
        "an operator was expected, but `wave` was found",
    ),
    (
        "problems ~ * arm",
        "*",
        "a name, a number or `(` was expected, but `*` was found",
    ),
    (
        "problems ~ arm $ wave",
        "$",
        "a name, a number or one of + - * / ^ : %in% ( ) ~ | was expected, but `$` was found",
    ),
    (
        "problems ~ café + été$",
        "$",
        "a name, a number or one of + - * / ^ : %in% ( ) ~ | was expected, but `$` was found",
    ),
    (
        "problems ~ 2arm",
        "2arm",
        "a number, or a name (in backticks where it begins with a digit) was expected, but `2arm` was found",
    ),
    (
        "problems ~ `arm",
        "`arm",
        "a closing backtick was expected, but the end was found",
    ),
    (
        "problems ~ ``",
        "``",
        "a name between backticks was expected, but nothing was found",
    ),
    (
        "problems ~ C(arm, \"x",
        "\"x",
        "a closing quotation mark was expected, but the end was found",
    ),
    (
        "problems ~ 1e999",
        "1e999",
        "a number, or a name (in backticks where it begins with a digit) was expected, but `1e999` was found",
    ),
    (
        "problems ~ f(x,)",
        ")",
        "a name, a number or `(` was expected, but `)` was found",
    ),
    (
        "problems ~ arm | family",
        "|",
        "`|` cannot stand here: it belongs in parentheses of its own, as in (1 | family)",
    ),
    (
        "problems ~ arm + 1 || family",
        "||",
        "`||` cannot stand here: it belongs in parentheses of its own, as in (1 | family)",
    ),
    (
        "problems ~ (1 | family | arm)",
        "|",
        "`|` cannot stand here: it belongs in parentheses of its own, as in (1 | family)",
    ),
    (
        "problems ~ arm:(1 | family)",
        "(1 | family)",
        "`(1 | family)` cannot stand here: a random term is added with `+`; it cannot be part of an interaction",
    ),
    (
        "problems ~ arm * (1 | family)",
        "(1 | family)",
        "`(1 | family)` cannot stand here: a random term is added with `+`; it cannot be part of an interaction",
    ),
    (
        "problems ~ arm - (1|family)",
        "(1|family)",
        "`(1 | family)` cannot stand here: a random term is added with `+`; it cannot be part of an interaction",
    ),
    (
        "problems ~ (0 | family)",
        "0",
        "`0` cannot stand here: a random term needs something that varies by group",
    ),
    (
        "problems ~ (. | family)",
        ".",
        "`.` cannot stand here: name the columns that vary by group",
    ),
    (
        "problems ~ (1 | log(x))",
        "log(x)",
        "`log(x)` cannot stand here: a group is a column, a:b or a/b",
    ),
    (
        "problems ~ (1 | arm + wave)",
        "arm + wave",
        "`arm + wave` cannot stand here: a group is a column, a:b or a/b",
    ),
    (
        "problems ~ (1 | arm * wave)",
        "arm * wave",
        "`arm * wave` cannot stand here: a group is a column, a:b or a/b",
    ),
    (
        "problems ~ lag(x)",
        "lag",
        "there is no function `lag`; did you mean `log`? The functions are abs, C, cbind, cluster, exp, factor, I, log, log10, log1p, log2, ns, offset, poly, sqrt, strata, Surv",
    ),
    (
        "problems ~ Log(x)",
        "Log",
        "there is no function `Log`; did you mean `log`? The functions are abs, C, cbind, cluster, exp, factor, I, log, log10, log1p, log2, ns, offset, poly, sqrt, strata, Surv",
    ),
    (
        "problems ~ x + I(sin(x))",
        "sin",
        "there is no function `sin`; the functions are abs, C, cbind, cluster, exp, factor, I, log, log10, log1p, log2, ns, offset, poly, sqrt, strata, Surv",
    ),
    (
        "problems ~ log(x, 2)",
        "log(x, 2)",
        "`log` takes one argument without a name; write log(x)",
    ),
    (
        "problems ~ log()",
        "log()",
        "`log` takes one argument without a name; write log(x)",
    ),
    (
        "problems ~ poly(x, 0)",
        "poly(x, 0)",
        "`poly` takes a degree of 1, 2, 3, …; write poly(x, 2) or poly(x, 2, raw = TRUE)",
    ),
    (
        "problems ~ poly(x, 2, 3)",
        "poly(x, 2, 3)",
        "`poly` does not take `3` as an argument here; write poly(x, 2) or poly(x, 2, raw = TRUE)",
    ),
    (
        "problems ~ poly(x, raw = 1)",
        "poly(x, raw = 1)",
        "`poly` takes raw = TRUE or raw = FALSE; write poly(x, 2) or poly(x, 2, raw = TRUE)",
    ),
    (
        "problems ~ poly(2)",
        "poly(2)",
        "`poly(2)` has degree 1, but there are only 1 distinct values: the degree must be lower than that",
    ),
    (
        "problems ~ I(1/(x - x))",
        "(x - x)",
        "`(x - x)` is 0 at row 1, but a divisor other than zero was expected",
    ),
    (
        "problems ~ poly(degree = 2)",
        "poly(degree = 2)",
        "`poly` takes a column first; write poly(x, 2) or poly(x, 2, raw = TRUE)",
    ),
    (
        "problems ~ ns(x)",
        "ns(x)",
        "`ns` takes either df or knots; write ns(x, 3) or ns(x, knots = c(2, 4))",
    ),
    (
        "problems ~ ns(x, 0)",
        "ns(x, 0)",
        "`ns` takes a df of 1, 2, 3, …, or knots; write ns(x, 3) or ns(x, knots = c(2, 4))",
    ),
    (
        "problems ~ ns(x, 3, knots = 2)",
        "ns(x, 3, knots = 2)",
        "`ns` takes either df or knots; write ns(x, 3) or ns(x, knots = c(2, 4))",
    ),
    (
        "problems ~ ns(x, knots = c())",
        "ns(x, knots = c())",
        "`ns` takes a df of 1, 2, 3, …, or knots; write ns(x, 3) or ns(x, knots = c(2, 4))",
    ),
    (
        "problems ~ ns(x, Boundary.knots = 2)",
        "ns(x, Boundary.knots = 2)",
        "`ns` does not take `Boundary.knots` as an argument here; write ns(x, 3) or ns(x, knots = c(2, 4))",
    ),
    (
        "problems ~ C(arm, difference)",
        "C(arm, difference)",
        "`C` knows no coding `difference`; write C(x, sum), C(x, helmert), C(x, poly) or C(x, treatment, \"level\")",
    ),
    (
        "problems ~ C(arm, sum, 2)",
        "C(arm, sum, 2)",
        "`C` has a reference level for treatment coding only; write C(x, sum), C(x, helmert), C(x, poly) or C(x, treatment, \"level\")",
    ),
    (
        "problems ~ C(arm, treatment, -1)",
        "C(arm, treatment, -1)",
        "`C` takes as a reference a level in quotation marks, or its place; write C(x, sum), C(x, helmert), C(x, poly) or C(x, treatment, \"level\")",
    ),
    (
        "problems ~ C(arm, treatment, \"EK\")",
        "C(arm, treatment, \"EK\")",
        "factor `arm` has no level 'EK'; there are: WT, EKC",
    ),
    (
        "problems ~ C(wave, treatment, 4)",
        "C(wave, treatment, 4)",
        "factor `wave` has no level number 4; there are: 1, 2, 3",
    ),
    (
        "problems ~ C(x, sum)",
        "C(x, sum)",
        "column `x` holds numbers, but C() needs a factor; write factor(x), or C(factor(x), …) for a coding",
    ),
    (
        "problems ~ factor(x + 1)",
        "factor(x + 1)",
        "`factor` takes the name of a column first; write factor(x)",
    ),
    (
        "problems ~ C(log(x))",
        "C(log(x))",
        "`C` takes the name of a column first; write C(x, sum), C(x, helmert), C(x, poly) or C(x, treatment, \"level\")",
    ),
    (
        "problems ~ factor()",
        "factor()",
        "`factor` takes one column; write factor(x)",
    ),
    (
        "problems ~ factor(x, y)",
        "factor(x, y)",
        "`factor` does not take `y` as an argument here; write factor(x)",
    ),
    (
        "problems ~ \"arm\"",
        "\"arm\"",
        "`\"arm\"` cannot stand here: a term is a column or a function of columns",
    ),
    (
        "problems ~ TRUE",
        "TRUE",
        "`TRUE` cannot stand here: a term is a column or a function of columns",
    ),
    (
        "problems ~ 2",
        "2",
        "`2` cannot stand here: the only numbers among terms are 1 and 0, for the intercept; arithmetic goes in I()",
    ),
    (
        "problems ~ arm * 1",
        "1",
        "`1` cannot stand here: the only numbers among terms are 1 and 0, for the intercept; arithmetic goes in I()",
    ),
    (
        "problems ~ x^0",
        "0",
        "`0` cannot stand here: a power of terms is 1, 2, 3, …; arithmetic goes in I()",
    ),
    (
        "problems ~ x^1.5",
        "1.5",
        "`1.5` cannot stand here: a power of terms is 1, 2, 3, …; arithmetic goes in I()",
    ),
    (
        "problems ~ x * -arm",
        "-arm",
        "`-arm` cannot stand here: arithmetic goes in I(), as in I(-x)",
    ),
    (
        "problems ~ I(x:arm)",
        "arm",
        "`arm` cannot stand here: `:` and `%in%` are no arithmetic",
    ),
    (
        "problems ~ I(poly(x, 2))",
        "poly(x, 2)",
        "`poly(x, 2)` cannot stand here: it is no arithmetic on numbers",
    ),
    (
        "problems ~ log(\"x\")",
        "\"x\"",
        "`\"x\"` cannot stand here: it is no arithmetic on numbers",
    ),
    (
        "problems ~ arm:offset(x)",
        "offset(x)",
        "`offset(x)` cannot stand here: it is added with `+`, not part of another term",
    ),
    (
        "problems ~ offset(x, 2)",
        "offset(x, 2)",
        "`offset` takes one column; write offset(log(t))",
    ),
    (
        "problems ~ offset()",
        "offset()",
        "`offset` takes columns without names; write offset(log(t))",
    ),
    (
        "problems ~ strata(log(x))",
        "strata(log(x))",
        "`strata` takes names of columns; write strata(x)",
    ),
    (
        "problems ~ strata(arm) + strata(wave)",
        "strata(wave)",
        "`strata(wave)` cannot stand here: strata() stands once; cross several columns with strata(a, b)",
    ),
    (
        "problems ~ cluster(id = family)",
        "cluster(id = family)",
        "`cluster` takes columns without names; write cluster(x)",
    ),
    (
        "problems ~ cbind(x, half)",
        "cbind(x, half)",
        "`cbind(x, half)` cannot stand here: it is a response, on the left of `~`",
    ),
    (
        "cbind(x) ~ arm",
        "cbind(x)",
        "`cbind` takes two columns or more; write cbind(successes, failures)",
    ),
    (
        "Surv(x) ~ arm",
        "Surv(x)",
        "`Surv` takes two or three columns; write Surv(time, event) or Surv(entry, exit, event)",
    ),
    (
        "Surv(time = x, event) ~ arm",
        "Surv(time = x, event)",
        "`Surv` takes no named arguments; write Surv(time, event) or Surv(entry, exit, event)",
    ),
    (
        "(x) ~ arm",
        "(x)",
        "`(x)` cannot stand here: the response is a column or a function of columns",
    ),
    (
        "arm:wave ~ x",
        "wave",
        "`wave` cannot stand here: `:` and `%in%` are no arithmetic",
    ),
    (
        "poly(x, 2) ~ arm",
        "poly(x, 2)",
        "`poly(x, 2)` cannot stand here: it is no arithmetic on numbers",
    ),
    (
        "problems ~ problems + x",
        "problems",
        "the response `problems` stands on the right side too; remove it there",
    ),
    (
        "Surv(x, event) ~ event",
        "event",
        "the response `event` stands on the right side too; remove it there",
    ),
    (
        "cbind(x, half) ~ half",
        "half",
        "the response `half` stands on the right side too; remove it there",
    ),
    (
        "problems ~ arn",
        "arn",
        "there is no column `arn` in the table; did you mean `arm`?",
    ),
    (
        "problem ~ arm",
        "problem",
        "there is no column `problem` in the table; did you mean `problems`?",
    ),
    (
        "problems ~ (1 | famly)",
        "famly",
        "there is no column `famly` in the table; did you mean `family`?",
    ),
    (
        "problems ~ offset(zz)",
        "zz",
        "there is no column `zz` in the table; there are: problems, x, ties, event, half, arm, wave, one, family",
    ),
    (
        "problems ~ log(arm)",
        "arm",
        "column `arm` is a factor, but `log(arm)` needs numbers",
    ),
    (
        "problems ~ I(arm^2)",
        "arm",
        "column `arm` is a factor, but `I(arm^2)` needs numbers",
    ),
    (
        "problems ~ poly(arm, 2)",
        "arm",
        "column `arm` is a factor, but poly() needs numbers",
    ),
    (
        "problems ~ ns(wave, 2)",
        "wave",
        "column `wave` is a factor, but ns() needs numbers",
    ),
    (
        "problems ~ offset(arm)",
        "arm",
        "column `arm` is a factor, but offset() needs numbers",
    ),
    (
        "log(arm) ~ x",
        "arm",
        "column `arm` is a factor, but `log(arm)` needs numbers",
    ),
    (
        "problems ~ one",
        "one",
        "factor `one` has 1 level, so it cannot explain anything; leave it out",
    ),
    (
        "problems ~ x + arm:one",
        "one",
        "factor `one` has 1 level, so it cannot explain anything; leave it out",
    ),
    (
        "problems ~ log(x)",
        "x",
        "`x` is -3 at row 3, but a number above zero (for a logarithm) was expected",
    ),
    (
        "problems ~ sqrt(x)",
        "x",
        "`x` is -3 at row 3, but zero or more (for a square root) was expected",
    ),
    (
        "problems ~ 1 + log1p(x)",
        "x",
        "`x` is -3 at row 3, but a number above -1 (for log1p) was expected",
    ),
    (
        "problems ~ I(1/x)",
        "x",
        "`x` is 0 at row 5, but a divisor other than zero was expected",
    ),
    (
        "problems ~ I(x^0.5)",
        "I(x^0.5)",
        "`I(x^0.5)` is undefined at row 3, but a finite number was expected",
    ),
    (
        "problems ~ exp(x * 1000)",
        "exp(x * 1000)",
        "`exp(x * 1000)` is infinite at row 1, but a finite number was expected",
    ),
    (
        "problems ~ log(x - 5)",
        "x - 5",
        "`x - 5` is -4 at row 1, but a number above zero (for a logarithm) was expected",
    ),
    (
        "problems ~ poly(log(x), 2)",
        "x",
        "`x` is -3 at row 3, but a number above zero (for a logarithm) was expected",
    ),
    (
        "problems ~ poly(ties, 3)",
        "poly(ties, 3)",
        "`poly(ties, 3)` has degree 3, but there are only 3 distinct values: the degree must be lower than that",
    ),
    (
        "problems ~ ns(ties, 4)",
        "ns(ties, 4)",
        "`ns(ties, 4)`: the knots (1, 1, 1.75) must lie between the smallest value 1 and the largest 3; take a lower df or other knots",
    ),
    (
        "problems ~ ns(x, knots = -9)",
        "ns(x, knots = -9)",
        "`ns(x, knots = -9)`: the knots (-9) must lie between the smallest value -3 and the largest 4; take a lower df or other knots",
    ),
    (
        "problems ~ ns(x, knots = c(1, 1))",
        "ns(x, knots = c(1, 1))",
        "`ns(x, knots = c(1, 1))`: the knots (1, 1) coincide; take a lower df or other knots",
    ),
    (
        "problems ~ ns(I(0 * x), 2)",
        "ns(I(0 * x), 2)",
        "`ns(I(0 * x), 2)`: a spline needs two distinct values at least",
    ),
    (
        "wave ~ x",
        "wave",
        "the response `wave` is a factor of 3 levels (1, 2, 3) without an order; declare it ordinal, or use a factor of two levels or a number",
    ),
    (
        "family ~ x",
        "family",
        "the response `family` is a factor of 3 levels (f1, f2, f3) without an order; declare it ordinal, or use a factor of two levels or a number",
    ),
    (
        "cbind(x, half, event) ~ arm",
        "cbind(x, half, event)",
        "the response `cbind(x, half, event)` has more than two columns: a proportion is cbind(successes, failures), and several outcomes need a declared kind, such as continuous",
    ),
    (
        "cbind(x, arm) ~ 1",
        "arm",
        "column `arm` is a factor, but this place of the response needs numbers",
    ),
    (
        "cbind(half, event) ~ 1",
        "half",
        "`half` is 1.5 at row 2, but a whole number, zero or more was expected",
    ),
    (
        "cbind(event, x) ~ 1",
        "x",
        "`x` is -3 at row 3, but a whole number, zero or more was expected",
    ),
    (
        "Surv(x, event) ~ arm",
        "x",
        "`x` is -3 at row 3, but a time of zero or more was expected",
    ),
    (
        "Surv(ties, event) ~ arm",
        "event",
        "`event` is 2 at row 5, but 0 or 1 was expected",
    ),
    (
        "Surv(ties, wave) ~ arm",
        "wave",
        "the response `wave` is a factor of 3 levels (1, 2, 3), but two were expected, the second being 1",
    ),
    (
        "Surv(arm, event) ~ wave",
        "arm",
        "column `arm` is a factor, but this place of the response needs numbers",
    ),
    (
        "Surv(event, ties, arm) ~ wave",
        "ties",
        "`ties` is 1 at row 2, but a time after the entry was expected",
    ),
    (
        "~ arm",
        "",
        "a response on the left of `~` was expected, but nothing was found",
    ),
];

#[test]
fn every_formula_is_refused_in_words_and_in_place() {
    for (formula, excerpt, message) in FORMULAS {
        let error = error(formula, &DesignOptions::default());
        assert_eq!(error.to_string(), *message, "{formula}");
        assert_eq!(error.place().unwrap().excerpt(), *excerpt, "{formula}");
        assert_eq!(error.place().unwrap().formula, *formula);
    }
}

#[test]
fn a_place_is_drawn_under_its_own_line() {
    let error = error(
        "problems ~ arm +\n  `é` + log(arm)",
        &DesignOptions::default(),
    );
    assert_eq!(error.place().unwrap().drawn(), "  `é` + log(arm)\n  ^^^");
}

#[test]
fn what_is_too_large_is_refused_at_once() {
    let refused = |text: &str| text.parse::<Formula>().unwrap_err().to_string();
    let deep =
        "the formula is too large: its pieces stand too deep inside one another (200 at most)";
    assert_eq!(refused(&format!("y ~ {}", "(".repeat(10_000))), deep);
    assert_eq!(
        refused(&format!(
            "y ~ {}x{}",
            "(".repeat(10_000),
            ")".repeat(10_000)
        )),
        deep
    );
    assert_eq!(refused(&format!("y ~ {}x", "-".repeat(10_000))), deep);
    assert_eq!(refused(&format!("y ~ x{}", "^2".repeat(10_000))), deep);
    assert_eq!(refused(&format!("y ~ {}x", "log(".repeat(10_000))), deep);
    let many = "the formula is too large: it expands to too many terms (4096 at most)";
    let names: Vec<String> = (0..20).map(|i| format!("x{i}")).collect();
    assert_eq!(refused(&format!("y ~ ({})^50", names.join(" + "))), many);
    assert_eq!(refused(&format!("y ~ {}", names.join(" * "))), many);
    let names: Vec<String> = (0..5000).map(|i| format!("x{i}")).collect();
    assert_eq!(refused(&format!("y ~ {}", names.join(" + "))), many);
    assert_eq!(refused(&format!("y ~ a:({})", names.join(" + "))), many);

    // Long is not deep: these are fine.
    assert!(
        format!("y ~ x{}", " + x".repeat(100_000))
            .parse::<Formula>()
            .is_ok()
    );
    assert!(
        format!("y ~ I(x{})", " - x".repeat(100_000))
            .parse::<Formula>()
            .is_ok()
    );
    assert!("y ~ (a + b + c)^50".parse::<Formula>().is_ok());
    assert!(
        format!("y ~ {}x{}", "(".repeat(150), ")".repeat(150))
            .parse::<Formula>()
            .is_ok()
    );

    let values = (0..200).map(|i| Some(f64::from(i))).collect::<Vec<_>>();
    let column = |name: &str| Column::numeric(name, values.clone()).unwrap();
    let wide = Table::new(vec![column("y"), column("a"), column("b")]).unwrap();
    let formula = "y ~ factor(a):factor(b)".parse().unwrap();
    let error = Recipe::new(&formula, &wide, &DesignOptions::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the formula is too large: its model matrix would have too many columns (10000 at most)"
    );
    assert_eq!(error.place().unwrap().excerpt(), "factor(a):factor(b)");
}

#[test]
fn options_are_refused_by_name() {
    let with = |formula: &str, change: &dyn Fn(&mut DesignOptions)| {
        let mut options = DesignOptions::default();
        change(&mut options);
        error(formula, &options).to_string()
    };
    let kind = |kind| move |options: &mut DesignOptions| options.response = kind;
    assert_eq!(
        with("half ~ x", &kind(ResponseKind::Count)),
        "`half` is 1.5 at row 2, but a whole number, zero or more was expected"
    );
    assert_eq!(
        with("event ~ x", &kind(ResponseKind::Binary)),
        "`event` is 2 at row 5, but 0 or 1 was expected"
    );
    assert_eq!(
        with("arm ~ x", &kind(ResponseKind::Count)),
        "the response `arm` is a factor, but the model needs numbers; correct the values that are \
         no numbers, or use another response"
    );
    assert_eq!(
        with("log(event + 1) ~ x", &kind(ResponseKind::Ordinal)),
        "the response `log(event + 1)` is arithmetic, which cannot be declared ordinal"
    );
    assert_eq!(
        with("cbind(x, half) ~ arm", &kind(ResponseKind::Ordinal)),
        "the response `cbind(x, half)` is several columns, which cannot be declared ordinal"
    );
    assert_eq!(
        with("Surv(ties, event) ~ arm", &kind(ResponseKind::Count)),
        "the response `Surv(ties, event)` is a survival time; leave its declared kind at auto"
    );
    assert_eq!(
        with("problems ~ x", &|options| options.subject =
            Some("famly".into())),
        "there is no column `famly` in the table; did you mean `family`?"
    );
    assert_eq!(
        with("problems ~ strata(arm)", &|options| options.stratum =
            Some("wave".into())),
        "option `stratum`: it is `wave`, but the formula has strata(arm); name the strata once"
    );
    let zero = |text: &str| {
        let zero = Some(text.parse().unwrap());
        move |options: &mut DesignOptions| options.zero = zero.clone()
    };
    assert_eq!(
        with("problems ~ x", &zero("x ~ arm")),
        "option `zero`: its formula has no left side; write `~ arm`"
    );
    assert_eq!(
        with("problems ~ x", &zero("~ arm + strata(wave)")),
        "option `zero`: strata() belongs in the main formula"
    );
    assert_eq!(
        with("problems ~ x", &zero("~ cluster(family)")),
        "option `zero`: cluster() belongs in the main formula"
    );
    let dispersion = "~ log(x)".parse().unwrap();
    let options = DesignOptions {
        dispersion: Some(dispersion),
        ..DesignOptions::default()
    };
    let found = error("problems ~ arm", &options);
    assert_eq!(found.place().unwrap().formula, "~ log(x)");
    let weights = |column: &str, kind| {
        let weights = Some(WeightColumn {
            column: column.into(),
            kind,
        });
        move |options: &mut DesignOptions| options.weights = weights.clone()
    };
    assert_eq!(
        with("problems ~ arm", &weights("half", WeightKind::Frequency)),
        "`half` is 1.5 at row 2, but a whole number, zero or more (a frequency weight) was expected"
    );
    assert_eq!(
        with("problems ~ arm", &weights("x", WeightKind::Sampling)),
        "`x` is -3 at row 3, but a number, zero or more (a weight) was expected"
    );
    assert_eq!(
        with("problems ~ arm", &weights("arm", WeightKind::Sampling)),
        "column `arm` is a factor, but numbers was expected"
    );
    let time = TimeColumns {
        wave: "wave".into(),
        value: Some("arm".into()),
    };
    assert_eq!(
        with("problems ~ arm", &|options| options.time =
            Some(time.clone())),
        "column `arm` is a factor, but numbers was expected"
    );
}

#[test]
fn new_data_are_refused_where_the_recipe_does_not_know_them() {
    let options = DesignOptions::default();
    let recipe = Recipe::new(&"problems ~ arm + x".parse().unwrap(), &table(), &options).unwrap();
    let problems = Column::numeric("problems", vec![Some(1.0); 2]).unwrap();
    let x = Column::numeric("x", vec![Some(1.0); 2]).unwrap();
    let arm = Column::factor("arm", ["WT", "EKc"], vec![Some(0), Some(1)]).unwrap();
    let refused = |columns: &[&Column]| {
        let new = Table::new(columns.iter().map(|&column| column.clone()).collect()).unwrap();
        recipe.design(&new).unwrap_err().to_string()
    };
    assert_eq!(
        refused(&[&problems, &arm, &x]),
        "column `arm` has the level 'EKc' at row 2, which the recipe does not know; did you mean \
         `EKC`?"
    );
    assert_eq!(
        refused(&[&problems, &x]),
        "there is no column `arm` in the table; there are: problems, x"
    );
    let numbers = Column::numeric("arm", vec![Some(1.0); 2]).unwrap();
    assert_eq!(
        refused(&[&problems, &numbers, &x]),
        "column `arm` is numeric, but a factor was expected"
    );
    let missing = Column::factor("arm", ["WT"], vec![None, None]).unwrap();
    let absent = Table::new(vec![
        problems.clone(),
        Column::numeric("x", vec![None; 2]).unwrap(),
    ]);
    let on_nothing = |formula: &str| {
        let absent = absent.as_ref().unwrap();
        Recipe::new(&formula.parse().unwrap(), absent, &options)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        on_nothing("problems ~ ns(x, 3)"),
        "`ns(x, 3)`: a spline needs two distinct values at least"
    );
    assert_eq!(
        on_nothing("problems ~ poly(x, 2)"),
        "`poly(x, 2)` has degree 2, but there are only 0 distinct values: the degree must be \
         lower than that"
    );
    assert_eq!(
        on_nothing("problems ~ factor(x)"),
        "factor `x` has 0 levels, so it cannot explain anything; leave it out"
    );
    assert_eq!(
        refused(&[&problems, &missing, &x]),
        "the design for `problems`: no rows are left (2 left out because `arm` is missing)"
    );
}

#[test]
fn settings_are_refused_by_name() {
    let formula = "problems ~ arm * wave + log(x + 4) + factor(event) + (1 | family)";
    let recipe = Recipe::new(
        &formula.parse().unwrap(),
        &table(),
        &DesignOptions::default(),
    );
    let recipe = recipe.unwrap();
    let row = |settings: &[(&str, &str)]| recipe.row(settings).unwrap_err().to_string();
    assert_eq!(
        row(&[("arm", "EKC")]),
        "the contrast depends on `wave`, `x`, `event`: set each of them, or choose how with `At`"
    );
    assert_eq!(
        row(&[("arms", "EKC")]),
        "the setting arms = EKC cannot be used: the terms of the mean do not use it; did you mean \
         `arm`?"
    );
    assert_eq!(
        row(&[("family", "f1")]),
        "the setting family = f1 cannot be used: the terms of the mean do not use it; there are: \
         arm, wave, x, event"
    );
    assert_eq!(
        row(&[("arm", "EK")]),
        "the setting arm = EK cannot be used: there is no such level; there are: WT, EKC"
    );
    assert_eq!(
        row(&[("event", "3")]),
        "the setting event = 3 cannot be used: there is no such level; there are: 0, 1, 2"
    );
    assert_eq!(
        row(&[("x", "two")]),
        "the setting x = two cannot be used: it must be a number"
    );
    assert_eq!(
        row(&[("x", "2"), ("x", "2")]),
        "the setting x = 2 cannot be used: it is set twice"
    );
    assert_eq!(
        recipe
            .row_at(&[("x", "-4")], At::Mean)
            .unwrap_err()
            .to_string(),
        "`x + 4` is 0, but a number above zero (for a logarithm) was expected"
    );
    let difference =
        |a: &[(&str, &str)], b: &[(&str, &str)]| recipe.difference(a, b).unwrap_err().to_string();
    assert_eq!(
        difference(&[("arm", "EKC")], &[("arm", "WT")]),
        "the contrast depends on `wave`: set each of them, or choose how with `At`"
    );
    assert_eq!(
        difference(&[("arm", "EKC"), ("wave", "2")], &[("arm", "WT")]),
        "`wave` is set on one side only; set it on both"
    );
    assert_eq!(
        difference(&[("arm", "EKC")], &[("arm", "EKC")]),
        "the two settings are alike, so that nothing differs"
    );
    let other = Recipe::new(
        &"x ~ arm".parse().unwrap(),
        &table(),
        &DesignOptions::default(),
    );
    let one = recipe
        .difference(&[("event", "1")], &[("event", "0")])
        .unwrap();
    let two = other.unwrap().row(&[("arm", "WT")]).unwrap();
    assert_eq!(
        one.minus(&two).unwrap_err().to_string(),
        "`event 1 − 0` and `arm WT` are contrasts of different models"
    );
}

#[test]
fn a_formula_can_be_checked_without_data() {
    let schema = Schema::of(&table());
    let ColumnKind::Factor { levels, ordered } = &schema.columns[5].kind else {
        panic!("arm is a factor");
    };
    assert_eq!((levels.join(" "), *ordered), ("WT EKC".to_owned(), false));
    let columns = |text: &str| text.parse::<Formula>().unwrap().columns(&schema);
    assert_eq!(
        columns("log(problems) ~ C(arm, sum) * poly(x, 2) + offset(log(ties)) + (1 | family)"),
        Ok(["problems", "arm", "x", "ties", "family"]
            .map(str::to_owned)
            .to_vec())
    );
    let error = columns("problems ~ arm + sqrt(wave)").unwrap_err();
    assert_eq!(error.place().unwrap().span, 22..26);
}

//! Whatever the frame and the roles are, there is a cohort or an error, and the counts add up.

use kring_cohort::{
    Code, Codebook, Cohort, Dataset, Level, MissingRule, Per, Provenance, Roles, ValueLabel,
    Variable, VariableKind, VariableSpec, Wave, Wide,
};
use polars::prelude::{
    AnyValue, Column, DataFrame, DataType, FrozenCategories, IntoColumn, NamedFrom, Series,
    TimeUnit,
};
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop, prop_assert_eq, proptest};
use proptest::{collection, option, sample};

const NAMES: [&str; 9] = ["id", "wave", "arm", "y1", "y2", "y", "y_1", "months", "x"];
const WORDS: [&str; 8] = ["1", "2", "a", "b", "", "TRUE", "é", "nan"];

fn name() -> BoxedStrategy<String> {
    let known = sample::select(NAMES.to_vec());
    let known = known.prop_map(str::to_owned);
    prop::strategy::Union::new_weighted(vec![
        (12, known.boxed()),
        (1, Just("no such".to_owned()).boxed()),
        (1, Just(String::new()).boxed()),
    ])
    .boxed()
}

/// Mostly the column that is meant.
fn role(meant: &'static str) -> impl Strategy<Value = String> {
    let meant = Just(meant.to_owned()).boxed();
    prop::strategy::Union::new_weighted(vec![(15, meant), (1, name())])
}

fn word() -> impl Strategy<Value = String> + Clone {
    sample::select(WORDS.to_vec()).prop_map(str::to_owned)
}

fn number() -> impl Strategy<Value = f64> + Clone {
    let odd = [
        0.0,
        -0.0,
        1.0,
        2.0,
        -1.0,
        0.5,
        1e300,
        f64::NAN,
        f64::INFINITY,
        9e15,
    ];
    sample::select(odd.to_vec())
}

/// A column of any dtype, with as many rows as asked.
fn column(rows: usize) -> BoxedStrategy<Series> {
    let plain = [
        DataType::Boolean,
        DataType::Int8,
        DataType::UInt64,
        DataType::Int64,
        DataType::Int128,
        DataType::Float32,
        DataType::Float64,
        DataType::Date,
        DataType::Time,
        DataType::Null,
        DataType::Datetime(TimeUnit::Nanoseconds, None),
        DataType::Duration(TimeUnit::Milliseconds),
        DataType::Decimal(38, 3),
        DataType::String,
    ];
    let numbers = collection::vec(option::weighted(0.8, number()), rows);
    let numbers = (numbers, sample::select(plain.to_vec())).prop_map(|(values, dtype)| {
        let series = Series::new("".into(), values);
        series.cast(&dtype).unwrap_or(series)
    });
    let texts = collection::vec(option::weighted(0.8, word()), rows)
        .prop_map(|values| Series::new("".into(), values));
    let ordered = texts.clone().prop_map(|series| {
        let frozen = FrozenCategories::new(WORDS).unwrap();
        series
            .cast(&DataType::from_frozen_categories(frozen))
            .unwrap()
    });
    let lists = collection::vec(any::<bool>(), rows).prop_map(|values| {
        let lists = values
            .iter()
            .map(|&value| AnyValue::List(Series::new("".into(), [value])));
        Series::new("".into(), lists.collect::<Vec<_>>())
    });
    prop::strategy::Union::new_weighted(vec![
        (12, numbers.boxed()),
        (10, texts.boxed()),
        (3, ordered.boxed()),
        (1, lists.boxed()),
    ])
    .boxed()
}

fn code() -> impl Strategy<Value = Code> + Clone {
    prop::strategy::Union::new([
        number().prop_map(Code::Number).boxed(),
        word().prop_map(Code::Text).boxed(),
    ])
}

/// What a file says of a column; it need not fit.
fn entry(name: &'static str) -> impl Strategy<Value = Variable> {
    let labels = collection::vec((code(), word()), 0..4);
    let rules = collection::vec(
        prop::strategy::Union::new([
            number().prop_map(MissingRule::Value).boxed(),
            option::of(number())
                .prop_map(|low| MissingRule::Range { low, high: None })
                .boxed(),
            word().prop_map(MissingRule::Text).boxed(),
        ]),
        0..2,
    );
    (labels, rules, option::of(word())).prop_map(move |(labels, user_missing, label)| Variable {
        label,
        value_labels: labels
            .into_iter()
            .map(|(code, label)| ValueLabel { code, label })
            .collect(),
        user_missing,
        ..Variable::named(name)
    })
}

fn dataset() -> impl Strategy<Value = Dataset> {
    (0usize..6, sample::subsequence(NAMES.to_vec(), 5..=9)).prop_flat_map(|(rows, names)| {
        let columns: Vec<_> = names.iter().map(|_| column(rows)).collect();
        let entries: Vec<_> = names.iter().map(|&name| entry(name)).collect();
        (columns, entries).prop_map(move |(columns, variables)| {
            let named = columns.into_iter().zip(&names);
            let columns: Vec<Column> = named
                .map(|(series, &name)| series.with_name(name.into()).into_column())
                .collect();
            Dataset {
                frame: DataFrame::new(rows, columns).unwrap(),
                codebook: Codebook {
                    variables,
                    ..Codebook::default()
                },
                provenance: Provenance::default(),
            }
        })
    })
}

fn spec() -> impl Strategy<Value = VariableSpec> {
    let kinds = [
        VariableKind::Continuous,
        VariableKind::Count,
        VariableKind::Binary,
        VariableKind::Ordinal,
        VariableKind::Nominal,
    ];
    let per = sample::select(vec![Per::Subject, Per::Wave]);
    (
        name(),
        option::of(sample::select(kinds.to_vec())),
        option::weighted(0.2, (number(), number())),
        option::weighted(0.2, levels()),
        collection::vec(code(), 0..2),
        option::weighted(0.2, per),
    )
        .prop_map(|(name, kind, range, levels, missing, per)| VariableSpec {
            kind,
            range: range.map(|(low, high)| [low, high]),
            levels: levels.unwrap_or_default(),
            missing,
            per,
            ..VariableSpec::named(name)
        })
}

/// Mostly different levels.
fn levels() -> impl Strategy<Value = Vec<Level>> {
    let names = sample::subsequence(WORDS.to_vec(), 1..4);
    let different = names.prop_map(|names| names.into_iter().map(Level::named).collect());
    let any = collection::vec(level(), 1..4).boxed();
    prop::strategy::Union::new_weighted(vec![(4, different.boxed()), (1, any)])
}

fn level() -> impl Strategy<Value = Level> {
    (
        word(),
        option::weighted(0.2, word()),
        option::weighted(0.2, word()),
    )
        .prop_map(|(name, code, label)| Level { name, code, label })
}

fn wide() -> impl Strategy<Value = Wide> {
    let patterns = ["y{wave}", "{wave}", "y", "y_{wave}{wave}"];
    (
        name(),
        collection::vec(name(), 0..3),
        option::of(sample::select(patterns.to_vec())),
        option::weighted(0.3, collection::vec(word(), 0..3)),
    )
        .prop_map(|(name, columns, pattern, waves)| Wide {
            name,
            columns: if pattern.is_some() {
                Vec::new()
            } else {
                columns
            },
            pattern: pattern.map(str::to_owned),
            waves,
        })
}

/// The levels as waves, some with months.
fn waves(levels: Vec<Level>) -> impl Strategy<Value = Vec<Wave>> {
    let months = collection::vec(option::weighted(0.3, number()), levels.len());
    months.prop_map(move |months| {
        let waves = levels.iter().zip(months);
        let wave = |(level, months): (&Level, _)| Wave {
            months,
            ..Wave::named(&level.name)
        };
        waves.map(wave).collect()
    })
}

fn roles() -> impl Strategy<Value = Roles> {
    let few = 0.3;
    (
        option::weighted(0.95, role("id")),
        option::weighted(0.4, role("wave")),
        option::weighted(0.5, role("arm")),
        option::weighted(few, role("x")),
        option::weighted(0.1, name()),
        option::weighted(few, collection::vec(wide(), 1..3)),
        option::weighted(few, levels().prop_flat_map(waves)),
        option::weighted(few, levels()),
        option::weighted(few, collection::vec(spec(), 1..3)),
    )
        .prop_map(
            |(subject, wave, arm, clusters, time, wide, waves, arms, variables)| Roles {
                subject,
                wave,
                arm,
                clusters: clusters.into_iter().collect(),
                time,
                wide: wide.unwrap_or_default(),
                waves: waves.unwrap_or_default(),
                arms: arms.unwrap_or_default(),
                variables: variables.unwrap_or_default(),
                ..Roles::default()
            },
        )
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(2000))]

    #[test]
    fn there_is_a_cohort_or_an_error(data in dataset(), roles in roles()) {
        let rows = data.frame.height();
        let Ok(cohort) = Cohort::new(data, &roles) else {
            return Ok(());
        };
        for violation in cohort.validate() {
            assert!(violation.row.is_none_or(|row| (1..=rows).contains(&row)));
            assert!(!violation.to_string().is_empty());
        }
        for column in &cohort.missing().columns {
            let by_code: usize = column.by_code.iter().map(|entry| entry.count).sum();
            let sum = column.observed + column.system + by_code + column.unusable;
            prop_assert_eq!(sum, rows, "{}", column.column);
        }
        let varying: Vec<&str> = cohort.variables(Per::Wave).collect();
        if !varying.is_empty() {
            let flow = cohort.flow(&varying).unwrap();
            prop_assert_eq!(flow.subjects(), cohort.subjects().rows());
        }
    }
}

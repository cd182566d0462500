//! Frames from elsewhere may have columns of any type: each is converted, or refused by name.

use kring_cohort::{Cohort, ExclusionReason, Roles, VariableKind, VariableSpec};
use polars::prelude::{
    Categories, Column, DataFrame, DataType, FrozenCategories, IntoColumn, IntoSeries, NamedFrom,
    Series, TimeUnit,
};

use crate::{level_names, levels, shown, single, spec};

/// A frame with the columns `id` and `x`.
fn frame(x: Series) -> DataFrame {
    let ids: Vec<i32> = (1..).take(x.len()).collect();
    let columns: Vec<Column> = vec![
        Series::new("id".into(), ids).into_column(),
        x.with_name("x".into()).into_column(),
    ];
    DataFrame::new(columns[0].len(), columns).unwrap()
}

fn of(x: Series) -> Cohort {
    Cohort::from_frame(frame(x), &single()).unwrap_or_else(|error| panic!("{error}"))
}

fn series<T, P: ?Sized>(values: T) -> Series
where
    Series: NamedFrom<T, P>,
{
    Series::new("x".into(), values)
}

#[test]
fn every_type_of_number_is_a_number() {
    use DataType::{
        Float32, Int8, Int16, Int32, Int64, Int128, UInt8, UInt16, UInt32, UInt64, UInt128,
    };
    let whole = series([Some(3i64), None, Some(0)]);
    for dtype in [
        Int8,
        Int16,
        Int32,
        Int64,
        Int128,
        UInt8,
        UInt16,
        UInt32,
        UInt64,
        UInt128,
        Float32,
        DataType::Float16,
        DataType::Decimal(10, 2),
    ] {
        let cast = whole
            .cast(&dtype)
            .unwrap_or_else(|e| panic!("{dtype}: {e}"));
        assert_eq!(shown(of(cast).subjects(), "x"), "3 . 0", "{dtype}");
    }
    let cents = series(["1.25", "-0.10"])
        .cast(&DataType::Decimal(10, 2))
        .unwrap();
    assert_eq!(shown(of(cents).subjects(), "x"), "1.25 -0.1");
    let none = Series::new_null("x".into(), 2);
    assert_eq!(shown(of(none).subjects(), "x"), ". .");
}

#[test]
fn numbers_that_are_none_are_missing() {
    let cohort = of(series([1.0, f64::NAN, f64::INFINITY]));
    assert_eq!(shown(cohort.subjects(), "x"), "1 . .");
    let missing = cohort.missing().column("x").unwrap();
    assert_eq!(
        (missing.observed, missing.system, missing.by_code.len()),
        (1, 0, 2)
    );
}

#[test]
fn whole_numbers_that_would_lose_digits_are_identifiers() {
    let long: i64 = 9_007_199_254_740_993; // 2^53 + 1
    let cohort = of(series([long, 1]));
    assert_eq!(shown(cohort.subjects(), "x"), "9007199254740993 1");
    let ids = DataFrame::new(
        2,
        vec![Series::new("id".into(), [long, long + 1]).into_column()],
    );
    let cohort = Cohort::from_frame(ids.unwrap(), &single()).unwrap();
    assert_eq!(
        level_names(cohort.subjects(), "id"),
        ["9007199254740993", "9007199254740994"]
    );
    let wide = series([i128::MAX, 1]);
    assert_eq!(shown(of(wide).subjects(), "x"), format!("{} 1", i128::MAX));
}

#[test]
fn truth_is_a_factor_or_a_number_if_declared() {
    let truth = || series([Some(true), None, Some(false)]);
    let cohort = of(truth());
    assert_eq!(shown(cohort.subjects(), "x"), "TRUE . FALSE");
    assert_eq!(level_names(cohort.subjects(), "x"), ["FALSE", "TRUE"]);
    let with = |spec: VariableSpec| {
        let roles = Roles {
            variables: vec![spec],
            ..single()
        };
        let cohort = Cohort::from_frame(frame(truth()), &roles).unwrap();
        assert_eq!(cohort.validate(), []);
        shown(cohort.subjects(), "x")
    };
    let number = VariableSpec {
        kind: Some(VariableKind::Count),
        ..spec("x")
    };
    assert_eq!(with(number), "1 . 0");
    let declared = VariableSpec {
        levels: levels(&["true", "False"]),
        ..spec("x")
    };
    assert_eq!(with(declared), "true . False");
    let binary = VariableSpec {
        kind: Some(VariableKind::Binary),
        ..spec("x")
    };
    assert_eq!(with(binary), "TRUE . FALSE");
}

#[test]
fn an_enum_has_its_own_order_and_a_categorical_has_none() {
    let words = series([Some("b"), Some("a"), None, Some(" ")]);
    let categories = Categories::random("x".into(), polars::prelude::CategoricalPhysical::U32);
    let categorical = words.cast(&DataType::from_categories(categories)).unwrap();
    let cohort = of(categorical);
    assert_eq!(level_names(cohort.subjects(), "x"), ["a", "b"]);
    assert_eq!(shown(cohort.subjects(), "x"), "b a . .");
    let frozen = FrozenCategories::new(["c", "b", " ", "a"]).unwrap();
    let ordered = words
        .cast(&DataType::from_frozen_categories(frozen))
        .unwrap();
    let cohort = of(ordered);
    assert_eq!(level_names(cohort.subjects(), "x"), ["c", "b", "a"]);
    assert_eq!(shown(cohort.subjects(), "x"), "b a . .");
}

#[test]
fn dates_durations_and_times_are_numbers_with_a_unit() {
    let title = |cohort: &Cohort| {
        let column = cohort.subjects().column("x").unwrap();
        (column.title().to_owned(), column.unit.clone().unwrap())
    };
    let day = of(series([30i32, -1]).cast(&DataType::Date).unwrap());
    assert_eq!(shown(day.subjects(), "x"), "30 -1");
    assert_eq!(
        title(&day),
        ("x, days since 1970-01-01".into(), "days".into())
    );
    for (unit, half_a_day) in [
        (TimeUnit::Milliseconds, 43_200_000i64),
        (TimeUnit::Microseconds, 43_200_000_000),
        (TimeUnit::Nanoseconds, 43_200_000_000_000),
    ] {
        let moment = series([half_a_day])
            .cast(&DataType::Datetime(unit, None))
            .unwrap();
        assert_eq!(shown(of(moment).subjects(), "x"), "0.5");
        let duration = of(series([half_a_day])
            .cast(&DataType::Duration(unit))
            .unwrap());
        assert_eq!(shown(duration.subjects(), "x"), "0.5");
        assert_eq!(title(&duration), ("x".into(), "days".into()));
    }
    let clock = of(series([5_400_000_000_000i64])
        .cast(&DataType::Time)
        .unwrap());
    assert_eq!(shown(clock.subjects(), "x"), "1.5");
    assert_eq!(
        title(&clock),
        ("x, hours since midnight".into(), "hours".into())
    );
}

#[test]
fn what_is_no_value_is_refused_by_name() {
    let inner = series([1i64, 2]);
    let list = Series::new("x".into(), [inner.clone()]);
    let array = list
        .cast(&DataType::Array(Box::new(DataType::Int64), 2))
        .unwrap();
    let bytes = series(["a"]).cast(&DataType::Binary).unwrap();
    let structure = frame(series([1i64])).into_struct("x".into()).into_series();
    for (x, dtype) in [
        (list, "list[i64]"),
        (array, "array[i64, 2]"),
        (bytes, "binary"),
        (structure, "struct[2]"),
    ] {
        let error = Cohort::from_frame(frame(x), &single()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "the data frame: column `x` is of the type {dtype}, which is no number, text, \
                 date or truth value; drop the column, or convert it"
            )
        );
    }
}

#[test]
fn a_frame_without_columns_or_rows_is_no_trouble() {
    let error = Cohort::from_frame(DataFrame::empty(), &single()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the data frame: there is no column `id`, which should be the subject"
    );
    let none = of(Series::new_empty("x".into(), &DataType::String));
    assert_eq!(none.subjects().rows(), 0);
    assert_eq!(none.missing().excluded(ExclusionReason::NoSubject), 0);
}

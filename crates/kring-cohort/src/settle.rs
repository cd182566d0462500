//! The cells of a variable become numbers or the levels of a factor.
//!
//! The first rule that applies decides for the variable, for all its columns together:
//!
//! 1. declared levels: a factor with these levels; a level is named by its code or by the label
//!    that the file gives to it;
//! 2. declared continuous or a count, or a range without a type: numbers;
//! 3. declared binary, ordinal or nominal, and clusters, arms and waves: a factor with the levels
//!    that the file gives or that occur;
//! 4. every value has a label in the file: a factor with the labels as levels, in the order of
//!    their codes;
//! 5. numbers stay numbers, and texts become a factor.
//!
//! Levels that are not declared stand in the order of their codes or numbers. Texts stand in the
//! order of their bytes, as R's `factor()` has them in the C locale; arms and waves are sorted by
//! the numbers in them. Where no row has a value and nothing is declared, there are numbers.

use std::collections::{HashMap, HashSet};

use kring_core::plain_yes;

use crate::cells::{Cells, Order, Scale, bits, place};
use crate::codebook::{Code, MeasurementLevel, Variable};
use crate::error::Error;
use crate::layout::sort_naturally;
use crate::roles::{Level, VariableKind, VariableSpec, Wave};
use crate::validate::{Violation, ViolationKind, list};

/// A column of the file on its way, its missing values taken out.
pub(crate) struct Raw<'a> {
    pub(crate) column: &'a str,
    /// The place of the column in the file.
    pub(crate) index: usize,
    pub(crate) wave: Option<usize>,
    pub(crate) cells: Cells,
    pub(crate) entry: Option<&'a Variable>,
}

impl Raw<'_> {
    /// Whether the levels stand in an order of their own that is meant as one.
    fn is_ordinal(&self) -> bool {
        let in_order = matches!(
            self.cells,
            Cells::Words {
                order: Order::Given,
                ..
            }
        );
        let level = self.entry.and_then(|entry| entry.level);
        in_order && level == Some(MeasurementLevel::Ordinal)
    }

    fn scale(&self) -> Option<Scale> {
        match self.cells {
            Cells::Numbers { scale, .. } => scale,
            Cells::Words { .. } => None,
        }
    }
}

/// What is declared of a variable.
pub(crate) struct Wish<'a> {
    pub(crate) file: &'a str,
    pub(crate) name: &'a str,
    pub(crate) purpose: Purpose,
    pub(crate) levels: &'a [Level],
    pub(crate) spec: Option<&'a VariableSpec>,
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Variable,
    Cluster,
    Arm,
    Wave,
}

/// A variable as a table has it.
pub(crate) struct Settled {
    pub(crate) name: String,
    pub(crate) label: Option<String>,
    pub(crate) unit: Option<String>,
    pub(crate) is_cluster: bool,
    pub(crate) shape: Shape,
    pub(crate) sources: Vec<Source>,
}

impl Settled {
    /// The levels of a factor.
    pub(crate) fn levels(&self) -> &[String] {
        match &self.shape {
            Shape::Numbers { .. } => &[],
            Shape::Factor { levels, .. } => levels,
        }
    }

    /// The same, to look at.
    pub(crate) fn codes(&self) -> &[Option<u32>] {
        match self.sources.first().map(|source| &source.values) {
            Some(Values::Codes(codes)) => codes,
            Some(Values::Numbers(_)) | None => &[],
        }
    }

    /// The codes of a factor that stands in one column.
    pub(crate) fn into_codes(self) -> Vec<Option<u32>> {
        match self.sources.into_iter().next().map(|source| source.values) {
            Some(Values::Codes(codes)) => codes,
            Some(Values::Numbers(_)) | None => Vec::new(),
        }
    }

    /// Puts the levels of a factor in this order.
    pub(crate) fn reorder(&mut self, order: &[usize]) {
        let Shape::Factor { levels, .. } = &mut self.shape else {
            return;
        };
        *levels = order.iter().map(|&old| levels[old].clone()).collect();
        let mut places = vec![0; order.len()];
        for (place, &old) in (0_u32..).zip(order) {
            places[old] = place;
        }
        for source in &mut self.sources {
            if let Values::Codes(codes) = &mut source.values {
                for code in codes.iter_mut().flatten() {
                    *code = places[*code as usize];
                }
            }
        }
    }

    /// The value in a row of its first column, in words.
    pub(crate) fn text(&self, row: usize) -> String {
        match &self.sources[0].values {
            Values::Numbers(values) => values[row].map_or_else(String::new, |x| x.to_string()),
            Values::Codes(codes) => codes[row].map_or_else(String::new, |code| {
                format!("`{}`", self.levels()[code as usize])
            }),
        }
    }
}

/// Numbers, or a factor with its levels.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    /// And whether they were declared to be counts.
    Numbers {
        counted: bool,
    },
    Factor {
        levels: Vec<String>,
        ordered: bool,
    },
}

/// A column of the file as a table has it.
pub(crate) struct Source {
    pub(crate) column: String,
    /// The place of the column in the file.
    pub(crate) index: usize,
    pub(crate) label: Option<String>,
    pub(crate) wave: Option<usize>,
    pub(crate) values: Values,
    /// How many of its values were declared impossible and became missing.
    pub(crate) unusable: usize,
}

/// The values of a column, one for each row of the file.
pub(crate) enum Values {
    Numbers(Vec<Option<f64>>),
    Codes(Vec<Option<u32>>),
}

impl Values {
    pub(crate) fn number(&self, row: usize) -> Option<f64> {
        match self {
            Self::Numbers(values) => values[row],
            Self::Codes(_) => None,
        }
    }

    pub(crate) fn code(&self, row: usize) -> Option<u32> {
        match self {
            Self::Numbers(_) => None,
            Self::Codes(codes) => codes[row],
        }
    }

    pub(crate) fn is_missing(&self, row: usize) -> bool {
        match self {
            Self::Numbers(values) => values[row].is_none(),
            Self::Codes(codes) => codes[row].is_none(),
        }
    }

    /// Whether two rows have different values. What is missing differs from nothing.
    pub(crate) fn differ(&self, a: usize, b: usize) -> bool {
        fn unequal<T: PartialEq>(a: Option<T>, b: Option<T>) -> bool {
            a.zip(b).is_some_and(|(a, b)| a != b)
        }
        match self {
            Self::Numbers(values) => unequal(values[a], values[b]),
            Self::Codes(codes) => unequal(codes[a], codes[b]),
        }
    }
}

/// Settles a variable and reports every value that is not as declared.
pub(crate) fn settle(
    wish: &Wish,
    raws: Vec<Raw>,
    waves: &[Wave],
    violations: &mut Vec<Violation>,
) -> Result<Settled, Error> {
    let labels = Labels::of(wish, &raws);
    let decision = decide(wish, &raws, &labels)?;
    let (label, unit) = words_about(wish, &raws);
    let nothing_declared = wish.purpose == Purpose::Variable && wish.levels.is_empty();
    let is_ordinal = nothing_declared && wish.kind().is_none() && raws.iter().all(Raw::is_ordinal);
    check_binary(wish, &decision, &raws, violations);

    let mut sources = Vec::with_capacity(raws.len());
    for raw in raws {
        let wave = raw.wave.map(|wave| &waves[wave]);
        let mut report = Report {
            column: raw.column,
            wave: wave.map(|wave| wave.name.as_str()),
            violations,
            unusable: 0,
        };
        let values = match &decision {
            Decision::Numbers => Values::Numbers(to_numbers(wish, &raw, &mut report)),
            Decision::Factor(factor) => {
                Values::Codes(to_codes(wish, factor, &labels, &raw, &mut report))
            }
        };
        let unusable = report.unusable;
        sources.push(Source {
            column: raw.column.to_owned(),
            index: raw.index,
            label: source_label(wish, &raw, wave.map(Wave::title)),
            wave: raw.wave,
            values,
            unusable,
        });
    }
    Ok(Settled {
        name: wish.name.to_owned(),
        label,
        unit,
        is_cluster: wish.purpose == Purpose::Cluster,
        shape: match decision {
            Decision::Numbers => Shape::Numbers {
                counted: wish.kind() == Some(VariableKind::Count),
            },
            Decision::Factor(factor) => Shape::Factor {
                levels: factor.levels,
                ordered: wish.kind() == Some(VariableKind::Ordinal) || is_ordinal,
            },
        },
        sources,
    })
}

/// Whether a variable is numbers or a factor.
enum Decision {
    Numbers,
    Factor(Factor),
}

/// The levels of a factor, and which value has which.
#[derive(Default)]
struct Factor {
    levels: Vec<String>,
    numbers: HashMap<u64, u32>,
    words: HashMap<String, u32>,
    /// Texts are `true` and `false` in any case.
    is_truth: bool,
}

/// The labels that the file gives to values, in the order of the codes.
struct Labels {
    all: Vec<(Code, String)>,
    numbers: HashMap<u64, usize>,
    words: HashMap<String, usize>,
}

impl Wish<'_> {
    fn kind(&self) -> Option<VariableKind> {
        self.spec.and_then(|spec| spec.kind)
    }

    fn range(&self) -> Option<[f64; 2]> {
        self.spec.and_then(|spec| spec.range)
    }

    fn declaration(&self, problem: &str) -> Error {
        Error::Declaration {
            file: self.file.to_owned(),
            what: format!("`{}`", self.name),
            problem: problem.to_owned(),
        }
    }
}

fn decide(wish: &Wish, raws: &[Raw], labels: &Labels) -> Result<Decision, Error> {
    use VariableKind::{Binary, Continuous, Count, Nominal, Ordinal};
    let filled = || raws.iter().filter(|raw| !raw.cells.is_empty());
    let has_numbers = filled().any(|raw| matches!(raw.cells, Cells::Numbers { .. }));
    let mut texts = filled().filter_map(|raw| match raw.cells {
        Cells::Words { order, .. } => Some((raw.column, order)),
        Cells::Numbers { .. } => None,
    });
    let text = texts.next();

    if !wish.levels.is_empty() {
        if let (Some((column, _)), Some(_)) = (text, wish.range()) {
            return Err(wish.declaration(&range_of_text(column)));
        }
        return Ok(Decision::Factor(declared(wish, raws, labels)));
    }
    let kind = match (wish.purpose, wish.kind()) {
        (Purpose::Variable, None) if wish.range().is_some() => Some(Continuous),
        (Purpose::Variable, kind) => kind,
        _ => Some(Nominal),
    };
    match kind {
        Some(Continuous | Count) => Ok(Decision::Numbers),
        Some(Binary | Ordinal | Nominal) => {
            if let (Some((column, _)), Some(_)) = (text, wish.range()) {
                return Err(wish.declaration(&range_of_text(column)));
            }
            let labelled = labels.cover(raws);
            let is_unordered = text.is_some_and(|(_, order)| order == Order::None);
            if kind == Some(Ordinal) && is_unordered && !labelled {
                return Err(wish.declaration(
                    "is declared ordinal, but its values are texts without an order; list its \
                     `levels` in order",
                ));
            }
            let mut factor = if labelled {
                Factor::of(labels.all.clone())
            } else {
                observed(wish, raws, labels)
            };
            if kind == Some(Binary) && factor.levels.len() > 2 {
                factor = observed(wish, raws, labels);
            }
            Ok(Decision::Factor(factor))
        }
        None => match (has_numbers, text) {
            (true, Some((column, _))) => Err(Error::MixedTypes {
                file: wish.file.to_owned(),
                variable: wish.name.to_owned(),
                text: column.to_owned(),
            }),
            _ if labels.cover(raws) => Ok(Decision::Factor(Factor::of(labels.all.clone()))),
            (_, None) => Ok(Decision::Numbers),
            (false, Some(_)) => Ok(Decision::Factor(observed(wish, raws, labels))),
        },
    }
}

fn range_of_text(column: &str) -> String {
    format!("has a range, but column `{column}` holds texts; leave out the range")
}

impl Labels {
    fn of(wish: &Wish, raws: &[Raw]) -> Self {
        let mut all: Vec<(Code, String)> = Vec::new();
        for raw in raws {
            let Some(entry) = raw.entry else { continue };
            for label in &entry.value_labels {
                let means_missing = entry.is_user_missing(&label.code)
                    || wish
                        .spec
                        .is_some_and(|spec| spec.missing.contains(&label.code));
                let has_unit = matches!(raw.cells, Cells::Numbers { scale: Some(_), .. });
                let is_tag = matches!(
                    (&label.code, &raw.cells),
                    (Code::Text(_), Cells::Numbers { .. })
                );
                if !means_missing && !has_unit && !is_tag {
                    all.push((label.code.clone(), label.label.clone()));
                }
            }
        }
        // A stable sort: of two labels for one code the first is kept.
        all.sort_by(|a, b| a.0.partial_cmp(&b.0).unwrap_or(std::cmp::Ordering::Equal));
        all.dedup_by(|later, first| later.0 == first.0);
        let mut numbers = HashMap::new();
        let mut words = HashMap::new();
        for (i, (code, _)) in all.iter().enumerate() {
            match code {
                Code::Number(x) => numbers.insert(bits(*x), i),
                Code::Text(text) => words.insert(text.clone(), i),
            };
        }
        Self {
            all,
            numbers,
            words,
        }
    }

    fn of_number(&self, x: f64) -> Option<&str> {
        self.numbers.get(&bits(x)).map(|&i| self.all[i].1.as_str())
    }

    fn of_word(&self, word: &str) -> Option<&str> {
        self.words.get(word).map(|&i| self.all[i].1.as_str())
    }

    /// Whether there are labels, and every value has one.
    fn cover(&self, raws: &[Raw]) -> bool {
        let covers = |raw: &Raw| match &raw.cells {
            Cells::Numbers { values, .. } => {
                let mut values = values.iter().flatten();
                values.all(|x| self.numbers.contains_key(&bits(*x)))
            }
            Cells::Words { words, codes, .. } => {
                let known: Vec<bool> = words.iter().map(|w| self.words.contains_key(w)).collect();
                codes.iter().flatten().all(|&code| known[code as usize])
            }
        };
        !self.all.is_empty() && raws.iter().all(covers)
    }
}

impl Factor {
    /// A level for each code. Two codes with one title are told apart by the code.
    fn of(entries: Vec<(Code, String)>) -> Self {
        let mut codes_of: HashMap<String, HashSet<String>> = HashMap::new();
        for (code, title) in &entries {
            codes_of
                .entry(title.clone())
                .or_default()
                .insert(text_of(code));
        }
        let mut factor = Self::default();
        let mut places: HashMap<String, u32> = HashMap::new();
        for (code, title) in entries {
            let shared = codes_of.get(&title).is_some_and(|codes| codes.len() > 1);
            let title = if shared {
                format!("{title} ({})", text_of(&code))
            } else {
                title
            };
            let next = place(factor.levels.len());
            let level = *places.entry(title.clone()).or_insert(next);
            if level == next {
                factor.levels.push(title);
            }
            factor.assign(code, level);
        }
        factor
    }

    fn assign(&mut self, code: Code, level: u32) {
        match code {
            Code::Number(x) => self.numbers.insert(bits(x), level),
            Code::Text(text) => self.words.insert(text, level),
        };
    }

    fn of_word(&self, word: &str) -> Option<u32> {
        let found = self.words.get(word).copied();
        if found.is_none() && self.is_truth {
            return self.words.get(&word.to_lowercase()).copied();
        }
        found
    }
}

pub(crate) fn text_of(code: &Code) -> String {
    match code {
        Code::Number(x) => x.to_string(),
        Code::Text(text) => text.clone(),
    }
}

/// The factor of the declared levels.
fn declared(wish: &Wish, raws: &[Raw], labels: &Labels) -> Factor {
    let is_truth = raws.iter().any(|raw| {
        let truth = Order::Truth;
        matches!(&raw.cells, Cells::Words { order, .. } if *order == truth)
    });
    let mut factor = Factor {
        levels: wish.levels.iter().map(|level| level.name.clone()).collect(),
        is_truth,
        ..Factor::default()
    };
    let codes_of = |name: &str| -> Vec<Code> {
        let with_label = labels.all.iter().filter(|(_, label)| label == name);
        with_label.map(|(code, _)| code.clone()).collect()
    };
    let as_codes = |name: &str| -> Vec<Code> {
        let number = name.parse::<f64>().ok().map(Code::Number);
        let text = Some(Code::Text(name.to_owned()));
        let lower = is_truth.then(|| Code::Text(name.to_lowercase()));
        [number, text, lower].into_iter().flatten().collect()
    };
    // A name such as "1" may be a code and also the label of another code. Names are labels
    // where all of them are; else a code wins.
    for (level, place) in wish.levels.iter().zip(0..) {
        for code in codes_of(&level.name) {
            factor.assign(code, place);
        }
    }
    let by_label = wish
        .levels
        .iter()
        .all(|level| level.code.is_none() && !codes_of(&level.name).is_empty());
    if !by_label {
        for (level, place) in wish.levels.iter().zip(0..) {
            for code in as_codes(level.code.as_ref().unwrap_or(&level.name)) {
                factor.assign(code, place);
            }
        }
    }
    factor
}

/// The factor of the values that occur.
fn observed(wish: &Wish, raws: &[Raw], labels: &Labels) -> Factor {
    let mut numbers: HashMap<u64, f64> = HashMap::new();
    let mut words: Vec<String> = Vec::new();
    let mut seen: HashSet<String> = HashSet::new();
    let mut has_order = true;
    for raw in raws {
        match &raw.cells {
            Cells::Numbers { values, scale } => {
                let finite = values.iter().flatten().filter(|x| x.is_finite());
                for &x in finite {
                    let value = scale.map_or(x, |scale| scale.apply(x));
                    numbers.insert(bits(x), value);
                }
            }
            Cells::Words {
                words: all,
                codes,
                order,
            } => {
                let binary = wish.kind() == Some(VariableKind::Binary);
                let mut occurs = vec![*order != Order::None && !binary; all.len()];
                for &code in codes.iter().flatten() {
                    occurs[code as usize] = true;
                }
                has_order &= *order != Order::None;
                for (word, _) in all
                    .iter()
                    .zip(&occurs)
                    .filter(|(w, o)| **o && !w.is_empty())
                {
                    if seen.insert(word.clone()) {
                        words.push(word.clone());
                    }
                }
            }
        }
    }
    if !has_order {
        match wish.purpose {
            Purpose::Arm | Purpose::Wave => sort_naturally(&mut words),
            Purpose::Variable | Purpose::Cluster => {
                words.sort();
                // Of yes and no the second is what a model counts, in any language.
                if plain_yes(&words) == Some(0) {
                    words.reverse();
                }
            }
        }
    }
    let mut numbers: Vec<(f64, f64)> = numbers
        .into_iter()
        .map(|(raw, value)| (f64::from_bits(raw), value))
        .collect();
    numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
    let numbers = numbers.into_iter().map(|(raw, value)| {
        let title = labels
            .of_number(raw)
            .map_or_else(|| value.to_string(), str::to_owned);
        (Code::Number(raw), title)
    });
    let words = words.into_iter().map(|word| {
        let title = labels.of_word(&word).unwrap_or(&word).to_owned();
        (Code::Text(word), title)
    });
    Factor::of(numbers.chain(words).collect())
}

fn check_binary(wish: &Wish, decision: &Decision, raws: &[Raw], violations: &mut Vec<Violation>) {
    let Decision::Factor(factor) = decision else {
        return;
    };
    let is_binary = wish.purpose == Purpose::Variable && wish.kind() == Some(VariableKind::Binary);
    let has_values = raws.iter().any(|raw| !raw.cells.is_empty());
    if is_binary && has_values && factor.levels.len() != 2 {
        violations.push(Violation::new(
            ViolationKind::NotBinary,
            wish.name,
            "two values",
            format!(
                "{}: {}",
                factor.levels.len(),
                list(factor.levels.iter().map(String::as_str))
            ),
        ));
    }
}

/// Where violations of a column go.
struct Report<'a, 'v> {
    column: &'a str,
    wave: Option<&'a str>,
    violations: &'v mut Vec<Violation>,
    unusable: usize,
}

impl Report<'_, '_> {
    fn add(&mut self, kind: ViolationKind, row: usize, expected: &str, found: String) {
        let violation = Violation::new(kind, self.column, expected, found);
        self.violations.push(violation.at(row).in_wave(self.wave));
    }

    /// A value that becomes missing.
    fn refuse(&mut self, kind: ViolationKind, row: usize, expected: &str, found: String) {
        self.unusable += 1;
        self.add(kind, row, expected, found);
    }
}

fn to_numbers(wish: &Wish, raw: &Raw, report: &mut Report) -> Vec<Option<f64>> {
    let mut numbers: Vec<Option<f64>> = match &raw.cells {
        Cells::Numbers { values, scale } => {
            let scaled = |x: f64| scale.map_or(x, |scale| scale.apply(x));
            values.iter().map(|value| value.map(scaled)).collect()
        }
        Cells::Words {
            words,
            codes,
            order,
        } => {
            let parsed: Vec<Option<f64>> =
                words.iter().map(|word| number_of(word, *order)).collect();
            for (row, code) in codes.iter().enumerate() {
                if let Some(code) = code.filter(|&code| parsed[code as usize].is_none()) {
                    let found = format!("`{}`", words[code as usize]);
                    report.refuse(ViolationKind::NotNumber, row, "a number", found);
                }
            }
            let value = |code: &Option<u32>| code.and_then(|code| parsed[code as usize]);
            codes.iter().map(value).collect()
        }
    };
    for (row, value) in numbers.iter_mut().enumerate() {
        if let Some(x) = value.filter(|x| !x.is_finite()) {
            *value = None;
            report.refuse(
                ViolationKind::NotNumber,
                row,
                "a finite number",
                x.to_string(),
            );
        }
    }
    if wish.kind() == Some(VariableKind::Count) {
        for (row, x) in present(&numbers) {
            if x < 0.0 || x.fract() != 0.0 {
                let expected = "a whole number of 0 or more";
                report.add(ViolationKind::NotCount, row, expected, x.to_string());
            }
        }
    }
    check_range(wish, &numbers, report);
    numbers
}

fn present(numbers: &[Option<f64>]) -> impl Iterator<Item = (usize, f64)> + '_ {
    let rows = numbers.iter().enumerate();
    rows.filter_map(|(row, value)| Some((row, (*value)?)))
}

fn number_of(word: &str, order: Order) -> Option<f64> {
    match (order, word) {
        (Order::Truth, "FALSE") => Some(0.0),
        (Order::Truth, "TRUE") => Some(1.0),
        _ => word.trim().parse().ok().filter(|x: &f64| x.is_finite()),
    }
}

fn check_range(wish: &Wish, numbers: &[Option<f64>], report: &mut Report) {
    let Some([low, high]) = wish.range() else {
        return;
    };
    let expected = format!("a value from {low} to {high}");
    for (row, x) in present(numbers) {
        if x < low || x > high {
            report.add(ViolationKind::OutOfRange, row, &expected, x.to_string());
        }
    }
}

fn to_codes(
    wish: &Wish,
    factor: &Factor,
    labels: &Labels,
    raw: &Raw,
    report: &mut Report,
) -> Vec<Option<u32>> {
    let names = || match wish.levels {
        [] => list(factor.levels.iter().map(String::as_str)),
        levels => list(levels.iter().map(|level| level.name.as_str())),
    };
    let (kind, expected) = match wish.purpose {
        Purpose::Variable | Purpose::Cluster => {
            (ViolationKind::UnknownLevel, format!("one of {}", names()))
        }
        Purpose::Arm => (
            ViolationKind::UnknownLevel,
            format!("one of the arms {}", names()),
        ),
        Purpose::Wave => (
            ViolationKind::UnknownWave,
            format!("one of the waves {}", names()),
        ),
    };
    match &raw.cells {
        Cells::Numbers { values, scale } => {
            if scale.is_none() {
                check_range(wish, values, report);
            }
            let code = |(row, value): (usize, &Option<f64>)| {
                let x = (*value)?;
                let code = factor.numbers.get(&bits(x)).copied();
                if code.is_none() {
                    let found = match labels.of_number(x) {
                        Some(label) => format!("{x} ({label})"),
                        None => x.to_string(),
                    };
                    report.refuse(kind, row, &expected, found);
                }
                code
            };
            values.iter().enumerate().map(code).collect()
        }
        Cells::Words { words, codes, .. } => {
            let levels: Vec<Option<u32>> = words.iter().map(|word| factor.of_word(word)).collect();
            let code = |(row, code): (usize, &Option<u32>)| {
                let code = (*code)?;
                let level = levels[code as usize];
                if level.is_none() {
                    let word = &words[code as usize];
                    let found = match labels.of_word(word) {
                        Some(label) => format!("`{word}` ({label})"),
                        None => format!("`{word}`"),
                    };
                    report.refuse(kind, row, &expected, found);
                }
                level
            };
            codes.iter().enumerate().map(code).collect()
        }
    }
}

/// The label and the unit of a variable.
fn words_about(wish: &Wish, raws: &[Raw]) -> (Option<String>, Option<String>) {
    let scale = raws.iter().find_map(Raw::scale);
    let in_file = |of: fn(&Variable) -> Option<&String>| {
        let mut texts = raws.iter().map(|raw| raw.entry.and_then(of));
        let first = texts.next().flatten()?;
        texts.all(|text| text == Some(first)).then(|| first.clone())
    };
    let declared = |of: fn(&VariableSpec) -> Option<&String>| wish.spec.and_then(of).cloned();
    let label = declared(|spec| spec.label.as_ref()).or_else(|| in_file(|e| e.label.as_ref()));
    let unit = declared(|spec| spec.unit.as_ref())
        .or_else(|| in_file(|e| e.unit.as_ref()))
        .or_else(|| scale.map(|scale| scale.unit.to_owned()));
    (since(label, wish.name, scale), unit)
}

/// The label of one column of several: the declared one with the wave, or that of the file.
fn source_label(wish: &Wish, raw: &Raw, wave: Option<&str>) -> Option<String> {
    let declared = wish.spec.and_then(|spec| spec.label.as_ref());
    let label = match (declared, wave) {
        (Some(label), Some(wave)) => Some(format!("{label}, {wave}")),
        (Some(label), None) => Some(label.clone()),
        (None, _) => raw.entry.and_then(|entry| entry.label.clone()),
    };
    since(label, raw.column, raw.scale())
}

/// A label that tells what days or hours are counted from.
fn since(label: Option<String>, name: &str, scale: Option<Scale>) -> Option<String> {
    match scale.and_then(|scale| Some((scale.unit, scale.since?))) {
        None => label,
        Some((unit, since)) => {
            let label = label.as_deref().unwrap_or(name);
            Some(format!("{label}, {unit} since {since}"))
        }
    }
}

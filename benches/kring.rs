//! How long kring takes. Ids tell the size: rows × columns, or families × waves.
//!
//!     cargo bench --profile dev --package kring-benches
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench that cannot go on should stop, and the macros below document nothing"
)]

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kring::check;
use kring::cohort::{Cohort, ReadOptions, Roles, Wide, read, read_bytes};
use kring::core::seed::Seed;
use kring::core::{Design, Locale, Outcome, Published, Table};
use kring::formula::{DesignOptions, Formula, Recipe, TimeColumns};
use kring::stats::Fit;
use kring::stats::bootstrap::Bootstrap;
use kring::stats::chi_squared::ChiSquared;
use kring::stats::dist::StudentizedRange;
use kring::stats::lm::{Covariance, Lm};
use kring::stats::lmm::{Dof, Lmm};
use kring::stats::mmrm::{self, Mmrm, Structure};
use kring::stats::permutation::{Method, Permutation};
use kring::stats::t_test::Group;
use kring_benches::{
    DESIGN, FAMILIES, LEVELS, MEANS, REGRESSION, SLOPES, arms, csv, families, growth, regression,
};
use kring_sim::draw::Draw;
use kring_sim::generator::{
    self, Arm, Distribution, Generator, Latent, Missing, MissingPattern, On, Random, Wave,
};
use kring_sim::plan::Plan;
use ndarray::array;

criterion_group!(
    benches, models, mixed, repeated, tests, formulas, data, figures, simulation
);
criterion_main!(benches);

fn design(table: &Table, formula: &str, options: &DesignOptions) -> Design {
    let formula: Formula = formula.parse().unwrap();
    Recipe::new(&formula, table, options)
        .unwrap()
        .design(table)
        .unwrap()
}

fn by_family() -> DesignOptions {
    DesignOptions {
        clusters: vec!["family".into()],
        ..DesignOptions::default()
    }
}

fn models(criterion: &mut Criterion) {
    let mut bench = |id: &str, design: &Design, covariance: Covariance| {
        let model = Lm {
            covariance,
            ..Lm::default()
        };
        criterion.bench_function(id, |b| {
            b.iter(|| model.fit(black_box(design)).unwrap().estimates().unwrap());
        });
    };
    let large = design(
        &regression(100_000).unwrap(),
        REGRESSION,
        &DesignOptions::default(),
    );
    bench("lm/classical/100000x10", &large, Covariance::Classical);
    bench("lm/hc3/100000x10", &large, Covariance::Hc3);
    let clustered = design(&families(2000, 6).unwrap(), FAMILIES, &by_family());
    bench("lm/cr2/2000x6", &clustered, Covariance::Cr2);
}

fn mixed(criterion: &mut Criterion) {
    let none = DesignOptions::default();
    let mut bench = |id: &str, families: u32, waves: u32, days: bool, formula: &str, dof: Dof| {
        let design = design(&growth(families, waves, days).unwrap(), formula, &none);
        let model = Lmm {
            dof,
            ..Lmm::default()
        };
        criterion.bench_function(id, |b| {
            b.iter(|| model.fit(black_box(&design)).unwrap().estimates().unwrap());
        });
    };
    bench("lmm/levels/20x5", 20, 5, false, LEVELS, Dof::Satterthwaite);
    bench(
        "lmm/slopes/2000x6",
        2000,
        6,
        false,
        SLOPES,
        Dof::Satterthwaite,
    );
    bench(
        "lmm/slopes-by-day/2000x6",
        2000,
        6,
        true,
        SLOPES,
        Dof::Satterthwaite,
    );
    bench(
        "lmm/kenward-roger/2000x6",
        2000,
        6,
        false,
        SLOPES,
        Dof::KenwardRoger,
    );
    bench(
        "lmm/slopes/20000x6",
        20_000,
        6,
        false,
        SLOPES,
        Dof::Satterthwaite,
    );
}

fn repeated(criterion: &mut Criterion) {
    let roles = DesignOptions {
        subject: Some("family".into()),
        time: Some(TimeColumns {
            wave: "wave".into(),
            value: Some("month".into()),
        }),
        ..DesignOptions::default()
    };
    let mut bench = |id: &str, count: u32, structure: Structure, dof: mmrm::Dof| {
        let design = design(&families(count, 6).unwrap(), MEANS, &roles);
        let model = Mmrm {
            structure,
            dof,
            ..Mmrm::default()
        };
        criterion.bench_function(id, |b| {
            b.iter(|| model.fit(black_box(&design)).unwrap().estimates().unwrap());
        });
    };
    let satterthwaite = mmrm::Dof::Satterthwaite;
    bench("mmrm/us/200x6", 200, Structure::Unstructured, satterthwaite);
    bench(
        "mmrm/us/2000x6",
        2000,
        Structure::Unstructured,
        satterthwaite,
    );
    bench(
        "mmrm/us/20000x6",
        20_000,
        Structure::Unstructured,
        satterthwaite,
    );
    bench(
        "mmrm/us-kenward-roger/2000x6",
        2000,
        Structure::Unstructured,
        mmrm::Dof::KenwardRoger,
    );
    bench(
        "mmrm/toeph/2000x6",
        2000,
        Structure::ToeplitzByWave,
        satterthwaite,
    );
    bench(
        "mmrm/times/2000x6",
        2000,
        Structure::SpatialExponential,
        satterthwaite,
    );
}

fn tests(criterion: &mut Criterion) {
    // The dropout of the two groups in Rotterdam.
    let counts = array![[10_u64, 45], [15, 45]];
    criterion.bench_function("chi_squared/2x2", |b| {
        b.iter(|| {
            ChiSquared::default()
                .test("dropout", black_box(counts.view()))
                .unwrap()
        });
    });
    let [x, y] = arms(&families(2000, 1).unwrap(), "problems").unwrap();
    let (x, y) = (
        Group {
            name: "EKC",
            values: &x,
        },
        Group {
            name: "WT",
            values: &y,
        },
    );
    let options = Bootstrap {
        replicates: 10_000,
        seed: Some(2011),
        ..Bootstrap::default()
    };
    criterion.bench_function("bootstrap/bca/2000x10000", |b| {
        b.iter(|| options.two_samples(black_box(x), y, None).unwrap());
    });
    let drawn = Permutation {
        method: Method::MonteCarlo,
        replicates: 10_000,
        seed: Some(2011),
        ..Permutation::default()
    };
    criterion.bench_function("permutation/drawn/2000x10000", |b| {
        b.iter(|| drawn.two_samples(black_box(x), y, None).unwrap());
    });
    let grades =
        |values: &[f64]| -> Vec<f64> { values.iter().take(60).map(|v| v.round()).collect() };
    let (x, y) = (grades(x.values), grades(y.values));
    criterion.bench_function("permutation/exact/120", |b| {
        b.iter(|| {
            let [x, y] = [("EKC", &x), ("WT", &y)].map(|(name, values)| Group { name, values });
            Permutation::default()
                .two_samples(black_box(x), y, None)
                .unwrap()
        });
    });
    criterion.bench_function("studentized_range/8", |b| {
        let range = StudentizedRange::new(8, 33.3).unwrap();
        b.iter(|| range.upper_tail(black_box(3.5)).unwrap());
    });
}

fn formulas(criterion: &mut Criterion) {
    let table = families(27_028, 4).unwrap();
    criterion.bench_function("formula/design/100000", |b| {
        b.iter(|| design(black_box(&table), DESIGN, &DesignOptions::default()));
    });
}

fn data(criterion: &mut Criterion) {
    let study = Path::new(env!("CARGO_MANIFEST_DIR")).join("../datasets/studies/deroos-2011");
    let roles = Roles {
        subject: Some("id".into()),
        arm: Some("trt".into()),
        wide: vec![Wide::pattern("yc", "yc{wave}")],
        ..Roles::default()
    };
    let dataset = read(&study.join("data/fdd.csv"), &ReadOptions::default()).unwrap();
    let cohort = Cohort::new(dataset, &roles).unwrap();
    criterion.bench_function("describe/fdd", |b| {
        b.iter(|| kring::Description::of(black_box(&cohort), &[]).unwrap());
    });
    let text = csv(&regression(100_000).unwrap()).into_bytes();
    criterion.bench_function("read/csv/100000x10", |b| {
        b.iter(|| read_bytes("regression.csv", black_box(&text), &ReadOptions::default()).unwrap());
    });
}

fn figures(criterion: &mut Criterion) {
    criterion.bench_function("published/parse", |b| {
        b.iter(|| Published::parse(black_box("about 60 %"), Locale::English).unwrap());
    });
    // Every mean from 0.00 to 9.99 with every n from 1 to 1,000.
    let means: Vec<Published> = (0..1000)
        .map(|hundredths| format!("{:.2}", f64::from(hundredths) / 100.0))
        .map(|text| Published::parse(&text, Locale::English).unwrap())
        .collect();
    let pairs = || {
        means
            .iter()
            .flat_map(|mean| (1..=1000).map(move |n| (mean, n)))
    };
    let possible = |mean: &Published, n: usize| {
        let sums = check::possible_sums(mean, n).unwrap();
        sums.low.is_some()
    };
    criterion.bench_function("possible_sums/1000000", |b| {
        b.iter(|| pairs().filter(|(mean, n)| possible(mean, *n)).count());
    });
    // Each with its arithmetic in words.
    let consistent = |mean: &Published, n: usize| {
        let found = check::grim(mean, n, 1).unwrap();
        found.outcome == Outcome::Consistent
    };
    let mut group = criterion.benchmark_group("grim");
    group.sample_size(10);
    group.bench_function("1000000", |b| {
        b.iter(|| pairs().filter(|(mean, n)| consistent(mean, *n)).count());
    });
    // The same pairs as numbers, without words.
    let (values, sizes): (Vec<f64>, Vec<u32>) = (0..1000_u32)
        .flat_map(|hundredths| (1..=1000).map(move |n| (f64::from(hundredths) / 100.0, n)))
        .unzip();
    let mut possible = vec![false; values.len()];
    group.bench_function("many/1000000", |b| {
        b.iter(|| {
            let grim = check::Grim::default();
            grim.test_many(black_box(&values), black_box(&sizes), &mut possible)
                .unwrap();
            possible.iter().filter(|&&possible| possible).count()
        });
    });
    group.finish();
    // Every SD from 0.00 to 2.99 beside every mean from 3.00 to 3.99.
    let sds: Vec<Published> = (0..300)
        .map(|hundredths| format!("{:.2}", f64::from(hundredths) / 100.0))
        .map(|text| Published::parse(&text, Locale::English).unwrap())
        .collect();
    let beside = |mean: &Published| {
        let found = sds.iter().map(|sd| check::grimmer(mean, sd, 28, 1, None));
        found
            .filter(|found| found.as_ref().unwrap().outcome == Outcome::Consistent)
            .count()
    };
    criterion.bench_function("grimmer/30000", |b| {
        b.iter(|| means[300..400].iter().map(&beside).sum::<usize>());
    });
}

/// Families over two waves on one thread, with a level and a slope of each family and dropout, or, as
/// most plans of a study are, without. The elements a second are the rows a second.
fn simulation(criterion: &mut Criterion) {
    let seed = Seed::new(2019);
    let mut draw = Draw::default();
    let mut group = criterion.benchmark_group("sim");
    let mut bench = |id: &str, plan: &Plan| {
        let mut replicate = 0;
        group.throughput(Throughput::Elements(plan.rows() as u64));
        group.bench_function(id, |b| {
            b.iter(|| {
                replicate += 1;
                plan.draw(&seed, replicate, black_box(&mut draw));
            });
        });
    };
    let poisson = Distribution::Poisson { zeros: 0.0 };
    let nb2 = Distribution::Nb2 {
        theta: 2.0,
        zeros: 0.0,
    };
    let normal = Distribution::Continuous { sd: 1.0 };
    for (id, distribution, families) in [
        ("draw/poisson/50000x2", &poisson, 50_000),
        ("draw/nb2/50000x2", &nb2, 50_000),
        ("draw/continuous/50000x2", &normal, 50_000),
        ("draw/poisson/114x2", &poisson, 114),
    ] {
        bench(id, &of_families(distribution, families).plan().unwrap());
    }
    let mut alike = of_families(&nb2, 114);
    alike.latent = Latent::default();
    alike.missing.clear();
    alike.outcomes[0].random.clear();
    bench("draw/nb2-alike/114x2", &alike.plan().unwrap());
    let plan = of_families(&poisson, 50_000).plan().unwrap();
    plan.draw(&seed, 0, &mut draw);
    group.throughput(Throughput::Elements(plan.rows() as u64));
    group.bench_function("long/50000x2", |b| {
        b.iter(|| plan.long(black_box(&draw)).unwrap());
    });
    group.finish();
}

fn of_families(distribution: &Distribution, families: usize) -> Generator {
    Generator {
        title: "Problems".into(),
        waves: vec![Wave::new("1", 0.0), Wave::new("2", 1.0)],
        arms: vec![Arm::new("WT", families / 2), Arm::new("EKC", families / 2)],
        latent: Latent {
            names: vec!["level".into(), "slope".into()],
            covariance: vec![vec![0.2, -0.02], vec![-0.02, 0.05]],
        },
        outcomes: vec![generator::Outcome {
            intercept: 1.5,
            random: vec![Random::level("level"), Random::on("slope", On::Time)],
            ..generator::Outcome::new("problems", distribution.clone())
        }],
        missing: vec![Missing::at_random(MissingPattern::Monotone, 0.2)],
        ..Generator::default()
    }
}

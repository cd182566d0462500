//! Generators that together have everything a generator can have.

use kring_sim::generator::Generator;

fn read(text: &str) -> Generator {
    toml::from_str(text).unwrap()
}

/// Counts of all kinds, with random intercepts and slopes from one latent vector, selection on
/// severity with a crisis that passes, and effects on level, slope and from a wave on.
pub fn counts() -> Generator {
    read(
        r#"
        title = "Counts"
        wave = [{ name = "1", time = 0 }, { name = "2", time = 1 }, { name = "3", time = 2.5 }]
        arm = [{ name = "WT", families = 60 }, { name = "EKC", families = 55, severity = 0.6 }]
        severity = [{ latent = "level" }, { latent = "crisis", weight = 2 }]

        [latent]
        names = ["level", "slope", "crisis"]
        covariance = [[0.16, -0.01, 0.0], [-0.01, 0.01, 0.0], [0.0, 0.0, 0.04]]

        [[outcome]]
        name = "problems"
        distribution = { kind = "nb2", theta = 3 }
        intercept = 1.5
        slope = -0.1
        random = [
            { latent = "level" },
            { latent = "slope", on = "time" },
            { latent = "crisis", on = "first" },
        ]

        [[outcome]]
        name = "reports"
        distribution = { kind = "nb1", phi = 0.8, zeros = 0.15 }
        intercept = 0.6
        by_wave = [0.0, 0.2, -0.3]
        random = [{ latent = "level", loading = 0.7 }]

        [[outcome]]
        name = "visits"
        distribution = { kind = "poisson", zeros = 0.1 }
        intercept = 2.8
        random = [{ latent = "level", on = { from = "2" } }]

        [[effect]]
        arm = "EKC"
        outcome = "problems"
        slope = -0.15
        after = [{ wave = "2", value = -0.2 }]

        [[effect]]
        arm = "EKC"
        outcome = "reports"
        level = 0.3
        "#,
    )
}

/// Binary, ordinal and continuous outcomes of one family, correlated; covariates of both kinds.
pub fn scores() -> Generator {
    read(
        r#"
        title = "Scores"
        wave = [{ name = "before", time = 0 }, { name = "after", time = 1 }]
        arm = [{ name = "WT", families = 80 }, { name = "EKC", families = 40, severity = -0.4 }]
        severity = [{ latent = "need" }]

        [latent]
        names = ["need", "network"]
        covariance = [[1.0, 0.5], [0.5, 1.44]]

        [[outcome]]
        name = "network"
        distribution = { kind = "binary" }
        intercept = -0.4
        slope = 0.3
        random = [{ latent = "network" }]

        [[outcome]]
        name = "grade"
        distribution = { kind = "ordinal", thresholds = [-1.0, 0.2, 1.5] }
        random = [{ latent = "need" }]

        [[outcome]]
        name = "score"
        distribution = { kind = "continuous", sd = 0.8 }
        intercept = 5
        random = [{ latent = "need", loading = -1 }, { latent = "network", on = "time" }]

        [[effect]]
        arm = "EKC"
        outcome = "network"
        after = [{ wave = "after", value = 0.9 }]

        [[covariate]]
        name = "age"
        values = { kind = "numeric", mean = 40, sd = 8, latent = [{ latent = "need", weight = 3 }] }
        effects = [{ on = "score", values = [0.05] }, { on = "network", values = [-0.03] }]

        [[covariate]]
        name = "kind"
        values = { kind = "categorical", levels = ["one", "two", "other"], shares = [0.5, 0.3, 0.2] }
        effects = [{ on = "grade", values = [0, 0.8, -0.5] }, { on = "network", values = [0, 1, 1.5] }]
        "#,
    )
}

/// Teams in municipalities, coordinators across them, units of one arm only; sizes that vary.
pub fn clusters() -> Generator {
    read(
        r#"
        title = "Clusters"
        wave = [{ name = "1", time = 0 }, { name = "2", time = 1 }]
        arm = [{ name = "WT", families = 70 }, { name = "EKC", families = 50 }]

        [latent]
        names = ["level"]
        covariance = [[0.2]]

        [[outcome]]
        name = "problems"
        distribution = { kind = "poisson" }
        intercept = 1.2
        random = [{ latent = "level" }]

        [[outcome]]
        name = "score"
        distribution = { kind = "continuous", sd = 1 }
        random = [{ latent = "level" }]

        [[cluster]]
        name = "municipality"
        units = 3
        intercepts = [{ outcome = "problems", sd = 0.2 }]

        [[cluster]]
        name = "team"
        units = 8
        within = "municipality"
        sizes = { varying = 0.6 }
        intercepts = [{ outcome = "problems", sd = 0.3 }, { outcome = "score", sd = 0.7 }]
        correlation = 0.5

        [[cluster]]
        name = "coordinator"
        units = 4
        arms = "own"
        sizes = { weights = [4, 3, 2, 1] }
        intercepts = [{ outcome = "score", sd = 0.5 }]
        "#,
    )
}

/// Dropout of every kind that has an exact truth, and events.
pub fn dropout() -> Generator {
    read(
        r#"
        title = "Dropout"
        wave = [{ name = "1", time = 0 }, { name = "2", time = 1 }]
        arm = [{ name = "WT", families = 60 }, { name = "EKC", families = 55, severity = 0.5 }]
        severity = [{ latent = "level" }]

        [latent]
        names = ["level"]
        covariance = [[0.3]]

        [[outcome]]
        name = "problems"
        distribution = { kind = "nb2", theta = 2 }
        intercept = 1.4
        random = [{ latent = "level" }]

        [[outcome]]
        name = "score"
        distribution = { kind = "continuous", sd = 1 }
        random = [{ latent = "level" }]

        [[outcome]]
        name = "network"
        distribution = { kind = "binary" }
        random = [{ latent = "level" }]

        [[missing]]
        share = 0.2
        shares = [{ arm = "EKC", share = 0.12 }]
        depends = [{ on = "seen", outcome = "problems", slope = 0.15, centre = 4 }]
        outcomes = ["problems"]

        [[missing]]
        share = 0.3
        depends = [{ on = "unseen", outcome = "score", slope = -0.8 }]
        outcomes = ["score"]

        [[missing]]
        share = 0.1
        depends = [{ on = "latent", latent = "level", slope = 1.5 }]
        outcomes = ["network"]

        [[missing]]
        pattern = "intermittent"
        share = 0.05

        [[event]]
        name = "placed"
        scale = 30
        shape = 1.3
        until = 24
        effects = [{ arm = "EKC", value = -0.5 }]
        random = [{ latent = "level", weight = 1.2 }]
        "#,
    )
}

/// Dropout over four waves: at random completely, monotone and intermittent, with exact truth; and at
/// random on what was seen, whose truth is simulated.
pub fn many_waves() -> Generator {
    read(
        r#"
        title = "Four waves"
        wave = [
            { name = "1", time = 0 }, { name = "2", time = 1 },
            { name = "3", time = 2 }, { name = "4", time = 3 },
        ]
        arm = [{ name = "WT", families = 40 }, { name = "EKC", families = 40 }]

        [latent]
        names = ["level"]
        covariance = [[0.3]]

        [[outcome]]
        name = "problems"
        distribution = { kind = "poisson" }
        intercept = 1.4
        random = [{ latent = "level" }]

        [[outcome]]
        name = "network"
        distribution = { kind = "binary" }

        [[missing]]
        share = 0.1
        shares = [{ wave = "3", share = 0.3 }, { arm = "EKC", wave = "4", share = 0 }]
        outcomes = ["network"]

        [[missing]]
        pattern = "intermittent"
        share = 0.15
        outcomes = ["network"]

        [[missing]]
        share = 0.15
        depends = [{ on = "seen", outcome = "problems", slope = 0.2, centre = 4 }]
        outcomes = ["problems"]
        "#,
    )
}

/// All of them.
pub fn all() -> [Generator; 5] {
    [counts(), scores(), clusters(), dropout(), many_waves()]
}

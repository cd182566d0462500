"""Power by closed form beside power by simulation: the table of docs/simulation.md.

    python reference/scripts/power_by_simulation.py

Seed 1, 10,000 replicates a row; it takes some seconds. A form is exact where the test's own distribution
is computed, else approximate: there the last column is the gap.
"""

from __future__ import annotations

import math

import kring


def generator(n: int, outcome: dict, effect: dict, waves: int = 1, **more: object) -> dict:
    """Two arms of n families; the effect is of the second."""
    return {
        "title": "Power by two ways",
        "wave": [{"name": str(wave + 1), "time": wave} for wave in range(waves)],
        "arm": [{"name": "WT", "families": n}, {"name": "EKC", "families": n}],
        "outcome": [{"name": "y", **outcome}],
        "effect": [{"arm": "EKC", "outcome": "y", **effect}],
        **more,
    }


NORMAL = {"distribution": {"kind": "continuous", "sd": 1}}
STUDENT = {"method": "mean_difference", "outcome": "y_1", "by": "arm", "options": {"variance": "equal"}}
WELCH = {"method": "mean_difference", "outcome": "y_1", "by": "arm"}
RATES = {"method": "rate_ratio", "events": "y_1", "by": "arm"}
CHANGE = {
    "method": "lords_paradox", "before": "y_1", "after": "y_2", "by": "arm", "term": "ratio of rates",
}


CHANGE_OF_SCORES = {"method": "change_difference", "before": "y_1", "after": "y_2", "by": "arm"}
RISK = {"method": "risk_difference", "outcome": "y_1", "by": "arm"}


def poisson(mean: float) -> dict:
    return {"distribution": {"kind": "poisson"}, "intercept": math.log(mean)}


def nb2(mean: float, theta: float) -> dict:
    return {"distribution": {"kind": "nb2", "theta": theta}, "intercept": math.log(mean)}


def scores(n: int, effect: float) -> dict:
    """Scores of variance 1 that correlate by a half between two waves."""
    outcome = {"distribution": {"kind": "continuous", "sd": math.sqrt(0.5)}, "random": [{"latent": "level"}]}
    after = {"after": [{"wave": "2", "value": effect}]}
    latent = {"names": ["level"], "covariance": [[0.5]]}
    return generator(n, outcome, after, waves=2, latent=latent)


def involved(n: int, first: float, second: float) -> dict:
    logits = [math.log(share / (1 - share)) for share in (first, second)]
    outcome = {"distribution": {"kind": "binary"}, "intercept": logits[1]}
    return generator(n, outcome, {"level": logits[0] - logits[1]})


def change(n: int, ratio: float) -> dict:
    after = {"after": [{"wave": "2", "value": math.log(ratio)}]}
    return generator(n, nb2(4.7, 4), after, waves=2)


ROWS = [
    ("Student's t, n = 64, d = 0.5", "exact", generator(64, NORMAL, {"level": 0.5}), STUDENT,
     ("two_means", {"n": 64, "effect": 0.5, "variance": "equal", "other_tail": "counted"})),
    ("Student's t, n = 10, d = 1", "exact", generator(10, NORMAL, {"level": 1.0}), STUDENT,
     ("two_means", {"n": 10, "effect": 1.0, "variance": "equal", "other_tail": "counted"})),
    ("Welch's t, n = 20, d = 0.8", "exact", generator(20, NORMAL, {"level": 0.8}), WELCH,
     ("two_means", {"n": 20, "effect": 0.8, "other_tail": "counted"})),
    ("change of scores, n = 30, d = 0.7, r = 0.5", "exact", scores(30, 0.7), CHANGE_OF_SCORES,
     ("change_scores", {"n": 30, "effect": 0.7, "other_tail": "counted",
                        "spread": {"measurements": {"before": 1, "after": 1, "correlation": 0.5}}})),
    ("shares 65% and 40%, n = 40", "approximate", involved(40, 0.65, 0.4), RISK,
     ("two_proportions", {"n": 40, "effect": 0.25, "second": 0.4})),
    ("shares 65% and 40%, n = 100", "approximate", involved(100, 0.65, 0.4), RISK,
     ("two_proportions", {"n": 100, "effect": 0.25, "second": 0.4})),
    ("rate ratio 0.75, Poisson, n = 30", "approximate",
     generator(30, poisson(4.7), {"level": math.log(0.75)}), RATES,
     ("two_rates", {"n": 30, "ratio": 0.75, "second": 4.7})),
    ("change of rates 0.7, θ = 4, n = 55", "approximate", change(55, 0.7), CHANGE,
     ("rate_change", {"n": 55, "ratio": 0.7, "before": 4.7, "second_ratio": 1.0,
                      "dispersion": {"quadratic": {"alpha": 0.25}},
                      "correlation": {"given": {"correlation": 0.0}}})),
    ("change of rates 0.7, θ = 4, n = 200", "approximate", change(200, 0.7), CHANGE,
     ("rate_change", {"n": 200, "ratio": 0.7, "before": 4.7, "second_ratio": 1.0,
                      "dispersion": {"quadratic": {"alpha": 0.25}},
                      "correlation": {"given": {"correlation": 0.0}}})),
]


def main() -> None:
    print("| test | the form | closed | simulated | MCSE | gap in MCSE |")
    print("|---|---|---|---|---|---|")
    for name, form, plan, test, (design, fields) in ROWS:
        closed = kring.power(design, **fields).to_dict()["power"]
        found = kring.power(plan, **test, seed=1, replicates=10_000).to_dict()
        gap = (found["power"] - closed) / found["mcse"]
        cells = [name, form, f"{closed:.4f}", f"{found['power']:.4f}", f"{found['mcse']:.4f}", f"{gap:+.1f}"]
        print(f"| {' | '.join(cells)} |".replace("-", "−"))
        assert form != "exact" or abs(gap) < 3, name


if __name__ == "__main__":
    main()

"""Python's side of the comparison: python peers.py FOLDER, with the data of `peers data FOLDER`.

Needs numpy, pandas, patsy, scipy and statsmodels.
"""

import statistics
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import patsy
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import stats

FOLDER = Path(sys.argv[1])


def timed(task, run, repetitions=31):
    """Time a task and print its line; `run` gives a number that the other sides must get too."""
    check = run()
    ms = []
    for _ in range(repetitions):
        start = time.perf_counter()
        run()
        ms.append(1000 * (time.perf_counter() - start))
    fields = ["Python", task, f"{statistics.median(ms):.3f}", f"{min(ms):.3f}", f"{max(ms):.3f}"]
    print("\t".join([*fields, str(repetitions), f"{check:.10e}"]), flush=True)


def inference(fit):
    """Errors, p-values and intervals, which statsmodels computes when they are asked for."""
    fit.pvalues, fit.conf_int()
    return fit.bse.sum()


large = pd.read_csv(FOLDER / "regression.csv")
formula = "y ~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9"
timed("lm, 100,000 × 10, from columns", lambda: inference(smf.ols(formula, large).fit()))
y = large["y"].to_numpy()
x = np.column_stack([np.ones(len(y)), large.drop(columns="y").to_numpy()])
timed("lm, 100,000 × 10, from a matrix", lambda: inference(sm.OLS(y, x).fit()))
timed(
    "lm with HC3, 100,000 × 10, from a matrix",
    lambda: inference(sm.OLS(y, x).fit(cov_type="HC3", use_t=True)),
)

families = pd.read_csv(FOLDER / "families.csv")
first = families[families["wave"] == 1]
x, y = (first.loc[first["arm"] == arm, "problems"].to_numpy() for arm in ("EKC", "WT"))


def bootstrap(method):
    """All replicates of a batch at once; the check is the estimate."""
    difference = lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis)  # noqa: E731
    stats.bootstrap(
        (x, y), difference, n_resamples=10_000, batch=100, method=method, rng=np.random.default_rng(2011)
    )
    return x.mean() - y.mean()


timed("bootstrap, percentile, 2,000 families, 10,000 replicates", lambda: bootstrap("percentile"), 5)
timed("bootstrap, BCa, 2,000 families, 10,000 replicates", lambda: bootstrap("BCa"), 5)

# SciPy gives the p-value only, R and kring the shift and its interval too.
timed(
    "Mann–Whitney, exact, 100 and 100 families, with its interval",
    lambda: stats.mannwhitneyu(x[:100], y[:100], method="exact").pvalue,
    21,
)

counts = pd.read_csv(FOLDER / "counts.csv")


def nb2():
    """Maximum likelihood by Newton's method, from the Poisson fit, as statsmodels does it."""
    fit = smf.negativebinomial("y ~ arm + age + severity", counts).fit(method="newton", disp=0)
    fit.summary()
    return fit.llf


timed("negative binomial (NB2), 100,000 × 4, from columns", nb2, 11)

long = pd.read_csv(FOLDER / "design.csv", dtype={"arm": "category", "wave": "category"})
# patsy has no orthogonal polynomial that R has; the two columns are made as R's poly() makes them.
def poly(age):
    centred = age - age.mean()
    q, _ = np.linalg.qr(np.column_stack([np.ones_like(centred), centred, centred**2]))
    return q[:, 1:]


timed(
    "model matrix, 100,000 rows",
    lambda: np.abs(np.asarray(patsy.dmatrix("arm * wave + poly(age) + severity", long))).sum(),
)


def grim():
    """All n at once."""
    n = np.arange(1, 1001)
    possible = 0
    for hundredths in range(1000):
        mean = hundredths / 100
        below = np.floor(mean * n + 1e-9)
        fits = [np.abs(sums / n - mean) <= 0.005 + 1e-12 for sums in (below, below + 1)]
        possible += np.count_nonzero(fits[0] | fits[1])
    return possible


timed("GRIM, 1,000 means × 1,000 n: yes or no", grim)
means, n = np.repeat(np.arange(1000) / 100, 1000), np.tile(np.arange(1, 1001), 1000)


def grim_at_once():
    """All pairs at once."""
    below = np.floor(means * n + 1e-9)
    fits = [np.abs(sums / n - means) <= 0.005 + 1e-12 for sums in (below, below + 1)]
    return np.count_nonzero(fits[0] | fits[1])


timed("GRIM, a million pairs at once: yes or no", grim_at_once)
timed("read a CSV, 100,000 × 10", lambda: pd.read_csv(FOLDER / "regression.csv")["y"].sum())

"""Python's side of the comparison of mixed models: python mixed.py FOLDER, with the data of `peers-mixed data`.

Needs pandas and statsmodels; the packages glmm and lme-python are timed where they are installed.
"""

import statistics
import sys
import time
import warnings
from pathlib import Path

import pandas as pd

FOLDER = Path(sys.argv[1])
warnings.simplefilter("ignore")


def timed(side, task, run, repetitions=5):
    """Time a task and print its line; what a side cannot do is said on the other stream."""
    try:
        value = run()
        ms = []
        for _ in range(repetitions):
            start = time.perf_counter()
            run()
            ms.append(1000 * (time.perf_counter() - start))
    except Exception as error:  # a package that fails is no reason to lose the record
        print(f"{side}, {task}: {error}", file=sys.stderr)
        return
    fields = [side, task, f"{statistics.median(ms):.4f}", f"{min(ms):.4f}", str(repetitions), f"{value:.12g}", ""]
    print("\t".join(fields), flush=True)


sleep = pd.read_csv("reference/data/sleepstudy.csv")
sleep["Subject"] = sleep["Subject"].astype(str)
growth = {}
for name in ("growth", "growth-by-day"):
    growth[name] = pd.read_csv(FOLDER / f"{name}.csv", dtype={"family": str})
    growth[name]["treated"] = (growth[name]["arm"] == "EKC").astype(float)
panel = pd.read_csv(FOLDER / "panel.csv", dtype={"family": str})
ratings = pd.read_csv(FOLDER / "insteval.csv", dtype=str)
ratings["y"] = ratings["y"].astype(float)
ratings["service"] = (ratings["service"] == "1").astype(float)

LINEAR = [
    ("LMM, sleepstudy, 180 rows", "Reaction ~ Days + (Days | Subject)", sleep, 51),
    ("LMM, slopes, 2,000 families", "problems ~ treated * month + severity + (month | family)", growth["growth"], 5),
    (
        "LMM, slopes, 2,000 families, by day",
        "problems ~ treated * month + severity + (month | family)",
        growth["growth-by-day"],
        5,
    ),
    ("LMM, crossed, InstEval", "y ~ service + (1 | s) + (1 | d) + (1 | dept)", ratings, 2),
]
GENERAL = [
    ("Poisson, Laplace", "visits", "(1 | family)", "poisson", 1, 3),
    ("NB2, Laplace", "problems", "(1 | family)", "negativebinomial", 1, 3),
    ("NB2, slopes, Laplace", "lapses", "(1 + wave | family)", "negativebinomial", 1, 3),
    ("Bernoulli, 9 nodes", "involved", "(1 | family)", "binomial", 9, 3),
]

try:
    import glmm
except ImportError:
    glmm = None
if glmm is not None:
    for task, formula, data, repetitions in LINEAR:
        timed("glmm", task, lambda f=formula, d=data: glmm.fit(d, f, satterthwaite=False).loglik, repetitions)
    for task, outcome, random, family, nodes, repetitions in GENERAL:
        formula = f"{outcome} ~ arm * wave + severity + {random}"
        timed("glmm", task, lambda f=formula, k=family, n=nodes: glmm.fit(panel, f, k, nagq=n).loglik, repetitions)

try:
    import lme_python
    import polars as pl
except ImportError:
    lme_python = None
if lme_python is not None:
    text = {"Subject": pl.String, "family": pl.String, "worker": pl.String}
    nights, meetings = (
        pl.read_csv(path, schema_overrides={name: kind for name, kind in text.items() if name in columns})
        for path, columns in [
            ("reference/data/sleepstudy.csv", ["Subject"]),
            (FOLDER / "crossed.csv", ["family", "worker"]),
        ]
    )
    task = "LMM, sleepstudy, 180 rows"
    timed("lme-python", task, lambda: lme_python.lmer("Reaction ~ Days + (Days | Subject)", nights).log_likelihood, 51)

    def table():
        fit = lme_python.lmer("problems ~ arm * wave + (1 | family) + (1 | worker)", meetings)
        fit.with_kenward_roger(meetings)
        return sum(fit.kenward_roger_dfs)

    timed("lme-python", "Kenward–Roger table, 148 rows, crossed", table, 11)

import statsmodels.formula.api as smf  # noqa: E402

timed(
    "statsmodels",
    "LMM, slopes, 2,000 families",
    lambda: smf.mixedlm(
        "problems ~ treated * month + severity", growth["growth"], groups="family", re_formula="~month"
    ).fit().llf,
    1,
)

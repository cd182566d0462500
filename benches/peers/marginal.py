"""Python's side of the comparison of marginal models: python marginal.py FOLDER; needs pandas and statsmodels."""

import statistics
import sys
import time
import warnings
from pathlib import Path

import pandas as pd
import statsmodels.api as sm
from statsmodels.genmod import cov_struct

warnings.simplefilter("ignore")
panel = pd.read_csv(Path(sys.argv[1]) / "panel.csv")
FAMILIES = [("Poisson", "visits", sm.families.Poisson()), ("binomial", "involved", sm.families.Binomial())]
STRUCTURES = [
    ("exchangeable", cov_struct.Exchangeable),
    ("AR(1)", lambda: cov_struct.Autoregressive(grid=True)),
    ("unstructured", cov_struct.Unstructured),
]


def timed(task, run, repetitions=3):
    """Time a task and print its line; what statsmodels cannot do is said on the other stream."""
    try:
        value = run()
        ms = []
        for _ in range(repetitions):
            start = time.perf_counter()
            run()
            ms.append(1000 * (time.perf_counter() - start))
    except Exception as error:  # a model that fails is no reason to lose the record
        print(f"statsmodels, {task}: {error}", file=sys.stderr)
        return
    fields = ["statsmodels", task, f"{statistics.median(ms):.4f}", f"{min(ms):.4f}", str(repetitions), f"{value:.12g}", ""]
    print("\t".join(fields), flush=True)


for kind, outcome, family in FAMILIES:
    for shape, structure in STRUCTURES:

        def run(outcome=outcome, family=family, shape=shape, structure=structure):
            formula = f"{outcome} ~ arm * wave + severity"
            # It takes the places of an unstructured correlation as whole numbers.
            places = panel["wave"].astype(int)
            model = sm.GEE.from_formula(
                formula, groups="family", data=panel, time=places, family=family, cov_struct=structure()
            )
            total = model.fit().params.abs().sum()
            # Its AR(1) parameter solves another equation, so that coefficients are a little off: not compared.
            return float("nan") if shape == "AR(1)" else total

        timed(f"GEE, {kind}, {shape}", run)

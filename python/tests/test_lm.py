"""The linear model against R."""

from __future__ import annotations

import json
import sys

import kring
import polars as pl
import pytest
from conftest import DEROOS, REPOSITORY

if sys.version_info >= (3, 11):
    import tomllib
else:
    pytest.skip("tomllib came with Python 3.11", allow_module_level=True)

CORPUS = REPOSITORY / "reference"
ERRORS = ["classical", "hc0", "hc1", "hc2", "hc3", "cr0", "cr1", "cr2", "cr3"]


def test_the_trial_of_de_roos(frame: object) -> None:
    # R 4.2.2: summary(lm(yc3 ~ relevel(factor(trt), "E") + yc1, mice::fdd)),
    # C − E 7.7095, SE 3.4353, p 0.0343. Here C comes first, so the sign turns.
    fit = kring.lm("yc3 ~ trt + yc1", frame)
    effect = fit.to_polars().row(by_predicate=pl.col("label") == "trtE", named=True)
    assert round(effect["value"], 4) == -7.7095
    assert round(effect["std_error"], 4) == 3.4353
    assert round(effect["p_value"], 4) == 0.0343
    assert effect["df"] == 24
    assert fit.rows == 27


#: Cases that `kring.lm` cannot be asked for.
NOT_OFFERED = {
    "frequency-weights": "weights are precisions",
    "sampling-weights": "weights are precisions",
    "sampling-weights-by-cluster": "weights are precisions",
    "response-of-two-levels": "the response must be numbers",
}
CASES = sorted(path.stem for path in (CORPUS / "cases" / "robust").glob("*.json"))


def known_differences(case: str) -> set[str]:
    """The fields in which kring differs from R for a reason that the corpus proves."""
    differences = tomllib.loads((CORPUS / "explained.toml").read_text("utf-8"))["difference"]
    return {entry["field"] for entry in differences if entry["case"] == f"robust/{case}"}


def close(ours: object, theirs: object, relative: float) -> bool:
    if theirs is None:
        return ours is None
    return ours == pytest.approx(theirs, rel=relative, abs=relative / 1000)


@pytest.mark.parametrize("name", [name for name in CASES if name not in NOT_OFFERED])
def test_corpus(name: str) -> None:
    case = json.loads((CORPUS / "cases" / "robust" / f"{name}.json").read_text("utf-8"))
    model, relative = case["model"], case["relative_tolerance"]
    known = known_differences(name)
    expected = {field: value for field, value in case["expected"].items() if field not in known}
    levels = {column: pl.Enum(levels) for column, levels in case.get("levels", {}).items()}
    data = pl.read_csv(CORPUS / "data" / case["data"], null_values="NA", infer_schema_length=None)
    data = data.with_columns(
        pl.col(column).cast(pl.String).cast(enum) for column, enum in levels.items()
    )
    tried = [errors for errors in ERRORS if any(field.endswith(f"_{errors}") for field in expected)]
    assert tried
    for errors in tried:
        fit = kring.lm(
            model["formula"],
            data,
            covariance=errors,
            cluster=model.get("cluster"),
            weights=model.get("weights", {}).get("column"),
            level=model.get("level", 0.95),
        )
        rows = fit.to_polars()
        # Columns that the others contain are not estimated: R gives NA, kring no row.
        ours = dict(zip(rows["label"], rows.iter_rows(named=True), strict=True))
        for place, term in enumerate(expected["terms"]):
            if expected["estimate"][place] is None:
                assert term not in ours
                continue
            assert close(ours[term]["value"], expected["estimate"][place], relative), (
                term,
                "estimate",
            )
            for field, column in {
                "se": "std_error",
                "df": "df",
                "p": "p_value",
                "low": "low",
                "high": "high",
            }.items():
                theirs = expected.get(f"{field}_{errors}")
                if theirs is None:
                    continue
                # README of the corpus: approximate degrees of freedom and their p-values to 1e-3.
                loose = errors.startswith("cr") and field in ("df", "p", "low", "high")
                allowed = max(relative, 1e-3) if loose else relative
                assert close(ours[term][column], theirs[place], allowed), (term, errors, field)
        for field in ("sigma", "residual_df", "r_squared", "adjusted_r_squared", "log_likelihood"):
            if field in expected:
                assert close(getattr(fit, field), expected[field], relative), (errors, field)
        if f"overall_{errors}" in expected:
            assert fit.overall is not None
            theirs = expected[f"overall_{errors}"]
            assert close(fit.overall["statistic"], theirs["statistic"], relative)
            assert close(fit.overall["p_value"], theirs["p_value"], max(relative, 1e-6))


def test_a_cohort_by_subjects_and_by_measurements() -> None:
    cohort = kring.Cohort.read(
        DEROOS / "data" / "fdd.csv",
        subject="id",
        arm="trt",
        arms=["E", "C"],
        wide={"yc": ["yc1", "yc2", "yc3"]},
    )
    # The first declared arm is the reference, so that this is the sign of the article.
    subjects = kring.lm("yc3 ~ trt + yc1", cohort)
    assert round(subjects.to_polars()["value"][1], 4) == 7.7095
    assert subjects.to_dict() == kring.lm("yc3 ~ trt + yc1", cohort, on="subjects").to_dict()
    measurements = kring.lm(
        "yc ~ trt * wave", cohort, on="measurements", covariance="cr2", cluster="id"
    )
    # Children with a score at one wave at least: 52 less the 8 and 7 who were never seen.
    assert measurements.estimates.to_polars()["n"][0] == 94
    assert measurements.to_dict()["estimates"][0]["sample"]["clusters"] == 37


def test_everything_is_there() -> None:
    fit = kring.lm("y ~ x", {"x": [0, 1, 2, 3, None], "y": [1, 3, 4, 8, 9]}, level=0.9)
    # By hand: x̄ = 1.5, ȳ = 4, Sxy = 11, Sxx = 5, so b = 2.2 and a = 0.7; RSS = 1.8.
    assert fit.estimates.to_polars()["value"].to_list() == pytest.approx([0.7, 2.2])
    assert fit.sigma == pytest.approx((1.8 / 2) ** 0.5)
    assert fit.r_squared == pytest.approx(1 - 1.8 / 26)
    assert (fit.rows, fit.residual_df) == (4, 2)
    assert fit.estimates.to_polars()["level"].to_list() == [0.9, 0.9]
    assert fit.formula == "y ~ x"
    assert fit.method == "linear model by least squares, classical standard errors"
    assert "left out: 1 because `x` is missing" in fit.summary()
    assert fit.summary() == repr(fit)
    assert json.loads(json.dumps(fit.to_dict()))["omitted"][0]["row"] == 4
    assert "complete data" in fit.estimates.to_polars()["cautions"][0]

"""Mixed models: the same numbers as by their names, and the tables of a cohort."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import kring
import pytest
from conftest import DEROOS

FAMILIES = {
    "score": [1, 3, 2, 4, 5, 9, 7, 9],
    "family": ["a", "a", "b", "b", "c", "c", "d", "d"],
    "arm": ["WT"] * 4 + ["EKC"] * 4,
    "wave": [1, 2] * 4,
}


def cohort() -> kring.Cohort:
    return kring.Cohort.from_frame(
        kring.read(DEROOS / "data/fdd.csv"),
        subject="id",
        arm="trt",
        arms=["E", "C"],
        wide={"yc": ["yc1", "yc2", "yc3"]},
    )


def test_a_fit_has_everything_that_a_method_has() -> None:
    fit = kring.lmm("score ~ arm * factor(wave) + (1 | family)", FAMILIES, by="arm", within="wave")
    # Of the saturated model in balance the cells have their means: 6 − 1.5 and 9 − 3.5.
    values = {e["label"]: e["value"]["value"] for e in fit.estimates}
    assert values["arm WT − EKC at wave 1"] == pytest.approx(-4.5)
    assert values["arm WT − EKC at wave 2"] == pytest.approx(-5.5)
    assert [c["value"] ** 2 for c in fit.components] == pytest.approx([0.25, 0.5])
    assert fit.figures["icc"] == pytest.approx(1 / 3)
    named = kring.test(
        "lmm",
        FAMILIES,
        formula="score ~ arm * factor(wave) + (1 | family)",
        by="arm",
        within="wave",
    )
    assert fit.to_dict() == named.to_dict()
    for written in (fit.to_markdown(), fit.to_latex(), repr(fit), fit._repr_html_()):
        assert "family" in written


def test_a_cohort_gives_its_measurements() -> None:
    # R 4.2.2, lmerTest: lmer(yc ~ wave * trt + (1 | id)) by REML: 8.3100, 4.1618, p 0.0506.
    fit = kring.lmm("yc ~ wave * trt + (1 | id)", cohort())
    effect = next(e for e in fit.estimates if e["label"] == "wave3:trtC")
    assert effect["value"]["value"] == pytest.approx(8.3100, abs=1e-4)
    assert effect["std_error"] == pytest.approx(4.1618, abs=1e-4)
    assert effect["p_value"] == pytest.approx(0.0506, abs=1e-4)
    ml = kring.lmm("yc ~ wave * trt + (1 | id)", cohort(), estimation="ml")
    assert ml.figures["log_likelihood"] == pytest.approx(-347.129, abs=1e-3)


def test_follow_ups_have_the_start_beside() -> None:
    fit = kring.lmm("yc ~ yc1 + wave + trt + (1 | id)", cohort(), on="follow_ups")
    # The first wave is no level any more: the third is set against the second.
    labels = [e["label"] for e in fit.estimates]
    assert labels == ["(Intercept)", "yc1", "wave3", "trtC"]
    with pytest.raises(kring.InputError, match="follow_ups"):
        kring.lmm("yc ~ wave + (1 | id)", cohort(), on="later")


def test_counts() -> None:
    counts = {
        "y": [1, 2, 0, 1, 5, 6, 2, 3, 0, 0, 9, 7, 4, 2, 1, 3],
        "family": [i // 2 for i in range(16)],
        "arm": ["EKC" if i // 2 % 2 else "WT" for i in range(16)],
    }
    fit = kring.glmm("y ~ arm + (1 | family)", counts, by="arm", integration="laplace")
    values = {e["label"]: e["value"]["value"] for e in fit.estimates}
    # A random level multiplies both arms alike.
    assert values["average: arm WT / EKC"] == pytest.approx(values["armWT"])
    quadrature = kring.glmm("y ~ 1 + (1 | family)", counts, integration={"quadrature": {"points": 5}})
    assert "5 nodes" in quadrature.estimates[0]["method"]


SATURATED = "score ~ arm * factor(wave) + (1 | family)"


def test_random_effects_residuals_and_influence_are_frames() -> None:
    fit = kring.lmm(SATURATED, FAMILIES, show=["random_effects", "residuals", "influence"])
    effects = fit.frames["random_effects"].to_polars()
    assert effects.columns == ["group", "effect", "level", "value", "std_error"]
    # Of means of ∓½ half is left, as the variances of families and of such means are both ¼.
    assert effects["value"].to_list() == pytest.approx([-0.25, 0.25, -0.25, 0.25])
    rows = fit.frames["by_row"].to_polars()
    assert rows["residual"][0] == pytest.approx(1 - rows["fitted"][0])
    influence = fit.frames["influence"].to_polars()
    assert influence["cooks_distance"].is_sorted(descending=True)
    assert "without: armWT" in influence.columns
    assert "Random effects" in fit.to_markdown()
    assert fit.to_dict()["tables"][0]["name"] == "random_effects"


def test_predictions_of_rows_and_of_settings() -> None:
    at = {"arm": ["WT", "EKC"], "wave": [1, 2]}
    fit = kring.lmm(SATURATED, FAMILIES, predict={"at": at})
    frame = fit.frames["predictions"].to_polars()
    assert frame["predicted"].to_list() == pytest.approx([1.5, 3.5, 6, 9])
    assert frame["wave"].to_list() == [1, 2, 1, 2]
    # A row without an outcome is one to be predicted.
    data = {name: [*values, None] for name, values in FAMILIES.items()}
    data["family"][-1], data["arm"][-1], data["wave"][-1] = "a", "WT", 2
    rows = kring.lmm(SATURATED, data, predict="families").frames["by_row"].to_polars()
    assert rows["predicted"][8] == pytest.approx(3.5 - 0.25)
    link = kring.glmm(
        "y ~ arm + (1 | family)",
        COUNTS,
        predict={"scale": "link", "at": {"arm": ["EKC"]}},
    )
    value = link.frames["predictions"].to_polars()["predicted"][0]
    assert value == pytest.approx(link.estimates[0]["value"]["value"])


COUNTS = {
    "y": [1, 2, 0, 1, 5, 6, 2, 3, 0, 0, 9, 7, 4, 2, 1, 3],
    "family": [i // 2 for i in range(16)],
    "arm": ["EKC" if i // 2 % 2 else "WT" for i in range(16)],
}


def test_spreads_of_groups() -> None:
    scores = [1, 3.2, 2, 4.1, 5, 9, 7, 3]
    fit = kring.lmm("score ~ arm + wave + (1 | family)", FAMILIES | {"score": scores}, dispersion="~ arm")
    spreads = {c["label"]: c["value"] for c in fit.components if c["group"] == "residual"}
    assert spreads["arm EKC"] > spreads["arm WT"]


def test_simulated_residuals_profiles_and_the_bootstrap_of_counts() -> None:
    fit = kring.glmm(
        "y ~ arm + (1 | family)",
        COUNTS,
        simulated_residuals={"seed": 1, "replicates": 99},
        intervals="profile",
    )
    labels = [test["label"] for test in fit.tests]
    assert "residuals: uniformity" in labels and "residuals: number of zeros" in labels
    assert fit.frames["by_row"].to_polars()["quantile_residual"].null_count() == 0
    profile = next(e for e in fit.estimates if e["label"] == "armWT")
    assert profile["interval"]["low"] < 0 < profile["interval"]["high"]
    drawn = {"bootstrap": {"replicates": 40, "seed": 1}}
    here = kring.glmm("y ~ arm + (1 | family)", COUNTS, intervals=drawn)
    with ThreadPoolExecutor(2) as pool:
        there = kring.glmm("y ~ arm + (1 | family)", COUNTS, intervals=drawn, executor=pool)
    assert there.to_dict() == here.to_dict()

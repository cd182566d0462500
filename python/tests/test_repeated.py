"""Marginal models and models for repeated measures: the same numbers as by their names, with their means."""

from __future__ import annotations

import kring
import pytest
from test_mixed import FAMILIES, cohort


def test_means_of_waves_are_frames() -> None:
    fit = kring.mmrm(
        "score ~ arm * factor(wave)",
        FAMILIES,
        subject="family",
        wave="wave",
        means={"of": ["arm"], "by": ["wave"], "contrasts": "pairwise"},
    )
    # In balance the means of the model are those of the cells; EKC stands before WT in the alphabet.
    assert fit.frames["means"].to_polars()["value"].to_list() == pytest.approx([6, 1.5, 9, 3.5])
    contrasts = fit.frames["contrasts"].to_polars()
    assert contrasts["label"].to_list() == ["WT − EKC at wave 1", "WT − EKC at wave 2"]
    assert contrasts["value"].to_list() == pytest.approx([-4.5, -5.5])


def test_a_cohort_knows_family_and_wave() -> None:
    # R 4.2.2, nlme: gls(yc ~ trt * wave) with corSymm and varIdent by REML.
    fit = kring.mmrm("yc ~ trt * wave", cohort(), dof="normal")
    by_name = kring.test(
        "mmrm",
        cohort(),
        on="measurements",
        formula="yc ~ trt * wave",
        subject="id",
        wave="wave",
        options={"dof": "normal"},
    )
    assert fit.to_dict() == by_name.to_dict()


def test_a_marginal_model_takes_what_its_method_takes() -> None:
    fit = kring.gee(
        "score ~ arm",
        FAMILIES,
        subject="family",
        correlation="independence",
        covariance="model_based",
        by="arm",
    )
    values = {e["label"]: e["value"]["value"] for e in fit.estimates}
    assert values["arm WT − EKC"] == pytest.approx(-5.0)


def test_a_frame_does_not_know_its_families() -> None:
    with pytest.raises(kring.InputError, match="subject"):
        kring.gee("score ~ arm", FAMILIES)
    with pytest.raises(kring.InputError, match="means"):
        kring.lm("score ~ arm", FAMILIES, means={"of": 3})


def test_a_linear_model_has_means() -> None:
    fit = kring.lm("score ~ arm", FAMILIES, means={"of": ["arm"], "contrasts": "pairwise"})
    assert fit.frames["contrasts"].to_polars()["value"].to_list() == pytest.approx([-5.0])


def test_arms_that_chance_did_not_make_are_refused() -> None:
    columns = {"outcome": "score", "arm": "arm", "wave": "wave", "subject": "family"}
    with pytest.raises(kring.InputError, match="declared"):
        kring.test("clda", FAMILIES, **columns)
    model = {"gee": {"covariance": "model_based"}}
    found = kring.test("difference_in_differences", FAMILIES, model=model, **columns)
    changes = found.frames["contrasts"].to_polars()
    assert changes["value"].to_list() == pytest.approx([-1.0])


def test_means_are_asked_for_as_in_emmeans() -> None:
    full = {"of": ["arm"], "by": ["wave"], "contrasts": "pairwise"}
    one, two = (
        kring.lm("score ~ arm * factor(wave)", FAMILIES, means=asked) for asked in (full, "pairwise ~ arm | wave")
    )
    assert one.frames["contrasts"] == two.frames["contrasts"]
    names: list[str] = ["arm", "wave"]
    one, two = (kring.lm("score ~ arm * factor(wave)", FAMILIES, means=asked) for asked in (names, "~ arm * wave"))
    assert one.frames["means"] == two.frames["means"]
    assert "contrasts" not in two.frames


def test_formula_and_data_in_the_wrong_order_say_so() -> None:
    for model in (kring.lm, kring.lmm, kring.glmm, kring.gee, kring.mmrm):
        with pytest.raises(TypeError, match="the formula comes first"):
            model(FAMILIES, "score ~ arm")  # type: ignore[arg-type] # pyright: ignore
    with pytest.raises(TypeError, match="kring.read"):
        kring.lm("score ~ arm", "file.sav")  # type: ignore[arg-type] # pyright: ignore

"""The arms at the start, who left, programmes, lists of problems, and results in other markup."""

from __future__ import annotations

import kring
import numpy as np
import pandas as pd
import polars as pl
import pytest
from conftest import DATASETS, DEROOS

#: Eight referrals: six started, of one it is not known; four conferences.
REFERRALS = {
    "started": ["ja", "ja", "ja", "ja", "ja", "ja", "nee", None],
    "held": ["ja", "ja", "ja", "ja", "nee", "nee", None, None],
    "region": ["Zuid", "Zuid", "Noord", "Noord", "Noord", "Noord", "Noord", None],
}

#: Two families at two waves, each seen by two workers; 1 and 2 are problems.
SCORES = {
    "family": ["a", "a", "a", "a", "b", "b", "b", "b"],
    "wave": [1, 1, 2, 2, 1, 1, 2, 2],
    "arm": ["WT", "WT", "WT", "WT", "EKC", "EKC", "EKC", "EKC"],
    "worker": ["x", "y", "x", "y", "x", "y", "x", "y"],
    "housing": [2, 2, 4, 4, 5, 5, 2, 5],
}


@pytest.fixture
def fireworks() -> kring.Cohort:
    return kring.Cohort.read(
        DEROOS / "data" / "fdd.csv",
        subject="id",
        arm="trt",
        arms={"E": "EMDR", "C": "CBT"},
        wide={"yc": "yc{wave}"},
        waves=[1, 2, 3],
    )


def test_the_baseline_table_of_a_cohort_and_of_a_frame(fireworks: kring.Cohort) -> None:
    # Figures of groups.R: C less E.
    table = kring.baseline(fireworks, variables=["age", "yc"])
    differences = table.frames["differences"].to_polars()
    assert differences["difference"].to_list() == pytest.approx(
        [-0.0657805261107671, -0.117813973191461]
    )
    groups = table.frames["groups"].to_polars()
    assert groups.filter(variable="yc", group="E")["missing"].to_list() == [8]
    frame = kring.read(DEROOS / "data" / "fdd.csv").to_pandas()
    plain = kring.baseline(frame, "trt", ["age"], tests=True)
    # In a frame C is the first level.
    assert plain.frames["differences"].to_polars()["difference"].to_list() == pytest.approx(
        [0.0657805261107671]
    )
    assert "answers no question" in repr(plain)
    assert "answers no question" not in repr(table)
    medians = kring.baseline(fireworks, variables=["age"], medians=["age"], overall=False)
    assert "n = 52" not in repr(medians)


def test_every_result_in_every_markup(fireworks: kring.Cohort) -> None:
    results = [
        kring.baseline(fireworks, variables=["age"]),
        kring.attrition(fireworks, ["age"]),
        kring.test("mann_whitney", fireworks, outcome="age", by="trt"),
        kring.compare(fireworks, "age", "trt"),
        kring.lm("age ~ trt", fireworks),
        fireworks.describe(["age"]),
        fireworks.flow(["yc"]),
        kring.process(REFERRALS, started="started"),
    ]
    for result in results:
        assert isinstance(result, kring.Tables)
        assert "| ---" in result.to_markdown()
        assert "\\toprule" in result.to_latex()
        assert "," in result.to_csv()
        assert "<table" in result.to_html()
        assert isinstance(result.to_dict(), dict)
        assert result.frames
        first = next(iter(result.frames.values())).to_polars()
        assert first.equals(result.to_polars())


def test_who_left(fireworks: kring.Cohort) -> None:
    left = kring.attrition(fireworks, ["age", "sex"], outcome="yc", range=(0, 60))
    rates = left.frames["rates"].to_polars()
    assert rates.select("trt", "events", "total").rows() == [
        (None, 24, 52),
        ("E", 14, 26),
        ("C", 10, 26),
    ]
    # Figures of groups.R; coefficients are logs, a frame has odds ratios.
    regression = left.frames["regression"].to_polars()
    effects = dict(zip(regression["label"], np.log(regression["value"].to_numpy()), strict=True))
    assert effects["age"] == pytest.approx(-0.471750029469808)
    assert effects["trtC"] == pytest.approx(-1.13039236877017)
    interactions = left.frames["interactions"].to_polars()
    assert interactions["statistic"].to_list() == pytest.approx([0.0905628728893646], abs=1e-7)
    assert left.frames["little"].to_polars()["df"].to_list() == [7.0]
    assert [picture.name for picture in left.pictures()] == ["patterns"]
    assert "<svg" in left.pictures()[0].svg
    assert "name the variables" in repr(kring.attrition(fireworks))
    assert kring.attrition(fireworks, ["age"], until=2).to_polars()["events"][0] == 22


def test_a_programme_with_its_denominators() -> None:
    for data in (REFERRALS, pl.DataFrame(REFERRALS), pd.DataFrame(REFERRALS)):
        course = kring.process(data, started="started", conference=("held", "ja"), by=["region"])
        rates = course.to_polars()
        of = rates.filter((pl.col("id") == "conference_of_started") & pl.col("region").is_null())
        assert of.select("events", "total", "of").rows() == [
            (4, 6, "referrals that were started")
        ]
        assert course.frames["funnels"].to_polars().height > 0
        assert course.pictures()
    with pytest.raises(kring.InputError, match="contradictions"):
        kring.process(REFERRALS, started="started", contradictions="ignore")


def test_a_list_of_problems() -> None:
    once = pl.DataFrame(SCORES).filter(worker="x")
    found = kring.inventory(
        once, {"housing": "Housing"}, subject="family", wave="wave", arm="arm", at_most=2
    )
    transitions = found.frames["transitions"].to_polars()
    assert transitions.select("arm", "new", "solved").rows() == [
        (None, 1, 1),
        ("EKC", 1, 0),
        ("WT", 0, 1),
    ]
    assert transitions["label"][0] == "Housing"
    cohort = kring.Cohort.from_frame(once, subject="family", wave="wave", arm="arm")
    same = kring.inventory(cohort, ["housing"], at_most=2)
    assert same.frames["prevalence"].to_polars()["events"].sum() == 2
    # Two problems and six times none of two workers: they differ on b at 2.
    # D_o = 2/8, D_e = 2 * 3 * 5 / (8 * 7).
    agreement = kring.inventory(
        SCORES, ["housing"], subject="family", wave="wave", at_most=2, rater="worker"
    )
    alpha = agreement.frames["agreement"].to_polars()["value"][0]
    assert alpha == pytest.approx(1 - (2 / 8) / (30 / 56))


def test_an_instrument() -> None:
    matrix = kring.instrument("zrm-11", data_dir=DATASETS)
    assert len(matrix["domains"]) == 11
    assert [level["value"] for level in matrix["levels"]] == [1, 2, 3, 4, 5]
    domains = {domain["id"]: [1, 5] for domain in matrix["domains"]}
    data = {"family": ["a", "a"], "wave": [1, 2], **domains}
    found = kring.inventory(
        data, instrument="zrm-11", subject="family", wave="wave", at_most=2, language="dutch"
    )
    assert found.frames["counts"].to_polars()["mean"].to_list() == [11.0, 0.0]
    assert found.frames["transitions"].to_polars()["label"][0] == matrix["domains"][0]["nl"]


def test_grim_on_arrays_and_series() -> None:
    means, n = [5.19, 5.18, 3.45], [28, 28, 20]
    for of in (list, np.array, pl.Series, pd.Series):
        assert kring.grim_many(of(means), of(n)) == [False, True, True]
    assert kring.grim_many([18.0], [50], of="percentages", decimals=0) == [True]
    for wrong, says in [
        (([5.0], [28, 28]), "length"),
        (([5.0], [0]), "above zero"),
        (([5.0], [2.5]), "above zero at row 1, found 2.5"),
        (([None, 5.0], [28, 28]), "row 1 has no value"),
    ]:
        with pytest.raises(kring.InputError, match=says):
            kring.grim_many(*wrong)


def test_checks_of_figures() -> None:
    assert kring.check_p_value("2.20", "t(28)", ".06")["outcome"] == "decision_error"
    assert kring.check_sum([26, 26], 52)["outcome"] == "consistent"
    assert kring.check_sum([26, 26], 53)["outcome"] == "inconsistent"
    assert kring.check_share(24, 52, "46.2%")["outcome"] == "consistent"
    assert kring.possible_sums("5,2", 28, locale="nl")["low"] == 145
    found = kring.check_figures("0.81", interval=("0.70", "0.94"), p_value=".005")
    assert [one["kind"] for one in found] == ["interval", "interval_p"]
    rows = kring.read_figures("value,sample,whole_items\n5.19,28,1\n10.0,26,1\n")
    assert [row["findings"][0]["outcome"] for row in rows] == ["inconsistent", "consistent"]
    mixed = kring.read_figures("id,value,sample,whole_items\nproblems,5.19,28,1\nage,11.2,28,\n")
    assert mixed[0]["unchecked"] is None
    assert mixed[1]["findings"] == [] and "whole_items" in mixed[1]["unchecked"]
    for call, says in [
        (lambda: kring.check_p_value("2.20", "u(28)", ".06"), "u"),
        (lambda: kring.check_spread(0), "above zero"),
        (lambda: kring.check_interval("0.8", "0.7", "0.9", scale="root"), "scale"),
        (lambda: kring.grimmer("2.0", "1.0", 3, 0), "`items`"),
        (lambda: kring.read_figures("sample\n28\n"), "value"),
        (lambda: kring.debit("0.5", "0.5", -1), "found -1"),
    ]:
        with pytest.raises(kring.InputError, match=says):
            call()


def test_methods_that_were_not_reachable() -> None:
    codes = {"a": ["x", "x", "y", "y"], "b": ["x", "x", "y", "y"], "c": ["x", "y", "y", "x"]}
    kappa = kring.test("fleiss_kappa", codes, columns=["a", "b", "c"])
    # p_o = (1 + 1/3 + 1 + 1/3)/4 = 2/3, each code half of all.
    assert kappa.to_polars()["value"].to_list() == pytest.approx([1 / 3])
    adjusted = kring.test("adjust_p_values", {"p": [0.01, 0.04, 0.03]}, p_values="p")
    by_row = adjusted.frames["by_row"].to_polars()
    assert by_row["adjusted_p_value"].to_list() == pytest.approx([0.03, 0.06, 0.06])
    data = kring.read(DATASETS / "studies/epilepsy/data/epil.csv")
    residuals = kring.test(
        "quantile_residuals", data, formula="y ~ trt + age", seed=3, model={"glm": {"family": "poisson"}}
    )
    values = residuals.frames["by_row"].to_polars()["quantile_residual"]
    assert len(values) == 236
    assert residuals.frames["tests"].to_polars()["p_value"][0] < 1e-4


def test_the_fields_of_a_method() -> None:
    for method in kring.methods():
        fields = kring.methods(method)
        assert any(field["required"] for field in fields)
        assert all(field["meaning"] for field in fields)
    fields = {field["name"]: field for field in kring.methods("glm")}
    assert fields["formula"]["required"]
    assert fields["options.family"]["default"] == "gaussian"
    assert "nbinom2" in [choice["name"] for choice in fields["options.family"]["choices"]]

"""Comparisons and methods by their names."""

import pandas as pd
import polars as pl
import pytest

import kring

FAMILIES = {
    "problems": [6, 8, 3, 5, 7],
    "before": [7, 8, 6, 6, 8],
    "home": ["yes", "no", "yes", "yes", None],
    "arm": ["WT", "WT", "EKC", "EKC", "EKC"],
}


def test_a_method_gives_the_same_from_every_kind_of_frame() -> None:
    # WT has the mean 7, EKC 5.
    polars = pl.DataFrame(FAMILIES)
    for data in (FAMILIES, polars, polars.to_pandas()):
        answer = kring.test("mean_difference", data, outcome="problems", by="arm")
        assert answer.to_polars()["value"].to_list() == pytest.approx([2.0])
        assert answer.to_polars()["label"].to_list() == ["WT − EKC"]


def test_options_have_the_names_of_a_protocol() -> None:
    equal = kring.test(
        "mean_difference", FAMILIES, outcome="problems", by="arm", options={"variance": "equal"}
    )
    assert equal.to_polars()["df"].to_list() == [3.0]


def test_rows_that_lack_something_are_counted() -> None:
    answer = kring.test("risk_difference", FAMILIES, outcome="home", event="yes", by="arm")
    estimate = answer.estimates[0]
    # 1 of 2 against 2 of 2.
    assert estimate["value"] == {"value": pytest.approx(-0.5)}
    assert estimate["sample"]["omitted"] == 1
    assert "Rests on the 4 of 5" in repr(answer)
    assert "<table" in answer._repr_html_()


def test_the_comparison_says_what_it_chose_and_what_it_did_not_run() -> None:
    found = kring.compare(FAMILIES, "problems", "arm", scale="count")
    said = found.to_dict()
    assert said["scale"] == "count"
    assert "negative binomial" in said["method"]
    assert said["methods_run"] == 1
    assert said["alternatives"]
    assert "allocated at random" in repr(found)
    chance = kring.compare(FAMILIES, "problems", "arm", scale="count", randomised=True)
    assert "allocated at random" not in repr(chance)


def test_levels_of_texts_have_the_order_that_is_given() -> None:
    data = {**FAMILIES, "burden": ["low", "high", "middle", "low", "high"]}
    found = kring.compare(data, "burden", "arm", levels=["low", "middle", "high"])
    assert found.to_dict()["scale"] == "ordinal"


def test_the_scale_of_a_standard_error_is_told() -> None:
    data = {"solved": [0, 1, 1, 1, 0, 0, 1, 0], "arm": ["a"] * 4 + ["b"] * 4}
    fit = kring.test(
        "marginal_effect", data, formula="solved ~ arm", by="arm", options={"family": "binomial"}
    )
    rows = fit.to_polars()
    scales = dict(zip(rows["measure"], rows["std_error_scale"], strict=True))
    assert scales["risk ratio"] == "log"
    assert scales["proportion"] == scales["risk difference"] == "value"
    shares = rows.filter(measure="proportion")
    assert shares["low"].min() > 0 and shares["high"].max() < 1


def test_means_take_numbers_and_plain_names() -> None:
    data = {"y": [1, 2, 3, 5, 4, 7], "arm": ["a", "b"] * 3, "age": [30, 41, 35, 52, 38, 44]}
    means = [
        {"of": "arm", "at": {"age": 40}, "contrasts": "control"},
        {"of": ["arm"], "at": {"age": ["40"]}, "contrasts": {"control": {}}},
    ]
    one, two = (kring.lm("y ~ arm + age", data, means=asked) for asked in means)
    assert one.frames["means"] == two.frames["means"]


def test_what_is_wrong_is_told() -> None:
    with pytest.raises(kring.InputError, match="did you mean `mann_whitney`"):
        kring.test("man_whitney", FAMILIES, outcome="problems", by="arm")
    with pytest.raises(kring.InputError, match="missing field `by`"):
        kring.test("mann_whitney", FAMILIES, outcome="problems")
    with pytest.raises(kring.InputError, match="unknown field `outcom`"):
        kring.test("mann_whitney", FAMILIES, outcom="problems", by="arm")
    with pytest.raises(kring.InputError, match="problem"):
        kring.compare(FAMILIES, "problem", "arm")
    with pytest.raises(kring.InputError, match="scale"):
        kring.compare(FAMILIES, "problems", "arm", scale="counts")
    with pytest.raises(kring.InputError, match="`on`|on"):
        kring.compare(FAMILIES, "problems", "arm", on="subjects")
    assert "mann_whitney" in kring.methods()


def test_ordered_categories_and_declared_counts_are_what_they_are() -> None:
    grades = pd.Categorical(
        ["lo", "hi", "mid", "hi", "lo", "mid"], categories=["lo", "mid", "hi"], ordered=True
    )
    arm = ["WT", "WT", "WT", "EKC", "EKC", "EKC"]
    frame = pd.DataFrame({"grade": grades, "arm": arm})
    assert kring.compare(frame, "grade", "arm").to_dict()["scale"] == "ordinal"
    plain = frame.assign(grade=frame["grade"].cat.as_unordered())
    assert kring.compare(plain, "grade", "arm").to_dict()["scale"] == "nominal"
    # Arms in an order of their own are arms all the same: 4 less 7 at least.
    arms = pd.Categorical(FAMILIES["arm"], categories=["EKC", "WT"], ordered=True)
    found = kring.compare({**FAMILIES, "arm": pd.Series(arms)}, "problems", "arm", baseline="before")
    assert found.to_polars()["label"].to_list() == ["WT − EKC"]
    cohort = kring.Cohort.from_frame(
        {"family": [1, 2, 3, 4], "arm": ["WT", "WT", "EKC", "EKC"], "problems": [6, 8, 3, 5]},
        subject="family",
        arm="arm",
        variables={"problems": "count"},
    )
    assert kring.compare(cohort, "problems", "arm").to_dict()["scale"] == "count"


def test_the_arms_that_are_asked_for() -> None:
    arm = ["WT", "WT", "EKC", "EKC", "other"]
    data = {**FAMILIES, "arm": arm}
    found = kring.compare(data, "problems", "arm", arms=["EKC", "WT"], level=0.9)
    assert found.to_polars()["label"].to_list() == ["WT − EKC", "WT − EKC"]
    assert "1 row of arm other" in repr(found)
    assert [seen["n"] for seen in found.to_dict()["figures"]] == [2, 2]
    table = kring.baseline(data, "arm", ["problems"], arms={"WT": "Teams", "EKC": "Conferences"})
    assert "Conferences" in repr(table)
    assert "1 row of arm other" in repr(table)
    people = {**data, "family": [1, 2, 3, 4, 5]}
    cohort = kring.Cohort.from_frame(people, subject="family", arm="arm", arms=["WT", "EKC"])
    assert len(cohort.subjects()) == 4
    assert "1 person of arm other" in repr(kring.baseline(cohort, ["problems"]))
    with pytest.raises(kring.InputError, match="where the cohort is made"):
        kring.baseline(cohort, arms=["WT"])
    with pytest.raises(kring.InputError, match="there is no arm `ECK`"):
        kring.Cohort.from_frame(people, subject="family", arm="arm", arms=["WT", "ECK"])


def test_advice_says_what_fits_and_what_made_it_say_so() -> None:
    families = range(1, 41)
    data = {
        "family": [family for family in families for _ in (1, 2, 3)],
        "wave": [1, 2, 3] * 40,
        "arm": [("WT", "EKC")[family % 2] for family in families for _ in (1, 2, 3)],
        "problems": [(family // 2 * 5 + wave) % 7 + 1 for family in families for wave in (1, 2, 3)],
        "team": [family % 5 for family in families for _ in (1, 2, 3)],
    }
    advice = kring.advise(data, "problems", "arm", subject="family", wave="wave")
    assert advice.to_polars()["rule"].to_list() == [
        "gee",
        "glmm",
        "difference_in_differences",
    ]
    # What it writes for Python runs.
    for call in advice.to_polars()["python"]:
        answer = eval(call, {"kring": kring, "data": data})
        assert answer.to_polars().height > 0, call
    remarks = advice.frames["remarks"].to_polars()
    few = remarks.row(by_predicate=pl.col("rule") == "few_families", named=True)
    assert few["because"] == "20 in the smallest arm"
    assert "Mancl" in few["sources"]
    teams = kring.advise(
        data, "problems", "arm", subject="family", wave="wave", cluster="team", randomised=True
    )
    assert teams.to_polars()["rule"].to_list() == ["glmm"]
    assert teams.to_dict()["facts"]["nested"]["clusters"] == 5
    frame = pl.DataFrame(data).filter(pl.col("wave") < 3)
    two = kring.advise(frame, "problems", "arm", subject="family", wave="wave", randomised=True)
    first = two.to_polars().row(0, named=True)
    assert first["rule"] == "ancova"
    assert eval(first["python"], {"kring": kring, "data": frame}).to_polars().height > 0


def test_advice_needs_two_arms_and_two_waves() -> None:
    data = {"y": [1.5, 2.0, 3.0], "arm": ["A", "A", "A"], "family": [1, 2, 3], "wave": [1, 1, 1]}
    with pytest.raises(kring.InputError, match="there is `A` alone"):
        kring.advise(data, "y", "arm")
    data["arm"] = ["A", "B", "B"]
    with pytest.raises(kring.InputError, match="leave `wave` out"):
        kring.advise(data, "y", "arm", subject="family", wave="wave")
    with pytest.raises(kring.InputError, match="kind"):
        kring.advise(data, "y", "arm", kind="counts")

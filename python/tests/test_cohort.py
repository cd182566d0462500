"""Cohorts from frames."""

from __future__ import annotations

import json

import kring
import pandas as pd
import polars as pl
import pytest
from conftest import DEROOS

#: Four families at two waves; family 4 was not seen at the second.
LONG = {
    "family": [1, 1, 2, 2, 3, 3, 4, 4],
    "wave": [1, 2, 1, 2, 1, 2, 1, 2],
    "arm": ["EKC"] * 4 + ["WT"] * 4,
    "age": [34, 34, 41, 41, 29, 29, 52, 52],
    "problems": [6, 2, 4, 3, 5, 4, 3, None],
}


def long(**roles: object) -> kring.Cohort:
    given = {"subject": "family", "wave": "wave", "arm": "arm", **roles}
    return kring.Cohort.from_frame(LONG, **given)  # type: ignore[arg-type]


def test_subjects_and_measurements() -> None:
    cohort = long(arms=["WT", "EKC"])
    subjects = cohort.subjects().to_polars()
    assert subjects.columns == ["family", "arm", "age", "problems_1", "problems_2"]
    assert subjects["family"].to_list() == ["1", "2", "3", "4"]
    assert subjects["arm"].dtype == pl.Enum(["WT", "EKC"])
    measurements = cohort.measurements().to_pandas()
    assert len(measurements) == 7
    assert list(measurements["arm"].cat.categories) == ["WT", "EKC"]
    assert cohort.waves == ["1", "2"]
    assert cohort.arms == ["WT", "EKC"]
    assert cohort.excluded == {"nothing_observed": 1}
    assert repr(cohort) == "<kring.Cohort the frame: 4 subjects, waves 1, 2, arms WT, EKC>"


def test_wide_and_long_are_the_same() -> None:
    wide = {
        "family": [1, 2, 3, 4],
        "arm": ["EKC", "EKC", "WT", "WT"],
        "age": [34, 41, 29, 52],
        "p1": [6, 4, 5, 3],
        "p2": [2, 3, 4, None],
    }
    for columns in (["p1", "p2"], "p{wave}", {"pattern": "p{wave}"}):
        cohort = kring.Cohort.from_frame(
            wide, subject="family", arm="arm", waves=[1, 2], wide={"problems": columns}
        )
        columns = ["family", "wave", "arm", "problems"]
        assert (
            cohort.measurements()
            .to_polars()
            .select(columns)
            .equals(long().measurements().to_polars().select(columns))
        )


def test_flow() -> None:
    flow = long().flow()
    assert flow.to_polars().rows() == [
        ("EKC", "1", 2, 2, 0, 0, 0, 0),
        ("EKC", "2", 2, 2, 0, 0, 0, 0),
        ("WT", "1", 2, 2, 0, 0, 0, 0),
        ("WT", "2", 2, 1, 1, 0, 0, 0),
    ]
    assert flow.svg().startswith("<svg")
    assert flow.to_dict()["arms"][1]["patterns"] == [
        {"seen": [True, True], "n": 1},
        {"seen": [True, False], "n": 1},
    ]
    assert "Who was seen at each wave" in repr(flow)


def test_description() -> None:
    description = long().describe(["problems", "age"])
    rows = description.to_polars()
    ours = rows.row(
        by_predicate=(pl.col("variable") == "problems")
        & (pl.col("arm") == "WT")
        & (pl.col("wave") == "2"),
        named=True,
    )
    # Family 4 was not seen at wave 2, so its problems are missing there.
    assert (ours["n"], ours["missing"], ours["mean"], ours["sd"]) == (1, 1, 4.0, None)
    assert rows.filter(variable="age", arm="EKC")["mean"].to_list() == [37.5]
    assert "4 subjects, no violations" in description.summary()
    assert json.loads(json.dumps(description.to_dict()))["subjects"] == 4
    levels = kring.Cohort.from_frame(
        {"id": [1, 2, 3], "home": ["yes", "no", "yes"]}, subject="id"
    ).describe()
    assert levels.to_polars().select("level", "count").rows() == [("no", 1), ("yes", 2)]


def test_missing() -> None:
    cohort = long(variables={"problems": {"missing": [5]}})
    row = cohort.missing().to_polars().row(by_predicate=pl.col("column") == "problems", named=True)
    assert {name: row[name] for name in ("rows", "observed", "system", "coded", "unusable")} == {
        "rows": 8,
        "observed": 6,
        "system": 1,
        "coded": 1,
        "unusable": 0,
    }


def test_violations() -> None:
    data = {**LONG, "problems": [-1, 2.5, 4, 3, 5, 4, 3, None]}
    cohort = kring.Cohort.from_frame(
        data,
        subject="family",
        wave="wave",
        variables={"problems": {"type": "count", "range": [0, 9]}},
    )
    violations = cohort.validate()
    assert [(v.kind, v.row, v.subject, v.wave, v.column) for v in violations] == [
        ("not_count", 1, "1", "1", "problems"),
        ("out_of_range", 1, "1", "1", "problems"),
        ("not_count", 2, "1", "2", "problems"),
    ]
    first = violations[0]
    assert (first.expected, first.found) == ("a whole number of 0 or more", "-1")
    assert str(first) == (
        "row 1 (subject 1, wave 1), column `problems`: expected a whole number of 0 or more, found -1"
    )
    assert repr(first).startswith("<kring.Violation not_count: row 1")


def test_declarations_in_their_short_and_long_forms() -> None:
    short = long(
        arms={"EKC": "conference", "WT": "team"},
        waves={"1": 0, "2": 12},
        variables={"problems": "count"},
    )
    full = long(
        arms=[{"name": "EKC", "label": "conference"}, {"name": "WT", "label": "team"}],
        waves=[{"name": 1, "months": 0}, {"name": 2, "months": 12}],
        variables=[{"name": "problems", "type": "count"}],
    )
    assert short.measurements().to_polars().equals(full.measurements().to_polars())
    assert short.measurements().to_polars()["months"].to_list()[:2] == [0.0, 12.0]
    nested = long(
        variables={
            "age": {"levels": {"29": "young", "34": "middle", "41": "middle-aged", "52": "old"}}
        }
    )
    assert nested.subjects().to_polars()["age"].dtype == pl.Enum(["29", "34", "41", "52"])


def test_the_order_of_categories_is_kept() -> None:
    arms = pd.Categorical(["EKC", "WT", "WT"], categories=["WT", "EKC"])
    frame = pd.DataFrame({"id": [1, 2, 3], "arm": arms, "y": [1.0, 2.0, 4.0]})
    cohort = kring.Cohort.from_frame(frame, subject="id", arm="arm")
    assert cohort.arms == ["WT", "EKC"]
    assert kring.lm("y ~ arm", frame).to_polars()["label"].to_list() == ["(Intercept)", "armEKC"]


def test_a_cohort_from_a_file() -> None:
    cohort = kring.Cohort.read(DEROOS / "data" / "fdd.sav", subject="id", arm="trt")
    assert len(cohort.subjects()) == 52
    assert cohort.provenance["format"] == "spss"


@pytest.mark.parametrize(
    ("roles", "says"),
    [
        ({"subject": "familie"}, "there is no column `familie`.*did you mean `family`"),
        ({"arm": "treatment"}, "there is no column `treatment`"),
        ({"arms": 3}, "`arms`: expected a list of names or a dict, found 3"),
        ({"arms": {"EKC": ["a"]}}, "`arms`: what is said of `EKC` is no label and no dict"),
        ({"arms": [{"label": "x"}]}, "`arms`: a dict in the list has no `name`"),
        ({"arms": [{"name": "EKC", "colour": "red"}]}, "`arms`: unknown field `colour`"),
        ({"arms": [None]}, "`arms`: expected a name or a dict, found null"),
        ({"waves": {"1": float("nan")}}, "`waves`: NaN is not a finite number"),
        ({"waves": {"1": 2**70}}, "`waves`: the number 1180591620717411303424 is too large"),
        (
            {"variables": {"problems": "counts"}},
            "`variables`: expected .*found `counts`; did you mean `count`",
        ),
        ({"variables": {"problem": "count"}}, "did you mean `problems`"),
        (
            {"variables": object()},
            "`variables`: expected names, numbers, lists or dicts, found object",
        ),
        (
            {"wide": {"problems": 3}, "wave": None},
            "`wide`: what is said of `problems` is no list of columns",
        ),
        ({"wide": {"p": "p{wave}"}}, "leave out one of the two"),
    ],
)
def test_wrong_roles(roles: dict[str, object], says: str) -> None:
    with pytest.raises(kring.InputError, match=says):
        long(**roles)


def test_wrong_questions() -> None:
    cohort = long()
    with pytest.raises(kring.InputError, match="did you mean `problems`"):
        cohort.flow(["problem"])
    with pytest.raises(kring.InputError, match="`age`"):
        cohort.flow(["age"])
    with pytest.raises(kring.InputError, match="no such variable"):
        cohort.describe(["problem"])
    with pytest.raises(TypeError):
        cohort.flow("problems")  # type: ignore[arg-type]

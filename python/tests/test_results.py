"""Results behave as values of Python do: pickled, copied, compared, drawn, and with their doubts told."""

from __future__ import annotations

import copy
import json
import pickle
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import kring
import pytest
from conftest import DEROOS

DATA = {
    "family": [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6],
    "wave": [1, 2] * 6,
    "arm": ["WT"] * 6 + ["EKC"] * 6,
    "problems": [6, 5, 7, 7, 5, 6, 6, 3, 7, 4, 5, 1],
}


def cohort() -> kring.Cohort:
    return kring.Cohort.from_frame(DATA, subject="family", wave="wave", arm="arm")


RESULTS: dict[str, Callable[[], object]] = {
    "frame": lambda: kring.Frame(DATA),
    "measurements, with levels in order": lambda: cohort().measurements(),
    "lm": lambda: kring.lm("problems ~ arm", DATA, means={"of": ["arm"]}),
    "test": lambda: kring.test("mann_whitney", DATA, outcome="problems", by="arm"),
    "compare": lambda: kring.compare(DATA, "problems", "arm"),
    "mmrm": lambda: kring.mmrm(
        "problems ~ arm * factor(wave)", DATA, subject="family", wave="wave", structure="cs"
    ),
    "flow": lambda: cohort().flow(["problems"]),
    "description": lambda: cohort().describe(["problems"]),
    "baseline": lambda: kring.baseline(cohort()),
    "advice": lambda: kring.advise(DATA, "problems", "arm", subject="family", wave="wave"),
    "published": lambda: kring.published("4.70"),
    "figure": lambda: kring.replicate("deroos-2011").figures[0],
}


@pytest.mark.parametrize("make", RESULTS.values(), ids=RESULTS)
def test_pickled_and_copied(make: Callable[[], object]) -> None:
    result = make()
    again = pickle.loads(pickle.dumps(result))
    assert type(again) is type(result)
    assert again == result
    assert again == make(), "the same asked twice is the same"
    assert repr(again) == repr(result)
    if isinstance(result, kring.Tabular):
        assert again.to_polars().equals(result.to_polars())
        assert again.to_polars().schema == result.to_polars().schema
    if isinstance(result, kring.Tables):
        assert again.to_dict() == result.to_dict()
        assert list(again.frames) == list(result.frames)
        assert again.to_markdown() == result.to_markdown()
    assert copy.copy(result) == result
    assert copy.deepcopy(result) == result


def test_others_are_not_equal() -> None:
    one = kring.lm("problems ~ arm", DATA)
    assert one != kring.lm("problems ~ arm", DATA, covariance="hc3")
    assert one != kring.test("mann_whitney", DATA, outcome="problems", by="arm")
    assert one != "problems ~ arm"
    assert kring.Frame(DATA) != kring.Frame({**DATA, "wave": [1, 3] * 6})
    assert kring.published("4.70") != kring.published("4.7")
    assert len({kring.published("4.7"), kring.published("4.7")}) == 1


def test_a_pickle_of_another_version_is_refused() -> None:
    from kring import _results

    written = json.dumps({"version": "0.0.1", "object": "00"}).encode()
    with pytest.raises(kring.InputError, match=r"written by kring 0\.0\.1"):
        _results.restore("Frame", written)
    with pytest.raises(kring.InputError, match="cannot be used"):
        _results.restore("Frame", b"nothing")


def test_every_result_has_a_summary() -> None:
    for make in RESULTS.values():
        result = make()
        if isinstance(result, kring.Tables | kring.Replication):
            assert result.summary().strip()
    run = kring.replicate("deroos-2011")
    assert len(run) == len(run.comparisons)
    assert run == kring.replicate("deroos-2011")


def forget(monkeypatch: pytest.MonkeyPatch, *libraries: str) -> None:
    """As if these were not installed."""
    from kring import _results

    known = _results.installed
    monkeypatch.setattr(_results, "installed", lambda name: name not in libraries and known(name))


def test_plot_without_a_library(monkeypatch: pytest.MonkeyPatch) -> None:
    forget(monkeypatch, "altair", "matplotlib")
    fit = kring.lm("problems ~ arm", DATA)
    picture = fit.plot()
    assert isinstance(picture, kring.Figure)
    assert picture.svg.startswith("<svg") and picture.svg.endswith("</svg>")
    # Two coefficients, each a point; the arm's label is there, and the alternative says the values.
    assert picture.svg.count("<circle") == 2
    assert "armEKC" in picture.svg or "armWT" in picture.svg
    assert picture.alt.count(":") == 2
    with pytest.raises(ImportError, match="pip install altair"):
        fit.plot("altair")
    with pytest.raises(kring.InputError, match="`library`: expected"):
        fit.plot("ggplot")  # type: ignore[arg-type]


def test_plot_of_what_has_pictures_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    forget(monkeypatch, "altair", "matplotlib")
    assert isinstance(cohort().flow(["problems"]).plot(), kring.Figure)
    with pytest.raises(kring.InputError, match="no estimates to draw"):
        kring.advise(DATA, "problems", "arm", subject="family", wave="wave").plot()


def test_plot_with_matplotlib() -> None:
    pytest.importorskip("matplotlib")
    figure = kring.lm("problems ~ arm", DATA).plot("matplotlib")
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == kring.lm("problems ~ arm", DATA).to_polars()["label"].to_list()
    pyplot: ModuleType | None = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()


def test_plot_with_altair() -> None:
    pytest.importorskip("altair")
    drawn = kring.lm("problems ~ arm", DATA).plot("altair").to_dict()
    assert len(drawn["layer"]) == 3


#: Four clusters are too few for errors by cluster.
FEW = {"y": [1, 2, 2, 4, 5, 6, 5, 8], "x": [0, 1] * 4, "team": [1, 1, 2, 2, 3, 3, 4, 4]}


def test_doubts_are_told_and_can_be_silenced() -> None:
    def fit() -> kring.LmFit:
        return kring.lm("y ~ x", FEW, covariance="cr2", cluster="team")

    with pytest.warns(kring.CautionWarning, match="degrees of freedom") as told:
        fit()
    assert len(told) == 1
    assert Path(told[0].filename).name == "test_results.py", "it names the line that asked"
    with warnings.catch_warnings(record=True) as silent:
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", kring.CautionWarning)
        fit()
        # What has no doubt says nothing, whatever the filter.
        warnings.simplefilter("error", kring.CautionWarning)
        kring.test("mean_difference", DATA, outcome="problems", by="arm")
    assert not silent


def test_doubts_are_told_once_a_line() -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("default")
        for _ in range(3):
            kring.lm("y ~ x", FEW, covariance="cr2", cluster="team")
    assert [warning.category for warning in told] == [kring.CautionWarning]


def test_verify(tmp_path: Path) -> None:
    run = kring.replicate("deroos-2011", out=tmp_path)
    found = kring.verify(tmp_path)
    assert found.came_again and bool(found)
    assert found.what == "the replication of deroos-2011"
    assert set(found.to_polars()["outcome"]) == {"same"}
    assert len(found.to_polars()) > 1000
    file = tmp_path / "results.json"
    stored = json.loads(file.read_text("utf-8"))
    assert stored == run.to_dict()
    stored["comparisons"][0]["quantity"]["value"] = 27
    file.write_text(json.dumps(stored), "utf-8")
    found = kring.verify(file)
    assert not found.came_again
    different = found.to_polars().filter(outcome="different")
    assert different["stored"].to_list() == [27.0]
    assert kring.verify(file, source=DEROOS).to_dict() == found.to_dict()
    with pytest.raises(kring.InputError, match="there is no such file"):
        kring.verify(tmp_path / "nothing.json")

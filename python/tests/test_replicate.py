"""From a file or a frame to the verdicts."""

from __future__ import annotations

import json
import os
from pathlib import Path

import kring
import polars as pl
import pytest
from conftest import DATASETS, DEROOS


@pytest.fixture(scope="module")
def run() -> kring.Replication:
    return kring.replicate("deroos-2011")


def test_verdicts_from_the_files(run: kring.Replication) -> None:
    # 24 claims, of which 7 need columns that the microdata do not have: counted in study.toml.
    assert run.verdicts == {"reproduced": 17, "not_reproducible": 7}
    assert run.as_expected
    assert run.id == "deroos-2011"


def test_equal_verdicts_from_every_frame(run: kring.Replication, frame: object) -> None:
    other = kring.replicate("deroos-2011", data=frame)
    assert other.verdicts == run.verdicts
    assert other.to_polars().equals(run.to_polars())
    assert other.comparisons == run.comparisons
    assert other.results == run.results


def test_a_study_is_found_by_name_folder_and_file(run: kring.Replication) -> None:
    for study in (DEROOS, str(DEROOS), DEROOS / "study.toml"):
        assert kring.replicate(study).comparisons == run.comparisons
    assert kring.replicate("deroos-2011", data_dir=DATASETS).comparisons == run.comparisons


def test_the_environment_names_the_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KRING_DATA", os.fspath(tmp_path))
    with pytest.raises(kring.InputError, match="which KRING_DATA names"):
        kring.studies()
    assert kring.studies(data_dir=DATASETS)


def test_the_data_are_installed_with_the_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    studies = {study["id"]: study for study in kring.studies()}
    assert set(studies) == {folder.parent.name for folder in DATASETS.glob("studies/*/study.toml")}
    folder = Path(studies["deroos-2011"]["folder"])
    assert folder.is_relative_to(Path(kring.__file__).parent)
    # The licence of the data lies beside them.
    for data in DATASETS.glob("studies/*/data"):
        assert (folder.parent / data.parent.name / "data" / "LICENSE-DATA.md").is_file()


@pytest.mark.parametrize("study", [entry["id"] for entry in kring.studies(DATASETS)])
def test_every_study_comes_out_as_it_declares(study: str) -> None:
    assert kring.replicate(study).as_expected


def test_one_row_a_claim(run: kring.Replication) -> None:
    rows = run.to_polars()
    assert rows.height == len(run.comparisons) == 24
    sex = rows.row(by_predicate=pl.col("id") == "sex-chi-squared", named=True)
    # Article, table 1: χ² = .70; by hand (16·13 − 10·13)² · 52 / (29 · 23 · 26 · 26).
    assert sex["printed"] == ".70"
    assert sex["ours"] == pytest.approx((16 * 13 - 10 * 13) ** 2 * 52 / (29 * 23 * 26 * 26))
    assert (sex["verdict"], sex["expected"], sex["as_expected"]) == ("reproduced",) * 2 + (True,)
    unseen = rows.filter(verdict="not_reproducible")
    assert unseen["ours"].null_count() == unseen.height
    assert unseen["why"].null_count() == 0
    assert set(rows["seen"]) <= {"source", "copy", "second_hand", "derived"}
    assert sex["source"] == "article" and sex["table"]


def test_plain_data(run: kring.Replication) -> None:
    data = run.to_dict()
    assert json.loads(json.dumps(data)) == data
    assert [entry["id"] for entry in data["results"]] == [entry["id"] for entry in run.results]
    assert [file["name"] for file in data["files"]] == ["data/fdd.csv", "data/fdd.sav"]
    assert {finding["outcome"] for finding in run.findings} == {"consistent"}
    assert kring.check(DEROOS) == kring.check("deroos-2011") == run.findings


def test_files_are_written(tmp_path: Path, run: kring.Replication) -> None:
    kring.replicate("deroos-2011", out=tmp_path / "one")
    run.write(tmp_path / "two" / "deep")
    names = {"report.html", "results.json", *(f"{figure.name}.svg" for figure in run.figures)}
    for folder in (tmp_path / "one", tmp_path / "two" / "deep"):
        assert {path.name for path in folder.iterdir()} == names
        assert json.loads((folder / "results.json").read_text("utf-8")) == run.to_dict()
    assert (tmp_path / "one" / "report.html").read_text("utf-8") == run.report_html()


def test_verdicts_as_tables_for_a_paper(run: kring.Replication) -> None:
    assert "| Claim | Published | Ours | Verdict | Name |" in run.to_markdown()
    assert "\\toprule" in run.to_latex()
    assert run.to_csv().startswith("Claim,Published,Ours,Verdict,Name")
    assert "<table" in run.to_html() and "<!doctype" not in run.to_html()


def test_the_terminal_table_is_the_representation(run: kring.Replication) -> None:
    assert "24 published figures: 17 reproduced, 7 not reproducible." in repr(run)
    assert "\x1b" not in repr(run)


def test_other_data_are_held_to_the_protocol() -> None:
    data = kring.read(DEROOS / "data" / "fdd.csv").to_polars()
    older = data.with_columns(age=pl.col("age") + 10)
    with pytest.raises(kring.InputError, match="expected a value from 0 to 18, found 20"):
        kring.replicate("deroos-2011", data=older)
    with pytest.raises(kring.InputError, match="has no data files"):
        kring.replicate("sert-2016", data=data)


def test_changed_data_change_the_verdict(run: kring.Replication) -> None:
    data = kring.read(DEROOS / "data" / "fdd.csv").to_polars()
    # One girl of 26 in the CBT group becomes a boy: 17 and 9 where 16 and 10 were printed.
    girls = data.with_row_index().filter(trt="C", sex="F")["index"]
    changed = data.with_row_index().with_columns(
        sex=pl.when(pl.col("index") == girls[0]).then(pl.lit("M")).otherwise("sex")
    )
    other = kring.replicate("deroos-2011", data=changed.drop("index"))
    assert not other.as_expected
    assert other.verdicts["reproduced"] < run.verdicts["reproduced"]

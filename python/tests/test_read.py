"""Reading files."""

from __future__ import annotations

import datetime
from pathlib import Path

import kring
import polars as pl
import pytest
from conftest import DEROOS


def test_what_a_data_set_tells() -> None:
    data = kring.read(DEROOS / "data" / "fdd.csv")
    assert data.shape == (52, 65)
    assert len(data) == 52
    assert data.columns[:3] == ["id", "trt", "pp"]
    assert data.provenance["file"] == "fdd.csv"
    assert data.provenance["delimiter"] == ","
    assert len(data.provenance["sha256"]) == 64
    assert repr(data) == "<kring.Dataset fdd.csv: 52 rows, 65 columns>"


def test_two_formats_are_one_frame() -> None:
    csv, sav = (kring.read(DEROOS / "data" / name).to_polars() for name in ("fdd.csv", "fdd.sav"))
    assert csv.select("age", "yc1").equals(sav.select("age", "yc1"))


def test_options(tmp_path: Path) -> None:
    file = tmp_path / "kosten.csv"
    file.write_bytes(
        "naam;kosten;datum\nZoë;1.234,50;2021-02-01\nTim;-9;2021-03-15\n".encode("cp1252")
    )
    data = kring.read(file, delimiter=";", decimal=",", encoding="windows-1252", missing=["-9"])
    frame = data.to_polars()
    assert frame["naam"].to_list() == ["Zoë", "Tim"]
    assert frame["kosten"].to_list() == [1234.5, None]
    assert frame["datum"].to_list() == [datetime.date(2021, 2, 1), datetime.date(2021, 3, 15)]
    assert data.codebook["variables"][1]["missing"] == {
        "system": 0,
        "by_code": [{"code": "-9", "label": None, "count": 1}],
    }
    assert kring.read(file, decimal="comma").to_polars()["kosten"][0] == 1234.5


def test_a_format_that_the_name_does_not_tell(tmp_path: Path) -> None:
    file = tmp_path / "families.dat"
    file.write_text("family,problems\n1,6\n")
    assert kring.read(file, format="delimited").to_polars().rows() == [(1.0, 6.0)]


def test_files_of_polars(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"arm": ["EKC", "WT"], "n": [1, 2]}, schema={"arm": pl.Enum(["WT", "EKC"]), "n": pl.Int16}
    )
    frame.write_parquet(tmp_path / "a.parquet")
    frame.write_ipc(tmp_path / "a.arrow")
    for name in ("a.parquet", "a.arrow"):
        assert kring.read(tmp_path / name).to_polars().equals(frame)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"delimiter": ";;"}, "delimiter"),
        ({"decimal": "·"}, "expected `point` or `comma`"),
        ({"encoding": "latin-7"}, "expected .*found `latin-7`"),
        ({"sheet": "1"}, "the option `sheet` has no meaning"),
        ({"format": "word"}, "expected .*found `word`"),
    ],
)
def test_wrong_options(options: dict[str, str], says: str) -> None:
    with pytest.raises(kring.InputError, match=says):
        kring.read(DEROOS / "data" / "fdd.csv", **options)  # type: ignore[arg-type]


def test_a_labelled_file_means_the_same_by_way_of_pandas_and_polars(tmp_path: Path) -> None:
    """Labels are levels in the order of their codes, and a user-missing code is missing."""
    run = kring.read(DEROOS / "data" / "fdd.sav")
    rows = run.to_pandas()
    labelled = [
        variable["name"] for variable in run.codebook["variables"] if variable["value_labels"]
    ]
    assert labelled, "the file has labels"
    for name in labelled:
        kind = rows[name].dtype
        assert not getattr(kind, "ordered", False), f"{name} would be taken as a score"
    formula = "yc3 ~ yc1 + trt"
    direct = kring.lm(formula, run).to_polars()
    assert kring.lm(formula, rows).to_polars().equals(direct)
    assert kring.lm(formula, run.to_polars()).to_polars().equals(direct)
    assert run.codes().to_pandas().shape == rows.shape

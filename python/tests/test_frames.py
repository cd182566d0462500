"""Frames of every library come in and go out, whatever they hold."""

from __future__ import annotations

import datetime as dt
import decimal
import sys
from collections.abc import Callable, Iterator

import kring
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

EVERY = pl.DataFrame(
    {
        "whole": [1, None, 3],
        "small": [1, 2, None],
        "large": [2**63, 2**64 - 1, None],
        "number": [1.5, None, -0.0],
        "single": [0.5, None, 2.0],
        "truth": [True, False, None],
        "text": ["Zoë", "", None],
        "long": ["x" * 40, None, "y" * 13],
        "date": [dt.date(1950, 1, 31), None, dt.date(2021, 2, 28)],
        "time": [dt.datetime(2021, 1, 1, 12, 30, 0, 5), None, dt.datetime(1960, 1, 1)],
        "zoned": [dt.datetime(2021, 7, 1), None, dt.datetime(2021, 1, 1)],
        "span": [dt.timedelta(days=1, microseconds=5), None, dt.timedelta(0)],
        "clock": [dt.time(3, 0, 1), None, dt.time(23, 59)],
        "enum": ["WT", None, "EKC"],
        "category": ["b", None, "a"],
        "decimal": [decimal.Decimal("1.25"), None, decimal.Decimal("-3.00")],
        "nothing": [None, None, None],
    },
    schema_overrides={
        "small": pl.Int8,
        "large": pl.UInt64,
        "single": pl.Float32,
        "enum": pl.Enum(["WT", "none", "EKC"]),
        "category": pl.Categorical,
        "decimal": pl.Decimal(10, 2),
        "nothing": pl.Null,
    },
).with_columns(pl.col("zoned").dt.replace_time_zone("Europe/Amsterdam"))


def test_every_type_of_polars_comes_back() -> None:
    back = kring.Frame(EVERY).to_polars()
    assert back.equals(EVERY)
    assert back.schema == EVERY.schema
    assert kring.Frame(EVERY.slice(1)).to_polars().equals(EVERY.slice(1))
    assert (
        kring.Frame(pl.concat([EVERY, EVERY], rechunk=False))
        .to_polars()
        .equals(pl.concat([EVERY, EVERY]))
    )


def test_pyarrow_takes_and_gives() -> None:
    table = pa.table(kring.Frame(EVERY))
    assert table.num_rows == 3
    assert kring.Frame(table).to_polars().equals(EVERY)
    assert kring.Frame(table.slice(1, 1)).to_polars().equals(EVERY.slice(1, 1))
    batches = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=1))
    assert kring.Frame(batches).to_polars().equals(EVERY)


def test_pandas_takes_and_gives() -> None:
    frame = pd.DataFrame(
        {
            "whole": pd.array([1, None], dtype="Int64"),
            "number": [1.5, np.nan],
            "truth": pd.array([True, None], dtype="boolean"),
            "text": ["a", None],
            "time": pd.to_datetime(["2021-01-01", None]),
            "level": pd.Categorical(["lo", "hi"], categories=["lo", "mid", "hi"], ordered=True),
            "code": pd.Categorical([3, 1]),
        }
    )
    back = kring.Frame(frame).to_polars()
    assert back.rows()[0] == (1, 1.5, True, "a", dt.datetime(2021, 1, 1), "lo", 3)
    assert back.rows()[1] == (None, None, None, None, None, "hi", 1)
    assert back["level"].dtype == pl.Enum(["lo", "mid", "hi"])
    again = kring.Frame(frame).to_pandas()
    assert list(again["level"].cat.categories) == ["lo", "mid", "hi"]
    # Rows that were picked keep their numbers in pandas; these are no data.
    assert kring.Frame(frame[frame["code"] == 1]).columns == list(frame.columns)


def test_a_named_index_is_not_lost_silently() -> None:
    frame = pd.DataFrame({"family": [1, 2], "problems": [6, 2]}).set_index("family")
    with pytest.raises(kring.InputError, match=r"the index of the frame is `family`.*reset_index"):
        kring.Frame(frame)
    assert kring.Frame(frame.reset_index()).columns == ["family", "problems"]


@pytest.mark.parametrize("missing", ["pyarrow", None])
def test_pandas_without_pyarrow(monkeypatch: pytest.MonkeyPatch, missing: str | None) -> None:
    """An older pandas has no Arrow stream, or one that needs pyarrow."""
    frame = pd.DataFrame(
        {"family": [1, 2], "arm": ["WT", None], "at": pd.to_datetime(["2021-01-01", None])}
    )

    class Older:
        columns, items, index = frame.columns, frame.items, frame.index

    def no_stream(*_: object) -> None:
        raise ImportError("pyarrow>=14 is required")

    class Old(Older):
        __arrow_c_stream__ = no_stream

    if missing is not None:
        monkeypatch.setitem(sys.modules, missing, None)
        # A column hands over no stream either.
        monkeypatch.setattr(pd.Series, "__arrow_c_stream__", no_stream)
        for old in (Older(), Old()):
            assert kring.Frame(old).to_polars().rows() == [
                (1, "WT", dt.datetime(2021, 1, 1)),
                (2, None, None),
            ]
    else:
        monkeypatch.setattr(pd.DataFrame, "__arrow_c_stream__", no_stream)
        assert kring.Frame(frame).to_polars()["family"].to_list() == [1, 2]


def test_columns_of_python_and_numpy() -> None:
    frame = kring.Frame(
        {
            "whole": [1, None, 3],
            "mixed": [1, 2.5, float("nan")],
            "truth": (True, None, np.bool_(False)),
            "text": np.array(["a", "b", "c"]),
            "identifier": [10**30, 1, None],
            "single": np.array([1, 2, 3], dtype="float32"),
            "byte": np.array([1, 2, 3], dtype="uint8"),
            "objects": np.array([1, None, 2], dtype=object),
            "range": range(3),
            "decimal": [decimal.Decimal("1.5"), None, 2],
            "date": [dt.date(1969, 12, 31), None, dt.date(2000, 2, 29)],
            "time": [
                dt.datetime(2021, 1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=2))),
                None,
                None,
            ],
            "nanoseconds": np.array(["2021-01-01", "NaT", "1950-05-05"], dtype="datetime64[ns]"),
            "pandas": pd.Series([1.0, None, 3.0]),
            "polars": pl.Series([1, 2, 3], dtype=pl.Int16),
            "nothing": [None, pd.NA, pd.NaT],
        }
    ).to_polars()
    assert frame.rows()[0] == (
        1,
        1.0,
        True,
        "a",
        "1" + "0" * 30,
        1.0,
        1,
        1,
        0,
        1.5,
        dt.date(1969, 12, 31),
        dt.datetime(2020, 12, 31, 23),
        dt.datetime(2021, 1, 1),
        1.0,
        1,
        None,
    )
    assert frame.rows()[2][:5] == (3, None, False, "c", None)
    assert frame["nanoseconds"].to_list() == [
        dt.datetime(2021, 1, 1),
        None,
        dt.datetime(1950, 5, 5),
    ]
    assert frame["nothing"].dtype == pl.Null


def test_a_number_that_is_not_finite_is_missing() -> None:
    data = pl.DataFrame({"y": [1.0, float("inf"), float("nan")]})
    assert kring.Frame(data).to_polars()["y"].to_list() == [1.0, None, None]
    assert kring.lm("y ~ 1", pl.concat([data, data])).rows == 2


@pytest.mark.parametrize(
    "empty",
    [
        pl.DataFrame(),
        pd.DataFrame(),
        pa.table({}),
        {},
        pl.DataFrame(schema={"a": pl.Int8, "b": pl.Categorical}),
    ],
    ids=["polars", "pandas", "pyarrow", "dict", "columns"],
)
def test_empty_frames(empty: object) -> None:
    frame = kring.Frame(empty)  # type: ignore[arg-type]
    assert len(frame) == 0
    assert frame.to_polars().height == 0
    with pytest.raises(kring.InputError):
        kring.lm("y ~ x", empty)  # type: ignore[arg-type]
    with pytest.raises(kring.InputError):
        kring.Cohort.from_frame(empty, subject="family")  # type: ignore[arg-type]


#: Frames that hold what no statistics can be made of, and what is said about each.
UNUSABLE: dict[str, tuple[Callable[[], object], str]] = {
    "lists": (lambda: pl.DataFrame({"a": [[1], [2]]}), "column `a` holds lists"),
    "arrays": (
        lambda: pl.DataFrame({"a": [[1]]}, schema={"a": pl.Array(pl.Int8, 1)}),
        "column `a` holds lists",
    ),
    "structures": (lambda: pl.DataFrame({"a": [{"x": [{"y": 1}]}]}), "column `a` holds structures"),
    "bytes": (lambda: pl.DataFrame({"a": [b"x"]}), "column `a` holds bytes"),
    "fixed bytes": (
        lambda: pa.table({"a": pa.array([b"ab"], pa.binary(2))}),
        "column `a` holds bytes",
    ),
    "objects": (lambda: pl.DataFrame({"a": [object()]}), "column `a` holds"),
    "maps": (
        lambda: pa.table({"a": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int8()))}),
        "holds maps",
    ),
    "unions": (
        lambda: pa.table(
            {"a": pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array([1])])}
        ),
        "holds values of several types",
    ),
    "intervals": (
        lambda: pa.table({"a": pa.array([(1, 2, 3)], pa.month_day_nano_interval())}),
        "holds intervals",
    ),
    "wide decimals": (
        lambda: pa.table({"a": pa.array([decimal.Decimal("1.2")], pa.decimal256(50, 1))}),
        "holds decimals of 256 bits",
    ),
    "periods": (
        lambda: pd.DataFrame({"a": pd.period_range("2020", periods=2, freq="M")}),
        "an extension type",
    ),
    "uuids": (lambda: pa.table({"a": pa.array([b"0" * 16], pa.uuid())}), "an extension type"),
    "runs": (
        lambda: pa.table({"a": pa.RunEndEncodedArray.from_arrays([2], [1.0])}),
        "Arrow stream",
    ),
    "list views": (
        lambda: pa.table({"a": pa.array([[1]], pa.list_view(pa.int8()))}),
        "Arrow stream",
    ),
    "sparse": (lambda: pd.DataFrame({"a": pd.arrays.SparseArray([0, 1])}), "handed over"),
    "zones": (
        lambda: pa.table({"a": pa.array([1], pa.timestamp("us", tz="Foo/Bar"))}),
        "column `a` cannot be used",
    ),
    "mixed objects": (lambda: pd.DataFrame({"a": [1, "x"]}), "handed over.*column a"),
    "two names": (
        lambda: pa.Table.from_arrays([pa.array([1])] * 2, names=["a", "a"]),
        "columns 1 and 2 are both called `a`",
    ),
    "two names of pandas": (
        lambda: pd.DataFrame([[1, 2]], columns=["a", "a"]),
        "Duplicate column names",
    ),
    "zero bytes": (lambda: pl.DataFrame({"a\0b": [1]}), "zero byte"),
    "null rows": (
        lambda: pa.chunked_array([pa.array([{"a": 1}, None])]),
        "whole rows that are null",
    ),
    "unequal columns": (
        lambda: {"a": [1, 2], "b": [1]},
        "column `b` has length 1, but column `a` has length 2",
    ),
    "numbers as names": (lambda: {1: [1]}, "expected texts as names of columns, found 1"),
    "texts and numbers": (
        lambda: {"a": [1, "x"]},
        r"row 2 holds texts \(x\), but the rows before it hold numbers",
    ),
    "nested lists": (lambda: {"a": [[1]]}, "row 1 holds list"),
    "two dimensions": (lambda: {"a": np.zeros((2, 2))}, "row 1 holds list"),
    "no Unicode": (lambda: {"a": ["\ud800"]}, "a text that is no Unicode"),
    "complex": (lambda: {"a": [1j]}, "row 1 holds complex"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_unusable_frames(name: str) -> None:
    frame, says = UNUSABLE[name]
    with pytest.raises(kring.InputError, match=says):
        kring.lm("y ~ a", frame())  # type: ignore[arg-type]


class Broken:
    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        raise RuntimeError("the disk is on fire")


class Released:
    """Hands over the same capsule again and again."""

    capsule = pl.DataFrame({"a": [1]}).__arrow_c_stream__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.capsule


class NoCapsule:
    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return 3


def failing() -> pa.RecordBatchReader:
    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({"a": [1]})
        raise RuntimeError("the line broke")

    return pa.RecordBatchReader.from_batches(pa.schema([("a", pa.int64())]), batches())


def test_producers_that_fail() -> None:
    with pytest.raises(kring.InputError, match="the disk is on fire") as caught:
        kring.Frame(Broken())
    assert isinstance(caught.value.__cause__, RuntimeError)
    with pytest.raises(kring.InputError, match="the line broke"):
        kring.Frame(failing())
    twice = Released()
    assert len(kring.Frame(twice)) == 1
    with pytest.raises(kring.InputError, match="already released"):
        kring.Frame(twice)
    with pytest.raises(TypeError):
        kring.Frame(NoCapsule())


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (pl.LazyFrame({"a": [1]}), r"found polars\.LazyFrame; it is lazy: call `\.collect\(\)`"),
        (pl.Series([1]), "found a single column"),
        (pa.array([1]), "expected a frame"),
        ([1, 2], "found list"),
        (3, "found int"),
        (None, "found NoneType"),
        ("families.csv", "found str"),
        ({"a": 3}, "column `a`: expected a list, an array or a series, found int"),
        ({"a": "abc"}, "found str"),
        ({"a": {"b": 1}}, "found dict"),
        ({"a": np.array(3)}, "found numpy.ndarray"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_frame(wrong: object, says: str) -> None:
    with pytest.raises(TypeError, match=says):
        kring.Frame(wrong)  # type: ignore[arg-type]


def test_names_with_zero_bytes_are_not_exported() -> None:
    with pytest.raises(kring.InputError, match="zero byte"):
        kring.Frame({"a\0b": [1]}).to_polars()


def test_libraries_that_are_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = kring.Frame({"a": [1]})
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(ImportError, match="polars is not installed; try `pip install polars`"):
        frame.to_polars()
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        frame.to_pandas()

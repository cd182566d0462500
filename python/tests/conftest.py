"""What the tests share: the repository's data, and a study in the frames of each library."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import kring
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
DATASETS = REPOSITORY / "datasets"
DEROOS = DATASETS / "studies" / "deroos-2011"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The studies that were installed with the package are found, not those of the environment."""
    monkeypatch.delenv("KRING_DATA", raising=False)


def pyarrow_frame(path: Path) -> pa.Table:
    options = pyarrow.csv.ConvertOptions(null_values=[""], strings_can_be_null=True)
    return pyarrow.csv.read_csv(path, convert_options=options)


#: A CSV file as each library reads it.
READERS: dict[str, Callable[[Path], object]] = {
    "polars": pl.read_csv,
    "pandas": pd.read_csv,
    "pandas with pyarrow": lambda path: pd.read_csv(path, dtype_backend="pyarrow"),
    "pyarrow": pyarrow_frame,
    "kring": kring.read,
    "kring to polars": lambda path: kring.read(path).to_polars(),
    "kring to pandas": lambda path: kring.read(path).to_pandas(),
    "dict of lists": lambda path: pl.read_csv(path).to_dict(as_series=False),
    "dict of numpy": lambda path: {
        name: column.to_numpy() for name, column in pd.read_csv(path).items()
    },
}


@pytest.fixture(params=READERS)
def frame(request: pytest.FixtureRequest) -> object:
    """The microdata of de Roos et al. in the frame of a library."""
    return READERS[request.param](DEROOS / "data" / "fdd.csv")

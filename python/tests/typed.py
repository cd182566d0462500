"""Uses of kring that type checkers read and nobody runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import kring
import polars as pl

if TYPE_CHECKING:
    from typing_extensions import assert_type  # typing has it from Python 3.11 on


def read(path: Path) -> pl.DataFrame:
    data = kring.read(path, delimiter=";", missing=["NA"])
    assert_type(data, kring.Dataset)
    assert_type(data.shape, tuple[int, int])
    return data.to_polars()


def study(frame: pl.DataFrame) -> bool:
    run = kring.replicate("deroos-2011", data=frame)
    assert_type(run.verdicts, dict[str, int])
    run.write("results")
    return run.as_expected and kring.replicate("deroos-2011", data={"id": [1, 2]}).as_expected


def people(frame: pl.DataFrame) -> list[str]:
    cohort = kring.Cohort.from_frame(
        frame,
        subject="family",
        wide={"problems": ["p1", "p2"]},
        waves={"1": 0, "2": 12},
        arms=["WT", "EKC"],
        variables={"problems": {"type": "count", "range": [0, 20]}},
    )
    assert_type(cohort.flow(["problems"]), kring.Flow)
    assert_type(cohort.measurements(), kring.Frame)
    return [f"{v.column} {v.row}" for v in cohort.validate()]


def model(cohort: kring.Cohort) -> float | None:
    fit = kring.lm("y ~ x", cohort, covariance="cr2", cluster="family", level=0.9)
    assert_type(fit.estimates, kring.Frame)
    return fit.r_squared


def choices(cohort: kring.Cohort) -> None:
    """Choices are literals: a slip of the keyboard is found before anything runs."""
    kring.lm("y ~ x", cohort, on="follow_ups")
    kring.lm("y ~ x", cohort, covariance="hc9")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    kring.mmrm("y ~ x", cohort, subject="id", structure="ar1h", dof="kenward_roger")
    kring.published("4,7", locale="nl")
    kring.published("4,7", locale="de")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def values(cohort: kring.Cohort) -> str:
    """Results are values."""
    fit = kring.lm("y ~ x", cohort)
    assert_type(fit == fit, bool)
    assert_type(fit.summary(), str)
    assert_type(fit.to_dict(), dict[str, Any])
    fit.plot("altair")
    assert_type(kring.verify("results").came_again, bool)
    return kring.verify(Path("results.json"), source="cohort.csv").summary()


def figure() -> tuple[float | None, float | None]:
    try:
        return kring.published("4.7").limits
    except kring.InputError as error:
        raise SystemExit(str(error)) from error

"""Types of arguments, for type checkers and readers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from os import PathLike

    from kring._kring import Cohort


class ArrowStream(Protocol):
    """A frame that hands over its rows as an Arrow C stream.

    Those of polars, pandas 3, pyarrow, DuckDB and kring do.
    """

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


class PandasLike(Protocol):
    """A frame of pandas, whatever its version."""

    @property
    def columns(self) -> Any: ...

    def items(self) -> Iterable[tuple[Any, Any]]: ...


FrameLike: TypeAlias = ArrowStream | PandasLike | Mapping[str, Any]
"""A frame, or a dict of columns that are lists, arrays of numpy or series."""

TableLike: TypeAlias = "FrameLike | str | PathLike[str]"
"""A frame, a dict of columns, or the path of a file."""

Paths: TypeAlias = "str | PathLike[str] | Sequence[str | PathLike[str]]"
"""The path of a file, or several."""

Data: TypeAlias = "FrameLike | Cohort"
"""A frame, a dict of columns, or a cohort."""

Declared: TypeAlias = Sequence[str | int | Mapping[str, Any]] | Mapping[str, Any]
"""Names, or names with what is known of them."""

Numbers: TypeAlias = "Sequence[float] | ArrowStream | Iterable[Any]"
"""Numbers in a list, an array of numpy or a series."""

Listed: TypeAlias = list[Any]
"""Names of methods, or records of what one of them takes."""

Progress: TypeAlias = bool | Callable[[int, int], object]
"""Whether progress is shown, or a function of the number that is done and the number of all."""

ReportFormat: TypeAlias = Literal["html", "docx", "pdf", "typst"]
"""A format of a report."""

Formats: TypeAlias = ReportFormat | Sequence[ReportFormat]
"""A format of a report, or several."""

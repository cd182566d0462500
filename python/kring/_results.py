"""What results do in Python alone: they are restored from pickles, and drawn."""

from __future__ import annotations

import html
import importlib
import importlib.util
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from kring import _kring
from kring._errors import InputError

if TYPE_CHECKING:
    from kring._kring import Tables


def restore(name: str, written: bytes) -> Any:
    """The object of a pickle."""
    return getattr(_kring, name)._restore(written)


def as_levels(frame: Any) -> Any:
    """A frame of pandas whose categories are levels in a list, and no scale from low to high.

    Enums of Arrow come as ordered categories, which a model would take as a score.
    """
    for name, kind in frame.dtypes.items():
        if getattr(kind, "ordered", False):
            frame[name] = frame[name].cat.as_unordered()
    return frame


class Bar(NamedTuple):
    """A number with its interval."""

    label: str
    value: float
    low: float | None
    high: float | None


def plot(result: Tables, library: str | None = None) -> Any:
    """The estimates of a result with their intervals, or else the first of its own pictures."""
    if library not in (None, *LIBRARIES):
        known = ", ".join(f"`{name}`" for name in LIBRARIES)
        raise InputError(f"`library`: expected {known}, found `{library}`")
    name = library or next((one for one in ("altair", "matplotlib") if installed(one)), "svg")
    rows, line = bars(result)
    if not rows:
        pictures = result.pictures()
        if library in (None, "svg") and pictures:
            return pictures[0]
        raise InputError(
            "there are no estimates to draw; `pictures()` has the pictures of a result, where it has any"
        )
    if name != "svg" and not installed(name):
        raise ImportError(f"{name} is not installed; try `pip install {name}`, or library='svg'")
    return LIBRARIES[name](rows, line)


def installed(library: str) -> bool:
    return importlib.util.find_spec(library) is not None


def bars(result: Tables) -> tuple[list[Bar], float]:
    """Each estimate that has a value, on the scale that is reported, and where nothing would be found."""
    rows: list[Bar] = []
    nothing: set[float] = set()
    record: dict[str, Any] = result.to_dict()
    # What a comparison found stands below its own head.
    estimates: list[dict[str, Any]] = record.get("estimates") or record.get("answer", {}).get(
        "estimates", []
    )
    for estimate in estimates:
        value = estimate.get("value", {}).get("value")
        if value is not None:
            interval: dict[str, Any] = estimate.get("interval") or {}
            label = str(estimate["label"])
            rows.append(Bar(label, value, interval.get("low"), interval.get("high")))
            nothing.add(estimate.get("null") or 0.0)
    return rows, nothing.pop() if len(nothing) == 1 else 0.0


def with_altair(rows: list[Bar], line: float) -> Any:
    alt: Any = importlib.import_module("altair")
    data = alt.Data(values=[{**row._asdict(), "no effect": line} for row in rows])
    labels = [row.label for row in rows]
    base = alt.Chart(data).encode(y=alt.Y("label:N", sort=labels, title=None))
    whiskers = base.mark_rule().encode(x=alt.X("low:Q", title="estimate"), x2="high:Q")
    points = base.mark_point(filled=True, size=60).encode(
        x=alt.X("value:Q", title="estimate"), tooltip=["label:N", "value:Q", "low:Q", "high:Q"]
    )
    nothing = alt.Chart(data).mark_rule(strokeDash=[4, 4], color="grey").encode(x="no effect:Q")
    return nothing + whiskers + points


def with_matplotlib(rows: list[Bar], line: float) -> Any:
    # Not pyplot, which keeps every figure it made; a notebook shows this one all the same.
    drawing: Any = importlib.import_module("matplotlib.figure")
    figure = drawing.Figure(figsize=(6.4, 1.2 + 0.35 * len(rows)), layout="constrained")
    axes = figure.subplots()
    axes.axvline(line, color="grey", linestyle="--", linewidth=1)
    for place, row in enumerate(rows):
        if row.low is not None or row.high is not None:
            ends = [row.value if end is None else end for end in (row.low, row.high)]
            axes.plot(ends, [place, place], color="black", linewidth=1.2)
        axes.plot([row.value], [place], "o", color="black")
    axes.set_yticks(range(len(rows)), [row.label for row in rows])
    axes.invert_yaxis()
    axes.set_xlabel("estimate")
    return figure


def with_kring(rows: list[Bar], line: float) -> Any:
    """The same as a Figure of kring, which needs no library."""
    width, left, height, top = 640, 240, 26, 16
    ends = [end for row in rows for end in (row.value, row.low, row.high) if end is not None]
    low, high = min(*ends, line), max(*ends, line)
    room = (high - low) * 0.05 or 1.0
    low, high = low - room, high + room

    def x(value: float) -> str:
        return f"{left + (width - left - 16) * (value - low) / (high - low):.1f}"

    bottom = top + height * len(rows)
    drawn = [
        f'<line x1="{x(line)}" x2="{x(line)}" y1="{top}" y2="{bottom}" stroke="grey" '
        f'stroke-dasharray="4 4"/>',
    ]
    for place, row in enumerate(rows):
        y = top + height * (place + 0.5)
        drawn.append(
            f'<text x="{left - 12}" y="{y + 4}" text-anchor="end">{html.escape(row.label)}</text>'
        )
        if row.low is not None or row.high is not None:
            ends = [row.value if end is None else end for end in (row.low, row.high)]
            drawn.append(
                f'<line x1="{x(ends[0])}" x2="{x(ends[1])}" y1="{y}" y2="{y}" stroke="black"/>'
            )
        drawn.append(f'<circle cx="{x(row.value)}" cy="{y}" r="4"/>')
    for value in (low + room, line, high - room):
        drawn.append(
            f'<text x="{x(value)}" y="{bottom + 16}" text-anchor="middle">{value:.3g}</text>'
        )
    alt = "; ".join(f"{row.label}: {row.value:.4g}" for row in rows)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom + 28}" '
        f'font-family="sans-serif" font-size="12" role="img" aria-label="{html.escape(alt)}">'
        + "".join(drawn)
        + "</svg>"
    )
    object_ = {"version": _kring.__version__, "object": ["estimates", svg, alt]}
    return restore("Figure", json.dumps(object_).encode())


LIBRARIES = {"altair": with_altair, "matplotlib": with_matplotlib, "svg": with_kring}

"""The examples in the documentation run, and everything public is documented."""

from __future__ import annotations

import doctest
import inspect
from collections.abc import Iterator
from pathlib import Path

import kring
import pytest
from conftest import DEROOS


def documented() -> Iterator[tuple[str, str | None]]:
    yield "kring", kring.__doc__
    for name in kring.__all__:
        if name == "__version__":
            continue
        thing = getattr(kring, name)
        yield name, thing.__doc__
        if inspect.isclass(thing) and not issubclass(thing, Exception):
            for member, value in vars(thing).items():
                if not member.startswith("_"):
                    yield f"{name}.{member}", value.__doc__ or getattr(thing, member).__doc__


@pytest.mark.parametrize(("name", "text"), list(documented()), ids=lambda value: str(value)[:30])
def test_documentation(
    name: str, text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # for examples that write files
    assert text, f"{name} has no documentation"
    cohort = kring.Cohort.read(
        DEROOS / "data" / "fdd.csv",
        subject="id",
        arm="trt",
        arms=["E", "C"],
        wide={"yc": "yc{wave}"},
        waves=[1, 2, 3],
    )
    names = {"kring": kring, "study": DEROOS, "cohort": cohort}
    examples = doctest.DocTestParser().get_doctest(text, names, name, None, None)
    results = doctest.DocTestRunner(verbose=False).run(examples)
    assert results.failed == 0

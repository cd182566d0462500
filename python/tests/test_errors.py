"""Wrong inputs: the same table as for the command."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import kring
import pytest
from conftest import DATASETS, REPOSITORY

if sys.version_info >= (3, 11):
    import tomllib
else:  # the table is read by one version of Python in continuous integration
    pytest.skip("tomllib came with Python 3.11", allow_module_level=True)

TABLE = tomllib.loads((REPOSITORY / "crates/kring-cli/tests/wrong_inputs.toml").read_text("utf-8"))
CASES = [case for case in TABLE["case"] if "python" in case]


def lay_out(case: dict[str, Any], folder: Path) -> None:
    """Makes the folder of a case, as told at the head of the table."""
    for name, sound in TABLE["sound"].items():
        if "copy" in sound:
            content = (REPOSITORY / sound["copy"]).read_bytes()
        else:
            text = sound["text"].removeprefix("\n")
            for before, after in case.get("change", {}).get(name, []):
                assert before in text
                text = text.replace(before, after)
            content = text.encode()
        if name in case.get("cut", {}):
            content = content[: case["cut"][name]]
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    for name, text in case.get("write", {}).items():
        (folder / name).write_text(text, "utf-8")
    for name, text in case.get("latin1", {}).items():
        (folder / name).write_bytes(text.encode("latin1"))
    if "folder" in case:
        (folder / case["folder"]).mkdir()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_wrong_input(case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(case, tmp_path)
    monkeypatch.chdir(tmp_path)
    python = case["python"]
    with pytest.raises(kring.Error) as caught:
        eval(python["run"], {"kring": kring, "datasets": DATASETS})
    assert type(caught.value) is getattr(kring, python["raises"])
    for said in python.get("says", case["says"]):
        assert said in str(caught.value)


def test_there_are_enough() -> None:
    assert len(CASES) >= 20


def test_the_classes() -> None:
    assert issubclass(kring.InputError, kring.Error)
    assert issubclass(kring.InputError, ValueError)
    assert issubclass(kring.ConvergenceError, kring.Error)
    assert issubclass(kring.ConvergenceError, RuntimeError)
    assert kring.InputError.__module__ == "kring"


def test_a_formula_is_marked() -> None:
    with pytest.raises(kring.InputError) as caught:
        kring.lm("problems ~ agee", {"problems": [1, 2, 3], "age": [1, 2, 4]})
    assert str(caught.value) == (
        "there is no column `agee` in the table; did you mean `age`?\n"
        "\n"
        "problems ~ agee\n"
        "           ^^^^"
    )


@pytest.mark.parametrize(
    ("call", "raises", "says"),
    [
        (
            lambda: kring.lm("y ~ x", {"y": [1, 2, 4]}, on="subjects"),
            kring.InputError,
            "`on`: chooses a table of a cohort",
        ),
        (
            lambda: kring.lm(
                "y ~ 1",
                kring.Cohort.from_frame({"id": [1, 2], "y": [1, 2]}, subject="id"),
                on="rows",
            ),
            kring.InputError,
            "expected `subjects`, `measurements` or `follow_ups`, found `rows`",
        ),
        (lambda: kring.lm("y ~ x", 3), TypeError, "found int"),
        (lambda: kring.lm(3, {"y": [1]}), TypeError, "expected a formula such as .*, found int"),
        (lambda: kring.published("four", "en"), kring.InputError, "'four'"),
        (
            lambda: kring.published("4", "de"),
            kring.InputError,
            "`locale`: expected `en` or `nl`, found `de`",
        ),
        (lambda: kring.published(4.7), TypeError, "str"),
        (lambda: kring.grim("4.7", 0), kring.InputError, "above zero"),
        (
            lambda: kring.grim("4.7", -1),
            kring.InputError,
            "`n`: expected a whole number above zero, found -1",
        ),
        (lambda: kring.read(), TypeError, "path"),
        (lambda: kring.replicate("deroos-2011", DATASETS), TypeError, "positional"),
    ],
)
def test_more_wrong_inputs(call: Any, raises: type[Exception], says: str) -> None:
    with pytest.raises(raises, match=says):
        call()

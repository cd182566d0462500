"""The pages for those who come from another program show what kring prints."""

from __future__ import annotations

import functools
import importlib.util
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import kring
import pytest
from conftest import REPOSITORY

FOLDER = REPOSITORY / "docs" / "from"
PAGES = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")


def executor() -> ModuleType:
    """The program that writes the pages."""
    spec = importlib.util.spec_from_file_location("doors", FOLDER / "execute.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["doors"] = module
    spec.loader.exec_module(module)
    return module


doors = executor()


def shown(path: Path, language: str) -> list[doors.Block]:  # type: ignore[name-defined]
    page = path.read_text(encoding="utf-8")
    return [b for b in doors.blocks(page) if b.owner == "kring" and b.language == language]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_python(path: Path) -> None:
    names: dict[str, object] = {}
    found = shown(path, "python")
    assert any(block.shown for block in found), "no block of the page shows what it prints"
    for block in found:
        printed = doors.run_python(block.code, names)
        where = (
            f"{path.name}, line {block.line}: `python docs/from/execute.py` writes what is printed"
        )
        assert doors.numbers(printed) == doors.numbers(block.shown or ""), where


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_command(path: Path) -> None:
    kring = doors.command()
    if kring is None:
        pytest.skip("the command is not built")
    found = shown(path, "sh")
    assert found, "the page does not show the command"
    for block in found:
        printed = doors.run_shell(block.code, kring)
        where = (
            f"{path.name}, line {block.line}: `python docs/from/execute.py` writes what is printed"
        )
        assert doors.numbers(printed) == doors.numbers(block.shown or ""), where


#: Options whose values are names of columns, formulas or terms.
OF_THE_DATA = {
    "against",
    "arm",
    "by",
    "cluster",
    "columns",
    "event",
    "formula",
    "outcome",
    "rows",
    "subject",
    "time",
    "wave",
    "weights",
    "within",
    "dispersion",
    "zero",
}


@functools.cache
def known() -> tuple[set[str], set[str]]:
    """The names of options, and of what can be chosen for any of them."""
    functions = [kring.lm, kring.lmm, kring.glmm, kring.gee, kring.mmrm, kring.test, kring.power]
    options = {name for one in functions for name in inspect.signature(one).parameters}
    choices = set()
    for method in kring.methods():
        for field in kring.methods(method):
            options.update(field["name"].split("."))
            choices.update(choice["name"] for choice in field["choices"])
    # Of `lm`, which is no method, the errors; of tables shown besides, their names.
    choices |= {"random_effects", "influence", "residuals", "population", "families"}
    return options, choices


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_options_of_the_tables_exist(path: Path) -> None:
    options, choices = known()
    rows = [line for line in path.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    ours = " ".join(row.replace("\\|", "¦").rstrip("|").rsplit("|", 1)[-1] for row in rows)
    spans = [span for span in re.findall(r"`([^`]+)`", ours) if not span.startswith("--")]
    found = [pair for span in spans for pair in re.findall(r"(\w+)=\"?([\w…]*)", span)]
    assert found, "the page has no table of options"
    assert [name for name, _ in found if name not in options] == []
    wrong = [
        (name, value)
        for name, value in found
        if value and value != "…" and name not in OF_THE_DATA and value not in choices
    ]
    assert wrong == []


def test_a_wrong_number_is_found() -> None:
    page = "```python kring\nprint(-1.5, 2)\n```\n\n```text kring\n-1.5 3\n```\n"
    [block] = doors.blocks(page)
    assert doors.numbers(doors.run_python(block.code, {})) == ["-1.5", "2"]
    assert doors.numbers(block.shown) == ["-1.5", "3"]


def test_a_command_that_fails_is_found(tmp_path: Path) -> None:
    fake = tmp_path / "kring"
    fake.write_text("#!/bin/sh\nexit 2\n", encoding="utf-8")
    os.chmod(fake, 0o755)
    with pytest.raises(subprocess.CalledProcessError):
        doors.run_shell("kring fit\n", str(fake))


def test_every_page_stands_in_the_list() -> None:
    listed = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in PAGES if f"({path.name})" not in listed] == []

"""The pages for those who come from another program show what kring prints."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

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

"""What of the Rust facade Python reaches: docs/python-coverage.toml says it of every public item."""

from __future__ import annotations

import re
from collections import Counter
from functools import reduce
from pathlib import Path
from typing import Any

import kring
import pytest
from conftest import REPOSITORY

FACADE = REPOSITORY / "crates" / "kring" / "src"
ITEM = re.compile(r"^pub (?:const fn|fn|struct|enum|trait|const|type) (\w+)", re.MULTILINE)
USE = re.compile(r"^pub use ([^;]+);", re.MULTILINE)
MODULE = re.compile(r"^pub mod (\w+);", re.MULTILINE)


def source(folder: Path, module: str) -> str:
    file = folder / f"{module}.rs"
    return (file if file.is_file() else folder / module / "mod.rs").read_text("utf-8")


def exported(text: str, folder: Path) -> set[str]:
    """What a module offers: its own items, and those of others that it hands on."""
    names = set(ITEM.findall(text))
    for use in USE.findall(text):
        path, _, last = " ".join(use.split()).rpartition("::")
        if braces := re.fullmatch(r"([\w:]+)::\{(.*)\}", " ".join(use.split())):
            path, last = braces.groups()
        for one in (part.strip() for part in last.split(",")):
            if one == "*":
                names |= set(ITEM.findall(source(folder, path)))
            elif one:
                names.add(one.split(" as ")[-1])
    return names


def facade() -> set[tuple[str, str]]:
    """Each public item with its module. Whole crates that are handed on have lists of their own."""
    root = (FACADE / "lib.rs").read_text("utf-8")
    crates = {use.split(" as ")[-1] for use in USE.findall(root) if " as " in use}
    items = {("", name) for name in exported(root, FACADE) - crates}
    for module in MODULE.findall(root):
        names = exported(source(FACADE, module), FACADE / module)
        items |= {(module, name) for name in names}
    return items


def groups() -> list[dict[str, Any]]:
    tomllib = pytest.importorskip("tomllib")
    text = (REPOSITORY / "docs" / "python-coverage.toml").read_text("utf-8")
    return list(tomllib.loads(text)["group"])


def test_the_sources_are_read() -> None:
    items = facade()
    for item in [("study", "Study"), ("study", "Protocol"), ("check", "grim"), ("", "describe")]:
        assert item in items
    assert ("", "stats") not in items
    assert len(items) > 200


def test_every_item_of_the_facade_is_reached_or_has_a_reason() -> None:
    listed = Counter((group["module"], item) for group in groups() for item in group["items"])
    twice = [item for item, times in listed.items() if times > 1]
    assert not twice, f"in two groups of docs/python-coverage.toml: {twice}"
    missing = sorted(facade() - set(listed))
    assert not missing, f"offer these in Python, or say in docs/python-coverage.toml why not: {missing}"
    gone = sorted(set(listed) - facade())
    assert not gone, f"the facade no longer has these of docs/python-coverage.toml: {gone}"


def test_what_is_said_to_reach_it_is_there() -> None:
    for group in groups():
        assert ("python" in group) != ("reason" in group), group
        assert len(group.get("reason", "a reason")) > 5
        for name in group.get("python", []):
            assert name.split(".")[0] in kring.__all__, name
            reduce(getattr, name.split("."), kring)

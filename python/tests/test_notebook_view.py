"""What a notebook shows: tables of HTML in which data cannot do harm."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import kring
import pytest
from conftest import DEROOS

EVIL = "<script>alert('x')</script>&\""


class Tags(HTMLParser):
    """Collects the tags and texts, and checks that every tag is closed."""

    VOID = frozenset({"br", "hr", "img", "meta", "input", "path", "line", "rect", "circle"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.names.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.names.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def cohort() -> kring.Cohort:
    return kring.Cohort.from_frame(
        {"id": [1, 1, 2, 2], "wave": ["1", EVIL] * 2, "arm": [EVIL] * 4, EVIL: [1, 2, 3, 5]},
        subject="id",
        wave="wave",
        arm="arm",
    )


@pytest.mark.parametrize(
    "shown",
    [
        lambda: kring.Frame({EVIL: [EVIL, None]}),
        lambda: kring.lm(f"`{EVIL}` ~ wave", cohort(), on="measurements"),
        lambda: cohort().describe(),
        lambda: cohort().flow(),
    ],
    ids=["frame", "model", "description", "flow"],
)
def test_data_are_escaped(shown: Callable[[], Any]) -> None:
    html = shown()._repr_html_()
    page = Tags(html)
    assert "script" not in page.names
    assert "alert('x')" in " ".join(page.texts).replace("’", "'")


def test_verdicts_are_escaped(tmp_path: Path) -> None:
    shutil.copytree(DEROOS, tmp_path / "study")
    protocol = tmp_path / "study" / "study.toml"
    text, label = protocol.read_text("utf-8"), 'label = "Children randomised"'
    assert label in text
    protocol.write_text(text.replace(label, "label = " + json.dumps(EVIL)), "utf-8")
    page = Tags(kring.replicate(protocol)._repr_html_())
    assert "script" not in page.names
    assert EVIL in "".join(page.texts)


def test_the_table_of_verdicts() -> None:
    page = Tags(kring.replicate("deroos-2011")._repr_html_())
    words = " ".join(" ".join(page.texts).split())
    assert "table" in page.names
    assert words.count("✓ reproduced") == 17 + 1
    assert "24 published figures" in words


def test_long_frames_are_cut() -> None:
    html = kring.Frame({f"c{i}": list(range(1000)) for i in range(100)})._repr_html_()
    assert "1000 rows, 100 columns" in html
    assert html.count("<tr>") == 11


def test_figures() -> None:
    for figure in kring.replicate("deroos-2011").figures:
        assert Tags(figure._repr_html_()).names >= {"svg"}
        assert figure.alt
        assert figure.name in repr(figure)

"""Reports as files: the formats are what their programs open, and speak the language asked for."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import Any

import docx
import kring
import pytest

DATA = {
    "problems": [6, 5, 7, 7, 5, 6, 3, 4, 2, 5, 1, 3],
    "arm": ["WT"] * 6 + ["EKC"] * 6,
}


def fit() -> kring.LmFit:
    return kring.lm("problems ~ arm", DATA)


def words(path: Path) -> str:
    """What stands in a document of Word."""
    document: Any = docx.Document(str(path))
    texts = [paragraph.text for paragraph in document.paragraphs]
    for table in document.tables:
        texts += [cell.text for row in table.rows for cell in row.cells]
    return "\n".join(texts)


@pytest.mark.parametrize("language", ["en", "nl"])
def test_all_formats_of_a_study(tmp_path: Path, language: Any) -> None:
    run = kring.replicate("deroos-2011")
    paths = run.write(
        tmp_path, formats=["html", "docx", "pdf"], language=language, methods=True
    )
    assert [path.name for path in paths] == ["report.html", "report.docx", "report.pdf"]
    html, word, pdf = paths
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert not (tmp_path / "report.typ").exists(), "nobody asked for the source"
    assert (tmp_path / "results.json").exists()
    assert f'<html lang="{language}">' in html.read_text("utf-8")
    text = words(word)
    # The same number in the words of both formats, each as its language writes it.
    mean, heading = ("9,96", "Gepubliceerde cijfers") if language == "nl" else ("9.96", "Published")
    for shown in (text, html.read_text("utf-8")):
        assert mean in shown
        assert heading in shown
        assert "STROBE" in shown
    with zipfile.ZipFile(word) as parts:
        pictures = [name for name in parts.namelist() if name.startswith("word/media/")]
    assert len([name for name in pictures if name.endswith(".png")]) == len(run.figures)


def test_a_fit_is_written_too(tmp_path: Path) -> None:
    assert fit().write(tmp_path / "a" / "b")[0].name == "report.html"
    assert 'lang="nl"' in fit().report_html(language="nl")
    assert fit().write(tmp_path, formats="typst")[0].read_text("utf-8").startswith("#set document")
    assert (tmp_path / "results.json").read_text("utf-8").startswith("{")


def test_what_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad: Any = "word"
    with pytest.raises(kring.InputError, match="html.*docx"):
        fit().write(tmp_path, formats=bad)
    bad = "de"
    with pytest.raises(kring.InputError, match="en.*nl"):
        fit().write(tmp_path, language=bad)
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(kring.InputError, match="it is a file"):
        fit().write(file)
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(ImportError, match="pip install typst"):
        fit().write(tmp_path, formats="pdf")
    assert (tmp_path / "report.typ").exists(), "the source is kept for another way to PDF"

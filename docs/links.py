"""Checks that the links between the Markdown files of the repository lead somewhere.

    python docs/links.py             # every *.md below the root
    python docs/links.py --check     # first, that faults of each kind are found

Files and anchors must be there. An address outside is only looked at for its form.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

SKIPPED = {"target", "results", "node_modules"}
LINK = re.compile(r"\]\(\s*<?([^)\s>]*)>?(?:\s+\"[^\"]*\")?\s*\)")


def prose(text: str) -> str:
    """The text with its code blanked, line by line, so that numbers of lines stay."""
    lines, fence = [], False
    for line in text.splitlines():
        mark = line.lstrip().startswith(("```", "~~~"))
        lines.append("" if fence or mark or line.startswith("    ") else re.sub(r"`[^`]*`", "", line))
        fence ^= mark
    return "\n".join(lines)


def anchors(text: str) -> set[str]:
    """The anchors that a code host gives to the headings."""
    found: dict[str, int] = {}
    names, fence = set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", text)), False
    for line in text.splitlines():
        fence ^= line.lstrip().startswith(("```", "~~~"))
        if fence or not (head := re.match(r"#{1,6}\s+(.*?)\s*#*$", line)):
            continue
        words = re.sub(r"\]\([^)]*\)", "", head[1]).lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        times = found[slug] = found.get(slug, -1) + 1
        names.add(f"{slug}-{times}" if times else slug)
    return names


def fault(root: Path, page: Path, link: str) -> str | None:
    """What is wrong with one link, if anything is."""
    parts = urlsplit(link)
    if parts.scheme in ("http", "https"):
        return None if "." in parts.netloc else "an address needs a host, such as example.org"
    if parts.scheme == "mailto":
        return None if "@" in parts.path else "an address of mail needs an @"
    if parts.scheme or link.startswith("/") or not link:
        return "give a path from this file, or an https address"
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.is_relative_to(root):
        return "it leads out of the repository"
    if not target.exists():
        return "there is no such file"
    if parts.fragment and target.suffix == ".md":
        known = anchors(target.read_text(encoding="utf-8"))
        if unquote(parts.fragment) not in known:
            return f"no such anchor; there are: {', '.join(sorted(known))}"
    return None


def faults(root: Path) -> tuple[int, list[str]]:
    """How many links there are, and those that lead nowhere."""
    root, count, wrong = root.resolve(), 0, []
    for page in sorted(root.rglob("*.md")):
        name = page.relative_to(root)
        if any(part in SKIPPED or part.startswith(".") for part in name.parts):
            continue
        for number, line in enumerate(prose(page.read_text(encoding="utf-8")).split("\n"), 1):
            for link in LINK.findall(line):
                count += 1
                if what := fault(root, page, link):
                    wrong.append(f"{name}:{number}: link to {link!r}: {what}")
    return count, wrong


def itself() -> None:
    """One link of each kind, right and wrong, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "b.md").write_text("# A `word`, twice\n# A word twice\n", encoding="utf-8")
        right = "[a](b.md) [a](b.md#a-word-twice-1) [a](https://example.org) `[a](code)`\n"
        wrong = "[a](c.md) [a](b.md#c) [a](https://nowhere) [a](/b.md) [a](../../b.md) [a](#c)\n"
        (Path(folder) / "a.md").write_text(right + wrong, encoding="utf-8")
        count, found = faults(Path(folder))
        if count != 9 or len(found) != 6 or any("a.md:2:" not in each for each in found):
            raise SystemExit(f"the check of links does not find what it should: {count}, {found}")


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        itself()
    count, found = faults(Path(__file__).parent.parent)
    print("\n".join([*found, f"{count} links, {len(found)} lead nowhere"]))
    raise SystemExit(1 if found or not count else 0)

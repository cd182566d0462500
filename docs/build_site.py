"""Builds the site of kring into target/site, from what stands in the repository.

    python docs/build_site.py                        # needs `pip install --group site`
    python docs/build_site.py --kring target/debug/kring     # with the help of every command

The pages are those that a reader of the repository has, in the same folders, so that one link serves both.
Beside them stand the notebooks with their outputs, the reference of Python from the stubs, that of the
command from its help, and the recorded speeds. A link to a file that is no page becomes its name. A link
that leads nowhere stops the build.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from nbconvert import MarkdownExporter

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "target" / "site-pages"
TEXTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**/*.md")
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#\s]*)(#[^)\s]*)?\)")
SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.MULTILINE)


def gather() -> None:
    """The pages of the repository, in its folders."""
    shutil.rmtree(PAGES, ignore_errors=True)
    for pattern in TEXTS:
        for page in ROOT.glob(pattern):
            write(page.relative_to(ROOT), page.read_text("utf-8"))
    for picture in [*ROOT.glob("docs/**/*.svg"), ROOT / "docs" / "site.css"]:
        there = PAGES / picture.relative_to(ROOT)
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(picture, there)
    exporter = MarkdownExporter()
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        text, resources = exporter.from_notebook_node(nbformat.read(notebook, as_version=4))
        for name, content in resources["outputs"].items():
            # Pictures of several notebooks have the same names.
            own = f"{notebook.stem}-{name}"
            text = text.replace(f"({name})", f"({own})")
            (PAGES / "notebooks").mkdir(exist_ok=True)
            (PAGES / "notebooks" / own).write_bytes(content)
        write(Path("notebooks") / f"{notebook.stem}.md", text)


def write(page: Path, text: str) -> None:
    there = PAGES / page
    there.parent.mkdir(parents=True, exist_ok=True)
    there.write_text(text, "utf-8")


def mended(page: Path) -> None:
    """Links to folders lead to their pages; those to files that are no pages become their names."""

    def link(found: re.Match[str]) -> str:
        mark, words, target, anchor = found.groups(default="")
        if not target or re.match(r"[a-z]+:", target):
            return found[0]
        there = (page.parent / target).resolve()
        repository = ROOT / there.relative_to(PAGES) if there.is_relative_to(PAGES) else there
        if there.parent == PAGES / "benches" / "record":
            there = PAGES / "reference" / "performance.md"
        for candidate in (there, there / "README.md", there.with_suffix(".md")):
            if candidate.is_file():
                return f"{mark}[{words}]({relative(candidate, page)}{anchor})"
        if (listed := first_of(there)) is not None:
            return f"[{words}]({relative(listed, page)})"
        if not repository.exists():
            return found[0]
        return words if words.startswith("`") else f"`{words}`"

    lines, fence = [], False
    for line in page.read_text("utf-8").splitlines():
        fence ^= line.lstrip().startswith(("```", "~~~"))
        lines.append(line if fence else LINK.sub(link, line))
    page.write_text("\n".join(lines) + "\n", "utf-8")


def first_of(folder: Path) -> Path | None:
    """The page that stands for a folder: the first in it."""
    if folder == PAGES / "benches" / "record":
        return PAGES / "reference" / "performance.md"
    return min(folder.glob("*.md"), default=None) if folder.is_dir() else None


def relative(target: Path, page: Path) -> str:
    return os.path.relpath(target, page.parent).replace(os.sep, "/")


def python_reference() -> str:
    """Every public name of Python with its signature and documentation, from the stubs."""
    stubs = ast.parse((ROOT / "python/kring/_kring.pyi").read_text("utf-8"))
    exported = ast.parse((ROOT / "python/kring/__init__.py").read_text("utf-8"))
    parts = ["# Python\n", documentation(exported)]
    functions = [node for node in stubs.body if isinstance(node, ast.FunctionDef)]
    classes = [node for node in stubs.body if isinstance(node, ast.ClassDef)]
    parts.append("## Functions\n")
    for node in sorted(functions, key=lambda node: node.name):
        parts += [f"### {node.name}\n", signature(node, "kring."), documentation(node)]
    parts.append("## What they give\n")
    for node in sorted(classes, key=lambda node: node.name):
        bases = ", ".join(ast.unparse(base) for base in node.bases)
        parts += [f"### {node.name}\n", f"Also a `{bases}`.\n" if bases else "", documentation(node)]
        for member in node.body:
            if not isinstance(member, ast.FunctionDef) or member.name.startswith("_"):
                continue
            kinds = {ast.unparse(one) for one in member.decorator_list}
            name = f"#### {node.name}.{member.name}\n"
            shown = (
                f"```python\n{node.name}.{member.name}: {ast.unparse(member.returns or ast.Constant(None))}\n```\n"
                if "property" in kinds
                else signature(member, f"{node.name}.")
            )
            parts += [name, shown, documentation(member)]
    return "\n".join(parts)


def signature(node: ast.FunctionDef, before: str) -> str:
    arguments = ast.parse(ast.unparse(node)).body[0]
    assert isinstance(arguments, ast.FunctionDef)
    listed = arguments.args
    listed.args = [one for one in listed.args if one.arg not in ("self", "cls")]
    listed.posonlyargs = [one for one in listed.posonlyargs if one.arg not in ("self", "cls")]
    pieces = [piece.strip() for piece in split(ast.unparse(listed))]
    head = f"{before}{node.name}"
    gives = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    one_line = f"{head}({', '.join(pieces)}){gives}"
    if len(one_line) > 88:
        one_line = f"{head}(\n" + "".join(f"    {piece},\n" for piece in pieces) + f"){gives}"
    return f"```python\n{one_line}\n```\n"


def split(arguments: str) -> list[str]:
    """Arguments at the commas that stand outside brackets and quotes."""
    pieces, depth, quote = [""], 0, ""
    for letter in arguments:
        if letter in "'\"":
            quote = "" if quote == letter else quote or letter
        if not quote:
            depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0 and not quote:
            pieces.append("")
        else:
            pieces[-1] += letter
    return [piece for piece in pieces if piece.strip()]


def documentation(node: ast.FunctionDef | ast.ClassDef | ast.Module) -> str:
    """NumPy's form as Markdown: heads in bold, entries in a list, examples in fences."""
    text = inspect.cleandoc(ast.get_docstring(node) or "").replace("``", "`")
    pieces = SECTION.split(text)
    parts = [examples(pieces[0])]
    for title, body in zip(pieces[1::2], pieces[2::2], strict=True):
        if title in ("Examples", "Notes", "See Also"):
            parts += [f"**{title}**\n", examples(body)]
            continue
        lines = [f"**{title}**", ""]
        for line in body.strip("\n").splitlines():
            if line and not line.startswith(" "):
                name, colon, kind = line.partition(" : ")
                lines.append(f"- `{name}`" + (f": *{kind}*  " if colon else "  "))
            else:
                lines.append(line)
        parts += ["\n".join(lines), ""]
    return "\n".join(parts) + "\n"


def examples(text: str) -> str:
    """Sessions of Python in fences."""
    lines: list[str] = []
    fenced = False
    for line in text.splitlines():
        starts = line.startswith((">>> ", "... "))
        if starts and not fenced:
            lines += ["", "```pycon"]
            fenced = True
        elif fenced and not line.strip():
            lines.append("```")
            fenced = False
        lines.append(line)
    return "\n".join([*lines, *(["```"] if fenced else []), ""])


def command_reference(kring: Path | None) -> str:
    """The help of each command, as it is printed."""
    parts = ["# The command\n"]
    if kring is None:
        parts.append("`kring --help` lists the commands, `kring COMMAND --help` tells of one, `kring man` writes both.")
        return "\n".join(parts)

    def said(*words: str) -> str:
        run = subprocess.run([kring, *words, "--help"], capture_output=True, text=True, check=True)
        return f"```text\n{run.stdout.rstrip()}\n```\n"

    first = said()
    parts.append(first)
    commands = re.findall(r"^  ([a-z]+)  ", first.split("Commands:")[1].split("Options:")[0], re.MULTILINE)
    for command in commands:
        if command != "help":
            parts += [f"## kring {command}\n", said(command)]
        if command == "fit":
            for model in re.findall(r"^  ([a-z]+)  ", said("fit").split("Commands:")[1].split("Options:")[0], re.MULTILINE):
                if model != "help":
                    parts += [f"### kring fit {model}\n", said("fit", model)]
    return "\n".join(parts)


def rust_reference() -> str:
    """The crates, each with what its own page says first."""
    parts = ["# Rust\n", "`cargo doc --workspace --no-deps --open` shows every item with its units, errors and source.\n"]
    parts += ["| crate | what it is |", "|---|---|"]
    for crate in sorted((ROOT / "crates").glob("*/Cargo.toml")):
        text = crate.read_text("utf-8")
        about = re.search(r'^description = "(.*)"', text, re.MULTILINE)
        if about and "publish = false" not in text:
            parts.append(f"| `{crate.parent.name}` | {about[1]} |")
    return "\n".join([*parts, ""])


def performance() -> str:
    """Every record of speed, one below the other."""
    about = "Every measurement that was kept, the newest first: which machine, beside whom, and what was missed."
    parts = [f"# Performance\n\n{about}\n"]
    for page in sorted((ROOT / "benches" / "record").glob("*.md"), reverse=True):
        parts.append(re.sub(r"^(#+ )", r"#\1", page.read_text("utf-8"), flags=re.MULTILINE))
    return "\n".join(parts)


def decisions() -> str:
    """The decisions by their titles."""
    parts = ["# Decisions\n\nWhat was decided, what was weighed, and what it means.\n"]
    for page in sorted((ROOT / "docs" / "decisions").glob("*.md")):
        title = page.read_text("utf-8").splitlines()[0].removeprefix("# ")
        parts.append(f"- [{title}](../docs/decisions/{page.name})")
    return "\n".join([*parts, ""])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kring", type=Path, help="the command, for its help")
    options = parser.parse_args()
    gather()
    write(Path("reference/python.md"), python_reference())
    write(Path("reference/command.md"), command_reference(options.kring))
    write(Path("reference/rust.md"), rust_reference())
    write(Path("reference/performance.md"), performance())
    write(Path("reference/decisions.md"), decisions())
    for page in PAGES.rglob("*.md"):
        mended(page)
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--config-file", ROOT / "docs" / "site.yml"]
    return subprocess.run(build, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

"""Runs the pages of this folder, and keeps what they show.

    python docs/from/execute.py                # the blocks of kring; writes what they print into the pages
    python docs/from/execute.py --others       # those of R and statsmodels as well

A block that is run says whose it is in its first line: ```python kring, ```sh kring, ```r R or
```python statsmodels. What it prints stands in the block ```text after it. The blocks of a page share their
names, as in one session. `python/tests/test_doors.py` runs those of kring and compares the numbers.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
REPOSITORY = FOLDER.parents[1]
FENCED = re.compile(r"^```(\w+) (\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?")
#: What separates the outputs of the blocks of one session.
MARK = "=== the next block ==="


@dataclass
class Block:
    """A block that is run, and where the page has what it prints."""

    language: str
    owner: str
    code: str
    line: int
    shown: str | None
    span: tuple[int, int] | None


def blocks(page: str) -> list[Block]:
    """The blocks of a page that are run, in their order."""
    found = list(FENCED.finditer(page))
    answer = []
    for at, block in enumerate(found):
        language, owner, code = block.groups()
        if language == "text":
            continue
        after = found[at + 1] if at + 1 < len(found) else None
        told = (
            after is not None
            and after[1] == "text"
            and not page[block.end() : after.start()].strip()
        )
        line = page.count("\n", 0, block.start()) + 1
        answer.append(
            Block(
                language,
                owner,
                code,
                line,
                after[3] if told else None,
                after.span(3) if told else None,
            )
        )
    return answer


def numbers(text: str) -> list[str]:
    """The numbers of a text in their order, with their signs."""
    text = text.replace("\N{MINUS SIGN}", "-")
    return [sign + number for sign, number in re.findall(rf"(-?)({NUMBER.pattern})", text)]


def command() -> str | None:
    """The command `kring`: that of the variable KRING_COMMAND, of this clone, or on the path."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    built = target / "debug" / "kring"
    return os.environ.get("KRING_COMMAND") or (
        str(built) if built.is_file() else shutil.which("kring")
    )


def run_python(code: str, names: dict[str, object]) -> str:
    """What a block of kring prints, in the repository's folder."""
    printed = io.StringIO()
    before = Path.cwd()
    os.chdir(REPOSITORY)
    try:
        with contextlib.redirect_stdout(printed):
            # The pages are our own.
            exec(compile(code, "<page>", "exec"), names)  # noqa: S102
    finally:
        os.chdir(before)
    return printed.getvalue()


def run_shell(code: str, kring: str) -> str:
    """What a block of the command prints."""
    path = f"{Path(kring).resolve().parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-eu", "-c", code],
        cwd=REPOSITORY,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def session(program: list[str], codes: list[str], separator: str) -> list[str]:
    """What each of several blocks of one other program prints."""
    done = subprocess.run(
        program,
        input=separator.join(codes),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{program[0]} stopped:\n{done.stdout}\n{done.stderr}")
    return done.stdout.split(f"{MARK}\n")


def execute(path: Path, *, others: bool) -> None:
    """Runs a page, and writes what its blocks print into it."""
    page = path.read_text(encoding="utf-8")
    all_blocks = blocks(page)
    printed: dict[int, str] = {}
    names: dict[str, object] = {}
    kring = command()
    for block in all_blocks:
        if block.owner == "kring" and block.language == "python":
            printed[block.line] = run_python(block.code, names)
        elif block.owner == "kring":
            if kring is None:
                raise SystemExit(
                    "the command `kring` is not there: `cargo build`, or set KRING_COMMAND"
                )
            printed[block.line] = run_shell(block.code, kring)
    if others:
        for owner, program, separator in [
            ("R", ["Rscript", "-"], f'cat("{MARK}\\n")\n'),
            (
                "statsmodels",
                [os.environ.get("STATSMODELS", sys.executable), "-"],
                f'print("{MARK}")\n',
            ),
        ]:
            theirs = [block for block in all_blocks if block.owner == owner]
            if theirs:
                outputs = session(program, [block.code for block in theirs], separator)
                printed |= {block.line: out for block, out in zip(theirs, outputs, strict=True)}
    for block in reversed(all_blocks):
        if block.span is None or block.line not in printed:
            continue
        text = (
            "\n".join(line.rstrip() for line in printed[block.line].strip("\n").splitlines()) + "\n"
        )
        page = page[: block.span[0]] + text + page[block.span[1] :]
    path.write_text(page, encoding="utf-8")


def main() -> None:
    others = sys.argv[1:] == ["--others"]
    if not others and len(sys.argv) > 1:
        raise SystemExit(__doc__)
    for path in sorted(FOLDER.glob("*.md")):
        execute(path, others=others)
        print(f"{path.name}: ran from top to bottom")


if __name__ == "__main__":
    main()

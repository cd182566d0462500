"""Runs the notebooks of this folder from top to bottom, and keeps what they show.

    python notebooks/execute.py            # run, and write the outputs into the notebooks
    python notebooks/execute.py --check    # run, and leave the notebooks as they are

A cell that fails, such as an assert at the end, fails the run.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

# The debugger of the kernel would warn that Python's own modules are frozen.
os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent


def execute(path: Path, *, check: bool) -> None:
    """Runs one notebook in its own folder."""
    notebook = nbformat.read(path, as_version=4)
    if check and not any(cell.get("outputs") for cell in notebook.cells):
        raise SystemExit(f"{path.name} was committed without outputs: run {Path(__file__).name}")
    client = NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(FOLDER)}},
    )
    client.execute()
    if not check:
        # What differs from machine to machine is no part of the notebook.
        notebook.metadata["language_info"] = {"name": "python"}
        nbformat.write(notebook, path)


def main() -> None:
    check = sys.argv[1:] == ["--check"]
    if not check and len(sys.argv) > 1:
        raise SystemExit(__doc__)
    for path in sorted(FOLDER.glob("*.ipynb")):
        execute(path, check=check)
        print(f"{path.name}: ran from top to bottom")


if __name__ == "__main__":
    main()

"""What Python adds: importing kring, and calling it where there is hardly anything to compute.

    python benches/python_overhead.py                 # with kring installed
    python benches/python_overhead.py dist/*.whl      # and the size of a wheel

Run it on a machine that does nothing else. Importing is timed in new interpreters, less the time of one
that imports nothing; the first is left out, since it reads the module from the disk. The status is 1 where
a limit is missed.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

IMPORT_MS = 150.0
CALL_US = 100.0
#: Large libraries that kring must not import by itself.
NEVER_AT_START = ("polars", "pandas", "pyarrow", "numpy", "matplotlib", "altair")


def started(code: str, runs: int = 11) -> float:
    """Milliseconds of an interpreter that runs this: the median, without the first."""
    times: list[float] = []
    for _ in range(runs + 1):
        before = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        times.append(1e3 * (time.perf_counter() - before))
    return statistics.median(times[1:])


def called(function: Callable[[], object], runs: int = 300) -> tuple[float, float]:
    """Microseconds of a call: the median, and the fastest."""
    function()
    times: list[float] = []
    for _ in range(runs):
        before = time.perf_counter()
        function()
        times.append(1e6 * (time.perf_counter() - before))
    return statistics.median(times), min(times)


def at_start() -> list[str]:
    """The large libraries that importing kring brings along."""
    code = f"import sys, kring; print([m for m in {NEVER_AT_START!r} if m in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return [name for name in NEVER_AT_START if f"'{name}'" in printed.stdout.decode()]


def main() -> None:
    missed: list[str] = []
    brought = at_start()
    if brought:
        missed.append(f"importing kring imports {', '.join(brought)}")
    nothing, with_kring = started("pass"), started("import kring")
    importing = with_kring - nothing
    print(f"import kring: {importing:.0f} ms (an empty interpreter takes {nothing:.0f} ms)")
    if importing > IMPORT_MS:
        missed.append(f"import takes {importing:.0f} ms, more than {IMPORT_MS:.0f}")

    import kring

    rows = {"problems": [6.0, 8.0, 3.0, 5.0, 7.0, 4.0, 5.0, 6.0], "arm": ["WT", "EKC"] * 4}
    frame = kring.Frame(rows)
    calls: dict[str, Callable[[], object]] = {
        'kring.published("4.70")': lambda: kring.published("4.70"),
        'kring.grim("5.19", 28)': lambda: kring.grim("5.19", 28),
        "kring.test(mean_difference), a dict of 8 rows": lambda: kring.test(
            "mean_difference", rows, outcome="problems", by="arm"
        ),
        "kring.test(mean_difference), a kring.Frame": lambda: kring.test(
            "mean_difference", frame, outcome="problems", by="arm"
        ),
        "kring.lm, a kring.Frame": lambda: kring.lm("problems ~ arm", frame),
    }
    for name, call in calls.items():
        median, fastest = called(call)
        print(f"{name}: {median:.0f} µs (fastest {fastest:.0f})")
        if "kring.Frame" in name and "test" in name and fastest > CALL_US:
            missed.append(f"{name} takes {fastest:.0f} µs, more than {CALL_US:.0f}")
    for wheel in sys.argv[1:]:
        print(f"{Path(wheel).name}: {Path(wheel).stat().st_size / 1e6:.1f} MB")
    if missed:
        raise SystemExit("missed: " + "; ".join(missed))


if __name__ == "__main__":
    main()

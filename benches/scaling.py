"""What it costs to send replicates elsewhere, and what is gained: the tables of docs/scaling.md.

    python benches/scaling.py            # with kring and, for the rows of Dask, `distributed` installed

Run it on a machine that does nothing else; it takes about two minutes. Each figure is the best of three
runs.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import kring
from kring import _ranges

RUNS = 3
ROWS = 400
FAMILIES = {
    "problems": [(7 * i) % 13 + i % 2 for i in range(ROWS)],
    "arm": ["WT" if i % 2 else "EKC" for i in range(ROWS)],
}


class Empty:
    """A job that does nothing, so that all that is left is the way there and back."""

    kind = "empty"

    def __init__(self, tasks: int) -> None:
        self.replicates = tasks

    def to_bytes(self) -> bytes:
        return b"x" * 10_000

    def run_range(self, low: int, high: int) -> bytes:
        # About what 500 replicates of a bootstrap weigh.
        return b"x" * 10_000

    def finish(self, parts: list[bytes]) -> int:
        return len(parts)


def read_empty(_: bytes) -> Empty:
    return Empty(0)


def run_empty(kind: str, key: str, written: bytes | None, low: int, high: int) -> bytes | None:
    """As `run_task`, in a worker that has not imported this file as the main one."""
    _ranges.KINDS.setdefault("empty", read_empty)
    return _ranges.run_task(kind, key, written, low, high)


@contextmanager
def threads(n: int) -> Iterator[Executor]:
    with ThreadPoolExecutor(n) as pool:
        yield pool


@contextmanager
def processes(n: int) -> Iterator[Executor]:
    with ProcessPoolExecutor(n, mp_context=multiprocessing.get_context("spawn")) as pool:
        # They have started, and read kring.
        list(pool.map(run_empty, ["empty"] * n, ["warm"] * n, [b""] * n, [0] * n, [1] * n))
        yield pool


@contextmanager
def dask(n: int) -> Iterator[Executor]:
    import distributed

    with (
        distributed.LocalCluster(
            n_workers=n,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        client.run(lambda: __import__("kring").__version__)
        yield client.get_executor(pure=False)


ENGINES: dict[str, Callable[[int], Any]] = {
    "threads": threads,
    "processes": processes,
    "dask": dask,
}


def best(run: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return min(times)


def overhead(executor: Executor, tasks: int = 500) -> float:
    """Seconds a task, of tasks that do nothing."""

    def run() -> None:
        job = Empty(tasks)
        written = job.to_bytes()
        futures = [
            executor.submit(run_empty, "empty", "key", written, i, i + 1) for i in range(tasks)
        ]
        assert len([future.result() for future in futures]) == tasks

    return best(run) / tasks


def bootstrap(executor: Executor | None, replicates: int) -> dict[str, Any]:
    """Of a Poisson model of 400 rows: one fit a replicate."""
    return kring.test(
        "marginal_effect",
        FAMILIES,
        formula="problems ~ arm",
        by="arm",
        options={"family": "poisson"},
        bootstrap={"interval": "percentile", "replicates": replicates, "seed": 2011},
        executor=executor,
    ).to_dict()


def main() -> None:
    # As many replicates as take about four seconds in one process.
    with processes(1) as pool:
        trial = 2_000
        replicates = round(4 * trial / best(lambda: bootstrap(pool, trial)) / 1000) * 1000
    print(f"{replicates} replicates of a Poisson model of {ROWS} rows\n")
    print("| engine | workers | overhead a task, ms | seconds | efficiency |")
    print("|---|---:|---:|---:|---:|")
    for name, engine in ENGINES.items():
        alone = 0.0
        for workers in (1, 2, 4):
            try:
                with engine(workers) as executor:
                    each = overhead(executor)
                    seconds = best(lambda: bootstrap(executor, replicates))
            except ImportError:
                print(f"| {name} | not installed | | | |")
                break
            alone = alone or seconds
            share = alone / seconds / workers
            print(f"| {name} | {workers} | {1000 * each:.2f} | {seconds:.2f} | {share:.0%} |")


if __name__ == "__main__":
    main()

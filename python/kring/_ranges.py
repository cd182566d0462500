"""Replicated computations by ranges of their replicates, on any executor (PEP 3148).

A job knows how many replicates it has, draws those of a range, and makes the result from the parts of
all ranges. Replicate i draws from stream i of the seed, so the result has the same bits however the
work was split, whoever did it, and in whatever order it came back.

To let another kind of computation run on an executor: give it a class with the members of `Job`, and a
line in `KINDS`. Nothing else here knows what is computed.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
import warnings
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from kring import _kring
from kring._errors import Error

if TYPE_CHECKING:
    from kring._typing import Progress


class Job(Protocol):
    """A replicated computation."""

    @property
    def kind(self) -> str:
        """Its line in `KINDS`."""
        ...

    @property
    def replicates(self) -> int:
        """How many replicates there are."""
        ...

    def to_bytes(self) -> bytes:
        """All that a worker needs."""
        ...

    def run_range(self, low: int, high: int) -> bytes:
        """What the replicates from low up to, not including, high give: small. In one thread."""
        ...

    def finish(self, parts: list[bytes]) -> Any:
        """The result from the parts of all ranges, in any order."""
        ...


#: How a worker reads a job of each kind.
KINDS: dict[str, Callable[[bytes], Job]] = {
    "method": _kring.MethodJob.from_bytes,
    "simulation": _kring.SimulationJob.from_bytes,
}

#: A task should take about so many seconds: much longer than it takes to send it, and short enough
#: to share the work evenly and to lose little with a worker.
SECONDS = 0.5
#: The first replicates are drawn here: they show how long one takes, and what is wrong with the job.
PILOT_SECONDS = 0.02
#: At least so many tasks a worker, where that is known.
TASKS_A_WORKER = 4
#: At most so many tasks wait in the executor for each worker: the others wait here.
WAITING_A_WORKER = 3
#: How often a range is run anew.
RETRIES = 3
#: Up to so many bytes a job goes along with every task; a larger one, once to each worker.
SMALL = 16_384

Range: TypeAlias = tuple[int, int]

# Jobs that this process has read, the latest last.
_known: OrderedDict[str, Job] = OrderedDict()
_KEPT = 4
_lock = Lock()


def run_task(kind: str, key: str, written: bytes | None, low: int, high: int) -> bytes | None:
    """Runs a range in a worker; nothing, if the worker has not seen the job and it did not come along."""
    with _lock:
        job = _known.get(key)
    if job is None:
        if written is None:
            return None
        job = KINDS[kind](written)
        with _lock:
            _known[key] = job
            while len(_known) > _KEPT:
                _known.popitem(last=False)
    return job.run_range(low, high)


def run(
    job: Job,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Any:
    """Runs all replicates of a job on an executor, or in the threads of this process.

    A range whose worker was lost, or that failed for a reason outside kring, is run again. What kring
    itself refuses is raised at once. Whatever is raised, tasks that did not begin are cancelled.
    """
    if executor is None:
        with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
            return _Run(job, threads, _told(progress)).result()
    return _Run(job, executor, _told(progress)).result()


class Parts:
    """A computation in several jobs, one after the other, such as a search: progress is that of all."""

    def __init__(self, executor: Executor | None, progress: Progress | None) -> None:
        self.executor, self.told = executor, _told(progress)

    def run(self, job: Job, before: int, all_: int) -> Any:
        """Runs a job, before which so many of all replicates were done."""
        return run(job, self.executor, lambda done, _: self.told(before + done, all_))

    def end(self) -> None:
        """Ends the line of progress, also where fewer replicates were enough."""
        if isinstance(self.told, _Line):
            self.told.end()


class _Run:
    """One run: the ranges that wait, those that are out, and the parts that came back."""

    def __init__(
        self, job: Job, executor: Executor, told: Callable[[int, int], object]
    ) -> None:
        self.job, self.executor, self.told = job, executor, told
        self.workers = _workers(executor)
        self.written = job.to_bytes()
        self.key = hashlib.sha256(self.written).hexdigest()
        self.parts: list[bytes] = []
        self.done = 0
        self.waiting: deque[Range] = deque()
        self.out: dict[Future[bytes | None], Range] = {}
        self.failures: dict[Range, int] = {}
        self.broken = False
        #: How many times the job went along; enough, and it is sent only to who asks.
        self.sent = 0

    def result(self) -> Any:
        try:
            self.begin()
            while self.waiting or self.out:
                self.submit()
                finished, _ = wait(self.out, return_when=FIRST_COMPLETED)
                for future in finished:
                    self.take(future)
        except BaseException:
            # Also where the reader of this interrupts.
            for future in self.out:
                future.cancel()
            raise
        return self.job.finish(self.parts)

    def begin(self) -> None:
        """Draws the first replicates here, and splits the others by how long these took."""
        all_ = self.job.replicates
        self.told(0, all_)
        size, each, started = 1, 0.0, time.perf_counter()
        while self.done < all_ and time.perf_counter() - started < PILOT_SECONDS:
            high = min(self.done + size, all_)
            before = time.perf_counter()
            self.keep(self.job.run_range(self.done, high), (self.done, high))
            each = (time.perf_counter() - before) / size
            size *= 2
        if self.done < all_:
            self.waiting.extend(_split((self.done, all_), each, self.workers))

    def submit(self) -> None:
        """Hands out ranges while the executor has few enough."""
        most = max(2, WAITING_A_WORKER * self.workers)
        while self.waiting and len(self.out) < most:
            self.hand_out(self.waiting.popleft(), along=self.sent < self.workers)

    def hand_out(self, range_: Range, *, along: bool) -> None:
        along = along or len(self.written) <= SMALL
        written = self.written if along else None
        self.sent += along
        try:
            future = self.executor.submit(run_task, self.job.kind, self.key, written, *range_)
        except BrokenExecutor as error:
            self.run_here(range_, error)
        else:
            self.out[future] = range_

    def take(self, future: Future[bytes | None]) -> None:
        range_ = self.out.pop(future)
        try:
            part = future.result()
        except BrokenExecutor as error:
            self.run_here(range_, error)
        except Error:
            raise
        except Exception as error:  # also of a task that somebody cancelled
            self.again(range_, error)
        else:
            if part is None:
                self.hand_out(range_, along=True)
            else:
                self.keep(part, range_)

    def again(self, range_: Range, error: Exception) -> None:
        failures = self.failures[range_] = self.failures.get(range_, 0) + 1
        if failures > RETRIES:
            low, high = range_
            raise Error(
                f"the replicates {low} to {high - 1} failed {failures} times on the executor, the last "
                f"time with {type(error).__name__}: {error}"
            ) from error
        # The worker may be a new one that has not seen the job.
        self.hand_out(range_, along=True)

    def run_here(self, range_: Range, error: Exception) -> None:
        """A pool of processes that lost one takes nothing more: the rest is drawn here."""
        if not self.broken:
            self.broken = True
            warnings.warn(
                f"the executor is broken ({type(error).__name__}: {error}); the replicates that it did "
                f"not give back are drawn in this process",
                RuntimeWarning,
                stacklevel=2,
            )
        self.keep(self.job.run_range(*range_), range_)

    def keep(self, part: bytes, range_: Range) -> None:
        self.parts.append(part)
        self.done += range_[1] - range_[0]
        self.told(self.done, self.job.replicates)


def _split(range_: Range, each: float, workers: int) -> list[Range]:
    """Ranges that take about `SECONDS` at so much each, and enough of them for all workers."""
    low, high = range_
    n = high - low
    # For many workers shorter ones, but none of less than a tenth of the time.
    by_time = n * each / SECONDS
    tasks = max(by_time, min(TASKS_A_WORKER * workers, 10 * by_time))
    tasks = min(max(1, round(tasks)), n)
    cuts = [low + n * i // tasks for i in range(tasks + 1)]
    return list(zip(cuts[:-1], cuts[1:], strict=True))


def _workers(executor: Executor) -> int:
    """How many tasks the executor runs at once, as far as it says; else a guess."""
    known = getattr(executor, "_max_workers", None)
    if isinstance(known, int):
        return max(1, known)
    # Dask's executor knows its client, and this the threads of each worker.
    cores: Callable[[], dict[str, int]] | None = getattr(
        getattr(executor, "_client", None), "ncores", None
    )
    if callable(cores):
        return max(1, sum(cores().values()))
    return 16


def _told(progress: Progress | None) -> Callable[[int, int], object]:
    if callable(progress):
        return progress
    if not progress:
        return lambda _done, _all: None
    return _Line()


class _Line:
    """One line on standard error that says how far it is, and when it will be done."""

    def __init__(self) -> None:
        self.started = self.shown = time.monotonic()
        self.open = False

    def __call__(self, done: int, all_: int) -> None:
        now = time.monotonic()
        if done < all_ and now - self.shown < 0.2:
            return
        self.shown = now
        passed = now - self.started
        left = f", {passed * (all_ - done) / done:.0f} s left" if 0 < done < all_ else ""
        print(f"\rkring: {done} of {all_} replicates{left}   ", end="", file=sys.stderr, flush=True)
        self.open = True
        if done == all_:
            self.end()

    def end(self) -> None:
        if self.open:
            print(file=sys.stderr, flush=True)
        self.open = False

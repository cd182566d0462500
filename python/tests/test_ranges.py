"""Replicated methods on executors: the same bits however the work is split, and what may go wrong."""

from __future__ import annotations

import multiprocessing
import signal
import threading
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import kring
import pytest
from kring import _ranges

FAMILIES = {
    "problems": [(7 * i) % 13 + i % 2 for i in range(120)],
    "home": ["yes" if (5 * i) % 7 < 3 + i % 2 else "no" for i in range(120)],
    "arm": ["WT" if i % 2 else "EKC" for i in range(120)],
    "team": [f"team {i // 2 % 12}" for i in range(120)],
}

#: One of each kind of computation that draws replicates.
REPLICATED: dict[str, dict[str, Any]] = {
    "bootstrap": {"outcome": "problems", "by": "arm", "options": {"replicates": 4000, "seed": 1}},
    "permutation": {
        "outcome": "problems",
        "by": "arm",
        "options": {"statistic": "welch", "replicates": 4000, "seed": 2},
    },
    "marginal_effect": {
        "formula": "problems ~ arm",
        "by": "arm",
        "options": {"family": "poisson"},
        "bootstrap": {"interval": "percentile", "replicates": 400, "seed": 3},
    },
    "lmm": {
        "formula": "problems ~ arm + (1 | team)",
        "intervals": {"bootstrap": {"replicates": 200, "seed": 5}},
    },
    "fisher_exact": {
        "rows": "home",
        "columns": "team",
        "options": {"method": {"monte_carlo": {"replicates": 4000, "seed": 4}}},
    },
}


def answer(method: str, **more: Any) -> dict[str, Any]:
    return kring.test(method, FAMILIES, **REPLICATED[method], **more).to_dict()


@pytest.fixture(autouse=True)
def _many_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks so short that even these small data make many of them."""
    monkeypatch.setattr(_ranges, "SECONDS", 0.0001)
    monkeypatch.setattr(_ranges, "PILOT_SECONDS", 0.0001)


@pytest.mark.parametrize("method", REPLICATED)
def test_threads_give_the_same_bits(method: str) -> None:
    alone = answer(method)
    for threads in (1, 3):
        with ThreadPoolExecutor(threads) as pool:
            assert answer(method, executor=pool) == alone
    assert answer(method, progress=False) == alone


def test_processes_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    # So that the job goes once to each worker, and others ask for it.
    monkeypatch.setattr(_ranges, "SMALL", 0)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn) as pool:
        for method in REPLICATED:
            assert answer(method, executor=pool) == answer(method)


GENERATOR: dict[str, Any] = {
    "title": "Problems at two waves",
    "wave": [{"name": "1", "time": 0}, {"name": "2", "time": 1}],
    "arm": [{"name": "WT", "families": 30}, {"name": "EKC", "families": 25}],
    "latent": {"names": ["level"], "covariance": [[0.1]]},
    "outcome": [
        {
            "name": "problems",
            "distribution": {"kind": "nb2", "theta": 4},
            "intercept": 1.5,
            "random": [{"latent": "level"}],
        }
    ],
    "effect": [
        {"arm": "EKC", "outcome": "problems", "after": [{"wave": "2", "value": -0.5}]}
    ],
}
RATIO: dict[str, Any] = {
    "before": "problems_1",
    "after": "problems_2",
    "by": "arm",
    "term": "ratio of rates",
    "seed": 5,
}


def performance(**more: Any) -> dict[str, Any]:
    fields = {"truth": -0.5, "replicates": 500, **RATIO}
    return kring.performance(GENERATOR, "lords_paradox", **fields, **more).to_dict()


def power(**more: Any) -> dict[str, Any]:
    return kring.power(GENERATOR, method="lords_paradox", **RATIO, **more).to_dict()


@pytest.mark.parametrize(
    "asked",
    [
        {"replicates": 600},
        {"curve": {"n": [20, 40], "effect": [-0.5, -0.3]}, "replicates": 300},
        {"power": 0.8, "replicates": 3000},
        {"power": 0.8, "solve": "effect", "n": 60, "replicates": 2000},
    ],
)
def test_power_has_the_same_bits(asked: dict[str, Any]) -> None:
    alone = power(**asked)
    with ThreadPoolExecutor(3) as pool:
        assert power(**asked, executor=pool) == alone
    told: list[tuple[int, int]] = []
    assert power(**asked, progress=lambda *done: told.append(done)) == alone
    assert told == sorted(told)
    assert told[-1][0] <= told[-1][1]


def test_simulations_on_processes() -> None:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn) as pool:
        assert performance(executor=pool) == performance()
        assert power(replicates=600, executor=pool) == power(replicates=600)
    with pytest.raises(kring.InputError, match="did you mean"):
        kring.performance(
            GENERATOR, "lords_paradox", truth=0, executor=pool, **{**RATIO, "before": "problem_1"}
        )


def test_an_interrupt_of_a_search_goes_on() -> None:
    def interrupt(done: int, all_: int) -> None:
        if done:
            raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as pool, pytest.raises(KeyboardInterrupt):
        power(power=0.8, executor=pool, progress=interrupt)


def test_the_line_of_a_search_ends(capfd: pytest.CaptureFixture[str]) -> None:
    power(power=0.8, replicates=2000, progress=True)
    shown = capfd.readouterr().err
    assert "of 2000 replicates" in shown
    assert shown.endswith("\n")


def test_methods_without_replicates_run_here() -> None:
    with ThreadPoolExecutor(1) as pool:
        drawn = kring.test("mean_difference", FAMILIES, outcome="problems", by="arm", executor=pool)
        assert drawn.to_dict() == kring.test(
            "mean_difference", FAMILIES, outcome="problems", by="arm"
        ).to_dict()
        # Numbers so few and whole that all assignments can be counted.
        exact = kring.test("permutation", FAMILIES, outcome="problems", by="arm", executor=pool)
    assert "exact" in exact.estimates[0]["method"]


def test_progress_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    told: list[tuple[int, int]] = []
    with ThreadPoolExecutor(2) as pool:
        answer("bootstrap", executor=pool, progress=lambda *done: told.append(done))
    assert told[0] == (0, 4000)
    assert told[-1] == (4000, 4000)
    assert told == sorted(told)
    answer("bootstrap", progress=True)
    assert capfd.readouterr().err.rstrip().endswith("kring: 4000 of 4000 replicates")


class Unreliable(Executor):
    """The first so many tries of every range are lost; a pool of one thread does the others."""

    def __init__(self, fails: int) -> None:
        self.pool, self.fails = ThreadPoolExecutor(1), fails
        self.tries: dict[Any, int] = {}

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        tries = self.tries[args[-1]] = self.tries.get(args[-1], 0) + 1
        if tries <= self.fails:
            lost: Future[Any] = Future()
            lost.set_exception(ConnectionError("the worker has gone"))
            return lost
        return self.pool.submit(fn, *args, **kwargs)


def test_a_lost_range_is_run_again() -> None:
    executor = Unreliable(2)
    assert answer("bootstrap", executor=executor) == answer("bootstrap")
    assert len(executor.tries) > 1
    assert set(executor.tries.values()) == {3}


def test_in_the_end_the_last_error_is_shown() -> None:
    with pytest.raises(
        kring.Error, match=r"failed 4 times .* ConnectionError: the worker has gone"
    ):
        answer("bootstrap", executor=Unreliable(4))


def test_a_pool_that_lost_a_process_is_finished_here() -> None:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn) as pool:
        pool.submit(int).result()

        killed: list[int] = []

        def kill(done: int, all_: int) -> None:
            if done > all_ / 2 and not killed:
                killed.append(done)
                for process in pool._processes.values():
                    process.kill()

        with pytest.warns(RuntimeWarning, match="the executor is broken"):
            found = answer("bootstrap", executor=pool, progress=kill)
    assert found == answer("bootstrap")


def test_what_kring_refuses_is_raised_at_once() -> None:
    tasks: list[object] = []

    class Counting(ThreadPoolExecutor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            tasks.append(args)
            return super().submit(fn, *args, **kwargs)

    with Counting(1) as pool, pytest.raises(kring.InputError, match="the seed is absent"):
        kring.test("bootstrap", FAMILIES, outcome="problems", by="arm", executor=pool)
    assert not tasks


def test_an_interrupt_cancels_what_did_not_begin() -> None:
    futures: list[Future[Any]] = []

    class Slow(ThreadPoolExecutor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            futures.append(super().submit(lambda: (time.sleep(0.02), fn(*args, **kwargs))[1]))
            return futures[-1]

    def interrupt(done: int, all_: int) -> None:
        if futures:
            raise KeyboardInterrupt

    with Slow(1) as pool, pytest.raises(KeyboardInterrupt):
        answer("permutation", executor=pool, progress=interrupt)
    assert not futures[0].cancelled()
    assert futures[-1].cancelled()


def job() -> kring.MethodJob:
    """The job of a bootstrap, as a worker reads it."""
    sent: list[bytes] = []

    class Catching(ThreadPoolExecutor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            sent.append(args[2])
            return super().submit(fn, *args, **kwargs)

    with Catching(1) as pool:
        answer("bootstrap", executor=pool)
    return kring.MethodJob.from_bytes(sent[0])


def test_a_missing_or_double_range_is_named() -> None:
    bootstrap = job()
    a, b, c = (bootstrap.run_range(*r) for r in [(0, 1000), (1000, 3000), (3000, 4000)])
    assert bootstrap.finish([c, a, b]).to_dict() == answer("bootstrap")
    with pytest.raises(kring.InputError, match=r"the replicates 1000..3000: .* in no draws"):
        bootstrap.finish([a, c])
    with pytest.raises(kring.InputError, match=r"the replicates 3000..4000: .* of two ranges"):
        bootstrap.finish([a, b, c, c])
    with pytest.raises(kring.InputError, match=r"3999..4001 of 0..4000"):
        bootstrap.run_range(3999, 4001)


def test_another_version_is_refused() -> None:
    written = job().to_bytes().replace(kring.__version__.encode(), b"0.0.0-other", 1)
    with pytest.raises(kring.InputError, match="comes from kring 0.0.0-other"):
        kring.MethodJob.from_bytes(written)


def test_ctrl_c_stops_a_long_method() -> None:
    # So many that nobody would wait for them; the interrupt comes as that of a terminal does.
    timer = threading.Timer(0.3, signal.raise_signal, [signal.SIGINT])
    many = {"replicates": 50_000_000, "seed": 1}
    # Whoever runs in the background has been told to ignore the interrupt.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            kring.test("bootstrap", FAMILIES, outcome="problems", by="arm", options=many)
    finally:
        timer.join()
        signal.signal(signal.SIGINT, before)

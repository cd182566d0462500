"""Long calls leave the interpreter to other threads."""

from __future__ import annotations

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import kring
import numpy as np
import polars as pl


def test_other_threads_run_during_a_fit() -> None:
    rows, columns = 200_000, 24
    random = np.random.default_rng(1)
    data = pl.DataFrame({f"x{i}": random.normal(size=rows) for i in range(columns)}).with_columns(
        y=pl.sum_horizontal(pl.all())
    )
    formula = "y ~ " + " + ".join(f"x{i}" for i in range(columns))
    done = threading.Event()

    def fit() -> None:
        try:
            kring.lm(formula, data, covariance="hc3")
        finally:
            done.set()

    # Without the interpreter no thread can tick; with it, one ticks about a thousand times a second.
    ticks = 0
    started = time.perf_counter()
    interval = sys.getswitchinterval()
    thread = threading.Thread(target=fit)
    thread.start()
    while not done.is_set():
        ticks += 1
        time.sleep(0.001)
    thread.join()
    elapsed = time.perf_counter() - started
    assert elapsed > 20 * interval, "the fit is too short to tell"
    assert ticks > 0.05 * elapsed / 0.001


def test_many_threads_give_one_answer() -> None:
    alone = kring.replicate("deroos-2011").to_dict()
    with ThreadPoolExecutor(4) as pool:
        runs = pool.map(lambda _: kring.replicate("deroos-2011").to_dict(), range(16))
    assert all(run == alone for run in runs)

"""A real cluster of Dask: a scheduler and two processes that work, on the loopback interface.

`python -m pip install --group cluster` installs what it needs.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import kring
import pytest
from kring import _ranges

distributed = pytest.importorskip("distributed")

# Warnings of the cluster's own parts are no fault of kring.
pytestmark = pytest.mark.filterwarnings("default")

FAMILIES = {
    "problems": [(7 * i) % 13 + i % 2 for i in range(160)],
    "arm": ["WT" if i % 2 else "EKC" for i in range(160)],
}
BOOTSTRAP: dict[str, Any] = {
    "formula": "problems ~ arm",
    "by": "arm",
    "options": {"family": "poisson"},
    "bootstrap": {"interval": "percentile", "replicates": 600, "seed": 2019},
}
PERMUTATION: dict[str, Any] = {
    "outcome": "problems",
    "by": "arm",
    "options": {"method": "monte_carlo", "replicates": 20_000, "seed": 2019},
}


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(autouse=True)
def _many_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ranges, "SECONDS", 0.01)
    monkeypatch.setattr(_ranges, "PILOT_SECONDS", 0.005)


@pytest.mark.parametrize(
    ("method", "fields"), [("marginal_effect", BOOTSTRAP), ("permutation", PERMUTATION)]
)
def test_a_cluster_gives_the_same_bits(client: Any, method: str, fields: dict[str, Any]) -> None:
    alone = kring.test(method, FAMILIES, **fields).to_dict()
    found = kring.test(method, FAMILIES, **fields, executor=client.get_executor(pure=False))
    assert found.to_dict() == alone


def test_a_cluster_finds_the_same_power(client: Any) -> None:
    generator = {
        "title": "Scores",
        "wave": [{"name": "1", "time": 0}],
        "arm": [{"name": "WT", "families": 20}, {"name": "EKC", "families": 20}],
        "outcome": [{"name": "score", "distribution": {"kind": "continuous", "sd": 1}}],
        "effect": [{"arm": "EKC", "outcome": "score", "level": 0.5}],
    }
    asked: dict[str, Any] = {"outcome": "score_1", "by": "arm", "seed": 1, "replicates": 400}
    asked["curve"] = {"n": [20, 40]}
    alone = kring.power(generator, method="mann_whitney", **asked).to_dict()
    executor = client.get_executor(pure=False)
    found = kring.power(generator, method="mann_whitney", **asked, executor=executor)
    assert found.to_dict() == alone


def test_also_when_a_worker_is_killed_half_way(client: Any) -> None:
    alone = kring.test("marginal_effect", FAMILIES, **BOOTSTRAP).to_dict()
    workers = client.run(os.getpid)
    assert len(set(workers.values())) == 2
    killed: list[int] = []

    def kill_one(done: int, all_: int) -> None:
        if done >= all_ / 2 and not killed:
            killed.append(next(iter(workers.values())))
            os.kill(killed[0], signal.SIGKILL)

    executor = client.get_executor(pure=False)
    found = kring.test(
        "marginal_effect", FAMILIES, **BOOTSTRAP, executor=executor, progress=kill_one
    )
    assert killed
    assert found.to_dict() == alone

"""kring: did activating people's own network help?

From the file of an evaluation study to verdicts on its published figures: families, groups, waves,
counts of problems, dropout, and groups that were not alike at the start.

Examples
--------
>>> import kring
>>> run = kring.replicate("deroos-2011")
>>> run.as_expected
True
>>> frame = kring.read(study / "data/fdd.csv").to_polars()
>>> kring.replicate("deroos-2011", data=frame).verdicts == run.verdicts
True
"""

from kring._errors import ConvergenceError, Error, InputError
from kring._kring import (
    Answer,
    Cohort,
    Dataset,
    Description,
    Figure,
    Flow,
    Frame,
    LmFit,
    Performance,
    Power,
    Published,
    Replication,
    Simulated,
    Tabular,
    Violation,
    __version__,
    check,
    compare,
    designs,
    grim,
    lm,
    methods,
    performance,
    power,
    published,
    read,
    replicate,
    simulate,
    studies,
    test,
)

__all__ = [
    "Answer",
    "Cohort",
    "ConvergenceError",
    "Dataset",
    "Description",
    "Error",
    "Figure",
    "Flow",
    "Frame",
    "InputError",
    "LmFit",
    "Performance",
    "Power",
    "Published",
    "Replication",
    "Simulated",
    "Tabular",
    "Violation",
    "__version__",
    "check",
    "compare",
    "designs",
    "grim",
    "lm",
    "methods",
    "performance",
    "power",
    "published",
    "read",
    "replicate",
    "simulate",
    "studies",
    "test",
]

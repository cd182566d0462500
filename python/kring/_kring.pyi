"""
The part of kring that is compiled.
"""

from _typeshed import SupportsGetItem
from concurrent.futures import Executor
from kring._typing import Data, Declared, Formats, FrameLike, Listed, Numbers, Paths, Progress, TableLike
from os import PathLike
from pandas import DataFrame
from pathlib import Path
from polars import DataFrame as DataFrame2
from typing import Any, Final, Literal, SupportsFloat, SupportsIndex, final
from typing_extensions import disjoint_base

__all__ = ["__version__", "Answer", "Circles", "Cohort", "Dataset", "Description", "Figure", "Flow", "Frame", "LmFit", "MethodJob", "Performance", "Power", "Published", "Replication", "Simulated", "SimulationJob", "Tables", "Tabular", "Verification", "Violation", "advise", "attrition", "baseline", "check", "check_difference", "check_figures", "check_interval", "check_interval_p_value", "check_p_value", "check_product", "check_share", "check_shares", "check_spread", "check_sum", "check_weighted_mean", "circles", "compare", "debit", "designs", "gee", "glmm", "grim", "grim_many", "grimmer", "instrument", "inventory", "lm", "lmm", "methods", "mmrm", "performance", "possible_n", "possible_sums", "power", "process", "published", "read", "read_figures", "replicate", "simulate", "simulate_circles", "studies", "test", "verify"]

__version__: Final[str]
"""
The version of kring.
"""

@final
class Answer(Tables):
    """
    What a method says.

    As a frame it has one row an estimate: its ``label``, the ``measure`` and its ``value``, the ``std_error``, the
    ends of the interval (``low``, ``high``) and their ``level``, ``df``, ``p_value``, the rows ``n``, the ``method``
    and ``cautions``. Ratios are ratios, with the ends of their intervals; their ``std_error`` is that of the log,
    and ``std_error_scale`` says so: ``log``, or ``value`` where it is on the scale of the value.

    Examples
    --------
    >>> answer = kring.test("mann_whitney", {"y": [1, 2, 3, 4], "arm": ["a", "a", "b", "b"]},
    ...                     outcome="y", by="arm")
    >>> answer.to_polars()["value"].to_list()
    [2.0]
    """
    def __reduce__(self, /) -> "tuple[object, tuple[str, bytes]]": ...
    @staticmethod
    def _restore(written: bytes) -> Answer: ...
    @property
    def components(self, /) -> list[dict[str, Any]]:
        """
        list of dict: The standard deviations and correlations of random effects, of a mixed model.
        """
    @property
    def estimates(self, /) -> list[dict[str, Any]]:
        """
        list of dict: The numbers with a sign, as in the frame but whole.
        """
    @property
    def figures(self, /) -> dict[str, Any]:
        """
        dict of str to float: The numbers beside these, such as ``U`` or ``log_likelihood``.
        """
    @property
    def notes(self, /) -> list[str]:
        """
        list of str: What a reader must know.
        """
    @property
    def tests(self, /) -> list[dict[str, Any]]:
        """
        list of dict: The tests without a sign.
        """

@final
class Circles(Tables):
    """
    The circles around families, wave by wave, with what else is known of the families.

    ``kring.circles`` makes it. As a frame it has one row a family and wave: its keys, what the table of
    families held, the indicators of involvement, the measures of the circle, who came and left since the
    wave before, and who takes on the agreements. So involvement is an outcome, a predictor or a mediator
    of any model. What is shown are the indicators by arm and wave.

    Examples
    --------
    >>> circles = kring.circles(
    ...     {"family": ["a", "a", "b"], "wave": [1, 2, 1], "arm": ["EKC", "EKC", "WT"]},
    ...     {"family": ["a", "a", "a"], "wave": [1, 2, 2], "person": ["aunt", "aunt", "Piet"],
    ...      "role": ["family", "family", "neighbour"]},
    ...     arm="arm",
    ... )
    >>> circles.to_polars()["network_size"].to_list()    # b has nobody, and counts
    [1.0, 2.0, 0.0]
    """
    def __len__(self, /) -> int:
        """
        int: How many circles there are: rows of a family and wave.
        """
    @property
    def agreements(self, /) -> Frame:
        """
        Frame: A row an agreement: who takes it on, whether it was done, and between which waves it fell.

        ``stood_waves`` is how many waves after it was made it was last known to stand, ``fallen_waves`` how
        many after which it first was known not to; missing where it stood as long as anybody looked. These
        are event data, censored within an interval.
        """
    @property
    def families(self, /) -> int:
        """
        int: How many families there are.
        """
    @property
    def indicators(self, /) -> Frame:
        """
        Frame: The indicators by arm and wave, a row each, with numerator, denominator and who is outside it.
        """
    @property
    def measures(self, /) -> Frame:
        """
        Frame: The distributions of all measures of the circles by arm and wave.
        """
    @property
    def notes(self, /) -> list[str]:
        """
        list of str: What a careful reader should know: of how the circles were read, and of what they hold.
        """
    def picture(self, /, family: str, *, labels: str = "none") -> Figure:
        """
        The circles of a family at all its waves side by side: sectors by role, rings by closeness.

        Parameters
        ----------
        family : str
            The family.
        labels : {"none", "numbers", "keys"}, default "none"
            What stands beside the marks. No name is in the picture unless the keys are asked for, and whoever
            knows a family can know its picture without any name.

        Returns
        -------
        Figure

        Raises
        ------
        InputError
            If there is no such family.
        """
    @property
    def simulated(self, /) -> bool:
        """
        bool: Whether the circles are simulated, and so no evidence of anything.
        """
    @property
    def truth(self, /) -> Listed:
        """
        list of dict: Of simulated circles, what each figure must come to.
        """
    @property
    def waves(self, /) -> list[str]:
        """
        list of str: The waves in their order.
        """

@final
class Cohort:
    """
    People over waves: the data of a study, checked and in order.

    ``Cohort.read`` and ``Cohort.from_frame`` make it. A column that is not there is refused at
    once; what is wrong with values is listed by ``validate``, all of it, and left out of the
    tables as each violation says.

    Examples
    --------
    >>> cohort = kring.Cohort.read(
    ...     study / "data/fdd.csv", subject="id", arm="trt",
    ...     arms={"E": "EMDR", "C": "CBT"}, wide={"yc": "yc{wave}"}, waves=["1", "2", "3"],
    ... )
    >>> cohort
    <kring.Cohort fdd.csv: 52 subjects, waves 1, 2, 3, arms E, C>
    >>> cohort.validate()
    []
    """
    def __repr__(self, /) -> str: ...
    @property
    def arms(self, /) -> list[str]:
        """
        list of str: The arms in order, the reference first.
        """
    def describe(self, /, variables: SupportsGetItem[int, str] | None = None) -> Description:
        """
        Describes the variables, by arm and wave as far as there are any.

        Parameters
        ----------
        variables : sequence of str, optional
            All of them, if left out.

        Returns
        -------
        Description

        Examples
        --------
        >>> described = cohort.describe(["age"]).to_polars()
        >>> described.select("trt", "n", described["mean"].round(2)).rows()[0]
        ('E', 26, 10.23)
        """
    @property
    def excluded(self, /) -> dict[str, int]:
        """
        dict of str to int: How many rows were left out of the tables, by reason.
        """
    def flow(self, /, observed: SupportsGetItem[int, str] | None = None) -> Flow:
        """
        Counts who was seen at each wave, who left and who came back, by arm.

        Parameters
        ----------
        observed : sequence of str, optional
            The variables of which at least one must be observed for a subject to count as seen;
            all that have one value a wave, if left out.

        Returns
        -------
        Flow

        Examples
        --------
        >>> cohort.flow(["yc"]).to_polars().filter(wave="3")["present"].to_list()
        [12, 16]
        """
    @staticmethod
    def from_frame(frame: FrameLike, *, subject: str, wave: str | None = None, arm: str | None = None, clusters: SupportsGetItem[int, str] | None = None, time: str | None = None, wide: Declared | None = None, waves: Declared | None = None, arms: Declared | None = None, variables: Declared | None = None) -> Cohort:
        """
        Makes a cohort of a frame.

        Data are *long* when `wave` names a column: one row a subject and wave. They are *wide*
        when `wide` says which columns hold one variable at its waves: one row a subject. With
        neither there is one row a subject and one occasion.

        Parameters
        ----------
        frame : frame of polars, pandas or pyarrow, Dataset, or dict of columns
        subject : str
            The column that names the subject: the family or person that is followed.
        wave : str, optional
            The column that names the wave, in long data.
        arm : str, optional
            The column that names the arm.
        clusters : sequence of str, optional
            The columns that name clusters, outermost first.
        time : str, optional
            The variable that holds the date of each measurement: it may not run backwards.
        wide : dict, optional
            Variables that stand in one column a wave: ``{"yc": ["yc1", "yc2", "yc3"]}``, or
            ``{"yc": "yc{wave}"}``.
        waves : sequence or dict, optional
            The waves in order: names, or names with the months since the start:
            ``{"1": 0, "2": 1, "3": 12}``.
        arms : sequence or dict, optional
            The arms to compare, the reference first: names, or names with labels. People in other arms
            are left out and counted.
        variables : dict, optional
            What is known of variables: a type (``"count"``), or a dict with ``type``, ``label``,
            ``unit``, ``range``, ``levels``, ``missing`` and ``per``.

        Returns
        -------
        Cohort

        Raises
        ------
        InputError
            If a column is not there, or what is declared contradicts itself.

        Examples
        --------
        >>> cohort = kring.Cohort.from_frame(
        ...     {"family": [1, 1, 2, 2], "wave": [1, 2, 1, 2], "problems": [6, 2, 5, None]},
        ...     subject="family", wave="wave", variables={"problems": "count"},
        ... )
        >>> len(cohort.measurements())
        3
        """
    def measurements(self, /) -> Frame:
        """
        One row a subject and wave at which something was observed.

        Returns
        -------
        Frame
        """
    def missing(self, /) -> Frame:
        """
        Counts what is missing in each column of the file, and why.

        Returns
        -------
        Frame
            One row a column. ``system`` counts empty cells, ``coded`` those that say why,
            ``unusable`` those with a value that was declared impossible.
        """
    @property
    def provenance(self, /) -> dict[str, Any]:
        """
        dict: The file, its SHA-256, and how it was read.
        """
    @staticmethod
    def read(path: str | PathLike[str], *, subject: str, wave: str | None = None, arm: str | None = None, clusters: SupportsGetItem[int, str] | None = None, time: str | None = None, wide: Declared | None = None, waves: Declared | None = None, arms: Declared | None = None, variables: Declared | None = None, delimiter: str | None = None, decimal: str | None = None, encoding: str | None = None, sheet: str | None = None, missing: SupportsGetItem[int, str] | None = None, format: str | None = None) -> Cohort:
        """
        Makes a cohort of a file.

        Parameters
        ----------
        path : str or os.PathLike
            A file, as for ``kring.read``.
        subject, wave, arm, clusters, time, wide, waves, arms, variables
            As for ``Cohort.from_frame``.
        delimiter, decimal, encoding, sheet, missing, format
            As for ``kring.read``.

        Returns
        -------
        Cohort

        Examples
        --------
        >>> cohort = kring.Cohort.read(study / "data/fdd.csv", subject="id")
        >>> len(cohort.subjects())
        52
        """
    def subjects(self, /) -> Frame:
        """
        One row a subject: the subject, the arm, the clusters, then the variables.

        Returns
        -------
        Frame
        """
    def validate(self, /) -> list[Violation]:
        """
        Lists everything in the data that is not as declared.

        Returns
        -------
        list of Violation

        Examples
        --------
        >>> cohort = kring.Cohort.from_frame(
        ...     {"family": [1, 2], "problems": [6, -1]}, subject="family",
        ...     variables={"problems": "count"},
        ... )
        >>> print(cohort.validate()[0])
        row 2 (subject 2), column `problems`: expected a whole number of 0 or more, found -1
        """
    @property
    def waves(self, /) -> list[str]:
        """
        list of str: The waves in order.
        """

@final
class Dataset(Tabular):
    """
    A data set: rows and columns, what the file says about them, and where they come from.

    ``kring.read`` makes it. Its rows are what is meant: of a file with labels (SPSS, Stata) a labelled
    variable has categories, and a code that was declared to mean "missing" is missing. ``codes()`` has the
    values as they lie in the file, ``codebook`` what they mean. A cohort or a model takes either.

    Examples
    --------
    >>> data = kring.read(study / "data/fdd.sav")
    >>> data.shape
    (52, 65)
    >>> data.provenance["format"]
    'spss'
    """
    def __len__(self, /) -> int: ...
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @property
    def codebook(self, /) -> dict[str, Any]:
        """
        dict: What the file says about its variables: labels, codes, and how much is missing.
        """
    def codes(self, /) -> Frame:
        """
        The values as they lie in the file: codes rather than labels, those that mean "missing" among them.

        Returns
        -------
        Frame

        Examples
        --------
        >>> kring.read(study / "data/fdd.sav").codes().shape
        (52, 65)
        """
    @property
    def columns(self, /) -> list[str]:
        """
        list of str: The names of the columns.
        """
    @property
    def provenance(self, /) -> dict[str, Any]:
        """
        dict: The file, its SHA-256, and how it was read.
        """
    @property
    def shape(self, /) -> tuple[int, int]:
        """
        tuple of (int, int): The numbers of rows and columns.
        """

@final
class Description(Tables):
    """
    What there is to say about a cohort before any model.

    As a frame it has one row a variable, arm and wave, and for a factor one a level.
    """
    def __reduce__(self, /) -> "tuple[object, tuple[str, bytes]]": ...
    def __repr__(self, /) -> str: ...
    @staticmethod
    def _restore(written: bytes) -> Description: ...
    def summary(self, /) -> str:
        """
        The whole description as text: violations, what is missing, the flow, the summaries.

        Returns
        -------
        str
        """

@final
class Figure:
    """
    A figure of a report.
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> "tuple[object, tuple[str, bytes]]": ...
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @staticmethod
    def _restore(written: bytes) -> Figure: ...
    @property
    def alt(self, /) -> str:
        """
        str: What it shows, in words.
        """
    @property
    def name(self, /) -> str:
        """
        str: Its name, which is also that of its file.
        """
    @property
    def svg(self, /) -> str:
        """
        str: The picture.
        """

@final
class Flow(Tables):
    """
    Who was there at each wave, who left and who came back.

    As a frame it has one row an arm and wave.
    """
    def __reduce__(self, /) -> "tuple[object, tuple[str, bytes]]": ...
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @staticmethod
    def _restore(written: bytes) -> Flow: ...
    def svg(self, /) -> str:
        """
        The diagram as SVG.

        Returns
        -------
        str
        """

@final
class Frame(Tabular):
    """
    A frame: rows and named columns.

    Parameters
    ----------
    data : frame of polars, pandas or pyarrow, or dict of columns

    Examples
    --------
    >>> kring.Frame({"arm": ["EKC", "WT"], "problems": [6, 2]})
    <kring.Frame: 2 rows, 2 columns: arm, problems>
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __len__(self, /) -> int: ...
    def __new__(cls, /, data: FrameLike) -> Frame: ...
    def __reduce__(self, /) -> "tuple[object, tuple[str, bytes]]": ...
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @staticmethod
    def _restore(written: bytes) -> Frame: ...
    @property
    def columns(self, /) -> list[str]:
        """
        list of str: The names of the columns.
        """
    @property
    def shape(self, /) -> tuple[int, int]:
        """
        tuple of (int, int): The numbers of rows and columns.
        """

@final
class LmFit(Tables):
    """
    A fitted linear model.

    As a frame it has one row a coefficient.

    Examples
    --------
    >>> fit = kring.lm("y ~ x", {"x": [0, 1, 2, 3], "y": [1, 3, 4, 8]})
    >>> fit.to_polars()["value"].round(6).to_list()
    [0.7, 2.2]
    """
    def __reduce__(self, /) -> "tuple[object, tuple[str, bytes]]": ...
    def __repr__(self, /) -> str: ...
    @staticmethod
    def _restore(written: bytes) -> LmFit: ...
    @property
    def adjusted_r_squared(self, /) -> float | None:
        """
        float or None: The same, corrected for the number of columns.
        """
    @property
    def estimates(self, /) -> Frame:
        """
        Frame: The coefficients with their errors, intervals and p-values, one a row.
        """
    @property
    def formula(self, /) -> str:
        """
        str: The formula.
        """
    @property
    def log_likelihood(self, /) -> float | None:
        """
        float or None: The log-likelihood at the estimates.
        """
    @property
    def method(self, /) -> str:
        """
        str: The model and its errors in words.
        """
    @property
    def overall(self, /) -> dict[str, Any] | None:
        """
        dict or None: The test of all coefficients but the intercept, where the errors allow it.
        """
    @property
    def r_squared(self, /) -> float | None:
        """
        float or None: The share of the response's variance that is explained.
        """
    @property
    def residual_df(self, /) -> float:
        """
        float: Rows less estimated columns.
        """
    @property
    def rows(self, /) -> int:
        """
        int: The rows used.
        """
    @property
    def sigma(self, /) -> float | None:
        """
        float or None: The standard deviation of the residuals.
        """
    def summary(self, /) -> str:
        """
        The coefficients and what stands below them, as text.

        Returns
        -------
        str
        """

@final
class MethodJob:
    """
    A method with its table, whose replicates are drawn in ranges.

    ``kring.test(…, executor=…)`` makes one. It is bytes to a worker: the same everywhere, and read by
    the same version of kring alone.
    """
    def finish(self, /, parts: SupportsGetItem[int, SupportsGetItem[int, SupportsIndex]]) -> Answer:
        """
        Makes the answer from the parts of all ranges, in any order.
        """
    @staticmethod
    def from_bytes(written: bytes) -> MethodJob:
        """
        Reads a job from bytes.
        """
    @property
    def kind(self, /) -> Literal["method", "simulation"]:
        """
        str: The kind of job, by which a worker knows how to read it.
        """
    @property
    def replicates(self, /) -> int:
        """
        int: How many replicates there are.
        """
    def run_range(self, /, low: SupportsIndex, high: SupportsIndex) -> bytes:
        """
        Draws the replicates from ``low`` up to, not including, ``high``, in one thread.

        A task takes one place of an executor, and so one core.
        """
    def to_bytes(self, /) -> bytes:
        """
        Writes the job as bytes.
        """

@final
class Performance(Tabular):
    """
    How well a method does on data whose truth is known.

    As a frame it has one row a figure, with its Monte Carlo standard error.
    """
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @property
    def failures(self, /) -> dict[str, Any]:
        """
        dict of str to int: How often the method failed, by kind of error.
        """
    @property
    def figures(self, /) -> list[Figure]:
        """
        list of Figure: The zip plot and the lollipop plot, where there is something to draw.
        """
    def to_dict(self, /) -> dict[str, Any]:
        """
        Everything as plain data.

        Returns
        -------
        dict
        """

@final
class Power(Tabular):
    """
    What a study of some size can find.

    As a frame it has one row a point: one for a closed form, of a simulation one for each size and effect
    that was run.

    Examples
    --------
    >>> kring.power("two_means", sd=4, effect=1.2, power=0.8).n
    [176, 176]
    """
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @property
    def figures(self, /) -> list[Figure]:
        """
        list of Figure: The power curve, where a grid was asked for.
        """
    @property
    def interval(self, /) -> tuple[float, float] | None:
        """
        tuple of float or None: The 95 % Monte Carlo interval of the value of a search, or else of the
        power of a simulation.
        """
    @property
    def n(self, /) -> list[int]:
        """
        list of int: How many each arm has; of a curve those of its last point.
        """
    @property
    def power(self, /) -> float | None:
        """
        float or None: The power; of a search the one wanted, of a curve that of its last point.
        """
    def to_dict(self, /) -> dict[str, Any]:
        """
        Everything as plain data.

        Returns
        -------
        dict
        """
    @property
    def value(self, /) -> float | None:
        """
        float or None: What a search found: the n of the first arm, or the effect.
        """

@final
class Published:
    """
    A figure as somebody printed it: its digits define what agrees with it.

    ``kring.published`` makes it.

    Examples
    --------
    >>> six = kring.published("6")
    >>> six.limits
    (5.5, 6.5)
    >>> six.admits(5.7)
    True
    """
    def __copy__(self, /) -> Published: ...
    def __deepcopy__(self, /, memo: Any) -> Published: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> "tuple[object, tuple[str, bytes]]": ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @staticmethod
    def _restore(written: bytes) -> Published: ...
    def admits(self, /, x: SupportsFloat | SupportsIndex) -> bool:
        """
        Whether the digits admit a number.

        Parameters
        ----------
        x : float

        Returns
        -------
        bool
        """
    @property
    def limits(self, /) -> tuple[float | None, float | None]:
        """
        tuple of (float or None, float or None): What the digits admit; None means unbounded.
        """
    @property
    def percent(self, /) -> bool:
        """
        bool: Whether it is a percentage; then the value of ``18%`` is 18.
        """
    @property
    def text(self, /) -> str:
        """
        str: The text as printed.
        """
    @property
    def value(self, /) -> float | None:
        """
        float or None: The number that the text says.
        """

@final
class Replication(Tabular):
    """
    A study that was run: each published figure beside ours, with a verdict.

    As a frame it has one row a claim: what was ``printed`` and is ``ours``, with intervals and p-values; the
    ``verdict``, ``why`` (how far off, or what lacks) and whether it is the ``expected`` one; and the ``source``, its
    ``page``, ``table`` and ``quote``, and how it was ``seen``.

    Examples
    --------
    >>> run = kring.replicate("deroos-2011")
    >>> run.verdicts["reproduced"]
    17
    >>> run.as_expected
    True
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __len__(self, /) -> int: ...
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @property
    def as_expected(self, /) -> bool:
        """
        bool: Whether every verdict and finding is the one that the study declares.
        """
    @property
    def comparisons(self, /) -> list[dict[str, Any]]:
        """
        list of dict: Each published figure with ours beside it, and what came of it.
        """
    @property
    def figures(self, /) -> list[Figure]:
        """
        list of Figure: The figures of the report.
        """
    @property
    def findings(self, /) -> list[dict[str, Any]]:
        """
        list of dict: What the checks of the published figures found.
        """
    @property
    def id(self, /) -> str:
        """
        str: The name of the study.
        """
    def report_html(self, /, *, language: "Literal['en', 'nl']" = "en") -> str:
        """
        The report as one HTML file that needs no network.

        Parameters
        ----------
        language : {"en", "nl"}, default "en"

        Returns
        -------
        str
        """
    @property
    def results(self, /) -> list[dict[str, Any]]:
        """
        list of dict: What each analysis gave.
        """
    def summary(self, /) -> str:
        """
        The verdicts as text.

        Returns
        -------
        str
        """
    @property
    def title(self, /) -> str:
        """
        str: The title of the study.
        """
    def to_csv(self, /) -> str:
        """
        The cells of the verdicts, separated by commas; all digits are in the frame.

        Returns
        -------
        str
        """
    def to_dict(self, /) -> dict[str, Any]:
        """
        Everything as plain data, as in ``results.json``.

        Returns
        -------
        dict
        """
    def to_html(self, /) -> str:
        """
        The verdicts as HTML without a page around them; ``report_html`` gives the whole page.

        Returns
        -------
        str
        """
    def to_latex(self, /) -> str:
        """
        The verdicts as LaTeX, for a document that has the package ``booktabs``.

        Returns
        -------
        str
        """
    def to_markdown(self, /) -> str:
        """
        The verdicts as Markdown, with captions and notes.

        Returns
        -------
        str
        """
    @property
    def verdicts(self, /) -> dict[str, int]:
        """
        dict of str to int: How often each kind of verdict was given.
        """
    def write(self, /, folder: str | PathLike[str], *, formats: Formats | None = None, language: "Literal['en', 'nl']" = "en", methods: bool = False) -> list[Path]:
        """
        Writes a report, ``results.json`` and the pictures as SVG into a folder.

        Parameters
        ----------
        folder : str or os.PathLike
            It is made where it does not exist.
        formats : {"html", "docx", "pdf", "typst"} or a sequence of these, optional
            If left out: HTML. ``report.html`` needs no network, ``report.docx`` is for Word. ``report.pdf`` needs the package
            ``typst`` (``pip install "kring[pdf]"``); ``report.typ`` is what that makes the PDF from.
        language : {"en", "nl"}, default "en"
            English, or Dutch with decimal commas. What a user or a study wrote stays as it is.
        methods : bool, default False
            Whether what was done stands below as a paragraph, the numbers as sentences (APA), and a
            checklist (STROBE, GRoLTS).

        Returns
        -------
        list of pathlib.Path
            The reports, as they were asked for.

        Raises
        ------
        ImportError
            If a PDF is asked for and ``typst`` is not installed.

        Examples
        --------
        >>> run = kring.replicate("deroos-2011")
        >>> [path.name for path in run.write("results/deroos", formats=["docx"], language="nl", methods=True)]
        ['report.docx']
        """

@final
class Simulated(Tabular):
    """
    A simulated cohort with its truth: no evidence of anything.

    As a frame it has one row a family.

    Examples
    --------
    >>> made = kring.simulate({
    ...     "title": "Problems", "wave": [{"name": "1", "time": 0}],
    ...     "arm": [{"name": "WT", "families": 60}, {"name": "EKC", "families": 55}],
    ...     "outcome": [{"name": "problems", "distribution": {"kind": "poisson"}, "intercept": 1.5}],
    ... }, seed=1)
    >>> made.to_polars().height
    115
    """
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @property
    def calibrated(self, /) -> dict[str, Any]:
        """
        dict or None: What a calibration matched, assumed and left free.
        """
    @property
    def cohort(self, /) -> Cohort:
        """
        Cohort: The same as a cohort, with arms, waves and outcomes declared.
        """
    @property
    def generator(self, /) -> dict[str, Any]:
        """
        dict: The generator, with calibrated parameters.
        """
    @property
    def truth(self, /) -> Tables:
        """
        Tables: What the numbers must come to, in all families of which these are a sample.

        As a frame it has a row an arm, outcome and wave: ``arm``, ``families``, ``outcome``, ``wave``, ``mean``,
        ``sd``, and ``mean_without``, the mean that the same families would have had without what the arm does.
        ``frames`` has this as ``means``, and where there are any: ``shares`` (of each ``value`` of a count or
        level), ``correlations`` (within a family), ``clusters`` (``icc``), ``missing``, ``events`` and
        ``parameters`` (of the generator, such as effects on the scale of the model). ``to_dict()`` has all of it,
        with the covariates and how each number is known.

        Examples
        --------
        >>> made = kring.simulate({
        ...     "title": "Problems", "wave": [{"name": "1", "time": 0}],
        ...     "arm": [{"name": "WT", "families": 60}, {"name": "EKC", "families": 55}],
        ...     "outcome": [{"name": "problems", "distribution": {"kind": "poisson"}, "intercept": 1.5}],
        ... }, seed=1)
        >>> made.truth.to_polars()["mean"].round(3).to_list()
        [4.482, 4.482]
        >>> made.truth.frames["parameters"].to_polars().rows()[0]
        ('the intercept of `problems`', 1.5)
        """

@final
class SimulationJob:
    """
    A method on simulated data, whose replicates are drawn in ranges.

    ``kring.performance(…, executor=…)`` and ``kring.power(…, executor=…)`` make them. It is bytes to a
    worker: the same everywhere, and read by the same version of kring alone.
    """
    def finish(self, /, parts: SupportsGetItem[int, SupportsGetItem[int, SupportsIndex]]) -> bytes:
        """
        Puts the parts of all ranges together, in any order, as bytes.
        """
    @staticmethod
    def from_bytes(written: bytes) -> SimulationJob:
        """
        Reads a job from bytes.
        """
    @property
    def kind(self, /) -> Literal["method", "simulation"]:
        """
        str: The kind of job, by which a worker knows how to read it.
        """
    @property
    def replicates(self, /) -> int:
        """
        int: How many replicates there are.
        """
    def run_range(self, /, low: SupportsIndex, high: SupportsIndex) -> bytes:
        """
        Draws the replicates from ``low`` up to, not including, ``high``, in one thread.

        A task takes one place of an executor, and so one core.
        """
    def to_bytes(self, /) -> bytes:
        """
        Writes the job as bytes.
        """

@disjoint_base
class Tables(Tabular):
    """
    What kring found: as frames, as text, and as tables for a paper.

    As a frame it has the rows of its first table; ``frames`` has all of them.

    Examples
    --------
    >>> table = kring.baseline(cohort, variables=["age"])
    >>> print(table.to_markdown().splitlines()[2])
    |  | E (n = 26) | C (n = 26) | All (n = 52) | SMD | 95% CI |
    >>> table.to_polars()["mean"].round(2).to_list()
    [10.23, 9.96, 10.1]
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __reduce__(self, /) -> "tuple[object, tuple[str, bytes]]": ...
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @staticmethod
    def _restore(written: bytes) -> Tables: ...
    @property
    def frames(self, /) -> dict[str, Frame]:
        """
        dict of str to Frame: Each of its tables by its name.
        """
    def pictures(self, /) -> list[Figure]:
        """
        The pictures that go with the tables.

        Returns
        -------
        list of Figure
            Empty where there is nothing to draw.
        """
    def plot(self, /, library: "Literal['altair', 'matplotlib', 'svg'] | None" = None) -> Any:
        """
        A picture: the estimates with their intervals, where the object has such.

        Parameters
        ----------
        library : {"altair", "matplotlib", "svg"}, optional
            What draws it. If left out: altair, else matplotlib, where one of them is installed; else
            kring itself.

        Returns
        -------
        altair.Chart, matplotlib.figure.Figure or Figure

        Raises
        ------
        ImportError
            If the library is not installed.
        InputError
            If there is nothing to draw.

        Examples
        --------
        >>> data = {"problems": [6, 8, 3, 5, 7], "arm": ["WT", "WT", "EKC", "EKC", "EKC"]}
        >>> picture = kring.compare(data, "problems", "arm").plot("svg")
        >>> picture.svg[:4]
        '<svg'
        """
    def report_html(self, /, *, language: "Literal['en', 'nl']" = "en") -> str:
        """
        The same as one page of HTML that needs no network.

        Parameters
        ----------
        language : {"en", "nl"}, default "en"

        Returns
        -------
        str
        """
    def summary(self, /) -> str:
        """
        The tables and what stands beside them, as text.

        Returns
        -------
        str
        """
    def to_csv(self, /) -> str:
        """
        The cells of the tables as they are shown, separated by commas.

        Captions and notes are left out, and an empty line stands between two tables. All digits are
        in the frames.

        Returns
        -------
        str
        """
    def to_dict(self, /) -> dict[str, Any]:
        """
        Everything as plain data.

        Returns
        -------
        dict
        """
    def to_html(self, /) -> str:
        """
        The tables as HTML without a page around them.

        Returns
        -------
        str
        """
    def to_latex(self, /) -> str:
        """
        The tables as LaTeX, for a document that has the package ``booktabs``.

        Returns
        -------
        str
        """
    def to_markdown(self, /) -> str:
        """
        The tables as Markdown, with captions and notes.

        Returns
        -------
        str
        """
    def write(self, /, folder: str | PathLike[str], *, formats: Formats | None = None, language: "Literal['en', 'nl']" = "en", methods: bool = False) -> list[Path]:
        """
        Writes a report, ``results.json`` and the pictures as SVG into a folder.

        Parameters
        ----------
        folder : str or os.PathLike
            It is made where it does not exist.
        formats : {"html", "docx", "pdf", "typst"} or a sequence of these, optional
            If left out: HTML. ``report.html`` needs no network, ``report.docx`` is for Word. ``report.pdf`` needs the package
            ``typst`` (``pip install "kring[pdf]"``); ``report.typ`` is what that makes the PDF from.
        language : {"en", "nl"}, default "en"
            English, or Dutch with decimal commas. What a user or a study wrote stays as it is.
        methods : bool, default False
            Whether what was done stands below as a paragraph, the numbers as sentences (APA), and a
            checklist (STROBE, GRoLTS).

        Returns
        -------
        list of pathlib.Path
            The reports, as they were asked for.

        Raises
        ------
        ImportError
            If a PDF is asked for and ``typst`` is not installed.

        Examples
        --------
        >>> data = {"problems": [6, 8, 3, 5, 7], "arm": ["WT", "WT", "EKC", "EKC", "EKC"]}
        >>> answer = kring.compare(data, "problems", "arm")
        >>> [path.name for path in answer.write("results/answer", formats=["html", "docx"], language="nl")]
        ['report.html', 'report.docx']
        """

@disjoint_base
class Tabular:
    """
    Something with rows and columns.

    Whatever speaks the Arrow C stream interface takes it directly: ``polars.DataFrame(x)``,
    ``pandas.DataFrame.from_arrow(x)``, ``pyarrow.table(x)``.
    """
    def __arrow_c_stream__(self, /, requested_schema: Any | None = None) -> object:
        """
        The rows as an Arrow C stream, for other libraries.
        """
    def __copy__(self, /) -> Tabular:
        """
        The object itself: it never changes.
        """
    def __deepcopy__(self, /, memo: Any) -> Tabular:
        """
        The object itself: it never changes.
        """
    def to_pandas(self, /) -> DataFrame:
        """
        The rows as a frame of pandas.

        Levels become categories, listed in their order but not marked as ordered: a model would take an
        ordered category as a score, with a line and a curve. It needs pandas 3, or an older one with pyarrow.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        ImportError
            If pandas is not installed, or is older and has no pyarrow beside it.

        Examples
        --------
        >>> data = kring.Frame({"family": [1, 2], "problems": [6, 2]})
        >>> int(data.to_pandas()["problems"].sum())
        8
        """
    def to_polars(self, /) -> DataFrame2:
        """
        The rows as a frame of polars.

        Returns
        -------
        polars.DataFrame

        Raises
        ------
        ImportError
            If polars is not installed.

        Examples
        --------
        >>> data = kring.Frame({"family": [1, 2], "problems": [6, 2]})
        >>> data.to_polars()["problems"].sum()
        8
        """

@final
class Verification(Tables):
    """
    A stored result beside the same one of now.

    As a frame it has one row a number.
    """
    def __bool__(self, /) -> bool: ...
    def __reduce__(self, /) -> "tuple[object, tuple[str, bytes]]": ...
    @staticmethod
    def _restore(written: bytes) -> Verification: ...
    @property
    def came_again(self, /) -> bool:
        """
        bool: Whether every number, and the files behind it, are the same.
        """
    @property
    def what(self, /) -> str:
        """
        str: What was run again: a study, or a command.
        """

@final
class Violation:
    """
    Something in the data that cannot be as it was declared.
    """
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @property
    def column(self, /) -> str | None:
        """
        str or None: The column.
        """
    @property
    def expected(self, /) -> str:
        """
        str: What was expected.
        """
    @property
    def found(self, /) -> str:
        """
        str: What was found.
        """
    @property
    def kind(self, /) -> str:
        """
        str: What kind it is, such as ``"out_of_range"``.
        """
    @property
    def row(self, /) -> int | None:
        """
        int or None: The row of the data, the first one being 1.
        """
    @property
    def subject(self, /) -> str | None:
        """
        str or None: The subject of the row.
        """
    @property
    def wave(self, /) -> str | None:
        """
        str or None: The wave of the row or column.
        """

def advise(data: Data, outcome: str, arm: str, *, kind: "Literal['continuous', 'count', 'share', 'binary', 'ordinal', 'nominal', 'time_to_event'] | None" = None, subject: str | None = None, wave: str | None = None, time: str | None = None, baseline: str | None = None, cluster: str | None = None, trials: str | None = None, exposure: str | None = None, levels: SupportsGetItem[int, str] | None = None, event: str | None = None, variables: SupportsGetItem[int, str] | None = None, randomised: bool = False) -> Tables:
    """
    Says which analyses fit a table, in order, what each assumes, and what not to do.

    Each rule that speaks names the figures that made it speak; ``docs/choosing.md`` has all rules. Nothing
    after the start is compared between the arms.

    Parameters
    ----------
    data : frame, Dataset, Cohort or dict of columns
        One row a family and wave, or one a family. Of a cohort its measurements.
    outcome : str
        The column of the outcome; of a share that of how many it happened to.
    arm : str
        The column of the arms; the first level is the reference.
    kind : {"continuous", "count", "share", "binary", "ordinal", "nominal", "time_to_event"}, optional
        What the outcome is; by its column, if left out.
    subject : str, optional
        The column of the families or persons, where each has a row a wave; a cohort knows it.
    wave : str, optional
        The column of the wave; a cohort knows it.
    time : str, optional
        The column of the time in numbers, where it is not the number of the wave.
    baseline : str, optional
        The column of the same outcome at the start, where a row is a family.
    cluster : str, optional
        The column of what families lie in, such as teams.
    trials : str, optional
        Of a share the column of out of how many.
    exposure : str, optional
        The column of the time in which a count was made.
    levels : sequence of str, optional
        The levels of an ordinal outcome of texts, from low to high.
    event : str, optional
        The level that counts, of a binary outcome.
    variables : sequence of str, optional
        Further columns whose balance at the start is looked at.
    randomised : bool, default False
        Whether chance decided on the arms.

    Returns
    -------
    Tables
        The analyses that fit as a frame, the first one first; ``frames["remarks"]`` has what to mind and
        what not to do.

    Raises
    ------
    InputError
        If a column is not there, there is one arm or one wave, or the rows cannot be what is said of them.

    Examples
    --------
    >>> data = {
    ...     "family": [1, 1, 2, 2, 3, 3, 4, 4], "wave": [1, 2] * 4,
    ...     "arm": ["WT"] * 4 + ["EKC"] * 4, "score": [6.5, 5, 7, 7.5, 6, 4, 8, 5],
    ... }
    >>> advice = kring.advise(data, "score", "arm", subject="family", wave="wave")
    >>> advice.to_polars()["rule"].to_list()
    ['mmrm', 'ancova', 'lords_paradox', 'difference_in_differences']
    >>> advice.frames["remarks"].to_polars()["because"][2]
    '`score` differs by −0.24 standard deviations'
    """

def attrition(cohort: Cohort, variables: SupportsGetItem[int, str] | None = None, *, observed: SupportsGetItem[int, str] | None = None, until: str | SupportsIndex | None = None, outcome: str | None = None, range: tuple[SupportsFloat | SupportsIndex, SupportsFloat | SupportsIndex] | None = None, level: SupportsFloat | SupportsIndex = 0.95) -> Tables:
    """
    Says who left: how many, how unlike those who stayed, and what that can do to a difference.

    Those who stayed and those who left are set side by side, in all and in each arm. Where variables
    are named, a logistic regression says what went with leaving, and whether that differs between the
    arms. What the data do not allow is said in the notes.

    Parameters
    ----------
    cohort : Cohort
    variables : sequence of str, optional
        The variables at the first wave that are set side by side and explain who left. If left out, all
        are set side by side and none explains.
    observed : sequence of str, optional
        The variables of which one must be observed to have stayed; all with a value a wave, if left out.
    until : str or int, optional
        The wave at which one must be observed to have stayed; the last, if left out.
    outcome : str, optional
        The outcome whose difference between two arms is bounded, at that wave.
    range : tuple of (float, float), optional
        The lowest and the highest value of the outcome: then no more is assumed of those who left. If
        left out, the arm is assumed to work on staying in one direction only.
    level : float, default 0.95
        The level of the intervals.

    Returns
    -------
    Tables
        The frames are ``rates``, ``groups``, ``differences``, ``patterns`` and, as far as there are any,
        ``regression``, ``interactions``, ``little`` and ``bounds``.

    Raises
    ------
    InputError
        If there is one wave only, or a variable is not there.

    Examples
    --------
    >>> left = kring.attrition(cohort, ["age", "sex"], outcome="yc", range=(0, 60))
    >>> left.to_polars().select("trt", "events", "total").rows()
    [(None, 24, 52), ('E', 14, 26), ('C', 10, 26)]
    >>> left.frames["bounds"].to_polars()["value"].round(2).to_list()
    [-27.19, 28.19]
    """

def baseline(data: Data, arm: str | SupportsGetItem[int, str] | None = None, variables: SupportsGetItem[int, str] | None = None, *, arms: Declared | None = None, medians: SupportsGetItem[int, str] | None = None, denominator: "Literal['pooled', 'reference', 'treated']" = "pooled", pairs: "Literal['largest', 'average']" = "largest", two_levels: "Literal['second', 'both']" = "second", overall: bool = True, tests: bool = False, level: SupportsFloat | SupportsIndex = 0.95) -> Tables:
    """
    Puts the arms side by side: the first table of a report.

    Parameters
    ----------
    data : Cohort, frame, Dataset or dict of columns
        Of a cohort, variables with a value a wave are taken as they were at the first.
    arm : str or sequence of str, optional
        The column of the arms; that of the cohort, if left out. Of a cohort the variables may stand here.
    variables : sequence of str, optional
        All of them, if left out.
    arms : sequence or dict, optional
        The arms to compare in order, the reference first: names, or names with labels. Rows of others
        are left out and counted.
    medians : sequence of str, optional
        The numbers that are shown as median and quartiles; all others as mean and standard deviation.
    denominator : {"pooled", "reference", "treated"}, default "pooled"
        Whose standard deviation is the unit of the differences.
    pairs : {"largest", "average"}, default "largest"
        Which difference stands for all pairs of three or more arms.
    two_levels : {"second", "both"}, default "second"
        Which levels of a variable of two are shown.
    overall : bool, default True
        Whether there is a column of everybody.
    tests : bool, default False
        Whether differences are tested, with a word on what such tests do not answer.
    level : float, default 0.95
        The level of the intervals.

    Returns
    -------
    Tables
        The frames are ``groups``, a row a variable, level and arm, and ``differences``.

    Raises
    ------
    InputError
        If a variable is not there, or there are no arms.

    Examples
    --------
    >>> table = kring.baseline(cohort, variables=["age", "sex"])
    >>> table.frames["differences"].to_polars()["difference"].round(3).to_list()
    [-0.066, 0.234]
    """

def check(study: str | PathLike[str], *, data_dir: str | PathLike[str] | None = None) -> list[dict[str, Any]]:
    """
    Checks the published figures of a study against one another; its data are not needed.

    Parameters
    ----------
    study : str or os.PathLike
        The name of a study, its folder, or its ``study.toml``.
    data_dir : str or os.PathLike, optional
        As for ``replicate``.

    Returns
    -------
    list of dict
        For each check its ``id``, ``kind``, the ``claims`` it used, the ``outcome`` (``consistent``
        or ``inconsistent``), the ``arithmetic``, what it means, and the outcome it was declared to
        ``expect``.

    Raises
    ------
    InputError
        If there is no such study, or its protocol cannot be used.

    Examples
    --------
    >>> [finding["outcome"] for finding in kring.check("deroos-2011")][:2]
    ['consistent', 'consistent']
    """

def check_difference(figure: str | SupportsIndex, minus: str | SupportsIndex, result: str | SupportsIndex, *, locale: "Literal['en', 'nl']" = "en") -> dict[str, Any]:
    """
    Checks whether one figure less another is the result.

    Parameters
    ----------
    figure, minus, result : str or int
        As they were printed; a whole number is a count, which is exact.
    locale : {"en", "nl"}, default "en"
        How numbers are written: ``1,511.5`` or ``1.511,5``.

    Returns
    -------
    dict
        The ``kind``, the ``outcome``, the ``arithmetic`` and what it means.

    Raises
    ------
    InputError
        If a figure cannot be read.

    Examples
    --------
    >>> kring.check_difference("6.0", "4.7", "1.5")["outcome"]
    'inconsistent'
    """

def check_figures(value: str, *, sample: SupportsIndex | None = None, whole_items: SupportsIndex | None = None, scale: tuple[SupportsIndex, SupportsIndex] | None = None, sd: str | None = None, std_error: str | None = None, interval: tuple[str, str] | None = None, level: SupportsFloat | SupportsIndex = 0.95, interval_scale: "Literal['either', 'natural', 'log', 'free'] | None" = None, null: SupportsFloat | SupportsIndex | None = None, p_value: str | None = None, test: str | None = None, sides: "Literal['two', 'one', 'either']" = "two", locale: "Literal['en', 'nl']" = "en") -> list[dict[str, Any]]:
    """
    Runs every check that the figures printed about one number allow.

    Parameters
    ----------
    value : str
        The number as it was printed: a mean, a percentage, an estimate, a statistic.
    sample : int, optional
        How many it rests on.
    whole_items : int, optional
        How many whole numbers each of them contributes, where they are whole.
    scale : tuple of (int, int), optional
        The lowest and the highest that these whole numbers may be.
    sd, std_error, p_value : str, optional
        As they were printed.
    interval : tuple of (str, str), optional
        The ends of the interval as they were printed.
    level : float, default 0.95
        The level of the interval.
    interval_scale : {"either", "natural", "log", "free"}, optional
        On which scale the interval is symmetric.
    null : float, optional
        The value of no effect; 0, or 1 for a ratio, if left out.
    test : str, optional
        The test that the number is the statistic of: ``"t(28)"``.
    sides : {"two", "one", "either"}, default "two"
        On how many sides it was tested.
    locale : {"en", "nl"}, default "en"
        How numbers are written: ``1,511.5`` or ``1.511,5``.

    Returns
    -------
    list of dict
        What each check found. A percentage of a sample is taken as a share of whole people.

    Raises
    ------
    InputError
        If a figure cannot be read, or no check can be made of them.

    Examples
    --------
    >>> found = kring.check_figures("5.19", sample=28, whole_items=1, sd="1.44")
    >>> [(one["kind"], one["outcome"]) for one in found]
    [('grim', 'inconsistent'), ('grimmer', 'inconsistent')]
    """

def check_interval(estimate: str, low: str, high: str, *, level: SupportsFloat | SupportsIndex = 0.95, scale: "Literal['either', 'natural', 'log', 'free']" = "either", locale: "Literal['en', 'nl']" = "en") -> dict[str, Any]:
    """
    Checks whether an estimate lies in the middle of its interval.

    Parameters
    ----------
    estimate, low, high : str
        As they were printed.
    level : float, default 0.95
        The level of the interval.
    scale : {"either", "natural", "log", "free"}, default "either"
        On which scale the interval is symmetric.
    locale : {"en", "nl"}, default "en"
        How numbers are written: ``1,511.5`` or ``1.511,5``.

    Returns
    -------
    dict
        The ``kind``, the ``outcome``, the ``arithmetic`` and what it means.

    Raises
    ------
    InputError
        If a figure cannot be read.

    Examples
    --------
    >>> kring.check_interval("0.81", "0.70", "0.94")["outcome"]
    'consistent'
    """

def check_interval_p_value(estimate: str, low: str, high: str, p_value: str, *, level: SupportsFloat | SupportsIndex = 0.95, scale: "Literal['either', 'natural', 'log', 'free']" = "either", null: SupportsFloat | SupportsIndex | None = None, df: SupportsFloat | SupportsIndex | None = None, locale: "Literal['en', 'nl']" = "en") -> dict[str, Any]:
    """
    Checks whether a printed p-value follows from an estimate and its interval.

    Parameters
    ----------
    estimate, low, high, p_value : str
        As they were printed.
    level : float, default 0.95
        The level of the interval.
    scale : {"either", "natural", "log", "free"}, default "either"
        On which scale the interval is symmetric.
    null : float, optional
        The value of no effect; 0, or 1 for a ratio, if left out.
    df : float, optional
        The degrees of freedom of its t distribution, where they are known.
    locale : {"en", "nl"}, default "en"
        How numbers are written: ``1,511.5`` or ``1.511,5``.

    Returns
    -------
    dict
        The ``kind``, the ``outcome``, the ``arithmetic`` and what it means.

    Raises
    ------
    InputError
        If a figure cannot be read.

    Examples
    --------
    >>> kring.check_interval_p_value("0.81", "0.70", "0.94", "0.005")["outcome"]
    'consistent'
    """

def check_p_value(statistic: str, test: str, p_value: str, *, sides: "Literal['two', 'one', 'either']" = "two", locale: "Literal['en', 'nl']" = "en") -> dict[str, Any]:
    """
    Checks whether a printed p-value follows from its statistic.

    Parameters
    ----------
    statistic : str
        As it was printed.
    test : str
        What it is: ``"t(28)"``, ``"F(2, 24)"``, ``"chi2(1)"``, ``"r(28)"`` or ``"z"``.
    p_value : str
        As it was printed: ``".06"``, ``"< .001"``.
    sides : {"two", "one", "either"}, default "two"
        On how many sides it was tested.
    locale : {"en", "nl"}, default "en"
        How numbers are written: ``1,511.5`` or ``1.511,5``.

    Returns
    -------
    dict
        The ``kind``, the ``outcome``, the ``arithmetic`` and what it means.

    Raises
    ------
    InputError
        If a figure cannot be read.

    Examples
    --------
    >>> kring.check_p_value("2.20", "t(28)", ".06")["outcome"]
    'decision_error'
    """

def check_product(factors: SupportsGetItem[int, str | SupportsIndex], result: str | SupportsIndex, *, locale: "Literal['en', 'nl']" = "en") -> dict[str, Any]:
    """
    Checks whether factors multiply to the result.

    Parameters
    ----------
    factors : sequence of str or int
        As they were printed; a whole number is a count, which is exact.
    result : str or int
    locale : {"en", "nl"}, default "en"
        How numbers are written: ``1,511.5`` or ``1.511,5``.

    Returns
    -------
    dict
        The ``kind``, the ``outcome``, the ``arithmetic`` and what it means.

    Raises
    ------
    InputError
        If a figure cannot be read.

    Examples
    --------
    >>> kring.check_product([12, "2.5"], 30)["outcome"]
    'consistent'
    """

def check_share(part: str | SupportsIndex, whole: str | SupportsIndex, result: str | SupportsIndex, *, locale: "Literal['en', 'nl']" = "en") -> dict[str, Any]:
    """
    Checks whether a part is the printed share of a whole.

    Parameters
    ----------
    part, whole, result : str or int
        As they were printed; a whole number is a count, which is exact.
    locale : {"en", "nl"}, default "en"
        How numbers are written: ``1,511.5`` or ``1.511,5``.

    Returns
    -------
    dict
        The ``kind``, the ``outcome``, the ``arithmetic`` and what it means.

    Raises
    ------
    InputError
        If a figure cannot be read.

    Examples
    --------
    >>> kring.check_share(38, 45, "84%")["outcome"]
    'consistent'
    """

def check_shares(parts: SupportsGetItem[int, str | SupportsIndex], n: SupportsIndex, *, categories: "Literal['some', 'all']" = "some", locale: "Literal['en', 'nl']" = "en") -> dict[str, Any]:
    """
    Checks whether percentages can all be shares of so many people.

    Parameters
    ----------
    parts : sequence of str
        The percentages as they were printed.
    n : int
        The number of people.
    categories : {"some", "all"}, default "some"
        Whether they are all the categories there are, each person in one.
    locale : {"en", "nl"}, default "en"
        How numbers are written: ``1,511.5`` or ``1.511,5``.

    Returns
    -------
    dict
        The ``kind``, the ``outcome``, the ``arithmetic`` and what it means.

    Raises
    ------
    InputError
        If a figure cannot be read.

    Examples
    --------
    >>> kring.check_shares(["84%", "29%"], 45)["outcome"], kring.check_shares(["84%"], 60)["outcome"]
    ('consistent', 'inconsistent')
    """

def check_spread(n: SupportsIndex, *, sd: str | None = None, std_error: str | None = None, interval: tuple[str, str] | None = None, level: SupportsFloat | SupportsIndex = 0.95, locale: "Literal['en', 'nl']" = "en") -> dict[str, Any]:
    """
    Checks whether the standard deviation, the standard error and the interval of a mean belong together.

    Parameters
    ----------
    n : int
        How many the mean rests on.
    sd, std_error : str, optional
        As they were printed.
    interval : tuple of (str, str), optional
        The ends of the interval as they were printed.
    level : float, default 0.95
        The level of the interval.
    locale : {"en", "nl"}, default "en"
        How numbers are written: ``1,511.5`` or ``1.511,5``.

    Returns
    -------
    dict
        The ``kind``, the ``outcome``, the ``arithmetic`` and what it means.

    Raises
    ------
    InputError
        If a figure cannot be read.

    Examples
    --------
    >>> kring.check_spread(25, sd="5.0", std_error="1.0")["outcome"]
    'consistent'
    """

def check_sum(parts: SupportsGetItem[int, str | SupportsIndex], total: str | SupportsIndex, *, locale: "Literal['en', 'nl']" = "en") -> dict[str, Any]:
    """
    Checks whether parts add up to their total.

    Parameters
    ----------
    parts : sequence of str or int
        As they were printed; a whole number is a count, which is exact.
    total : str or int
    locale : {"en", "nl"}, default "en"
        How numbers are written: ``1,511.5`` or ``1.511,5``.

    Returns
    -------
    dict
        The ``kind``, the ``outcome``, the ``arithmetic`` and what it means.

    Raises
    ------
    InputError
        If a figure cannot be read.

    Examples
    --------
    >>> kring.check_sum(["33.3%", "33.3%", "33.4%"], "100%")["outcome"]
    'consistent'
    """

def check_weighted_mean(groups: SupportsGetItem[int, str | tuple[str, str | SupportsIndex]], total: str, *, locale: "Literal['en', 'nl']" = "en") -> dict[str, Any]:
    """
    Checks whether the mean of all follows from the means of the groups.

    Parameters
    ----------
    groups : sequence of str or of tuple of (str, int)
        The mean of each group as it was printed, with how many are in it: of all groups or of none.
    total : str
        The mean of all as it was printed.
    locale : {"en", "nl"}, default "en"
        How numbers are written: ``1,511.5`` or ``1.511,5``.

    Returns
    -------
    dict
        The ``kind``, the ``outcome``, the ``arithmetic`` and what it means.

    Raises
    ------
    InputError
        If a figure cannot be read.

    Examples
    --------
    >>> kring.check_weighted_mean([("10.0", 26), ("13.0", 13)], "11.0")["outcome"]
    'consistent'
    """

def circles(families: TableLike | None = None, persons: TableLike | None = None, ties: TableLike | None = None, agreements: TableLike | None = None, standing: TableLike | None = None, *, wide: TableLike | None = None, graphml: Paths | None = None, arm: str | None = None, waves: SupportsGetItem[int, str] | None = None, columns: Declared | None = None, values: Declared | None = None, indicators: SupportsGetItem[int, str] | None = None, pseudonym_key: SupportsGetItem[int, SupportsIndex] | None = None) -> Circles:
    """
    Reads the circles around families from tables with keys, a name generator, or GraphML.

    A family with nobody has a row in `families` and a circle of size zero. What is empty is not known, and
    never a no. Every key that leads nowhere, duplicate, impossible role or date is reported at once.

    Parameters
    ----------
    families : frame, dict of columns, str or os.PathLike, optional
        A row a family and wave; whatever else it holds (arm, team, problems) is kept.
    persons : frame, dict of columns, str or os.PathLike, optional
        A row a person around a family at a wave.
    ties : frame, dict of columns, str or os.PathLike, optional
        Ties among these persons, with their sign.
    agreements : frame, dict of columns, str or os.PathLike, optional
        The agreements of the plans, and who takes each of them on.
    standing : frame, dict of columns, str or os.PathLike, optional
        Whether agreements still stood at later waves.
    wide : frame, dict of columns, str or os.PathLike, optional
        In place of families, persons and ties: the answers of a name generator side by side, a row a family
        and wave, in columns ``role_1``, ``role_2``, ``tie_1_2``.
    graphml : str, os.PathLike or sequence of them, optional
        In place of them: files of GraphML, a graph a family and wave.
    arm : str, optional
        The column of families that holds the arm.
    waves : sequence of str, optional
        The waves in order; by their numbers, their dates or their rows, if left out.
    columns : dict, optional
        What the tables call a column: ``{"person": "alter_id"}``.
    values : dict, optional
        What a value means, column by column: ``{"role": {"oma": "family"}}``.
    indicators : sequence of str, optional
        The indicators of involvement that are shown; all, if left out.
    pseudonym_key : bytes, optional
        A secret of 16 bytes or more: names of families and persons become pseudonyms by it. It is not kept.

    Returns
    -------
    Circles

    Raises
    ------
    InputError
        With everything that is wrong in the tables: file, row, column, what was expected and found.

    Examples
    --------
    >>> circles = kring.circles(
    ...     families={"family": ["a", "b"], "arm": ["EKC", "WT"], "asked_by_worker": ["yes", "no"]},
    ...     persons={"family": ["a"], "person": ["aunt"], "role": ["family"]},
    ...     arm="arm", indicators=["network_asked_by_worker", "network_size"],
    ... )
    >>> circles.indicators.to_polars()["pooled"].to_list()
    [1.0, 0.0, 1.0, 0.0]
    """

def compare(data: Data, outcome: str, arm: str, *, arms: Declared | None = None, scale: "Literal['continuous', 'count', 'binary', 'ordinal', 'nominal'] | None" = None, levels: SupportsGetItem[int, str] | None = None, event: str | None = None, baseline: str | None = None, cluster: str | None = None, exposure: str | None = None, randomised: bool = False, level: SupportsFloat | SupportsIndex = 0.95, on: "Literal['subjects', 'measurements', 'follow_ups'] | None" = None) -> Answer:
    """
    Compares the arms in an outcome, by the method that fits what it is.

    The choice follows from the scale of the outcome and the design, never from a test beforehand. The
    answer says which method and why, and names what else might have been asked without running it.

    Parameters
    ----------
    data : frame, Dataset, Cohort or dict of columns
        One row a subject.
    outcome : str
        The column of the outcome.
    arm : str
        The column of the arms; the first level is the reference.
    arms : sequence or dict, optional
        The arms to compare in order, the reference first: names, or names with labels. Rows of others
        are left out and counted.
    scale : {"continuous", "count", "binary", "ordinal", "nominal"}, optional
        What the outcome is; by its column, if left out.
    levels : sequence of str, optional
        The levels of an ordinal outcome of texts, from low to high.
    event : str, optional
        The level that counts, of a binary outcome.
    baseline : str, optional
        The column of the same outcome at the start.
    cluster : str, optional
        The column of clusters: teams, families.
    exposure : str, optional
        The column of the time in which a count was made.
    randomised : bool, default False
        Whether chance decided on the arms. Unless it did, every number says so.
    level : float, default 0.95
        The level of the intervals.
    on : {"subjects", "measurements", "follow_ups"}, optional
        Which table of a cohort: one row a subject (if left out), one a subject and wave, or the same
        after the first wave with the columns of the subjects beside.

    Returns
    -------
    Answer

    Raises
    ------
    InputError
        If a column is not there, or the data do not allow the comparison.

    Examples
    --------
    >>> data = {"problems": [6, 8, 3, 5, 7], "arm": ["WT", "WT", "EKC", "EKC", "EKC"]}
    >>> kring.compare(data, "problems", "arm").to_dict()["method"]
    "Welch's t test, with Hedges' g"
    """

def debit(mean: str, sd: str, n: SupportsIndex, *, locale: "Literal['en', 'nl']" = "en") -> dict[str, Any]:
    """
    Checks whether a printed share and standard deviation can come from so many zeros and ones (DEBIT).

    Heathers and Brown (2019), https://osf.io/5vb3u.

    Parameters
    ----------
    mean : str
        The share, or a percentage such as ``"18%"``, as it was printed.
    sd : str
        The standard deviation as it was printed.
    n : int
        The number of respondents.
    locale : {"en", "nl"}, default "en"
        How numbers are written: ``1,511.5`` or ``1.511,5``.

    Returns
    -------
    dict
        The ``kind``, the ``outcome``, the ``arithmetic`` and what it means.

    Raises
    ------
    InputError
        If a figure cannot be read.

    Examples
    --------
    >>> kring.debit("0.50", "0.51", 40)["outcome"], kring.debit("0.50", "0.60", 40)["outcome"]
    ('consistent', 'inconsistent')
    """

def designs() -> list[str]:
    """
    The names of the designs whose power has a closed form.

    Returns
    -------
    list of str

    Examples
    --------
    >>> "two_rates" in kring.designs()
    True
    """

def gee(formula: str, data: Data, *, subject: str | None = None, wave: str | None = None, time: str | None = None, clusters: SupportsGetItem[int, str] | None = None, family: "Literal['gaussian', 'poisson', 'nbinom2', 'nbinom1', 'binomial', 'beta_binomial', 'gamma']" = "gaussian", link: str | None = None, correlation: "str | dict[str, object] | None" = None, covariance: "Literal['model_based', 'robust', 'jackknife', 'mancl_derouen', 'kauermann_carroll', 'fay_graubard', 'morel_bokossa_neerchal', 'pan', 'wang_long']" = "mancl_derouen", dof: "Literal['normal', 'families', 'satterthwaite', 'pan_wall'] | None" = None, weights: "str | dict[str, object] | None" = None, by: str | None = None, within: str | None = None, means: "str | list[str] | dict[str, object] | None" = None, level: SupportsFloat | SupportsIndex = 0.95, on: "Literal['subjects', 'measurements', 'follow_ups'] | None" = None) -> Answer:
    """
    Fits a marginal model by estimating equations (GEE): means of a population whose families are measured
    again and again.

    The coefficients speak of the population, not of one family, and their errors hold whether or not the
    working correlation does.

    Parameters
    ----------
    formula : str
        The model, as in R, without random terms: ``"problems ~ arm * factor(wave)"``.
    data : frame, Dataset, Cohort or dict of columns
        One row a measurement. Rows with a missing value in a column of the model are left out and
        counted.
    subject : str, optional
        The column that names the family or person; of a cohort it is known.
    wave : str, optional
        The column of the wave, which says where a row stands in its family; of a cohort it is known.
    time : str, optional
        The column of the time in numbers, where it is not the number of the wave.
    clusters : list of str, optional
        The columns of what families lie in, outermost first, such as teams: these are independent then.
    family : str, default "gaussian"
        ``gaussian``, ``poisson``, ``nbinom2``, ``nbinom1``, ``binomial``, ``beta_binomial`` or ``gamma``.
    link : str, optional
        How the mean hangs together with the columns; the family's usual link, if left out.
    correlation : str or dict, default "exchangeable"
        How rows of a family are taken to be correlated: ``independence``, ``exchangeable``, ``ar1``,
        ``unstructured``, ``nested_exchangeable``, ``{"m_dependent": 2}`` or ``{"fixed": [[…], …]}``.
    covariance : str, default "mancl_derouen"
        How the errors are estimated: ``robust`` is geepack's; ``mancl_derouen``, ``kauermann_carroll``,
        ``fay_graubard``, ``morel_bokossa_neerchal``, ``pan`` and ``wang_long`` are for few families.
    dof : {"normal", "families", "satterthwaite", "pan_wall"}, optional
        What tests refer to; what goes with the errors, if left out.
    weights : str or dict, optional
        The column of precision weights, or ``{"column": …, "kind": "frequency"}``.
    by : str, optional
        A factor whose levels every row is set to, one after the other; the means are compared on the scale of
        the outcome.
    within : str, optional
        A second column: the levels of ``by`` are compared at each of its values, such as waves.
    means : str, list of str or dict, optional
        Means of each combination of levels, as emmeans has them, and their contrasts, in the frames ``means`` and
        ``contrasts``: ``"pairwise ~ arm | wave"``, which is short for
        ``{"of": ["arm"], "by": ["wave"], "contrasts": "pairwise"}``. Further ``weights``
        (``equal``, ``proportional``, ``outer``, ``cells``, ``flat``; ``rows`` for g-computation), ``scale`` (``link``,
        ``ratios``, ``response``), ``slopes`` (along a column of numbers), ``at`` (``{"age": 40, "wave": [1, 3]}``),
        ``interaction`` (products of contrasts, differences of differences:
        ``[{"of": "arm", "family": "control"}, {"of": "wave", "family": "consecutive"}]``), ``adjust`` and
        ``equivalence``.
    level : float, default 0.95
        The level of the intervals.
    on : {"subjects", "measurements", "follow_ups"}, optional
        Which table of a cohort: one row a subject and wave (if left out), one a subject, or the
        measurements after the first wave with the columns of the subjects beside.

    Returns
    -------
    Answer

    Raises
    ------
    InputError
        If the formula cannot be read, a column is not there, or nothing can be estimated.
    ConvergenceError
        If the search does not come to an end.

    Examples
    --------
    >>> data = {"y": [1, 3, 6, 8, 8, 11], "family": ["a", "a", "b", "b", "c", "c"], "wave": [1, 2, 1, 2, 1, 2]}
    >>> fit = kring.gee("y ~ wave", data, subject="family", wave="wave", covariance="robust", dof="normal")
    >>> slope = fit.to_polars().filter(label="wave")
    >>> round(slope["value"][0], 4), round(slope["std_error"][0], 4)
    (2.3333, 0.2722)
    """

def glmm(formula: str, data: Data, *, family: "Literal['poisson', 'nbinom2', 'nbinom1', 'binomial', 'beta_binomial', 'gamma', 'cumulative']" = "poisson", link: str | None = None, zeros: "Literal['inflated', 'hurdle', 'truncated']" = "inflated", zero: str | None = None, dispersion: str | None = None, integration: "str | dict[str, object] | None" = None, structure: "Literal['unstructured', 'diagonal', 'compound_symmetry'] | None" = None, weights: "str | dict[str, object] | None" = None, by: str | None = None, within: str | None = None, means: "str | list[str] | dict[str, object] | None" = None, against: str | None = None, intervals: "str | dict[str, object] | None" = None, predict: "str | dict[str, object] | None" = None, show: SupportsGetItem[int, str] | None = None, simulated_residuals: "dict[str, object] | None" = None, level: SupportsFloat | SupportsIndex = 0.95, on: "Literal['subjects', 'measurements', 'follow_ups'] | None" = None, executor: Executor | None = None, progress: Progress | None = None) -> Answer:
    """
    Fits a generalised linear mixed model: counts and shares of families that are measured again and
    again.

    Parameters
    ----------
    formula : str
        The model, as in R, with a random term: ``"problems ~ arm * wave + (1 | family)"``; of s of n,
        ``"cbind(s, n - s) ~ …"``.
    data : frame, Dataset, Cohort or dict of columns
        One row a measurement. Rows with a missing value in a column of the model are left out and
        counted.
    family : str, default "poisson"
        ``poisson``, ``nbinom2``, ``nbinom1``, ``binomial``, ``beta_binomial`` or ``gamma``.
    link : str, optional
        How the mean hangs together with the columns; the family's usual link, if left out.
    zeros : {"inflated", "hurdle", "truncated"}, default "inflated"
        What the part ``zero`` means; ``truncated`` where there can be no zeros.
    zero : str, optional
        The terms of the zeros, ``"~ arm"``.
    dispersion : str, optional
        The terms of the dispersion, ``"~ arm"``.
    integration : str or dict, default "automatic"
        How the random effects are integrated out: chosen, ``"laplace"``, or
        ``{"quadrature": {"points": 9}}``.
    structure : {"unstructured", "diagonal", "compound_symmetry"}, optional
        How several random effects of one group are related; as the formula says, if left out.
    weights : str or dict, optional
        The column of precision weights, or ``{"column": …, "kind": "frequency"}``.
    by : str, optional
        A factor whose levels every row is set to, one after the other: means, differences and ratios on
        the scale of the outcome, over all families and of the typical one.
    within : str, optional
        A second column: the levels of ``by`` are compared at each of its values, such as waves.
    means : str, list of str or dict, optional
        Means of each combination of levels, as emmeans has them, and their contrasts, in the frames ``means`` and
        ``contrasts``: ``"pairwise ~ arm | wave"``, which is short for
        ``{"of": ["arm"], "by": ["wave"], "contrasts": "pairwise"}``. Further ``weights``
        (``equal``, ``proportional``, ``outer``, ``cells``, ``flat``; ``rows`` for g-computation), ``scale`` (``link``,
        ``ratios``, ``response``), ``slopes`` (along a column of numbers), ``at`` (``{"age": 40, "wave": [1, 3]}``),
        ``interaction`` (products of contrasts, differences of differences:
        ``[{"of": "arm", "family": "control"}, {"of": "wave", "family": "consecutive"}]``), ``adjust`` and
        ``equivalence``.
    against : str, optional
        The formula of a smaller model, which is tested against this one on the same rows.
    intervals : str or dict, default "wald"
        ``"profile"``, or ``{"bootstrap": {"replicates": 999, "seed": 1}}``, in place of intervals from
        standard errors; of coefficients, whose labels stay, and of standard deviations.
    predict : str or dict, optional
        What the model expects of the typical family, ``"population"``, or of the rows' own, ``"families"``:
        row by row, also of rows without an outcome, in ``frames["by_row"]``. With settings and a scale,
        ``{"whose": "population", "scale": "link", "at": {"arm": ["WT", "EKC"]}}``, for all combinations of
        them, in ``frames["predictions"]``.
    show : list of str, optional
        ``"random_effects"`` and ``"influence"``, each a frame in ``frames``; ``"residuals"``, with the fitted
        values in ``frames["by_row"]``.
    simulated_residuals : dict, optional
        ``{"seed": 1}`` for residuals by simulation, as DHARMa's, in ``frames["by_row"]``, with tests of
        uniformity, dispersion, zeros and outliers.
    level : float, default 0.95
        The level of the intervals.
    on : {"subjects", "measurements", "follow_ups"}, optional
        Which table of a cohort: one row a subject and wave (if left out), one a subject, or the
        measurements after the first wave with the columns of the subjects beside.
    executor : concurrent.futures.Executor, optional
        Who draws the replicates of a bootstrap. The answer has the same bits with any.
    progress : bool or callable, optional
        ``True`` shows on standard error how many replicates are done; a function is called with the
        number that is done and the number of all.

    Returns
    -------
    Answer
        With the random effects' standard deviations and correlations as its ``components``.

    Raises
    ------
    InputError
        If the formula cannot be read, a column is not there, or nothing can be estimated.
    ConvergenceError
        If the search does not come to an end.

    Examples
    --------
    >>> data = {"y": [1, 2, 0, 1, 5, 6, 2, 3, 0, 0, 9, 7, 4, 2, 1, 3],
    ...         "family": [i // 2 for i in range(16)]}
    >>> fit = kring.glmm("y ~ 1 + (1 | family)", data, integration="laplace")
    >>> round(fit.components[0]["value"], 3)
    0.84
    """

def grim(mean: str, n: SupportsIndex, items: SupportsIndex = 1) -> dict[str, Any]:
    """
    Checks whether a printed mean or percentage can come from so many whole numbers.

    A mean of n whole numbers is a whole number divided by n, so that with small n most means
    cannot be (Brown and Heathers 2017, doi 10.1177/1948550616673876).

    Parameters
    ----------
    mean : str
        The mean, or a percentage such as ``"18%"``, with the digits it was printed with.
    n : int
        The number of respondents.
    items : int, default 1
        The number of whole numbers that each of them contributes.

    Returns
    -------
    dict
        The ``outcome``, ``consistent`` or ``inconsistent``, with the ``arithmetic`` and what it
        means.

    Raises
    ------
    InputError
        If the mean cannot be read, or `n` or `items` is zero.

    Examples
    --------
    >>> kring.grim("5.19", 28)["outcome"]
    'inconsistent'
    >>> kring.grim("5.18", 28)["outcome"]
    'consistent'
    """

def grim_many(means: Numbers, n: Numbers, *, items: SupportsIndex = 1, decimals: SupportsIndex = 2, of: "Literal['means', 'percentages']" = "means") -> list[bool]:
    """
    Runs GRIM on many means at once.

    Parameters
    ----------
    means : sequence of float
        A list, an array of numpy, or a series of polars or pandas.
    n : sequence of int
        The number of respondents of each.
    items : int, default 1
        The number of whole numbers that each respondent contributes.
    decimals : int, default 2
        How many decimals the means were printed with.
    of : {"means", "percentages"}, default "means"
        What was printed.

    Returns
    -------
    list of bool
        Whether each mean can come from its n.

    Raises
    ------
    InputError
        If there is not one n a mean, or one of them is missing, zero or not whole.

    Examples
    --------
    >>> kring.grim_many([5.19, 5.18, 3.45], [28, 28, 20])
    [False, True, True]
    """

def grimmer(mean: str, sd: str, n: SupportsIndex, items: SupportsIndex = 1, *, scale: tuple[SupportsIndex, SupportsIndex] | None = None, locale: "Literal['en', 'nl']" = "en") -> dict[str, Any]:
    """
    Checks whether a printed mean and standard deviation can come from so many whole numbers (GRIMMER).

    Anaya (2016, doi 10.7287/peerj.preprints.2400v1) and Allard (2018).

    Parameters
    ----------
    mean, sd : str
        As they were printed.
    n : int
        The number of respondents.
    items : int, default 1
        The number of whole numbers that each of them contributes.
    scale : tuple of (int, int), optional
        The lowest and the highest that these whole numbers may be.
    locale : {"en", "nl"}, default "en"
        How numbers are written: ``1,511.5`` or ``1.511,5``.

    Returns
    -------
    dict
        The ``kind``, the ``outcome``, the ``arithmetic`` and what it means.

    Raises
    ------
    InputError
        If a figure cannot be read.

    Examples
    --------
    >>> kring.grimmer("2.0", "1.00", 3)["outcome"], kring.grimmer("2.0", "1.50", 3)["outcome"]
    ('consistent', 'inconsistent')
    """

def instrument(name: str, *, data_dir: str | PathLike[str] | None = None) -> dict[str, Any]:
    """
    Reads the definition of an instrument: its domains and levels, and where they were seen.

    Parameters
    ----------
    name : str
        ``"zrm-11"`` or ``"zrm-13"``, the Zelfredzaamheid-Matrix.
    data_dir : str or os.PathLike, optional
        The folder that holds ``instruments``; as for ``replicate``.

    Returns
    -------
    dict

    Raises
    ------
    InputError
        If there is no such instrument.

    Examples
    --------
    >>> matrix = kring.instrument("zrm-13")
    >>> len(matrix["domains"]), matrix["levels"][0]["nl"]
    (13, 'acute problematiek')
    """

def inventory(data: Data, items: Declared | None = None, *, instrument: str | None = None, language: "Literal['english', 'dutch']" = "english", subject: str | None = None, wave: str | None = None, arm: str | None = None, yes: str | None = None, at_most: SupportsFloat | SupportsIndex | None = None, at_least: SupportsFloat | SupportsIndex | None = None, range: tuple[SupportsFloat | SupportsIndex, SupportsFloat | SupportsIndex] | None = None, incomplete: "Literal['missing', 'count_known']" = "missing", rater: str | None = None, level: SupportsFloat | SupportsIndex = 0.95, data_dir: str | PathLike[str] | None = None) -> Tables:
    """
    Counts the problems of a list: how many, which, and what became of each.

    A row is a subject at a wave, and a rater where there are several.

    Parameters
    ----------
    data : Cohort, frame, Dataset or dict of columns
        Of a cohort the measurements, and its columns of the subject, the wave and the arm.
    items : sequence of str or dict, optional
        The columns of the problems, or a dict of columns and what a reader calls them.
    instrument : str, optional
        The domains of an instrument, whose names the columns have: ``"zrm-11"``, ``"zrm-13"``.
    language : {"english", "dutch"}, default "english"
        In which language the domains of the instrument are named.
    subject, wave, arm : str, optional
        The columns of the subject, the wave and the arm, of data that are no cohort.
    yes : str, optional
        The level that means a problem; 1, or what plainly means yes, if nothing is said.
    at_most, at_least : float, optional
        A score of so much or less, or of so much or more, is a problem.
    range : tuple of (float, float), optional
        The lowest and the highest score; any other is refused. Those of the instrument, if left out.
    incomplete : {"missing", "count_known"}, default "missing"
        What becomes of the number of problems where some are not known.
    rater : str, optional
        The column that names the rater: then the agreement of the raters is what is asked.
    level : float, default 0.95
        The level of the intervals.
    data_dir : str or os.PathLike, optional
        The folder that holds ``instruments``; as for ``replicate``.

    Returns
    -------
    Tables
        The frames are ``counts``, ``prevalence`` and ``transitions``; with a rater ``agreement``.

    Raises
    ------
    InputError
        If a column is not there, a score is out of range, or a subject stands twice at a wave.

    Examples
    --------
    >>> scores = {"family": ["a", "a", "b", "b"], "wave": [1, 2, 1, 2], "debts": [1, 0, 1, 1]}
    >>> found = kring.inventory(scores, ["debts"], subject="family", wave="wave")
    >>> found.frames["transitions"].to_polars().select("solved", "lasting").rows()
    [(1, 1)]
    """

def lm(formula: str, data: Data, *, covariance: "Literal['classical', 'hc0', 'hc1', 'hc2', 'hc3', 'cr0', 'cr1', 'cr2', 'cr3']" = "classical", cluster: str | None = None, weights: str | None = None, means: "str | list[str] | dict[str, object] | None" = None, level: SupportsFloat | SupportsIndex = 0.95, on: "Literal['subjects', 'measurements', 'follow_ups'] | None" = None) -> LmFit:
    """
    Fits a linear model by least squares.

    Parameters
    ----------
    formula : str
        The model, as in R: ``"y ~ x * arm"``.
    data : frame, Dataset, Cohort or dict of columns
        Rows with a missing value in a column of the model are left out and counted.
    covariance : str, default "classical"
        How the errors are estimated: ``classical``, by row ``hc0`` to ``hc3`` (``hc3`` for small
        samples), or by cluster ``cr0``, ``cr1``, ``cr2`` (for few clusters) and ``cr3``.
    cluster : str, optional
        The column that names the clusters, for ``cr0`` to ``cr3``.
    weights : str, optional
        The column of precision weights, as those of R's ``lm``.
    means : str, list of str or dict, optional
        Means of each combination of levels, as emmeans has them, and their contrasts, in the frames ``means`` and
        ``contrasts``: ``"pairwise ~ arm | wave"``, which is short for
        ``{"of": ["arm"], "by": ["wave"], "contrasts": "pairwise"}``. Further ``weights``
        (``equal``, ``proportional``, ``outer``, ``cells``, ``flat``; ``rows`` for g-computation), ``scale`` (``link``,
        ``ratios``, ``response``), ``slopes`` (along a column of numbers), ``at`` (``{"age": 40, "wave": [1, 3]}``),
        ``interaction`` (products of contrasts, differences of differences:
        ``[{"of": "arm", "family": "control"}, {"of": "wave", "family": "consecutive"}]``), ``adjust`` and
        ``equivalence``.
    level : float, default 0.95
        The level of the intervals.
    on : {"subjects", "measurements", "follow_ups"}, optional
        Which table of a cohort: one row a subject (if left out), one a subject and wave, or the same
        after the first wave with the columns of the subjects beside.

    Returns
    -------
    LmFit

    Raises
    ------
    InputError
        If the formula cannot be read, a column is not there, or nothing can be estimated. The
        message marks the place in the formula.

    Examples
    --------
    >>> fit = kring.lm("yc3 ~ trt + yc1", kring.read(study / "data/fdd.csv"))
    >>> effect = fit.to_polars().filter(label="trtE")
    >>> round(effect["value"][0], 4), round(effect["p_value"][0], 4)
    (-7.7095, 0.0343)
    """

def lmm(formula: str, data: Data, *, estimation: "Literal['reml', 'ml']" = "reml", dof: "Literal['satterthwaite', 'kenward_roger', 'normal']" = "satterthwaite", structure: "Literal['unstructured', 'diagonal', 'compound_symmetry'] | None" = None, weights: "str | dict[str, object] | None" = None, dispersion: str | None = None, by: str | None = None, within: str | None = None, means: "str | list[str] | dict[str, object] | None" = None, against: str | None = None, intervals: "str | dict[str, object] | None" = None, exact: "dict[str, object] | None" = None, predict: "str | dict[str, object] | None" = None, show: SupportsGetItem[int, str] | None = None, level: SupportsFloat | SupportsIndex = 0.95, on: "Literal['subjects', 'measurements', 'follow_ups'] | None" = None, executor: Executor | None = None, progress: Progress | None = None) -> Answer:
    """
    Fits a linear mixed model: numbers of families that are measured again and again.

    Parameters
    ----------
    formula : str
        The model, as in R, with a random term: ``"problems ~ arm * wave + (1 | family)"``.
    data : frame, Dataset, Cohort or dict of columns
        One row a measurement. Rows with a missing value in a column of the model are left out and
        counted.
    estimation : {"reml", "ml"}, default "reml"
        Which likelihood is made as large as possible; ``ml`` to compare models with other fixed terms.
    dof : {"satterthwaite", "kenward_roger", "normal"}, default "satterthwaite"
        How degrees of freedom are found.
    structure : {"unstructured", "diagonal", "compound_symmetry"}, optional
        How several random effects of one group are related; as the formula says, if left out.
    weights : str or dict, optional
        The column of precision weights, or ``{"column": …, "kind": "frequency"}``.
    dispersion : str, optional
        The terms of the residuals' standard deviation, ``"~ arm"``, where it is not the same for all rows.
    by : str, optional
        A factor whose levels every row is set to, one after the other; the means are compared.
    within : str, optional
        A second column: the levels of ``by`` are compared at each of its values, such as waves.
    means : str, list of str or dict, optional
        Means of each combination of levels, as emmeans has them, and their contrasts, in the frames ``means`` and
        ``contrasts``: ``"pairwise ~ arm | wave"``, which is short for
        ``{"of": ["arm"], "by": ["wave"], "contrasts": "pairwise"}``. Further ``weights``
        (``equal``, ``proportional``, ``outer``, ``cells``, ``flat``; ``rows`` for g-computation), ``scale`` (``link``,
        ``ratios``, ``response``), ``slopes`` (along a column of numbers), ``at`` (``{"age": 40, "wave": [1, 3]}``),
        ``interaction`` (products of contrasts, differences of differences:
        ``[{"of": "arm", "family": "control"}, {"of": "wave", "family": "consecutive"}]``), ``adjust`` and
        ``equivalence``.
    against : str, optional
        The formula of a smaller model, which is tested against this one on the same rows.
    intervals : str or dict, default "wald"
        ``"profile"``, or ``{"bootstrap": {"replicates": 999, "seed": 1}}``, in place of intervals from
        standard errors; of coefficients, whose labels stay, and of standard deviations.
    exact : dict, optional
        ``{"seed": 1}`` for the exact test of the one variance between groups.
    predict : str or dict, optional
        What the model expects of the typical family, ``"population"``, or of the rows' own, ``"families"``:
        row by row, also of rows without an outcome, in ``frames["by_row"]``. With settings,
        ``{"whose": "population", "at": {"arm": ["WT", "EKC"], "wave": [1, 2]}}``, for all combinations of them,
        in ``frames["predictions"]``.
    show : list of str, optional
        ``"random_effects"`` and ``"influence"``, each a frame in ``frames``; ``"residuals"``, with the fitted
        values in ``frames["by_row"]``.
    level : float, default 0.95
        The level of the intervals.
    on : {"subjects", "measurements", "follow_ups"}, optional
        Which table of a cohort: one row a subject and wave (if left out), one a subject, or the
        measurements after the first wave with the columns of the subjects beside.
    executor : concurrent.futures.Executor, optional
        Who draws the replicates of a bootstrap. The answer has the same bits with any.
    progress : bool or callable, optional
        ``True`` shows on standard error how many replicates are done; a function is called with the
        number that is done and the number of all.

    Returns
    -------
    Answer
        With the random effects' standard deviations and correlations as its ``components``.

    Raises
    ------
    InputError
        If the formula cannot be read, a column is not there, or nothing can be estimated.
    ConvergenceError
        If the search does not come to an end.

    Examples
    --------
    >>> data = {"y": [1, 3, 6, 8, 8, 10], "family": ["a", "a", "b", "b", "c", "c"]}
    >>> fit = kring.lmm("y ~ 1 + (1 | family)", data)
    >>> [(c["group"], round(c["value"] ** 2, 3)) for c in fit.components]
    [('family', 12.0), ('residual', 2.0)]

    >>> fit = kring.lmm("y ~ 1 + (1 | family)", data, show=["random_effects"])
    >>> fit.frames["random_effects"].to_polars()["value"].round(3).to_list()
    [-3.692, 0.923, 2.769]
    """

def methods(method: str | None = None) -> Listed:
    """
    Lists the methods that ``kring.test`` runs, or what one of them takes.

    Parameters
    ----------
    method : str, optional
        The name of a method.

    Returns
    -------
    list of str, or list of dict
        The names of all methods; of one, its fields: each with its ``name``, what it ``holds``, whether
        it is ``required``, its ``default``, its ``meaning``, and the ``choices`` there are.

    Raises
    ------
    InputError
        If there is no such method.

    Examples
    --------
    >>> "mann_whitney" in kring.methods()
    True
    >>> fields = {field["name"]: field for field in kring.methods("mann_whitney")}
    >>> fields["outcome"]["required"], fields["options.level"]["default"]
    (True, '0.95')
    >>> [choice["name"] for choice in fields["options.alternative"]["choices"]]
    ['two_sided', 'less', 'greater']
    """

def mmrm(formula: str, data: Data, *, subject: str | None = None, wave: str | None = None, time: str | None = None, arm: str | None = None, structure: "Literal['us', 'cs', 'csh', 'ar1', 'ar1h', 'toep', 'toeph', 'ad', 'adh', 'sp_exp']" = "us", estimation: "Literal['reml', 'ml']" = "reml", dof: "Literal['satterthwaite', 'kenward_roger', 'kenward_roger_linear', 'between_within', 'residual', 'normal']" = "satterthwaite", errors: "Literal['model', 'cr0', 'cr2', 'cr3']" = "model", weights: "str | dict[str, object] | None" = None, by: str | None = None, within: str | None = None, means: "str | list[str] | dict[str, object] | None" = None, level: SupportsFloat | SupportsIndex = 0.95, on: "Literal['subjects', 'measurements', 'follow_ups'] | None" = None) -> Answer:
    """
    Fits a mixed model for repeated measures (MMRM): means by wave, and a covariance over the waves.

    Waves that are missing at random given those that were seen do no harm.

    Parameters
    ----------
    formula : str
        The model, as in R, without random terms: ``"problems ~ arm * factor(wave)"``.
    data : frame, Dataset, Cohort or dict of columns
        One row a measurement. Rows with a missing value in a column of the model are left out and
        counted.
    subject : str, optional
        The column that names the family or person; of a cohort it is known.
    wave : str, optional
        The column of the wave, which says where a row stands in its family; of a cohort it is known.
    time : str, optional
        The column of the time in numbers, where it is not the number of the wave.
    arm : str, optional
        The column of the arm, each of which then has a covariance of its own.
    structure : str, default "us"
        How residuals are related over the waves, in SAS's and mmrm's names: ``us``, ``cs``, ``csh``, ``ar1``,
        ``ar1h``, ``toep``, ``toeph``, ``ad``, ``adh`` or ``sp_exp``.
    estimation : {"reml", "ml"}, default "reml"
        Which likelihood is made as large as possible.
    dof : str, default "satterthwaite"
        How degrees of freedom are found: ``satterthwaite``, ``kenward_roger``, ``kenward_roger_linear``,
        ``between_within``, ``residual`` or ``normal``.
    errors : {"model", "cr0", "cr2", "cr3"}, default "model"
        The errors: of the model, or by the residuals of whole families.
    weights : str or dict, optional
        The column of precision weights, or ``{"column": …, "kind": "frequency"}``.
    by : str, optional
        A factor whose levels every row is set to, one after the other; the means are compared on the scale of
        the outcome.
    within : str, optional
        A second column: the levels of ``by`` are compared at each of its values, such as waves.
    means : str, list of str or dict, optional
        Means of each combination of levels, as emmeans has them, and their contrasts, in the frames ``means`` and
        ``contrasts``: ``"pairwise ~ arm | wave"``, which is short for
        ``{"of": ["arm"], "by": ["wave"], "contrasts": "pairwise"}``. Further ``weights``
        (``equal``, ``proportional``, ``outer``, ``cells``, ``flat``; ``rows`` for g-computation), ``scale`` (``link``,
        ``ratios``, ``response``), ``slopes`` (along a column of numbers), ``at`` (``{"age": 40, "wave": [1, 3]}``),
        ``interaction`` (products of contrasts, differences of differences:
        ``[{"of": "arm", "family": "control"}, {"of": "wave", "family": "consecutive"}]``), ``adjust`` and
        ``equivalence``.
    level : float, default 0.95
        The level of the intervals.
    on : {"subjects", "measurements", "follow_ups"}, optional
        Which table of a cohort: one row a subject and wave (if left out), one a subject, or the
        measurements after the first wave with the columns of the subjects beside.

    Returns
    -------
    Answer

    Raises
    ------
    InputError
        If the formula cannot be read, a column is not there, or nothing can be estimated.
    ConvergenceError
        If the search does not come to an end.

    Examples
    --------
    >>> data = {"y": [1, 3, 6, 8, 8, 11], "family": ["a", "a", "b", "b", "c", "c"], "wave": [1, 2, 1, 2, 1, 2]}
    >>> fit = kring.mmrm("y ~ factor(wave)", data, subject="family", wave="wave", means={"of": ["wave"]})
    >>> fit.frames["means"].to_polars()["value"].round(4).to_list()
    [5.0, 7.3333]
    """

def performance(generator: "object", method: str, *, truth: SupportsFloat | SupportsIndex, seed: SupportsIndex, replicates: SupportsIndex = 1000, term: str | None = None, on: "Literal['subjects', 'measurements']" = "subjects", null: SupportsFloat | SupportsIndex = 0.0, alpha: SupportsFloat | SupportsIndex = 0.05, level: SupportsFloat | SupportsIndex | None = None, executor: Executor | None = None, progress: Progress | None = None, **fields: "object") -> Performance:
    """
    Measures how well a method does on data whose truth is known.

    Parameters
    ----------
    generator : str, os.PathLike or dict
        As for ``simulate``.
    method : str
        Its name; ``kring.methods()`` lists them.
    truth : float
        What the estimate should be, on its own scale: the log of a ratio.
    seed : int
        Every number comes from it.
    replicates : int, default 1000
    term : str, optional
        Which number of the method is meant, by its label.
    on : {"subjects", "measurements"}, default "subjects"
        What a row of the table is.
    null : float, default 0
        The value that the p-values test.
    alpha : float, default 0.05
        The error rate of the test.
    level : float, optional
        The nominal level of the intervals: that of the method, which is where another one is set.
    executor : concurrent.futures.Executor, optional
        Who draws the replicates, as for ``kring.test``: the figures have the same bits with any.
    progress : bool or callable, optional
        Whether, or to whom, progress is told, as for ``kring.test``.
    **fields
        What the method takes, as for ``kring.test``.

    Returns
    -------
    Performance

    Raises
    ------
    InputError
        If the generator or the method cannot be used.

    Examples
    --------
    >>> generator = {
    ...     "title": "Scores", "wave": [{"name": "1", "time": 0}],
    ...     "arm": [{"name": "WT", "families": 20}, {"name": "EKC", "families": 20}],
    ...     "outcome": [{"name": "score", "distribution": {"kind": "continuous", "sd": 1}}],
    ... }
    >>> found = kring.performance(generator, "mean_difference", truth=0, seed=1,
    ...                           outcome="score_1", by="arm")
    >>> found.to_polars().filter(measure="coverage")["value"].item() > 0.92
    True
    """

def possible_n(parts: SupportsGetItem[int, str | SupportsIndex], up_to: SupportsIndex, *, categories: "Literal['some', 'all']" = "some", locale: "Literal['en', 'nl']" = "en") -> list[int]:
    """
    Lists the numbers of people of which percentages can all be shares.

    Parameters
    ----------
    parts : sequence of str
        The percentages as they were printed.
    up_to : int
        The largest number that is tried.
    categories : {"some", "all"}, default "some"
        Whether they are all the categories there are, each person in one.
    locale : {"en", "nl"}, default "en"
        How numbers are written: ``1,511.5`` or ``1.511,5``.

    Returns
    -------
    list of int

    Raises
    ------
    InputError
        If a percentage cannot be read.

    Examples
    --------
    >>> kring.possible_n(["33%", "67%"], 9)
    [3, 6, 9]
    """

def possible_sums(mean: str, n: SupportsIndex, *, locale: "Literal['en', 'nl']" = "en") -> dict[str, Any]:
    """
    Says which sums of so many whole numbers would give a printed mean.

    Parameters
    ----------
    mean : str
        As it was printed.
    n : int
        How many whole numbers there are.
    locale : {"en", "nl"}, default "en"
        How numbers are written: ``1,511.5`` or ``1.511,5``.

    Returns
    -------
    dict
        ``n``, and the smallest and the largest sum, ``low`` and ``high``; None where there is none.

    Raises
    ------
    InputError
        If the mean cannot be read.

    Examples
    --------
    >>> sums = kring.possible_sums("5.2", 28)
    >>> sums["low"], sums["high"]
    (145, 147)
    """

def power(design: "object", *, n: SupportsIndex | None = None, effect: SupportsFloat | SupportsIndex | None = None, ratio: SupportsFloat | SupportsIndex | None = None, power: SupportsFloat | SupportsIndex | None = None, dropout: SupportsGetItem[int, SupportsFloat | SupportsIndex] | None = None, alpha: SupportsFloat | SupportsIndex | None = None, method: str | None = None, seed: SupportsIndex | None = None, replicates: SupportsIndex | None = None, term: str | None = None, on: "Literal['subjects', 'measurements']" = "subjects", solve: "Literal['n', 'effect']" = "n", parameter: "dict[str, object] | None" = None, curve: "dict[str, list[float]] | None" = None, executor: Executor | None = None, progress: Progress | None = None, **fields: "object") -> Power:
    """
    Solves for one of n, effect and power.

    By closed form for a design of that name; by simulation from a generator for every method of
    ``kring.test``. Power belongs to a study that is planned and to an effect that would not be missed; it
    says nothing about a study that is done.

    Parameters
    ----------
    design : str, os.PathLike or dict
        The name of a design with a closed form (``kring.designs()`` lists them), or a generator as for
        ``simulate``.
    n : int, optional
        How many the first arm has.
    effect : float, optional
        The effect: a difference, or the log of a ratio.
    ratio : float, optional
        The effect as a ratio.
    power : float, optional
        The power wanted.
    dropout : sequence of float, optional
        The share that leaves before each further wave, of a closed form.
    alpha : float, default 0.05
        The error rate of the test.
    method : str, optional
        The method, by simulation.
    seed : int, optional
        Every simulated number comes from it.
    replicates : int, optional
        By simulation: 10,000 for a power, 2000 for each point of a curve, 20,000 for a search in all.
    term : str, optional
        Which number of the method is meant, by its label.
    on : {"subjects", "measurements"}, default "subjects"
        What a row of the table is.
    solve : {"n", "effect"}, default "n"
        What to look for by simulation, given `power`.
    parameter : dict, optional
        Which parameter of the generator is the effect, where it has several.
    curve : dict, optional
        A grid: ``{"n": [20, 40]}``, ``{"effect": [-0.1, -0.2]}`` or both.
    executor : concurrent.futures.Executor, optional
        Who draws the replicates of a simulation, as for ``kring.test``: the same bits with any. A search
        sends them in batches, a curve point by point.
    progress : bool or callable, optional
        Whether, or to whom, progress is told, as for ``kring.test``.
    **fields
        The fields of the design, or of the method.

    Returns
    -------
    Power

    Raises
    ------
    InputError
        If there is no such design or method, or not two of the three are given.
    KeyboardInterrupt
        If a simulation is interrupted.

    Examples
    --------
    >>> found = kring.power("two_means", sd=4, effect=1.2, n=55)
    >>> round(found.to_polars()["power"].item(), 2)
    0.34
    """

def process(data: Data, *, started: str | tuple[str, str] | None = None, conference: str | tuple[str, str] | None = None, plan: str | tuple[str, str] | None = None, referred_on: str | None = None, held_on: str | None = None, present: str | None = None, agreements: str | None = None, by_circle: str | None = None, carried_out: str | None = None, grades: Declared | None = None, by: SupportsGetItem[int, str] | None = None, by_year_of: SupportsGetItem[int, str] | None = None, contradictions: "Literal['refuse', 'take_as_unknown']" = "refuse", limits: SupportsGetItem[int, SupportsFloat | SupportsIndex] | None = None, level: SupportsFloat | SupportsIndex = 0.95, on: "Literal['subjects', 'measurements'] | None" = None) -> Tables:
    """
    Follows a programme from referrals to what was carried out, each rate with its denominator.

    A row is a referral. Every column may be left out; the figures that need it are left out with it. A
    column of yes and no is its name, or a tuple of its name and what means yes.

    Parameters
    ----------
    data : frame, Dataset, Cohort or dict of columns
    started, conference, plan : str or tuple of (str, str), optional
        Whether the referral was started, a conference was held, a plan was made.
    referred_on, held_on : str, optional
        The dates of the referral and of the conference.
    present : str, optional
        How many people were at the conference.
    agreements, by_circle, carried_out : str, optional
        How many agreements the plan has, and how many of them the circle took on and were carried out.
    grades : dict, optional
        Grades from 1 to 10 by their columns, for what and by whom:
        ``{"grade": ("the plan", "family and circle")}``.
    by, by_year_of : sequence of str, optional
        Break down by the levels of these columns, and by the year of these dates.
    contradictions : {"refuse", "take_as_unknown"}, default "refuse"
        What becomes of values that cannot stand together, such as a conference of a referral that was
        not started.
    limits : sequence of float, optional
        The levels of the limits of funnels, 0.95 and 0.998 if left out.
    level : float, default 0.95
        The level of the intervals.
    on : {"subjects", "measurements"}, optional
        Which table of a cohort.

    Returns
    -------
    Tables
        The frames are ``rates``, ``summaries`` and ``funnels``.

    Raises
    ------
    InputError
        If a column is not there, or values cannot stand together.

    Examples
    --------
    >>> referrals = {"started": [1, 1, 1, 0], "held": [1, 1, 0, 0]}
    >>> course = kring.process(referrals, started="started", conference="held")
    >>> course.to_polars().filter(id="conference_of_started").select("events", "total").rows()
    [(2, 3)]
    """

def published(text: str, locale: "Literal['en', 'nl']" = "en") -> Published:
    """
    Reads a figure as it was printed.

    Parameters
    ----------
    text : str
        The figure with the digits it was printed with: ``"4.70"``, ``"18%"``, ``"< .001"``.
    locale : {"en", "nl"}, default "en"
        How numbers are written: ``1,511.5`` or ``1.511,5``.

    Returns
    -------
    Published

    Raises
    ------
    InputError
        If the text cannot be read as a figure.

    Examples
    --------
    >>> kring.published("4,7", locale="nl").value
    4.7
    """

def read(path: str | PathLike[str], *, delimiter: str | None = None, decimal: "Literal['.', ','] | None" = None, encoding: str | None = None, sheet: str | None = None, missing: SupportsGetItem[int, str] | None = None, format: str | None = None) -> Dataset:
    """
    Reads a file of data: CSV, SPSS, Stata, Excel, Parquet or Arrow.

    What is left out is detected. A guess that may be wrong is refused: then the message says which
    argument settles it.

    Parameters
    ----------
    path : str or os.PathLike
        A file: .csv .tsv .txt .sav .zsav .dta .xlsx .parquet .arrow and their like.
    delimiter : str, optional
        What stands between the fields of a text file, such as ``";"``.
    decimal : {".", ","}, optional
        The decimal mark of a text file.
    encoding : str, optional
        The encoding of texts, such as ``"utf-8"``, ``"windows-1252"`` or ``"cp850"``.
    sheet : str, optional
        The sheet of a workbook; else the first that holds something.
    missing : sequence of str, optional
        The texts that mean "missing" in a text file or workbook, ``NA`` and ``.`` if left out.
    format : str, optional
        ``delimited``, ``spss``, ``stata``, ``excel``, ``parquet`` or ``arrow``, where the ending of
        the name does not tell.

    Returns
    -------
    Dataset

    Raises
    ------
    InputError
        If the file cannot be read, or only by a guess.

    Examples
    --------
    >>> data = kring.read(study / "data/fdd.csv")
    >>> data
    <kring.Dataset fdd.csv: 52 rows, 65 columns>
    """

def read_figures(text: str, *, locale: "Literal['en', 'nl']" = "en") -> list[dict[str, Any]]:
    """
    Runs every check that the figures of a table allow, row by row.

    Parameters
    ----------
    text : str
        The table with a comma, a semicolon or a tab between its cells. It has a line for each number and
        of these columns ``value`` and whatever is known: ``id``, ``value``, ``sample``,
        ``whole_items``, ``scale_low``, ``scale_high``, ``sd``, ``std_error``, ``low``, ``high``,
        ``level``, ``interval_scale``, ``null``, ``p_value``, ``test`` and ``sides``.
    locale : {"en", "nl"}, default "en"
        How numbers are written: ``1,511.5`` or ``1.511,5``.

    Returns
    -------
    list of dict
        For each row its ``id``, its ``findings`` and, where no check could be made, why it is
        ``unchecked``.

    Raises
    ------
    InputError
        If the table or one of its figures cannot be read.

    Examples
    --------
    >>> rows = kring.read_figures("id;value;sample;whole_items\\nproblems;5,19;28;1", locale="nl")
    >>> rows[0]["id"], rows[0]["findings"][0]["outcome"]
    ('problems', 'inconsistent')
    """

def replicate(study: str | PathLike[str], *, data: FrameLike | None = None, relation: "Literal['same', 'other']" = "same", data_dir: str | PathLike[str] | None = None, out: str | PathLike[str] | None = None) -> Replication:
    """
    Runs a study: every analysis on its data, every published figure beside ours.

    Parameters
    ----------
    study : str or os.PathLike
        The name of a study, its folder, or its ``study.toml``.
    data : frame, Dataset or dict of columns, optional
        Used in place of the study's own files. It has the columns that the study declares.
    relation : {"same", "other"}, default "same"
        Whether ``data`` are those of the publication, from which a figure is reproduced or not, or
        others on the same question, with which it can only agree.
    data_dir : str or os.PathLike, optional
        The folder that holds ``studies``. If left out: what ``KRING_DATA`` names, the data that
        were installed with kring, or ``datasets`` in the working folder or one above it.
    out : str or os.PathLike, optional
        A folder to write the report to.

    Returns
    -------
    Replication

    Raises
    ------
    InputError
        If there is no such study, or its data or protocol cannot be used.

    Examples
    --------
    >>> run = kring.replicate("deroos-2011")
    >>> run.to_polars().filter(id="boys-cbt").select("printed", "ours", "verdict").rows()
    [('16', 16.0, 'reproduced')]

    The same from a frame:

    >>> frame = kring.read(study / "data/fdd.csv").to_pandas()
    >>> kring.replicate("deroos-2011", data=frame).verdicts == run.verdicts
    True
    """

def simulate(generator: "object", *, seed: SupportsIndex | None = None, replicate: SupportsIndex = 0, out: str | PathLike[str] | None = None) -> Simulated:
    """
    Makes a cohort with known truth.

    Parameters
    ----------
    generator : str, os.PathLike or dict
        A generator, or a calibration of one to printed figures: a file in TOML, or the same as a dict.
    seed : int, optional
        Every number comes from it. A calibration without one gives the cohort that has its printed
        figures.
    replicate : int, default 0
        Which cohort of the seed.
    out : str or os.PathLike, optional
        A folder to write the cohort, the generator and its truth to.

    Returns
    -------
    Simulated

    Raises
    ------
    InputError
        If the generator cannot be read or contradicts itself, or has no seed.

    Examples
    --------
    >>> companion = kring.simulate(study / "../../simulated/rotterdam-2019.toml")
    >>> [row["target"]["value"] for row in companion.calibrated["matched"]][:2]
    [4.7, 6.0]
    """

def simulate_circles(plan: str | PathLike[str], *, seed: SupportsIndex, replicate: SupportsIndex = 0, out: str | PathLike[str] | None = None) -> Circles:
    """
    Makes circles with known truth from a plan: simulated, and no evidence of anything.

    Parameters
    ----------
    plan : str or os.PathLike
        A plan of circles in TOML, such as ``datasets/simulated/circles-rotterdam.toml``.
    seed : int
        Every number comes from it.
    replicate : int, default 0
        Which circles of the seed.
    out : str or os.PathLike, optional
        A folder to write ``simulated-families.csv``, ``simulated-persons.csv`` and so on to.

    Returns
    -------
    Circles
        What they must come to stands in ``truth``.

    Raises
    ------
    InputError
        If the plan cannot be read or contradicts itself.

    Examples
    --------
    >>> made = kring.simulate_circles(study / "../../simulated/circles-rotterdam.toml", seed=1)
    >>> made.simulated, made.families
    (True, 115)
    """

def studies(data_dir: str | PathLike[str] | None = None) -> list[dict[str, Any]]:
    """
    Lists the studies.

    Parameters
    ----------
    data_dir : str or os.PathLike, optional
        As for ``replicate``.

    Returns
    -------
    list of dict
        For each its ``id``, ``title``, ``authors``, ``year``, the numbers of its ``claims`` and
        ``analyses``, whether it is an ``example`` without published figures, and its ``folder``.

    Examples
    --------
    >>> [entry["year"] for entry in kring.studies() if entry["id"] == "deroos-2011"]
    [2011]
    """

def test(method: str, data: Data, *, on: "Literal['subjects', 'measurements', 'follow_ups'] | None" = None, executor: Executor | None = None, progress: Progress | None = None, **fields: "object") -> Answer:
    """
    Runs a method by its name.

    Parameters
    ----------
    method : str
        Its name; ``kring.methods()`` lists them.
    data : frame, Dataset, Cohort or dict of columns
        Rows that lack something are left out and counted.
    on : {"subjects", "measurements", "follow_ups"}, optional
        Which table of a cohort: one row a subject (if left out), one a subject and wave, or the same
        after the first wave with the columns of the subjects beside.
    executor : concurrent.futures.Executor, optional
        Who draws the replicates of a permutation test, a bootstrap or a drawn exact test: threads,
        processes, or a cluster (``client.get_executor(pure=False)`` of Dask). The answer has the same
        bits with any of them. Every other method runs here.
    progress : bool or callable, optional
        ``True`` shows on standard error how many replicates are done; a function is called with the
        number that is done and the number of all.
    **fields
        What the method takes: the columns (``outcome``, ``by``, …) and its ``options``, a dict. The
        same names as in a study's ``[[analysis]]``.

    Returns
    -------
    Answer

    Raises
    ------
    InputError
        If there is no such method, a field is missing or not known, or the data do not allow it.

    Examples
    --------
    >>> data = {"problems": [6, 8, 3, 5, 7], "arm": ["WT", "WT", "EKC", "EKC", "EKC"]}
    >>> answer = kring.test("mean_difference", data, outcome="problems", by="arm")
    >>> answer.to_polars()["label"].to_list()
    ['WT − EKC']

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(2) as pool:
    ...     drawn = kring.test("bootstrap", data, outcome="problems", by="arm",
    ...                        options={"seed": 2011}, executor=pool)
    >>> here = kring.test("bootstrap", data, outcome="problems", by="arm", options={"seed": 2011})
    >>> drawn.to_dict() == here.to_dict()
    True
    """

def verify(results: str | PathLike[str], *, source: str | PathLike[str] | None = None, data_dir: str | PathLike[str] | None = None) -> Verification:
    """
    Runs a stored result again and says for each number whether it came out again.

    A number came out again where it is the same to the last bit, or to 1e-10, as between two machines.

    Parameters
    ----------
    results : str or os.PathLike
        A ``results.json`` that ``kring.replicate(…, out=…)`` or the command ``kring`` wrote with
        ``--out`` (of ``replicate``, ``test`` or ``fit``), or the folder that holds it.
    source : str or os.PathLike, optional
        Where the data file, or the folder of the study, is now. As the result says, if left out.
    data_dir : str or os.PathLike, optional
        As for ``replicate``.

    Returns
    -------
    Verification
        It is true where all came out again.

    Raises
    ------
    InputError
        If the file does not say how it was made, or that cannot be run.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> run = kring.replicate("deroos-2011", out=folder)
    >>> found = kring.verify(folder)
    >>> found.came_again
    True
    >>> found.to_polars()["outcome"].unique().to_list()
    ['same']
    """

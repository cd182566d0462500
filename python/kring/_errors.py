"""What kring raises."""


class Error(Exception):
    """Everything that kring refuses."""


class InputError(Error, ValueError):
    """A file, a frame, a formula or an argument that cannot be used.

    The message names the file, row, column, wave or arm, says what was expected and what was found,
    and what to try. Of a formula it marks the place.
    """


class ConvergenceError(Error, RuntimeError):
    """An estimator that did not converge, so that its numbers mean nothing.

    The linear model always has a solution and never raises it.
    """


class CautionWarning(UserWarning):
    """A result that a careful reader doubts: few clusters, a fit at the edge, an approximation that is off.

    The doubts stand in the result too, beside the number they are about. To be told no more::

        warnings.simplefilter("ignore", kring.CautionWarning)
    """


# People know them by these names.
for _error in (Error, InputError, ConvergenceError, CautionWarning):
    _error.__module__ = "kring"

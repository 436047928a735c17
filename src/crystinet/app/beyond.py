"""Use case: the lattice of a compound from the lines of its pattern alone."""

from collections.abc import Sequence
from pathlib import Path

from crystinet.app.models import line_check, load_model
from crystinet.core.progress import Progress, silent
from crystinet.fit.beyond_types import beyond_types
from crystinet.lines.indexing.beyond import Beyond
from crystinet.patterns.pattern import Pattern


def beyond(
    pattern: Pattern,
    *,
    two_theta_range: Sequence[float] | None = None,
    model: Path | None = None,
    progress: Progress = silent,
) -> Beyond:
    """Index the lines of a pattern, as `crystinet.identify` does it beside an answer.

    Parameters
    ----------
    pattern
        The measured one.
    two_theta_range
        First and last 2theta in degrees, as measured; None takes everything.
    model
        Folder of the bundle that is asked for symmetry and likely types; None takes the default.
    progress
        As in `crystinet.lines.indexing.beyond.look_beyond`.

    Raises
    ------
    InvalidPatternError
        The pattern cannot be prepared, or nothing of it lies in the range.
    """
    if two_theta_range is not None:
        first, last = two_theta_range
        pattern = pattern.within((first, last))
    asked = load_model(model)
    sample, check = asked.sample(pattern), line_check(asked)
    (found,) = asked.identify([sample])
    found = check.checked(sample, check.ranked(sample, found))
    return beyond_types(check.lines_on(sample), found, progress=progress)

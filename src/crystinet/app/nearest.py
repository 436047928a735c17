"""Use case: known compounds and a lattice that a refinement can start from."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crystinet.app.identify import Identifier
from crystinet.app.question import Question
from crystinet.app.reading import pattern_of
from crystinet.core.arguments import as_count
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.tables import Table

if TYPE_CHECKING:
    from crystinet.fit.starting_points import StartingPoint


def nearest(
    source: str | Path | Pattern | Table,
    *,
    neighbours: int = 5,
    candidates: int = 3,
    lattice: bool = True,
    index: str | Path | None = None,
    wavelength_angstrom: float | str | None = None,
    anode: str | None = None,
    elements: Iterable[str] | None = None,
    two_theta_range: Sequence[float] | None = None,
    model: str | Path | None = None,
    column: str | int | None = None,
) -> "tuple[StartingPoint, ...]":
    """Find where a refinement can start, for each of the best candidates.

    That is: the known compounds whose patterns are most like the measured one after scaling of the
    lattice, and the cell that maps the lines of such a compound onto the pattern.

    Parameters
    ----------
    source
        A pattern file, a `Pattern`, or what `Pattern.from_arrays` takes alone.
    neighbours
        Known compounds of each candidate.
    candidates
        How many of the best candidates.
    lattice
        Whether to estimate the lattice.
    index
        File of known compounds, made by ``crystinet corpus index``; None takes the one in the
        package, loaded once per process.
    wavelength_angstrom, anode, elements, two_theta_range, model, column
        As in `identify`.

    Returns
    -------
    tuple of StartingPoint
        One for each candidate, the best first: ``type``, ``probability``, ``nearest`` (known
        compounds), ``lattice`` (angstrom and degrees; None where it cannot be determined) and
        ``scale`` (edges of the sample's cell relative to those of the type's reference structure;
        None where no line fits).

    Raises
    ------
    FileMissingError, UnreadableFileError, InvalidPatternError, InvalidWavelengthError, ConfigError
        As `identify`.
    BundleError
        The bundle is unusable.
    CorpusError
        The index is unusable, or made for other types than the model's.

    Examples
    --------
    >>> import crystinet
    >>> kind = next(kind for kind in crystinet.types() if kind.name == "Rutile-TiO2")
    >>> pattern = crystinet.simulate(kind.reference, counts=5000, seed=1)
    >>> (point,) = crystinet.nearest(pattern, neighbours=2, candidates=1)
    >>> point.type, len(point.nearest)
    ('Rutile-TiO2', 2)
    >>> [round(edge, 2) for edge in point.lattice.cell[:3]]
    [4.59, 4.59, 2.96]
    """
    from crystinet.fit.starting_points import StartOptions

    question = Question.of(
        wavelength_angstrom=wavelength_angstrom,
        anode=anode,
        elements=elements,
        two_theta_range=two_theta_range,
        top=candidates,
        model=model,
        column=column,
        starts=StartOptions(as_count(neighbours, name="neighbours"), lattice, candidates),
        index=index,
    )
    answer = Identifier(question).answer(pattern_of(source, question))
    return answer.starting_points or ()

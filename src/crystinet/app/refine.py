"""Use case: fit the whole pattern with the structure of a type, or with a given one."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from crystinet.app.models import load_index, load_model
from crystinet.app.question import Question
from crystinet.app.reading import pattern_of, structure_of
from crystinet.core.arguments import as_count
from crystinet.core.errors import ConfigError, InvalidPatternError, UnknownTypeError
from crystinet.core.progress import Progress, silent
from crystinet.patterns.pattern import Pattern

if TYPE_CHECKING:
    from crystinet.crystals.structure import Structure
    from crystinet.fit.whole_pattern.answer import Fit
    from crystinet.fit.whole_pattern.composition import Composition
    from crystinet.fit.whole_pattern.instrument import InstrumentProfile

#: So many of the best candidates are fitted, those at least this probable.
CANDIDATES, LEAST_PROBABILITY = 3, 0.005
#: More phases than these no powder pattern tells apart, and each takes seconds to look for.
MOST_PHASES = 5


def refine(
    source: str | Path | Pattern,
    *,
    type: str | None = None,
    structure: "str | Path | Structure | None" = None,
    formula: str | None = None,
    elements: Iterable[str] | None = None,
    phases: int = 1,
    instrument: "InstrumentProfile | None" = None,
    index: str | Path | None = None,
    wavelength_angstrom: float | None = None,
    anode: str | None = None,
    column: str | int | None = None,
    two_theta_range: Sequence[float] | None = None,
    model: str | Path | None = None,
    progress: Progress = silent,
) -> "Fit":
    """Fit the whole pattern: the lattice, the scattering power of the sites, and their places.

    Parameters
    ----------
    source
        A pattern file, or a `Pattern`.
    type
        Structure type to fit, by its name; None takes what `identify` finds. It is compared with
        the types that `identify` finds, which may fit as well or better.
    structure
        A CIF file or a `Structure` to start from, instead of a type; its cell may be off by a few
        percent.
    formula
        Of the sample, if it is known: ``"SrTiO3"``. Sites then hold only these elements. Formulas
        of several phases are joined by plus signs.
    elements
        Symbols of the elements of the sample, if they are known: sites hold only these.
    phases
        At most so many phases, 1 to 5, are found, one after the other, and refined together.
    instrument
        Widths and asymmetry of the instrument, if they are known, see
        `crystinet.read_instrument`. Its wavelengths count, unless others are given here.
    index
        File of known compounds; None takes the one in the package.
    wavelength_angstrom, anode, column, two_theta_range, model
        As in `identify`.
    progress
        Told what is being fitted.

    Returns
    -------
    Fit
        Phases with cells and sites, the calculated pattern, R factors, and whether the fit bears
        the type out.

    Raises
    ------
    FileMissingError, UnreadableFileError, InvalidPatternError, InvalidWavelengthError
        As `identify`.
    ConfigError
        An argument is wrong, or two of them exclude each other.
    UnknownTypeError
        There is no such type.
    InvalidStructureError
        The given structure is impossible.
    BundleError, CorpusError
        The model or the index is unusable.

    Examples
    --------
    >>> import crystinet
    >>> kind = next(kind for kind in crystinet.types() if kind.name == "Rutile-TiO2")
    >>> pattern = crystinet.simulate(kind.reference, counts=5000, seed=1)
    >>> fit = crystinet.refine(pattern, type="Rutile-TiO2")
    >>> [round(edge, 2) for edge in fit.phases[0].cell[:3]]
    [4.59, 4.59, 2.96]
    """
    from crystinet.fit.whole_pattern.comparison import best_fit, fit_of_type
    from crystinet.fit.whole_pattern.mixture import PhaseSearch
    from crystinet.fit.whole_pattern.mixture_answer import mixture_answer
    from crystinet.fit.whole_pattern.refinement import Refinement

    if type is not None and structure is not None:
        raise ConfigError(
            "Both a type and a structure to start from are given.", hint="Give one of them."
        )
    phases = _checked_phases(phases, alone=type is not None or structure is not None)
    if type is not None:
        check_type(type, model)
    question = Question.of(
        wavelength_angstrom=wavelength_angstrom,
        anode=anode,
        column=column,
        elements=elements,
        two_theta_range=two_theta_range,
        model=model,
        index=index,
    )
    known = _compositions(formula, question.elements, phases=phases)
    given = None if structure is None else structure_of(structure)
    pattern = pattern_of(source, question)
    if instrument is not None and instrument.radiation and question.wavelength_angstrom is None:
        pattern = replace(pattern, radiation=instrument.radiation)
    if question.two_theta_range is not None:
        pattern = pattern.within(question.two_theta_range)
    loaded = load_model(question.model)
    alone = known[0] if phases == 1 and known else None
    work = Refinement(loaded, load_index(question.index), instrument=instrument, known=alone)
    sample = loaded.sample(pattern)
    if phases > 1:
        found = PhaseSearch(loaded, work, known=known).find(sample, phases, progress=progress)
        if found is None:
            raise InvalidPatternError(
                "No phase could be fitted.", hint="Look at the pattern: does it have lines?"
            )
        return mixture_answer(work, sample, found, known=known, progress=progress)
    if given is not None:
        return work.of_structure(sample, given, progress=progress)
    progress("identify", 0, 1)
    (answer,) = loaded.identify([sample], top=CANDIDATES, elements=question.elements)
    first, *others = answer.ranking[:CANDIDATES]
    likely = (each for each in others if each.probability >= LEAST_PROBABILITY)
    candidates = [(each.names, each.probability) for each in (first, *likely)]
    if type is not None:
        rivals = [each for each in candidates if type not in each[0]]
        return fit_of_type(work, sample, [type], rivals=rivals, progress=progress)
    return best_fit(work, sample, candidates, progress=progress)


def check_fit(
    *,
    type: str | None = None,
    formula: str | None = None,
    phases: int = 1,
    model: str | Path | None = None,
) -> None:
    """Refuse what `refine` would refuse whatever the pattern is.

    Raises
    ------
    ConfigError
        An argument is wrong, or they do not go together.
    UnknownTypeError
        There is no such type.
    """
    phases = _checked_phases(phases, alone=type is not None)
    if type is not None:
        check_type(type, model)
    _compositions(formula, None, phases=phases)


def _checked_phases(phases: int, *, alone: bool) -> int:
    """How many phases are looked for; ``alone`` where it is known what one is."""
    phases = as_count(phases, name="phases")
    if phases > MOST_PHASES:
        raise ConfigError(
            f"{phases} phases are asked for, more than the {MOST_PHASES} that are told apart.",
            hint=f"Ask for {MOST_PHASES} at most: no more are found than the pattern bears out.",
        )
    if phases > 1 and alone:
        raise ConfigError(
            "Several phases are looked for, and a type or a structure is given.",
            hint="Give neither: phases are found one after the other.",
        )
    return phases


def check_type(name: str, model: str | Path | None = None) -> None:
    """Refuse a type that the catalogue does not have, nor the model from CIF files.

    Raises
    ------
    UnknownTypeError
        There is no such type.
    """
    from crystinet.crystals.catalogue import find_type

    try:
        find_type(name)
    except UnknownTypeError:
        if name not in load_model(model).bundle.given:
            raise


def _compositions(
    formula: str | None, elements: tuple[str, ...] | None, *, phases: int
) -> "list[Composition]":
    """What is known of the composition of each phase; "TiO2 + Al2O3" is that of two."""
    from crystinet.fit.whole_pattern.composition import Composition

    if formula is None:
        alone = Composition.of(formula=None, elements=elements)
        return [alone] if alone is not None and phases == 1 else []
    parts = formula.split("+")
    if len(parts) > phases:
        raise ConfigError(
            f"{len(parts)} formulas are given for {phases} phase{'s' * (phases > 1)}.",
            hint=f"Ask for as many phases: phases={len(parts)}.",
        )
    made = (Composition.of(formula=part, elements=None) for part in parts)
    return [each for each in made if each is not None]

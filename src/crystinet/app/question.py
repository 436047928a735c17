"""The noun `Question`: what is asked about every pattern of a call."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from crystinet.core.arguments import as_count, as_path, as_range
from crystinet.core.errors import ConfigError
from crystinet.core.radiation import Radiation, as_angstrom, given_wavelength

if TYPE_CHECKING:
    from crystinet.fit.starting_points import StartOptions
    from crystinet.model.formula_hint import FormulaHint

#: Candidates that are fitted where somebody wants fits and does not say how many.
FITTED = 3


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, the same for one pattern and for ten thousand; checked when it is made.

    Attributes
    ----------
    wavelength_angstrom
        Overrides what a file or a pattern says; None believes them.
    elements
        Symbols of the elements of the sample, sorted, where they are known: types are re-weighted
        by how often compounds with just these elements have them.
    column
        Name or number, from 1, of the column with the intensity in files that are tables of
        several; None decides by the names.
    two_theta_range
        First and last 2theta in degrees, as measured; the rest counts as not measured. None takes
        everything.
    top
        Number of candidates to keep; None keeps the whole ranking.
    model
        Folder of a bundle, or the name of one in the package, also with "@" and the beginning of
        its id; None takes its default.
    starts
        Which known compounds and lattices are wanted with the candidates; None for none.
    index
        File of known compounds for these; None takes the one in the package.
    formula
        Of the sample, where it is known: gives ``elements`` unless these are given, and what sites
        may hold in a fit.
    fits
        So many of the best candidates are fitted to the whole pattern.
    beyond
        Whether the lines are indexed too, see `crystinet.lines.indexing.beyond`; None for a
        pattern alone in its file whose verdict is unknown, since it takes seconds.

    Raises
    ------
    ConfigError
        For what is no element, range, count or path.
    InvalidWavelengthError
        For an impossible wavelength.
    FileMissingError
        Where the name of the model or the index is empty.
    """

    wavelength_angstrom: float | None = None
    elements: tuple[str, ...] | None = None
    two_theta_range: tuple[float, float] | None = None
    top: int | None = None
    model: Path | None = None
    starts: "StartOptions | None" = None
    index: Path | None = None
    column: str | None = None
    formula: str | None = None
    fits: int = 0
    beyond: bool | None = False

    def __post_init__(self) -> None:
        if self.wavelength_angstrom is not None:
            wavelength = as_angstrom(self.wavelength_angstrom)
            Radiation.of_wavelength(wavelength)  # refuses what is none
            self._set(wavelength_angstrom=wavelength)
        if self.formula is not None:
            from crystinet.fit.whole_pattern.composition import parsed_formula

            inside = parsed_formula(self.formula)
            if self.elements is not None:
                _check_agree(self.formula, set(inside), self.elements)
            self._set(elements=tuple(inside) if self.elements is None else self.elements)
        if self.elements is not None:
            from crystinet.model.composition import check_elements

            self._set(elements=tuple(sorted(check_elements(self.elements))))
        if self.two_theta_range is not None:
            self._set(two_theta_range=as_range(self.two_theta_range, name="two_theta_range"))
        if self.top is not None:
            self._set(top=as_count(self.top, name="top"))
        if self.model is not None:
            self._set(model=as_path(self.model, name="model", of="a bundle's folder"))
        if self.index is not None:
            self._set(index=as_path(self.index, name="index", of="an index of compounds"))
        if self.column is not None:
            self._set(column=_column(self.column))
        if not (self.beyond is None or isinstance(self.beyond, bool)):
            raise ConfigError(
                f"beyond is {self.beyond!r}.", hint="Give True, False, or None: where unknown."
            )
        self._set(fits=as_count(self.fits, name="fits", least=0))

    @property
    def composition_hint(self) -> "FormulaHint | None":
        """What is known of the composition, for the ranking; None where nothing is."""
        if self.elements is None:
            return None
        from crystinet.fit.whole_pattern.composition import parsed_formula
        from crystinet.model.formula_hint import FormulaHint

        amounts = None if self.formula is None else parsed_formula(self.formula)
        return FormulaHint(self.elements, amounts)

    def _set(self, **fields: object) -> None:
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    @classmethod
    def of(
        cls,
        *,
        wavelength_angstrom: float | str | None = None,
        anode: str | None = None,
        elements: Iterable[str] | None = None,
        two_theta_range: Sequence[float] | None = None,
        top: int | None = None,
        model: str | Path | None = None,
        starts: "StartOptions | None" = None,
        index: str | Path | None = None,
        column: str | int | None = None,
        formula: str | None = None,
        fits: int = 0,
        beyond: bool | None = False,
    ) -> Self:
        """Make a question of what people give: lists, names, any kind of sequence.

        ``anode`` ("Mo") stands for the wavelength of its K-alpha1; ``wavelength_angstrom`` may be
        text: "Mo", "1,5406", "17.48 keV".

        Raises
        ------
        ConfigError
            Also for an anode beside a wavelength.
        """
        if anode is not None:
            wavelength_angstrom = given_wavelength(wavelength_angstrom, anode)
        given = (wavelength_angstrom, elements, two_theta_range, top, model, starts, index, column)
        # They are made what they should be by __post_init__.
        return cls(*given, formula=formula, fits=fits, beyond=beyond)  # type: ignore[arg-type]


def _column(given: object) -> str:
    """Name or number of a column as text."""
    if isinstance(given, bool) or not isinstance(given, str | int) or not str(given).strip():
        raise ConfigError(
            f"column is {given!r}, no name or number of a column.", hint='Give "intensity", or 2.'
        )
    return str(given)


def start_options(*, nearest: int, lattice: bool) -> "StartOptions | None":
    """Known compounds and lattices that a question wants with the candidates; None for none."""
    if not (nearest or lattice):
        return None
    from crystinet.fit.starting_points import StartOptions

    return StartOptions(nearest=nearest, lattice=lattice)


def _check_agree(formula: str, inside: set[str], given: Iterable[str]) -> None:
    """Refuse elements that are not those of the formula, which would be believed instead."""
    from crystinet.model.composition import check_elements

    elements = set(check_elements(given))
    if {"H" if e == "D" else e for e in inside} != {"H" if e == "D" else e for e in elements}:
        raise ConfigError(
            f"The formula {formula} and the elements {', '.join(sorted(elements))} are given, "
            "which differ.",
            hint="Give the formula alone: it says the elements too.",
        )

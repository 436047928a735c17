"""The noun `Pattern`: one powder diffraction pattern."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from crystinet.core.arguments import as_range
from crystinet.core.arrays import BoolArray, FloatArray, read_only_bools, read_only_floats
from crystinet.core.errors import InvalidPatternError, InvalidWavelengthError
from crystinet.core.notes import Note, NoteCode, texts_of
from crystinet.core.plain import Document, number, plain, printable_line
from crystinet.core.radiation import Radiation, given_radiation
from crystinet.core.shown import data_frame, draw, html_lines
from crystinet.patterns.metadata import NO_METADATA, Metadata

#: What goes with ``Radiation.assumed``.
ASSUMED_WAVELENGTH = Note(
    NoteCode.ASSUMED_WAVELENGTH,
    "The file does not name its wavelength; Cu K-alpha was assumed. Give the wavelength if it "
    "was another.",
)

# Larger numbers would overflow in sums and squares.
_LARGEST_INTENSITY = 1e100


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """One powder pattern; `from_arrays` makes one from a wavelength in angstrom.

    Attributes
    ----------
    two_theta_deg
        Shape (n,), degrees, strictly increasing.
    intensity
        Shape (n,), any scale, finite.
    radiation
        The X-ray lines; ``radiation.assumed`` where the file did not name them.
    mask
        Shape (n,), True where the point was measured; all True if not given.
    name
        Where the pattern comes from (a file name), for messages and reports.
    steps
        Preprocessing applied so far, in order, with their settings.
    notes
        What the user should know about how the pattern was read and prepared.
    metadata
        What the file says about the measurement: sample, instrument, time, ...; see `Metadata`.

    Raises
    ------
    InvalidPatternError
        Where shapes differ, 2theta does not increase, or a number is not finite.
    InvalidWavelengthError
        Without a radiation.

    Examples
    --------
    >>> import crystinet
    >>> import numpy as np
    >>> two_theta = np.arange(10.0, 90.0, 0.02)
    >>> counts = 50.0 + 900.0 * np.exp(-(((two_theta - 31.7) / 0.1) ** 2))
    >>> pattern = crystinet.Pattern.from_arrays(two_theta, counts, wavelength_angstrom=1.5406)
    >>> pattern.radiation.wavelengths_angstrom
    (1.5405929, 1.5444274)
    >>> [round(end, 1) for end in pattern.within((20, 60)).measured_range_deg]
    [20.0, 60.0]
    """

    two_theta_deg: FloatArray
    intensity: FloatArray
    # Without a radiation there is no pattern: the error below says how to give one.
    radiation: Radiation = None  # type: ignore[assignment]
    mask: BoolArray = field(default_factory=lambda: np.empty(0, dtype=np.bool_))
    name: str = ""
    steps: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    metadata: Mapping[str, str | float] = NO_METADATA

    def __post_init__(self) -> None:
        if not isinstance(self.radiation, Radiation):
            raise InvalidWavelengthError(
                f"The radiation of a pattern is {self.radiation!r}, not a Radiation.",
                hint="Use Pattern.from_arrays(two_theta_deg, intensity, "
                "wavelength_angstrom=1.5406).",
            )
        object.__setattr__(self, "name", printable_line(self.name))
        for name in ("two_theta_deg", "intensity"):
            object.__setattr__(self, name, _numbers(getattr(self, name), name=name))
        mask = self.mask if np.size(self.mask) else np.ones(self.two_theta_deg.shape, np.bool_)
        object.__setattr__(self, "mask", read_only_bools(mask))
        if not isinstance(self.metadata, Metadata):
            object.__setattr__(self, "metadata", Metadata(self.metadata))
        self._check()

    @classmethod
    def from_arrays(
        cls,
        two_theta_deg: Any,
        intensity: ArrayLike | None = None,
        *,
        wavelength_angstrom: float | str | None = None,
        anode: str | None = None,
        name: str = "",
        metadata: Mapping[str, str | float] | None = None,
    ) -> Self:
        """Make a pattern of numbers.

        Parameters
        ----------
        two_theta_deg, intensity
            Shape (n,), degrees, strictly increasing, and any scale; finite. Or both in the first
            alone: a pair (x, y), an array of two columns, a pandas or polars table, a Series or an
            xarray.DataArray whose index is 2theta. What its name calls d, Q or theta is converted.
        wavelength_angstrom
            Of the strongest line, angstrom; text such as "1,5406", "17.48 keV" or "Mo" is
            understood. None takes what an array of `to_xarray` says, else assumes Cu K-alpha, and
            the pattern carries a note.
        anode
            Of the X-ray tube, instead of the wavelength: "Mo".
        name
            For messages and reports; the name of the column of intensities unless given.
        metadata
            What is known about the measurement, by the names of `Metadata`.

        Raises
        ------
        InvalidPatternError
            If the numbers cannot be a pattern.
        InvalidWavelengthError
            If the wavelength is impossible.
        ConfigError
            If both a wavelength and an anode are given.

        Examples
        --------
        >>> import crystinet
        >>> pattern = crystinet.Pattern.from_arrays(([20.0, 20.1, 20.2], [3, 9, 4]), anode="Mo")
        >>> pattern.radiation.wavelength_angstrom
        0.7093172
        """
        from crystinet.patterns.tables import columns_of, pair_of

        columns = (
            columns_of(two_theta_deg) if intensity is None else pair_of(two_theta_deg, intensity)
        )
        given = given_radiation(wavelength_angstrom, anode) or columns.radiation
        axis, counts, notes = columns.two_theta(given)
        return cls(
            _numbers(axis, name="two_theta_deg"),
            _numbers(counts, name="intensity"),
            given or Radiation.of_anode("Cu", assumed=True),
            name=name or columns.name,
            notes=notes if given else (*notes, ASSUMED_WAVELENGTH),
            metadata=Metadata(metadata),
        )

    def _check(self) -> None:
        if not all(isinstance(note, Note) for note in self.notes):
            raise InvalidPatternError(
                f"The notes of a pattern are {self.notes!r:.80}, not notes.",
                hint="Give a tuple of Note(code, text).",
            )
        x, y = self.two_theta_deg, self.intensity
        if x.ndim != 1 or x.shape != y.shape or self.mask.shape != x.shape:
            raise InvalidPatternError(
                f"Shapes differ: 2theta {x.shape}, intensity {y.shape}, mask {self.mask.shape}.",
                hint="Give one intensity and one mask value for each 2theta.",
            )
        if not np.isfinite(x).all() or not np.isfinite(y).all():
            bad = int(np.flatnonzero(~(np.isfinite(x) & np.isfinite(y)))[0])
            raise InvalidPatternError(
                f"Point {bad + 1} is not a finite number (2theta {x[bad]}, intensity {y[bad]}).",
                hint="Remove or repair the points that are NaN or infinite.",
            )
        if np.abs(y).max(initial=0.0) > _LARGEST_INTENSITY:
            raise InvalidPatternError(
                f"The intensity reaches {y[np.abs(y).argmax()]:g}, which no detector counts.",
                hint="Check that the second column of the file is the measured intensity.",
            )
        if len(x) and (np.diff(x) <= 0.0).any():
            bad = int(np.flatnonzero(np.diff(x) <= 0.0)[0])
            raise InvalidPatternError(
                f"2theta does not increase at point {bad + 2}: {x[bad]:g}, then {x[bad + 1]:g}.",
                hint="Sort the points by 2theta and drop repeated ones.",
            )

    def within(self, two_theta_range_deg: Sequence[float]) -> Self:
        """Return the pattern as if only a part of it had been measured.

        What lies outside is masked, not set to zero: nothing is said about it.

        Parameters
        ----------
        two_theta_range_deg
            First and last 2theta, degrees, as measured.

        Raises
        ------
        ConfigError
            For what is no range.
        InvalidPatternError
            Where nothing was measured inside it.
        """
        low, high = as_range(two_theta_range_deg, name="two_theta_range")
        mask = self.mask & (self.two_theta_deg >= low) & (self.two_theta_deg <= high)
        if not mask.any():
            first, last = self.measured_range_deg
            raise InvalidPatternError(
                f"Nothing was measured from {low:g} to {high:g} degrees 2theta.",
                hint=f"This pattern goes from {first:g} to {last:g} degrees.",
            )
        step = f"only {low:g} to {high:g} degrees 2theta, the rest masked"
        return replace(self, mask=mask, steps=(*self.steps, step))

    def __repr__(self) -> str:
        low, high = self.measured_range_deg
        radiation = self.radiation
        told = f" ({radiation.origin})" if radiation.origin else ""
        return (
            f"Pattern {self.name!r}: {len(self.two_theta_deg)} points, {low:.2f} to {high:.2f} "
            f"degrees 2theta, wavelength {radiation.wavelength_angstrom:.5f} angstrom{told}"
        )

    def _repr_html_(self) -> str:
        return html_lines(repr(self), self.warnings)

    def to_dict(self) -> Document:
        """Plain data for JSON; the intensity is None where nothing was measured."""
        return {
            "name": self.name,
            "wavelengths_angstrom": list(self.radiation.wavelengths_angstrom),
            "weights": list(self.radiation.weights),
            "wavelength_from": self.radiation.origin,
            "two_theta": [number(value) for value in self.two_theta_deg],
            "intensity": [
                number(value) if measured else None
                for value, measured in zip(self.intensity, self.mask, strict=True)
            ],
            "notes": [note.to_dict() for note in self.notes],
            "preprocessing": list(self.steps),
            "metadata": plain(dict(self.metadata)),
        }

    def to_dataframe(self) -> Any:
        """A `pandas.DataFrame` of ``two_theta_deg`` and ``intensity``, NaN where not measured.

        Raises
        ------
        MissingExtraError
            pandas is not installed.
        """
        intensity = np.where(self.mask, self.intensity, np.nan)
        return data_frame({"two_theta_deg": self.two_theta_deg, "intensity": intensity})

    def plot(self, axes: Any = None) -> Any:
        """Draw the pattern; ``pip install "crystinet[report]"``.

        Parameters
        ----------
        axes
            matplotlib's, to draw on; None makes new ones.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        MissingExtraError
            matplotlib is not installed.
        """
        return draw("pattern", self, axes)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Texts of the notes, for people; programs look at the codes in ``notes``."""
        return texts_of(self.notes)

    @property
    def measured_range_deg(self) -> tuple[float, float]:
        """First and last measured 2theta, degrees; (nan, nan) where nothing was measured."""
        measured = self.two_theta_deg[self.mask]
        if not len(measured):
            return (float("nan"), float("nan"))
        return (float(measured[0]), float(measured[-1]))


def _numbers(values: ArrayLike, *, name: str) -> FloatArray:
    try:
        return read_only_floats(values)
    except (TypeError, ValueError) as error:
        raise InvalidPatternError(
            f"{name} cannot be read as numbers ({error}).", hint="Give a sequence of numbers."
        ) from error

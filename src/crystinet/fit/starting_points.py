"""Where a refinement can start: for each candidate known compounds and an estimate of the lattice.

Here the search for known compounds and the estimate of the lattice meet: neither knows the other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from crystinet.core.arguments import as_count
from crystinet.core.arrays import FloatArray, IntArray
from crystinet.core.diffraction import lorentz_polarisation
from crystinet.core.errors import InvalidStructureError, UnknownTypeError
from crystinet.corpus.datasets.lines import lines_of
from crystinet.corpus.index.index import CompoundIndex
from crystinet.crystals.catalogue import load_catalogue
from crystinet.fit.lattice import LatticeEstimate, LatticeModel, estimate_lattice
from crystinet.fit.nearest import NearestCompounds, Neighbour
from crystinet.patterns.sample import Sample

if TYPE_CHECKING:
    from crystinet.model.identification import Identification
    from crystinet.model.inference import Model

#: Candidates that get known compounds and a lattice, unless another number is wanted.
CANDIDATES = 3
#: A lattice is estimated from so many of the nearest compounds, and from the type's reference.
LATTICE_MODELS = 3

# Lines of the reference of a type: as many, and as far, as those of an index.
_REFERENCE_LINES, _REFERENCE_D_MIN = 64, 0.8
# Lines beyond this sine are not reached by any grid; it keeps their intensity finite.
_LARGEST_SINE = 0.97


@dataclass(frozen=True, slots=True)
class StartOptions:
    """What is wanted for the top candidates.

    Attributes
    ----------
    nearest
        Known compounds of each candidate; 0 for none.
    lattice
        Whether to estimate the lattice.
    candidates
        So many candidates, the best.
    """

    nearest: int = 5
    lattice: bool = True
    candidates: int = CANDIDATES

    def __post_init__(self) -> None:
        as_count(self.nearest, name="nearest", least=0)
        as_count(self.candidates, name="candidates")


@dataclass(frozen=True, slots=True)
class StartingPoint:
    """What a candidate offers to a refinement.

    Attributes
    ----------
    type
        Structure type of the candidate.
    probability
        Of the candidate.
    nearest
        Known compounds whose patterns are most like the measured one, the best first; None where
        they were not asked for.
    lattice
        None where it was not asked for, or cannot be determined.

    Examples
    --------
    >>> import crystinet
    >>> kind = next(kind for kind in crystinet.types() if kind.name == "NaCl")
    >>> pattern = crystinet.simulate(kind.reference, counts=5000, seed=1)
    >>> (point,) = crystinet.nearest(pattern, neighbours=3, candidates=1)
    >>> point.type, round(point.lattice.cell[0], 2)
    ('NaCl', 4.21)
    >>> point.nearest[0].compound.type_name
    'NaCl'
    """

    type: str
    probability: float
    nearest: tuple[Neighbour, ...] | None
    lattice: LatticeEstimate | None


class StartingPoints:
    """Finds starting points.

    Parameters
    ----------
    model
        The model that identifies, for its types and its preprocessing.
    index
        The known compounds.
    options
        What is wanted.

    Raises
    ------
    CorpusError
        The index was made for other types.
    """

    def __init__(self, model: "Model", index: CompoundIndex, options: StartOptions) -> None:
        self.model = model
        self.options = options
        self.index = index
        self._nearest = NearestCompounds(self.index, model.bundle.axis.grid)
        self._nearest.require_types(
            name for entry in model.bundle.types for name in (entry.name, *entry.merged)
        )

    def find(self, sample: Sample, answer: "Identification") -> tuple[StartingPoint, ...]:
        """Starting points of the best candidates of an answer."""
        return tuple(
            self.of_types(
                sample,
                (candidate.type, *candidate.merged),
                probability=candidate.probability,
            )
            for candidate in answer.candidates[: self.options.candidates]
        )

    def of_types(
        self,
        sample: Sample,
        names: Sequence[str],
        *,
        probability: float = 1.0,
        without: IntArray | None = None,
    ) -> StartingPoint:
        """Starting point of one candidate.

        Parameters
        ----------
        sample
            Prepared for the model.
        names
            The type and what is merged into it.
        probability
            Of the candidate.
        without
            Numbers of compounds of the index that are passed over.
        """
        wanted = self.options.nearest
        n = max(wanted, LATTICE_MODELS if self.options.lattice else 1)
        found = self._nearest.search(sample.prepared, names, n=n, without=without)
        lattice = None
        if self.options.lattice:
            wavelength = self.model.bundle.axis.grid.wavelength_angstrom
            models = [self._model(each, wavelength) for each in found[:LATTICE_MODELS]]
            models += _references(names, wavelength)
            lattice = estimate_lattice(models, sample)
        return StartingPoint(names[0], probability, found[:wanted] if wanted else None, lattice)

    def _model(self, neighbour: Neighbour, wavelength_angstrom: float) -> LatticeModel:
        compound, lines = neighbour.compound, self.index.lines_of(neighbour.number)
        part = slice(self.index.offsets[neighbour.number], self.index.offsets[neighbour.number + 1])
        d = self.index.d_angstrom[part]
        return LatticeModel(
            name=f"{compound.formula} ({compound.source_id or compound.source})",
            cell=compound.cell,
            space_group=compound.space_group,
            hkl=lines.hkl,
            intensity=_with_lorentz_polarisation(lines.strength, d, wavelength_angstrom),
        )


def _references(names: Iterable[str], wavelength_angstrom: float) -> list[LatticeModel]:
    found = (_reference(name, wavelength_angstrom) for name in names)
    return [model for model in found if model is not None]


@lru_cache(maxsize=128)
def _reference(name: str, wavelength_angstrom: float) -> LatticeModel | None:
    """Reference structure of a type as a starting point; None where the catalogue has none."""
    try:
        structure = load_catalogue().by_name(name).reference
    except (UnknownTypeError, InvalidStructureError):
        return None
    from crystinet.crystals.hall import operations_of

    lines = lines_of(
        structure,
        space_group=operations_of(structure.hall_symbol).space_group,
        d_min_angstrom=_REFERENCE_D_MIN,
        max_lines=_REFERENCE_LINES,
        variants=0,
        seed=0,
    )
    if lines is None:
        return None
    found = lines.reflections
    strength = found.multiplicity * found.f_squared
    return LatticeModel(
        name=f"reference of {name}: {structure.name or name}",
        cell=found.cell,
        space_group=found.space_group,
        hkl=found.hkl,
        intensity=_with_lorentz_polarisation(strength, found.d_angstrom, wavelength_angstrom),
    )


def _with_lorentz_polarisation(
    strength: FloatArray, d_angstrom: FloatArray, wavelength_angstrom: float
) -> FloatArray:
    sine = np.minimum(0.5 * wavelength_angstrom / d_angstrom, _LARGEST_SINE)
    intensity = strength * lorentz_polarisation(np.degrees(2.0 * np.arcsin(sine)))
    scaled: FloatArray = intensity / intensity.max()
    return scaled

"""Hypothetical compounds: further members of a structure type, as a crystallographer imagines them.

Elements of a known member are replaced by others that suit the site in charge and size, wholly or
in part (`replacement`); the cell follows from the sizes, axial ratios and free coordinates stay
between those of known members (`family`). What comes out must still be assigned to the type.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

import numpy as np

from crystinet.core.arguments import as_count
from crystinet.core.errors import ConfigError, InvalidStructureError
from crystinet.corpus.compound import reduced_formula
from crystinet.corpus.imagined.family import Family, Relative, with_positions
from crystinet.corpus.imagined.replacement import (
    ReplacementConfig,
    choose_replacements,
    replaced,
    rounded,
)
from crystinet.corpus.splits import Split, compound_key, split_of
from crystinet.crystals.assignment import assign
from crystinet.crystals.catalogue import Catalogue
from crystinet.crystals.symmetry import Symmetry

_FULL = 0.995
_GUESTS_LEFT = (0.6, 1.0)


@dataclass(frozen=True)
class ImaginationConfig:
    """How bold the inventions are.

    Attributes
    ----------
    replacement
        What may replace what.
    sigma_angstrom
        Scatter of the free coordinates.
    tries
        Attempts for each compound wanted.
    """

    replacement: ReplacementConfig = field(default_factory=ReplacementConfig)
    sigma_angstrom: float = 0.03
    tries: int = 12

    def __post_init__(self) -> None:
        as_count(self.tries, name="tries")
        if not 0.0 <= self.sigma_angstrom <= 0.3:
            raise ConfigError(
                f"sigma_angstrom = {self.sigma_angstrom:g} is not from 0 to 0.3.",
                hint="Correct the value.",
            )


@dataclass(frozen=True)
class Imagined:
    """A hypothetical compound.

    Attributes
    ----------
    symmetry
        Cell and orbits, in the setting of the parent.
    formula
        Reduced.
    parent
        The known compound it was made from.
    """

    symmetry: Symmetry
    formula: str
    parent: Relative


def imagine(
    family: Family,
    *,
    count: int,
    known_keys: Collection[str],
    config: ImaginationConfig,
    rng: np.random.Generator,
    catalogue: Catalogue | None = None,
) -> list[Imagined]:
    """Invent members of a structure type.

    Parameters
    ----------
    family
        The members to learn from.
    count
        How many are wanted; fewer come out where the type allows no more.
    known_keys
        Compounds (`compound_key`) that are known and must not be invented.
    config, rng
        How bold, and the source of all randomness.
    catalogue
        The types that a compound is told apart from; the package's own if None. It must hold the
        type of the family.

    Returns
    -------
    Compounds with different formulas. None of them falls into the validation or test split by its
    hash, and each is assigned to the type.
    """
    found: dict[str, Imagined] = {}
    if not family.relatives:
        return []
    for _ in range(config.tries * count):
        if len(found) == count:
            break
        parent = family.relatives[int(rng.integers(len(family.relatives)))]
        made = _one(family, parent, known_keys, config, rng, catalogue)
        if made is not None:
            found.setdefault(made.formula, made)
    return list(found.values())


def _one(
    family: Family,
    parent: Relative,
    known_keys: Collection[str],
    config: ImaginationConfig,
    rng: np.random.Generator,
    catalogue: Catalogue | None,
) -> Imagined | None:
    """Try to invent one member; None where nothing fits, is new, or is of the type."""
    replacements = choose_replacements(family, parent, config=config.replacement, rng=rng)
    if not replacements:
        return None
    symmetry = _with_guests(replaced(parent.symmetry, replacements), parent, rng)
    amounts = symmetry.composition
    key = compound_key(amounts)
    if key in known_keys or split_of(key) is not Split.TRAIN:
        return None
    charges = dict(parent.charges or {})
    charges |= {r.other: r.charge for r in replacements if r.charge is not None}
    alike = [r for r in family.relatives if r.symmetry.hall_number == symmetry.hall_number]
    towards = alike[int(rng.integers(len(alike)))]
    cell = family.cell_of(parent, amounts=amounts, charges=charges, towards=towards, rng=rng)
    try:
        symmetry = with_positions(
            replace(symmetry, cell=cell),
            towards=towards,
            sigma_angstrom=config.sigma_angstrom,
            rng=rng,
        )
        formula = reduced_formula(amounts)
        found = assign(symmetry.structure(formula), catalogue=catalogue)
        if found.type is not family.kind:
            return None
    except InvalidStructureError:  # atoms came too close
        return None
    return Imagined(symmetry, formula, parent)


def _with_guests(symmetry: Symmetry, parent: Relative, rng: np.random.Generator) -> Symmetry:
    """Empty partly filled sites a little more, where no balance of charges is known."""
    if parent.charges is not None:
        return symmetry
    orbits = tuple(
        orbit
        if orbit.occupancy >= _FULL
        else replace(
            orbit,
            species=rounded({e: n * float(rng.uniform(*_GUESTS_LEFT)) for e, n in orbit.species}),
        )
        for orbit in symmetry.orbits
    )
    return replace(symmetry, orbits=orbits)

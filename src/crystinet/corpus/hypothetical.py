"""Hypothetical compounds: further members of a structure type, as a crystallographer imagines them.

Elements of a known member are replaced by others that suit the site in charge and size, wholly or
in part; the cell follows from the sizes, axial ratios and free coordinates stay between those of
known members (`family`). What comes out must still be assigned to the type.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from crystinet.core.errors import ConfigError, InvalidStructureError
from crystinet.corpus.compound import reduced_formula
from crystinet.corpus.family import Family, Relative, with_positions
from crystinet.corpus.splits import Split, compound_key, split_of
from crystinet.crystals.assignment import assign
from crystinet.crystals.expansion import Species, merged
from crystinet.crystals.ions import (
    LARGEST_BOND_MISMATCH,
    bond_mismatch,
    forms_anions,
    ionic_elements,
    ionic_radii,
    substitutes,
)
from crystinet.crystals.symmetry import Symmetry

#: ``kind`` of compounds made up here.
HYPOTHETICAL = "hypothetical"

#: Elements that are seldom used in new compounds.
SCARCE = frozenset("Tc Pm Pa Np Pu Au Pt Pd Ir Rh Os Ru Re Hg Tl".split())
_IN_FAMILY, _SCARCE = 4.0, 0.1  # weights against 1 of the other elements

_FULL = 0.995
_PARTLY = (0.1, 0.9)  # share of the new element in a solid solution
_GUESTS_LEFT = (0.6, 1.0)


@dataclass(frozen=True)
class ImaginationConfig:
    """How bold the inventions are.

    Attributes
    ----------
    most_replacements
        Elements of the parent that are replaced at most; at least one is.
    whole_share
        Probability that an element is replaced wholly; else it makes a solid solution.
    one_site_share
        Probability that an element on several sites is replaced on one of them only.
    coupled_share
        Probability of a coupled replacement as in feldspars and amphiboles: two cations by ones
        with one charge more and one less. Only where the parent is neutral.
    widened
        Factor on the usual limits of mismatch (`substitutes`).
    widened_in_family
        The same for elements that other members of the type hold.
    sigma_angstrom
        Scatter of the free coordinates.
    tries
        Attempts for each compound wanted.
    """

    most_replacements: int = 3
    whole_share: float = 0.5
    one_site_share: float = 0.25
    coupled_share: float = 0.2
    widened: float = 1.6
    widened_in_family: float = 2.5
    sigma_angstrom: float = 0.03
    tries: int = 12

    def __post_init__(self) -> None:
        if self.most_replacements < 1 or self.tries < 1:
            raise ConfigError(
                f"most_replacements = {self.most_replacements}, tries = {self.tries}.",
                hint="Give 1 or more.",
            )
        for name in ("whole_share", "one_site_share", "coupled_share"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ConfigError(
                    f"{name} = {getattr(self, name):g}.", hint="Give a probability from 0 to 1."
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


@dataclass(frozen=True, slots=True)
class Replacement:
    """One element that takes the place of another.

    Attributes
    ----------
    element, other
        What goes and what comes.
    charge
        Of the new element; None where the charges are not known.
    share
        Part of the element's atoms on a site that is replaced.
    orbit
        Number of the only orbit where that happens; None stands for all.
    """

    element: str
    other: str
    charge: int | None
    share: float
    orbit: int | None = None


def imagine(
    family: Family,
    *,
    count: int,
    known_keys: Collection[str],
    config: ImaginationConfig,
    rng: np.random.Generator,
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
        made = _one(family, parent, known_keys=known_keys, config=config, rng=rng)
        if made is not None:
            found.setdefault(made.formula, made)
    return list(found.values())


def _one(
    family: Family,
    parent: Relative,
    *,
    known_keys: Collection[str],
    config: ImaginationConfig,
    rng: np.random.Generator,
) -> Imagined | None:
    """Try to invent one member; None where nothing fits, is new, or is of the type."""
    replacements = choose_replacements(family, parent, config=config, rng=rng)
    if not replacements:
        return None
    symmetry = _with_guests(apply(parent.symmetry, replacements), parent, rng)
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
        if assign(symmetry.structure(formula)).type is not family.kind:
            return None
    except InvalidStructureError:  # atoms came too close
        return None
    return Imagined(symmetry, formula, parent)


def choose_replacements(
    family: Family, parent: Relative, *, config: ImaginationConfig, rng: np.random.Generator
) -> list[Replacement]:
    """Choose what to replace by what; empty where nothing suits.

    No element comes in that the parent holds, or twice. Each new one can carry the charge of the
    old one, so that a neutral parent gives neutral compounds; a coupled replacement moves one
    charge.
    """
    taken = set(parent.amounts)
    chosen: list[Replacement] = []
    if parent.charges and rng.random() < config.coupled_share:
        chosen = _coupled(family, parent, config=config, rng=rng)
        taken |= {r.other for r in chosen}
    wanted = int(rng.integers(1, config.most_replacements + 1))
    done = {r.element for r in chosen}
    for element in map(str, rng.permutation(sorted(parent.amounts))):
        if len(chosen) >= wanted:
            break
        charge = (parent.charges or {}).get(element)
        fitting = [
            other
            for other in _fitting(family, parent, element, charge, config)
            if other not in taken
        ]
        if fitting and element not in done:
            other = _drawn(fitting, family, rng)
            whole = rng.random() < config.whole_share
            share = 1.0 if whole else float(rng.uniform(*_PARTLY))
            orbit = _one_orbit(parent, element, config, rng)
            chosen.append(Replacement(element, other, charge, share, orbit))
            taken.add(other)
    return chosen


def _fitting(
    family: Family, parent: Relative, element: str, charge: int | None, config: ImaginationConfig
) -> list[str]:
    """Elements for a site: similar ones, and less similar ones that the type is known to take."""
    ionic = parent.ionic
    near = substitutes(element, charge=charge, ionic=ionic, widened=config.widened)
    far = substitutes(element, charge=charge, ionic=ionic, widened=config.widened_in_family)
    return sorted({*near, *(other for other in far if other in family.palette)})


def _drawn(fitting: list[str], family: Family, rng: np.random.Generator) -> str:
    """Draw an element; what the type is known to take comes more often, scarce ones seldom."""
    weights = np.array(
        [
            _IN_FAMILY if other in family.palette else _SCARCE if other in SCARCE else 1.0
            for other in fitting
        ]
    )
    return fitting[int(rng.choice(len(fitting), p=weights / weights.sum()))]


def _one_orbit(
    parent: Relative, element: str, config: ImaginationConfig, rng: np.random.Generator
) -> int | None:
    orbits = [i for i, orbit in enumerate(parent.symmetry.orbits) if element in dict(orbit.species)]
    if len(orbits) < 2 or not rng.random() < config.one_site_share:
        return None
    return int(rng.choice(orbits))


def _coupled(
    family: Family, parent: Relative, *, config: ImaginationConfig, rng: np.random.Generator
) -> list[Replacement]:
    """Two cations replaced by ones with one charge more and one less, as many atoms of each."""
    charges = parent.charges or {}
    cations = [e for e in parent.amounts if charges[e] > 0 and not forms_anions(e)]
    if len(cations) < 2:
        return []
    up, down = map(str, rng.choice(sorted(cations), 2, replace=False))
    options = [
        [e for e in _carriers(element, charges[element], step, config) if e not in parent.amounts]
        for element, step in ((up, 1), (down, -1))
    ]
    if not all(options):
        return []
    more, less = (_drawn(option, family, rng) for option in options)
    if more == less:
        return []
    atoms = float(rng.uniform(0.2, 1.0)) * min(parent.amounts[up], parent.amounts[down])
    return [
        Replacement(up, more, charges[up] + 1, atoms / parent.amounts[up]),
        Replacement(down, less, charges[down] - 1, atoms / parent.amounts[down]),
    ]


def _carriers(element: str, charge: int, step: int, config: ImaginationConfig) -> list[str]:
    """Cations with another charge whose bonds are nearly as long."""
    radius = ionic_radii(element)[charge]
    limit = LARGEST_BOND_MISMATCH * config.widened
    return [
        other
        for other in ionic_elements()
        if not forms_anions(other)
        and (charge + step) in ionic_radii(other)
        and bond_mismatch(radius, ionic_radii(other)[charge + step], anion=False) <= limit
    ]


def apply(symmetry: Symmetry, replacements: list[Replacement]) -> Symmetry:
    """Replace elements on the orbits, one after the other."""
    species: list[Mapping[str, float]] = [dict(orbit.species) for orbit in symmetry.orbits]
    for r in replacements:
        for index, kinds in enumerate(species):
            amount = kinds.get(r.element, 0.0)
            if amount > 0.0 and r.orbit in (None, index):
                changed = dict(kinds)
                changed[r.element] = amount * (1.0 - r.share)
                changed[r.other] = changed.get(r.other, 0.0) + amount * r.share
                species[index] = changed
    orbits = (
        replace(orbit, species=_rounded(kinds))
        for orbit, kinds in zip(symmetry.orbits, species, strict=True)
    )
    return replace(symmetry, orbits=tuple(orbits))


def _rounded(kinds: Mapping[str, float]) -> Species:
    return merged((element, round(amount, 6)) for element, amount in kinds.items())


def _with_guests(symmetry: Symmetry, parent: Relative, rng: np.random.Generator) -> Symmetry:
    """Empty partly filled sites a little more, where no balance of charges is known."""
    if parent.charges is not None:
        return symmetry
    orbits = tuple(
        orbit
        if orbit.occupancy >= _FULL
        else replace(
            orbit,
            species=_rounded({e: n * float(rng.uniform(*_GUESTS_LEFT)) for e, n in orbit.species}),
        )
        for orbit in symmetry.orbits
    )
    return replace(symmetry, orbits=orbits)

"""What may replace what in a compound: solid solutions, whole and coupled replacements."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from crystinet.core.arguments import as_count
from crystinet.core.errors import ConfigError
from crystinet.corpus.imagined.family import Family, Relative
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

#: Elements that are seldom used in new compounds.
SCARCE = frozenset("Tc Pm Pa Np Pu Au Pt Pd Ir Rh Os Ru Re Hg Tl".split())
_IN_FAMILY, _SCARCE = 4.0, 0.1  # weights against 1 of the other elements
_PARTLY = (0.1, 0.9)  # share of the new element in a solid solution


@dataclass(frozen=True)
class ReplacementConfig:
    """What may replace what, and how often.

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
    """

    most_replacements: int = 3
    whole_share: float = 0.5
    one_site_share: float = 0.25
    coupled_share: float = 0.2
    widened: float = 1.6
    widened_in_family: float = 2.5

    def __post_init__(self) -> None:
        as_count(self.most_replacements, name="most_replacements")
        for name in ("whole_share", "one_site_share", "coupled_share"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ConfigError(
                    f"{name} = {getattr(self, name):g}.", hint="Give a probability from 0 to 1."
                )


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


def choose_replacements(
    family: Family, parent: Relative, *, config: ReplacementConfig, rng: np.random.Generator
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
        near, fitting = _fitting(family, parent, element, config)
        fitting = [other for other in fitting if other not in taken]
        if fitting and element not in done:
            other = _drawn(fitting, family, rng)
            whole = other not in near or rng.random() < config.whole_share
            share = 1.0 if whole else float(rng.uniform(*_PARTLY))
            orbit = _one_orbit(parent, element, config, rng)
            charge = (parent.charges or {}).get(element)
            chosen.append(Replacement(element, other, charge, share, orbit))
            taken.add(other)
    return chosen


def _fitting(
    family: Family, parent: Relative, element: str, config: ReplacementConfig
) -> tuple[frozenset[str], list[str]]:
    """Elements that make solid solutions with one, and all that may replace it.

    The latter are less similar ones that members of the type hold.
    """
    charge, ionic = (parent.charges or {}).get(element), parent.ionic
    near = substitutes(element, charge=charge, ionic=ionic, widened=config.widened)
    far = substitutes(element, charge=charge, ionic=ionic, widened=config.widened_in_family)
    return frozenset(near), sorted({*near, *(other for other in far if other in family.palette)})


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
    parent: Relative, element: str, config: ReplacementConfig, rng: np.random.Generator
) -> int | None:
    orbits = [i for i, orbit in enumerate(parent.symmetry.orbits) if element in dict(orbit.species)]
    if len(orbits) < 2 or not rng.random() < config.one_site_share:
        return None
    return int(rng.choice(orbits))


def _coupled(
    family: Family, parent: Relative, *, config: ReplacementConfig, rng: np.random.Generator
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


def _carriers(element: str, charge: int, step: int, config: ReplacementConfig) -> list[str]:
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


def replaced(symmetry: Symmetry, replacements: list[Replacement]) -> Symmetry:
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
        replace(orbit, species=rounded(kinds))
        for orbit, kinds in zip(symmetry.orbits, species, strict=True)
    )
    return replace(symmetry, orbits=tuple(orbits))


def rounded(kinds: Mapping[str, float]) -> Species:
    """Species of a site from amounts by element, without those that are gone."""
    return merged((element, round(amount, 6)) for element, amount in kinds.items())

"""Ions, radii and the question which elements can stand in for each other on a site."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import product
from math import prod
from types import MappingProxyType

#: Effective ionic radii in angstrom for six neighbours (high spin where it matters; four for N3-,
#: one for H+), by charge, the commonest charge first. R. D. Shannon, Acta Cryst. A32 (1976) 751,
#: table 1.
_IONIC = """
H 1 -.38|Li 1 .76|Na 1 1.02|K 1 1.38|Rb 1 1.52|Cs 1 1.67|Be 2 .45|Mg 2 .72|Ca 2 1.00|Sr 2 1.18
Ba 2 1.35|Sc 3 .745|Y 3 .90|La 3 1.032|Ce 3 1.01 4 .87|Pr 3 .99 4 .85|Nd 3 .983|Pm 3 .97|Sm 3 .958
Eu 3 .947 2 1.17|Gd 3 .938|Tb 3 .923 4 .76|Dy 3 .912|Ho 3 .901|Er 3 .89|Tm 3 .88
Yb 3 .868 2 1.02|Lu 3 .861|Ti 4 .605 3 .67|Zr 4 .72|Hf 4 .71|V 5 .54 3 .64 4 .58|Nb 5 .64 4 .68
Ta 5 .64 4 .68|Cr 3 .615 6 .44 4 .55 2 .80|Mo 6 .59 4 .65 5 .61|W 6 .60 4 .66 5 .62
Mn 2 .83 3 .645 4 .53 7 .46|Tc 4 .645 7 .56|Re 7 .53 4 .63 6 .55 5 .58|Fe 3 .645 2 .78
Ru 4 .62 5 .565 3 .68|Os 4 .63 6 .545 5 .575|Co 2 .745 3 .61|Rh 3 .665 4 .60|Ir 4 .625 3 .68 5 .57
Ni 2 .69 3 .60|Pd 2 .86 4 .615|Pt 4 .625 2 .80|Cu 2 .73 1 .77|Ag 1 1.15|Au 1 1.37 3 .85
Zn 2 .74|Cd 2 .95|Hg 2 1.02|B 3 .27|Al 3 .535|Ga 3 .62|In 3 .80|Tl 1 1.50 3 .885
C 4 .16|Si 4 .40|Ge 4 .53|Sn 4 .69|Pb 2 1.19 4 .775|P 5 .38|As 5 .46 3 .58|Sb 5 .60 3 .76
Bi 3 1.03 5 .76|Th 4 .94|Pa 5 .78 4 .90|U 6 .73 4 .89 5 .76|Np 4 .87|Pu 4 .86 3 1.00
N -3 1.46 5 .13|O -2 1.40|S -2 1.84 6 .29 4 .37|Se -2 1.98 4 .50 6 .42|Te -2 2.21 4 .97 6 .56
F -1 1.33|Cl -1 1.81|Br -1 1.96|I -1 2.20 5 .95
"""

#: Radii of the elements in metals with twelve neighbours, angstrom. After E. Teatum, K. Gschneidner
#: & J. Waber, report LA-2345 (1960), as in W. B. Pearson, The Crystal Chemistry and Physics of
#: Metals and Alloys (1972), table 4-4.
_METALLIC = """
Li 1.56 Na 1.91 K 2.38 Rb 2.53 Cs 2.72 Be 1.13 Mg 1.60 Ca 1.97 Sr 2.15 Ba 2.24 Sc 1.64 Y 1.80
La 1.88 Ce 1.83 Pr 1.83 Nd 1.82 Pm 1.81 Sm 1.80 Eu 2.04 Gd 1.80 Tb 1.78 Dy 1.77 Ho 1.77 Er 1.76
Tm 1.75 Yb 1.94 Lu 1.73 Ti 1.46 Zr 1.60 Hf 1.58 V 1.35 Nb 1.47 Ta 1.47 Cr 1.36 Mo 1.40 W 1.41
Mn 1.31 Tc 1.36 Re 1.37 Fe 1.27 Ru 1.34 Os 1.35 Co 1.25 Rh 1.34 Ir 1.36 Ni 1.25 Pd 1.37 Pt 1.39
Cu 1.28 Ag 1.44 Au 1.44 Zn 1.39 Cd 1.57 Hg 1.57 B 0.98 Al 1.43 Ga 1.41 In 1.66 Tl 1.72 C 0.92
Si 1.32 Ge 1.37 Sn 1.55 Pb 1.75 N 0.88 P 1.28 As 1.39 Sb 1.59 Bi 1.70 S 1.27 Se 1.40 Te 1.60
Th 1.80 Pa 1.63 U 1.56 Np 1.56 Pu 1.58
"""

#: The elements along the string that D. G. Pettifor drew through the periodic table, so that
#: neighbours form the same structures: Mendeleev numbers. J. Phys. C 19 (1986) 285.
_PETTIFOR = """
He Ne Ar Kr Xe Rn Fr Cs Rb K Na Li Ra Ba Sr Ca Yb Eu Sc Lu Tm Er Ho Dy Y Tb Gd Sm Pm Nd Pr Ce La
Lr No Md Fm Es Cf Bk Cm Am Pu Np U Pa Th Ac Zr Hf Ti Ta Nb V W Mo Cr Re Tc Mn Fe Ru Os Co Rh Ir Ni
Pt Pd Au Ag Cu Mg Hg Cd Zn Be Tl In Al Ga Pb Sn Ge Si B Bi Sb As P Po Te Se S C At I Br Cl N O F H
"""

#: Two ions may replace each other if their bonds differ by no more than this (V. M. Goldschmidt's
#: 15 % rule for radii, taken for bonds, which also lets Si and Ge replace each other).
LARGEST_BOND_MISMATCH = 0.10
#: The same for metals (W. Hume-Rothery), with the distance on Pettifor's string.
LARGEST_RADIUS_MISMATCH = 0.15
LARGEST_STEP = 5

_CATION_PARTNER, _ANION_PARTNER = 1.40, 0.70  # usual other end of the bond, angstrom
#: Smaller ions (H+, C4+, N5+) make molecules such as CO3, which nothing else can replace.
_SMALLEST_SPHERE_ANGSTROM = 0.2
_MOST_COMBINATIONS = 50_000


@lru_cache(maxsize=1)
def _ionic_radii() -> Mapping[str, Mapping[int, float]]:
    table = {}
    for entry in _IONIC.strip().replace("\n", "|").split("|"):
        element, *values = entry.split()
        table[element] = MappingProxyType(
            {int(q): float(r) for q, r in zip(values[::2], values[1::2], strict=True)}
        )
    return MappingProxyType(table)


@lru_cache(maxsize=1)
def metallic_radii() -> Mapping[str, float]:
    """Radius in angstrom of each element in metals with twelve neighbours."""
    words = _METALLIC.split()
    return MappingProxyType({e: float(r) for e, r in zip(words[::2], words[1::2], strict=True)})


@lru_cache(maxsize=1)
def mendeleev_numbers() -> Mapping[str, int]:
    """Place of each element in the string of Pettifor, from 1 on."""
    return MappingProxyType({e: number for number, e in enumerate(_PETTIFOR.split(), start=1)})


def ionic_radii(element: str) -> Mapping[int, float]:
    """Radius in angstrom by charge, the commonest charge first; empty for H and rare elements."""
    return _ionic_radii().get(element, MappingProxyType({}))


def ionic_elements() -> tuple[str, ...]:
    """All elements with ionic radii."""
    return tuple(_ionic_radii())


def forms_anions(element: str) -> bool:
    """Whether an element counts as an anion former: N, O, S, Se, Te and the halogens."""
    return any(charge < 0 for charge in ionic_radii(element))


def balanced_charges(
    amounts: Mapping[str, float], *, tolerance: float = 1e-3
) -> dict[str, int] | None:
    """Give one charge per element so that a compound is neutral; None where that is impossible.

    Parameters
    ----------
    amounts
        Atoms of each element; only proportions matter.
    tolerance
        Charge per atom that is taken for a rounding error of the amounts.

    Returns
    -------
    The neutral choice of the commonest charges. None for metals, for mixed valence, for elements
    that are in no table, and for solid solutions whose charges do not add up.
    """
    elements = sorted(amounts)  # the answer must not depend on their order
    choices = [list(ionic_radii(element)) for element in elements]
    if not elements or not 0 < prod(map(len, choices)) <= _MOST_COMBINATIONS:
        return None
    allowed = tolerance * sum(amounts.values())
    neutral = [
        picked
        for picked in product(*choices)
        if min(picked) < 0
        and abs(sum(q * amounts[e] for q, e in zip(picked, elements, strict=True))) <= allowed
    ]
    if not neutral:
        return None
    rareness = [sum(c.index(q) for c, q in zip(choices, picked, strict=True)) for picked in neutral]
    return dict(zip(elements, neutral[rareness.index(min(rareness))], strict=True))


def substitutes(
    element: str, *, charge: int | None, ionic: bool, widened: float = 1.0
) -> tuple[str, ...]:
    """Elements that may replace an element on its site, in Pettifor's order.

    Parameters
    ----------
    element
        What is replaced.
    charge
        Its charge, which the other must be able to carry; None takes any that both can carry, of
        anion formers a negative one. Anion formers are only replaced by anion formers.
    ionic
        Whether the compound holds anions; a metal goes by metallic radii and Pettifor's string.
    widened
        Factor on the limits of mismatch, and on the distance along Pettifor's string.
    """
    return _substitutes(element, charge, ionic, widened)


@lru_cache(maxsize=4096)
def _substitutes(element: str, charge: int | None, ionic: bool, widened: float) -> tuple[str, ...]:
    others = (other for other in mendeleev_numbers() if other != element)
    if not ionic:
        return tuple(other for other in others if _alike_as_metals(element, other, widened))
    return tuple(other for other in others if _alike_as_ions(element, other, charge, widened))


def _alike_as_metals(first: str, second: str, widened: float) -> bool:
    radii, numbers = metallic_radii(), mendeleev_numbers()
    if first not in radii or second not in radii:
        return False
    small, large = sorted((radii[first], radii[second]))
    near = abs(numbers[first] - numbers[second]) <= LARGEST_STEP * widened
    return near and large / small <= 1.0 + LARGEST_RADIUS_MISMATCH * widened


def _alike_as_ions(first: str, second: str, charge: int | None, widened: float) -> bool:
    if forms_anions(first) != forms_anions(second):
        return False
    one, two = ionic_radii(first), ionic_radii(second)
    shared = [q for q in one if q in two]
    if charge is not None:
        shared = [q for q in shared if q == charge]
    elif forms_anions(first):
        shared = [q for q in shared if q < 0]
    limit = LARGEST_BOND_MISMATCH * widened
    return any(
        bond_mismatch(one[q], two[q], anion=q < 0) <= limit
        and min(one[q], two[q]) > _SMALLEST_SPHERE_ANGSTROM
        for q in shared
    )


def bond_mismatch(first: float, second: float, *, anion: bool) -> float:
    """Relative difference of the bonds of two ions, radii in angstrom, to a usual partner."""
    partner = _ANION_PARTNER if anion else _CATION_PARTNER
    return abs(first - second) / (min(first, second) + partner)


def has_anions(elements: Iterable[str]) -> bool:
    """Whether a compound of several elements holds one that forms anions."""
    elements = set(elements)
    return len(elements) > 1 and any(forms_anions(element) for element in elements)

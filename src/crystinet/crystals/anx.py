"""ANX formulas: how many of each cation (A, B, ...) and each anion (X, Y, ...).

After R. Allmann & R. Hinek, Acta Cryst. A63 (2007) 412, in a reduced form: they know the oxidation
state of every atom, we know the elements. What is an anion is therefore decided by whether the
charges can balance at all (see `anions_of`), and atoms without charge are written as cations.
"""

from collections import defaultdict
from collections.abc import Mapping
from functools import reduce
from math import gcd

from crystinet.crystals.symmetry import Symmetry

#: Charge as an anion, most electronegative first (Pauling's scale).
_ANIONS = {
    "F": -1, "O": -2, "Cl": -1, "N": -3, "Br": -1, "I": -1, "S": -2, "Se": -2, "Te": -2,
}  # fmt: skip

#: Highest common oxidation number of elements, by number; the others count with 3.
_HIGHEST = {
    1: "H Li Na K Rb Cs Ag Tl",
    2: "Be Mg Ca Sr Ba Zn Cd Hg Cu Ni Pd Pb Eu",
    4: "C Si Ge Sn Ti Zr Hf Ce Th Pt Ir Rh Tb Pr Pu",
    5: "P As Sb Bi V Nb Ta Pa N",
    6: "S Se Te Cr Mo W U Np Os Ru Re",
    7: "Cl Br I Mn Tc",
}
_CATION_CHARGE = {name: charge for charge, names in _HIGHEST.items() for name in names.split()}


def anions_of(amounts: Mapping[str, float]) -> frozenset[str]:
    """Elements that are anions: the most electronegative first, as long as charges can balance.

    Sulfur in CaSO4 is a cation, since calcium cannot make up for one S(2-) and four O(2-); in
    La2O2S it is an anion. Empty for intermetallic compounds and elements.
    """
    anions: set[str] = set()
    for element in (name for name in _ANIONS if name in amounts):
        trial = anions | {element}
        negative = -sum(_ANIONS[name] * amounts[name] for name in trial)
        positive = sum(
            _CATION_CHARGE.get(name, 3) * amount
            for name, amount in amounts.items()
            if name not in trial
        )
        if positive >= negative or (not anions and len(amounts) > 1):
            anions = trial
    return frozenset(anions)


def anx_formula(symmetry: Symmetry) -> str:
    """ANX formula such as ``"AB2X4"``; letters by rising amount, hydrogen left out.

    A mixed site counts as its main element, a partly occupied one as full.
    """
    amounts: dict[str, int] = defaultdict(int)
    for orbit in symmetry.orbits:
        amounts[orbit.main_element] += orbit.multiplicity
    if len(amounts) > 1:
        amounts.pop("H", None)
    anions = anions_of(amounts)
    divisor = reduce(gcd, amounts.values())
    cations = sorted(n // divisor for element, n in amounts.items() if element not in anions)
    rest = sorted(n // divisor for element, n in amounts.items() if element in anions)
    return _lettered(cations, "ABCDEFGHIJKLM") + _lettered(rest, "XYZSTUVW")


def _lettered(amounts: list[int], letters: str) -> str:
    """Give each amount its letter; beyond the alphabet they get a prime."""
    names = [letters[i % len(letters)] + "'" * (i // len(letters)) for i in range(len(amounts))]
    return "".join(f"{name}{n if n > 1 else ''}" for name, n in zip(names, amounts, strict=True))

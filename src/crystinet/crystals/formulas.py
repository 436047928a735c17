"""Formulas as chemists write them: TiO2 instead of O2Ti, and whole numbers instead of percentages.

Stores and indexes write a formula with its elements in alphabetical order, and one that does not
come out in small whole numbers as percent of the atoms; that is good for comparing and bad for
reading. Here are formulas for people.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

#: Groups of the periodic table from left to right, each from the bottom to the top: the order of
#: formulas of the IUPAC (Red Book 2005, table VI). Metals among themselves are written like this.
_IUPAC = (
    "Rn Xe Kr Ar Ne He Fr Cs Rb K Na Li Ra Ba Sr Ca Mg Be "
    "Lr No Md Fm Es Cf Bk Cm Am Pu Np U Pa Th Ac Lu Yb Tm Er Ho Dy Tb Gd Eu Sm Pm Nd Pr Ce La Y Sc "
    "Hf Zr Ti Ta Nb V W Mo Cr Re Tc Mn Os Ru Fe Ir Rh Co Pt Pd Ni Au Ag Cu Hg Cd Zn Tl In Ga Al B "
    "Pb Sn Ge Si C Bi Sb As P N H D Po Te Se S O At I Br Cl F"
).split()
#: Of salts: large ions of low charge come first, so that the sites of FeTiO3, ZnFe2O4, PbTiO3 and
#: BiFeO3 stand in the order that everybody knows. Then the centres of complex anions, and anions.
_SALTS = (
    "Rn Xe Kr Ar Ne He Fr Cs Rb K Na Li Tl Ag Ra Ba Sr Ca Pb Bi La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho "
    "Er Tm Yb Lu Y Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Cu Au Mg Hg Cd Zn Co Ni Mn Fe Be In "
    "Sc Ga Al Cr Rh Ir Pd Pt Ru Os Hf Zr Sn Ti Ge Si Ta Nb V Sb W Mo Re Tc B C As P N H D Po Te Se "
    "S O At I Br Cl F"
).split()
_ANIONS = frozenset("O S Se Te F Cl Br I".split())
_HALOGENS = ("Cl", "Br", "I")

_ATOMS = re.compile(r"([A-Z][a-z]?)(\d+(?:\.\d*)?|\.\d+)?")
_GROUP = re.compile(r"\(((?:[A-Z][a-z]?(?:\d+(?:\.\d*)?)?)+)\)(\d+(?:\.\d*)?)?")
# Numbers that are rounded to two decimals of a percent, and sites that are not quite full.
_TOLERANCE = 0.03
# An element or the atoms of a kind come to so many in a formula, at most.
_MOST_ATOMS = 16
# Beside anions there is at least a whole atom of something, or mixed ones add up to about one.
_LEAST_MAIN, _ONE_SITE = (0.9, 0.55), 1.5
# With more atoms, or with fewer in whole numbers, a formula is harder to read than percentages.
_MOST_IN_ALL, _LEAST_WHOLE = 45.0, 0.33


@lru_cache(maxsize=4096)
def readable_formula(formula: str) -> str:
    """Write a formula as chemists do.

    Parameters
    ----------
    formula
        In any order, such as ``"O2Ti"``; with ``%`` at the end the numbers are percent of the
        atoms, ``"Ca4Mn20O60Pr14Sr2%"``. What is no formula comes back as it is.

    Returns
    -------
    Cations first (``"TiO2"``, ``"PrCoO3"``). Percentages become the smallest formula in which the
    other atoms of a kind, cations or anions, add up to whole numbers (to 0.03); where there is
    none they stay, marked ``"at.%"``: percent of the atoms.

    Examples
    --------
    >>> from crystinet.crystals.formulas import readable_formula
    >>> [readable_formula(text) for text in ("BrNa", "O3SrTi", "H2MgO2")]
    ['NaBr', 'SrTiO3', 'Mg(OH)2']
    >>> readable_formula("Ca4Mn20O60Pr14Sr2%"), readable_formula("Fe0.05Pt47.7S52.25%")
    ('Pr0.7Ca0.2Sr0.1MnO3', 'S52.25Pt47.7Fe0.05 at.%')
    """
    text = formula.strip()
    percent = text.endswith("%")
    atoms = amounts_of(text.removesuffix("%"))
    if not atoms:
        return formula
    if not percent:
        return _written(atoms)
    whole = _of_percent(atoms)
    if whole is not None:
        return _written(whole)
    falling = sorted(atoms, key=lambda element: -atoms[element])
    return "".join(f"{element}{atoms[element]:g}" for element in falling) + " at.%"


def amounts_of(text: str) -> dict[str, float]:
    """Atoms of each element in a formula, groups in parentheses too; none where it is no formula.

    Examples
    --------
    >>> from crystinet.crystals.formulas import amounts_of
    >>> amounts_of("Ca(OH)2"), amounts_of("rutile")
    ({'Ca': 1.0, 'O': 2.0, 'H': 2.0}, {})
    """
    amounts: dict[str, float] = {}
    end = 0
    text = _GROUP.sub(_multiplied_out, text)
    for atom in _ATOMS.finditer(text):
        if atom.start() != end or atom[1] not in _IUPAC:
            return {}
        amounts[atom[1]] = amounts.get(atom[1], 0.0) + float(atom[2] or 1)
        end = atom.end()
    return amounts if end == len(text) else {}


def _multiplied_out(group: re.Match[str]) -> str:
    """Write ``"(SO4)2"`` as ``"S2O8"``."""
    factor = float(group[2] or 1)
    atoms = _ATOMS.findall(group[1])
    return "".join(f"{element}{factor * float(amount or 1):g}" for element, amount in atoms)


def _of_percent(percent: Mapping[str, float]) -> dict[str, float] | None:
    """The smallest formula that has these percentages; None where no small one has."""
    for factor in _factors(percent):
        atoms = {element: amount * factor for element, amount in percent.items()}
        if sum(atoms.values()) <= _MOST_IN_ALL and _comes_out(atoms):
            return atoms
    return None


def _factors(percent: Mapping[str, float]) -> Iterator[float]:
    """What makes an element a whole number of atoms, the smallest formulas first."""
    main = [amount for amount in percent.values() if amount >= 5.0]
    yield from sorted(k / amount for amount in main for k in range(1, _MOST_ATOMS + 1))


def _comes_out(atoms: Mapping[str, float]) -> bool:
    """Whether the atoms that are no whole numbers share sites that are full, anions and others."""
    left = {e: n for e, n in atoms.items() if not (n > 0.5 and abs(n - round(n)) < _TOLERANCE)}
    if sum(left.values()) > (1.0 - _LEAST_WHOLE) * sum(atoms.values()):
        return False
    others = [n for e, n in atoms.items() if e not in _ANIONS]
    if others and max(others) < _LEAST_MAIN[sum(others) < _ONE_SITE]:
        return False
    for kind in (
        [n for e, n in left.items() if e in _ANIONS],
        [n for e, n in left.items() if e not in _ANIONS and e != "H"],  # protons have no sites
    ):
        total = sum(kind)
        if abs(total - round(total)) > _TOLERANCE:
            return False
    return True


def _written(atoms: Mapping[str, float]) -> str:
    hydroxide = _hydroxide(atoms)
    if hydroxide:
        return hydroxide
    return "".join(f"{element}{_number(atoms[element])}" for element in _order(atoms))


def _order(atoms: Mapping[str, float]) -> list[str]:
    """Elements as they are written: what shares a site by falling amounts."""
    sequence = _SALTS if _ANIONS & atoms.keys() else _IUPAC
    order = sorted(atoms, key=sequence.index)
    for halogen in _HALOGENS:  # KClO4, but BiOCl
        others = sum(n for e, n in atoms.items() if e not in ("O", "H", halogen))
        if (
            halogen in atoms
            and 3.0 * atoms[halogen] <= atoms.get("O", 0.0)
            and (others <= atoms[halogen])
        ):
            order.remove(halogen)
            order.insert(order.index("O"), halogen)
    runs: list[list[str]] = []
    for element in order:
        shared = atoms[element] < 1.0 - _TOLERANCE and element not in _ANIONS
        if shared and runs and atoms[runs[-1][-1]] < 1.0 - _TOLERANCE:
            runs[-1].append(element)
        else:
            runs.append([element])
    return [element for run in runs for element in sorted(run, key=lambda e: -atoms[e])]


def _hydroxide(atoms: Mapping[str, float]) -> str:
    """``Mg(OH)2`` for H2MgO2; nothing for what is no hydroxide of one metal."""
    metals = [element for element in atoms if element not in ("O", "H")]
    if len(metals) != 1 or metals[0] in (*_ANIONS, *"B C N P As".split()):
        return ""
    number = atoms.get("H", 0.0)
    if number != atoms.get("O") or number < 1.0:
        return ""
    metal = f"{metals[0]}{_number(atoms[metals[0]])}"
    return f"{metal}OH" if number == 1.0 else f"{metal}(OH){_number(number)}"


def _number(amount: float) -> str:
    text = f"{amount:.2f}" if amount >= 0.01 else f"{amount:.1g}"
    text = text.rstrip("0").rstrip(".")
    return "" if text == "1" else text

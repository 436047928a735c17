"""Which elements are in the sample: an optional hint that re-weights the structure types.

A structure type has its chemistry: no garnet is a binary sulphide. From the known compounds of each
type the bundle holds how often each family of elements occurs and how many elements a compound has;
the elements that the user names are scored by naive Bayes, with a weight fitted on validation
compounds because the families are not independent.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import ConfigError

#: Elements that replace each other in crystals, roughly the groups of the periodic table.
FAMILIES: tuple[tuple[str, ...], ...] = (
    ("H", "D"),
    ("Li", "Na"),
    ("K", "Rb", "Cs", "Fr", "Tl"),
    ("Be", "Mg"),
    ("Ca", "Sr", "Ba", "Ra"),
    ("Sc", "Y", "La", "Ce", "Pr", "Nd", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb",
     "Lu"),
    ("Ac", "Th", "Pa", "U", "Np", "Pu", "Am", "Cm", "Bk", "Cf", "Es", "Fm", "Md", "No", "Lr"),
    ("Ti", "Zr", "Hf"),
    ("V", "Nb", "Ta"),
    ("Cr", "Mo", "W"),
    ("Mn", "Tc", "Re"),
    ("Fe", "Co", "Ni"),
    ("Ru", "Rh", "Pd", "Os", "Ir", "Pt"),
    ("Cu", "Ag", "Au"),
    ("Zn", "Cd", "Hg"),
    ("B",),
    ("Al", "Ga", "In"),
    ("C",),
    ("Si", "Ge"),
    ("Sn", "Pb"),
    ("N",),
    ("P", "As"),
    ("Sb", "Bi"),
    ("O",),
    ("S", "Se", "Te", "Po"),
    ("F",),
    ("Cl", "Br", "I", "At"),
    ("He", "Ne", "Ar", "Kr", "Xe", "Rn"),
)  # fmt: skip

_FAMILY = {element: i for i, family in enumerate(FAMILIES) for element in family}
_MOST_ELEMENTS = 7  # compounds with more count as having so many
#: Columns of the table: one for each family, one for each number of elements.
WIDTH = len(FAMILIES) + _MOST_ELEMENTS


@dataclass(frozen=True, slots=True, eq=False)
class CompositionTable:
    """Chemistry of each type.

    Attributes
    ----------
    probability
        Shape (t, WIDTH): probability that a compound of the type contains each family, then of
        each number of elements.
    """

    probability: NDArray[np.float32]

    @classmethod
    def count(cls, elements: Sequence[frozenset[str]], types: Sequence[int], *, n_types: int
              ) -> "CompositionTable":  # fmt: skip
        """From the elements of known compounds and the column of the type of each.

        The shares of all compounds together count as two compounds of each type, so that nothing
        is impossible for having not been seen.
        """
        seen = np.array([_vector(each) for each in elements]).reshape(-1, WIDTH)
        prior = seen.mean(axis=0) if len(seen) else np.full(WIDTH, 0.5)
        prior = np.clip(prior, 0.003, 0.997)
        sums, number = np.zeros((n_types, WIDTH)), np.zeros((n_types, 1))
        for row, column in zip(seen, types, strict=True):
            sums[column] += row
            number[column] += 1
        return cls(((sums + 2.0 * prior) / (number + 2.0)).astype(np.float32))

    def log_likelihood(self, elements: Iterable[str]) -> FloatArray:
        """Ln p(elements | type) of every type, (t,)."""
        present = _vector(frozenset(elements))
        n = len(FAMILIES)
        p = self.probability.astype(np.float64)
        families = np.where(present[:n] > 0.0, np.log(p[:, :n]), np.log1p(-p[:, :n]))
        number: FloatArray = families.sum(axis=1) + np.log(p[:, n:] @ present[n:])
        return number


def parse_elements(text: str) -> frozenset[str]:
    """Elements of a list such as ``"Fe,O"`` or ``"Fe O"``; ConfigError for what is none."""
    names = text.replace(",", " ").replace(";", " ").split()
    return check_elements(names)


def check_elements(names: Iterable[str]) -> frozenset[str]:
    """The elements of the given symbols, in any case; ConfigError for what is none."""
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise ConfigError(
            f"elements is {names!r}, not a list of symbols.", hint='Give a list: ["Na", "Cl"].'
        )
    found = set()
    for name in names:
        symbol = str(name).strip().capitalize()
        if symbol not in _FAMILY:
            raise ConfigError(
                f"{name!r} is no chemical element.",
                hint="Give the symbols of the elements in the sample: Fe,O.",
            )
        found.add(symbol)
    if not found:
        raise ConfigError("No element is named.", hint="Give the symbols, for example Fe,O.")
    return frozenset(found)


def _vector(elements: frozenset[str]) -> FloatArray:
    vector = np.zeros(WIDTH)
    for element in elements:
        vector[_FAMILY[element]] = 1.0
    vector[len(FAMILIES) + min(max(len(elements), 1), _MOST_ELEMENTS) - 1] = 1.0
    return vector

"""Chemical species as CIF files write them."""

import re
from collections.abc import Collection
from functools import lru_cache
from itertools import takewhile

import gemmi

from crystinet.core.errors import InvalidStructureError

_SYMBOL = re.compile(r"^([A-Za-z]{1,2})(?:(\d?)([+-])|([+-])(\d?)|0?)$")


@lru_cache(maxsize=1024)
def species_of_symbol(text: str) -> str:
    """Species of a type symbol: "Fe", "FE", "Fe3+", "Fe+3", "Cu0+", "D" to gemmi's spelling.

    Raises
    ------
    InvalidStructureError
        Where the text is no element or ion, such as the dummies "M", "X" and "Vac".
    """
    match = _SYMBOL.match(text.strip())
    element = _element(match[1].capitalize()) if match else ""
    if match is None or not element:
        raise InvalidStructureError(
            f"{text!r} is no chemical element or ion.",
            hint='Write elements ("Fe") or ions ("Fe3+"); replace dummy and mixed atoms by real '
            "ones with their occupancies.",
        )
    sign = match[3] or match[4]
    charge = match[2] or match[5] or "1"
    return element if not sign or int(charge) == 0 else f"{element}{int(charge)}{sign}"


def species_of_label(label: str, *, elements: Collection[str]) -> str:
    """Element that an atom label starts with ("Fe1", "O2A", "OH"), without a charge.

    Parameters
    ----------
    label
        As in ``_atom_site_label``.
    elements
        The elements of the compound's formula, which tell "CA1" of calcium from that of carbon
        and "Wat" from tungsten; may be empty.

    Raises
    ------
    InvalidStructureError
        Where no element fits, or two fit and neither formula nor lower case says which.
    """
    letters = "".join(takewhile(str.isalpha, label))
    two = _element(letters[:2].capitalize()) if len(letters) > 1 else ""
    one = _element(letters[:1].upper()) if letters[:1] not in ("t", "T") else ""
    if elements:
        fitting = [name for name in (two, one) if name in elements]
    elif letters[1:2].islower():
        fitting = [two]
    else:
        fitting = [name for name in (two, one) if name]
    if not any(fitting) or (len(fitting) == 2 and not elements):
        what = (
            " or ".join(filter(None, fitting)) or f"no element{' of the formula' * bool(elements)}"
        )
        raise InvalidStructureError(
            f"the label {label!r} may mean {what}.",
            hint="Add a column _atom_site_type_symbol to the atoms.",
        )
    return fitting[0]


def _element(symbol: str) -> str:
    """Return the symbol if it is an element, else nothing."""
    if symbol in ("D", "T"):
        return symbol
    element = gemmi.Element(symbol)
    return str(element.name) if element.atomic_number > 0 and element.name == symbol else ""

"""crystinet: structure type of an unknown compound from one powder X-ray diffraction pattern.

>>> import crystinet
>>> result = crystinet.identify("sample.xy", wavelength_angstrom=1.5406)  # doctest: +SKIP
>>> result.verdict, result.candidates[0].type  # doctest: +SKIP

The names below load their modules at first use, so that ``import crystinet`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from crystinet.core.version import __version__

if TYPE_CHECKING:
    from crystinet.app.assign import assign
    from crystinet.app.explain import explain
    from crystinet.app.identify import identify
    from crystinet.app.nearest import nearest
    from crystinet.app.simulate import simulate
    from crystinet.core.errors import CrystinetError
    from crystinet.core.radiation import Radiation
    from crystinet.crystals.cif import read_structure
    from crystinet.crystals.structure import Structure
    from crystinet.patterns import read_pattern
    from crystinet.patterns.pattern import Pattern

__all__ = [
    "CrystinetError",
    "Pattern",
    "Radiation",
    "Structure",
    "__version__",
    "assign",
    "explain",
    "identify",
    "nearest",
    "read_pattern",
    "read_structure",
    "simulate",
]

#: Public name -> the module that defines it.
_HOME = {
    "CrystinetError": "crystinet.core.errors",
    "Pattern": "crystinet.patterns.pattern",
    "Radiation": "crystinet.core.radiation",
    "Structure": "crystinet.crystals.structure",
    "assign": "crystinet.app.assign",
    "explain": "crystinet.app.explain",
    "identify": "crystinet.app.identify",
    "nearest": "crystinet.app.nearest",
    "read_pattern": "crystinet.patterns",
    "read_structure": "crystinet.crystals.cif",
    "simulate": "crystinet.app.simulate",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

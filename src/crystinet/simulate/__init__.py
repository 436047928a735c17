"""Row 2: from a crystal structure to reflections, profiles and augmented patterns.

The public function ``crystinet.simulate(structure)`` has the name of this package, and the import
system puts the package in its place. So the package is callable, as the function.
"""

import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crystinet.crystals.structure import Structure
    from crystinet.patterns.pattern import Pattern


class _CallablePackage(ModuleType):
    def __call__(self, structure: "Structure | str | Path", **settings: Any) -> "Pattern":
        """Simulate a structure or a CIF file, see `crystinet.simulate.simulation.simulate`."""
        from crystinet.crystals.cif import read_structure
        from crystinet.crystals.structure import Structure
        from crystinet.simulate.simulation import simulate

        if not isinstance(structure, Structure):
            structure = read_structure(structure)
        return simulate(structure, **settings)


sys.modules[__name__].__class__ = _CallablePackage

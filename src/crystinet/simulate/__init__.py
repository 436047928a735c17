"""Row 2: from a crystal structure to reflections, profiles and augmented patterns.

The public function ``crystinet.simulate(structure)`` has the name of this package, and the import
system puts the package in its place. So the package is callable, as the function.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crystinet.crystals.structure import Structure
    from crystinet.patterns.pattern import Pattern


class _CallablePackage(ModuleType):
    def __call__(self, structure: "Structure", **settings: Any) -> "Pattern":
        """Simulate a powder pattern, see `crystinet.simulate.simulation.simulate`."""
        from crystinet.simulate.simulation import simulate

        return simulate(structure, **settings)


sys.modules[__name__].__class__ = _CallablePackage

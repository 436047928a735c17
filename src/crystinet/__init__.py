"""crystinet: structure type of an unknown compound from one powder X-ray diffraction pattern.

>>> import crystinet
>>> quartz_like = crystinet.types(group=3)[0].reference  # or crystinet.read_structure("a.cif")
>>> pattern = crystinet.simulate(quartz_like, counts=5000)  # or crystinet.read_pattern("a.xy")
>>> answer = crystinet.identify(pattern)
>>> len(answer.candidates) > 5 and answer.verdict in crystinet.Verdict
True

The names below load their modules at first use, so that ``import crystinet`` costs nothing.
"""

from importlib import import_module

from crystinet.core.version import __version__

TYPE_CHECKING = False  # type checkers take it for True; importing typing would double our own time
if TYPE_CHECKING:
    from crystinet.app.assign import assign
    from crystinet.app.explain import explain
    from crystinet.app.handover import read_instrument, write_fit
    from crystinet.app.identifications import Identifications
    from crystinet.app.identify import identify
    from crystinet.app.identify_many import identify_many
    from crystinet.app.nearest import nearest
    from crystinet.app.outcome import Failure, Success
    from crystinet.app.refine import refine
    from crystinet.app.simulate import simulate
    from crystinet.app.types import types
    from crystinet.core.errors import (
        BundleError,
        ClusterError,
        ConfigError,
        CorpusError,
        CrystinetError,
        FileMissingError,
        InternalFaultError,
        InvalidPatternError,
        InvalidStructureError,
        InvalidWavelengthError,
        MissingExtraError,
        ReaderFailedError,
        UnknownTypeError,
        UnreadableFileError,
    )
    from crystinet.core.notes import Note
    from crystinet.core.radiation import Radiation
    from crystinet.crystals.assignment import Assignment
    from crystinet.crystals.cif import read_structure, read_structures
    from crystinet.crystals.conversion import to_ase, to_diffpy, to_pymatgen, to_structure
    from crystinet.crystals.structure import Site, Structure
    from crystinet.crystals.structure_type import StructureType
    from crystinet.fit.starting_points import StartingPoint
    from crystinet.fit.whole_pattern.answer import Fit
    from crystinet.fit.whole_pattern.fitted_phase import FittedPhase, FittedSite
    from crystinet.fit.whole_pattern.instrument import InstrumentProfile
    from crystinet.fit.whole_pattern.proof import Proof
    from crystinet.model.explanation import Explanation
    from crystinet.model.identification import Candidate, Identification, Verdict
    from crystinet.patterns import read_pattern, read_patterns
    from crystinet.patterns.labelled import to_xarray
    from crystinet.patterns.pattern import Pattern
    from crystinet.patterns.writers.writing import write_pattern
    from crystinet.service.client import Client

__all__ = [
    "Assignment",
    "BundleError",
    "Candidate",
    "Client",
    "ClusterError",
    "ConfigError",
    "CorpusError",
    "CrystinetError",
    "Explanation",
    "Failure",
    "FileMissingError",
    "Fit",
    "FittedPhase",
    "FittedSite",
    "Identification",
    "Identifications",
    "InstrumentProfile",
    "InternalFaultError",
    "InvalidPatternError",
    "InvalidStructureError",
    "InvalidWavelengthError",
    "MissingExtraError",
    "Note",
    "Pattern",
    "Proof",
    "Radiation",
    "ReaderFailedError",
    "Site",
    "StartingPoint",
    "Structure",
    "StructureType",
    "Success",
    "UnknownTypeError",
    "UnreadableFileError",
    "Verdict",
    "__version__",
    "assign",
    "explain",
    "identify",
    "identify_many",
    "nearest",
    "read_instrument",
    "read_pattern",
    "read_patterns",
    "read_structure",
    "read_structures",
    "refine",
    "simulate",
    "to_ase",
    "to_diffpy",
    "to_pymatgen",
    "to_structure",
    "to_xarray",
    "types",
    "write_fit",
    "write_pattern",
]

#: Module -> the public names that it defines.
_HOMES = {
    "app.assign": "assign",
    "app.explain": "explain",
    "app.identifications": "Identifications",
    "app.handover": "read_instrument write_fit",
    "app.identify": "identify",
    "app.identify_many": "identify_many",
    "app.nearest": "nearest",
    "app.outcome": "Failure Success",
    "app.refine": "refine",
    "app.simulate": "simulate",
    "app.types": "types",
    "core.errors": "BundleError ClusterError ConfigError CorpusError CrystinetError "
    "FileMissingError InternalFaultError InvalidPatternError InvalidStructureError "
    "InvalidWavelengthError MissingExtraError ReaderFailedError UnknownTypeError "
    "UnreadableFileError",
    "core.notes": "Note",
    "core.radiation": "Radiation",
    "crystals.assignment": "Assignment",
    "crystals.catalogue": "StructureType",
    "crystals.cif": "read_structure read_structures",
    "crystals.conversion": "to_ase to_diffpy to_pymatgen to_structure",
    "crystals.structure": "Site Structure",
    "fit.starting_points": "StartingPoint",
    "fit.whole_pattern.answer": "Fit",
    "fit.whole_pattern.fitted_phase": "FittedPhase FittedSite",
    "fit.whole_pattern.instrument": "InstrumentProfile",
    "fit.whole_pattern.proof": "Proof",
    "model.explanation": "Explanation",
    "model.identification": "Candidate Identification Verdict",
    "patterns": "read_pattern read_patterns",
    "patterns.labelled": "to_xarray",
    "patterns.pattern": "Pattern",
    "patterns.writers.writing": "write_pattern",
    "service.client": "Client",
}
_HOME = {name: f"crystinet.{home}" for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

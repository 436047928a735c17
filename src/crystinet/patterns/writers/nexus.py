"""Patterns as NeXus, application definition NXxrd (HDF5, needs h5py)."""

from pathlib import Path
from typing import Any

from crystinet.core.extras import need_extra
from crystinet.core.files import whole_file
from crystinet.core.radiation import KEV_ANGSTROM
from crystinet.core.version import __version__
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.writers.text import wavelength_is_known

_TUBE = (
    ("xray_tube_voltage", "voltage_kv", "kV"),
    ("xray_tube_current", "current_ma", "mA"),
)


def write_nexus(pattern: Pattern, path: Path) -> None:
    """Write one NXentry: instrument, sample, and an NXdata of the points that were measured.

    Source: the definitions NXxrd, NXmonopd and NXxrd_pan (manual.nexusformat.org and
    fairmat-nfdi.github.io/nexus_definitions). A field that is not known is left out, the energy
    of the beam too where the wavelength was assumed.

    Raises
    ------
    MissingExtraError
        h5py is not installed.
    FileMissingError
        The file cannot be written.
    """
    need_extra("formats", "h5py", what="Writing NeXus")
    import h5py

    with whole_file(path) as place, h5py.File(place, "w") as file:
        file.attrs["default"] = "entry"
        file.attrs["creator"] = f"crystinet {__version__}"
        entry = _group(file, "entry", "NXentry", default="data")
        entry["definition"] = "NXxrd"
        entry["title"] = pattern.name or "powder pattern"
        _fill(entry, pattern)


def _fill(entry: Any, pattern: Pattern) -> None:
    said = pattern.metadata
    x, y = pattern.two_theta_deg[pattern.mask], pattern.intensity[pattern.mask]
    if "measured_at" in said:
        entry["start_time"] = said["measured_at"]
    if "sample" in said:
        _group(entry, "sample", "NXsample")["name"] = said["sample"]
    instrument = _group(entry, "instrument", "NXinstrument")
    if "instrument" in said:
        instrument["name"] = said["instrument"]
    source = _group(instrument, "source", "NXsource")
    source["probe"] = "x-ray"
    if "anode" in said:
        source["xray_tube_material"] = said["anode"]
    for name, field, unit in _TUBE:
        if field in said:
            _number(source, name, said[field], unit)
    if wavelength_is_known(pattern):
        _beam(instrument, source, pattern)
    _number(_group(instrument, "detector", "NXdetector"), "polar_angle", x, "deg")
    data = _group(entry, "data", "NXdata", signal="data", axes="polar_angle")
    _number(data, "polar_angle", x, "deg")
    data["data"] = y  # counts, or whatever the file gave: nobody says which


def _beam(instrument: Any, source: Any, pattern: Pattern) -> None:
    lines = pattern.radiation.wavelengths_angstrom
    beam = _group(instrument, "beam", "NXbeam")
    _number(beam, "incident_wavelength", lines[0], "angstrom")
    _number(beam, "incident_energy", KEV_ANGSTROM / lines[0], "keV")
    if len(lines) == 2:
        _number(source, "k_alpha_one", lines[0], "angstrom")
        _number(source, "k_alpha_two", lines[1], "angstrom")
        weights = pattern.radiation.weights
        source["ratio_k_alphatwo_k_alphaone"] = weights[1] / weights[0]


def _group(parent: Any, name: str, kind: str, **attributes: str) -> Any:
    group = parent.create_group(name)
    group.attrs["NX_class"] = kind
    group.attrs.update(attributes)
    return group


def _number(group: Any, name: str, value: Any, unit: str) -> None:
    group[name] = value
    group[name].attrs["units"] = unit

"""Reader of NeXus files (HDF5) of powder diffraction: NXxrd and NXmonopd."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.diffraction import two_theta_from_d
from crystinet.core.errors import MissingExtraError, UnreadableFileError
from crystinet.core.notes import NO_NOTES
from crystinet.core.radiation import Radiation
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.readers.formats.nexus_metadata import metadata_of_entry
from crystinet.patterns.readers.parts import hdf5_child
from crystinet.patterns.readers.parts.axes import note_of_conversion
from crystinet.patterns.readers.parts.probe import neutrons
from crystinet.patterns.readers.parts.quantities import Quantity, quantity_of
from crystinet.patterns.readers.parts.scans import (
    Scan,
    patterns_of_scans,
    to_common_time,
    unlike_powder,
)
from crystinet.patterns.readers.parts.tube import radiation_of_lines

_ANGSTROM_IN = {"angstrom": 1.0, "angstroms": 1.0, "a": 1.0, "å": 1.0, "nm": 10.0, "pm": 0.01}
# Names of the intensity where no attribute marks it.
_SIGNALS = ("intensity", "counts", "data")
# The child stops itself after seconds of computing; this is for systems where it cannot.
_SECONDS = 15.0


class NexusReader:
    """NeXus files with a powder pattern in a group of class NXdata.

    Source: the NeXus definitions NXdata, NXmonopd, NXxrd and NXxrd_pan (manual.nexusformat.org).
    Links that lead out of the file are not followed.
    """

    name = "NeXus"

    def accepts(self, head: bytes, suffix: str) -> bool:
        """The signature of HDF5 decides."""
        return head.startswith(b"\x89HDF\r\n\x1a\n")

    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        """Read every pattern; see `PatternReader.read`. A MissingExtraError asks for h5py."""
        if importlib.util.find_spec("h5py") is None:
            raise MissingExtraError(
                f"{name} is an HDF5 or NeXus file; reading it needs h5py.",
                hint='Install it with: pip install "crystinet[formats]"',
            )
        nodes = _nodes(data, name=name)
        scans = [
            scan for entry in _entries(nodes) for scan in _scans(entry, given=radiation, name=name)
        ]
        if not scans:
            raise UnreadableFileError(
                f"{name} is an HDF5 file without a powder pattern: no group of class NXdata has "
                "an intensity against 2theta, Q or d.",
                hint="Export the pattern as text with two columns, 2theta and intensity.",
            )
        return patterns_of_scans(scans, name=name, radiation=radiation)


@dataclass(frozen=True, slots=True, eq=False)
class _Node:
    """A group or a data set; see `hdf5_child.described`.

    Attributes
    ----------
    path
        From the root, "/entry/data/two_theta".
    attributes
        By name, always lists.
    shape
        None for a group.
    text, values
        Content of a data set; text for one string, shape (n,) for numbers.
    unread
        Why there is no content, if it should have some.
    """

    path: str
    attributes: dict[str, list[str]]
    shape: tuple[int, ...] | None
    text: str
    values: FloatArray
    unread: str

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def is_group(self) -> bool:
        return self.shape is None

    def attribute(self, key: str) -> str:
        return next(iter(self.attributes.get(key, ())), "")


def _nodes(data: bytes, *, name: str) -> list[_Node]:
    """Content of a file, listed by a process that may fail."""
    command = [sys.executable, "-P", str(Path(hdf5_child.__file__))]
    environment = {
        **os.environ,
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    try:
        done = subprocess.run(  # noqa: S603 (our own program)
            command, input=data, capture_output=True, timeout=_SECONDS, env=environment, check=False
        )
        line, _, numbers = done.stdout.partition(b"\n")
        answer: dict[str, Any] = (
            json.loads(line) if done.returncode == 0 else {"error": "its reader gave up"}
        )
    except (subprocess.TimeoutExpired, ValueError):
        answer = {"error": "its reader did not come to an end"}
    if "error" in answer:
        raise UnreadableFileError(
            f"{name} is a damaged HDF5 file: {answer['error']}.",
            hint="The file was cut off or is damaged; copy or export it again.",
        )
    values = np.frombuffer(numbers, dtype="<f8")
    nodes, at = [], 0
    for node in answer["nodes"]:
        shape = None if node["shape"] is None else tuple(node["shape"])
        own = values[at : at + node["n"]]
        at += node["n"]
        unread = node.get("unread", "")
        nodes.append(_Node(node["path"], node["attributes"], shape, node["text"], own, unread))
    return nodes


def _below(nodes: list[_Node], group: _Node) -> list[_Node]:
    return [node for node in nodes if node.path.startswith(group.path + "/")]


def _entries(nodes: list[_Node]) -> list[list[_Node]]:
    """Everything below each group of class NXentry, or all without one."""
    entries = [node for node in nodes if node.attribute("NX_class") == "NXentry"]
    return [_below(nodes, entry) for entry in entries] or [nodes]


def _scans(entry: list[_Node], *, given: Radiation | None, name: str) -> Iterator[Scan]:
    """Scans in the data groups of an entry; a group that repeats another is left out."""
    _refuse_neutrons(entry, name=name)
    radiation = given or _radiation(entry)
    axis = next((node.text for node in entry if node.name == "scan_axis"), "")
    other = unlike_powder(axis) if axis else None
    metadata = metadata_of_entry(entry)
    seen: list[FloatArray] = []
    for group in entry:
        if not group.is_group or group.attribute("NX_class") != "NXdata":
            continue
        scan = Scan(unlike_powder=other) if other else _scan(group, entry, radiation, name=name)
        if scan is None or any(np.array_equal(scan.intensity, y) for y in seen):
            continue
        if not scan.unlike_powder:
            seen.append(np.asarray(scan.intensity))
        yield replace(scan, metadata=metadata)


def _refuse_neutrons(entry: list[_Node], *, name: str) -> None:
    """Refuse what NXsource, or the definition of the entry, says of neutrons."""
    for node in entry:
        if node.name in ("probe", "type", "definition") and (
            "neutron" in node.text.lower() or node.text.startswith("NXtof")
        ):
            raise neutrons(f"{node.path} {node.text}", name=name)


def _scan(
    group: _Node, entry: list[_Node], radiation: Radiation | None, *, name: str
) -> Scan | None:
    """The scan in a group of class NXdata, None if it holds something else than a profile."""
    columns = {node.name: node for node in _below(entry, group) if not node.is_group}
    signal = _signal(group, columns)
    if signal is None or signal.shape is None:
        return None
    if signal.unread:
        raise UnreadableFileError(
            f"{signal.path} in {name} {signal.unread}.",
            hint="Export the pattern as text with two columns, 2theta and intensity.",
        )
    if not hdf5_child.is_profile(signal.shape):
        size = " x ".join(str(n) for n in signal.shape)
        return Scan(unlike_powder=f"an image or a map of {size} values")
    axes = group.attributes.get("axes", [])
    named = [columns[axis] for axis in axes if axis in columns] or list(columns.values())
    for wanted in (Quantity.TWO_THETA, Quantity.Q, Quantity.D):
        for column in named:
            angle = column.name == "polar_angle"
            quantity = Quantity.TWO_THETA if angle else quantity_of(column.name)
            if quantity is wanted and len(column.values) == len(signal.values) > 0:
                return _converted(column, signal.values, wanted, entry, radiation)
    return Scan(unlike_powder=f"a scan of {', '.join(axes) or 'an unnamed axis'}")


def _converted(
    axis: _Node, y: FloatArray, quantity: Quantity, entry: list[_Node], radiation: Radiation | None
) -> Scan:
    """The scan with its axis in degrees 2theta and its counts for a common time."""
    x, unit = axis.values, axis.attribute("units").strip().lower()
    notes = NO_NOTES
    times = next((node.values for node in entry if node.name == "count_time"), np.empty(0))
    if len(times) == len(y) > 1:
        y, notes = to_common_time(y, times)
    if quantity is Quantity.TWO_THETA:
        x = np.degrees(x) if unit.startswith("rad") else x
    else:
        per_nm = 10.0 if "nm" in unit or "nanomet" in unit else 1.0
        with np.errstate(divide="ignore", invalid="ignore"):
            d = x * per_nm if quantity is Quantity.D else 2.0 * np.pi * per_nm / x
        wavelength = (radiation or Radiation.of_anode("Cu")).wavelength_angstrom
        x = two_theta_from_d(np.where(d > 0.0, d, np.nan), wavelength)
        notes = (*notes, note_of_conversion(quantity))
        x, y = x[np.isfinite(x)], y[np.isfinite(x)]
    return Scan(x, y, radiation, notes=notes)


def _signal(group: _Node, columns: dict[str, _Node]) -> _Node | None:
    """The intensity: named by the group, marked by itself, or known by its name."""
    marked = [name for name, column in columns.items() if "signal" in column.attributes]
    names = (group.attribute("signal"), *marked, *_SIGNALS)
    return next((columns[name] for name in names if name in columns), None)


def _radiation(entry: list[_Node]) -> Radiation | None:
    """Lines of the tube, else a wavelength, else the anode."""
    found = {node.name: node for node in reversed(entry) if not node.is_group}
    alpha_1, alpha_2, ratio = (
        _wavelength(found.get(name))
        for name in ("k_alpha_one", "k_alpha_two", "ratio_k_alphatwo_k_alphaone")
    )
    if alpha_1:
        return radiation_of_lines(alpha_1, alpha_2, ratio)
    for name in ("wavelength", "incident_wavelength"):
        if value := _wavelength(found.get(name)):
            return Radiation.of_wavelength(value)
    anode = found.get("xray_tube_material")
    return radiation_of_lines(0.0, anode=anode.text if anode else "")


def _wavelength(node: _Node | None) -> float:
    """One number in angstrom; 0 where there is none, or none of a known unit."""
    if node is None or not len(node.values):
        return 0.0
    unit = node.attribute("units").strip().lower() or "angstrom"
    return float(node.values[0]) * _ANGSTROM_IN.get(unit, 0.0)

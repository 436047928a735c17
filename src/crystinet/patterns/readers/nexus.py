"""Reader of NeXus files (HDF5) of powder diffraction: NXxrd and NXmonopd."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.diffraction import two_theta_from_d
from crystinet.core.errors import MissingExtraError, UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.readers.columns import Quantity, quantity_of
from crystinet.patterns.readers.scans import (
    Scan,
    patterns_of_scans,
    to_common_time,
    unlike_powder,
)
from crystinet.patterns.readers.tube import radiation_of_lines

# Larger arrays are images, and deeper or larger trees are damaged or malicious.
_MOST_VALUES = 2_000_000
_MOST_NODES, _DEEPEST = 5000, 12
_ANGSTROM_IN = {"angstrom": 1.0, "angstroms": 1.0, "a": 1.0, "å": 1.0, "nm": 10.0, "pm": 0.01}
# Names of the intensity where no attribute marks it.
_SIGNALS = ("intensity", "counts", "data")
# What h5py raises for damaged files.
_DAMAGES = (OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError, OverflowError)


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
        try:
            import h5py
        except ImportError as error:
            raise MissingExtraError(
                f"{name} is an HDF5 or NeXus file; reading it needs h5py.",
                hint='Install it with: pip install "crystinet[formats]"',
            ) from error
        try:
            with h5py.File(io.BytesIO(data), "r") as file:
                scans = [
                    scan for entry in _entries(file) for scan in _scans(entry, given=radiation)
                ]
        except _DAMAGES as error:
            raise UnreadableFileError(
                f"{name} is a damaged HDF5 file: {error}.",
                hint="The file was cut off or is damaged; copy or export it again.",
            ) from error
        if not scans:
            raise UnreadableFileError(
                f"{name} is an HDF5 file without a powder pattern: no group of class NXdata has "
                "an intensity against 2theta, Q or d.",
                hint="Export the pattern as text with two columns, 2theta and intensity.",
            )
        return patterns_of_scans(scans, name=name, radiation=radiation)


@dataclass(frozen=True, slots=True)
class _Node:
    """A group or a data set, with its name without the path; h5py has no types."""

    name: str
    item: Any

    @property
    def kind(self) -> str:
        return _text(self.item.attrs.get("NX_class", ""))

    @property
    def is_group(self) -> bool:
        return hasattr(self.item, "keys")


def _entries(file: Any) -> list[list[_Node]]:
    """Everything below each group of class NXentry, or below the root without one."""
    entries = [node.item for node in _below(file, depth=1) if node.kind == "NXentry"]
    return [list(_below(entry, depth=_DEEPEST)) for entry in entries or [file]]


def _below(group: Any, *, depth: int) -> Iterator[_Node]:
    """Groups and data sets of a group and of the groups in it."""
    import h5py

    pending, seen = [(group, depth)], 0
    while pending:
        parent, left = pending.pop()
        for name in parent:
            if isinstance(parent.get(name, getlink=True), h5py.ExternalLink):
                continue
            item = parent.get(name)
            if item is None:  # a link that leads nowhere
                continue
            seen += 1
            if seen > _MOST_NODES:
                raise ValueError(f"more than {_MOST_NODES} groups and data sets")
            node = _Node(name, item)
            yield node
            if node.is_group and left > 1:
                pending.append((item, left - 1))


def _scans(entry: list[_Node], *, given: Radiation | None) -> Iterator[Scan]:
    """Scans in the data groups of an entry; a group that repeats another is left out."""
    radiation = given or _radiation(entry)
    axis = next((_text_of(node) for node in entry if node.name == "scan_axis"), "")
    other = unlike_powder(axis) if axis else None
    seen: list[FloatArray] = []
    for node in entry:
        if not node.is_group or node.kind != "NXdata":
            continue
        scan = Scan(unlike_powder=other) if other else _scan(node.item, entry, radiation)
        if scan is None or any(np.array_equal(scan.intensity, y) for y in seen):
            continue
        if not scan.unlike_powder:
            seen.append(np.asarray(scan.intensity))
        yield scan


def _scan(group: Any, entry: list[_Node], radiation: Radiation | None) -> Scan | None:
    """The scan in a group of class NXdata, None if it holds something else than a profile."""
    columns = {node.name: node.item for node in _below(group, depth=1) if not node.is_group}
    signal = _signal(group, columns)
    if signal is None:
        return None
    if len([n for n in signal.shape if n > 1]) > 1:
        size = " x ".join(str(n) for n in signal.shape)
        return Scan(unlike_powder=f"an image or a map of {size} values")
    y = _values(signal)
    named = [name for name in _axes(group) if name in columns] or list(columns)
    for wanted in (Quantity.TWO_THETA, Quantity.Q, Quantity.D):
        for name in named:
            quantity = Quantity.TWO_THETA if name == "polar_angle" else quantity_of(name)
            if quantity is wanted and columns[name].size == y.size:
                return _converted(columns[name], y, wanted, entry, radiation)
    return Scan(unlike_powder=f"a scan of {', '.join(_axes(group)) or 'an unnamed axis'}")


def _converted(
    axis: Any, y: FloatArray, quantity: Quantity, entry: list[_Node], radiation: Radiation | None
) -> Scan:
    """The scan with its axis in degrees 2theta and its counts for a common time."""
    x, unit = _values(axis), _text(axis.attrs.get("units", "")).strip().lower()
    warnings = []
    if quantity is Quantity.TWO_THETA:
        x = np.degrees(x) if unit.startswith("rad") else x
    else:
        per_nm = 10.0 if "nm" in unit or "nanomet" in unit else 1.0
        with np.errstate(divide="ignore", invalid="ignore"):
            d = x * per_nm if quantity is Quantity.D else 2.0 * np.pi * per_nm / x
        wavelength = (radiation or Radiation.of_anode("Cu")).wavelength_angstrom
        x = two_theta_from_d(np.where(d > 0.0, d, np.nan), wavelength)
        warnings.append(f"2theta was calculated from {quantity}.")
        x, y = x[np.isfinite(x)], y[np.isfinite(x)]
    times = next((n.item for n in entry if n.name == "count_time" and not n.is_group), None)
    if times is not None and times.size == y.size > 1:
        y, warning = to_common_time(y, _values(times))
        warnings.append(warning)
    return Scan(x, y, radiation, warnings=tuple(filter(None, warnings)))


def _signal(group: Any, columns: dict[str, Any]) -> Any:
    """The intensity: named by the group, marked by itself, or known by its name."""
    name = _text(group.attrs.get("signal", ""))
    marked = [key for key, item in columns.items() if "signal" in item.attrs]
    return next((columns[key] for key in (name, *marked, *_SIGNALS) if key in columns), None)


def _axes(group: Any) -> list[str]:
    return [_text(name) for name in np.atleast_1d(group.attrs.get("axes", ()))]


def _values(dataset: Any) -> FloatArray:
    """Numbers of a data set, flat; shape (n,)."""
    if dataset.dtype.kind not in "iuf" or dataset.size > _MOST_VALUES:
        raise ValueError(f"{dataset.name} holds {dataset.size} values of type {dataset.dtype}")
    if dataset.is_virtual or dataset.external:
        raise ValueError(f"{dataset.name} keeps its values in another file")
    return np.asarray(dataset[()], dtype=np.float64).reshape(-1)


def _radiation(entry: list[_Node]) -> Radiation | None:
    """Lines of the tube, else a wavelength, else the anode."""
    found = {node.name: node.item for node in reversed(entry) if not node.is_group}
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
    return radiation_of_lines(0.0, anode="" if anode is None else _text(anode[()]))


def _wavelength(dataset: Any) -> float:
    """One number in angstrom; 0 where there is none, or none of a known unit."""
    if dataset is None or dataset.size < 1:
        return 0.0
    unit = _text(dataset.attrs.get("units", "")).strip().lower() or "angstrom"
    return float(_values(dataset)[0]) * _ANGSTROM_IN.get(unit, 0.0)


def _text_of(node: _Node) -> str:
    return "" if node.is_group else _text(node.item[()])


def _text(value: object) -> str:
    if isinstance(value, np.ndarray):
        value = value.flat[0] if value.size else ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

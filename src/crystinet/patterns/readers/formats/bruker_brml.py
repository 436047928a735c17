"""The measurements in a Bruker BRML archive."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns.metadata import Metadata
from crystinet.patterns.readers.parts.archive import Archive
from crystinet.patterns.readers.parts.scans import Scan, measured_points, unlike_powder
from crystinet.patterns.readers.parts.tube import radiation_of_lines
from crystinet.patterns.readers.parts.xml import first_text, number_of_text, parse_xml, texts

_RAW_DATA = re.compile(r"(?:.*/)?RawData(\d+)\.xml$")
_MANIFEST = re.compile(r"(?:.*/)?DataContainer\.xml$")
# Where the values of a point stand if the file does not describe them, as in early versions:
# time, factor of the absorber, one position for each axis of the scan, and the counts.
_TIME, _FIRST_AXIS = 0, 2
# Of all points together.
_MOST_VALUES = 4_000_000


def is_brml(members: Sequence[str]) -> bool:
    """Whether an archive with these members is a BRML with measured data."""
    return any(_RAW_DATA.match(member) for member in members)


def scans_of_brml(archive: Archive) -> Iterator[Scan]:
    """Read the range in each file of measured data: ``RawData0.xml``, ``RawData1.xml``, ...

    Source: the elements as DIFFRAC.SUITE writes them. ``DataContainer.xml`` lists the measured
    ranges (others are alignments); the ``DataRoute`` of a range describes the scan and the
    columns (``DataViews``), and has a ``Datum`` for each point. The counts are corrected for the
    absorber already, as a published file with a moving absorber shows: divided by the factors, and
    only then, they are whole numbers.
    """
    manifests = [
        parse_xml(archive.read(member), what=f"{member} in {archive.name}")
        for member in filter(_MANIFEST.match, archive.members)
    ]
    for member in _measured(archive, manifests):
        what = f"{member} in {archive.name}"
        root = parse_xml(archive.read(member), what=what)
        routes = list(root.iterfind("DataRoutes/DataRoute"))
        measured = [route for route in routes if route.get("RouteFlag") == "Measured"]
        for route in (measured or routes)[:1]:
            scan = _scan(route, radiation=_radiation(root), what=what)
            yield replace(scan, metadata=_metadata(root, route, manifests))


def _measured(archive: Archive, manifests: Sequence[Element]) -> list[str]:
    """Members that the manifests list, or all that hold data if there is no manifest."""
    members = set(archive.members)
    listed = [
        name for manifest in manifests for name in texts(manifest, "RawDataReferenceList/string")
    ]
    # Each once, and in the order of the list.
    present = [name for name in dict.fromkeys(listed) if name in members]
    found = [member for member in archive.members if _RAW_DATA.match(member)]
    return present or sorted(found, key=lambda member: int(_RAW_DATA.sub(r"\1", member)))


def _scan(route: Element, *, radiation: Radiation | None, what: str) -> Scan:
    scan = route.find("ScanInformation")
    axes = [axis.get("AxisId", "") for axis in route.iterfind("ScanInformation/ScanAxes/*")]
    name = "" if scan is None else scan.get("VisibleName") or scan.get("ScanName") or ""
    if "TwoTheta" not in axes:
        return Scan(unlike_powder=_described(name, axes))
    channels = _channels(route)
    if channels > 1:
        return Scan(unlike_powder=f"frames of a detector with {channels} channels")
    columns = _columns(route, axes=axes, what=what)
    table = _table(route, what=what)
    if max(columns.two_theta, columns.counts, columns.time or 0) >= table.shape[1]:
        raise UnreadableFileError(
            f"{what} describes more values a point than the {table.shape[1]} it has.",
            hint="The file is damaged; copy or export it again.",
        )
    seconds = None if columns.time is None else table[:, columns.time]
    x, y, notes = measured_points(
        table[:, columns.two_theta], table[:, columns.counts], seconds, what=what
    )
    return Scan(x, y, radiation, notes=notes)


def _described(name: str, axes: Sequence[str]) -> str:
    """What a scan without 2Theta is: by its axes, else by its name."""
    kinds = [kind for kind in map(unlike_powder, axes) if kind]
    return kinds[0] if kinds else unlike_powder(name) or "a measurement at one angle"


def _channels(route: Element) -> int:
    """Values of the detector in a point: 1 unless frames were recorded."""
    recorded = (
        view.get("Length", "1")
        for view in route.iterfind("DataViews/RawDataView")
        if view.find("Recording") is not None
    )
    return max((int(length) if length.isdecimal() else 1 for length in recorded), default=1)


@dataclass(frozen=True, slots=True)
class _Columns:
    """Index of each quantity in a ``Datum``, from 0."""

    two_theta: int
    counts: int
    time: int | None


def _columns(route: Element, *, axes: Sequence[str], what: str) -> _Columns:
    """Find the columns by the description of the data, or by their order without one."""
    found: dict[str, int] = {}
    for view in route.iterfind("DataViews/RawDataView"):
        start = view.get("Start", "")
        if not start.isdecimal():
            raise UnreadableFileError(
                f"{what} describes a column that starts at {start[:20]!r}.",
                hint="The file is damaged; copy or export it again.",
            )
        found.setdefault(view.get("LogicName", ""), int(start))
        for number, field in enumerate(view.iterfind("Varying/FieldDefinitions")):
            found.setdefault(field.get("AxisId", ""), int(start) + number)
        if view.find("Recording/Unit[@Base='Counts']") is not None:
            found.setdefault("counts", int(start))
    if not found:
        two_theta = _FIRST_AXIS + axes.index("TwoTheta")
        return _Columns(two_theta, _FIRST_AXIS + len(axes), _TIME)
    if "TwoTheta" not in found or "counts" not in found:
        raise UnreadableFileError(
            f"{what} does not say which values are 2theta and counts.",
            hint="Export the measurement as RAW or as text.",
        )
    return _Columns(found["TwoTheta"], found["counts"], found.get("MeasuredTime"))


def _table(route: Element, *, what: str) -> FloatArray:
    """All points, shape (n, values a point)."""
    points = list(texts(route, "Datum"))
    if sum(point.count(",") for point in points) > _MOST_VALUES:
        raise UnreadableFileError(
            f"{what} has more than {_MOST_VALUES} values.", hint="Is this a powder pattern?"
        )
    rows = [point.split(",") for point in points]
    if not rows:
        raise UnreadableFileError(
            f"{what} has no points.", hint="Was the measurement stopped, or is its data elsewhere?"
        )
    widths = {len(row) for row in rows}
    if len(widths) > 1:
        raise UnreadableFileError(
            f"{what} has points of {min(widths)} to {max(widths)} values.",
            hint="The file is damaged; copy or export it again.",
        )
    try:
        return np.array(rows, dtype=np.float64)
    except ValueError as error:
        raise UnreadableFileError(
            f"{what} has a point that is no list of numbers ({error}).",
            hint="The file is damaged; copy or export it again.",
        ) from error


def _radiation(root: Element) -> Radiation | None:
    """Lines of the tube, which stand where the optics of the instrument are described."""
    alpha_1, alpha_2, ratio = (
        number_of_text(value, of=tag)
        for tag in ("WaveLengthAlpha1", "WaveLengthAlpha2", "WaveLengthRatio")
        for value in [next((e.get("Value", "0") for e in root.iter(tag)), "0")]
    )
    anode = next((e.get("Value", "") for e in root.iter("TubeMaterial")), "")
    return radiation_of_lines(alpha_1, alpha_2, ratio, anode=anode)


def _metadata(root: Element, route: Element, manifests: Sequence[Element]) -> Metadata:
    """What the measurement and the manifests say; which slit is the divergence slit they do not."""
    items = {item.get("Name"): item.get("Value") for item in root.iter("InfoItem")}
    scan = route.find("ScanInformation")
    return Metadata.of(
        format="Bruker BRML",
        sample=items.get("SampleName"),
        comment=items.get("Comment"),
        operator=items.get("User"),
        instrument=next((first_text(one, ".//DeviceTypeDesc") for one in manifests), ""),
        measured_at=first_text(root, "TimeStampStarted"),
        anode=_attribute(root, ".//TubeMaterial") or first_text(root, ".//TubeMaterial"),
        scan_type="" if scan is None else scan.get("VisibleName") or scan.get("ScanName"),
        scan_mode=first_text(route, "ScanInformation/ScanModeVisibleName"),
        detector=_attribute(root, ".//Detectors/InfoData", "VisibleName"),
        voltage_kv=_attribute(root, ".//Generator/Voltage[@Unit='kV']"),
        current_ma=_attribute(root, ".//Generator/Current[@Unit='mA']"),
        step_time_s=first_text(
            route, "ScanInformation/TimePerStepEffective", "ScanInformation/TimePerStep"
        ),
        goniometer_radius_mm=_attribute(root, ".//PrimaryTracks/*/Radius[@Unit='mm']"),
    )


def _attribute(root: Element, path: str, name: str = "Value") -> str:
    found = root.find(path)
    return "" if found is None else found.get(name, "")

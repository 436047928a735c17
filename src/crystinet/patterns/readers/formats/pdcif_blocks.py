"""The powder patterns in the blocks of a CIF (pdCIF)."""

import re
from dataclasses import dataclass, replace

import gemmi
import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.readers.formats.pdcif_metadata import common_texts, metadata_of_block
from crystinet.patterns.readers.formats.pdcif_radiation import (
    TIME_OF_FLIGHT,
    common_neutrons,
    common_radiation,
    radiation_of_block,
    text_of,
    words_of_neutrons,
)
from crystinet.patterns.readers.parts.axes import to_two_theta
from crystinet.patterns.readers.parts.counts import check_complete, points_between
from crystinet.patterns.readers.parts.lines import open_text
from crystinet.patterns.readers.parts.probe import neutrons
from crystinet.patterns.readers.parts.quantities import Quantity
from crystinet.patterns.readers.parts.scans import Scan, patterns_of_scans

#: The parser takes many times the size of the file in memory.
MAX_CIF_BYTES = 16 * 2**20

_GLUED = re.compile(r"^([ \t]*_[\w./\[\]-]+)\?[ \t]*$", re.MULTILINE)
# The best first: what was measured, before what was made of it.
_INTENSITIES = (
    "_pd_meas_counts_total",
    "_pd_meas_intensity_total",
    "_pd_proc_intensity_total",
    "_pd_proc_intensity_net",
    "_pd_meas_intensity_net",
    "_pd_meas_counts",
    "_pd_meas_intensity",
    "_pd_proc_intensity",
)
_AXES = {
    "_pd_proc_2theta_corrected": Quantity.TWO_THETA,
    "_pd_meas_2theta_scan": Quantity.TWO_THETA,
    "_pd_meas_angle_2theta": Quantity.TWO_THETA,
    "_pd_meas_2theta_corrected": Quantity.TWO_THETA,
    "_pd_proc_d_spacing": Quantity.D,
    "_pd_proc_recip_len_q": Quantity.Q,
}
# First angle, last angle and step of points that are not listed.
_RANGES = ("_pd_meas_2theta_range", "_pd_proc_2theta_range")
_NUMBERS_OF_POINTS = ("_pd_meas_number_of_points", "_pd_proc_number_of_points")


def patterns_of_cif(data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
    """Read the pattern of every block that lists intensities; see `PatternReader.read`."""
    document = _parse(data, name=name)
    found = [(block, points) for block in document if (points := _points(block))]
    said_neutrons = _words_of_neutrons(document, [block for block, _ in found], name=name)
    radiations = [radiation or radiation_of_block(block) for block, _ in found]
    common = common_radiation(document) if None in radiations else None
    said = common_texts(document) if found else {}
    scans = [
        Scan(unlike_powder="a pattern of neutrons")
        if of_neutrons
        else replace(
            _scan(
                block,
                points,
                radiation=own or common,
                what=f"Block {block.name[:60]!r} of {name}",
            ),
            metadata=metadata_of_block(block, said),
        )
        for (block, points), own, of_neutrons in zip(found, radiations, said_neutrons, strict=True)
    ]
    if not scans:
        of_flight = any(len(block.find_loop(TIME_OF_FLIGHT)) for block in document)
        kind = "of time of flight only" if of_flight else "without a powder pattern"
        raise UnreadableFileError(
            f"{name} is a CIF {kind}.",
            hint="A pattern needs intensities (_pd_meas_counts_total, "
            "_pd_proc_intensity_total ...) with 2theta, d or Q. For the structure type of a "
            "known structure, use assign.",
        )
    return patterns_of_scans(scans, name=name, radiation=radiation)


def _words_of_neutrons(
    document: gemmi.cif.Document, blocks: list[gemmi.cif.Block], *, name: str
) -> list[str]:
    """What each block says of neutrons, empty for X-rays; an InvalidPatternError if all say so."""
    common = common_neutrons(document)
    said = [words_of_neutrons(block) or common for block in blocks]
    if said and all(said):
        raise neutrons(said[0], name=name)
    return said


def _document(text: str) -> gemmi.cif.Document:
    """Parse a CIF; FullProf and others glue the question mark of no value to its tag."""
    try:
        return gemmi.cif.read_string(text)
    except (RuntimeError, ValueError):
        mended = _GLUED.sub(r"\1 ?", text)
        if mended == text:
            raise
        return gemmi.cif.read_string(mended)


def _parse(data: bytes, *, name: str) -> gemmi.cif.Document:
    if len(data) > MAX_CIF_BYTES:
        raise UnreadableFileError(
            f"{name} has {len(data) / 2**20:.0f} MB, too much for a CIF with powder patterns.",
            hint="Give the block with the pattern a file of its own.",
        )
    text = open_text(data).read()
    if "\0" in text:
        raise UnreadableFileError(f"{name} is binary, not a CIF.", hint="Give a text file.")
    try:
        return _document(text)
    except (RuntimeError, ValueError) as error:
        raise UnreadableFileError(
            f"{name} cannot be read as CIF: {str(error)[:300]}.",
            hint="The file was cut off or is damaged; copy or export it again.",
        ) from error


@dataclass(frozen=True, slots=True)
class _Points:
    """The tag of the intensities, and that of the axis unless it is given by a range."""

    intensity: str
    axis: str | None


def _points(block: gemmi.cif.Block) -> _Points | None:
    """Choose among raw and processed points those with the better axis; None without points."""
    candidates = []
    for rank, tag in enumerate(_INTENSITIES):
        loop = block.find_loop(tag).get_loop()
        if loop is None or loop.length() < 2:
            continue
        tags = {other.lower() for other in loop.tags}
        axis = next((number for number, name in enumerate(_AXES) if name in tags), len(_AXES))
        if axis < len(_AXES) or _range_tag(block):
            candidates.append((axis, rank))
    if not candidates:
        return None
    axis, rank = min(candidates)
    return _Points(_INTENSITIES[rank], [*_AXES, None][axis])


def _scan(
    block: gemmi.cif.Block, points: _Points, *, radiation: Radiation | None, what: str
) -> Scan:
    if block.name.lower().endswith("calc"):
        return Scan(unlike_powder="a calculated pattern")
    y = _numbers(block, points.intensity, what=what)
    if points.axis is None:
        return Scan(_range_axis(block, n=len(y), what=what), y, radiation)
    for tag in _NUMBERS_OF_POINTS:
        announced = text_of(block, tag)
        if announced and tag[:8] == points.intensity[:8]:
            check_complete(len(y), announced=_integer(announced), what=what)
    axis = _numbers(block, points.axis, what=what)
    keep = np.isfinite(axis) & np.isfinite(y)  # "?" and ".": not measured there
    x, y, converted = to_two_theta(
        axis[keep], y[keep], quantity=_AXES[points.axis], radiation=radiation
    )
    return Scan(x, y, radiation, notes=converted)


def _numbers(block: gemmi.cif.Block, tag: str, *, what: str) -> FloatArray:
    """Numbers under a tag without their deviations in brackets, NaN for "?" and "."."""
    column = block.find_loop(tag)
    values = np.fromiter(map(gemmi.cif.as_number, column), np.float64, len(column))
    for index in np.flatnonzero(np.isnan(values)):
        if not gemmi.cif.is_null(column[int(index)]):
            raise UnreadableFileError(
                f"{what} has {column[int(index)][:40]!r} under {tag}, point {index + 1}.",
                hint="The file is damaged; copy or export it again.",
            )
    return values


def _range_tag(block: gemmi.cif.Block) -> str:
    return next((tag for tag in _RANGES if text_of(block, f"{tag}_min")), "")


def _range_axis(block: gemmi.cif.Block, *, n: int, what: str) -> FloatArray:
    """Angles of ``n`` equal steps from the first to the last, degrees."""
    tag = _range_tag(block)
    start, stop, step = (
        gemmi.cif.as_number(text_of(block, f"{tag}_{end}")) for end in ("min", "max", "inc")
    )
    announced = points_between(start, stop, step, what=what)
    check_complete(n, announced=announced, what=what, tolerance=1)
    return np.linspace(start, stop, n)


def _integer(text: str) -> int:
    value = gemmi.cif.as_number(text)
    return int(value) if abs(value) < 1e9 else -1

"""Version 4 of the Bruker RAW format: a chain of segments instead of fixed places."""

from collections.abc import Iterator, Mapping

from crystinet.core.radiation import Radiation
from crystinet.patterns.metadata import Metadata, to_iso
from crystinet.patterns.readers.parts.fields import Fields
from crystinet.patterns.readers.parts.scans import Scan, unlike_powder
from crystinet.patterns.readers.parts.tube import radiation_of_lines, used_radiation

_FIRST_SEGMENT = 61
_RANGE_HEADER = 160
# Types of segments. What begins with 0 or 160 is no segment but a range.
_RANGES = (0, 160)
_TEXT, _TUBE, _DRIVE = 10, 30, 50
# Segments of text by their tags.
_TEXTS = {"USER": "operator", "SAMPLEID": "sample", "COMMENT": "comment"}


def scans_of_version_4(file: Fields) -> Iterator[Scan]:
    """Ranges of a "RAW4.00" file.

    After 61 bytes, segments follow each other: type and length (two integers of 4 bytes), then
    the content. A range has a header of 160 bytes, segments of its own, and for each point a
    float of 4 bytes, the counts, with or without other values behind it.

    Source: the layout as the open readers GSAS-II (``G2pwd_BrukerRAW.py``) and rietx describe it,
    checked with files of two instruments.
    """
    at, radiation = _FIRST_SEGMENT, None
    said: dict[str, object] = {
        "format": "Bruker RAW 4",
        "measured_at": to_iso(f"{file.text(12, 12)} {file.text(24, 10)}", order="MD"),
    }
    while at + 8 <= len(file):
        kind, length = (int(value) for value in file.numbers("II", at))
        if kind in _RANGES:
            scan, at = _range(file, at, radiation, said)
            yield scan
            continue
        if kind == _TUBE:
            _, alpha_1, alpha_2, _, ratio = file.numbers("ddddd", at + 72)
            said["anode"] = file.text(at + 116, 4)
            radiation = radiation_of_lines(alpha_1, alpha_2, ratio, anode=str(said["anode"]))
        elif kind == _TEXT and 36 <= length <= len(file) - at:
            if field := _TEXTS.get(file.text(at + 12, 24)):
                said[field] = file.text(at + 36, length - 36)
        at += _checked(file, length, at=at)


def _range(
    file: Fields, at: int, lines: Radiation | None, said: Mapping[str, object]
) -> tuple[Scan, int]:
    """The range whose header begins at ``at``, and where it ends."""
    name = file.text(at + 32, 24)
    start, step = file.numbers("dd", at + 72)
    count = file.count("I", at + 88)
    used = file.number("d", at + 112)
    stride, length = (int(value) for value in file.numbers("II", at + 136))
    if stride % 4:
        raise file.damaged(f"a range has points of {stride} bytes")
    data = at + _RANGE_HEADER + length
    positions = _positions(file, at + _RANGE_HEADER, data)
    y = file.column("<f4", data, count=count, stride=stride)
    end = data + count * stride
    # Programs name scans in many ways; what starts where 2theta stands moves 2theta.
    if (kind := unlike_powder(name)) and positions.get("2Theta") != start:
        return Scan(unlike_powder=kind), end
    radiation = used_radiation(lines, used_angstrom=used)
    voltage, current = file.numbers("ff", at + 100)
    metadata = Metadata({**said, "scan_type": name, "voltage_kv": voltage, "current_ma": current})
    return Scan(file.axis(start, step, count=count), y, radiation, metadata=metadata), end


def _positions(file: Fields, at: int, end: int) -> dict[str, float]:
    """Where the axes of the diffractometer stood when a range began, degrees, by their names."""
    positions = {}
    while at < end:
        kind, length = (int(value) for value in file.numbers("II", at))
        if kind == _DRIVE:
            positions[file.text(at + 12, 24)] = file.number("d", at + 56)
        at += _checked(file, length, at=at)
    if at != end:
        raise file.damaged(f"the segments of a range end at byte {at} instead of {end}")
    return positions


def _checked(file: Fields, length: int, *, at: int) -> int:
    if length < 8 or at + length > len(file):
        raise file.damaged(f"a segment at byte {at} has {length} bytes")
    return length

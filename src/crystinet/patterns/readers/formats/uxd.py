"""Reader of Siemens and Bruker UXD."""

import re
from collections.abc import Iterator, Mapping

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns.metadata import Metadata
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.readers.parts.counts import (
    NumberedLine,
    check_complete,
    read_counts,
    stepped_axis,
    to_float,
)
from crystinet.patterns.readers.parts.lines import has_mark, text_lines
from crystinet.patterns.readers.parts.scans import (
    Scan,
    measured_points,
    patterns_of_scans,
    unlike_powder,
)
from crystinet.patterns.readers.parts.tube import radiation_of_lines

_START = re.compile(
    rb"(?:^|[\r\n])[ \t]*_(?:FILEVERSION[ \t]*=|DRIVE[ \t]*=|(?:2THETA)?(?:COUNTS|CPS)(?:TIME)?\s)"
)
# What opens the data: whether angles are listed, the unit, and whether times are.
_DATA = re.compile(r"_(?P<axis>[A-Z0-9]*?)(?P<unit>COUNTS|CPS)(?P<time>TIME)?$")
_CUT_OFF = "The file was cut off or is damaged; copy or export it again."

Header = Mapping[str, str]


class UxdReader:
    """UXD, the text that DIFFRAC AT, XCH and DIFFRAC.EVA export.

    Source: the words of the file itself. Keys ``_KEY=value`` of the file, then of each range;
    ``_COUNTS`` or ``_CPS`` opens a list of counts (a second) from ``_START`` on in steps of
    ``_STEPSIZE``, ``_2THETACOUNTS`` and ``_2THETACPS`` rows that begin with the position of the
    drive, ``_2THETACOUNTSTIME`` rows that end with the counting time. The name of the data does
    not tell what moved (it says 2THETA for all drives); ``_DRIVE`` does.
    """

    name = "Siemens and Bruker UXD"

    def accepts(self, head: bytes, suffix: str) -> bool:
        """The keys at the beginning of lines decide."""
        return has_mark(head.replace(b"\0", b""), _START, b"_FILE", b"_DRIVE", b"COUNTS", b"CPS")

    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        """Read every range; see `PatternReader.read`."""
        scans = [
            _scan(header, rows, given=radiation, what=f"Range {number} of {name}")
            for number, (header, rows) in enumerate(_ranges(data, name=name), start=1)
        ]
        return patterns_of_scans(scans, name=name, radiation=radiation)


def _ranges(data: bytes, *, name: str) -> Iterator[tuple[dict[str, str], list[NumberedLine]]]:
    """Keys of each range, those of the file included, and its rows."""
    header: dict[str, str] = {}
    rows: list[NumberedLine] | None = None
    for number, line in enumerate(text_lines(data), start=1):
        word = line.strip()
        if not word or word.startswith(";"):
            continue
        if not word.startswith("_"):
            if rows is None:
                raise UnreadableFileError(
                    f"Line {number} of {name} is {word[:60]!r}, no key of a UXD header.",
                    hint=_CUT_OFF,
                )
            rows.append((number, line))
            continue
        if rows is not None:
            yield dict(header), rows
            rows = None
            header.pop("_STEPCOUNT", None)
        key, equals, value = word.partition("=")
        if not equals and _DATA.match(key):
            header["data"], rows = key, []
        else:
            header[key.strip()] = value.strip().strip("'\"")
    if rows is None:
        raise UnreadableFileError(f"{name} ends before the counts of a range.", hint=_CUT_OFF)
    yield dict(header), rows


def _scan(header: Header, rows: list[NumberedLine], *, given: Radiation | None, what: str) -> Scan:
    drive = header.get("_DRIVE", "") or "2THETA"
    if kind := unlike_powder(drive):
        return Scan(unlike_powder=kind)
    form = _DATA.match(header["data"])
    assert form  # noqa: S101 (it put the key there)
    listed = bool(form["axis"])
    values = read_counts(rows)
    table = _table(values, 1 + listed + bool(form["time"]), what=what)
    y = table[:, int(listed)]
    if form["unit"] == "CPS" and not form["time"]:
        y = y * (_number(header, "_STEPTIME", what=what) or 1.0)
    if "_STEPCOUNT" in header:
        announced = int(_number(header, "_STEPCOUNT", what=what, most=1e9))
        check_complete(len(y), announced=announced, what=what)
    x = table[:, 0] if listed else _axis(header, n=len(y), what=what)
    x, y, notes = measured_points(x, y, table[:, -1] if form["time"] else None, what=what)
    return Scan(
        x,
        y,
        given or _radiation(header, what=what),
        # A coupled scan moves omega; only another omega beside 2theta makes a map.
        omega_deg=_number(header, "_THETA", what=what) if drive == "2THETA" else None,
        notes=notes,
        metadata=_metadata(header),
    )


def _metadata(header: Header) -> Metadata:
    return Metadata.of(
        format=f"UXD {header.get('_FILEVERSION', '')}",
        sample=header.get("_SAMPLE"),
        comment=header.get("_COMMENT") or header.get("_+SAMPLE"),
        operator=header.get("_USER"),
        measured_at=header.get("_DATEMEASURED"),
        anode=header.get("_ANODE"),
        scan_type=header.get("_DRIVE"),
        scan_mode=header.get("_STEPMODE"),
        voltage_kv=header.get("_KV"),
        current_ma=header.get("_MA"),
        step_time_s=header.get("_STEPTIME"),
        goniometer_radius_mm=header.get("_GONIOMETER_RADIUS"),
    )


def _table(values: FloatArray, width: int, *, what: str) -> FloatArray:
    if not len(values) or len(values) % width:
        raise UnreadableFileError(
            f"{what} has {len(values)} numbers for rows of {width}.", hint=_CUT_OFF
        )
    return values.reshape(-1, width)


def _axis(header: Header, *, n: int, what: str) -> FloatArray:
    if "_STEPSIZE" not in header or not {"_START", "_2THETA"} & header.keys():
        raise UnreadableFileError(f"{what} lacks _START or _STEPSIZE.", hint=_CUT_OFF)
    start = _number(header, "_START" if "_START" in header else "_2THETA", what=what)
    return stepped_axis(start, _number(header, "_STEPSIZE", what=what), n=n, what=what)


def _radiation(header: Header, *, what: str) -> Radiation | None:
    alpha_1, alpha_2, ratio = (
        _number(header, key, what=what) for key in ("_WL1", "_WL2", "_WLRATIO")
    )
    return radiation_of_lines(alpha_1, alpha_2, ratio, anode=header.get("_ANODE", ""))


def _number(header: Header, key: str, *, what: str, most: float = np.inf) -> float:
    """A number of the header, 0 where it is not there."""
    value = to_float(header.get(key) or "0", of=f"{key} in the header of {what}")
    if most < np.inf and not abs(value) <= most:
        raise UnreadableFileError(f"{key} of {what} is {value:g}.", hint=_CUT_OFF)
    return value

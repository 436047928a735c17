"""Reader of Rigaku's RAS."""

import re
from collections.abc import Iterator
from dataclasses import replace

from crystinet.core.errors import UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns.metadata import Metadata, to_iso
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.readers.formats.rigaku import (
    english,
    first_of,
    position_of,
    radiation_of_tube,
    scan_of_rows,
    step_time,
)
from crystinet.patterns.readers.parts.lines import has_mark, open_text
from crystinet.patterns.readers.parts.scans import (
    MOST_POINTS,
    Scan,
    patterns_of_scans,
    unlike_powder,
)

_START = re.compile(rb"^\*RAS_(DATA|HEADER)_START", re.MULTILINE)
_KEY = re.compile(r'\*(?P<key>\S+)\s+"(?P<value>.*)"\s*$')


class RasReader:
    """RAS of SmartLab, Ultima and MiniFlex: for each scan a header, then the points.

    Source: the words of the file itself. ``*RAS_HEADER_START`` opens a header of lines
    ``*KEY "value"``; between ``*RAS_INT_START`` and ``*RAS_INT_END`` stand 2theta, counts and the
    factor of the attenuator.
    """

    name = "Rigaku RAS"

    def accepts(self, head: bytes, suffix: str) -> bool:
        """The opening line decides."""
        return has_mark(head, _START, b"*RAS_")

    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        """Read every scan; see `PatternReader.read`."""
        return patterns_of_scans(_scans(data, name=name), name=name, radiation=radiation)


def _scans(data: bytes, *, name: str) -> Iterator[Scan]:
    header: dict[str, str] = {}
    rows: list[str] | None = None
    number = 0
    text = open_text(data)
    for line in text:
        word = line.strip()
        if word == "*RAS_HEADER_START":
            header = {}
        elif word == "*RAS_INT_START":
            rows = []
        elif word == "*RAS_INT_END" and rows is not None:
            number += 1
            yield _scan(header, rows, what=f"Scan {number} of {name}")
            rows = None
        elif rows is not None:
            if len(rows) <= MOST_POINTS:  # one more is refused
                rows.append(line)
        elif found := _KEY.match(word):
            value = found["value"].strip()
            header[found["key"]] = value if text.encoding != "latin-1" else _japanese(value)
    if rows is not None or not number:
        raise UnreadableFileError(
            f"{name} ends inside scan {number + 1}.",
            hint="The file was cut off; copy or export it again.",
        )


def _scan(header: dict[str, str], rows: list[str], *, what: str) -> Scan:
    axis = first_of(header, "MEAS_SCAN_AXIS_X_INTERNAL", "MEAS_SCAN_AXIS_X")
    if axis and (kind := unlike_powder(axis)):
        return Scan(unlike_powder=kind)
    radiation = radiation_of_tube(
        alpha_1=header.get("HW_XG_WAVE_LENGTH_ALPHA1", ""),
        alpha_2=header.get("HW_XG_WAVE_LENGTH_ALPHA2", ""),
        beta=header.get("HW_XG_WAVE_LENGTH_BETA", ""),
        wave_type=header.get("MEAS_COND_XG_WAVE_TYPE", ""),
        anode=header.get("HW_XG_TARGET_NAME", ""),
    )
    announced = header.get("MEAS_DATA_COUNT", "")
    scan = scan_of_rows(rows, announced=announced, radiation=radiation, what=what)
    return replace(scan, omega_deg=_omega(header), metadata=_metadata(header))


def _japanese(text: str) -> str:
    """Text in the code of Japanese Windows that was read as Latin-1; as it was if it is in none."""
    try:
        return text.encode("latin-1").decode("cp932")
    except UnicodeError:
        return text


def _metadata(header: dict[str, str]) -> Metadata:
    """What the header says; of the radii of the goniometer it does not say which one was used."""
    optics = {
        axis: header.get(f"MEAS_COND_AXIS_POSITION-{key.rpartition('-')[2]}", "")
        for key, axis in header.items()
        if key.startswith("MEAS_COND_AXIS_NAME_INTERNAL-")
    }
    return Metadata.of(
        format="Rigaku RAS",
        sample=header.get("FILE_SAMPLE"),
        comment=first_of(header, "FILE_COMMENT", "FILE_MEMO"),
        operator=header.get("FILE_OPERATOR"),
        instrument=english(header.get("HW_GONIOMETER_NAME", "")),
        measured_at=to_iso(header.get("MEAS_SCAN_START_TIME"), order="MD"),
        anode=header.get("HW_XG_TARGET_NAME"),
        scan_type=first_of(header, "MEAS_SCAN_AXIS_X_INTERNAL", "MEAS_SCAN_AXIS_X"),
        scan_mode=header.get("MEAS_SCAN_MODE"),
        detector=english(header.get("HW_COUNTER_SELECT_NAME", "")),
        divergence_slit=optics.get("IncidentSlitBox"),
        monochromator=optics.get("CounterMonochromator"),
        filter=optics.get("Filter"),
        voltage_kv=header.get("MEAS_COND_XG_VOLTAGE"),
        current_ma=header.get("MEAS_COND_XG_CURRENT"),
        step_time_s=step_time(
            header.get("MEAS_SCAN_SPEED", ""), header.get("MEAS_SCAN_SPEED_UNIT", "")
        ),
    )


def _omega(header: dict[str, str]) -> float | None:
    """Where omega stood, if the header says so: names and positions of the axes are numbered."""
    for key, axis in header.items():
        if key.startswith("MEAS_COND_AXIS_NAME_INTERNAL-") and axis == "Omega":
            return position_of(header.get(f"MEAS_COND_AXIS_POSITION-{key.rpartition('-')[2]}", ""))
    return None

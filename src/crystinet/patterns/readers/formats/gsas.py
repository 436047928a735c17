"""Reader of GSAS powder data with constant steps or explicit angles: STD, ESD, FXY, FXYE."""

import re
from dataclasses import dataclass
from itertools import islice

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.readers.parts.counts import stepped_axis
from crystinet.patterns.readers.parts.described import first_title, header_metadata
from crystinet.patterns.readers.parts.header import find_radiation
from crystinet.patterns.readers.parts.lines import has_mark, text_lines
from crystinet.patterns.readers.parts.probe import refuse_neutrons, time_of_flight
from crystinet.patterns.readers.parts.scans import Scan, patterns_of_scans

_BANK = re.compile(rb"^[ \t]*BANK[ \t]+\d+[ \t]+\d+[ \t]+\d+[ \t]+[A-Z]", re.MULTILINE)
# Binnings of times of flight, by the GSAS manual.
_FLIGHT = ("SLOG", "LOG6", "LPSD", "RALF", "TIME_MAP", "TIMEMAP")
_FIELD = 8  # characters of one number in a record of STD and ESD
_RECORD = 80
_MOST_POINTS = 100_000_000


class GsasReader:
    """GSAS raw data of constant wavelength.

    Source: A. C. Larson & R. B. Von Dreele, GSAS manual (LAUR 86-748), "Powder diffraction data":
    a title, then for each bank a line ``BANK number channels records CONS start step 0 0 type``
    with start and step in centidegrees, then 80-column records.
    """

    name = "GSAS powder data"

    def accepts(self, head: bytes, suffix: str) -> bool:
        """A BANK line decides."""
        return has_mark(head, _BANK, b"BANK")

    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        """Read every bank; see `PatternReader.read`."""
        lines = [line.rstrip("\r\n") for line in text_lines(data)]
        banks = [n for n, line in enumerate(lines) if line.split()[:1] == ["BANK"]]
        refuse_neutrons(lines[: banks[0]], name=name)
        for line in (lines[bank] for bank in banks):
            if line.split()[4:5] and line.split()[4].upper() in _FLIGHT:
                raise time_of_flight(line, name=name)
        radiation = radiation or find_radiation(lines[: banks[0]])
        scans = []
        for start, stop in zip(banks, [*banks[1:], len(lines)], strict=True):
            bank = _parse_bank(lines[start], number=start + 1)
            metadata = header_metadata(
                lines[: banks[0]],
                format=f"GSAS {bank.kind}",
                title=first_title(lines[: min(banks[0], 1)]),
            )
            scans.append(Scan(*_READ[bank.kind](bank, lines[start + 1 : stop]), metadata=metadata))
        return patterns_of_scans(scans, name=name, radiation=radiation)


@dataclass(frozen=True, slots=True)
class _Bank:
    """What a BANK line says; ``line`` is its number in the file."""

    n_points: int
    start_deg: float
    step_deg: float
    kind: str
    line: int

    def axis(self, n: int) -> FloatArray:
        return stepped_axis(
            self.start_deg, self.step_deg, n=n, what=f"The BANK line (line {self.line})"
        )


def _parse_bank(text: str, *, number: int) -> _Bank:
    fields = text.split()
    binning = fields[4].upper() if len(fields) > 4 else ""
    # "CONST 1500 2 0 0" may end here: the type is STD if it is not given.
    kind = fields[9].upper() if len(fields) > 9 else "STD"
    if not binning.startswith("CONS") or kind not in _READ:
        raise UnreadableFileError(
            f"Line {number} has data of type {binning} {kind}: {text.strip()[:70]!r}.",
            hint=f"Only constant-wavelength data (CONST) of type {', '.join(_READ)} are read.",
        )
    try:
        start, step = float(fields[5]) / 100.0, float(fields[6]) / 100.0
        return _Bank(_points(fields[2], line=number), start, step, kind, number)
    except (ValueError, IndexError) as error:
        raise UnreadableFileError(
            f"Line {number} is not a complete BANK line: {text.strip()[:70]!r}.",
            hint="It must read: BANK number points records CONST start step 0 0 STD",
        ) from error


def _points(text: str, *, line: int) -> int:
    """Number of points, refused where no file can hold it; the data decide about the rest."""
    n = int(text) if len(text) < 20 else -1
    if not 1 <= n <= _MOST_POINTS:
        raise UnreadableFileError(
            f"The BANK line (line {line}) announces {text[:40]} points.",
            hint="The file is damaged; copy or export it again.",
        )
    return n


def _read_std(bank: _Bank, records: list[str]) -> tuple[FloatArray, FloatArray]:
    """Ten fields of I2, F6 a record: how many counters were averaged, and the mean counts."""
    values = _fixed_fields(bank, records, skip=2, count=bank.n_points)
    # Writers fill the last record up with zeros and count them as channels.
    n = len(values) - int(np.argmax(values[::-1] != 0.0)) if values.any() else len(values)
    return bank.axis(n), values[:n]


def _read_esd(bank: _Bank, records: list[str]) -> tuple[FloatArray, FloatArray]:
    """Five pairs of F8, F8 a record: counts and their standard deviation."""
    values = _fixed_fields(bank, records, skip=0, count=2 * bank.n_points)
    return bank.axis(bank.n_points), values[::2]


def _fixed_fields(bank: _Bank, records: list[str], *, skip: int, count: int) -> FloatArray:
    fields = (
        (number, record[at + skip : at + _FIELD])
        for number, record in enumerate(records, start=bank.line + 1)
        if not record.startswith("#")
        for at in range(0, min(len(record.rstrip()), _RECORD), _FIELD)
    )
    values = [_number(text, line=number) for number, text in islice(fields, count)]
    _check_complete(bank, len(values), expected=count)
    return np.array(values)


def _read_free(bank: _Bank, records: list[str]) -> tuple[FloatArray, FloatArray]:
    """One point a line: angle in centidegrees, counts and, in FXYE, their standard deviation."""
    rows = (
        (number, record.replace(",", " ").split())
        for number, record in enumerate(records, start=bank.line + 1)
        if record.strip() and not record.startswith("#")
    )
    values = [
        (_number(fields[0], line=number), _number("".join(fields[1:2]), line=number))
        for number, fields in islice(rows, bank.n_points)
    ]
    _check_complete(bank, len(values), expected=bank.n_points)
    table = np.array(values)
    return table[:, 0] / 100.0, table[:, 1]


def _number(text: str, *, line: int) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise UnreadableFileError(
            f"Line {line} holds {text.strip()!r} where a number should stand.",
            hint="The columns of GSAS records must not be shifted; export the file again.",
        ) from error


def _check_complete(bank: _Bank, found: int, *, expected: int) -> None:
    if not found or found < expected:
        raise UnreadableFileError(
            f"The BANK line (line {bank.line}) announces {expected} values; there are {found}.",
            hint="The file was cut off; export it again.",
        )


_READ = {"STD": _read_std, "ESD": _read_esd, "FXY": _read_free, "FXYE": _read_free}

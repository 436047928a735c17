"""Reader of the binary RAW files of Bruker and Siemens diffractometers."""

from collections.abc import Callable, Iterator

from crystinet.core.notes import NO_NOTES, Note, NoteCode
from crystinet.core.radiation import Radiation
from crystinet.patterns.metadata import Metadata, to_iso
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.readers.formats.bruker_raw4 import scans_of_version_4
from crystinet.patterns.readers.parts.fields import Fields
from crystinet.patterns.readers.parts.scans import (
    Scan,
    patterns_of_scans,
    unlike_powder,
)
from crystinet.patterns.readers.parts.tube import radiation_of_lines, used_radiation

# More ranges than any program writes: a damaged count.
_MOST_RANGES = 4096
_V1_HEADER, _V2_HEADER, _V3_HEADER = 156, 256, 712
_V3_RANGE_HEADER = 304

# Scan types of version 3, by their codes; 2theta moves in those of 129 and 130 (linear detectors).
_V3_SCANS = {
    0: "locked coupled",
    1: "unlocked coupled",
    2: "detector scan",
    3: "rocking curve",
    4: "chi scan",
    5: "phi scan",
    6: "x scan",
    7: "y scan",
    8: "z scan",
    9: "aux1 scan",
    10: "aux2 scan",
    11: "aux3 scan",
    12: "psi scan",
    13: "hkl scan",
    14: "reciprocal space scan",
    20: "unlocked coupled HR XRD",
    129: "psd fixed scan",
    130: "psd fast scan",
}


class BrukerRawReader:
    """The four versions of DIFFRAC's RAW format; numbers are little-endian in all of them.

    Source: the layout of versions 1 to 3 as the open library xylib (``bruker_raw.cpp``) describes
    it, checked with files of each version. Version 4: `scans_of_version_4`.
    """

    name = "Bruker RAW"

    def accepts(self, head: bytes, suffix: str) -> bool:
        """The signature decides."""
        return any(head.startswith(signature) for signature in _VERSIONS)

    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        """Read every range; see `PatternReader.read`."""
        signature = next(known for known in _VERSIONS if data.startswith(known))
        scans = _VERSIONS[signature](Fields(data, f"Bruker RAW file {name}"))
        return patterns_of_scans(scans, name=name, radiation=radiation)


def _version_1(file: Fields) -> Iterator[Scan]:
    """Ranges of version 1, each with a header of 156 bytes that begins with "RAW "."""
    at, following = 0, True
    while following:
        count = file.count("I", at + 4)
        step, start = file.number("f", at + 12), file.number("f", at + 24)
        alpha_1, alpha_2 = file.numbers("ff", at + 72)
        following = file.count("I", at + 152) > 0
        yield Scan(
            file.axis(_rounded(start), _rounded(step), count=count),
            file.column("<f4", at + _V1_HEADER, count=count, stride=4),
            radiation_of_lines(_rounded(alpha_1), _rounded(alpha_2)),
            metadata=Metadata.of(
                format="Bruker RAW 1",
                sample=file.text(at + 40, 32),
                step_time_s=file.number("f", at + 8),
            ),
        )
        at += _V1_HEADER + 4 * count
        if following and file.text(at, 4) != "RAW":
            at -= 4  # written without the signature


def _version_2(file: Fields) -> Iterator[Scan]:
    """Ranges of version 2: a header of 256 bytes, then ranges that say how long theirs is."""
    radiation = radiation_of_lines(
        *(_rounded(value) for value in file.numbers("fff", 190)), anode=file.text(188, 2)
    )
    at = _V2_HEADER
    for _ in range(_number_of_ranges(file, file.count("H", 4))):
        length, count = (int(value) for value in file.numbers("HH", at))
        step, start = file.numbers("ff", at + 12)
        if length < 48:
            raise file.damaged(f"a range header has {length} bytes")
        metadata = Metadata.of(
            format="Bruker RAW 2",
            title=file.text(8, 160),
            measured_at=to_iso(f"{file.text(168, 10)} {file.text(178, 10)}", order="DM"),
            anode=file.text(188, 2),
            step_time_s=file.number("f", at + 8),
            temperature_k=file.number("H", at + 46),
        )
        x = file.axis(_rounded(start), _rounded(step), count=count)
        y = file.column("<f4", at + length, count=count, stride=4)
        yield Scan(x, y, radiation, metadata=metadata)
        at += length + 4 * count


def _version_3(file: Fields) -> Iterator[Scan]:
    """Ranges of version 3, "RAW1.01": a header of 712 bytes, then ranges.

    A range has a header, further records, and for each point the counts (a float of 4 bytes) and
    one float of 8 bytes for each drive that moves irregularly; those are not used.
    """
    anode = file.text(608, 4)
    alpha_1, alpha_2, _, ratio = file.numbers("dddd", 624)
    at = _V3_HEADER
    for _ in range(_number_of_ranges(file, file.count("I", 12))):
        length, count = (int(value) for value in file.numbers("II", at))
        start, step = file.number("d", at + 16), file.number("d", at + 176)
        code, used = file.count("i", at + 196), file.number("d", at + 240)
        metadata = _metadata_of_version_3(file, at, scan_type=_V3_SCANS.get(code, ""))
        stride, extra = (int(value) for value in file.numbers("II", at + 252))
        if length < _V3_RANGE_HEADER or stride % 4:
            raise file.damaged(f"a range header of {length} bytes has points of {stride} bytes")
        notes = NO_NOTES
        if code not in _V3_SCANS:
            text = f"The scan type {code} is not known; it was taken as a scan of 2theta."
            notes = (Note(NoteCode.SCAN_TYPE_UNKNOWN, text),)
        data = at + length + extra
        y = file.column("<f4", data, count=count, stride=stride)
        at = data + stride * count
        kind = unlike_powder(_V3_SCANS.get(code, "2theta"))
        if kind:
            yield Scan(unlike_powder=kind)
            continue
        radiation = used_radiation(
            radiation_of_lines(alpha_1, alpha_2, ratio, anode=anode), used_angstrom=used
        )
        x = file.axis(start, step, count=count)
        yield Scan(x, y, radiation, notes=notes, metadata=metadata)


def _metadata_of_version_3(file: Fields, at: int, *, scan_type: str) -> Metadata:
    """What the header of the file and that of the range at byte ``at`` say.

    Source: the fields as the open readers xylib and reductus list them. Slits, monochromators and
    filters are numbers without units or codes without a key, so they are left out.
    """
    return Metadata.of(
        format="Bruker RAW 3",
        measured_at=to_iso(f"{file.text(16, 10)} {file.text(26, 10)}", order="MD"),
        operator=file.text(36, 72),
        sample=file.text(326, 60),
        comment=file.text(386, 160),
        goniometer_radius_mm=file.number("f", 564),
        anode=file.text(608, 4),
        scan_type=scan_type,
        scan_mode=("step", "continuous", "")[min(file.count("I", at + 168), 2)],
        step_time_s=file.number("f", at + 192),
        temperature_k=file.number("f", at + 212),
        voltage_kv=file.number("i", at + 224),
        current_ma=file.number("i", at + 228),
    )


def _rounded(value: float) -> float:
    """A float of 4 bytes as it was meant: 0.02 and not 0.0199999996."""
    return float(f"{value:.7g}")


def _number_of_ranges(file: Fields, count: int) -> int:
    if not 1 <= count <= _MOST_RANGES:
        raise file.damaged(f"it announces {count} ranges")
    return count


_VERSIONS: dict[bytes, Callable[[Fields], Iterator[Scan]]] = {
    b"RAW4.00": scans_of_version_4,
    b"RAW1.01": _version_3,
    b"RAW2": _version_2,
    b"RAW ": _version_1,
}

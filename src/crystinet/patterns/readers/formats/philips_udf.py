"""Reader of Philips UDF."""

import re
from collections.abc import Mapping

from crystinet.core.errors import UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns.metadata import Metadata
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.readers.parts.counts import (
    check_complete,
    points_between,
    read_counts,
    stepped_axis,
    to_float,
)
from crystinet.patterns.readers.parts.lines import has_mark, text_lines
from crystinet.patterns.readers.parts.scans import Scan, patterns_of_scans
from crystinet.patterns.readers.parts.tube import radiation_of_lines

_START = re.compile(rb"^[ \t]*(SampleIdent,|RawScan[ \t]*\r?$|DataAngleRange,)", re.MULTILINE)


class UdfReader:
    """Philips UDF, the text that PC-APD and its successors export.

    Source: the words of the file itself, and headers of PW1710 and Aeris diffractometers that the
    open readers DASH and rietx print. Lines ``Key, value, ... ,/`` make the header:
    ``DataAngleRange`` has the first and the last angle, ``ScanStepSize`` the step (degrees),
    ``LabdaAlpha1`` and ``LabdaAlpha2`` the lines (angstrom), ``RatioAlpha21`` their ratio,
    ``Anode`` the element. After ``RawScan`` stand the counts, and ``/`` ends them.
    """

    name = "Philips UDF"

    def accepts(self, head: bytes, suffix: str) -> bool:
        """The keys at the beginning of lines decide."""
        ended = head.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return has_mark(ended, _START, b"SampleIdent,", b"RawScan", b"DataAngleRange,")

    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        """Read the one scan; see `PatternReader.read`."""
        header: dict[str, list[str]] = {}
        rows: list[tuple[int, str]] = []
        begun = ended = False
        for number, line in enumerate(text_lines(data), start=1):
            if begun:
                counts, slash, _ = line.partition("/")
                rows.append((number, counts))
                if slash:
                    ended = True
                    break
            elif line.strip() == "RawScan":
                begun = True
            else:
                key, _, values = line.strip().removesuffix("/").partition(",")
                header[key.strip()] = [value.strip() for value in values.split(",")]
        if not ended:
            raise UnreadableFileError(
                f"{name} ends before the counts do: there is no / behind them.",
                hint="The file was cut off; copy or export it again.",
            )
        radiation = radiation or _radiation(header)
        counts_read = read_counts(rows)
        start, stop, step = _range(header, name=name)
        announced = points_between(start, stop, step, what=name)
        check_complete(len(counts_read), announced=announced, what=name, tolerance=1)
        axis = stepped_axis(start, step, n=len(counts_read), what=name)
        scan = Scan(axis, counts_read, radiation, metadata=_metadata(header))
        return patterns_of_scans([scan], name=name, radiation=radiation)


def _range(header: Mapping[str, list[str]], *, name: str) -> tuple[float, float, float]:
    """First angle, last angle and step, degrees."""
    words = [*header.get("DataAngleRange", [])[:2], *header.get("ScanStepSize", [])[:1]]
    if len(words) < 3:
        raise UnreadableFileError(
            f"{name} lacks DataAngleRange or ScanStepSize.", hint="Export the measurement again."
        )
    start, stop, step = (to_float(word, of=f"The range or step of {name}") for word in words)
    return start, stop, step


def _radiation(header: Mapping[str, list[str]]) -> Radiation | None:
    alpha_1, alpha_2, ratio = (
        to_float(header.get(key, ["0"])[0] or "0", of=f"{key} in the header")
        for key in ("LabdaAlpha1", "LabdaAlpha2", "RatioAlpha21")
    )
    return radiation_of_lines(alpha_1, alpha_2, ratio, anode=header.get("Anode", [""])[0])


def _metadata(header: Mapping[str, list[str]]) -> Metadata:
    """What the header says; ``FileDateTime`` is the date of a file, not of the measurement."""
    said = {key: ", ".join(filter(None, values)) for key, values in header.items()}
    monochromator = said.get("MonochromatorUsed", "")
    return Metadata.of(
        format="Philips UDF",
        sample=said.get("SampleIdent"),
        title="; ".join(filter(None, (said.get("Title1"), said.get("Title2")))),
        instrument=said.get("DiffrType"),
        anode=said.get("Anode"),
        scan_mode=said.get("ScanType"),
        divergence_slit=said.get("DivergenceSlit"),
        monochromator="" if monochromator.upper() == "NO" else monochromator,
        voltage_kv=said.get("GeneratorVoltage"),
        current_ma=said.get("TubeCurrent"),
        step_time_s=said.get("ScanStepTime"),
    )

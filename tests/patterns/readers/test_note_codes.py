"""What readers say comes with the code that programs look at, whatever the words are."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crystinet.core.notes import Note, NoteCode
from crystinet.core.radiation import Radiation
from crystinet.patterns.readers.parts.columns import find_columns
from crystinet.patterns.readers.parts.dialect import Dialect
from crystinet.patterns.readers.parts.scan import pattern_from_scan
from crystinet.patterns.readers.parts.scans import (
    Scan,
    patterns_of_scans,
    to_common_time,
    undo_attenuation,
)
from crystinet.patterns.readers.reading import parse_patterns, read_pattern

COPPER = Radiation.of_anode("Cu")
X = np.round(10.0 + 0.05 * np.arange(300), 2)
Y = 5.0 + np.arange(300) % 11


def of_scan(x: np.ndarray, y: np.ndarray) -> tuple[Note, ...]:
    return pattern_from_scan(x, y, radiation=COPPER, name="a").notes


def of_text(*header: str, axis: np.ndarray = X) -> tuple[Note, ...]:
    rows = [f"{x:.4f} {y:.0f}" for x, y in zip(axis, Y, strict=True)]
    text = "\n".join([*header, *rows, ""]).encode()
    return parse_patterns(text, name="a.xy", wavelength_angstrom=1.5406)[0].notes


#: From notes to what has to be said; files that only programs write are in a test of their own.
SAID: dict[NoteCode, Callable[[], Iterable[Note]]] = {
    NoteCode.ASSUMED_WAVELENGTH: lambda: pattern_from_scan(X, Y, radiation=None, name="a").notes,
    NoteCode.TWO_THETA_CONVERTED: lambda: of_text("Q I", axis=X / 10.0),
    NoteCode.POINTS_OUT_OF_REACH: lambda: of_text("Q I", axis=X / 3.0),
    NoteCode.POINTS_SORTED: lambda: of_scan(X[::-1], Y),
    NoteCode.POINTS_AVERAGED: lambda: of_scan(np.append(X, X[-1]), np.append(Y, 2.0)),
    NoteCode.POINTS_BELOW_ZERO: lambda: of_scan(X - 12.0, Y),
    NoteCode.POINTS_NOT_MEASURED: lambda: of_text("2theta I", f"{X[0] - 0.05} nan"),
    NoteCode.COUNTING_TIMES_SCALED: lambda: to_common_time(Y, 1.0 + X)[1],
    NoteCode.ATTENUATION_UNDONE: lambda: undo_attenuation(Y, 1.0 + X)[1],
    NoteCode.SCANS_LEFT_OUT: lambda: (
        patterns_of_scans(
            [Scan(X, Y), Scan(unlike_powder="a phi scan")], name="a", radiation=COPPER
        )[0].notes
    ),
    NoteCode.PERHAPS_CUT_OFF: lambda: of_text(
        "##NAMES=Corundum", "##RRUFFID=R000000", "##X-RAY WAVELENGTH=1.541838"
    ),
    NoteCode.COLUMNS_GUESSED: lambda: (
        find_columns(["2theta,holder,rutile"], dialect=Dialect(","), n_fields=3).notes
    ),
}
#: Said by readers of instrument files, and by those of other packages (see test_plug_ins).
ELSEWHERE = {
    NoteCode.SCAN_TYPE_UNKNOWN,
    NoteCode.MEASUREMENT_NOT_COMPLETED,
    NoteCode.READER_LEFT_OUT,
    NoteCode.READER_REMARK,
}


@pytest.mark.parametrize("code", SAID)
def test_codes_of_reading(code: NoteCode) -> None:
    said = [note.code for note in SAID[code]()]
    if code is NoteCode.POINTS_OUT_OF_REACH:
        assert said.pop(0) is NoteCode.TWO_THETA_CONVERTED
    assert said == [code]


def test_codes_of_instrument_files(instrument_files: Any, tmp_path: Path) -> None:
    counts = instrument_files.counts()
    aborted = instrument_files.xrdml_scan(counts, status="Aborted")
    for name, data, code in (
        ("a.raw", instrument_files.raw_3([counts], scan_type=77), NoteCode.SCAN_TYPE_UNKNOWN),
        ("a.xrdml", instrument_files.xrdml([aborted]), NoteCode.MEASUREMENT_NOT_COMPLETED),
    ):
        path = tmp_path / name
        path.write_bytes(data)
        assert [note.code for note in read_pattern(path).notes] == [code], name


def test_every_code_of_reading_has_a_case() -> None:
    codes = list(NoteCode)
    reading = codes[: codes.index(NoteCode.SPIKES_REMOVED)]
    assert set(reading) == set(SAID) | ELSEWHERE

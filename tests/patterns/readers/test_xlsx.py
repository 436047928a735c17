from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crystinet.core.errors import UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns.readers.reading import read_patterns

Save = Callable[[bytes, str], Path]
AXIS = np.round(10.0 + 0.05 * np.arange(600), 2)
COUNTS = np.random.default_rng(0).integers(1, 9999, 600).astype(float)
HEADER = ("wavelength = 0.7093", "2theta", "counts")


def sheet(*, header: bool = True, inline: bool = False, references: bool = True) -> str:
    def cell(place: str, value: str, kind: str = "n") -> str:
        at = f' r="{place}"' if references else ""
        return f'<c{at} t="{kind}"><v>{value}</v></c>'

    rows = []
    if header and inline:
        texts = [f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in HEADER]
        rows += [f"<row>{texts[0]}</row>", f"<row>{texts[1]}{texts[2]}</row>"]
    elif header:
        rows += [f"<row>{cell('A1', '0', 's')}</row>"]
        rows += [f"<row>{cell('A2', '1', 's')}{cell('B2', '2', 's')}</row>"]
    for i, (x, y) in enumerate(zip(AXIS, COUNTS, strict=True), start=3):
        rows.append(f"<row>{cell(f'A{i}', f'{x}')}{cell(f'B{i}', f'{y}')}</row>")
    name = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{name}"><sheetData>{"".join(rows)}</sheetData></worksheet>'


def book(*sheets: str, strings: bool = True) -> dict[str, str | bytes]:
    members: dict[str, str | bytes] = {
        f"xl/worksheets/sheet{n}.xml": text for n, text in enumerate(sheets, start=1)
    }
    if strings:
        items = "".join(f"<si><r><t>{text}</t></r></si>" for text in HEADER)
        members["xl/sharedStrings.xml"] = f"<sst>{items}</sst>"
    return members


@pytest.mark.parametrize(
    "members",
    [
        book(sheet()),
        book(sheet(inline=True), strings=False),
        book(sheet(references=False)),
        book("<worksheet><sheetData/></worksheet>", sheet()),
    ],
)
def test_the_table_of_a_workbook(
    members: dict[str, str | bytes], instrument_files: Any, save: Save
) -> None:
    (pattern,) = read_patterns(save(instrument_files.archive(members), "a.xlsx"))
    np.testing.assert_array_equal(pattern.two_theta_deg, AXIS)
    np.testing.assert_array_equal(pattern.intensity, COUNTS)
    assert pattern.radiation == Radiation.of_anode("Mo")


def test_each_sheet_is_a_pattern(instrument_files: Any, save: Save) -> None:
    data = instrument_files.archive(book(sheet(), sheet()))
    names = [pattern.name for pattern in read_patterns(save(data, "a.xlsx"))]
    assert names == ["a.xlsx", "a.xlsx [sheet 2]"]


def test_a_workbook_without_a_table_is_refused(instrument_files: Any, save: Save) -> None:
    data = instrument_files.archive(book("<worksheet><sheetData/></worksheet>"))
    with pytest.raises(UnreadableFileError, match="no table of numbers"):
        read_patterns(save(data, "a.xlsx"))

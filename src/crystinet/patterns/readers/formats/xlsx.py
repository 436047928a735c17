"""Tables of Excel workbooks, as text that the reader of tables understands."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from crystinet.core.errors import CrystinetError, UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.readers.formats.text import TextReader
from crystinet.patterns.readers.parts.archive import Archive
from crystinet.patterns.readers.parts.xml import parse_xml

_SHEET = re.compile(r"xl/worksheets/sheet(\d+)\.xml")
_STRINGS = "xl/sharedStrings.xml"
# No table of a pattern has more columns; a cell further to the right would make a long line.
_MOST_COLUMNS = 64


def is_workbook(members: tuple[str, ...]) -> bool:
    """Whether the members of a ZIP archive are those of an Excel workbook."""
    return any(_SHEET.fullmatch(member) for member in members)


def patterns_of_workbook(
    archive: Archive, *, name: str, radiation: Radiation | None, column: str | None = None
) -> list[Pattern]:
    """Read the table of each sheet that has one; ``column`` as in `TextReader`.

    Raises
    ------
    CrystinetError
        What the reader of tables says of the first sheet, if none holds a pattern.
    """
    numbered = [
        (int(found[1]), found[0]) for found in map(_SHEET.fullmatch, archive.members) if found
    ]
    strings = _strings(archive, name=name)
    patterns: list[Pattern] = []
    refused: CrystinetError | None = None
    for number, (_, sheet) in enumerate(sorted(numbered), start=1):
        called = name if number == 1 else f"{name} [sheet {number}]"
        text = "\n".join(_lines(parse_xml(archive.read(sheet), what=name), strings))
        try:
            patterns += TextReader(column).read(text.encode(), name=called, radiation=radiation)
        except CrystinetError as error:
            refused = refused or error
    if patterns:
        return patterns
    raise refused or UnreadableFileError(
        f"{name} is a workbook without sheets.", hint="Export the table as text (CSV)."
    )


def _strings(archive: Archive, *, name: str) -> list[str]:
    """Texts that cells name by their number."""
    if _STRINGS not in archive.members:
        return []
    root = parse_xml(archive.read(_STRINGS), what=name)
    return ["".join(text.text or "" for text in item.iter("t")) for item in root.iter("si")]


def _lines(sheet: Element, strings: list[str]) -> Iterator[str]:
    """Rows with tabs between the cells; empty cells are empty fields."""
    for row in sheet.iter("row"):
        cells: list[str] = []
        for cell in row.iter("c"):
            column = _column(cell.get("r", "")) if cell.get("r") else len(cells)
            if column < _MOST_COLUMNS:
                cells += [""] * (column + 1 - len(cells))
                cells[column] = re.sub(r"[\t\r\n]+", " ", _value(cell, strings))
        yield "\t".join(cells)


def _column(reference: str) -> int:
    """Index of the column of a cell: 0 of "A1", 27 of "AB3"."""
    index = 0
    for letter in re.sub(r"[^A-Z]", "", reference[:3].upper()):
        index = 26 * index + ord(letter) - ord("A") + 1
    return max(0, index - 1)


def _value(cell: Element, strings: list[str]) -> str:
    if cell.get("t") == "inlineStr":
        return "".join(text.text or "" for text in cell.iter("t"))
    value = cell.find("v")
    text = (value.text or "").strip() if value is not None else ""
    if cell.get("t") == "s" and text.isdecimal():
        return strings[int(text)] if int(text) < len(strings) else ""
    return text

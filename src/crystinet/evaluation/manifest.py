"""The manifest of a folder of measured patterns: what each pattern is, for whoever judges on it.

For other programs `manifest_schema` describes the rows as JSON Schema has it. It refuses what can
be seen of a row alone; which names are structure types, and which files are patterns, only the
reader knows.
"""

import csv
import json
import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from io import StringIO
from pathlib import Path

from crystinet.core.errors import ConfigError, CorpusError, InvalidWavelengthError
from crystinet.core.files import read_plain
from crystinet.core.plain import Document
from crystinet.core.radiation import ANODE_LINES, Radiation
from crystinet.corpus.compound import composition_of
from crystinet.corpus.splits import compound_key
from crystinet.crystals.catalogue import load_catalogue
from crystinet.model.composition import check_elements
from crystinet.patterns import Pattern, read_pattern

# What a manifest says of a type: in the catalogue; in none; one that bundles with further types may
# know; nobody is sure, so that the pattern counts for nothing.
IN_CATALOGUE = ("yes", "no", "extended", "doubt")

_MOST_BYTES = 100 * 2**20

#: What every manifest has.
COLUMNS = ("id", "file", "structure_type", "in_catalogue", "quality", "wavelength_angstrom")

#: Quality of the single phases that figures are made of, and of several phases in one sample.
OK, MIXTURE = "ok", "mixture"

#: The RRUFF patterns that the authors of the method published, known by the beginning of their id,
#: carry invented noise above this angle.
RRUFF_PREFIX, RRUFF_STOP_DEG = "rruff-", 90.0

# A phase that is written as a formula, such as La0.7Sr0.3MnO3 or Ca(OH)2.
_FORMULA = re.compile(r"(?:[A-Z][a-z]?[\d.]*|[()][\d.]*)+")


@cache
def manifest_schema() -> Document:
    """JSON Schema (draft 2020-12) of the rows of a manifest: an array of objects of text."""
    text = files("crystinet.evaluation").joinpath("data/manifest.schema.json").read_text("utf-8")
    schema: Document = json.loads(text)
    return schema


def key_of_row(row: Mapping[str, str]) -> str:
    """Elements of the sample, as `crystinet.corpus.splits.compound_key` has them; may be empty.

    The column ``elements`` says them (``Ca C O``), else ``phase`` where it is a formula.
    """
    phase = (row.get("phase") or "").split()[:1]
    try:
        if names := re.findall(r"\w+", row.get("elements") or ""):
            return compound_key(dict.fromkeys(check_elements(names), 1.0))
        if not phase or not _FORMULA.fullmatch(phase[0]):
            return ""
        amounts = composition_of(phase[0])
        check_elements(amounts)
    except ConfigError:
        return ""  # words of somebody's own: the sample just counts as one of unknown elements
    return compound_key(amounts)


def read_manifest(folder: Path, *, types: Collection[str]) -> list[dict[str, str]]:
    """Rows of quality ``ok`` or ``mixture`` that are no matter of doubt, checked.

    Parameters
    ----------
    folder
        With a ``manifest.csv``.
    types
        Names of structure types that a bundle knows, besides those of the catalogue.

    Raises
    ------
    CorpusError
        The manifest is missing or lacks a column, or names a type or a wavelength that there is
        not.
    """
    path = folder / "manifest.csv"
    try:
        text = read_plain(path, most_bytes=_MOST_BYTES).decode()
        reader = csv.DictReader(StringIO(text, newline=""), restval="")
        rows = [(reader.line_num, row) for row in reader]
    except (OSError, ValueError, csv.Error) as error:  # ValueError: not UTF-8
        raise CorpusError(
            f"{path} cannot be read ({error}).",
            hint="Give a folder of patterns with a manifest.csv.",
        ) from error
    missing = [name for name in COLUMNS if not rows or name not in rows[0][1]]
    if missing:
        raise CorpusError(
            f"{path} lacks {', '.join(missing)}.",
            hint=f"It needs the columns {', '.join(COLUMNS)}.",
        )
    for line, row in rows:
        _check_row(row, where=f"{path}, line {line}", types=types)
    return [
        row for _, row in rows if row["quality"] in (OK, MIXTURE) and row["in_catalogue"] != "doubt"
    ]


def _check_row(row: dict[str, str], *, where: str, types: Collection[str]) -> None:
    """Refuse what would otherwise count as another type, or be read with another wavelength."""
    if row["in_catalogue"] not in IN_CATALOGUE:
        raise CorpusError(
            f"{where}: in_catalogue is {row['in_catalogue']!r}.",
            hint=f"Write one of {', '.join(IN_CATALOGUE)}.",
        )
    name = row["structure_type"]
    if row["in_catalogue"] == "yes" and name not in types and not _is_published(name):
        near = get_close_matches(name, types, n=3, cutoff=0.4)
        raise CorpusError(
            f"{where}: there is no structure type {name!r}.",
            hint=f"Did you mean {', '.join(near)}?" if near else "'crystinet types' lists them.",
        )
    try:
        _wavelength(row["wavelength_angstrom"])
    except InvalidWavelengthError as error:
        raise CorpusError(f"{where}: {error.message}", hint=error.hint) from error


def _is_published(name: str) -> bool:
    """Whether the catalogue has a type that the bundle was not trained on."""
    return any(kind.name == name for kind in load_catalogue())


def read_measured(folder: Path, row: Mapping[str, str]) -> Pattern:
    """Read the pattern of a row of the manifest, with its wavelength, and only where it is real.

    Parameters
    ----------
    folder
        Of the patterns.
    row
        Of ``manifest.csv``: ``id``, ``file`` and ``wavelength_angstrom``.

    Raises
    ------
    CrystinetError
        The file cannot be read.
    """
    pattern = read_pattern(
        folder / row["file"], wavelength_angstrom=_wavelength(row["wavelength_angstrom"])
    )
    if is_of_rruff(row["id"]):
        return pattern.within((pattern.measured_range_deg[0], RRUFF_STOP_DEG))
    return pattern


def is_of_rruff(name: str) -> bool:
    """Whether an id is that of one of the RRUFF patterns of the method's authors."""
    return name.startswith(RRUFF_PREFIX)


def _wavelength(text: str) -> float | None:
    """First wavelength of ``1.5406/1.5444``, ``0.7107`` or ``Cu ...``; None for other words."""
    first = next(iter(text.replace("/", " ").split()), "")
    if first.capitalize() in ANODE_LINES:
        return ANODE_LINES[first.capitalize()][0]
    try:
        value = float(first)
    except ValueError:
        return None  # the file itself may say
    return Radiation.of_wavelength(value).wavelength_angstrom

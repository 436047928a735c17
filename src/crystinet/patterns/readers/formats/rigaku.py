"""What Rigaku's RAS and RASX have in common: the lines of the tube and the table of a scan."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from crystinet.core.errors import UnreadableFileError
from crystinet.core.notes import NO_NOTES
from crystinet.core.radiation import Radiation
from crystinet.patterns.metadata import clean_text
from crystinet.patterns.readers.parts.scans import MOST_POINTS, Scan, undo_attenuation
from crystinet.patterns.readers.parts.tube import radiation_of_lines
from crystinet.patterns.readers.parts.xml import number_of_text


def radiation_of_tube(
    *, alpha_1: str, alpha_2: str, beta: str, wave_type: str, anode: str
) -> Radiation | None:
    """Radiation by the words of the header; empty where one is missing.

    Parameters
    ----------
    alpha_1, alpha_2, beta
        Angstrom.
    wave_type
        "Ka" (the doublet), "Ka1", "Ka2" or "Kb": what reaches the detector.
    anode
        Element symbol.
    """
    lines = {
        "ka1": number_of_text(alpha_1 or "0", of="The wavelength of K-alpha1"),
        "ka2": number_of_text(alpha_2 or "0", of="The wavelength of K-alpha2"),
        "kb": number_of_text(beta or "0", of="The wavelength of K-beta"),
    }
    kind = wave_type.strip().lower()
    if lines.get(kind):
        return radiation_of_lines(lines[kind])
    return radiation_of_lines(lines["ka1"], lines["ka2"], anode=anode)


def scan_of_rows(
    rows: Sequence[str], *, announced: str, radiation: Radiation | None, what: str
) -> Scan:
    """Read a table of 2theta, counts and the factor of the attenuator.

    Parameters
    ----------
    rows
        Lines of the table.
    announced
        How many the header says there are; empty if it does not.
    radiation, what
        Passed on, and what is read, for messages.

    Raises
    ------
    UnreadableFileError
        If rows are missing or hold something else.
    """
    if len(rows) > MOST_POINTS:
        raise UnreadableFileError(
            f"{what} has more than {MOST_POINTS} points.", hint="Is this a powder pattern?"
        )
    try:
        table = [[float(field) for field in row.split()] for row in rows if row.strip()]
    except ValueError as error:
        raise UnreadableFileError(
            f"{what} has a row that is not made of numbers ({error}).",
            hint="The file is damaged; copy or export it again.",
        ) from error
    widths = {len(row) for row in table}
    n = number_of_text(announced, of=f"The number of points of {what}") if announced else len(table)
    if len(widths) != 1 or min(widths) < 2 or n != len(table):
        raise UnreadableFileError(
            f"{what} has {len(table)} rows of {sorted(widths)} numbers; it announces {n:g} points "
            "of 2theta, counts and attenuation.",
            hint="The file was cut off or is damaged; copy or export it again.",
        )
    values = np.array(table)
    y, notes = values[:, 1], NO_NOTES
    if values.shape[1] > 2:
        y, notes = undo_attenuation(y, values[:, 2])
    return Scan(values[:, 0], y, radiation, notes=notes)


def position_of(text: str) -> float | None:
    """Position of an axis in degrees; None where it is a word or has another unit."""
    return float(text) if re.fullmatch(r"[-+]?\d+(\.\d*)?", text.strip()) else None


def first_of(header: Mapping[str, str], *keys: str) -> str:
    """The first value that is there under one of the keys, or nothing."""
    return next((header[key] for key in keys if header.get(key)), "")


def step_time(speed: str, unit: str) -> str:
    """Counting time of a point where the speed of a stepwise scan is given as one, seconds."""
    return speed if unit.strip().lower() in ("s", "sec", "second", "seconds") else ""


def english(name: str) -> str:
    """English part of a name in two languages: "Filter" of "フィルター|Filter"."""
    return clean_text(name.rpartition("|")[2])

"""The radiation that a data block of a CIF names."""

import re

import gemmi

from crystinet.core.radiation import Radiation
from crystinet.patterns.readers.parts.header import find_radiation
from crystinet.patterns.readers.parts.tube import radiation_of_lines

TIME_OF_FLIGHT = "_pd_meas_time_of_flight"
# Where a block says what was scattered, and where it came from.
_PROBES = (
    "_diffrn_radiation_probe",
    "_diffrn_radiation_type",
    "_diffrn_source",
    "_diffrn_source_type",
    "_diffrn_radiation_source",
)
_WAVELENGTH = "_diffrn_radiation_wavelength"
_NAMES = ("_diffrn_radiation_type", "_diffrn_source_target", "_diffrn_source")


def radiation_of_block(block: gemmi.cif.Block) -> Radiation | None:
    """Radiation that a block names: as wavelengths, else by its type or target.

    Source: the dictionary ``cif_core.dic``, category ``diffrn_radiation_wavelength``.

    Raises
    ------
    InvalidWavelengthError
        If a wavelength is named that no diffractometer has.
    """
    # A list of reflections may name wavelengths too, by their number only.
    lines = [gemmi.cif.as_number(value) for value in block.find_values(_WAVELENGTH)
             if not gemmi.cif.is_null(value)]  # fmt: skip
    weights = [gemmi.cif.as_number(value) for value in block.find_values(_WAVELENGTH + "_wt")]
    if len(lines) == 1:
        return Radiation.of_wavelength(lines[0])
    if len(lines) > 1 and len(weights) == len(lines) and all(0.0 < w < 1e6 for w in weights):
        ordered = sorted(zip(weights, lines, strict=True), reverse=True)
        strongest = ordered[0][0]
        return Radiation(
            tuple(line for _, line in ordered), tuple(weight / strongest for weight, _ in ordered)
        )
    if lines:
        return radiation_of_lines(lines[0], lines[1])
    for tag in _NAMES:
        text = text_of(block, tag)
        found = find_radiation([text]) or radiation_of_lines(0.0, anode=text[:2])
        if found is not None:
            return found
    return None


def common_radiation(document: gemmi.cif.Document) -> Radiation | None:
    """Radiation that all blocks agree about which name one; None where none does."""
    named = {found for block in document if (found := radiation_of_block(block)) is not None}
    return named.pop() if len(named) == 1 else None


def words_of_neutrons(block: gemmi.cif.Block) -> str:
    """Tag and text by which the block says that neutrons were scattered; empty if it does not.

    Nobody measures the time of flight of X-rays: a list of it says so too.
    """
    if len(block.find_loop(TIME_OF_FLIGHT)):
        return TIME_OF_FLIGHT
    for tag in _PROBES:
        text = text_of(block, tag)
        if re.search(r"neutron|spallation|nuclear reactor", text, re.IGNORECASE):
            return f"{tag} {text}"
    return ""


def common_neutrons(document: gemmi.cif.Document) -> str:
    """As `words_of_neutrons`, where all blocks that name a probe say so; empty where one differs.

    The probe may stand in another block than the pattern.
    """
    named = [block for block in document if text_of(block, _PROBES[0])]
    said = [words_of_neutrons(block) for block in named]
    return said[0] if said and all(said) else ""


def text_of(block: gemmi.cif.Block, tag: str) -> str:
    """Text under a tag, the first where there are several; empty if not given."""
    values = block.find_values(tag)
    value = values[0] if len(values) else "?"
    return "" if gemmi.cif.is_null(value) else gemmi.cif.as_string(value).strip()

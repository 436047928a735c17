"""What was scattered: headers that say neutrons or time of flight are refused by name."""

import re
from collections.abc import Iterable
from itertools import islice

from crystinet.core.errors import InvalidPatternError
from crystinet.patterns.readers.parts.anodes import anodes_in, is_denied, without_sample

_MOST_LINES = 2000
_LONGEST_LINE = 1000
_FLIGHT = (
    r"(?i:times?[\s_-]*of[\s_-]*flight|flugzeit|temps\s+de\s+vol|tiempo\s+de\s+vuelo)"
    r"|(?<![A-Za-z])(?:TOF|ToF|tof)(?![A-Za-z]|[\s-]*(?i:SIMS|MS\b))"
)
# Neutrons may also be what happened to the sample before.
_NEUTRONS = (
    r"(?i)(?<![a-z_])neutron(?:s|en|es|i|ique|ica|enbeugung)?(?![a-z])"
    r"(?![\s_-]*(?:irradiat|absor|activat|shield|captur|damage|scattering[\s_-]*lengths?))"
)
_IRRADIATED = r"(?i)irradiat|bestrahl|irradié|transmut"
# A line that names both says neither.
_X_RAYS = r"(?i)x-?rays?\b|röntgen|rayons?[\s-]*x\b|synchrotron|raggi\s*x"
# Places and diffractometers that only neutrons reach; D1A and DMC mean other things elsewhere.
_PLACES = (
    r"\b(?:HRPT|SINQ|POWGEN|SPODI|ECHIDNA|HB-?2A|HFIR|NCNR|J-?PARC|LANSCE|Mantid|NOMAD\W+SNS"
    r"|Institut\s+(?:Max\s+von\s+)?Laue\W+Langevin)\b"
    r"|\b(?:D1A|D1B|D2B|D4C?|D20|XtremeD)\b.{0,30}\b(?:ILL|Grenoble)\b"
    r"|\bILL\b.{0,30}\b(?:D1A|D1B|D2B|D4C?|D20|XtremeD)\b"
    r"|\b(?:3T2|G4[.-]?[1-6])\b.{0,30}\b(?:LLB|Saclay)\b|\b(?:LLB|Saclay)\b.{0,30}\b(?:3T2|G4)"
    r"|\b(?:GEM|HRPD|POLARIS|WISH)\b.{0,30}\bISIS\b|\bISIS\b.{0,30}\b(?:GEM|HRPD|POLARIS|WISH)\b"
    r"|\bBT-?1\b.{0,30}\bNIST\b|\bNIST\b.{0,30}\bBT-?1\b|\bDMC\b.{0,30}\bPSI\b"
    r"|(?i:\.bt1\b)|^\W*(?:DMC|HRPT)\s*,|\bHTYPE\s+PN[CT]R\b"
)
# The first word of files that these two write without naming their institute.
_DIFFRACTOMETER = r"^\W*(?:D1A\d?|D2B)(?:[\s,:;]|$)"
_HINT = (
    "crystinet knows patterns of X-rays against an angle, d or Q only: nuclei scatter neutrons "
    "with other intensities. Measure with X-rays."
)


def refuse_neutrons(lines: Iterable[str], *, name: str) -> None:
    """Refuse a file whose header says that it was measured with neutrons.

    Parameters
    ----------
    lines
        Of the header. What a line denies ("no neutrons"), and the name of a sample, do not count;
        a line that names X-rays too says neither.
    name
        Of the file, for the message.

    Raises
    ------
    InvalidPatternError
        Quoting the line that says time of flight or neutrons.
    """
    texts = [without_sample(line[:_LONGEST_LINE]) for line in islice(lines, _MOST_LINES)]
    for text in texts:  # first: it says more
        if (found := re.search(_FLIGHT, text)) and not is_denied(text, found):
            raise time_of_flight(text, name=name)
    for text in texts:
        word = None if re.search(_IRRADIATED, text) else re.search(_NEUTRONS, text)
        found = word or re.search(_PLACES, text)
        if found and not (is_denied(text, found) or re.search(_X_RAYS, text)):
            raise neutrons(text, name=name)
    if not any(anode for text in texts for anode in anodes_in(text)):
        found_first = next((text for text in texts if re.search(_DIFFRACTOMETER, text)), None)
        if found_first and not re.search(_X_RAYS, found_first):
            raise neutrons(found_first, name=name)


def neutrons(said: str, *, name: str) -> InvalidPatternError:
    """The error of a file that says, in these words, that neutrons were scattered."""
    return InvalidPatternError(
        f"{name} was measured with neutrons, not X-rays: the file says {_short(said)!r}.",
        hint=_HINT,
    )


def time_of_flight(said: str, *, name: str) -> InvalidPatternError:
    """The error of a file that says, in these words, that its axis is a time of flight."""
    return InvalidPatternError(
        f"{name} has times of flight of neutrons, no angles: the file says {_short(said)!r}.",
        hint=_HINT,
    )


def _short(text: str) -> str:
    return " ".join(text.split())[:80]

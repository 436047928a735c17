"""What the header of a text file says about the measurement, in the words of many programs."""

import re
from collections.abc import Iterable
from itertools import islice

from crystinet.patterns.metadata import NUMBERS, Metadata, clean_text, kelvin

# Names that programs give to the same thing; without blanks, signs and what stands in brackets.
_NAMES = {
    "sample": "sample sampleid sampleident sampleidentification samplename usersamplename specimen "
    "id names",
    "title": "title filetitle",
    "comment": "comment comments samplecomment memo",
    "operator": "operator user username measuredby",
    "instrument": "instrument instrumentname diffractometer diffractometersystem "
    "diffractometertype",
    "measured_at": "measuredat measurementdate measurementdatetime measurementstarttime "
    "measurementstartdatetime datemeasured datetime datetimemeasured scandate scantime scanstart "
    "scanstarttime starttime startdate date",
    "anode": "anode anodematerial tubeanode target targetmaterial xraytubeanode",
    "voltage_kv": "voltage generatorvoltage tubevoltage xraytubevoltage tension kv",
    "current_ma": "current generatorcurrent tubecurrent xraytubecurrent ma",
    "scan_type": "scantype scanaxis",
    "scan_mode": "scanmode stepmode",
    "step_time_s": "timeperstep steptime scansteptime countingtime counttime timestep",
    "temperature_k": "temp temperature sampletemperature",
    "detector": "detector detectorname detectortype",
    "divergence_slit": "divergenceslit ds",
    "monochromator": "monochromator",
    "filter": "filter betafilter kbetafilter",
    "goniometer_radius_mm": "goniometerradius",
}
_FIELDS = {name: field for field, names in _NAMES.items() for name in names.split()}
# '# Temp (K) = 298.0', '##NAMES=Corundum', 'Anode material,Cu'
_LINE = (
    r"[\s#!;'%*/\"]*(?P<name>[A-Za-z][A-Za-z0-9 _./-]{0,40}?)\s*"
    r"(?:[(\[](?P<unit>[^)\]]{1,12})[)\]])?\s*[=:,;\t]\s*(?P<value>.*)$"
)
# 'Id: "" Operator: "Emmy Noether" Anode: "Cu"': several on one line
_QUOTED = r'(?P<name>[A-Za-z][A-Za-z ]{0,30}):\s*"(?P<value>[^"]{0,400})"'
_NUMBER = r"\s*\"?(?P<number>[-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?)\s*(?P<unit>\D{0,10})"
# Units of the numbers; another one, or none where the header says it elsewhere, is not guessed at.
_UNITS = {
    "voltage_kv": ("", "kv"),
    "current_ma": ("", "ma"),
    "step_time_s": ("", "s", "sec", "second", "seconds"),
    "goniometer_radius_mm": ("", "mm"),
}
_LONGEST_LINE = 1000
_MOST_LINES = 300


def header_metadata(lines: Iterable[str], **known: object) -> Metadata:
    """Metadata of the header of a text file; the first line that says something of it counts.

    Parameters
    ----------
    lines
        Of the header, comment signs included.
    known
        What else the reader knows, by the names of `Metadata`; it takes precedence.
    """
    found: dict[str, object] = {}
    for line in islice(lines, _MOST_LINES):
        text = line.strip()[:_LONGEST_LINE]
        quoted = list(re.finditer(_QUOTED, text))
        for pair in quoted if len(quoted) > 1 else filter(None, [re.match(_LINE, text)]):
            field = _FIELDS.get(re.sub(r"[^a-z0-9]", "", pair["name"].lower()))
            unit = pair.groupdict().get("unit") or ""
            if field and field not in found and (value := _value(field, pair["value"], unit)):
                found[field] = value
    return Metadata(found | {name: value for name, value in known.items() if value})


def _value(field: str, text: str, unit: str) -> object:
    """Value in the unit of the field, None where it cannot be told."""
    text = text.strip().strip("'\"").strip()
    if field not in NUMBERS:
        return clean_text(text)
    if not (number := re.match(_NUMBER, text)):
        return None
    unit = re.sub(r"[^a-z°]", "", (number["unit"] or unit).lower())
    if field == "temperature_k":
        return kelvin(number["number"], unit)
    return number["number"] if unit in _UNITS[field] else None


def first_title(lines: Iterable[str]) -> str:
    """The first line that says something, without its comment sign."""
    return next((text for line in lines if (text := clean_text(line.strip(" \t\r\n#!;'%*/")))), "")

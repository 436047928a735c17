"""The anode of an X-ray tube in a line of text: in symbols or words, unless the line denies it."""

import re
from collections.abc import Iterator

from crystinet.core.radiation import ANODE_WORDS

#: How people write the alpha of "K-alpha".
ALPHA = r"(?:\\?alpha|\\a|α|a)"

# Element symbols count only in their own spelling: "co" and "ag" are parts of words.
_SYMBOLS = "Cr|Fe|Co|Cu|Mo|Ag"
_ANODE = rf"(?<![A-Za-z\d])(?P<anode>{_SYMBOLS}|(?i:{'|'.join(ANODE_WORDS)}))(?![a-z])"
_LINE = (
    rf"(?<![A-Za-z])(?P<anode>{_SYMBOLS}|{_SYMBOLS.upper()}"
    rf"|(?i:{'|'.join(ANODE_WORDS)}))[\s_(-]*(?i:k[\s_-]*{ALPHA})(?![b-z])"
)
_WHAT = r"(?i:[\s_-]*(?:material|element|name|type|werkstoff|s\b))*"
_KIND = (
    r"(?i:(?:(?:sealed|rotating|fine|focus|micro-?focus|ceramic|lab|laboratory|x-?ray|anode|tube"
    r"|target|source|is|was|of|used|a|an|the)[\s_:=-]+){0,4})"
)
# What says that a tube is meant, and what may be a source of anything.
_TUBE = (
    r"(?i:anoden?|anticath?odes?|antikathode|tubes?|tubo|röhre|roehre|strahlenquelle"
    r"|röntgenquelle|x-?ray[\s_-]*(?:source|target))"
)
_RADIATION = r"(?i:radiation|strahlung|rayonnement|radiaci[oó]n)"
_NAMED = (
    # "Anode material,Cu", but "Co radiation, Fe filter"
    rf"(?:{_TUBE}{_WHAT}[^A-Za-z\d]{{0,6}}|{_RADIATION}{_WHAT}[^A-Za-z\d,;.]{{0,6}})"
    rf"{_KIND}[^A-Za-z\d]{{0,3}}{_ANODE}(?!\d)"
)
_END = (
    r"""(?=\s*(?:$|[;,|\t)\]"'/(.]|(?i:k[\s_-]*alpha|ka\b|anode|tube|target|radiation|x-?ray)))"""
)
_SOURCE = (
    r"(?<![A-Za-z])(?i:source|target|quelle|wave[\s_-]?length|wellenl[^\s\d]{1,3}nge)"
    rf"{_WHAT}[^A-Za-z\d]{{0,6}}{_KIND}[^A-Za-z\d]{{0,3}}{_ANODE}{_END}"
)
# "Mo tube", "molybdenum X-ray source".
_BEFORE = (
    rf"{_ANODE}[\s_-]*(?i:(?:x-?ray[\s_-]*)?(?:anode|tube|radiation|röhre|strahlung)"
    r"|x-?ray[\s_-]*(?:source|target))"
)
# Old programs write in capitals only: "ANODE=CU".
_CAPITALS = (
    rf"(?i:anode|target)[^A-Za-z\d]{{1,6}}(?P<anode>{_SYMBOLS.upper()})(?![A-Za-z\d])"
    rf"|(?i:anode|tube)\s*[=:]\s*(?P<small>{_SYMBOLS.lower()})\s*$"
)
# "Mo 50kV 40mA"
_POWER = rf"(?<![A-Za-z])(?P<anode>{_SYMBOLS})\W{{1,3}}\d\d(?:\.\d*)?\s*kV\b"
# Jade: "SCAN: 10.0/80.0/0.05/1(sec), Cu(40kV,30mA), I(max)=9120"
_SCAN = rf"(?i:scan):\s*[\d.]+/[\d.]+/[\d.]+/[^,]{{1,20}},\s*(?P<anode>{_SYMBOLS})(?=[\s,(])"
# "Position [°2Theta] (Copper (Cu))" above the angles.
_LABEL = rf"\((?i:{'|'.join(ANODE_WORDS)})\s*\((?P<anode>{_SYMBOLS})\)\)"
# Rigaku's programs write the atomic number.
_NUMBERED = r"(?i:target|anode)\s*[=:]\s*(?P<anode>24|26|27|29|42|47)\s*$"
_NUMBERS = {"24": "Cr", "26": "Fe", "27": "Co", "29": "Cu", "42": "Mo", "47": "Ag"}
# Tubes whose lines nobody here knows.
_RARE = (
    r"(?:(?i:anode|target|tube)(?i:[\s_-]*(?:material|element))?\W{1,4}"
    r"(?P<anode>W|Rh|Ga|In|Ni|Ti|V|Mn|Zn|Pd|Au|Pt|Ta|(?i:tungsten|rhodium|gallium|titanium))\s*$)"
)
_FILTER = r"(?i)[\s_-]*(?:k[\s_-]*(?:beta|b|β)[\s_-]*)?filter"
# A target or a source that no X-rays come from.
_OTHER_SOURCE = (
    r"(?i)sputter|deposit|precursor|substrate|furnace|quartz|capsule|holder|crucible|ampoule|foil"
    r"|wire|grown|growth|m(?:ö|oe|o)ssbauer|ore\b|mine\b"
)
_SAMPLE = (
    r"(?i)(?<![a-z])(?:sample|specimen|proben?(?=name|id|bez)|échantillon|echantillon|muestra"
    r"|campione|compound|phase|formula|substance|mineral)"
    r"[\s_-]*(?:name|id|ident\w*|bezeichnung|code|description|no\.?)?\s*[\"']?\s*[:=,]\s*"
    r"(?:\"[^\"]*\"|'[^']*'|[^;|\t,]*)"
)
# "not measured with Mo Ka, Co Ka"; "Mo Ka was not used". "No filter, Cu Ka" denies only the filter.
_DENIES_REST = (
    r"(?i)\b(?:not|nicht|never|nie|neither|nor|instead\s+of|rather\s+than|other\s+than|except|unlike"
    r"|statt|pas)\b|n't\b"
)
_DENIES_CLAUSE = r"(?i)\b(?:no(?!\s*[.:#=\d])|without|ohne|kein\w*|sans|sin|senza)\b[^;,.|\t]*$"
_DENIED_AFTER = (
    r"(?i)\W{0,3}(?:(?:radiation|lines?|tube|anode|source|was|is|were|has|been|wurde)\W+){0,4}"
    r"(?:not|nicht|never)\b"
)


def anodes_in(line: str) -> Iterator[str]:
    """Symbols of the anodes that a line of text names as what X-rays came from.

    The name of a sample ("Sample: Mo target") and what is denied ("not with Mo Ka") do not count.
    """
    text = without_sample(line)
    for form in (_LINE, _NAMED, _SOURCE, _BEFORE, _CAPITALS, _SCAN, _LABEL, _POWER, _NUMBERED):
        for found in re.finditer(form, text):
            if is_denied(text, found) or re.match(_FILTER, text[found.end() :]):
                continue
            if form is not _LINE and re.search(_OTHER_SOURCE, _clause(text, found)):
                continue
            name = next(group for group in found.groupdict().values() if group)
            yield _NUMBERS.get(name) or ANODE_WORDS.get(name.lower(), name.capitalize())


def rare_anode(line: str) -> str:
    """The anode of a tube other than the usual ones; empty where none is named."""
    found = re.search(_RARE, without_sample(line))
    return found["anode"] if found else ""


def _clause(text: str, found: re.Match[str]) -> str:
    """What stands around a match, up to the next comma, semicolon or stop."""
    before = re.split(r"[,;.]", text[: found.start()])[-1]
    return before + found[0] + re.split(r"[,;.]", text[found.end() :])[0]


def without_sample(line: str) -> str:
    """The line with what it says about the name of the sample taken out."""
    return re.sub(_SAMPLE, " ; ", line)


def is_denied(line: str, found: re.Match[str]) -> bool:
    """Whether the words around a match say that it was not so."""
    before, after = line[: found.start()], line[found.end() :]
    return bool(
        re.search(_DENIES_REST, before)
        or re.search(_DENIES_CLAUSE, before)
        or re.match(_DENIED_AFTER, after)
    )

"""How the page says things: short, in plain words."""

import math
import re
from datetime import UTC, datetime

from crystinet.app.told import told_in_short
from crystinet.core.plain import Document

_VERDICTS = {
    "known": "Known type",
    "uncertain": "Not certain",
    "unknown": "None of the known types",
    "further": "Known further type",
}


def verdict_word(verdict: str) -> str:
    """A verdict in two or three words."""
    return _VERDICTS[verdict]


_MODELS = {
    "default": "default: the usual one",
    "extended": "extended: 24 types more",
    "wide": "wide: all 969 types in one ranking",
}


def model_words(name: str) -> str:
    """A model with what it is for."""
    return _MODELS.get(name, name)


def headline(entry: Document) -> tuple[str, str, str]:
    """The answer as a sentence: what stands before the name of the type, the name, and the rest."""
    told = told_in_short(entry)
    name, kind = " / ".join(told.names), ", a further type" if told.is_further else ""
    if told.standing in ("known", "further"):
        return "This is ", name, f"{kind}."
    if told.standing == "uncertain":
        return "Perhaps ", name, f"{kind}; look closer before you rely on it."
    if _further_sentence(entry):
        return "Probably none of the usual structure types.", "", ""
    return "Probably none of the structure types that the program knows.", "", ""


def below_headline(entry: Document) -> str:
    """What follows it: probabilities, other types that it may be, and reasons."""
    told, sentence, reason = told_in_short(entry), str(entry["sentence"]), str(entry["reason"])
    if told.standing == "known":
        return f"Probability {sentence.partition(', probability ')[2]}"
    further = _further_sentence(entry)
    if told.standing == "further":
        return further
    nearest = ""
    if told.standing == "unknown" and not told.is_further:
        nearest = f"The nearest is {told.names[0]}."
    return " ".join(filter(None, (further, nearest, reason)))


def _further_sentence(entry: Document) -> str:
    return str((entry.get("further") or {}).get("sentence", ""))


def percent(value: float) -> str:
    """A probability as people write it: 99.4 %, 12 %, < 0.1 %."""
    if value < 0.001:
        return "< 0.1 %"
    if value > 0.999:
        return "> 99.9 %"
    return f"{100.0 * value:.1f} %" if value > 0.99 or value < 0.1 else f"{100.0 * value:.0f} %"


def when(seconds: float) -> str:
    """A time as people write it, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


def short_number(value: float, digits: int = 4) -> str:
    """A number with so many digits."""
    return f"{value:.{digits}g}" if math.isfinite(value) else "–"


def formula_parts(text: str) -> list[tuple[str, bool]]:
    """Parts of a formula, and whether each is a subscript: TiO2 -> TiO, 2; P63/m -> P6, 3, /m."""
    parts = _BELOW.split(text)
    return [(part, number % 2 == 1) for number, part in enumerate(parts) if part]


#: Numbers of a formula; of a space group, as in Apatite#-(HE,P63/m), that of its screw axis alone.
_BELOW = re.compile(r"((?<=,P6)\d|(?<=[A-Za-z)\]])(?<!,[A-Z])(?<!/m)\d+(?:\.\d+)?)")
_EDGES = ("a", "b", "c")
_ANGLES = ("α", "β", "γ")


def cell(values: list[float], uncertainty: list[float] | None = None) -> str:
    """Edges and angles that symmetry leaves free: "a = 4.5967(2), c = 2.9615(2) Å"."""
    errors = uncertainty or [0.0] * 6
    edges, angles = values[:3], values[3:]
    shown = [
        f"{name} = {with_uncertainty(value, error)}"
        for n, (name, value, error) in enumerate(zip(_EDGES, edges, errors, strict=False))
        if not any(abs(value - other) < 1e-9 for other in edges[:n])
    ]
    turned = [
        f"{name} = {with_uncertainty(value, error, digits=2)}°"
        for name, value, error in zip(_ANGLES, angles, errors[3:], strict=True)
        if abs(value - 90.0) > 1e-6 and not (abs(value - 120.0) < 1e-6 and name == "γ")
    ]
    return ", ".join([", ".join(shown) + " Å", *turned])


def with_uncertainty(value: float, error: float, *, digits: int = 4) -> str:
    """4.5967(2): the uncertainty in units of the last digit, two of them below 20."""
    if not (error > 0.0 and math.isfinite(error)):
        return f"{value:.{digits}f}"
    places = max(0, -math.floor(math.log10(error)))
    if round(error * 10**places) < 2:
        places += 1
    return f"{value:.{places}f}({round(error * 10**places):d})"

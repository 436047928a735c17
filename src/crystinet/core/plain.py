"""Plain data as JSON has it: no NaN, no tuples, ASCII; and text that terminals take."""

import json
import math
import unicodedata
from typing import Any

Document = dict[str, Any]


def json_text(document: Document) -> str:
    """Write a document, in ASCII so that every terminal and locale takes it."""
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    """Copy nested data with null where a number is not finite, and lists for tuples."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return number(value) if isinstance(value, float) else value


def number(value: float) -> float | None:
    """Round to six decimals for the reader's sake; None where JSON has no such number."""
    return round(float(value), 6) if math.isfinite(value) else None


def in_percent(probability: float) -> str:
    """A probability in whole per cent, for sentences: 99 % at most, since nothing is certain."""
    return f"{min(100.0 * probability, 99.0):.0f} %"


def printable(text: str) -> str:
    r"""Text with control characters as escapes, ``\x1b`` for instance; line feeds stay.

    Names come from files and archives of strangers. A terminal would obey what is in them, and
    signs that turn the direction of writing around would make them read as other names.
    """
    if text.isprintable():
        return text
    return "".join(sign if sign == "\n" or _is_shown(sign) else _escape(sign) for sign in text)


def printable_line(text: str) -> str:
    """The same on one line, with line feeds as escapes too: for names."""
    return printable(text).replace("\n", "\\n")


def _is_shown(sign: str) -> bool:
    # Category C: control and invisible characters and lone surrogates; Zl and Zp end a line.
    category = unicodedata.category(sign)
    return category[0] != "C" and category not in ("Zl", "Zp")


def _escape(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")

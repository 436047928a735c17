"""Signs between thousands: understood where a column of numbers shows what they are."""

import re
from collections.abc import Sequence

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import UnreadableFileError
from crystinet.patterns.readers.parts.dialect import is_number, plain_number

# So many "1.139" beside "176" are no chance.
_MANY = 3
_WITHOUT_SIGN = re.compile(r"[-+]?\d{1,3}")


def numbers_of_column(texts: Sequence[str], *, axis_sign: str) -> FloatArray:
    """Numbers of a column as they are meant; shape (n,).

    Parameters
    ----------
    texts
        Numbers as they are written.
    axis_sign
        The decimal sign of the axis beside them, "." or ","; empty where it has none.

    Raises
    ------
    UnreadableFileError
        If the numbers can mean two things, naming both, or one is none.
    """
    decimal, thousands = _signs(texts, axis_sign=axis_sign)
    if thousands:
        texts = [text.replace(thousands, "") for text in texts]
    if decimal == ",":
        texts = [text.replace(",", ".") for text in texts]
    try:
        return np.array(list(map(float, texts)))
    except ValueError:
        return np.array([_number(text) for text in texts])


def _number(text: str) -> float:
    plain = plain_number(text)
    if not is_number(plain):
        raise UnreadableFileError(
            f"The intensity {text.strip()[:40]!r} is written like no other in the column.",
            hint="Write all numbers with the same decimal sign, and without signs for thousands.",
        )
    return float(plain)


def _signs(texts: Sequence[str], *, axis_sign: str) -> tuple[str, str]:
    """Decimal sign and sign between thousands of a column, empty where there is none."""
    with_point = [text for text in texts if "." in text]
    with_comma = [text for text in texts if "," in text]
    if with_point and with_comma:
        both = next((text for text in with_point if "," in text), None)
        if both is not None:
            return (",", ".") if both.rindex(",") > both.rindex(".") else (".", ",")
        if axis_sign != "." and are_groups(with_point, "."):
            return ",", "."
        return (".", ",") if are_groups(with_comma, ",") else (".", "")
    sign, signed = (",", with_comma) if with_comma else (".", with_point)
    if not signed or not are_groups(signed, sign):
        return sign, ""
    if axis_sign not in ("", sign) or any(text.count(sign) > 1 for text in signed):
        return axis_sign if axis_sign != sign else "", sign
    _check_has_one_meaning(texts, signed, sign)
    return sign, ""


def _check_has_one_meaning(texts: Sequence[str], signed: Sequence[str], sign: str) -> None:
    """Refuse "176" beside "1.139": a program that prints 1.139 prints 176.000 beside it."""
    bare = [text for text in texts if sign not in text]
    below = next((text for text in bare if text.strip("+-0 ")), None)
    if below is None or len(signed) < _MANY:
        return
    if all(_WITHOUT_SIGN.fullmatch(text.strip()) for text in bare):
        digits = signed[0].strip().replace(sign, "")
        raise UnreadableFileError(
            f"The intensity {signed[0].strip()!r} beside {below.strip()!r} may be {digits}, with "
            f"a sign between thousands, or {signed[0].strip().replace(sign, '.')}.",
            hint="Export the numbers without signs between thousands.",
        )


def are_groups(texts: Sequence[str], sign: str) -> bool:
    """Whether the sign stands before three digits each time, and never behind a zero alone."""
    form = re.compile(rf"\s*[-+]?[1-9]\d{{0,2}}(?:{re.escape(sign)}\d{{3}})+\s*")
    return all(form.fullmatch(text) for text in texts)

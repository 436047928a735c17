"""Numbers of JCAMP-DX lines, plain or compressed (ASDF: PAC, SQZ, DIF and DUP).

Source: R. S. McDonald, P. A. Wilks, Appl. Spectrosc. 42 (1988) 151 (JCAMP-DX 4.24).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crystinet.core.errors import UnreadableFileError
from crystinet.patterns.readers.parts.counts import NumberedLine
from crystinet.patterns.readers.parts.dialect import is_number

# A letter is sign and first digit of a value (SQZ), of a difference to the value before (DIF), or
# of how often what stands before it comes, itself included (DUP).
_SQUEEZED = {letter: str(n) for n, letter in enumerate("@ABCDEFGHI")}
_SQUEEZED |= {letter: f"-{n}" for n, letter in enumerate("abcdefghi", start=1)}
_DIFFERENCE = {letter: str(n) for n, letter in enumerate("%JKLMNOPQR")}
_DIFFERENCE |= {letter: f"-{n}" for n, letter in enumerate("jklmnopqr", start=1)}
_TIMES = {letter: str(n) for n, letter in enumerate("STUVWXYZs", start=1)}
_SIGNS = "@A-Ia-i%J-Rj-rS-Zs"
_X = re.compile(r"\s*[-+]?(?:\d+\.?\d*|\.\d+)")
_WORD = re.compile(
    rf"[\s,]*(?:(?P<sign>[{_SIGNS}])(?P<rest>\d*(?:\.\d*)?)|(?P<plain>[-+]?\d+\.?\d*)|(?P<none>\?))"
    r"\s*"
)
# Repetitions make a few letters many points.
_MOST_VALUES = 1_000_000
_SAME = 1e-6


@dataclass(frozen=True, slots=True)
class Line:
    """One line: x, and the values from there on.

    ``repeats`` says that the first value repeats the last one of the line before, and is no point.
    """

    number: int
    x: float
    y: tuple[float, ...]
    repeats: bool = False


def lines_of_rows(rows: Sequence[NumberedLine], *, name: str) -> list[Line]:
    """Decode the lines of one block, each with x and any number of y.

    Parameters
    ----------
    rows
        Lines with their numbers in the file.
    name
        Of the file, for messages.

    Raises
    ------
    UnreadableFileError
        Naming the line that is damaged, or whose first value is not the last one of the line before
        where differences are listed.
    """
    words = [plain_words(line) for _, line in rows]
    if all(words):
        decoded = [[float(word) for word in each] for each in words if each]
        return [Line(n, row[0], tuple(row[1:])) for (n, _), row in zip(rows, decoded, strict=True)]
    return list(_compressed(rows, name=name))


def plain_words(line: str) -> list[str]:
    """Numbers of a line as they are written in full; none where it holds something else."""
    # In a packed line the sign of a number separates it from the one before: "15.0+176-3".
    words = re.sub(r"(?<=[\d.])(?=[+-])", " ", line).replace(",", " ").replace(";", " ").split()
    return words if all(map(is_number, words)) else []


def _compressed(rows: Sequence[NumberedLine], *, name: str) -> Iterator[Line]:
    last: float | None = None  # of a line that ended with differences
    total = 0
    for number, text in rows:
        start = _X.match(text)
        values = _values(text[start.end() :]) if start else None
        if start is None or values is None:
            raise UnreadableFileError(
                f"Line {number} of {name} is damaged: {text.strip()[:40]!r}.",
                hint="Export JCAMP-DX with plain numbers (AFFN), or text with two columns.",
            )
        y, of_differences = values
        if last is not None and y and not abs(y[0] - last) <= _SAME * max(1.0, abs(last)):
            raise UnreadableFileError(
                f"Line {number} of {name} begins with the value {y[0]:g}, the line before ends "
                f"with {last:g}: a line is missing or damaged.",
                hint="Copy or export the file again.",
            )
        total += len(y)
        if total > _MOST_VALUES:
            raise UnreadableFileError(
                f"{name} has more than {_MOST_VALUES} points.", hint="Is this a powder pattern?"
            )
        yield Line(number, float(start[0]), tuple(y), repeats=last is not None and bool(y))
        last = y[-1] if y and of_differences else None


def _values(text: str) -> tuple[list[float], bool] | None:
    """Values of a line behind x, and whether it ends with differences; None if it is damaged."""
    values: list[float] = []
    step: float | None = None  # of the last word, if that was a difference
    at = 0
    text = text.strip()
    while at < len(text):
        word = _WORD.match(text, at)
        if word is None:
            return None
        at = word.end()
        sign, rest = word["sign"] or "", word["rest"] or ""
        if sign in _TIMES and sign:
            times = int(_TIMES[sign] + rest) if rest.isdecimal() or not rest else 0
            if not values or not 1 <= times <= _MOST_VALUES - len(values):
                return None
            for _ in range(times - 1):
                values.append(values[-1] + (step or 0.0))
        elif sign in _DIFFERENCE and sign:
            if not values:
                return None
            step = float(_DIFFERENCE[sign] + rest)
            values.append(values[-1] + step)
        else:
            step = None
            first = _SQUEEZED[sign] + rest if sign else word["plain"]
            values.append(float("nan") if word["none"] else float(first))
    return values, step is not None

"""Reader of JSON with the axis and the intensity as arrays."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from crystinet.core.errors import UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.readers.formats.text import TextReader
from crystinet.patterns.readers.parts.lines import looks_like_text, open_text

_START = re.compile(rb"\A(\xef\xbb\xbf)?\s*(\{\s*\"|\[\s*[\[{])")
_LEAST_POINTS = 3
_HINT = 'Write it as {"2theta": [...], "intensity": [...]}, or as text with two columns.'


@dataclass(frozen=True, slots=True)
class JsonReader:
    """JSON of two arrays or more, by name or not; of pairs; or of one record a point.

    The arrays become the columns of a table, which is read as one of text is: their names decide,
    and numbers and words beside them are its header; ``column`` as in `TextReader`.
    """

    column: str | None = None
    name: ClassVar[str] = "JSON of arrays"

    def accepts(self, head: bytes, suffix: str) -> bool:
        """The opening brackets decide."""
        return looks_like_text(head) and _START.search(head) is not None

    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        """Read the one table; see `PatternReader.read`."""
        try:
            document = json.loads(open_text(data).read())
        except (ValueError, RecursionError) as error:
            raise UnreadableFileError(
                f"{name} is not well-formed JSON: {str(error)[:200]}.", hint=_HINT
            ) from error
        columns, said = _columns(document)
        if len(columns) < 2:
            raise UnreadableFileError(
                f"{name} is JSON without two arrays of numbers of the same length.", hint=_HINT
            )
        lines = [f"# {key} = {value}" for key, value in said.items()]
        if any(key.strip() for key in columns):
            lines.append("\t".join(re.sub(r"\s+", " ", key) for key in columns))
        lines += ["\t".join(map(_text, row)) for row in zip(*columns.values(), strict=True)]
        return TextReader(self.column).read(
            "\n".join(lines).encode(), name=name, radiation=radiation
        )


def _columns(document: Any) -> tuple[dict[str, Sequence[Any]], dict[str, Any]]:
    """Arrays of numbers by their names, blanks where they have none, and what stands beside."""
    if isinstance(document, list):
        return _of_list(document), {}
    if not isinstance(document, Mapping):
        return {}, {}
    arrays = {key: value for key, value in document.items() if _is_numbers(value)}
    said = _said(document)
    if len(arrays) > 1:
        length = max(map(len, arrays.values()))
        return {key: value for key, value in arrays.items() if len(value) == length}, said
    for inner in document.values():
        columns, further = _columns(inner) if isinstance(inner, Mapping | list) else ({}, {})
        if len(columns) > 1:
            return columns, {**said, **further}
    return {}, {}


def _said(document: Mapping[str, Any], *, depth: int = 3) -> dict[str, Any]:
    """Words and numbers of an object and of those in it."""
    said = {key: v for key, v in document.items() if isinstance(v, str | int | float)}
    for inner in document.values():
        if isinstance(inner, Mapping) and depth:
            said = {**_said(inner, depth=depth - 1), **said}
    return said


def _of_list(items: Sequence[Any]) -> dict[str, Sequence[Any]]:
    if len(items) >= _LEAST_POINTS and all(isinstance(item, Mapping) for item in items):
        keys = [key for key, value in items[0].items() if _is_number(value)]
        return {key: [item.get(key) for item in items] for key in keys}
    if not items or not all(_is_numbers(item, least=2) for item in items):
        return {}
    lengths = {len(item) for item in items}
    if len(lengths) != 1:
        return {}
    rows = items if lengths.pop() < len(items) else zip(*items, strict=True)
    return {" " * n: column for n, column in enumerate(zip(*rows, strict=True))}


def _is_numbers(value: Any, *, least: int = _LEAST_POINTS) -> bool:
    return isinstance(value, list) and len(value) >= least and all(map(_is_number, value))


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _text(value: Any) -> str:
    return "nan" if value is None else str(value)

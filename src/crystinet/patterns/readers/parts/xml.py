"""XML of instrument files, without the parts of XML that attack its readers."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import UnreadableFileError
from crystinet.patterns.readers.parts.lines import open_text

#: More is no measurement; a parsed document takes many times the memory of its text.
MAX_XML_BYTES = 64 * 2**20
_MAX_TAGS = 1_000_000
_MAX_ATTRIBUTES = 500_000
# Of one list: a million points with eight characters each.
_MAX_LIST = 8_000_000


def parse_xml(data: bytes, *, what: str) -> Element:
    """Parse a document; the names of all elements lose their namespace.

    Entities cannot be defined, because a document type declaration is refused.

    Parameters
    ----------
    data
        The document, in UTF-8, UTF-16 with its mark, or an 8-bit code.
    what
        The file, for messages.

    Raises
    ------
    UnreadableFileError
        If it is not well-formed, too large, or has a document type declaration.
    """
    if len(data) > MAX_XML_BYTES or data.count(b"<") > _MAX_TAGS:
        raise UnreadableFileError(
            f"{what} has {len(data) / 2**20:.0f} MB of XML, too much for a powder pattern.",
            hint="Export the one measurement that you need.",
        )
    text = open_text(data).read()
    if re.search(r"<!\s*(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise UnreadableFileError(
            f"{what} has a document type declaration, which no instrument writes.",
            hint="Remove it, or export the measurement again.",
        )
    if text.count("=") > _MAX_ATTRIBUTES:
        raise UnreadableFileError(
            f"{what} is no XML of a measurement: it has too many attributes.",
            hint="Export the measurement again.",
        )
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 (checked above)
    except (ElementTree.ParseError, ValueError, RecursionError) as error:
        raise UnreadableFileError(
            f"{what} is not well-formed XML: {error}.",
            hint="The file was cut off or is damaged; copy or export it again.",
        ) from error
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = element.tag.rpartition("}")[2]
    return root


def texts(root: Element, path: str) -> Iterator[str]:
    """Text of every element at a path of `ElementTree`, stripped; empty ones are left out."""
    for element in root.iterfind(path):
        if text := (element.text or "").strip():
            yield text


def first_text(root: Element, *paths: str) -> str:
    """Text of the first element at one of the paths, tried in order; empty if there is none."""
    return next((text for path in paths for text in texts(root, path)), "")


def number_of_text(text: str, *, of: str) -> float:
    """Convert text; an UnreadableFileError names what it should have been."""
    try:
        return float(text)
    except ValueError as error:
        raise UnreadableFileError(
            f"{of} is {text[:40]!r}, not a number.", hint="Copy or export the file again."
        ) from error


def numbers_of_text(text: str, *, of: str) -> FloatArray:
    """Convert numbers with blanks between them; shape (n,)."""
    if len(text) > _MAX_LIST:
        raise UnreadableFileError(
            f"{of} has {len(text)} characters, too many for a powder pattern.",
            hint="Export the one measurement that you need.",
        )
    try:
        return np.array(text.split(), dtype=np.float64)
    except ValueError as error:
        raise UnreadableFileError(
            f"{of} is no list of numbers ({error}).", hint="Copy or export the file again."
        ) from error

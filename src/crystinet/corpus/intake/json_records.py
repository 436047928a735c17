"""Files of JSON records, read one record at a time however large the file is.

JSON lines (one record a line, also OPTIMADE's with its header), one list, or one object that holds
a list (``entries``, ``data``); also compressed by gzip, bzip2 or zip.
"""

import bz2
import gzip
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from crystinet.core.errors import UnreadableFileError
from crystinet.core.files import plain_size
from crystinet.corpus.intake.records import PROVIDERS, Provider

#: Endings of files that are read so; each may be followed by one of compression.
ENDINGS = (".json", ".jsonl")
COMPRESSED = (".gz", ".bz2", ".zip")

_CHUNK = 2**20
_FAULTS = (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error)
#: Longest record, characters: what is longer is no list of structures.
_LONGEST = 64 * 2**20
_BETWEEN = re.compile(r"[ \t\r\n,]*")
_LISTS = re.compile(r'\s*(?:\[|\{\s*"(?:entries|data|structures)"\s*:\s*\[)')


def is_json(path: Path) -> bool:
    """Whether the name is that of a file of records."""
    return _plain_name(path).endswith(ENDINGS)


def records_of(path: Path) -> Iterator[tuple[Mapping[str, Any], Provider | None]]:
    """Yield the records of a file, and who gives them where its header says so.

    Raises
    ------
    UnreadableFileError
        It is damaged or holds no records; records before the damage have been given.
    """
    provider = None
    try:
        with _opened(path) as file:
            for record in _values(file):
                if not isinstance(record, Mapping):
                    raise ValueError(f"a record is {record!r:.60}")
                if "x-optimade" in record or record.get("type") in ("info", "links"):
                    provider = provider_of(record) or provider
                elif record.get("type", "structures") == "structures":
                    yield record, provider
    except _FAULTS as error:
        raise UnreadableFileError(
            f"{path} cannot be read as records of JSON: {error}.",
            hint="Fetch the file again; it should be a list of records, or one record a line.",
        ) from error


def provider_of(header: Mapping[str, Any]) -> Provider | None:
    """Who gives records, from the header of a file or the ``meta`` of an answer of OPTIMADE."""
    meta = header.get("x-optimade", header).get("meta", header)
    said = meta.get("provider") if isinstance(meta, Mapping) else None
    if not isinstance(said, Mapping):
        return None
    known = PROVIDERS.get(str(said.get("prefix", "")).strip("_"))
    licence = meta.get("database", {}).get("license") if "database" in meta else None
    if isinstance(licence, Mapping):
        licence = licence.get("href")
    name = known.source if known else str(said.get("name", ""))
    stated = str(licence) if licence else (known.licence if known else "")
    return Provider(name, stated, known.kind if known else "dft")


def _plain_name(path: Path) -> str:
    name = path.name.lower()
    return name.removesuffix(path.suffix.lower()) if path.suffix.lower() in COMPRESSED else name


def _opened(path: Path) -> TextIO:
    plain_size(path)
    ending = path.suffix.lower()
    if ending == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    if ending == ".bz2":
        return bz2.open(path, "rt", encoding="utf-8")
    if ending == ".zip":
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.lower().endswith(ENDINGS)]
            if len(names) != 1:
                raise ValueError(f"it holds {len(names)} files of JSON, not one")
            return io.TextIOWrapper(archive.open(names[0]), encoding="utf-8")
    return path.open(encoding="utf-8")


def _values(file: TextIO) -> Iterator[Any]:
    """Decode one value after the other, with little more than one of them in memory."""
    decoder = json.JSONDecoder()
    text = file.read(_CHUNK)
    start = _LISTS.match(text)
    at = start.end() if start else 0
    while True:
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]  # matches nothing as well
        try:
            if text.startswith("]", at):
                return
            value, at = decoder.raw_decode(text, at)
        except ValueError:
            more = file.read(max(_CHUNK, len(text) - at))
            if not more and at == len(text):
                return
            if not more or len(text) - at > _LONGEST:
                raise
            text, at = text[at:] + more, 0
        else:
            yield value

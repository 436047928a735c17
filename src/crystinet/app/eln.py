"""Use case: an answer as an archive for electronic laboratory notebooks: ``.eln``, an RO-Crate.

Sources: the ELN file format (github.com/TheELNConsortium/TheELNFileFormat, 1.1) and RO-Crate 1.1
(w3id.org/ro/crate/1.1): a ZIP archive with one folder, in it ``ro-crate-metadata.json``.
"""

import io
import json
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from crystinet.core.files import sha256_of
from crystinet.core.plain import Document
from crystinet.core.version import __version__
from crystinet.model.in_short import told_in_short

_PROGRAM = "#crystinet"
_LICENCE = "#licence"
#: No file of a ZIP archive is older: 1980, with a day for time zones.
_FIRST_OF_ZIP = 315_619_200.0
#: The context of RO-Crate 1.1 has no word for the SHA-256 that the ELN file format asks for.
_CONTEXT = [
    "https://w3id.org/ro/crate/1.1/context",
    {"sha256": "http://schema.org/sha256"},
]
_ENTRY = "./pattern/"


@dataclass(frozen=True)
class ElnFile:
    """A file of the archive.

    Attributes
    ----------
    name
        As people call it; on the way into the archive it loses what no file name should have.
    content
        Its bytes.
    media_type
        Such as ``text/csv``.
    description
        What it is, in a sentence.
    measured
        Whether it is what was measured; the others were made from it.
    """

    name: str
    content: bytes
    media_type: str
    description: str
    measured: bool = False


def eln_archive(
    entry: Document,
    files: Sequence[ElnFile],
    *,
    sentence: str,
    asked_at: float,
    model: Document,
) -> bytes:
    """The archive of one answer.

    Parameters
    ----------
    entry
        As ``results`` of ``identify --json``.
    files
        What goes in.
    sentence
        The answer in words, such as `crystinet.app.reports.publication_line`.
    asked_at
        When it was asked, seconds since 1970.
    model
        ``id`` and ``version`` of the bundle.

    Returns
    -------
    The bytes of the ZIP file.
    """
    names = _safe_names([each.name for each in files])
    when = datetime.fromtimestamp(asked_at, UTC).isoformat(timespec="seconds")
    graph = _graph(entry, files, names, sentence=sentence, when=when, model=model)
    crate = {"@context": _CONTEXT, "@graph": graph}
    folder = f"crystinet-{sha256_of(json.dumps([names, when]).encode())[:12]}"
    buffer = io.BytesIO()
    moment = datetime.fromtimestamp(max(asked_at, _FIRST_OF_ZIP), UTC).timetuple()[:6]

    def write(name: str, content: bytes | str) -> None:
        """With the time of the answer, so that equal archives have equal bytes."""
        archive.writestr(zipfile.ZipInfo(name, moment), content, zipfile.ZIP_DEFLATED)

    with zipfile.ZipFile(buffer, "w") as archive:
        text = json.dumps(crate, indent=1, ensure_ascii=False) + "\n"
        write(f"{folder}/ro-crate-metadata.json", text)
        for name, each in zip(names, files, strict=True):
            write(f"{folder}/pattern/{name}", each.content)
    return buffer.getvalue()


def _safe_names(names: Sequence[str]) -> list[str]:
    """Names for a file system, each once."""
    found: list[str] = []
    for name in names:
        safe = re.sub(r"[^\w.-]+", "_", name, flags=re.ASCII).lstrip(".")[-100:] or "file"
        taken = sum(each.lower() == safe.lower() for each in found)
        found.append(f"{taken + 1}-{safe}" if taken else safe)
    return found


def _graph(
    entry: Document,
    files: Sequence[ElnFile],
    names: Sequence[str],
    *,
    sentence: str,
    when: str,
    model: Document,
) -> list[Document]:
    ids = [f"{_ENTRY}{name}" for name in names]
    parts = [
        {
            "@id": id,
            "@type": "File",
            "name": each.name,
            "description": each.description,
            "encodingFormat": each.media_type,
            "contentSize": str(len(each.content)),
            "sha256": sha256_of(each.content),
            "dateModified": when,
        }
        for id, each in zip(ids, files, strict=True)
    ]
    measured = [{"@id": id} for id, each in zip(ids, files, strict=True) if each.measured]
    made = [{"@id": id} for id, each in zip(ids, files, strict=True) if not each.measured]
    values = _values(entry, model)
    head: list[Document] = [
        {
            "@id": "ro-crate-metadata.json",
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
            "dateCreated": when,
            "sdPublisher": {"@id": _PROGRAM},
            "version": "1.0",
        },
        {
            "@id": "./",
            "@type": "Dataset",
            "name": f"Structure type of {entry['file']}",
            "description": sentence,
            "datePublished": when,
            "license": {"@id": _LICENCE},
            "hasPart": [{"@id": _ENTRY}],
        },
        {
            "@id": _ENTRY,
            "@type": "Dataset",
            "name": entry["file"],
            "description": sentence,
            "text": sentence,
            "encodingFormat": "text/plain",
            "dateCreated": when,
            "dateModified": when,
            "genre": "experiment",
            "keywords": "powder X-ray diffraction, structure type",
            "hasPart": [{"@id": id} for id in ids],
            "variableMeasured": [{"@id": each["@id"]} for each in values],
        },
        {
            "@id": _LICENCE,
            "@type": "CreativeWork",
            "name": "Licence not stated",
            "description": "Ask whoever measured the pattern.",
        },
        {
            "@id": _PROGRAM,
            "@type": "SoftwareApplication",
            "name": "crystinet",
            "version": __version__,
            "softwareVersion": __version__,
        },
        {
            "@id": "#identification",
            "@type": "CreateAction",
            "name": "Identification of the structure type",
            "endTime": when,
            "instrument": {"@id": _PROGRAM},
            "object": measured,
            "result": made,
        },
    ]
    return [*head, *parts, *values]


def _values(entry: Document, model: Document) -> list[Document]:
    """What was found and what it rests on, as properties."""
    told = told_in_short(entry)
    first, last = entry["two_theta_range"]
    found = {
        "verdict": entry["verdict"],
        "structure type": told.names[0],
        "probability": told.probability,
        "wavelength": entry["wavelength_angstrom"],
        "two-theta minimum": first,
        "two-theta maximum": last,
        "model": f"{model['version']} {model['id']}",
    }
    units = {"wavelength": "angstrom", "two-theta minimum": "degree", "two-theta maximum": "degree"}
    return [
        {
            "@id": f"#{name.replace(' ', '-')}",
            "@type": "PropertyValue",
            "propertyID": name,
            "name": name,
            "value": value,
            **({"unitText": units[name]} if name in units else {}),
        }
        for name, value in found.items()
    ]

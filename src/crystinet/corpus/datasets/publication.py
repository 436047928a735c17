"""A data set as others can use it: tables, data card, licences by row, citation, Croissant.

Croissant is the format of MLCommons for the description of data sets (mlcommons.org/croissant,
version 1.0, JSON-LD).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from crystinet.core.errors import CorpusError
from crystinet.core.extras import need_extra
from crystinet.core.files import make_folder, sha256_of_file, whole_file, write_whole
from crystinet.core.version import __version__
from crystinet.corpus.datasets.card import data_card
from crystinet.corpus.datasets.dataset import INVENTED_SOURCE, Dataset
from crystinet.corpus.datasets.identity import identity_of

COMPOUNDS, LINES, DATASET = "compounds.parquet", "reflections.parquet", "dataset.npz"

#: Words of licences that let anybody pass the data on, if only with a citation.
_OPEN = re.compile(
    r"CC0|CC[- ]BY(?![- ](?:NC|ND))|creativecommons\.org/(?:licenses/by(?:-sa)?/|publicdomain/)"
    r"|public|Apache|MIT|BSD|MPL|ODbL|free to use",
    re.IGNORECASE,
)
_CLOSED = re.compile(r"not to be passed on|ICSD|NC\b|ND\b", re.IGNORECASE)
#: Lines that are turned into a table at a time.
_CHUNK = 2**20


def may_be_passed_on(licence: str) -> bool:
    """Whether a licence lets anybody pass the data on; one that is not stated does not."""
    return _OPEN.search(licence) is not None and _CLOSED.search(licence) is None


def publish(path: Path, folder: Path) -> dict[str, int]:
    """Write a data set into a folder as it can be published.

    Parameters
    ----------
    path
        The data set (.npz).
    folder
        New, or an earlier export: its files are replaced.

    Returns
    -------
    Compounds of each source that were left out, because its licence forbids to pass them on or is
    not stated.

    Raises
    ------
    CorpusError
        The file is no data set, does not say its licences, or nothing of it may be passed on.
    MissingExtraError
        pyarrow is not installed.
    """
    need_extra("train", "pyarrow", what="Writing Parquet tables")
    dataset = Dataset.load(path)
    licences = _licences(dataset, path)
    open_ = [may_be_passed_on(licences.get(m.source, "")) for m in dataset.members]
    left_out: dict[str, int] = {}
    for member, passes in zip(dataset.members, open_, strict=True):
        if not passes:
            left_out[member.source] = left_out.get(member.source, 0) + 1
    if not any(open_):
        raise CorpusError(
            f"No compound of {path} may be passed on.",
            hint="Its sources are not open, or their licences are not stated: give them with "
            "`crystinet corpus add --licence` and build the data set again.",
        )
    rows = [row for row in dataset.provenance["sources"] if may_be_passed_on(row[1])]
    kept = replace(
        dataset.take(np.flatnonzero(open_)), provenance={**dataset.provenance, "sources": rows}
    )
    make_folder(folder, of="published data")
    kept.save(folder / DATASET)
    _write_compounds(kept, licences, folder / COMPOUNDS)
    _write_lines(kept, folder / LINES)
    write_whole(folder / "README.md", data_card(folder / DATASET))
    write_whole(folder / "CITATION.cff", _citation(kept, licences))
    write_whole(folder / "croissant.json", _croissant(kept, licences, folder))
    return left_out


def _licences(dataset: Dataset, path: Path) -> dict[str, str]:
    """The licence of each source; where a source has several, all of them."""
    rows = dataset.provenance.get("sources")
    if not rows:
        raise CorpusError(
            f"{path} does not say where its compounds come from.",
            hint="It was built by an old crystinet; build it again.",
        )
    found: dict[str, set[str]] = {INVENTED_SOURCE: {"CC0-1.0"}}
    for source, licence, *_ in rows:
        found.setdefault(source, set()).add(licence)
    return {
        source: "; ".join(sorted(terms)) if all(terms) else "" for source, terms in found.items()
    }


def _write_compounds(dataset: Dataset, licences: Mapping[str, str], path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    members = dataset.members
    columns: dict[str, Any] = {
        "compound": np.arange(len(members)),
        "row_id": [m.row_id for m in members],
        "source": [m.source for m in members],
        "licence": [licences[m.source] for m in members],
        "formula": [m.formula for m in members],
        "type": [m.type_name for m in members],
        "class_number": [m.class_number for m in members],
        "split": [m.split.value for m in members],
        "known_experimentally": [m.known_experimentally for m in members],
        "space_group": dataset.space_groups,
        **dict(zip(("a", "b", "c", "alpha", "beta", "gamma"), dataset.cells.T, strict=True)),
        "lines": np.diff(dataset.offsets),
    }
    with whole_file(path) as place:
        pyarrow.parquet.write_table(pyarrow.table(columns), place, compression="zstd")


def _write_lines(dataset: Dataset, path: Path) -> None:
    """One row a line; ``f_squared`` of the structure as it is, not of its variants."""
    import pyarrow
    import pyarrow.parquet

    owners = np.repeat(np.arange(len(dataset.members)), np.diff(dataset.offsets)).astype(np.int32)
    names = ("compound", "h", "k", "l", "multiplicity", "f_squared")
    columns = (owners, *dataset.hkl.T, dataset.multiplicity, dataset.f_squared[0])
    with whole_file(path) as place:
        schema = pyarrow.table(dict(zip(names, (c[:0] for c in columns), strict=True))).schema
        with pyarrow.parquet.ParquetWriter(place, schema, compression="zstd") as writer:
            for start in range(0, len(owners), _CHUNK):
                part = (column[start : start + _CHUNK] for column in columns)
                writer.write_table(pyarrow.table(dict(zip(names, part, strict=True))))


def _citation(dataset: Dataset, licences: Mapping[str, str]) -> str:
    """CITATION.cff: the data set, and each source as a reference."""
    sources = sorted({m.source for m in dataset.members})
    lines = [
        "cff-version: 1.2.0",
        "title: Crystal structures with types, splits and powder reflections, made by crystinet",
        "message: Cite the sources of the structures, and crystinet, which labelled them.",
        "type: dataset",
        "authors:",
        "  - name: The crystinet developers",
        f"version: {identity_of(dataset)}",
        "references:",
    ]
    for source in sources:
        lines += [
            "  - type: data",
            f"    title: {json.dumps(source)}",
            f"    notes: {json.dumps('licence: ' + licences[source])}",
            "    authors:",
            f"      - name: {json.dumps(source)}",
        ]
    return "\n".join(lines) + "\n"


def _croissant(dataset: Dataset, licences: Mapping[str, str], folder: Path) -> str:
    sources = sorted({m.source for m in dataset.members})
    files = [
        {
            "@type": "cr:FileObject",
            "@id": name,
            "name": name,
            "contentUrl": name,
            "encodingFormat": "application/x-parquet",
            "contentSize": f"{(folder / name).stat().st_size} B",
            "sha256": sha256_of_file(folder / name),
        }
        for name in (COMPOUNDS, LINES)
    ]
    document = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "crystinet-structure-types",
        "description": "Crystal structures with their structure types, splits by chemical system "
        "and powder reflections.",
        "version": identity_of(dataset),
        "license": sorted({licences[source] for source in sources}),
        "creator": {"@type": "sc:Organization", "name": f"crystinet {__version__}"},
        "citeAs": f"Crystal structures with types, splits and reflections, {identity_of(dataset)}, "
        f"made by crystinet {__version__} from: {'; '.join(sources)}. See CITATION.cff.",
        "isBasedOn": sources,
        "distribution": files,
        "recordSet": [
            _records(COMPOUNDS, _COMPOUND_FIELDS),
            _records(LINES, _LINE_FIELDS),
        ],
    }
    return json.dumps(document, indent=1) + "\n"


_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "citeAs": "cr:citeAs",
    "conformsTo": "dct:conformsTo",
    "recordSet": "cr:recordSet",
    "field": "cr:field",
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "source": "cr:source",
    "extract": "cr:extract",
    "column": "cr:column",
    "fileObject": "cr:fileObject",
}
_COMPOUND_FIELDS = {
    "compound": ("sc:Integer", "number of the compound in this data set"),
    "row_id": ("sc:Integer", "number in the store it came from"),
    "source": ("sc:Text", "database"),
    "licence": ("sc:Text", "terms of use of this row"),
    "formula": ("sc:Text", "reduced formula; % at its end: disordered, amounts in percent"),
    "type": ("sc:Text", "structure type, empty where there is none"),
    "class_number": ("sc:Integer", "class that networks learn, 0 outside of them"),
    "split": ("sc:Text", "train, validation or test, by chemical system"),
    "known_experimentally": ("sc:Boolean", "the compound was made"),
    "space_group": ("sc:Integer", "International number"),
    **dict.fromkeys("abc", ("sc:Float", "edge of the conventional cell, angstrom")),
    **dict.fromkeys(("alpha", "beta", "gamma"), ("sc:Float", "angle of the cell, degrees")),
    "lines": ("sc:Integer", "number of reflections"),
}
_LINE_FIELDS = {
    "compound": ("sc:Integer", "number of the compound"),
    **dict.fromkeys("hkl", ("sc:Integer", "Miller index")),
    "multiplicity": ("sc:Integer", "equivalent reflections"),
    "f_squared": ("sc:Float", "squared structure factor, electrons squared"),
}


def _records(file: str, fields: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    name = file.removesuffix(".parquet")
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{field}",
                "name": field,
                "description": said,
                "dataType": kind,
                "source": {"fileObject": {"@id": file}, "extract": {"column": field}},
            }
            for field, (kind, said) in fields.items()
        ],
    }

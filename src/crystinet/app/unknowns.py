"""Patterns that were judged unknown: collected in a folder and read back.

A pattern is two files, named by the SHA-256 of its numbers: ``ID.xy`` (what was measured, to the
last digit, for any program to read) and ``ID.json`` (where it came from and what the model said).
The second is written last and only once, so that a pattern is there wholly or not at all, however
many processes collect into one folder.
"""

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from crystinet.app.outcome import Outcome, attempt
from crystinet.core.config import from_table
from crystinet.core.errors import CrystinetError, FileMissingError, UnreadableFileError
from crystinet.core.files import (
    make_folder,
    read_plain,
    sha256_of_parts,
    write_once,
    write_whole,
)
from crystinet.core.radiation import Radiation
from crystinet.model.identification import Verdict
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.writers.text import xy_text

if TYPE_CHECKING:
    from crystinet.model.identification import Identification
    from crystinet.model.inference import Model
    from crystinet.patterns.sample import Sample

#: First types that a record, or a group of them, names.
NAMED = 3

_ID = re.compile(r"[0-9a-f]{24}")
_MOST_RECORD_BYTES = 2**20
_LARGEST_FEATURE = 1e6


@dataclass(frozen=True)
class Unknown:
    """A collected pattern.

    Attributes
    ----------
    id
        Of its numbers.
    file
        Name of the file that it came from.
    collected
        When, ISO 8601, UTC.
    model_id, model_version
        The bundle that judged it.
    unknown_score, reason
        What that bundle said.
    nearest
        Names of the types that it named first, further ones among them.
    wavelengths_angstrom, weights, assumed
        Of its radiation.
    features
        Pooled shared features, as that bundle sees the pattern.
    """

    id: str
    file: str
    collected: str
    model_id: str
    model_version: str
    unknown_score: float
    reason: str
    nearest: tuple[str, ...]
    wavelengths_angstrom: tuple[float, ...]
    weights: tuple[float, ...]
    assumed: bool
    features: tuple[float, ...]

    @property
    def radiation(self) -> Radiation:
        """Of the pattern."""
        return Radiation(self.wavelengths_angstrom, self.weights, assumed=self.assumed)


class Collector:
    """Keeps the patterns that a model calls unknown in a folder.

    Raises
    ------
    FileMissingError
        The folder cannot be made or written to.
    """

    def __init__(self, folder: Path, model: "Model") -> None:
        self.folder, self.model = folder, model
        self.added = self.known_before = 0
        make_folder(folder, of="unknown patterns")

    def __call__(self, sample: "Sample", answer: "Identification") -> None:
        """Keep a pattern whose verdict is unknown; one that is there already adds nothing."""
        if answer.verdict is not Verdict.UNKNOWN:
            return
        pattern = sample.raw
        name = pattern_id(pattern)
        if (self.folder / f"{name}.json").exists():
            self.known_before += 1
            return
        write_whole(self.folder / f"{name}.xy", xy_text(pattern))
        new = write_once(self.folder / f"{name}.json", self._record(name, sample, answer))
        self.added += new
        self.known_before += not new

    def _record(self, name: str, sample: "Sample", answer: "Identification") -> str:
        features = self.model.pooled_features([sample])[0]
        pattern = sample.raw
        record = {
            "id": name,
            "file": answer.name or pattern.name,
            "collected": datetime.now(UTC).isoformat(timespec="seconds"),
            "model_id": answer.model_id,
            "model_version": answer.model_version,
            "unknown_score": round(answer.unknown_score, 6),
            "reason": answer.reason,
            "nearest": [each.type for each in answer.ranking[:NAMED]],
            "wavelengths_angstrom": list(pattern.radiation.wavelengths_angstrom),
            "weights": list(pattern.radiation.weights),
            "assumed": pattern.radiation.assumed,
            "features": [round(float(value), 5) for value in features],
        }
        return json.dumps(record, indent=1) + "\n"


def pattern_id(pattern: Pattern) -> str:
    """Hash of what was measured and with which lines; names and warnings do not count."""
    parts = [
        np.ascontiguousarray(values, dtype="<f8").tobytes()
        for values in (pattern.two_theta_deg[pattern.mask], pattern.intensity[pattern.mask])
    ]
    lines = json.dumps(pattern.radiation.wavelengths_angstrom).encode()
    return sha256_of_parts([*parts, lines])[:24]


def read_unknowns(folder: Path) -> list[Outcome[Unknown]]:
    """Read the records of a folder, in the order of their names.

    Raises
    ------
    FileMissingError
        There is no such folder.
    """
    if not folder.is_dir():
        raise FileMissingError(
            f"There is no folder {folder}.",
            hint="Collect patterns first: `crystinet identify FILE... --collect FOLDER`.",
        )
    return [
        attempt(str(path), partial(_read_record, path)) for path in sorted(folder.glob("*.json"))
    ]


def _read_record(path: Path) -> Unknown:
    try:
        table = json.loads(read_plain(path, most_bytes=_MOST_RECORD_BYTES))
        record = from_table(Unknown, table, complete=True)
        _check_record(record, path)
        return record
    except (OSError, ValueError, RecursionError, CrystinetError) as error:
        told = error.message if isinstance(error, CrystinetError) else str(error)
        raise UnreadableFileError(
            f"{path} is no record of an unknown pattern: {told}",
            hint="Move it out of the folder; if it was a record, collect the pattern again.",
        ) from error


def _check_record(record: Unknown, path: Path) -> None:
    """Refuse what no collector writes; ValueError or InvalidWavelengthError.

    The id names a file: a foreign one could point anywhere.
    """
    if record.id != path.stem or not _ID.fullmatch(record.id):
        raise ValueError(f"its id is {record.id!r:.60}, not the name of the file")
    if not 0.0 <= record.unknown_score <= 1.0:
        raise ValueError(f"its unknown_score is {record.unknown_score:g}, not between 0 and 1")
    if not all(text.isprintable() for text in (record.collected, *record.nearest)):
        raise ValueError("a word in it is more than a line of text")  # it would forge lines of ours
    if any(abs(value) > _LARGEST_FEATURE for value in record.features):
        raise ValueError("its features hold a number that no model gives")
    record.radiation  # noqa: B018 (refuses wavelengths and weights that are none)


def read_collected(folder: Path, record: Unknown) -> Pattern:
    """Read the numbers of a collected pattern.

    Raises
    ------
    CrystinetError
        The file is missing or was altered.
    """
    from crystinet.patterns import read_pattern

    path = folder / f"{record.id}.xy"
    wavelength = record.wavelengths_angstrom[0]
    pattern = replace(
        read_pattern(path, wavelength_angstrom=wavelength),
        radiation=record.radiation,
        name=record.file,
    )
    if pattern_id(pattern) != record.id:
        raise UnreadableFileError(
            f"{path} was altered: its numbers are not those that were collected.",
            hint="Delete it and its .json file, and collect the pattern again.",
        )
    return pattern

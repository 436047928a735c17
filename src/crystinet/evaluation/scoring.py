"""Scores of test patterns, kept in a folder so that work that was cut off can go on.

Patterns are drawn and scored in chunks. Each chunk has its own stream of random numbers and its own
file, written whole or not at all; files stand in a folder named after everything that they depend
on: bundle, data set, seed, the compounds, the settings, the code and the libraries. What depends on
anything else is never read.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from importlib import metadata, resources
from pathlib import Path

import numpy as np

from crystinet.core.arrays import IntArray
from crystinet.core.files import make_folder, read_arrays, sha256_of, sha256_of_parts, write_arrays
from crystinet.core.progress import Progress, silent
from crystinet.model.inference import Model
from crystinet.model.scores import Scores
from crystinet.training.draw.source import PatternSource
from crystinet.training.scoring import score_compounds

#: Patterns in one file of scores.
CHUNK = 256

_ARRAYS = ("log_share", "similarity", "confidence", "squared_distance")

#: Parts of the package that patterns and scores depend on.
_CODE = ("core", "patterns", "simulation", "corpus", "model", "training", "evaluation/scoring.py")
_LIBRARIES = ("numba", "numpy", "onnxruntime", "scipy", "torch")


class ScoreStore:
    """Scores by what they are scores of.

    Parameters
    ----------
    folder
        Where files are kept; None keeps nothing.
    identity
        What all scores depend on: bundle, data set and so on; plain data.
    """

    def __init__(self, folder: Path | None = None, identity: Mapping[str, object] | None = None):
        self.folder = folder
        self.identity = dict(identity or {})

    def score(
        self,
        stage: str,
        model: Model,
        source: PatternSource,
        indices: IntArray,
        *,
        seed: tuple[int, ...],
        report: Progress = silent,
    ) -> Scores:
        """Scores of one augmented pattern of each compound, read from files as far as they exist.

        Parameters
        ----------
        stage
            Name for the progress report and for the folder.
        model, source
            What scores and what draws.
        indices
            Compounds of the source's data set, (n,).
        seed
            Of the patterns.
        report
            Called after each chunk.
        """
        folder = self._folder_for(stage, model, source, indices, seed)
        starts = range(0, len(indices), CHUNK)
        n_types = len(model.scored.types)
        parts = [_nothing(n_types)]
        for number, start in enumerate(starts):
            chosen = indices[start : start + CHUNK]
            path = folder / f"{number:05}.npz" if folder else None
            found = _read(path, shape=(len(chosen), n_types))
            if found is None:
                # A stream for each chunk: what comes before does not matter for what comes after.
                rng = np.random.default_rng([*seed, number])
                found = _rounded(score_compounds(model, source, chosen, rng=rng))
                _write(path, found)
            parts.append(found)
            report(stage, start + len(chosen), len(indices))
        return Scores.join(parts)

    def _folder_for(
        self,
        stage: str,
        model: Model,
        source: PatternSource,
        indices: IntArray,
        seed: tuple[int, ...],
    ) -> Path | None:
        if self.folder is None or model.partner is not None:  # files hold scores of one bundle
            return None
        told = {
            **self.identity,
            "bundle": model.bundle.id,
            "code": code_digest(),
            "libraries": {name: metadata.version(name) for name in _LIBRARIES},
            "rendering": asdict(source.config),
            "measured_points": source.measured_points,
            "compounds": sha256_of(indices.astype("<i8").tobytes()),
            "chunk": CHUNK,
            "seed": list(seed),
        }
        key = sha256_of(json.dumps(told, sort_keys=True).encode())
        folder = self.folder / f"{stage.replace(' ', '-')}-{key[:24]}"
        make_folder(folder, of="scores")
        return folder


@cache
def code_digest() -> str:
    """SHA-256 of the source of everything that patterns and scores depend on."""
    root = Path(str(resources.files("crystinet")))
    paths = [
        path
        for part in _CODE
        for path in ([root / part] if part.endswith(".py") else sorted((root / part).rglob("*.py")))
    ]
    return sha256_of_parts(
        path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() for path in paths
    )


def _nothing(n_types: int) -> Scores:
    return Scores(*(np.zeros((0, n_types)) for _ in _ARRAYS))


def _rounded(scores: Scores) -> Scores:
    """What a file gives back: a run that was cut off must end with the numbers of a whole one."""
    arrays = (array.astype(np.float32).astype(np.float64) for array in scores.arrays)
    return Scores(*arrays, asked=scores.asked)


def _write(path: Path | None, scores: Scores) -> None:
    if path is None:
        return
    arrays = zip(_ARRAYS, scores.arrays, strict=True)
    write_arrays(path, {name: array.astype(np.float32) for name, array in arrays})


def _read(path: Path | None, *, shape: tuple[int, int]) -> Scores | None:
    """Scores of a file; None where it is missing, damaged or of another shape."""
    if path is None or not path.exists():
        return None
    try:
        file = read_arrays(path)
        arrays = [file[name].astype(np.float64) for name in _ARRAYS]
    except (OSError, ValueError, KeyError):
        return None
    return Scores(*arrays) if all(array.shape == shape for array in arrays) else None

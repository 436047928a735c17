"""What a data set is, whatever processor made it."""

import hashlib
import json

import numpy as np

from crystinet.corpus.datasets.dataset import Dataset


def identity_of(dataset: Dataset) -> str:
    """SHA-256 that two builds from the same data share, cut to 16 hexadecimal digits.

    The hash of the file changes with the last bits of ``|F|^2``, which differ from processor to
    processor. This one is made of what has to be equal: of every compound its database, formula,
    type, class, split and whether it was made, in any order; and of what has to be nearly equal, as
    means over the whole data set that are rounded far above such differences: lines a compound
    (0.1), ln of the sum of ``|F|^2`` times multiplicity and ln of the cell volume (0.001), the
    smallest d.

    Parameters
    ----------
    dataset
        As built or loaded.
    """
    keys = sorted(
        (m.source, m.formula, m.type_name, m.class_number, m.split.value, m.known_experimentally)
        for m in dataset.members
    )
    counts = np.diff(dataset.offsets)
    power = dataset.f_squared[0].astype(np.float64) * dataset.multiplicity
    sums = np.add.reduceat(power, dataset.offsets[:-1][counts > 0]) if len(power) else np.ones(1)
    a, b, c, *angles = dataset.cells.T if len(dataset.cells) else np.ones((6, 1))
    cosines = np.cos(np.radians(angles))
    root = 1.0 - (cosines**2).sum(axis=0) + 2.0 * cosines.prod(axis=0)
    volumes = a * b * c * np.sqrt(np.maximum(root, 0.0))
    means = [
        round(float(counts.mean()), 1) if len(counts) else 0.0,
        round(float(np.log(np.maximum(sums, 1e-6)).mean()), 3),
        round(float(np.log(np.maximum(volumes, 1e-6)).mean()), 3),
        round(dataset.d_min_angstrom, 6),
        dataset.n_variants,
    ]
    return hashlib.sha256(json.dumps([keys, means]).encode()).hexdigest()[:16]

"""What each RCNet contributes: accuracy inside it, where patterns go, what its removal changes.

Pure functions of arrays. Everywhere ``values`` has one row for each of b patterns and one column
for each of t types, ``target`` (b,) is the column of the right type, ``nets`` (t,) says which net
each column belongs to (0 to m - 1), and the result has m entries.
"""

import numpy as np

from crystinet.core.arrays import BoolArray, FloatArray, IntArray
from crystinet.model.bundle import Bundle


def nets_of(bundle: Bundle) -> IntArray:
    """Index of the net of each column, (t,)."""
    groups = list(bundle.group_sizes)
    return np.array([groups.index(entry.net) for entry in bundle.types], dtype=np.int64)


def correct_inside(log_share: FloatArray, target: IntArray, nets: IntArray) -> BoolArray:
    """Whether the net of the right type, asked alone, gives the right type, (b,)."""
    others = nets[None, :] != nets[target][:, None]
    correct: BoolArray = np.where(others, -np.inf, log_share).argmax(axis=1) == target
    return correct


def winners(log_share: FloatArray, nets: IntArray) -> BoolArray:
    """Which columns are the first choice of their net, (b, t): one in each net."""
    first = np.zeros(log_share.shape, dtype=np.bool_)
    rows = np.arange(len(log_share))
    for net in np.unique(nets):
        columns = np.flatnonzero(nets == net)
        first[rows, columns[log_share[:, columns].argmax(axis=1)]] = True
    return first


def published_reliability(
    *,
    log_share: FloatArray,
    confidence: FloatArray,
    similarity: FloatArray,
    nets: IntArray,
    alpha: float,
) -> FloatArray:
    """R_i = alpha S_i + (1 - alpha) C_i of each net's winner, (b, t), minus infinity elsewhere.

    The ranking of the published method (Chen et al., J. Am. Chem. Soc. 146 (2024) 8098), where
    only the first choice of each net competes, and with its confidence alone.
    """
    r = alpha * similarity + (1.0 - alpha) * confidence
    ranked: FloatArray = np.where(winners(log_share, nets), r, -np.inf)
    return ranked


def flow(values: FloatArray, target: IntArray, nets: IntArray) -> IntArray:
    """Patterns by net of the right type (rows) and of the first candidate (columns), (m, m)."""
    m = int(nets.max()) + 1
    counts = np.zeros((m, m), dtype=np.int64)
    np.add.at(counts, (nets[target], nets[values.argmax(axis=1)]), 1)
    return counts


def shares_by_net(flags: BoolArray, target: IntArray, nets: IntArray) -> FloatArray:
    """Share of the patterns of each net for which a flag (b,) is set; NaN without patterns."""
    m = int(nets.max()) + 1
    count = np.bincount(nets[target], minlength=m)
    hits = np.bincount(nets[target], weights=flags.astype(np.float64), minlength=m)
    with np.errstate(invalid="ignore"):
        shares: FloatArray = np.where(count > 0, hits / count, np.nan)
    return shares


def ablation(values: FloatArray, target: IntArray, nets: IntArray) -> FloatArray:
    """Gain in accuracy of each net's patterns (columns) when one net (rows) is removed, (m, m).

    The types of the removed net leave the ranking. NaN on the diagonal, and where a net has no
    pattern. Never negative: with fewer rivals no first candidate gets worse.
    """
    m = int(nets.max()) + 1
    gain = np.full((m, m), np.nan)
    before = shares_by_net(values.argmax(axis=1) == target, target, nets)
    for removed in range(m):
        left = np.where(nets == removed, -np.inf, values)
        after = shares_by_net(left.argmax(axis=1) == target, target, nets)
        gain[removed] = after - before
        gain[removed, removed] = np.nan
    return gain


def ablation_of_all(values: FloatArray, target: IntArray, nets: IntArray) -> FloatArray:
    """Gain in accuracy of the patterns of all other nets when one net is removed, (m,)."""
    right = values.argmax(axis=1) == target
    gain = []
    for removed in range(int(nets.max()) + 1):
        others = nets[target] != removed
        left = np.where(nets == removed, -np.inf, values).argmax(axis=1) == target
        change = left[others].astype(np.float64) - right[others]
        gain.append(change.mean() if len(change) else np.nan)
    return np.array(gain)


def confusion(first: IntArray, target: IntArray, *, n_types: int) -> IntArray:
    """Patterns by right type (rows) and first candidate (columns), (t, t)."""
    counts = np.zeros((n_types, n_types), dtype=np.int64)
    np.add.at(counts, (target, first), 1)
    return counts


def most_populated(confusions: IntArray, n: int) -> IntArray:
    """Columns of the ``n`` types with the most patterns, those without any left out."""
    count = confusions.sum(axis=1)
    order = np.argsort(-count, kind="stable")[:n]
    kept: IntArray = order[count[order] > 0]
    return kept


def net_maximum(values: FloatArray, nets: IntArray) -> FloatArray:
    """Largest value of each net's types, (b, m)."""
    return np.stack([values[:, nets == net].max(axis=1) for net in np.unique(nets)], axis=1)

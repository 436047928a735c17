"""The cosine of patterns with templates, for many shifts of a logarithmic axis.

On an axis uniform in ln(1/d) a larger or smaller lattice only shifts the whole pattern. So the
scale at which a template fits best is found by trying shifts. The one search for it: averages of
types (`crystinet.model.similarity`) and drawn known compounds (`crystinet.fit.nearest`) use it.
"""

from dataclasses import dataclass

import numpy as np

from crystinet.core.arrays import Float32Array, FloatArray, IntArray

# Where a pattern was measured in more pieces, sums over them take longer than over all bins.
_MOST_ENDS = 16
# Sums of squares are kept at one bin of so many.
_KNOT = 64


@dataclass(frozen=True)
class Shifts:
    """Which shifts of patterns against templates are tried, in bins.

    Attributes
    ----------
    first, last
        A pattern's bin k meets the template's bin k + before + shift. A positive shift says that
        the pattern's lattice is the larger one.
    before
        Bins that the templates have before the first bin of the patterns.
    """

    first: int
    last: int
    before: int = 0

    def __len__(self) -> int:
        return self.last - self.first + 1

    def moved(self, rows: Float32Array, *, length: int) -> Float32Array:
        """Copies of rows (b, n) as templates of a length meet them, (b, shifts, length).

        Zero stands for what a template does not have, and for what it has beyond the pattern.
        """
        b, n = rows.shape
        ahead = max(0, self.before + self.last)
        behind = max(0, length - n - self.before - self.first)
        padded = np.pad(rows, ((0, 0), (ahead, behind)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, length, axis=1)
        start = ahead - self.before - self.first  # of the first shift; later ones begin earlier
        chosen = windows[:, start - len(self) + 1 : start + 1][:, ::-1]
        return np.ascontiguousarray(chosen).reshape(b, len(self), length)


def energy_of(templates: Float32Array) -> FloatArray:
    """Sums of the squares of templates (t, length) before every 64th bin, (t, 1 + length // 64).

    Before each bin they would take twice the memory of the templates.
    """
    t, length = templates.shape
    whole = templates[:, : length - length % _KNOT].reshape(t, -1, _KNOT)
    energy = np.zeros((t, whole.shape[1] + 1))
    np.cumsum(np.square(whole, dtype=np.float64).sum(axis=2), axis=1, out=energy[:, 1:])
    return energy


def _energy_before(
    templates: Float32Array, energy: FloatArray, first: int, count: int
) -> FloatArray:
    """Sums of the squares of templates before bins that follow each other, (t, count).

    Parameters
    ----------
    templates, energy
        Shape (t, length), and from `energy_of`.
    first
        The first of the bins; nothing stands before and behind the templates.
    """
    bins = np.clip(first + np.arange(count), 0, templates.shape[1])
    knot = bins[0] // _KNOT
    near = np.arange(knot * _KNOT, bins[-1])
    squares = np.square(templates[:, knot * _KNOT : bins[-1]], dtype=np.float64)
    # As a product: running sums, of which some are picked, take three times as long.
    before: FloatArray = squares @ (near[:, None] < bins).astype(np.float64)
    before += energy[:, knot, None]
    return before


def shifted_cosines(
    intensity: Float32Array,
    mask: Float32Array,
    templates: Float32Array,
    *,
    shifts: Shifts,
    energy: FloatArray | None = None,
) -> Float32Array:
    r"""Cosine of each pattern with each template at each shift, (b, t, shifts).

    .. math:: \frac{\sum_k m_k x_k T_k}{(\sum_k m_k x_k^2 \sum_k m_k T_k^2)^{1/2}}

    Sums go over the bins that were measured and that the template defines: what was not measured
    does not count for it, and what it does not reach does not count for the pattern. 0 where
    nothing is left.

    Parameters
    ----------
    intensity, mask
        Shape (b, n): patterns, 0 where not measured; 1 where they were measured, else 0.
    templates
        Shape (t, length).
    shifts
        To be tried.
    energy
        From `energy_of`, by whom the same templates are compared with pattern after pattern: that
        takes half the time.
    """
    length = templates.shape[1]
    x = shifts.moved(intensity, length=length).swapaxes(1, 2)
    some = _reached(x)
    dot: Float32Array = templates[:, some] @ x[:, some]
    ends = [np.flatnonzero(np.diff(row, prepend=0.0, append=0.0)) for row in mask]
    if energy is None or max(map(len, ends), default=0) > _MOST_ENDS:
        moved_mask = shifts.moved(mask, length=length).swapaxes(1, 2)
        measured = (templates * templates) @ moved_mask
    else:
        measured = np.stack([_measured_energy(templates, energy, each, shifts) for each in ends])
    measured *= _met_energy(intensity, shifts, length=length)[:, None, :]
    # Differences of sums may be somewhat below 0 where nothing was measured.
    norm = np.sqrt(np.maximum(measured, 0.0, out=measured), out=measured)
    nothing = norm <= 1e-9
    norm[nothing] = 1.0
    dot /= norm
    dot[nothing] = 0.0
    return dot


def _reached(moved: Float32Array) -> slice:
    """The bins of templates that moved patterns (b, length, shifts) reach at all."""
    bins = np.flatnonzero(moved.any(axis=(0, 2)))
    return slice(bins[0], bins[-1] + 1) if len(bins) else slice(0)


def _met_energy(intensity: Float32Array, shifts: Shifts, *, length: int) -> Float32Array:
    """Energy of patterns in the bins that templates of a length reach, (b, shifts)."""
    energy = np.zeros((intensity.shape[0], intensity.shape[1] + 1))
    np.cumsum(np.square(intensity, dtype=np.float64), axis=1, out=energy[:, 1:])
    first = -shifts.before - np.arange(shifts.first, shifts.last + 1)
    begin, end = (np.clip(first + k, 0, intensity.shape[1]) for k in (0, length))
    met: Float32Array = (energy[:, end] - energy[:, begin]).astype(np.float32)
    return met


def _measured_energy(
    templates: Float32Array, energy: FloatArray, ends: IntArray, shifts: Shifts
) -> Float32Array:
    """Energy of templates between the ends of what was measured of one pattern, (t, shifts).

    The ends are places of bins: begin, end, begin, end ...
    """
    measured = np.zeros((len(templates), len(shifts)))
    for number, end in enumerate(ends):
        first = int(end) + shifts.before + shifts.first
        before = _energy_before(templates, energy, first, len(shifts))
        (np.add if number % 2 else np.subtract)(measured, before, out=measured)
    return measured.astype(np.float32)


def vertices(values: FloatArray, best: IntArray) -> tuple[FloatArray, FloatArray]:
    """Highest value of each row between the points around its maximum, and where, from there.

    ``values`` has shape (n, shifts), at least three of them, and ``best`` (n,) is the place of the
    maximum of each row.
    """
    rows = np.arange(len(values))
    inner = np.clip(best, 1, values.shape[1] - 2)
    left, middle, right = (values[rows, inner + k] for k in (-1, 0, 1))
    bend = left - 2.0 * middle + right
    slope = 0.5 * (right - left)
    good = (bend < -1e-9) & (inner == best)
    offset = np.where(good, np.clip(-slope / np.where(good, bend, -1.0), -0.5, 0.5), 0.0)
    return np.where(good, middle + 0.5 * slope * offset, values[rows, best]), offset

"""Standard uncertainties from the covariance of the parameters."""

import math

import numpy as np

from crystinet.core.arrays import BoolArray, FloatArray
from crystinet.core.metric import MetricForm


def covariance_of(matrix: FloatArray, *, fixed: BoolArray) -> FloatArray:
    """Inverse of a normal matrix, with zeros for what was not free.

    Parameters
    ----------
    matrix
        Half of the second derivative of the weighted squared misfit, shape (q, q), in the unit in
        which a misfit of one is one standard deviation.
    fixed
        Shape (q,), True for parameters that were not free.
    """
    free = np.flatnonzero(~fixed & (np.diag(matrix) > 0.0))
    covariance = np.zeros_like(matrix)
    if not len(free):
        return covariance
    inner = matrix[np.ix_(free, free)]
    scale = 1.0 / np.sqrt(np.diag(inner))
    inverse = np.linalg.pinv(inner * scale[:, None] * scale, rcond=1e-12, hermitian=True)
    covariance[np.ix_(free, free)] = inverse * scale[:, None] * scale
    return covariance


def _cell_jacobian(form: MetricForm, elements: FloatArray) -> FloatArray:
    """Derivatives of edges, angles and volume by the elements of the metric, (m, 7)."""
    middle = form.cell(elements)
    assert middle is not None  # noqa: S101  (the fit keeps it a cell)
    base = np.array([*middle, middle.volume])
    rows = []
    for j, element in enumerate(elements):
        step = 1e-6 * max(abs(float(element)), 1e-3 * float(np.abs(elements).max()))
        moved = form.cell(elements + step * np.eye(len(elements))[j])
        other = base if moved is None else np.array([*moved, moved.volume])
        rows.append((other - base) / step)
    return np.array(rows)


def cell_uncertainty(
    form: MetricForm, elements: FloatArray, covariance: FloatArray
) -> tuple[float, ...]:
    """Standard uncertainties of edges and angles; 0 for what symmetry fixes.

    Parameters
    ----------
    form, elements
        The metric, (m,).
    covariance
        Of the elements, (m, m).
    """
    jacobian = _cell_jacobian(form, elements)[:, :6]
    variance = np.einsum("mc,mn,nc->c", jacobian, covariance, jacobian)
    return tuple(float(v) for v in np.sqrt(np.maximum(variance, 0.0)))


def volume_uncertainty(form: MetricForm, elements: FloatArray, covariance: FloatArray) -> float:
    """Standard uncertainty of the volume, cubic angstrom; parameters as `cell_uncertainty`."""
    jacobian = _cell_jacobian(form, elements)[:, 6]
    return math.sqrt(max(float(jacobian @ covariance @ jacobian), 0.0))

"""Where a type's reference structure would have its lines, at the lattice scale that fits best."""

import math
from dataclasses import dataclass

import numpy as np

from crystinet.core.arrays import FloatArray, read_only_floats
from crystinet.core.diffraction import two_theta_from_d
from crystinet.core.grid import TwoThetaGrid
from crystinet.core.radiation import Radiation
from crystinet.crystals.structure import Structure
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.signal import scale_intensity

#: Cells larger or smaller than the reference's by up to this factor are tried, in so fine steps
#: of its logarithm: rock salts have edges of 4.0 to 7.4 angstrom, NaCl one of 5.64.
LARGEST_SCALE, SCALE_STEP = 1.4, 2e-4
#: Lines below this percentage of the strongest one are left out.
LEAST_PERCENT = 1.0

# Lines of a cell that is only isotropically right meet the measured ones within some tenths.
_BLUR_DEG = 0.3
# Lines up to here, at the reference's own scale, come onto the grid with a larger cell.
_FARTHEST_DEG = 175.0


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceLines:
    """Lines of a reference structure on a grid.

    Attributes
    ----------
    two_theta_deg, intensity
        Shape (p,), degrees for the grid's wavelength, and 0 to 100.
    scale
        What the edges of the reference's cell were multiplied by.
    """

    two_theta_deg: FloatArray
    intensity: FloatArray
    scale: float

    def __post_init__(self) -> None:
        for name in ("two_theta_deg", "intensity"):
            object.__setattr__(self, name, read_only_floats(getattr(self, name)))


def fit_reference_lines(
    structure: Structure, prepared: Pattern, *, grid: TwoThetaGrid, knee: float
) -> ReferenceLines:
    r"""Scale the cell of ``structure`` until its lines lie on those of a prepared pattern.

    The scale s maximises the cosine :math:`\sum_k w_k y(s d_k) / (\sum_k w_k^2)^{1/2}` over the
    lines k in the measured range, where w is their strength and y the pattern, both with weak lines
    magnified as the networks see them, y blurred by 0.3 degrees. Axial ratios, angles and atoms
    stay those of the reference: lines of a compound that differs in these miss their places. It is
    a picture to compare with, not a refinement.

    Parameters
    ----------
    structure
        Reference structure of the type.
    prepared
        From `crystinet.patterns.preprocess`, on ``grid``.
    grid
        Its axis and wavelength.
    knee
        ``intensity_knee`` of the preprocessing.

    Raises
    ------
    InvalidStructureError
        Where the structure has no line on the grid.
    """
    from crystinet.simulation.simulate import peak_list

    whole = peak_list(
        structure,
        radiation=Radiation((grid.wavelength_angstrom,)),
        two_theta_range_deg=(grid.start_deg, _FARTHEST_DEG),
        merge_deg=0.01,
    )
    kept = whole.intensity >= LEAST_PERCENT
    d, intensity = whole.d_angstrom[kept], whole.intensity[kept]
    triangle = np.bartlett(2 * round(_BLUR_DEG / grid.step_deg) + 1)  # highest on the line itself
    curve = np.convolve(scale_intensity(prepared.intensity, knee=knee), triangle, mode="same")
    strength = scale_intensity(intensity / 100.0, knee=knee)
    steps = round(math.log(LARGEST_SCALE) / SCALE_STEP)
    scales = np.exp(SCALE_STEP * np.arange(-steps, steps + 1))
    places = two_theta_from_d(scales[:, None] * d, grid.wavelength_angstrom)  # (s, p)
    index = np.rint((places - grid.start_deg) / grid.step_deg)
    inside = (index >= 0) & (index < grid.n_points)  # False for NaN
    index = np.where(inside, index, 0).astype(np.int64)
    weights = strength * (inside & prepared.mask[index])
    norm = np.sqrt((weights**2).sum(axis=1))
    overlap = (weights * curve[index]).sum(axis=1)
    best = int(np.argmax(np.divide(overlap, norm, out=np.zeros_like(norm), where=norm > 0.0)))
    shown = inside[best]
    return ReferenceLines(places[best][shown], intensity[shown], float(scales[best]))

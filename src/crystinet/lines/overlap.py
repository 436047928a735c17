"""How much of a pattern lies under given lines, for many lattices at once."""

from typing import Self

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.sample import Sample
from crystinet.patterns.signal import scale_intensity


class Overlap:
    """A prepared pattern, ready to be compared with lines.

    Parameters
    ----------
    prepared
        On a uniform axis.
    knee
        Of the intensity scale that magnifies weak lines.
    wavelength_angstrom
        Of the axis.
    """

    def __init__(self, prepared: Pattern, *, knee: float, wavelength_angstrom: float) -> None:
        self.prepared = prepared
        self.knee = knee
        self.wavelength_angstrom = wavelength_angstrom
        self.start_deg = float(prepared.two_theta_deg[0])
        self.step_deg = float(prepared.two_theta_deg[1] - prepared.two_theta_deg[0])
        self._scaled = scale_intensity(prepared.intensity, knee=knee)
        self._measured = np.append(prepared.mask, (False, False)).astype(np.float64)
        self._curves: dict[float, FloatArray] = {}

    @classmethod
    def of_sample(cls, sample: Sample) -> Self:
        """A sample, compared on the intensity scale and the axis that it was prepared for."""
        return cls(
            sample.prepared,
            knee=sample.config.intensity_knee,
            wavelength_angstrom=sample.grid.wavelength_angstrom,
        )

    def of(
        self, inverse_d_squared: FloatArray, intensity: FloatArray, *, blur_deg: float
    ) -> FloatArray:
        r"""Overlap :math:`\sum_k w_k y_k / (\sum_k w_k^2)^{1/2}` of lines with the pattern.

        Sums go over the lines in the measured range; w is the scaled intensity of the line, y the
        scaled pattern, blurred with a triangle, at its place.

        Parameters
        ----------
        inverse_d_squared
            Shape (s, p), p lines of s lattices.
        intensity
            Shape (p,), the largest 1.
        blur_deg
            Half the base of the triangle.
        """
        curve = self._curve(blur_deg)
        # In place: this is what takes the time of a search. What is no lattice, and what the
        # wavelength does not reach, ends before and behind the axis.
        place = np.sqrt(np.maximum(inverse_d_squared, 0.0))
        place *= 0.5 * self.wavelength_angstrom
        np.arcsin(np.minimum(place, 1.0, out=place), out=place)
        place *= 2.0
        np.degrees(place, out=place)
        place -= self.start_deg
        place /= self.step_deg
        np.clip(np.rint(place, out=place), -1.0, len(curve) - 2.0, out=place)
        index = place.astype(np.intp)  # -1 is the last, which is 0 as the one before it
        weight = scale_intensity(intensity, knee=self.knee)
        norm = np.sqrt(np.einsum("sp,p->s", self._measured[index], weight**2))
        value: FloatArray = np.divide(
            np.einsum("sp,p->s", curve[index], weight),
            norm,
            out=np.zeros_like(norm),
            where=norm > 0.0,
        )
        return value

    def _curve(self, blur_deg: float) -> FloatArray:
        """The pattern, blurred, where it was measured; two zeros for what lies beyond its ends."""
        if blur_deg not in self._curves:
            triangle = np.bartlett(2 * round(blur_deg / self.step_deg) + 1)
            blurred = np.convolve(self._scaled, triangle, mode="same")
            self._curves[blur_deg] = np.append(blurred, (0.0, 0.0)) * self._measured
        return self._curves[blur_deg]

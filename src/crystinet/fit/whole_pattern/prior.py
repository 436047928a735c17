"""What is expected of the atoms of a compound before its intensities are looked at."""

from dataclasses import dataclass

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.fit.whole_pattern.atoms import (
    B_LIMITS,
    USUAL_B,
    USUAL_OWN_B,
    USUAL_POWER,
    USUAL_SHIFT,
    USUAL_TEXTURE,
    AtomNumbers,
)

# Where the elements are known, a site's scattering power may be off by this part only.
_KNOWN_POWER = 0.02


@dataclass(frozen=True, eq=False)
class Prior:
    """Normal distributions around the start, and limits.

    Attributes
    ----------
    trust
        Shape (n,): inverse of the variance of each number of `AtomNumbers`; 0 for the scale.
    low, high
        Limits, shape (n,). A number whose limits are equal is not free.
    """

    trust: FloatArray
    low: FloatArray
    high: FloatArray

    @classmethod
    def of(
        cls,
        contents: AtomNumbers,
        *,
        known: bool = False,
        texture: bool = False,
        own_b: bool = False,
    ) -> "Prior":
        """What is usual.

        Parameters
        ----------
        contents
            Which numbers there are.
        known
            Whether the elements of the sites are known.
        texture
            Whether a preferred orientation is looked for.
        own_b
            Whether each site has a B of its own.
        """
        trust = np.zeros(len(contents))
        trust[1] = USUAL_B**-2.0
        trust[contents.powers] = (_KNOWN_POWER if known else USUAL_POWER) ** -2.0
        trust[contents.moves] = USUAL_SHIFT**-2.0
        trust[contents.texture] = USUAL_TEXTURE**-2.0
        trust[contents.displacements] = USUAL_OWN_B**-2.0
        low, high = np.full(len(contents), -np.inf), np.full(len(contents), np.inf)
        low[contents.displacements] = high[contents.displacements] = 0.0
        low[1], high[1] = B_LIMITS
        low[contents.powers], high[contents.powers] = -2.5, 2.5
        if own_b:
            low[contents.displacements], high[contents.displacements] = -1.0, 3.0
        low[contents.moves], high[contents.moves] = -0.6, 0.6
        low[contents.texture], high[contents.texture] = (-1.0, 1.0) if texture else (0.0, 0.0)
        if contents.sites == 1:  # the scale says it all
            low[contents.powers] = high[contents.powers] = 0.0
        return cls(trust, low, high)

    def pull(self, values: FloatArray, contents: AtomNumbers) -> float:
        """How far atoms went from the start: the sum of squares of standard deviations.

        Scattering powers count as those of unknown elements, however well these are known.

        Parameters
        ----------
        values
            What came out, shape (n,).
        contents
            Which numbers there are.
        """
        trust = self.trust.copy()
        trust[contents.powers] = np.minimum(trust[contents.powers], USUAL_POWER**-2.0)
        return float(trust @ values**2)

    @property
    def free(self) -> "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]":
        """Which numbers are free, (n,)."""
        return self.high > self.low

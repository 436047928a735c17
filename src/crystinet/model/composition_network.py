"""What a small network that learned the formulas of known compounds says of structure types.

Chemistry tells apart what powder diffraction hardly does: NaH and NiAl are nearly one pattern, and
nobody would mistake one formula for the other. The network has seen compounds of the training split
alone, and no patterns.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crystinet.core.arrays import Float32Array, FloatArray
from crystinet.core.errors import BundleError
from crystinet.model.arrays import array_of_npy
from crystinet.model.composition import FAMILIES
from crystinet.model.manifest import HINT
from crystinet.model.symmetry import gelu

#: Files of a bundle: weights of the three layers, the last row of each being the constants, and
#: what the answer counts where the elements are known, and where the formula is.
LAYERS = ("composition-1.npy", "composition-2.npy", "composition-3.npy")
COUNTS = "composition-counts.npy"

_ELEMENTS = tuple(element for family in FAMILIES for element in family)
_PLACE = {element: i for i, element in enumerate(_ELEMENTS)}
_OF_FAMILY = np.array([i for i, family in enumerate(FAMILIES) for _ in family])
#: Where the types that a pattern is like hardly have such compositions, the logit of the unknown
#: score grows by `DOUBT` for each unit of ln E below -`USUAL`, E being the expectation of exp(hint)
#: over the types. The median of ln E is -0.15 for compounds of known types and -4.0 for others,
#: with their formulas. Chosen on validation compounds: AUROC 0.9963 -> 0.9968.
USUAL, DOUBT = 1.0, 0.35

# So many of the largest amounts are seen in order of size, and compounds with more elements count
# as having so many.
_LARGEST = 8
# Fractions are also seen as the interval that they are in, those of the first elements by size:
# stoichiometry goes by steps.
_STEPS = np.array([0.04, 0.08, 0.11, 0.15, 0.18, 0.22, 0.27, 0.3, 0.35, 0.42, 0.55, 0.7])
_STEPPED = 4
# Fractions are small beside the zeros and ones of what is there.
_SCALE = 3.0
#: Length of a vector of `composition_vectors`.
LENGTH = (
    2 * (len(_ELEMENTS) + len(FAMILIES)) + 2 * _LARGEST + _STEPPED * (len(_STEPS) + 1)
)  # fmt: skip


def fractions_of(amounts: Mapping[str, float]) -> Float32Array:
    """Atomic fraction of every element that there is, in the order of `FAMILIES`; they sum to 1.

    Deuterium counts as hydrogen.
    """
    found = np.zeros(len(_ELEMENTS), dtype=np.float32)
    total = sum(amounts.values())
    for element, amount in amounts.items():
        found[_PLACE["H" if element == "D" else element]] += amount / total
    return found


def composition_vectors(fractions: Float32Array, *, with_amounts: bool) -> Float32Array:
    """What the network sees of compositions, (n, `LENGTH`).

    Parameters
    ----------
    fractions
        Rows of `fractions_of`, (n, elements).
    with_amounts
        Without them, all that depends on amounts is zero.
    """
    rows = np.arange(len(fractions))
    there = (fractions > 0.0).astype(np.float32)
    number = np.zeros((len(rows), _LARGEST), dtype=np.float32)
    number[rows, np.clip(there.sum(axis=1).astype(np.int64), 1, _LARGEST) - 1] = 1.0
    seen = [there, np.minimum(_by_family(there), 1.0), number]
    known = fractions * np.float32(with_amounts)
    by_size = -np.sort(-known, axis=1)[:, :_LARGEST]
    steps = np.zeros((len(rows), _STEPPED, len(_STEPS) + 1), dtype=np.float32)
    if with_amounts:
        of = np.digitize(by_size[:, :_STEPPED], _STEPS)
        steps[rows[:, None], np.arange(_STEPPED), of] = 1.0
    seen += [_SCALE * known, _SCALE * _by_family(known), _SCALE * by_size]
    return np.hstack([*seen, steps.reshape(len(rows), -1)]).astype(np.float32)


def _by_family(values: Float32Array) -> Float32Array:
    found = np.zeros((len(FAMILIES), len(values)), dtype=np.float32)
    np.add.at(found, _OF_FAMILY, values.T)
    return found.T


@dataclass(frozen=True, slots=True, eq=False)
class CompositionNetwork:
    """The network.

    Attributes
    ----------
    layers
        Weights, (LENGTH + 1, h), (h + 1, h) and (h + 1, t).
    counts
        Factors of ln p(type | elements) and of ln p(type | formula), (2,), fitted on patterns of
        validation compounds.
    """

    layers: tuple[Float32Array, Float32Array, Float32Array]
    counts: NDArray[np.float32]

    @classmethod
    def of_files(
        cls, files: Mapping[str, bytes], *, n_types: int
    ) -> "CompositionNetwork | None":  # fmt: skip
        """From the files of a bundle; None where it has none.

        Raises
        ------
        BundleError
            A file is missing, damaged, or fits neither the others nor the number of types.
        """
        if COUNTS not in files:
            return None
        try:
            first, second, third, counts = (
                array_of_npy(files[name], name=name) for name in (*LAYERS, COUNTS)
            )
        except KeyError as error:
            raise BundleError(f"{error.args[0]} is missing in a bundle.", hint=HINT) from error
        shapes = [each.shape for each in (first, second, third, counts)]
        h = shapes[0][-1] if shapes[0] else 0
        if shapes != [(LENGTH + 1, h), (h + 1, h), (h + 1, n_types), (2,)]:
            raise BundleError(
                f"The network for compositions has layers of the shapes {shapes}, which do not fit "
                f"{n_types} types.",
                hint=HINT,
            )
        return cls((first, second, third), counts)

    def log_probability(self, vectors: Float32Array) -> FloatArray:
        """Ln p(type | composition), (n, t), for rows of `composition_vectors`."""
        x = vectors
        for layer in self.layers[:-1]:
            x = gelu(x @ layer[:-1] + layer[-1])
        last = self.layers[-1]
        logits = (x @ last[:-1] + last[-1]).astype(np.float64)
        logits -= logits.max(axis=1, keepdims=True)
        found: FloatArray = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return found

    def hint(self, amounts: Mapping[str, float], *, with_amounts: bool) -> FloatArray:
        """What is added to ln(C p) of every type, (t,), at most 0.

        Parameters
        ----------
        amounts
            Of each element, on any scale; anything where only the elements are known.
        with_amounts
            Whether the amounts mean anything.
        """
        vectors = composition_vectors(fractions_of(amounts)[None], with_amounts=with_amounts)
        found = float(self.counts[int(with_amounts)]) * self.log_probability(vectors)[0]
        said: FloatArray = found - found.max()
        return said


def doubted(score: float, hint: FloatArray, probability: FloatArray) -> float:
    """An unknown score, 0 to 1, where a composition speaks against the types of a pattern.

    Parameters
    ----------
    score
        Without that.
    hint
        From `CompositionNetwork.hint`, (t,).
    probability
        Of each type without the composition, (t,).
    """
    expected = math.log(max(float(np.exp(hint) @ probability), 1e-12))
    kept = min(max(score, 1e-9), 1.0 - 1e-9)
    odds = kept / (1.0 - kept) * math.exp(DOUBT * max(-expected - USUAL, 0.0))
    return odds / (1.0 + odds)

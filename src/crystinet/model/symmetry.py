"""What the networks say of the symmetry of any compound, whether its type is known or not.

A small network on the shared features of both bundles of a joint, and on what the types that they
name have for space groups: 230 probabilities, of which those of crystal systems and of centrings
are sums. It was taught with compounds of all types, also of those that no bundle knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from crystinet.core.arrays import Float32Array, FloatArray
from crystinet.core.cell import crystal_system
from crystinet.core.plain import Document, in_percent, number
from crystinet.model.arrays import array_of_npy

#: Files of a bundle: weights of both layers, the last row of each being the constants, and the
#: space group of each type.
HIDDEN, LAST, GROUPS = "symmetry-hidden.npy", "symmetry-last.npy", "symmetry-groups.npy"
#: Space groups that are named at most, and the least probability that is named.
MOST, LEAST_PROBABILITY = 5, 0.02
SPACE_GROUPS = 230
# A crystal system of this probability is named alone.
_CLEAR = 0.5
# Shares of types smaller than this say no more.
_LEAST_SHARE = 1e-7


@dataclass(frozen=True, slots=True)
class LikelySymmetry:
    """Probabilities of what the symmetry of a compound is; each the most probable first.

    Attributes
    ----------
    systems
        Crystal systems: cubic, hexagonal, trigonal, tetragonal, orthorhombic, monoclinic,
        triclinic.
    centrings
        Of the conventional cell: P, I, F, R, or C, which stands for A and B too.
    space_groups
        Numbers, Hermann-Mauguin symbols and probabilities of the first space groups.
    of_groups
        Probabilities of all space groups, 1 to 230 in their order.
    """

    systems: tuple[tuple[str, float], ...]
    centrings: tuple[tuple[str, float], ...]
    space_groups: tuple[tuple[int, str, float], ...]
    of_groups: tuple[float, ...]

    @property
    def clear_system(self) -> tuple[str, float] | None:
        """The crystal system with its probability, where it is clear."""
        return self.systems[0] if self.systems[0][1] >= _CLEAR else None

    @property
    def sentence(self) -> str:
        """What is probable, for people."""
        (system, share), (other, second), *_ = self.systems
        if self.clear_system is None:
            return (
                f"Its crystal system is not clear: {system} ({in_percent(share)}) or {other} "
                f"({in_percent(second)})."
            )
        told = f"By its pattern it is {system} (probability {in_percent(share)})"
        named = " or ".join(self.groups_of_system[:3])
        return f"{told}, with a space group like {named}." if named else f"{told}."

    @property
    def groups_of_system(self) -> tuple[str, ...]:
        """Symbols of those space groups, of the named, that the first crystal system has."""
        system = self.systems[0][0]
        return tuple(symbol for n, symbol, _ in self.space_groups if crystal_system(n) == system)

    def to_dict(self) -> Document:
        """Plain data, as ``symmetry`` of ``crystinet identify --json``."""
        return {
            "sentence": self.sentence,
            "space_group": next(iter(self.groups_of_system), None),
            "systems": [{"system": name, "probability": number(p)} for name, p in self.systems],
            "centrings": [
                {"centring": name, "probability": number(p)} for name, p in self.centrings
            ],
            "space_groups": [
                {"number": n, "symbol": symbol, "probability": number(p)}
                for n, symbol, p in self.space_groups
            ],
        }


@dataclass(frozen=True, slots=True, eq=False)
class SymmetryHead:
    """The network.

    Attributes
    ----------
    hidden, last
        Weights of the layers, (f + 1, h) and (h + 1, 230).
    groups
        Space group of each type, (t,).
    """

    hidden: Float32Array
    last: Float32Array
    groups: NDArray[np.int64]

    @classmethod
    def of_files(cls, files: Mapping[str, bytes]) -> "SymmetryHead | None":
        """From the files of a bundle; None where it has none.

        Raises
        ------
        BundleError
            A file is damaged.
        """
        if HIDDEN not in files:
            return None
        hidden, last, groups = (
            array_of_npy(files[name], name=name) for name in (HIDDEN, LAST, GROUPS)
        )
        return cls(hidden, last, groups.astype(np.int64))

    def probability(self, pooled: Float32Array, type_share: FloatArray) -> FloatArray:
        """Probability of each space group, (b, 230).

        Parameters
        ----------
        pooled
            Pooled shared features of both bundles, (b, f).
        type_share
            C p of every type of the second bundle, (b, t).
        """
        inputs = np.hstack([pooled, log_share_of_groups(type_share, self.groups)])
        hidden = gelu(inputs @ self.hidden[:-1] + self.hidden[-1])
        logits = (hidden @ self.last[:-1] + self.last[-1]).astype(np.float64)
        logits -= logits.max(axis=1, keepdims=True)
        p = np.exp(logits)
        found: FloatArray = p / p.sum(axis=1, keepdims=True)
        return found


def log_share_of_groups(type_share: FloatArray, groups: NDArray[np.int64]) -> Float32Array:
    """Logarithm of the shares of types of each space group, (b, 231); the first is of none."""
    shares = np.zeros((len(type_share), SPACE_GROUPS + 1))
    np.add.at(shares.T, groups, type_share.T)
    return np.log(shares + _LEAST_SHARE).astype(np.float32)


def gelu(x: Float32Array) -> Float32Array:
    """Return x times about its normal distribution: Hendrycks & Gimpel, arXiv:1606.08415."""
    inner = 0.7978845608 * (x + 0.044715 * x**3)
    found: Float32Array = (0.5 * x * (1.0 + np.tanh(inner))).astype(np.float32)
    return found


def symmetry_of(probability: FloatArray) -> LikelySymmetry:
    """What the probabilities of the space groups (230,) say."""
    names = _names()
    by_system, by_centring = _sums(probability, 1, names), _sums(probability, 2, names)
    ranking = np.argsort(-probability, kind="stable")[:MOST]
    kept = [t for t in ranking if probability[t] >= LEAST_PROBABILITY] or [ranking[0]]
    return LikelySymmetry(
        systems=by_system,
        centrings=by_centring,
        space_groups=tuple((int(t) + 1, names[t][0], float(probability[t])) for t in kept),
        of_groups=tuple(probability.tolist()),
    )


def _sums(
    probability: FloatArray, place: int, names: tuple[tuple[str, str, str], ...]
) -> tuple[tuple[str, float], ...]:
    found: dict[str, float] = {}
    for each, p in zip(names, probability, strict=True):
        found[each[place]] = found.get(each[place], 0.0) + float(p)
    return tuple(sorted(found.items(), key=lambda pair: -pair[1]))


@lru_cache(maxsize=1)
def _names() -> tuple[tuple[str, str, str], ...]:
    """Symbol, crystal system and centring of each space group."""
    import gemmi

    found = []
    for n in range(1, SPACE_GROUPS + 1):
        group = gemmi.find_spacegroup_by_number(n)
        centring = group.centring_type()
        found.append((group.hm, crystal_system(n), "C" if centring in "AB" else centring))
    return tuple(found)

"""Grad-CAM of a type on the networks' axis, in closed form."""

from enum import StrEnum

import numpy as np

from crystinet.core.arrays import Float32Array, FloatArray
from crystinet.core.errors import BundleError, ConfigError
from crystinet.model.bundle import Bundle
from crystinet.model.heads import Heads, grad_cam
from crystinet.model.networks import BATCH
from crystinet.model.reliability import log_sigmoid, log_softmax

#: Largest difference of a logit recomputed from the maps, relative to 1 plus its size.
_TOLERANCE = 1e-3


class Score(StrEnum):
    """What is differentiated for the heat.

    ``logit`` is the type's own output before the softmax, as in Grad-CAM; it says where the lines
    of this type are. ``share`` is ln(C p), which ranks the candidates: it also falls with what
    speaks for the other types of the net, and rises with what speaks for the net's confidence.
    """

    LOGIT = "logit"
    SHARE = "share"


def as_score(score: object) -> Score:
    """Return a score given by name; a ConfigError for what is none."""
    try:
        return Score(str(score))
    except ValueError as error:
        known = " or ".join(repr(member.value) for member in Score)
        raise ConfigError(f"score is {score!r}.", hint=f"Give {known}.") from error


class HeatMapper:
    """Grad-CAM of any type of a bundle, in closed form.

    Raises
    ------
    BundleError
        Where the bundle was exported without its last feature maps.
    """

    def __init__(self, bundle: Bundle) -> None:
        heads: list[Heads] = []
        for entry, found in zip(bundle.net_files, bundle.heads, strict=True):
            if found is None:
                raise BundleError(
                    f"The bundle {bundle.id[:12]} cannot be explained: {entry.file} does not give "
                    "out its last feature maps.",
                    hint="It was written by an older version. Export its run anew: "
                    "crystinet train DATASET RUN --resume.",
                )
            heads.append(found)
        self.bundle, self.heads = bundle, heads

    def heat(self, inputs: Float32Array, column: int, *, score: Score) -> FloatArray:
        """Grad-CAM of the type in ``column`` on the networks' axis.

        Parameters
        ----------
        inputs
            Network inputs, shape (b, c, n_bins).
        column
            Of the type, in the order of the bundle's types.
        score
            What is differentiated.

        Returns
        -------
        Shape (b, n_bins), in units of the score; interpolated linearly between the places of the
        last maps.

        Raises
        ------
        BundleError
            The weights of the branches are not those of the network.
        """
        parts = [
            self._cam(inputs[i : i + BATCH], column, score) for i in range(0, len(inputs), BATCH)
        ]
        coarse = np.concatenate(parts)
        n_bins, n = self.bundle.axis.length, coarse.shape[-1]
        # A strided convolution that is padded by half its kernel has its place j at bin j * stride.
        places = np.arange(n) * (n_bins / n)
        return np.stack([np.interp(np.arange(n_bins), places, row) for row in coarse])

    def _cam(self, inputs: Float32Array, column: int, score: Score) -> FloatArray:
        file, first_column = self._file_of(column)
        heads, net = self.heads[file], self.bundle.nets[file]
        (features,) = self.bundle.shared(inputs)
        types, confidences, maps = net(features)
        self._check(heads, types, confidences, maps, name=net.name)
        at = column - first_column
        i = int(np.searchsorted(np.cumsum(heads.sizes), at, side="right"))
        k = heads.weights.shape[2]
        own = maps[:, i * k : (i + 1) * k, 0, :].astype(np.float64)
        weights = _score_weights(heads, i, at, types, confidences, score)
        return grad_cam(own, weights)

    def _file_of(self, column: int) -> tuple[int, int]:
        """Number of the file of a column, and the first column of that file."""
        ends = np.cumsum([sum(heads.sizes) for heads in self.heads])
        file = int(np.searchsorted(ends, column, side="right"))
        return file, int(ends[file]) - sum(self.heads[file].sizes)

    def _check(
        self,
        heads: Heads,
        types: Float32Array,
        confidences: Float32Array,
        maps: Float32Array,
        *,
        name: str,
    ) -> None:
        for network, own in zip((types, confidences), heads.outputs(maps), strict=True):
            if (np.abs(network - own) > _TOLERANCE * (1.0 + np.abs(own))).any():
                raise BundleError(
                    f"The weights of the branches are not those of {name}.",
                    hint="Export the run anew: crystinet train DATASET RUN --resume.",
                )


def _score_weights(
    heads: Heads,
    i: int,
    at: int,
    types: Float32Array,
    confidences: Float32Array,
    score: Score,
) -> FloatArray:
    """Weights of the pooled maps in the derivative of the score, (b, 2, k).

    Net ``i`` of the file has the columns ``start`` to ``stop``; the type is in column ``at``.
    The derivative of ln(C p_t) by the logits z of the types and c of the confidence is
    1 - p_t for z_t, -p_s for the others, and 1 - C for c.
    """
    b = len(types)
    own: FloatArray = np.broadcast_to(heads.weights[at], (b, *heads.weights[at].shape))
    if score is Score.LOGIT:
        return own
    stop = int(np.cumsum(heads.sizes)[i])
    start = stop - heads.sizes[i]
    p = np.exp(log_softmax(types[:, start:stop].astype(np.float64)))
    rest = 1.0 - np.exp(log_sigmoid(confidences[:, i].astype(np.float64)))
    rivals = np.tensordot(p, heads.weights[start:stop], axes=1)
    confidence = rest[:, None, None] * heads.weights[sum(heads.sizes) + i]
    weights: FloatArray = own - rivals + confidence
    return weights

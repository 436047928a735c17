"""The linear branches of RCNets: what becomes of the last feature maps after they are pooled.

Every RCNet pools its last maps by mean and by maximum and feeds both to linear branches, one for
each type and one for the confidence. A branch's value is therefore

    z = sum_k (a_k mean_u A_k(u) + m_k max_u A_k(u)) + b

and its gradient with respect to the maps is known without automatic differentiation: a_k / n at
every place u, and m_k more where A_k is highest.
"""

from dataclasses import dataclass

import numpy as np

from crystinet.core.arrays import Float32Array, FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Heads:
    """Type branches and confidence branches of the RCNets of one file.

    Attributes
    ----------
    weights
        Shape (t + m, 2, k): for each of t types and then each of m nets, the weights of the means
        and of the maxima of the k maps of its net.
    bias
        Shape (t + m,).
    sizes
        Types of each of the m nets.
    """

    weights: FloatArray
    bias: FloatArray
    sizes: tuple[int, ...]

    @classmethod
    def from_rows(cls, rows: Float32Array, *, sizes: tuple[int, ...]) -> "Heads":
        """From the array of a bundle, (t + m, 2 k + 1): weights of means, of maxima, and bias."""
        table = rows.astype(np.float64)
        return cls(table[:, :-1].reshape(len(table), 2, -1), table[:, -1], sizes)

    @property
    def n_channels(self) -> int:
        """Maps of all nets together, m k."""
        return len(self.sizes) * int(self.weights.shape[2])

    def outputs(self, maps: Float32Array) -> tuple[FloatArray, FloatArray]:
        """Type logits (b, t) and confidence logits (b, m) of maps (b, m k, 1, n)."""
        b, m = len(maps), len(self.sizes)
        by_net = maps.astype(np.float64).reshape(b, m, -1, maps.shape[-1])
        pooled = np.stack([by_net.mean(axis=-1), by_net.max(axis=-1)], axis=2)  # (b, m, 2, k)
        t = sum(self.sizes)
        net_of = np.repeat(np.arange(m), self.sizes)
        types = np.einsum("btpk,tpk->bt", pooled[:, net_of], self.weights[:t])
        confidences = np.einsum("bmpk,mpk->bm", pooled, self.weights[t:])
        return types + self.bias[:t], confidences + self.bias[t:]


def grad_cam(maps: FloatArray, weights: FloatArray) -> FloatArray:
    r"""Grad-CAM of a branch, (b, n).

    .. math:: L(u) = \max\Bigl(0, \sum_k \alpha_k A_k(u)\Bigr), \quad
              \alpha_k = \frac1n \sum_u \frac{\partial z}{\partial A_k(u)} = \frac{a_k + m_k}{n}

    Parameters
    ----------
    maps
        Last feature maps after normalisation and ReLU, shape (b, k, n).
    weights
        Of the branch for each pattern, shape (b, 2, k): means :math:`a`, maxima :math:`m`.

    Notes
    -----
    Source: Selvaraju et al., ICCV 2017, 618, doi:10.1109/ICCV.2017.74.
    """
    alpha = weights.sum(axis=1) / maps.shape[-1]
    heat: FloatArray = np.maximum(np.einsum("bk,bkn->bn", alpha, maps), 0.0)
    return heat

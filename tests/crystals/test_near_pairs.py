"""Near pairs of sites: a tree for many, all distances for few, one answer."""

import numpy as np
import pytest

from crystinet.crystals import images
from crystinet.crystals.hall import operations_of
from crystinet.crystals.images import near_pairs
from crystinet.crystals.positions import plain_metric


@pytest.mark.parametrize("hall_symbol", ["P 1", "-P 2ybc", "-F 4vw 2vw 3"])
@pytest.mark.parametrize("within_angstrom", [0.05, 0.5, 2.0])
def test_tree_and_all_distances_agree(
    hall_symbol: str, within_angstrom: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    operations = operations_of(hall_symbol)
    cubic = hall_symbol.startswith("-F")
    metric = plain_metric((9.0, 9.0, 9.0, 90.0, 90.0, 90.0) if cubic else (6, 8, 7, 90, 111, 90))
    xyz = np.random.default_rng(0).random((20, 3))
    xyz[3] = xyz[4] + 1e-9  # one position twice
    answers = []
    for few in (0, 10**9):
        monkeypatch.setattr(images, "_FEW_PAIRS", few)
        first, second, distance = near_pairs(
            xyz, operations=operations, metric=metric, within_angstrom=within_angstrom
        )
        order = np.lexsort((distance.round(9), second, first))
        answers.append((first[order], second[order], distance[order]))
    np.testing.assert_array_equal(answers[0][0], answers[1][0])
    np.testing.assert_array_equal(answers[0][1], answers[1][1])
    np.testing.assert_allclose(answers[0][2], answers[1][2], atol=1e-9)
    assert {(3, 4), (4, 3), (3, 3)} <= set(
        zip(*map(np.ndarray.tolist, answers[0][:2]), strict=True)
    )

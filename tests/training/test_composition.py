"""The network for compositions is taught with formulas."""

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.corpus.compound import composition_of
from crystinet.model.composition_network import (
    CompositionNetwork,
    composition_vectors,
    fractions_of,
)
from crystinet.model.reliability import Calibration
from crystinet.model.scores import Scores
from crystinet.training.composition import (
    Formulas,
    files_of_network,
    fitted_count,
    teach_composition,
)

ALKALI, HALOGENS = ("Li", "Na", "K", "Rb", "Cs"), ("F", "Cl", "Br", "I")
EARTHS, CHALCOGENS = ("Mg", "Ca", "Sr", "Ba"), ("O", "S", "Se", "Te")
KINDS = (
    [f"{a}{b}" for a in ALKALI for b in HALOGENS],
    [f"{a}{b}2" for a in EARTHS for b in HALOGENS],
    [f"{a}{b}" for a in EARTHS for b in CHALCOGENS],
)
HELD_OUT = ("KCl", "CaBr2", "SrSe")


def taught() -> CompositionNetwork:
    formulas = [(f, kind) for kind, own in enumerate(KINDS) for f in own if f not in HELD_OUT] * 16
    fractions = np.array([fractions_of(composition_of(f)) for f, _ in formulas])
    target = np.array([kind for _, kind in formulas], dtype=np.int64)
    made = np.arange(len(target)) % 2 == 0
    return teach_composition(Formulas(fractions, target, made), n_types=3, seed=1)


def said(network: CompositionNetwork, *, with_amounts: bool) -> FloatArray:
    fractions = np.array([fractions_of(composition_of(f)) for f in HELD_OUT])
    return network.log_probability(composition_vectors(fractions, with_amounts=with_amounts))


def test_formulas_that_it_never_saw_are_told_apart_and_files_bring_it_back() -> None:
    network = taught()
    for with_amounts in (True, False):
        found = said(network, with_amounts=with_amounts)
        assert found.argmax(axis=1).tolist() == [0, 1, 2]
        np.testing.assert_allclose(np.exp(found).sum(axis=1), 1.0)
    again = CompositionNetwork.of_files(files_of_network(network), n_types=3)
    assert again is not None
    before, after = (said(each, with_amounts=True) for each in (network, again))
    np.testing.assert_allclose(after, before, atol=0.05)


def test_what_says_nothing_does_not_count() -> None:
    rng = np.random.default_rng(1)
    target = rng.integers(3, size=400)
    noise = rng.normal(size=(400, 3))
    shares = np.log(np.full((400, 3), 0.2) + 0.3 * (np.arange(3) == target[:, None]))
    scores = Scores(shares, np.zeros((400, 3)), np.ones((400, 3)), np.zeros((400, 3)))
    calibration = Calibration(score_weight=1.0, similarity_weight=0.0)
    truth = np.log(np.where(np.arange(3) == target[:, None], 0.8, 0.1))
    assert fitted_count(scores, target, noise, calibration) < 0.3
    assert fitted_count(scores, target, truth, calibration) > 0.6

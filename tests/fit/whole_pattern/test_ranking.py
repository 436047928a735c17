"""Fits and networks together."""

import math
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pytest

import crystinet
from crystinet.app.models import load_index, load_model
from crystinet.crystals.catalogue import find_type
from crystinet.fit.whole_pattern.candidate import CandidateFit, comparable_scores, last_angle_of
from crystinet.fit.whole_pattern.fit_verdict import verdict_on
from crystinet.fit.whole_pattern.proof import Proof
from crystinet.fit.whole_pattern.ranking import (
    BETTER,
    as_good,
    clearly_better,
    in_units_of_misfit,
    together,
    weighed,
)
from crystinet.fit.whole_pattern.refinement import Refinement


def test_a_better_fit_overtakes_a_somewhat_likelier_candidate() -> None:
    found = together([0.55, 0.44], [20.0, 12.0])
    assert found[1] > found[0]
    assert found.sum() == pytest.approx(0.99)


def test_a_fit_that_is_far_better_overtakes_more_than_one_somewhat_better() -> None:
    somewhat = together([0.7, 0.3], [16.0, 10.0])
    far = together([0.7, 0.3], [60.0, 10.0])
    assert somewhat[0] > somewhat[1]
    assert far[1] > far[0]


def test_a_fit_alone_never_overtakes_a_sure_answer() -> None:
    found = together([0.99, 0.01], [500.0, 10.0])
    assert found[0] > found[1]


def test_what_all_fits_leave_counts_for_none() -> None:
    """The same difference says less where even the best fit leaves much."""
    little = together([0.55, 0.44], [20.0, 12.0])
    much = together([0.55, 0.44], [508.0, 500.0])
    assert little[1] > little[0]
    assert much[0] > much[1]


def test_what_has_no_fit_counts_as_worse() -> None:
    found = together([0.5, 0.3], [math.inf, 5.0])
    assert found[1] > found[0]


def test_without_any_fit_the_networks_decide() -> None:
    found = together([0.6, 0.3], [math.inf, math.inf])
    assert found[0] > found[1]


def test_networks_decide_where_no_fit_describes_the_pattern() -> None:
    @dataclass
    class Left:
        residual: float
        joint: None = None
        contradicts: bool = False

    candidates, scores = [(("A",), 0.6), (("B",), 0.3)], [150.0, 60.0]

    def with_residuals(*residuals: float) -> list[float]:
        fits = cast("list[CandidateFit | None]", [Left(r) for r in residuals])
        return list(weighed(candidates, fits, scores))

    good, poor = with_residuals(0.30, 0.25), with_residuals(0.68, 0.53)
    assert good[1] > good[0]
    assert poor[0] > poor[1]
    assert sum(poor) == pytest.approx(0.9)


def test_differences_say_less_where_nothing_fits() -> None:
    scores = in_units_of_misfit([1000.0, 1040.0, math.inf], independent=100.0)
    assert scores[1] - scores[0] == pytest.approx(4.0)
    assert scores[2] == math.inf
    assert in_units_of_misfit([50.0, 60.0], independent=100.0) == [50.0, 60.0]


def test_who_fits_as_well_and_who_better() -> None:
    scores = [10.0, 12.0, 10.0 + 2.0 * BETTER, math.inf]
    assert as_good(scores, 0) == [1]
    assert as_good(scores, 1) == [0]
    assert clearly_better(scores, 2) == [0, 1]
    assert as_good(scores, 3) == []


@pytest.mark.parametrize(
    ("lattice", "structure", "places", "verified"),
    [
        (0.10, 0.12, 30, Proof.YES),
        (0.40, 0.42, 30, Proof.DOUBTFUL),
        (0.70, 0.80, 30, Proof.NO),
        (0.10, 0.22, 30, Proof.YES),
        (0.10, 0.22, 200, Proof.DOUBTFUL),
        (0.10, 0.50, 200, Proof.NO),
    ],
)
def test_verdicts(lattice: float, structure: float, places: int, verified: Proof) -> None:
    found = verdict_on(lattice, structure, places=places)
    assert found.verified is verified
    assert found.reasons
    assert all(reason.endswith(".") for reason in found.reasons)


def test_a_better_fit_of_another_is_told() -> None:
    found = verdict_on(0.1, 0.12, places=30, ambiguous_with=("B",), better=("C", "D"))
    assert found.verified is Proof.DOUBTFUL
    assert "C and D fit better." in found.reasons
    assert "B fits as well." in found.reasons
    assert np.isclose(found.residual, 0.12)


def test_fits_are_compared_on_the_range_that_all_of_them_have() -> None:
    """A monoclinic cell has more lines than an orthorhombic one, and is fitted to lower angles."""
    reference = find_type("Perovskite-GdFeO3").reference
    large = replace(reference, cell=reference.cell.scaled(1.22))
    model = load_model()
    sample = model.sample(crystinet.simulate(large, counts=20000, background=0.02, seed=1))
    work = Refinement(model, load_index())
    names = ("Perovskite-GdFeO3", "Perovskite-Ba2LaRuO6")
    fits = [work.candidate(sample, (name,)) for name in names]
    long, short = (found.joint for found in fits if found is not None)
    assert long is not None
    assert short is not None
    assert last_angle_of(fits) == short.points.two_theta_deg[-1]
    assert long.points.two_theta_deg[-1] > last_angle_of(fits) + 5.0
    scores = comparable_scores(fits)
    assert scores[1] == short.score
    assert scores[0] < long.score
    assert comparable_scores([fits[0], None]) == [long.score, math.inf]

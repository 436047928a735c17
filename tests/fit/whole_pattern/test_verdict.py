"""What counts against a structure: its misfit, but no noise; far atoms, and lines of others."""

from dataclasses import replace

import numpy as np
import pytest

import crystinet
from crystinet.app.models import load_model
from crystinet.crystals.catalogue import find_type
from crystinet.fit.whole_pattern.answer import UnexplainedLine
from crystinet.fit.whole_pattern.fit_verdict import doubted_by_lines, verdict_on
from crystinet.fit.whole_pattern.points import PatternPoints


def _simulated(
    name: str, *, counts: float = 20_000.0, background: float = 0.05, seed: int = 4
) -> crystinet.Pattern:
    return crystinet.simulate(
        find_type(name).reference, counts=counts, background=background, seed=seed, anomalous=True
    )


@pytest.mark.parametrize("background", [2.0, 30.0, 1000.0])
def test_the_noise_is_that_of_counting(background: float) -> None:
    rng = np.random.default_rng(1)
    angle = np.arange(10.0, 90.0, 0.02)
    centres, heights = rng.uniform(12.0, 88.0, 25), rng.uniform(0.1, 1.0, 25)
    lines = np.exp(-0.5 * ((angle[:, None] - centres) / 0.06) ** 2) @ heights
    truth = background + 2000.0 * lines
    counted = rng.poisson(truth).astype(float)
    pattern = crystinet.Pattern.from_arrays(angle, counted, wavelength_angstrom=1.5406)
    points = PatternPoints.of(load_model().sample(pattern), points_per_width=1000.0)
    expected = np.interp(points.two_theta_deg, angle, truth)
    on_lines = expected > background + 400.0
    for kept in (on_lines, expected < 1.01 * background):
        ratio = points.sigma[kept] ** 2 / expected[kept]
        assert 0.6 < np.median(ratio) < 1.4


def test_noise_is_no_misfit() -> None:
    points = PatternPoints.of(load_model().sample(_simulated("NaCl", counts=300.0, background=3.0)))
    noise, total = float(points.weight @ points.sigma**2), float(points.weight @ points.net**2)
    assert points.residual(noise, total, free=0) == 0.0
    assert points.residual(total, total, free=0) == pytest.approx(1.0)
    half = noise + 0.25 * (total - noise)
    assert points.residual(half, total, free=0) == pytest.approx(0.5)
    assert points.residual(half, total, free=len(points) // 2) > 0.5


@pytest.mark.parametrize("name", ["Corundum-Al2O3", "Olivine-Mg2SiO4"])
def test_a_right_structure_in_much_noise_is_borne_out(name: str) -> None:
    noisy = _simulated(name, counts=300.0, background=3.0)
    phase = crystinet.refine(noisy, type=name).phases[0]
    assert phase.verified is crystinet.Proof.YES
    assert phase.rwp_structure < 0.2


@pytest.mark.parametrize(("left", "told"), [(0.0, "less than 1 %"), (0.02, "2 %")])
def test_what_is_left_is_told_in_per_cent(left: float, told: str) -> None:
    found = verdict_on(0.0, left, places=20)
    assert found.reasons == (f"Lattice and atoms of this type explain all but {told} of it.",)


def test_atoms_that_had_to_go_far_are_doubted() -> None:
    anatase = _simulated("Anatase-TiO2")
    phase = crystinet.refine(anatase, type="ThCr2Si2").phases[0]
    assert phase.verified is not crystinet.Proof.YES


def test_a_strong_line_of_something_else_is_told() -> None:
    fit = crystinet.refine(_simulated("NaCl"), type="NaCl")
    assert fit.phases[0].verified is crystinet.Proof.YES
    assert doubted_by_lines(fit) is fit
    for height, proof in ((0.1, crystinet.Proof.YES), (0.3, crystinet.Proof.DOUBTFUL)):
        line = UnexplainedLine(two_theta_deg=40.0, d_angstrom=2.25, height=height)
        (phase,) = doubted_by_lines(replace(fit, unexplained=(line,))).phases
        assert phase.verified is proof
        assert (proof is crystinet.Proof.YES) == ("40.00" not in phase.reasons[0])

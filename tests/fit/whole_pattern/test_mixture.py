"""Phases of mixtures, and the quick test of lines."""

from typing import Any

import numpy as np
import pytest

import crystinet
from crystinet.app.models import load_index, load_model
from crystinet.core.diffraction import d_from_two_theta
from crystinet.crystals.catalogue import find_type, load_catalogue
from crystinet.fit.line_test import LineEvidence, LineTest
from crystinet.fit.whole_pattern.mixture import LEAST_OWN, LEAST_SHARE, PhaseSearch
from crystinet.fit.whole_pattern.points import PatternPoints
from crystinet.fit.whole_pattern.refinement import Refinement
from crystinet.patterns.sample import Sample


def _pattern(name: str) -> crystinet.Pattern:
    reference = find_type(name).reference
    return crystinet.simulate(reference, counts=20000, seed=1, background=0.02, fwhm_deg=0.2)


@pytest.fixture(scope="module")
def mixture() -> crystinet.Pattern:
    one, two = _pattern("Corundum-Al2O3"), _pattern("Rutile-TiO2")
    both = one.intensity / one.intensity.max() + 0.5 * two.intensity / two.intensity.max()
    return crystinet.Pattern(one.two_theta_deg, 5000.0 * both, one.radiation).within((20, 75))


@pytest.mark.slow
def test_both_phases_are_found_and_weighed(mixture: crystinet.Pattern) -> None:
    fit = crystinet.refine(mixture, phases=2, formula="Cr2O3 + TiO2")
    assert [phase.type for phase in fit.phases] == ["Corundum-Al2O3", "Rutile-TiO2"]
    assert sum(phase.share for phase in fit.phases) == pytest.approx(1.0)
    weights = [phase.weight_fraction for phase in fit.phases]
    assert None not in weights
    assert sum(w for w in weights if w is not None) == pytest.approx(1.0)
    for phase in fit.phases:
        truth = load_catalogue().by_name(phase.type).reference.cell
        assert np.allclose(phase.cell[:3], truth[:3], rtol=2e-4)


@pytest.mark.slow
def test_a_phase_of_a_type_beyond_the_networks_is_found() -> None:
    one, two = _pattern("Rutile-TiO2"), _pattern("Anatase-TiO2")
    both = one.intensity / one.intensity.max() + 0.5 * two.intensity / two.intensity.max()
    titania = crystinet.Pattern(one.two_theta_deg, 5000.0 * both, one.radiation).within((20, 75))
    fit = crystinet.refine(titania, phases=2)
    assert [phase.type for phase in fit.phases] == ["Rutile-TiO2", "Anatase-TiO2"]
    assert all(phase.verified is crystinet.Proof.YES for phase in fit.phases)


@pytest.mark.slow
def test_a_pure_pattern_has_one_phase() -> None:
    fit = crystinet.refine(_pattern("Rutile-TiO2"), phases=2, two_theta_range=(20, 75))
    assert [phase.type for phase in fit.phases] == ["Rutile-TiO2"]


def test_a_phase_that_another_covers_has_nothing_of_its_own() -> None:
    """Copper has no line that AuCu3 lacks: it would only mend profiles, also if it came first."""
    model = load_model()
    search = PhaseSearch(model, Refinement(model, load_index()))
    sample = model.sample(_pattern("Auricupride-AuCu3").within((15, 90)))
    points, evidence = PatternPoints.of(sample, points_per_width=4.0), search.evidence(sample)
    phases = [
        search.fitted_phase(sample, points, (name,), evidence.get(name))
        for name in ("fcc(ccp)-Cu", "Auricupride-AuCu3")
    ]
    covered, whole = (phase for phase in phases if phase is not None)
    for pair in ([covered, whole], [whole, covered]):
        found = search.refined_together(points, pair)
        assert found is not None
        assert min(found.shares) > LEAST_SHARE  # it is kept out for its lines alone
        assert found.own < 0.1 * LEAST_OWN


def test_lines_alone_name_the_types(mixture: crystinet.Pattern) -> None:
    prepared = Sample.of(mixture).prepared
    d = d_from_two_theta(prepared.two_theta_deg, 1.5405929)
    found = LineTest(load_index()).find(d, prepared.intensity)
    first = [each.type for each in found[:5]]
    assert "Corundum-Al2O3" in first
    assert found[0].evidence >= found[1].evidence
    assert LineTest(load_index()).find(d, np.zeros(len(d))) == ()


def test_the_further_type_that_networks_name_first_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = load_model()
    sample = model.sample(crystinet.simulate(find_type("Anatase-TiO2").reference, counts=20_000))
    tried: list[tuple[str, ...]] = []

    def only_tell(search: PhaseSearch, *given: Any) -> None:
        tried.append(given[2])

    monkeypatch.setattr(PhaseSearch, "fitted_phase", only_tell)
    for evidence in ({}, {"Anatase-TiO2": LineEvidence("Anatase-TiO2", 0, 1.0, 9.0, 1.0)}):
        monkeypatch.setattr(PhaseSearch, "evidence", lambda *given, found=evidence: found)
        search = PhaseSearch(model, Refinement(model, load_index()))
        assert search._candidates(sample, PatternPoints.of(sample)) == []
        assert tried.count(("Anatase-TiO2",)) == 1
        tried.clear()

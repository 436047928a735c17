"""Space groups of an indexed cell by fitted intensities."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from crystinet.app.simulate import simulate
from crystinet.crystals.catalogue import find_type
from crystinet.fit.extinction_fit import (
    expected_intensity,
    extinctions_of_fit,
    fit_of_cell,
    log_odds_of_lines,
)
from crystinet.fit.whole_pattern.lattice_fit import LatticeFit
from crystinet.lines.indexing.beyond import IndexedCell, look_beyond
from crystinet.patterns.sample import Sample


@lru_cache
def rutile() -> tuple[Sample, IndexedCell]:
    structure = find_type("Rutile-TiO2").reference
    sample = Sample.of(simulate(structure, counts=20000, background=0.03, seed=1))
    best = look_beyond(sample, longest_s=600.0).best
    assert best is not None
    return sample, best


@lru_cache
def fitted() -> LatticeFit:
    sample, cell = rutile()
    found = fit_of_cell(cell, sample)
    assert found is not None
    return found


def test_the_group_of_a_structure_comes_first() -> None:
    found = extinctions_of_fit(rutile()[1], fitted())
    assert 136 in found[0].numbers
    assert 123 not in found[0].numbers
    chances = [each.probability for each in found]
    assert chances == sorted(chances, reverse=True)


def test_lines_that_are_forbidden_have_odds_against_them() -> None:
    found = fitted()
    odds, lines = log_odds_of_lines(found), found.model.phases[0]
    by_hkl = {
        tuple(map(abs, hkl)): odds[place] for hkl, place in zip(lines.hkl, lines.place, strict=True)
    }
    assert by_hkl[(1, 1, 0)] > 3.0
    forbidden = by_hkl.get((1, 0, 0), by_hkl.get((0, 1, 0)))
    assert forbidden is not None
    assert forbidden < 0.0


def test_no_line_speaks_without_end() -> None:
    odds = log_odds_of_lines(fitted())
    assert odds.max() < -np.log(0.002)  # of an impurity one line in hundreds may be
    assert odds.min() > np.log(0.29)  # three in ten lines are absent by accident


def test_mean_intensities_are_those_of_the_pattern() -> None:
    found = fitted()
    mean = expected_intensity(found)
    assert (mean > 0.0).all()
    assert mean.sum() == pytest.approx(found.intensity.sum(), rel=0.5)


def test_what_is_known_beforehand_decides_between_equal_absences() -> None:
    for first in (136, 102, 118):
        likely = [1.0 if number == first else 0.001 for number in range(1, 231)]
        found = extinctions_of_fit(rutile()[1], fitted(), likely=likely)
        assert found[0].numbers[0] == first


def test_a_cell_that_does_not_fit_says_nothing() -> None:
    sample, cell = rutile()
    wrong = replace(cell, cell=cell.cell._replace(a=cell.cell.a * 1.1, b=cell.cell.b * 1.1))
    assert fit_of_cell(wrong, sample) is None

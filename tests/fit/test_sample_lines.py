"""Lines on a sample are worked out once, and references only where there are no compounds."""

from itertools import islice

import pytest

import crystinet
from crystinet.app.models import load_index, load_model
from crystinet.fit.lattice import estimate_lattice, lay_lines
from crystinet.fit.sample_lines import SampleLines
from crystinet.fit.starting_points import NEAREST_STARTS, PLACEMENT_ONLY, StartingPoints


@pytest.fixture(scope="module")
def lines() -> SampleLines:
    (kind,) = (kind for kind in crystinet.types() if kind.name == "Rutile-TiO2")
    model = load_model()
    points = StartingPoints(model, load_index(), PLACEMENT_ONLY)
    return SampleLines(points, model.sample(crystinet.simulate(kind.reference, seed=2)))


def test_lines_are_laid_once_for_all_that_ask(lines: SampleLines) -> None:
    first = list(islice(lines.laid(("Rutile-TiO2",)), 2))
    assert list(islice(lines.laid(["Rutile-TiO2"]), 2)) == first
    assert lines.likeness(("Rutile-TiO2",)) is lines.likeness(["Rutile-TiO2"])


def test_they_lie_as_they_do_when_they_are_laid_alone(lines: SampleLines) -> None:
    laid = next(lines.laid(("Rutile-TiO2",)))
    alone = lay_lines(laid.start, lines.sample, overlap=lines.overlap)
    assert laid.quick is not None
    assert alone is not None
    assert (laid.quick[0] == alone[0]).all()
    assert laid.quick[1] == alone[1]
    assert laid.estimate == estimate_lattice(laid.start, lines.sample, overlap=lines.overlap)


def test_references_come_after_the_compounds_and_not_with_the_nearest(lines: SampleLines) -> None:
    nearest = [laid.start.lines.name for laid in lines.nearest(("Rutile-TiO2",))]
    every = [laid.start.lines.name for laid in lines.laid(("Rutile-TiO2",))]
    assert len(nearest) == NEAREST_STARTS
    assert every[:NEAREST_STARTS] == nearest
    assert any(name.startswith("reference of") for name in every[NEAREST_STARTS:])
    assert not any(name.startswith("reference of") for name in nearest)

"""The nearest relative of a known type, from an indexed cell and the whole pattern."""

from dataclasses import replace

import numpy as np
import pytest

import crystinet
from crystinet.app.models import line_check, load_model
from crystinet.core.cell import Cell
from crystinet.crystals.catalogue import find_type
from crystinet.crystals.structure import Structure
from crystinet.fit.beyond_types import beyond_types
from crystinet.lines.indexing.nearest_derivative import Kinship, NearestDerivative
from crystinet.model.identification import Identification, Verdict


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may take its time."""
    monkeypatch.setattr("crystinet.lines.indexing.beyond.LONGEST_S", 600.0)


def looked_at(structure: Structure, verdict: Verdict, first: str) -> crystinet.Identification:
    """The answer for a structure as if the networks had said so."""
    model = load_model()
    sample = model.sample(crystinet.simulate(structure, counts=20000, background=0.02, seed=3))
    (found,) = model.identify([sample])
    order = sorted(found.candidates, key=lambda each: each.type != first)
    found = replace(found, candidates=tuple(order), verdict=verdict, further=None)
    beyond = beyond_types(line_check(model).lines_on(sample), found)
    return replace(found, beyond=beyond)


def strained() -> Structure:
    """CsCl, one edge shorter by 2 %: a tetragonal structure of no type."""
    cubic = find_type("CsCl").reference
    a = cubic.cell.a
    return replace(
        cubic, cell=Cell(a, a, 0.98 * a, 90.0, 90.0, 90.0), hall_symbol="-P 4 2", name="strained"
    )


def test_a_strained_structure_is_a_distorted_one_of_its_type() -> None:
    found = looked_at(strained(), Verdict.UNKNOWN, "CsCl")
    near = found.beyond.nearest_derivative
    assert isinstance(near, NearestDerivative)
    assert (near.type, near.kinship, near.index) == ("CsCl", Kinship.DISTORTED, 1)
    assert near.strain == pytest.approx(0.013, abs=0.008)
    assert near.likeness > 0.85
    assert near.words == "a distorted CsCl"
    assert f"none of the {found.types_asked} types; tetragonal primitive, a = " in found.sentence
    assert "Å; nearest: a distorted CsCl." in found.sentence
    assert found.to_dict()["beyond"]["nearest_derivative"]["kinship"] == "distorted"


def test_beside_a_known_type_no_relative_is_named() -> None:
    found = looked_at(strained(), Verdict.KNOWN, "CsCl")
    assert found.beyond.nearest_derivative is None
    assert found.to_dict()["beyond"]["nearest_derivative"] is None


def test_lines_with_other_heights_are_no_relative() -> None:
    model = load_model()
    pattern = crystinet.simulate(strained(), counts=20000, background=0.02, seed=3)
    rng = np.random.default_rng(4)
    peaks = model.sample(pattern).peaks.two_theta_deg
    heights = rng.permutation(np.geomspace(1.0, 0.005, len(peaks)))
    x = pattern.two_theta_deg
    y = 20.0 + 1e4 * (heights * np.exp(-(((x[:, None] - peaks) / 0.08) ** 2))).sum(axis=1)
    other = crystinet.Pattern.from_arrays(x, y, wavelength_angstrom=1.5406)
    sample = model.sample(other)
    (found,) = model.identify([sample])
    order = sorted(found.candidates, key=lambda each: each.type != "CsCl")
    found = replace(found, candidates=tuple(order[:1]), verdict=Verdict.UNKNOWN, further=None)
    assert isinstance(found, Identification)
    beyond = beyond_types(line_check(model).lines_on(sample), found)
    assert beyond.best is not None
    assert beyond.nearest_derivative is None

"""Derivatives of a type are named by lines that its lattice allows and its symmetry forbids."""

import json
from dataclasses import replace

import pytest

import crystinet
from crystinet.app.models import line_check, load_model
from crystinet.core.notes import NoteCode, find_note
from crystinet.crystals.catalogue import load_catalogue
from crystinet.crystals.structure import Site, Structure
from crystinet.model.derivative_of import DerivativeReason
from crystinet.model.identification import Candidate, Identification, Verdict
from crystinet.patterns.sample import Sample

PURE = (
    "Rutile-TiO2",
    "NaCl",
    "Corundum-Al2O3",
    "Spinel-Al2MgO4",
    "Calcite-CaCO3(hR10)",
    "Sphalerite-ZnS(cF8)",
    "Garnet-Al2Ca3Si3O12",
    "Pyrite-FeS2(cP12)",
)


def called(found: Identification, name: str) -> Identification:
    """The answer as if it were known as another type."""
    (first,) = (each for each in found.candidates if each.type == name)
    best: Candidate = replace(first, probability=0.99)
    return replace(found, candidates=(best, *found.candidates), verdict=Verdict.KNOWN)


def rock_salt_with_two_cations() -> Sample:
    """CuPt-like order in rock salt would double the cell; here the corners hold another cation."""
    structure = Structure(
        cell=(4.2, 4.2, 4.2, 90.0, 90.0, 90.0),
        hall_symbol="-P 4 2 3",
        sites=(
            Site((("Ca", 1.0),), (0.0, 0.0, 0.0)),
            Site((("Mg", 1.0),), (0.0, 0.5, 0.5)),
            Site((("O", 1.0),), (0.5, 0.5, 0.5)),
            Site((("O", 1.0),), (0.5, 0.0, 0.0)),
        ),
    )
    return load_model().sample(crystinet.simulate(structure, counts=50_000, seed=2))


@pytest.mark.parametrize("name", PURE)
def test_a_pure_phase_is_no_derivative(name: str) -> None:
    reference = load_catalogue().by_name(name).reference
    found = crystinet.identify(crystinet.simulate(reference, counts=20_000, seed=3))
    assert (found.verdict.value, found.candidates[0].type) == ("known", name)
    assert found.derivative_of is None
    assert found.to_dict()["derivative_of"] is None


def test_lines_that_the_centring_forbids_name_a_derivative() -> None:
    sample = rock_salt_with_two_cations()
    (alone,) = load_model().identify([sample])
    checked = line_check(load_model()).checked(sample, called(alone, "NaCl"))
    derived = checked.derivative_of
    assert derived is not None
    assert (derived.type, derived.reason) == ("NaCl", DerivativeReason.FURTHER_LINES)
    # (100) and (110) of the primitive lattice, at 21.1 and 30.1 degrees.
    assert any(abs(angle - 21.1) < 0.2 for angle in derived.two_theta_deg)
    assert checked.verdict is Verdict.UNCERTAIN
    note = find_note(checked.notes, NoteCode.DERIVATIVE)
    assert note is not None
    assert "derivative of NaCl" in checked.sentence
    told = json.loads(json.dumps(checked.to_dict()))["derivative_of"]
    assert (told["type"], told["reason"]) == ("NaCl", "further-lines")


def test_a_line_at_another_place_is_none_of_a_derivative() -> None:
    reference = load_catalogue().by_name("NaCl").reference
    pattern = crystinet.simulate(reference, counts=50_000, seed=2)
    other = crystinet.simulate(
        load_catalogue().by_name("Rutile-TiO2").reference, counts=50_000, seed=2
    )
    total = replace(pattern, intensity=pattern.intensity + 0.12 * other.intensity)
    sample = load_model().sample(total)
    (alone,) = load_model().identify([sample])
    checked = line_check(load_model()).checked(sample, called(alone, "NaCl"))
    assert checked.derivative_of is None

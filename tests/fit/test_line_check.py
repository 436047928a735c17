"""The check of known answers by lines: mixtures lose their certainty, pure phases keep it."""

import numpy as np
import pytest

import crystinet
from crystinet.app.models import line_check, load_model
from crystinet.core.cell import Cell
from crystinet.core.notes import NoteCode, find_note
from crystinet.crystals.structure import Site, Structure
from crystinet.patterns.pattern import Pattern

TYPES = ("Rutile-TiO2", "NaCl", "Corundum-Al2O3", "Spinel-Al2MgO4", "Calcite-CaCO3(hR10)")


def pattern_of(name: str, *, seed: int = 3) -> Pattern:
    (kind,) = (kind for kind in crystinet.types() if kind.name == name)
    return crystinet.simulate(kind.reference, counts=20000, seed=seed)


def added(first: Pattern, second: Pattern, ratio: float) -> Pattern:
    parts = [p.intensity / p.intensity.max() for p in (first, second)]
    return Pattern(first.two_theta_deg, 1e4 * (parts[0] + ratio * parts[1]), first.radiation)


@pytest.mark.parametrize("name", TYPES)
def test_a_pure_phase_stays_known(name: str) -> None:
    model = load_model()
    sample = model.sample(pattern_of(name))
    left = line_check(model).of(sample, (name,))
    assert left is not None
    assert not left.is_much()
    answer = crystinet.identify(pattern_of(name))
    assert (answer.verdict.value, answer.candidates[0].type) == ("known", name)
    assert find_note(answer.notes, NoteCode.UNEXPLAINED_LINES) is None


@pytest.mark.parametrize(("name", "other"), [(a, b) for a in TYPES for b in TYPES if a != b][::3])
@pytest.mark.parametrize("ratio", [0.25, 0.5])
def test_a_second_phase_is_seen_at_its_strongest_lines(name: str, other: str, ratio: float) -> None:
    model = load_model()
    first, second = pattern_of(name), pattern_of(other)
    sample = model.sample(added(first, second, ratio))
    left = line_check(model).of(sample, (name,))
    assert left is not None
    assert left.is_much()
    # What is named as no line of the type is a line of the other phase.
    near = np.abs(second.two_theta_deg - left.two_theta_deg) < 0.15
    assert second.intensity[near].max() > 0.15 * second.intensity.max()
    answer = crystinet.identify(added(first, second, ratio))
    assert answer.verdict.value != "known"


def test_the_reason_and_the_note_say_where() -> None:
    # The networks alone call this sum known; the check is what takes that back.
    mixture = added(pattern_of("Spinel-Al2MgO4"), pattern_of("Rutile-TiO2"), 0.25)
    model = load_model()
    sample = model.sample(mixture)
    (alone,) = model.identify([sample])
    assert alone.verdict.value == "known"
    checked = line_check(model).checked(sample, alone)
    note = find_note(checked.notes, NoteCode.UNEXPLAINED_LINES)
    assert note is not None
    assert "The line at 27.5 degrees" in note.text
    assert checked.reason == note.text
    assert checked.verdict.value == "uncertain"
    assert checked.candidates == alone.candidates


def test_the_line_is_named_at_the_angle_of_the_measurement() -> None:
    (kind,) = (kind for kind in crystinet.types() if kind.name == "Spinel-Al2MgO4")
    (other,) = (kind for kind in crystinet.types() if kind.name == "Rutile-TiO2")
    parts = (
        crystinet.simulate(each.reference, counts=20000, seed=1, anode="Co")
        for each in (kind, other)
    )
    answer = crystinet.identify(added(*parts, 0.3))
    note = find_note(answer.notes, NoteCode.UNEXPLAINED_LINES)
    assert note is not None
    assert "The line at 32.0 degrees" in note.text  # (110) of rutile with Co K-alpha


def test_unfiltered_k_beta_is_no_second_phase() -> None:
    (kind,) = (kind for kind in crystinet.types() if kind.name == "NaCl")
    alpha = crystinet.simulate(kind.reference, counts=20000, seed=1)
    beta = crystinet.simulate(
        kind.reference, counts=20000, seed=2, wavelength_angstrom=1.39222, monochromatic=True
    )
    y = alpha.intensity / alpha.intensity.max() + 0.2 * beta.intensity / beta.intensity.max()
    answer = crystinet.identify(Pattern(alpha.two_theta_deg, 1e4 * y, alpha.radiation))
    assert answer.candidates[0].type == "NaCl"
    assert find_note(answer.notes, NoteCode.UNEXPLAINED_LINES) is None


def test_one_line_far_above_all_others_lets_nothing_be_known() -> None:
    pattern = pattern_of("Rutile-TiO2")
    highest = pattern.two_theta_deg[np.argmax(pattern.intensity)]
    near = np.abs(pattern.two_theta_deg - highest) < 1.0
    raised = np.where(near, 20.0 * pattern.intensity, pattern.intensity)
    answer = crystinet.identify(Pattern(pattern.two_theta_deg, raised, pattern.radiation))
    assert answer.verdict.value != "known"


def of_sphalerite_lattice(a: float, *elements: str) -> Pattern:
    places = (0.0, 0.0, 0.0), (0.25, 0.25, 0.25)
    sites = zip((elements[0], elements[-1]), places, strict=True)
    structure = Structure(
        cell=Cell(a, a, a, 90.0, 90.0, 90.0),
        hall_symbol="F -4 2 3",
        sites=tuple(Site(((name, 1.0),), place) for name, place in sites),
    )
    return crystinet.simulate(structure, counts=20000, seed=5)


def test_sphalerite_of_one_element_is_diamond() -> None:
    """Silicon has the lines of sphalerite less those that two elements alone would give."""
    silicon = of_sphalerite_lattice(5.4310, "Si")
    answer = crystinet.identify(silicon)
    assert answer.verdict.value == "uncertain"
    note = find_note(answer.notes, NoteCode.PARENT_AS_WELL)
    assert note is not None
    assert note.text == answer.reason
    assert "may as well be Diamond-C" in answer.sentence


@pytest.mark.parametrize(
    ("a", "elements"),
    [
        (5.4093, ("Zn", "S")),  # lines that only sphalerite has are seen
        (6.1034, ("Zn", "Te")),  # they are weak, but no known diamond has such a lattice
    ],
)
def test_sphalerite_of_two_elements_stays_known(a: float, elements: tuple[str, str]) -> None:
    answer = crystinet.identify(of_sphalerite_lattice(a, *elements))
    assert (answer.verdict.value, answer.candidates[0].type) == ("known", "Sphalerite-ZnS(cF8)")


def test_a_composition_of_two_elements_is_no_diamond() -> None:
    germanium_like = of_sphalerite_lattice(5.6533, "Ga", "As")
    alone = crystinet.identify(germanium_like)
    assert alone.verdict.value == "uncertain"
    assert "Diamond-C" in alone.sentence
    answer = crystinet.identify(germanium_like, formula="GaAs")
    assert (answer.verdict.value, answer.candidates[0].type) == ("known", "Sphalerite-ZnS(cF8)")

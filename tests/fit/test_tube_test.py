"""Where nobody said which tube it was: known answers need its lattice, others name another tube."""

import numpy as np
import pytest

import crystinet
from crystinet.app.models import line_check, load_model
from crystinet.core.notes import Note, NoteCode, find_note
from crystinet.core.radiation import Radiation
from crystinet.fit.tube_test import rules_out, was_assumed
from crystinet.model.identification import Identification
from crystinet.patterns.pattern import Pattern

TYPES = ("Rutile-TiO2", "Corundum-Al2O3", "Spinel-Al2MgO4", "Zircon-ZrSiO4")


def simulated(name: str, anode: str) -> Pattern:
    (kind,) = (kind for kind in crystinet.types() if kind.name == name)
    return crystinet.simulate(kind.reference, counts=20000, seed=3, anode=anode)


def without_a_tube(pattern: Pattern) -> Identification:
    """The answer for the numbers alone, as two columns of a file give them."""
    return crystinet.identify((pattern.two_theta_deg, pattern.intensity))


@pytest.mark.parametrize("name", TYPES)
def test_a_pattern_of_a_copper_tube_stays_known(name: str) -> None:
    answer = without_a_tube(simulated(name, "Cu"))
    assert (answer.verdict.value, answer.candidates[0].type) == ("known", name)
    assert find_note(answer.notes, NoteCode.ASSUMED_WAVELENGTH) is not None
    assert find_note(answer.notes, NoteCode.ANOTHER_TUBE) is None


@pytest.mark.parametrize("anode", ["Co", "Mo"])
@pytest.mark.parametrize("name", TYPES)
def test_another_tube_is_named_and_how_to_ask_again(name: str, anode: str) -> None:
    pattern = simulated(name, anode)
    answer = without_a_tube(pattern)
    assert answer.verdict.value != "known"
    note = find_note(answer.notes, NoteCode.ANOTHER_TUBE)
    assert note is not None
    assert f"--anode {anode}" in note.text
    assert name in note.text
    again = crystinet.identify((pattern.two_theta_deg, pattern.intensity), anode=anode)
    assert (again.verdict.value, again.candidates[0].type) == ("known", name)


def test_nothing_is_tried_where_the_tube_is_given() -> None:
    pattern = simulated("Spinel-Al2MgO4", "Co")
    answer = crystinet.identify((pattern.two_theta_deg, pattern.intensity), anode="Cu")
    assert find_note(answer.notes, NoteCode.ANOTHER_TUBE) is None
    assert find_note(answer.notes, NoteCode.TUBE_NOT_CONFIRMED) is None


def test_a_lattice_that_no_compound_has_takes_the_certainty() -> None:
    """All d-spacings of garnet a tenth too small, as those of no garnet are."""
    pattern = simulated("Garnet-Al2Ca3Si3O12", "Cu")
    sine = np.sin(np.radians(pattern.two_theta_deg) / 2.0) / 0.9
    moved = Pattern(
        2.0 * np.degrees(np.arcsin(sine)),
        pattern.intensity,
        Radiation.of_anode("Cu", assumed=True),
    )
    model = load_model()
    sample = model.sample(moved)
    (alone,) = model.identify([sample])
    assert alone.verdict.value == "known"
    checked = line_check(model).checked(sample, alone)
    note = find_note(checked.notes, NoteCode.TUBE_NOT_CONFIRMED)
    assert note is not None
    assert (checked.verdict.value, checked.reason) == ("uncertain", note.text)


def test_an_axis_of_d_does_not_hang_on_the_tube() -> None:
    pattern = simulated("Rutile-TiO2", "Cu")
    converted = Note(NoteCode.TWO_THETA_CONVERTED, "from d")
    radiation = Radiation.of_anode("Cu", assumed=True)
    for notes, assumed in (((), True), ((converted,), False)):
        raw = Pattern(pattern.two_theta_deg, pattern.intensity, radiation, notes=notes)
        assert was_assumed(load_model().sample(raw)) is assumed


@pytest.mark.parametrize(
    ("anode", "start_deg", "ruled_out"),
    [("Mo", 10.0, True), ("Mo", 20.0, False), ("Co", 10.0, False), ("Mo", 4.0, False)],
)
def test_a_tube_that_makes_all_lines_too_short_is_not_tried(
    anode: str, start_deg: float, ruled_out: bool
) -> None:
    """Copper's lines, from 2.09 angstrom on, would be those of 0.96 with Mo, as no compound's."""
    pattern = simulated("fcc(ccp)-Cu", "Cu")
    kept = pattern.two_theta_deg >= start_deg
    axis, counts = pattern.two_theta_deg[kept], pattern.intensity[kept]
    if start_deg < 5.0:  # before the axis: what lies there is in no list of peaks
        axis, counts = np.append(start_deg, axis), np.append(counts[0], counts)
    sample = load_model().sample(Pattern.from_arrays(axis, counts))
    assert rules_out(Radiation.of_anode(anode).wavelength_angstrom, sample) is ruled_out

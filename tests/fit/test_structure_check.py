"""Whether the lines of a structure are those of a pattern."""

import re
from dataclasses import replace

import numpy as np
import pytest

import crystinet
from crystinet.app.compare_structure import compare_structure, comparison_document
from crystinet.app.outcome import Failure, Success
from crystinet.core.errors import InvalidPatternError
from crystinet.crystals.structure import Structure
from crystinet.fit.structure_check import StructureCheck
from crystinet.fit.whole_pattern.proof import Proof
from crystinet.patterns.pattern import Pattern


def reference(name: str) -> Structure:
    return next(kind for kind in crystinet.types(extensions=True) if kind.name == name).reference


def measured(name: str) -> Pattern:
    return crystinet.simulate(reference(name), counts=20_000, background=0.02, seed=1)


def check(structure: Structure, pattern: Pattern) -> StructureCheck:
    (outcome,) = compare_structure(structure, [("a.xy", pattern)])
    assert isinstance(outcome, Success)
    found: StructureCheck = outcome.result
    return found


@pytest.mark.parametrize("change", [0.99, 1.0, 1.015])
def test_a_structure_of_nearly_the_right_cell_is_found_in_its_pattern(change: float) -> None:
    structure = reference("Rutile-TiO2")
    found = check(replace(structure, cell=structure.cell.scaled(change)), measured("Rutile-TiO2"))
    assert found.verified is Proof.YES
    assert found.cell is not None
    assert found.cell[:3] == pytest.approx(structure.cell[:3], rel=5e-4)
    assert min(found.explained, found.confirmed) > 0.95
    assert len(found.reasons) == 1


@pytest.mark.parametrize("name", ["NaCl", "Zircon-ZrSiO4", "Monazite-CePO4"])
def test_another_structure_is_not(name: str) -> None:
    found = check(reference(name), measured("Rutile-TiO2"))
    assert found.verified is not Proof.YES


def test_a_strong_line_of_something_else_leaves_it_open_and_is_named() -> None:
    rutile, other = measured("Rutile-TiO2"), measured("NaCl")
    y = rutile.intensity + np.interp(rutile.two_theta_deg, other.two_theta_deg, other.intensity)
    found = check(reference("Rutile-TiO2"), Pattern.from_arrays(rutile.two_theta_deg, y))
    assert found.verified is Proof.DOUBTFUL
    strongest = other.two_theta_deg[np.argmax(other.intensity)]
    told = re.match(r"The line at (\S+) degrees, \d\d % of the highest, is none", found.reasons[1])
    assert told
    assert float(told[1]) == pytest.approx(strongest, abs=0.1)


def test_a_pattern_of_few_lines_proves_nothing() -> None:
    found = check(reference("NaCl"), measured("NaCl").within((10.0, 50.0)))
    assert found.verified is Proof.DOUBTFUL
    assert found.reasons[-1].startswith("That says little")


def test_a_pattern_without_a_line_has_none_of_a_structure() -> None:
    x = np.arange(10.0, 80.0, 0.02)
    noise = np.random.default_rng(1).poisson(100.0, len(x))
    found = check(reference("NaCl"), Pattern.from_arrays(x, noise.astype(float)))
    assert (found.verified, found.cell) == (Proof.NO, None)
    assert found.to_dict()["reasons"] == ["The pattern has no line."]


def test_what_most_patterns_say_is_said_of_all() -> None:
    def told(*words: str) -> tuple[str | None, str]:
        outcomes = [Success("a", StructureCheck(Proof(word), ("It is so.",))) for word in words]
        bad = Failure("b", InvalidPatternError("Bad.", hint="Measure again."))
        document = comparison_document([*outcomes, bad])
        assert [each["ok"] for each in document["patterns"]] == [True] * len(words) + [False]
        return document["verified"], document["text"]

    assert told("yes") == ("yes", "The lines of the structure are those of the pattern.")
    assert told("yes", "no", "yes")[1].endswith("are those of 2 of 3 patterns.")
    assert told("yes", "no")[0] == "no"
    assert told("doubtful", "yes")[1].startswith("It stays open whether")
    assert told() == (None, "No pattern could be compared.")

"""Structures of candidates to look at: of the nearest known compound, or of the reference."""

from dataclasses import replace

import numpy as np
import pytest

import crystinet
from crystinet.app.candidate_lines import LineFinder
from crystinet.app.candidate_structure import fitted_structure, known_structure
from crystinet.corpus.index.index import CompoundIndex

KINDS = {kind.name: kind for kind in crystinet.types()}


@pytest.fixture(scope="module")
def finder() -> LineFinder:
    return LineFinder()


def test_a_known_compound_has_the_size_of_the_sample(finder: LineFinder) -> None:
    kind = KINDS["Rutile-TiO2"]
    pattern = crystinet.simulate(kind.reference, counts=20000, seed=2)
    document = known_structure(finder, pattern, kind.name).to_dict()
    assert (document["origin"], document["space_group"]) == ("compound", 136)
    assert document["source"]
    assert document["cell"] == pytest.approx(list(kind.reference.cell), rel=2e-3)
    a, _, c = np.array(document["basis"])
    assert np.linalg.norm(a) == pytest.approx(document["cell"][0], abs=1e-3)
    assert c @ a == pytest.approx(0.0, abs=1e-3)
    assert {atom["element"] for atom in document["atoms"]} >= {"O"}
    assert all(0 <= n < len(document["atoms"]) for pair in document["bonds"] for n in pair)


def test_without_known_atoms_the_reference_is_shown() -> None:
    class WithoutAtoms(LineFinder):
        """With the index as it is where nobody knows atoms."""

        @property
        def index(self) -> CompoundIndex:
            return replace(super().index, find_atoms=lambda: None)

    kind = KINDS["NaCl"]
    pattern = crystinet.simulate(kind.reference, counts=20000, seed=2)
    found = known_structure(WithoutAtoms(), pattern, kind.name)
    assert (found.origin, found.source) == ("reference", "")
    assert found.structure.cell.a == pytest.approx(kind.reference.cell.a, rel=2e-3)


def test_a_type_that_the_model_does_not_know_is_refused(finder: LineFinder) -> None:
    pattern = crystinet.Pattern.from_arrays(np.arange(10.0, 60.0, 0.1), np.ones(500))
    with pytest.raises(crystinet.UnknownTypeError, match="no-such"):
        known_structure(finder, pattern, "no-such")


def test_a_fit_without_atoms_has_no_structure() -> None:
    with pytest.raises(crystinet.CrystinetError):
        fitted_structure("data_fit\n_cell_length_a 4\n", type="NaCl")

"""The symmetry of any compound, by a small network on the features of both bundles."""

import numpy as np
import pytest

import crystinet
from crystinet.app.models import load_model
from crystinet.core.cell import crystal_system
from crystinet.core.errors import BundleError
from crystinet.crystals.catalogue import find_type
from crystinet.model.identification import Verdict
from crystinet.model.symmetry import (
    HIDDEN,
    SPACE_GROUPS,
    SymmetryHead,
    gelu,
    log_share_of_groups,
    symmetry_of,
)
from crystinet.patterns.pattern import Pattern


def pattern_of(name: str) -> Pattern:
    reference = find_type(name).reference
    assert reference is not None
    return crystinet.simulate(reference, counts=20_000, seed=1)


@pytest.mark.parametrize(
    ("name", "system", "group"),
    [("Quartz-alpha", "trigonal", 152), ("Anatase-TiO2", "tetragonal", 141)],
)
def test_unknown_answer_says_the_symmetry(name: str, system: str, group: int) -> None:
    found = crystinet.identify(pattern_of(name), beyond=False)
    assert found.verdict is Verdict.UNKNOWN
    assert found.symmetry is not None
    assert found.symmetry.systems[0][0] == system
    assert group in [n for n, _, _ in found.symmetry.space_groups]
    document = found.to_dict()["symmetry"]
    assert document["systems"][0]["system"] == system
    assert sum(each["probability"] for each in document["systems"]) == pytest.approx(1.0, abs=1e-4)


def test_known_answer_does_not_tell_it() -> None:
    found = crystinet.identify(pattern_of("NaCl"))
    assert found.verdict is Verdict.KNOWN
    assert "symmetry" not in found.to_dict()


def test_bundle_alone_has_no_head_for_it() -> None:
    alone = load_model("published")
    (found,) = alone.identify([alone.sample(pattern_of("Quartz-alpha"))])
    assert found.symmetry is None


def test_systems_and_centrings_are_sums_of_space_groups() -> None:
    p = np.random.default_rng(1).dirichlet(np.full(SPACE_GROUPS, 0.1))
    found = symmetry_of(p)
    for name, share in found.systems:
        own = [p[n - 1] for n in range(1, SPACE_GROUPS + 1) if crystal_system(n) == name]
        assert share == pytest.approx(sum(own))
    assert {name for name, _ in found.centrings} == set("PIFRC")
    assert found.space_groups[0][0] == int(p.argmax()) + 1
    shares = [share for _, _, share in found.space_groups]
    assert shares == sorted(shares, reverse=True)


def test_shares_of_types_are_added_by_space_group() -> None:
    share = np.array([[0.2, 0.3, 0.1]])
    found = np.exp(log_share_of_groups(share, np.array([5, 5, 230])))
    assert found.shape == (1, SPACE_GROUPS + 1)
    assert found[0, [5, 230]] == pytest.approx([0.5, 0.1], rel=1e-5)
    assert found[0, 1] < 1e-6


def test_gelu_is_that_of_torch() -> None:
    torch = pytest.importorskip("torch")
    x = np.linspace(-5.0, 5.0, 101, dtype=np.float32)
    expected = torch.nn.functional.gelu(torch.from_numpy(x), approximate="tanh").numpy()
    np.testing.assert_allclose(gelu(x), expected, atol=1e-6)


def test_damaged_file_is_refused() -> None:
    with pytest.raises(BundleError, match=HIDDEN):
        SymmetryHead.of_files({HIDDEN: b"no numbers"})


def test_table_has_a_column_for_it() -> None:
    pytest.importorskip("pandas")
    (row,) = crystinet.identify_many([pattern_of("Anatase-TiO2")]).to_dataframe().to_dict("records")
    assert (row["further_type"], row["further_known"]) == ("Anatase-TiO2", True)
    assert row["crystal_system"] == "tetragonal"


@pytest.mark.parametrize("hump", [0.0, 400.0])
def test_a_pattern_without_lines_has_no_symmetry(hump: float) -> None:
    two_theta = np.arange(10.0, 90.0, 0.02)
    noise = np.random.default_rng(1).poisson(100.0 + hump * np.exp(-(((two_theta - 25) / 5) ** 2)))
    found = crystinet.identify((two_theta, noise), wavelength_angstrom=1.5406, beyond=False)
    assert found.verdict is Verdict.UNKNOWN
    assert found.symmetry is None
    assert "space group" not in found.sentence


def test_an_unclear_system_is_said_to_be_unclear() -> None:
    p = np.full(SPACE_GROUPS, 1.0 / SPACE_GROUPS)
    assert "not clear" in symmetry_of(p).sentence

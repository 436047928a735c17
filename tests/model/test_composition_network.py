"""What compositions say of structure types, by the network of the bundle with many types."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crystinet.app.models import load_model
from crystinet.core.arrays import FloatArray
from crystinet.core.errors import BundleError
from crystinet.fit.whole_pattern.composition import parsed_formula
from crystinet.model.composition import FAMILIES
from crystinet.model.composition_network import (
    COUNTS,
    LAYERS,
    LENGTH,
    CompositionNetwork,
    composition_vectors,
    fractions_of,
)
from crystinet.model.formula_hint import FormulaHint
from crystinet.model.inference import Model

ELEMENTS = [element for family in FAMILIES for element in family]
compositions = st.dictionaries(
    st.sampled_from(ELEMENTS), st.floats(0.01, 100.0), min_size=1, max_size=12
)


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model()


def hint(model: Model, formula: str, *, with_amounts: bool = True) -> FloatArray:
    amounts = parsed_formula(formula)
    return model.composition_hint(
        amounts, FormulaHint(tuple(amounts), amounts if with_amounts else None)
    )


def place(model: Model, name: str) -> int:
    return next(i for i, entry in enumerate(model.scored.types) if entry.name == name)


@pytest.mark.parametrize(
    ("formula", "right", "wrong"),
    [
        ("KBr", "NaCl", "Fluorite-CaF2"),
        ("BaTiO3", "Perovskite-CaTiO3", "NaCl"),
        ("ZnCo2O4", "Spinel-Al2MgO4", "NaCl"),
        ("Y3Fe5O12", "Garnet-Al2Ca3Si3O12", "Spinel-Al2MgO4"),
    ],
)
def test_formula_speaks_for_the_type_of_such_compounds(
    model: Model, formula: str, right: str, wrong: str
) -> None:
    found = hint(model, formula)
    assert found[place(model, right)] > found[place(model, wrong)] + 1.0


def test_amounts_say_more_than_elements(model: Model) -> None:
    rutile, rock_salt = place(model, "Rutile-TiO2"), place(model, "NaCl")
    one, two = hint(model, "MnO"), hint(model, "MnO2")
    assert one[rock_salt] - one[rutile] > two[rock_salt] - two[rutile] + 2.0
    same = (hint(model, each, with_amounts=False) for each in ("MnO", "MnO2"))
    np.testing.assert_array_equal(*same)


def test_nothing_known_is_no_hint(model: Model) -> None:
    assert not model.composition_hint(None).any()


def test_bundle_without_the_network_counts_elements() -> None:
    alone = load_model("published")
    assert alone.scored.composition_network is None
    found = alone.composition_hint(["Na", "Cl"])
    assert found.max() == 0.0 > found.min()


@given(compositions, st.booleans())
def test_no_composition_is_impossible(amounts: dict[str, float], with_amounts: bool) -> None:
    network = load_model().scored.composition_network
    assert network is not None
    found = network.hint(amounts, with_amounts=with_amounts)
    assert np.isfinite(found).all()
    assert found.max() == 0.0


@given(compositions, st.floats(0.1, 10.0))
def test_scale_of_amounts_does_not_matter(amounts: dict[str, float], factor: float) -> None:
    scaled = {element: factor * amount for element, amount in amounts.items()}
    np.testing.assert_allclose(fractions_of(amounts), fractions_of(scaled), rtol=1e-5)
    assert fractions_of(amounts).sum() == pytest.approx(1.0, abs=1e-5)


def test_deuterium_is_hydrogen() -> None:
    light, heavy = (fractions_of(parsed_formula(each)) for each in ("LiH", "LiD"))
    np.testing.assert_array_equal(light, heavy)


def test_elements_that_replace_each_other_look_alike() -> None:
    fractions = np.array([fractions_of(parsed_formula(each)) for each in ("NaCl", "LiBr", "NaF3")])
    first, second, third = composition_vectors(fractions, with_amounts=True)
    assert len(first) == LENGTH
    assert np.abs(first - second).sum() < np.abs(first - third).sum()


def test_damaged_files_are_refused() -> None:
    files = load_model().scored.files
    n_types = len(load_model().scored.types)
    assert CompositionNetwork.of_files({}, n_types=n_types) is None
    with pytest.raises(BundleError, match="shapes"):
        CompositionNetwork.of_files(files, n_types=n_types + 1)
    for name in LAYERS:
        with pytest.raises(BundleError, match=name):
            CompositionNetwork.of_files(
                {key: data for key, data in files.items() if key != name}, n_types=n_types
            )
    with pytest.raises(BundleError, match=COUNTS):
        CompositionNetwork.of_files({**files, COUNTS: b"nothing"}, n_types=n_types)

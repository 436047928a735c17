"""Heat averaged over the compounds of a type."""

from pathlib import Path

import numpy as np
import pytest

from crystinet.core.errors import BundleError, CorpusError, UnknownTypeError
from crystinet.corpus.datasets.dataset import Dataset, Member, pack
from crystinet.corpus.splits import Split
from crystinet.crystals.catalogue import load_catalogue
from crystinet.evaluation.type_maps import average_heat
from crystinet.model.bundle_files import load_bundle
from crystinet.model.inference import Model
from crystinet.simulation.reflections import compute_reflections


@pytest.fixture(scope="module")
def model(mapped_bundle: Path) -> Model:
    return Model(load_bundle(mapped_bundle))


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    catalogue = load_catalogue()
    members, lines = [], []
    for split in (Split.TRAIN, Split.VALIDATION, Split.TEST):
        for name in ("NaCl", "Rutile-TiO2"):
            kind = catalogue.by_name(name)
            assert kind.number is not None
            members.append(Member(len(members), name, kind.number, split, True, "catalogue"))
            lines.append(compute_reflections(kind.reference, d_min_angstrom=0.93))
    return pack(members, lines, d_min_angstrom=0.93)


def test_all_compounds_of_the_type_count(model: Model, dataset: Dataset) -> None:
    told: list[tuple[str, int, int]] = []
    found = average_heat(
        model, dataset, "NaCl", dataset_sha256="ab", seed=4, report=lambda *a: told.append(a)
    )
    assert (found.type, found.compounds, found.seed) == ("NaCl", 3, 4)
    assert (found.dataset_sha256, found.model_id) == ("ab", model.bundle.id)
    n = model.bundle.axis.n_bins
    for curve in (found.two_theta_deg, found.heat, found.heat_spread, found.intensity):
        assert curve.shape == (n,)
        assert np.isfinite(curve).all()
    assert 0.0 <= found.heat.min() <= found.heat.max() <= 1.0
    assert 0.0 <= found.ranked_first <= 1.0
    assert (np.diff(found.two_theta_deg) > 0.0).all()
    d = 0.5 * load_catalogue().by_name("NaCl").reference.cell[0]  # (200), up to the strain
    strongest = found.two_theta_deg[found.intensity.argmax()]
    assert 1.5406 / (2.0 * np.sin(np.radians(strongest / 2.0))) == pytest.approx(d, rel=0.05)
    assert told == [("compounds of NaCl", 3, 3)]


def test_equal_seeds_give_equal_maps(model: Model, dataset: Dataset) -> None:
    a, b, c = (
        average_heat(model, dataset, "NaCl", dataset_sha256="", seed=seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(a.intensity, b.intensity)
    assert (a.intensity != c.intensity).any()
    assert a.to_dict() == b.to_dict()


def test_what_cannot_be_averaged_is_refused(model: Model, dataset: Dataset) -> None:
    with pytest.raises(CorpusError, match="no compound of AlB2"):
        average_heat(model, dataset, "AlB2", dataset_sha256="")
    with pytest.raises(UnknownTypeError, match="'Zircon'"):
        average_heat(model, dataset, "Zircon", dataset_sha256="")


def test_a_bundle_without_maps_is_refused(dataset: Dataset, model: Model) -> None:

    files = {name: data for name, data in model.bundle.files.items() if "heads" not in name}
    with pytest.raises(BundleError, match="cannot be explained"):
        average_heat(Model(model.bundle.changed(files=files)), dataset, "NaCl", dataset_sha256="")

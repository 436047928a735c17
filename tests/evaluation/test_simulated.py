"""The protocol on simulated patterns, on a data set made from the catalogue's references."""

import pytest

from crystinet.core.errors import CorpusError
from crystinet.corpus.datasets.dataset import OUTSIDE, Dataset, Member, pack
from crystinet.corpus.splits import Split
from crystinet.crystals.catalogue import load_catalogue
from crystinet.evaluation.simulated import evaluate_simulated
from crystinet.model.bundle_files import load_bundle
from crystinet.model.inference import Model
from crystinet.report.evaluation.card import model_card
from crystinet.simulation.reflections import compute_reflections


def dataset_of(*, split: Split) -> Dataset:
    catalogue = load_catalogue()
    members, lines = [], []
    for name in ("NaCl", "Spinel-Al2MgO4", "Rutile-TiO2", "Quartz-alpha"):
        kind = catalogue.by_name(name)
        number = OUTSIDE if kind.extension else catalogue.class_of(kind).number
        assert number is not None
        members.append(Member(len(members), name, number, split, True, "catalogue"))
        lines.append(compute_reflections(kind.reference, d_min_angstrom=0.93))
    return pack(members, lines, d_min_angstrom=0.93)


def test_figures_of_a_small_data_set() -> None:
    model = Model(load_bundle())
    report = evaluate_simulated(model, dataset_of(split=Split.TEST), seed=3)
    assert (report.accuracy.patterns, report.accuracy.classes) == (3, 3)
    assert set(report.per_class) == {"NaCl", "Spinel-Al2MgO4", "Rutile-TiO2"}
    assert report.screening.patterns == 1
    assert 0.0 <= report.accuracy.top1 <= report.accuracy.top3 <= 1.0
    assert report == evaluate_simulated(model, dataset_of(split=Split.TEST), seed=3)
    assert "3 test compounds" in model_card(model.bundle, simulated=report, measured=None)


def test_a_data_set_without_test_compounds_is_refused() -> None:
    with pytest.raises(CorpusError, match="no test compound"):
        evaluate_simulated(Model(load_bundle()), dataset_of(split=Split.TRAIN))

"""Which pairs of types are told apart, on a data set made from the catalogue's references."""

from dataclasses import replace

import numpy as np
import pytest

from crystinet.core.errors import CorpusError
from crystinet.corpus.datasets.dataset import OUTSIDE, Dataset, Member, pack
from crystinet.corpus.splits import Split
from crystinet.crystals.catalogue import load_catalogue
from crystinet.evaluation.pairs import PairsConfig, PairsReport, measure_pairs, merged_pairs
from crystinet.evaluation.probe import PairPatterns, judge
from crystinet.model.bundle_files import load_bundle
from crystinet.simulation.reflections import compute_reflections

SMALL = PairsConfig(nearest=1, fewest=3, most=6, patterns=1, seed=2)
METALS = ("Ti", "Zr", "Hf", "V", "Nb", "Ta", "Cr", "Mo", "W", "Mn")
#: What is measured and what it is drawn from: the twin of CsCl is CsCl under another name.
TYPES = {"NaCl": "NaCl", "CsCl": "CsCl", "bcc-W": "CsCl", "Rutile-TiO2": "Rutile-TiO2"}


def dataset_of(**compounds: int) -> Dataset:
    """So many training compounds of each type, and three fewer held out."""
    catalogue = load_catalogue()
    members, lines = [], []
    for name, n in compounds.items():
        number = catalogue.class_of(catalogue.by_name(name)).number or OUTSIDE
        reference = catalogue.by_name(TYPES[name]).reference
        found = compute_reflections(reference, d_min_angstrom=0.93)
        for i in range(2 * n - 3):
            split = Split.TRAIN if i < n else (Split.TEST, Split.VALIDATION)[i % 2]
            formula = f"{METALS[i]}O" if i < len(METALS) else f"{METALS[i - len(METALS)]}S"
            members.append(Member(len(members), name, number, split, True, "test", formula))
            lines.append(found)
    return pack(members, lines, d_min_angstrom=0.93)


@pytest.fixture(scope="module")
def measured() -> PairsReport:
    dataset = dataset_of(**{"NaCl": 6, "CsCl": 6, "bcc-W": 6, "Rutile-TiO2": 3})
    return measure_pairs(load_bundle(), dataset, SMALL, dataset_sha256="abc")


def test_a_type_is_not_told_from_itself_but_from_others(measured: PairsReport) -> None:
    accuracy = {(p.first, p.second): p.judgement for p in measured.pairs}
    twins = accuracy["CsCl", "bcc-W"]
    assert twins is not None
    assert twins.accuracy < 0.9
    assert twins.low < 0.5 < twins.high
    (halite,) = [j for (a, b), j in accuracy.items() if {a, b} == {"NaCl", "CsCl"}] or [None]
    if halite is not None:
        assert halite.accuracy > 0.9
    merged = [(p.first, p.second) for p in measured.pairs if p.merged]
    assert merged == [("CsCl", "bcc-W")]
    assert ("CsCl", "bcc-W") in merged_pairs()
    assert [p.first for p in measured.not_told_apart][:1] == ["CsCl"]


def test_too_few_compounds_are_no_number(measured: PairsReport) -> None:
    rutile = [p for p in measured.pairs if "Rutile-TiO2" in (p.first, p.second)]
    assert rutile
    assert all(p.judgement is None for p in rutile)
    assert {p.training for p in rutile} <= {(6, 3), (3, 6)}
    assert {p.held_out for p in rutile} <= {(3, 0), (0, 3)}
    assert measured.pairs[-1].judgement is None  # they come last


def test_the_report_says_what_it_was_made_of(measured: PairsReport) -> None:
    table = measured.to_dict()
    assert table["provenance"]["dataset_sha256"] == "abc"
    assert table["provenance"]["bundle"] == load_bundle().id
    assert table["provenance"]["settings"]["seed"] == 2


def test_equal_seeds_measure_the_same() -> None:
    dataset = dataset_of(**{"NaCl": 4, "CsCl": 4})
    config = replace(SMALL, fewest=1)
    found = [measure_pairs(load_bundle(), dataset, config) for _ in range(2)]
    assert found[0] == found[1]
    (pair,) = found[0].pairs
    assert pair.judgement is not None
    assert pair.judgement.compounds == (1, 1)


def test_one_type_makes_no_pair() -> None:
    with pytest.raises(CorpusError, match="fewer than two types"):
        measure_pairs(load_bundle(), dataset_of(NaCl=4), SMALL)


def side(rng: np.random.Generator, *, n: int, shift: float) -> PairPatterns:
    second = np.repeat([False, True], n)
    features = rng.normal(size=(2 * n, 20)).astype(np.float32)
    features[:, 3] += shift * second
    patterns = rng.random((2 * n, 50), dtype=np.float32)
    return PairPatterns(patterns, features, second, np.arange(2 * n) // 2)


def test_a_probe_finds_what_is_there_and_nothing_else() -> None:
    rng = np.random.default_rng(5)
    clear = judge(side(rng, n=60, shift=6.0), side(rng, n=60, shift=6.0), seed=1)
    assert clear.accuracy > 0.95
    assert clear.low <= clear.accuracy <= clear.high <= 1.0
    nothing = judge(side(rng, n=60, shift=0.0), side(rng, n=60, shift=0.0), seed=1)
    assert nothing.low < 0.5 < nothing.high
    assert nothing.compounds == (30, 30)


def test_one_type_with_few_patterns_weighs_as_much() -> None:
    rng = np.random.default_rng(6)
    training, held_out = (side(rng, n=200, shift=2.0) for _ in range(2))
    few = np.flatnonzero(~training.second | (np.arange(400) < 220))
    rare = PairPatterns(
        training.patterns[few], training.features[few], training.second[few], training.compound[few]
    )
    found = judge(rare, held_out, seed=1)
    assert abs(found.first_right - found.second_right) < 0.35
    assert found.accuracy > 0.6

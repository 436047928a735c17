"""What is published of a data set, and its identity."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crystinet.core.errors import CorpusError
from crystinet.corpus.datasets.dataset import INVENTED_SOURCE, OUTSIDE, Dataset, Member, pack
from crystinet.corpus.datasets.identity import identity_of
from crystinet.corpus.datasets.publication import may_be_passed_on, publish
from crystinet.corpus.splits import Split
from crystinet.crystals.catalogue import load_catalogue
from crystinet.simulation.reflections import compute_reflections

SOURCES = [
    ["Materials Project", "CC-BY-4.0", "dft", 2],
    ["ours", "", "experimental", 1],
    ["Inorganic Crystal Structure Database", "ICSD licence; not to be passed on", "x", 1],
]


def data() -> Dataset:
    salt = load_catalogue().by_name("NaCl").reference
    members = [
        Member(7, "NaCl", 15, Split.TRAIN, True, "Materials Project", "Cl1Na1"),
        Member(8, "NaCl", 15, Split.TEST, True, "ours", "Br1Na1"),
        Member(9, "", OUTSIDE, Split.TEST, False, "Materials Project", "Cl1K1"),
        Member(3, "NaCl", 15, Split.TRAIN, True, SOURCES[2][0], "F1Na1"),  # type: ignore[arg-type]
        Member(4, "NaCl", 15, Split.TRAIN, False, INVENTED_SOURCE, "F1Rb1"),
    ]
    lines = [compute_reflections(salt, d_min_angstrom=d) for d in (1.5, 1.3, 1.2, 1.1, 1.0)]
    told = {"sources": SOURCES, "origin": "a.sqlite", "origin_sha256": "0", "settings": {}}
    return replace(pack(members, lines, d_min_angstrom=1.0), provenance=told)


def test_identity_survives_another_processor() -> None:
    first = data()
    rng = np.random.default_rng(3)
    noise = 1.0 + 1e-6 * rng.standard_normal(first.f_squared.shape)
    shaken = replace(first, f_squared=(first.f_squared * noise).astype(np.float32))
    turned = shaken.take(np.array([3, 1, 4, 0, 2]))
    renumbered = replace(turned, members=tuple(replace(m, row_id=0) for m in turned.members))
    assert identity_of(renumbered) == identity_of(first)


@pytest.mark.parametrize(
    "change",
    [
        {"type_name": "CsCl"},
        {"split": Split.VALIDATION},
        {"known_experimentally": False},
        {"formula": "Br1K1"},
        {"source": "another"},
    ],
)
def test_identity_is_that_of_the_data(change: dict[str, Any]) -> None:
    first = data()
    members = (replace(first.members[0], **change), *first.members[1:])
    assert identity_of(replace(first, members=members)) != identity_of(first)


def test_identity_sees_other_lines() -> None:
    first = data()
    assert identity_of(replace(first, f_squared=first.f_squared * 1.01)) != identity_of(first)
    assert identity_of(replace(first, cells=first.cells * 1.01)) != identity_of(first)
    assert identity_of(first.take(np.arange(4))) != identity_of(first)


@pytest.mark.parametrize(
    ("licence", "passes"),
    [
        ("CC-BY-4.0", True),
        ("CC0-1.0", True),
        ("public domain", True),
        ("https://creativecommons.org/licenses/by/4.0/", True),
        ("free to use with citation (Downs & Hall-Wallace 2003)", True),
        ("", False),
        ("ICSD licence; not to be passed on", False),
        ("CC-BY-NC-4.0", False),
        ("CC BY-ND 4.0", False),
        ("https://creativecommons.org/licenses/by-nc/4.0/", False),
        ("ask the authors", False),
    ],
)
def test_licences(licence: str, passes: bool) -> None:
    assert may_be_passed_on(licence) is passes


def test_only_what_may_be_passed_on_is_published(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    data().save(tmp_path / "all.npz")
    left_out = publish(tmp_path / "all.npz", tmp_path / "open")
    assert left_out == {"ours": 1, "Inorganic Crystal Structure Database": 1}
    rows = parquet.read_table(tmp_path / "open/compounds.parquet").to_pylist()
    assert [(row["row_id"], row["licence"]) for row in rows] == [
        (7, "CC-BY-4.0"),
        (9, "CC-BY-4.0"),
        (4, "CC0-1.0"),
    ]
    lines = parquet.read_table(tmp_path / "open/reflections.parquet").to_pydict()
    kept = Dataset.load(tmp_path / "open/dataset.npz")
    own = np.array(lines["compound"]) == 2
    np.testing.assert_array_equal(np.array(lines["h"])[own], kept.reflections(2).hkl[:, 0])
    np.testing.assert_allclose(np.array(lines["f_squared"])[own], kept.reflections(2).f_squared)
    assert [row["lines"] for row in rows] == [len(kept.reflections(i).hkl) for i in range(3)]
    card = (tmp_path / "open/README.md").read_text()
    assert identity_of(kept) in card
    for name in ("README.md", "CITATION.cff", "croissant.json"):
        text = (tmp_path / "open" / name).read_text()
        assert "Materials Project" in text
        assert "ours" not in text.replace("hours", "")


@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")  # in its use of rdflib
def test_the_description_is_croissant(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    croissant = pytest.importorskip("mlcroissant")
    data().save(tmp_path / "all.npz")
    publish(tmp_path / "all.npz", tmp_path / "open")
    described = croissant.Dataset(tmp_path / "open/croissant.json")
    assert not described.metadata.ctx.issues.errors
    document = json.loads((tmp_path / "open/croissant.json").read_text())
    assert document["version"] == identity_of(Dataset.load(tmp_path / "open/dataset.npz"))
    assert document["version"] in described.metadata.cite_as
    rows = list(described.records("compounds"))
    assert [row["compounds/formula"] for row in rows] == [b"Cl1Na1", b"Cl1K1", b"F1Rb1"]


def test_nothing_that_may_be_passed_on(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    data().take(np.array([1, 3])).save(tmp_path / "closed.npz")
    with pytest.raises(CorpusError, match="may be passed on"):
        publish(tmp_path / "closed.npz", tmp_path / "open")
    replace(data(), provenance={}).save(tmp_path / "old.npz")
    with pytest.raises(CorpusError, match="does not say where"):
        publish(tmp_path / "old.npz", tmp_path / "open")
    assert not (tmp_path / "open").exists()

"""Types made from the classes of a store."""

import json
from pathlib import Path

import numpy as np
import pytest

from crystinet.app.datasets import generate_catalogue, relabel_store
from crystinet.core.errors import CorpusError
from crystinet.corpus.compound import Entry
from crystinet.corpus.generated.build import GenerationConfig
from crystinet.corpus.generated.names import unique
from crystinet.corpus.generated.prototypes import is_wanted, prototype_of
from crystinet.corpus.labels.analysis import compound_of
from crystinet.corpus.store.store import Reading, Retyped, Store
from crystinet.crystals.assignment import assign
from crystinet.crystals.catalogue import Catalogue
from crystinet.crystals.entries import type_of_entry
from crystinet.crystals.structure import Site, Structure

#: The BaNiSn3 arrangement (I4mm): element, x y z; the cell is stretched from compound to compound.
SITES = (("Ba", 0.0, 0.0, 0.0), ("Ni", 0.0, 0.0, 0.654), ("Sn", 0.0, 0.0, 0.415),
         ("Sn", 0.5, 0.0, 0.264))  # fmt: skip
METALS = ("Ba", "Sr", "Ca", "La", "Ce", "Pr", "Nd", "Sm", "Eu")


def entry(elements: dict[str, str], *, code: str, scale: float, moved: float = 0.0) -> Entry:
    cell = (4.7 * scale, 4.7 * scale, 10.8, 90.0, 90.0, 90.0)
    sites = tuple(
        Site(((elements.get(e, e), 1.0),), (x, y, z + (moved if e == "Ni" else 0.0)))
        for e, x, y, z in SITES
    )
    structure = Structure(cell, "I 4 -2", sites, code)
    return Entry("test", code, "CC0", "experimental", True, "", "", structure)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine compounds of one type, and one whose nickel stands elsewhere."""
    path = tmp_path_factory.mktemp("generated") / "corpus.sqlite"
    scales = np.linspace(0.96, 1.04, len(METALS))
    entries = [
        entry({"Ba": metal}, code=metal, scale=float(scale))
        for metal, scale in zip(METALS, scales, strict=True)
    ]
    entries.append(entry({"Ba": "Gd", "Ni": "Pt"}, code="odd", scale=1.0, moved=0.2))
    with Store.create(path) as opened:
        opened.add([Reading(b"1", "test", tuple(compound_of(e) for e in entries), ())])
    return path


def test_a_class_gives_a_type_with_the_member_in_the_middle(store: Path, tmp_path: Path) -> None:
    out = tmp_path / "types.jsonl"
    made = generate_catalogue(store, out, config=GenerationConfig(least=8, workers=1))
    (found,) = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert found == made.entries[0]
    assert found["name"] == "BaNiSn3"  # the prototype is among the members
    assert found["compounds"] == 9
    assert found["space_group"] == 107
    assert found["only_anx"] == "ABC3"
    assert found["source"] == "test Ce (experimental; CC0)"  # the fifth of nine
    low, high = found["c_over_a"]
    assert low == pytest.approx(10.8 / (4.7 * 1.04) * 0.96, abs=2e-3)
    assert high == pytest.approx(10.8 / (4.7 * 0.96) * 1.04, abs=2e-3)
    kind = type_of_entry(found, extension=True, generated=True)
    catalogue = Catalogue((kind,))
    with Store.open(store) as opened:
        fits = {
            c.entry.code: assign(c.structure, catalogue=catalogue).type for c in opened.compounds()
        }
    assert {code for code, found in fits.items() if found is None} == {"odd"}


def test_the_same_store_gives_the_same_file(store: Path, tmp_path: Path) -> None:
    texts = []
    for name in ("one", "two"):
        generate_catalogue(store, tmp_path / name, config=GenerationConfig(least=8, workers=1))
        texts.append((tmp_path / name).read_bytes())
    assert texts[0] == texts[1]


def test_a_store_without_a_large_class_is_told(store: Path, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"No class of .* has 50 compounds"):
        generate_catalogue(store, tmp_path / "x", config=GenerationConfig(least=50, workers=1))


def test_relabelling_gives_a_store_its_types_back(store: Path) -> None:
    with Store.open(store) as opened:
        before = [(c.type_name, c.isopointal_to) for c in opened.compounds()]
        numbers = [c.id for c in opened.compounds()]
    assert before[0][0] == "BaNiSn3"
    with Store.create(store) as opened:
        opened.retype(Retyped(number, "", "", "forgotten", "") for number in numbers)
    assert relabel_store(store, workers=1) == sum(name != ("", "") for name in before)
    with Store.open(store) as opened:
        assert [(c.type_name, c.isopointal_to) for c in opened.compounds()] == before
    assert relabel_store(store, workers=1) == 0


def test_a_name_that_is_taken_gets_the_pearson_symbol() -> None:
    taken = {"TiO2", "TiO2(tP6)"}
    assert unique("Ti", pearson="hP2", space_group=194, taken=taken) == "Ti"
    assert unique("TiO2", pearson="oP8", space_group=60, taken=taken) == "TiO2(oP8)"
    assert unique("TiO2", pearson="tP6", space_group=136, taken=taken) == "TiO2(tP6,136)"


def test_prototypes_are_known_by_formula_group_and_cell() -> None:
    found = prototype_of("O2Si", 181, pearson="hP9")
    assert found is not None
    assert (found.name, found.wanted) == ("Quartz-beta", True)
    assert prototype_of("O2Si", 180, pearson="hP36") is None
    assert is_wanted("O2Si", 180)
    assert not is_wanted("O2Si", 225)

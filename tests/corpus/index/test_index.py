"""The index of known compounds: what goes in, and what a damaged one does."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crystinet.core.errors import CorpusError, CrystinetError
from crystinet.corpus.datasets.build import BuildConfig, build_dataset
from crystinet.corpus.index.atoms import KnownAtoms
from crystinet.corpus.index.build import IndexConfig, build_index, with_atoms
from crystinet.corpus.index.index import (
    CompoundIndex,
    decode_strength,
    default_index_path,
    encode_strength,
)
from crystinet.corpus.intake.ingest import ingest
from crystinet.corpus.store.store import Store
from crystinet.crystals.catalogue import load_catalogue
from crystinet.simulation.reflections import compute_reflections

WriteCif = Callable[..., Path]
CONFIG = IndexConfig(lines=16, workers=1)


@pytest.fixture
def store(tmp_path: Path, write_cif: WriteCif) -> Path:
    """Two rock salts, one of them twice, tungsten, and a compound without a type."""
    path = tmp_path / "corpus.sqlite"
    names = ("halite", "sylvite", "tungsten", "odd")
    files = [write_cif(name, cod_database_code=str(i)) for i, name in enumerate(names)]
    files.append(write_cif("halite", name="again.cif", cod_database_code="9"))
    with Store.create(path) as opened:
        ingest(files, opened, workers=1)
    return path


@pytest.fixture
def index(store: Path, tmp_path: Path) -> Path:
    path = tmp_path / "index.npz"
    build_index([store], config=CONFIG).save(path)
    return path


def test_one_entry_of_each_formula_and_type(index: Path) -> None:
    found = CompoundIndex.load(index)
    told = [(c.formula, c.type_name, c.source_id, c.space_group) for c in found.compounds]
    assert told == [
        ("ClK", "NaCl", "1", 225),
        ("ClNa", "NaCl", "0", 225),
        ("W", "bcc-W", "2", 229),
    ]
    first = found.compounds[0]
    assert (first.source, first.licence, first.kind) == (
        "Crystallography Open Database",
        "CC0-1.0",
        "experimental",
    )
    assert first.cell == (6.293, 6.293, 6.293, 90.0, 90.0, 90.0)
    assert found.of_types(["bcc-W", "nobody"]).tolist() == [2]
    assert found.provenance["origin"] == "corpus.sqlite"


def test_lines_are_the_strongest_of_the_structure(index: Path) -> None:
    found = CompoundIndex.load(index)
    lines = found.lines_of(1)
    part = slice(found.offsets[1], found.offsets[2])
    intensity = lines.strength * found.d_angstrom[part] ** 2  # much as with the Lorentz factor
    strongest = lines.hkl[np.argsort(-intensity)[:2]].tolist()
    assert strongest == [[2, 0, 0], [2, 2, 0]]
    expected = found.compounds[1].cell.d_spacing(lines.hkl)
    np.testing.assert_allclose(found.d_angstrom[part], expected, rtol=1e-6)
    assert (np.diff(found.offsets) <= CONFIG.lines).all()


def test_atoms_are_those_of_the_structures(index: Path) -> None:
    found = CompoundIndex.load(index)
    for number, compound in enumerate(found.compounds):
        structure = found.structure(number)
        assert structure is not None
        assert (structure.cell, structure.name) == (compound.cell, compound.formula)
        lines = found.lines_of(number)
        calculated = compute_reflections(structure, d_min_angstrom=0.79)
        strength = dict(
            zip(
                map(tuple, calculated.hkl.tolist()),
                calculated.multiplicity * calculated.f_squared,
                strict=True,
            )
        )
        own = np.array([strength[tuple(hkl)] for hkl in lines.hkl.tolist()])
        np.testing.assert_allclose(own / own.max(), lines.strength, rtol=0.024)


def test_an_index_without_atoms_still_serves(index: Path, tmp_path: Path) -> None:
    with np.load(index) as file:
        arrays = {name: file[name] for name in file.files if not name.startswith("atoms")}
    manifest = json.loads(arrays.pop("manifest").tobytes())
    manifest["sha256"] = {name: manifest["sha256"][name] for name in arrays}
    old = tmp_path / "old.npz"
    np.savez(old, manifest=np.frombuffer(json.dumps(manifest).encode(), np.uint8), **arrays)
    found = CompoundIndex.load(old)
    assert found.atoms is None
    assert found.structure(0) is None
    assert len(found.lines_of(0).hkl)


def test_atoms_that_were_altered_are_refused_when_they_are_asked_for(
    index: Path, tmp_path: Path
) -> None:
    with np.load(index) as file:
        arrays = {name: file[name] for name in file.files}
    arrays["atoms_xyz"] = arrays["atoms_xyz"] + np.uint16(1)
    path = tmp_path / "altered.npz"
    np.savez(path, **arrays)
    found = CompoundIndex.load(path)
    assert found.compounds[1].formula == "ClNa"
    with pytest.raises(CorpusError, match=r"altered\.npz was altered: atoms_xyz"):
        found.structure(1)


def test_the_same_source_gives_the_same_file(store: Path, index: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.npz"
    identity = build_index([store], config=CONFIG).save(again)
    assert again.read_bytes() == index.read_bytes()
    assert CompoundIndex.load(again).id == identity


def test_a_data_set_serves_too(store: Path, tmp_path: Path) -> None:
    path = tmp_path / "d.npz"
    build_dataset(store, config=BuildConfig(workers=1, variants=0)).save(path)
    found = build_index([path], config=CONFIG)
    told = [(c.formula, c.source_id, c.licence, c.kind) for c in found.compounds]
    assert told[1] == ("ClNa", "row 1", "CC0-1.0", "experimental")
    assert [formula for formula, *_ in told] == ["ClK", "ClNa", "W"]


def test_nothing_to_index(tmp_path: Path, write_cif: WriteCif) -> None:
    path = tmp_path / "odd.sqlite"
    with Store.create(path) as opened:
        ingest([write_cif("odd")], opened, workers=1)
    with pytest.raises(CorpusError, match="no known compound"):
        build_index([path], config=CONFIG)


@given(st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=20))
def test_strengths_survive_their_byte(values: list[float]) -> None:
    strength = np.array(values)
    back = decode_strength(encode_strength(strength))
    assert back.max() == 1.0
    relative = np.maximum(strength / strength.max(), 1e-5)
    np.testing.assert_allclose(back, relative, rtol=0.024)


@settings(max_examples=60, deadline=None)
@given(where=st.floats(0.0, 1.0), value=st.integers(0, 255))
def test_a_damaged_index_is_our_error(
    where: float, value: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = bytearray(small_index(tmp_path_factory))
    place = min(int(where * len(data)), len(data) - 1)
    changed = data[place] != value
    data[place] = value
    path = tmp_path_factory.getbasetemp() / "damaged.npz"
    path.write_bytes(bytes(data))
    try:
        found = CompoundIndex.load(path)
        structure = found.structure(0)
    except CrystinetError:
        assert changed
    else:  # a byte of the archive that says nothing, such as a date
        assert [c.formula for c in found.compounds] == ["ClK"]
        assert structure is not None
        assert {element for site in structure.sites for element, _ in site.species} == {"Cl", "K"}


def small_index(factory: pytest.TempPathFactory) -> bytes:
    path = factory.getbasetemp() / "small.npz"
    if not path.exists():
        shipped = CompoundIndex.load(default_index_path())
        only = next(i for i, c in enumerate(shipped.compounds) if c.formula == "ClK")
        ends = shipped.offsets[only : only + 2]
        part = slice(*ends)
        atoms = KnownAtoms.of([shipped.structure(only)])
        CompoundIndex(
            compounds=(shipped.compounds[only],),
            offsets=ends - ends[0],
            hkl=shipped.hkl[part],
            strength=shipped.strength[part],
            find_atoms=lambda: atoms,
        ).save(path)
    return path.read_bytes()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no index", b"\x93NUMPY"])
def test_what_is_no_index(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    path.write_bytes(content)
    with pytest.raises(CorpusError, match="not an index"):
        CompoundIndex.load(path)
    with pytest.raises(CorpusError, match="no index"):
        CompoundIndex.load(tmp_path / "absent.npz")


def test_a_data_set_and_a_newer_index_are_refused(index: Path, store: Path, tmp_path: Path) -> None:
    path = tmp_path / "d.npz"
    build_dataset(store, config=BuildConfig(workers=1, variants=0)).save(path)
    with pytest.raises(CorpusError, match="not an index"):
        CompoundIndex.load(path)
    with np.load(index) as file:
        arrays = dict(file)
    manifest = json.loads(arrays.pop("manifest").tobytes())
    for change, words in (({"schema": 99}, "schema 99"), ({"sha256": {"hkl": "0"}}, "altered")):
        text = json.dumps(manifest | change).encode()
        np.savez(path, manifest=np.frombuffer(text, np.uint8), **arrays)
        with pytest.raises(CorpusError, match=words):
            CompoundIndex.load(path)


def test_the_shipped_index_covers_every_class() -> None:
    found = CompoundIndex.load(default_index_path())
    for kind in load_catalogue().classes:
        names = [t.name for t in load_catalogue() if t is kind or t.merged_into == kind.number]
        assert len(found.of_types(names)), kind.name
    assert default_index_path().stat().st_size < 4_000_000
    assert all(c.source and c.source_id and c.licence for c in found.compounds)
    assert all(found.structure(number) for number in range(len(found)))


def test_atoms_are_added_to_an_index_of_a_data_set(store: Path, tmp_path: Path) -> None:
    path, lines, whole = (tmp_path / name for name in ("d.npz", "lines.npz", "whole.npz"))
    build_dataset(store, config=BuildConfig(workers=1, variants=0)).save(path)
    build_index([path], config=CONFIG).save(lines)
    without = CompoundIndex.load(lines)
    assert without.structure(0) is None
    with pytest.raises(CorpusError, match="no compound of the index is in there"):
        with_atoms(without, [store])  # a data set knows no names of entries
    build_index([store], config=CONFIG).save(whole)
    again = with_atoms(CompoundIndex.load(whole), [store])
    assert again.structure(1) == CompoundIndex.load(whole).structure(1)
    assert again.provenance["atoms"]["origin"] == "corpus.sqlite"

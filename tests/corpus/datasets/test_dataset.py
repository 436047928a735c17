import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from crystinet.core.errors import ConfigError, CorpusError
from crystinet.core.files import read_arrays, write_arrays
from crystinet.corpus.datasets.build import BuildConfig, assign_splits, choose
from crystinet.corpus.datasets.dataset import OUTSIDE, Dataset, Member, join, pack
from crystinet.corpus.datasets.stats import counts_by_class
from crystinet.corpus.labels.labelling import Labelled
from crystinet.corpus.splits import Split
from crystinet.crystals.catalogue import load_catalogue
from crystinet.simulation.reflections import compute_reflections


def entry(row_id: int, formula: str, number: int, *, known: bool = True) -> Labelled:
    return Labelled(
        row_id=row_id,
        type_name="NaCl" if number else "",
        class_number=number,
        known_experimentally=known,
        kind="dft",
        source="test",
        formula=formula,
    )


def small() -> Dataset:
    kind = load_catalogue().by_name("NaCl")
    lines = [compute_reflections(kind.reference, d_min_angstrom=d) for d in (1.5, 1.0)]
    members = [
        Member(7, "NaCl", 15, Split.TRAIN, True, "a"),
        Member(9, "", OUTSIDE, Split.TEST, True, "b"),
    ]
    return pack(members, lines, d_min_angstrom=1.0)


def test_saved_and_loaded_data_set_is_the_same(tmp_path: Path) -> None:
    dataset = small()
    dataset.save(tmp_path / "d.npz")
    again = Dataset.load(tmp_path / "d.npz")
    assert again.members == dataset.members
    for i in (0, 1):
        old, new = dataset.reflections(i), again.reflections(i)
        np.testing.assert_array_equal(old.hkl, new.hkl)
        np.testing.assert_allclose(old.d_angstrom, new.d_angstrom)
        np.testing.assert_allclose(old.f_squared, new.f_squared)


def test_reflections_are_those_of_the_structure() -> None:
    kind = load_catalogue().by_name("NaCl")
    expected = compute_reflections(kind.reference, d_min_angstrom=1.0)
    stored = small().reflections(1)
    np.testing.assert_allclose(stored.d_angstrom, expected.d_angstrom, rtol=1e-9)
    np.testing.assert_allclose(stored.f_squared, expected.f_squared, rtol=1e-6)


def test_a_file_that_is_no_data_set(tmp_path: Path) -> None:
    (tmp_path / "junk.npz").write_bytes(b"\x00\x01junk")
    with pytest.raises(CorpusError, match="not a crystinet data set"):
        Dataset.load(tmp_path / "junk.npz")
    with pytest.raises(CorpusError, match="does not exist"):
        Dataset.load(tmp_path / "absent.npz")
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    with pytest.raises(CorpusError, match="not a crystinet data set"):
        Dataset.load(tmp_path / "other.npz")


def test_counts() -> None:
    inside = next(row for row in counts_by_class(small()) if row["number"] == 15)
    assert (inside["name"], inside["train"], inside["test"]) == ("NaCl", 1, 0)


def test_known_compounds_come_first_and_repeats_last() -> None:
    entries = [
        entry(1, "NaCl", 15, known=False),
        entry(2, "KCl", 15),
        entry(3, "KCl", 15),
        entry(4, "MgO", 15),
        entry(5, "SiO2", OUTSIDE, known=False),
    ]
    chosen = choose(entries, BuildConfig(per_class=3))
    assert {e.row_id for e in chosen} == {1, 2, 4}  # no second KCl, no unmade outsider


def test_a_class_is_never_without_training_compounds() -> None:
    # Na-Cl and Al-Mg-O are hashed into train and test, see test_splits
    splits = assign_splits([entry(1, "NaCl", 15), entry(2, "MgAl2O4", 62)])
    assert splits == {1: Split.TRAIN, 2: Split.TRAIN}
    with_company = [entry(1, "NaCl", 15), entry(2, "MgAl2O4", 15)]
    assert assign_splits(with_company) == {1: Split.TRAIN, 2: Split.TEST}


def test_the_same_compound_is_on_one_side_whatever_its_type() -> None:
    entries = [entry(i, "MgAl2O4", number) for i, number in enumerate((62, 15, OUTSIDE))]
    assert len(set(assign_splits(entries).values())) == 1


def varied() -> Dataset:
    ideal = small()
    members, lines = ideal.members, [ideal.reflections(i) for i in (0, 1)]
    variants = [
        np.full((2, len(lines[0].hkl)), 5.0, np.float32),
        np.empty((0, len(lines[1].hkl)), np.float32),
    ]
    return pack(members, lines, variants=variants, d_min_angstrom=1.0)


def test_variants_are_stored_beside_the_structure(tmp_path: Path) -> None:
    dataset = varied()
    assert dataset.n_variants == 2
    assert (dataset.reflections(0, variant=2).f_squared == 5.0).all()
    for variant in (1, 2):  # a compound without variants repeats itself
        np.testing.assert_array_equal(
            dataset.reflections(1, variant=variant).f_squared, small().reflections(1).f_squared
        )
    np.testing.assert_array_equal(
        dataset.reflections(0).f_squared, small().reflections(0).f_squared
    )
    dataset.save(tmp_path / "d.npz")
    np.testing.assert_array_equal(Dataset.load(tmp_path / "d.npz").f_squared, dataset.f_squared)
    with pytest.raises(CorpusError, match="no variant 3, only 2"):
        dataset.reflections(0, variant=3)


def test_files_without_variants_are_still_read(tmp_path: Path) -> None:
    small().save(tmp_path / "d.npz")
    with np.load(tmp_path / "d.npz") as file:
        arrays = {name: file[name] for name in file.files}
    arrays["f_squared"] = arrays["f_squared"][0]  # as it was written before there were variants
    np.savez(tmp_path / "old.npz", **arrays)
    again = Dataset.load(tmp_path / "old.npz")
    assert again.n_variants == 0
    np.testing.assert_array_equal(again.f_squared, small().f_squared)


def test_number_of_variants_is_checked() -> None:
    with pytest.raises(ConfigError, match="variants is -1"):
        BuildConfig(variants=-1)


def test_some_compounds_of_several_data_sets() -> None:
    one = dataset_of_catalogue(("NaCl", "CsCl", "Rutile-TiO2"), variants=1)
    other = dataset_of_catalogue(("AlB2",), variants=0)
    joined = join([one, other])
    assert [m.type_name for m in joined.members] == ["NaCl", "CsCl", "Rutile-TiO2", "AlB2"]
    assert joined.n_variants == 1
    for i, (part, j) in enumerate([(one, 0), (one, 1), (one, 2), (other, 0)]):
        for variant in (0, 1):
            expected = part.reflections(j, variant=min(variant, part.n_variants))
            found = joined.reflections(i, variant=variant)
            np.testing.assert_array_equal(found.hkl, expected.hkl)
            np.testing.assert_array_equal(found.f_squared, expected.f_squared)
            assert found.cell == expected.cell
    taken = joined.take(np.array([3, 1]))
    assert [m.type_name for m in taken.members] == ["AlB2", "CsCl"]
    np.testing.assert_array_equal(taken.reflections(0).hkl, other.reflections(0).hkl)
    np.testing.assert_array_equal(
        taken.reflections(1, variant=1).f_squared, one.reflections(1, variant=1).f_squared
    )


def dataset_of_catalogue(names: tuple[str, ...], *, variants: int) -> Dataset:
    kinds = [load_catalogue().by_name(name) for name in names]
    lines = [compute_reflections(kind.reference, d_min_angstrom=1.2) for kind in kinds]
    members = [
        Member(i, kind.name, kind.number or 0, Split.TRAIN, True, "catalogue")
        for i, kind in enumerate(kinds)
    ]
    varied = [
        np.stack([0.5 * r.f_squared.astype(np.float32)] * variants) for r in lines if variants
    ]
    return pack(members, lines, d_min_angstrom=1.2, variants=varied)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("offsets", np.array([0, 10**9])),
        ("cells", np.full((1, 6), np.nan)),
        ("f_squared", np.zeros((1, 1), dtype=np.float32)),
        ("hkl", np.zeros((3,), dtype=np.int16)),
        ("d_min_angstrom", np.array(np.nan)),
        ("members", np.frombuffer(b"[" * 100_000, dtype=np.uint8)),
    ],
)
def test_arrays_that_do_not_belong_together_are_no_data_set(
    tmp_path: Path, name: str, value: NDArray[Any]
) -> None:
    path = tmp_path / "a.npz"
    small().save(path)
    write_arrays(path, read_arrays(path) | {name: value})
    with pytest.raises(CorpusError, match="is not a crystinet data set"):
        Dataset.load(path)


def test_a_data_set_that_was_cut_off_or_is_a_pipe_is_none(tmp_path: Path) -> None:
    path, pipe = tmp_path / "a.npz", tmp_path / "pipe.npz"
    small().save(path)
    path.write_bytes(path.read_bytes()[:500])
    os.mkfifo(pipe)
    for each in (path, pipe):
        with pytest.raises(CorpusError, match="is not a crystinet data set"):
            Dataset.load(each)

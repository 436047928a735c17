from pathlib import Path

import numpy as np
import pytest

from crystinet.core.errors import CorpusError, FileMissingError
from crystinet.corpus.compound import composition_of
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.corpus.imagined.relatives import GivenType, dataset_of, kind_of, read_given_type
from crystinet.corpus.splits import Split, compound_key
from crystinet.crystals.assignment import assign
from crystinet.crystals.catalogue import Catalogue, load_catalogue
from crystinet.crystals.symmetry import analyse

MARCASITE = load_catalogue().by_name("Marcasite-FeS2").reference
CIF = """data_marcasite
_cell_length_a 4.4446
_cell_length_b 5.4246
_cell_length_c 3.3864
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_space_group_name_H-M_alt 'P n n m'
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Fe 0 0 0
S 0.2001 0.3783 0
"""


@pytest.fixture(scope="module", params=["Marcasite-FeS2", "my own type"])
def relatives(request: pytest.FixtureRequest) -> Dataset:
    given = GivenType(request.param, (MARCASITE,))
    return dataset_of(given, number=101, hypothetical=16, seed=1, workers=1)


def test_one_structure_becomes_a_family(relatives: Dataset) -> None:
    assert len(relatives.members) == 17
    assert {m.class_number for m in relatives.members} == {101}
    first, *invented = relatives.members
    assert first.known_experimentally
    assert first.split is Split.TRAIN
    assert not any(m.known_experimentally for m in invented)
    assert {m.split for m in invented} == set(Split)
    assert set(relatives.space_groups.tolist()) == {58}
    ratios = relatives.cells[:, 1] / relatives.cells[:, 0]
    assert 0.005 < np.std(np.log(ratios)) < 0.04  # axial ratios differ, but not wildly
    assert relatives.n_variants == 2


def test_held_out_relatives_are_of_other_chemical_systems(relatives: Dataset) -> None:
    systems = {
        split: {
            compound_key(composition_of(m.formula)) for m in relatives.members if m.split is split
        }
        for split in Split
    }
    assert not systems[Split.TRAIN] & systems[Split.TEST]
    assert not systems[Split.TRAIN] & systems[Split.VALIDATION]


def test_a_type_of_our_own_tells_structures_apart() -> None:
    kind = kind_of("my own type", [analyse(MARCASITE)])
    assert kind.anx == "AX2"
    only = Catalogue((kind,))
    assert assign(MARCASITE, catalogue=only).type is kind
    rutile = load_catalogue().by_name("Rutile-TiO2").reference
    assert assign(rutile, catalogue=only).type is None


def test_the_catalogue_knows_its_own_types_better() -> None:
    kind = kind_of("Marcasite-FeS2", [analyse(MARCASITE)])
    assert kind is load_catalogue().by_name("Marcasite-FeS2")


def test_files_folders_and_what_is_wrong_with_them(tmp_path: Path) -> None:
    (tmp_path / "a.cif").write_text(CIF)
    (tmp_path / "b.cif").write_text(CIF.replace("Fe 0", "Co 0"))
    assert len(read_given_type("x", tmp_path / "a.cif").structures) == 1
    assert len(read_given_type("x", tmp_path).structures) == 2
    with pytest.raises(FileMissingError):
        read_given_type("x", tmp_path / "none.cif")
    table = tmp_path / "t.parquet"
    table.write_bytes(b"no table")
    with pytest.raises(CorpusError):
        read_given_type("x", table)

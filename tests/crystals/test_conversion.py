"""Structures of other libraries, with the real libraries, there and back."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import crystinet
from crystinet import InvalidStructureError, Site, Structure
from crystinet.crystals.conversion import is_foreign

MIXED = Structure(
    (4.25, 4.25, 4.25, 90.0, 90.0, 90.0),  # type: ignore[arg-type]
    "-F 4 2 3",
    (
        Site((("Fe2+", 0.6), ("Mg2+", 0.3)), (0.0, 0.0, 0.0)),
        Site((("O2-", 1.0),), (0.5, 0.5, 0.5)),
    ),
    "ferropericlase",
)
LIBRARIES = {
    "pymatgen.core": crystinet.to_pymatgen,
    "ase": crystinet.to_ase,
    "diffpy.structure": crystinet.to_diffpy,
}


@pytest.fixture(params=LIBRARIES)
def make(request: pytest.FixtureRequest) -> Any:
    pytest.importorskip(request.param)
    return LIBRARIES[request.param]


def references() -> list[Structure]:
    return [kind.reference for kind in crystinet.types()[::9]]


def test_a_type_survives_the_way_through_another_library(make: Any) -> None:
    for reference in references():
        foreign = make(reference)
        assert is_foreign(foreign)
        back = crystinet.to_structure(foreign)
        assert tuple(back.cell) == pytest.approx(tuple(reference.cell))
        assert crystinet.assign(foreign) == crystinet.assign(back)
        assert crystinet.assign(foreign).type == crystinet.assign(reference).type


def test_mixed_and_partly_empty_sites_keep_their_occupancies(make: Any) -> None:
    back = crystinet.to_structure(make(MIXED))
    amounts: dict[str, float] = {}
    for site in back.sites:
        for element, amount in site.species:
            amounts[element] = amounts.get(element, 0.0) + amount
    assert amounts == pytest.approx({"Fe": 2.4, "Mg": 1.2, "O": 4.0})
    ours, theirs = (crystinet.simulate(source) for source in (MIXED, make(MIXED)))
    # Ions scatter a little otherwise than atoms, and other libraries do not keep them.
    assert np.corrcoef(ours.intensity, theirs.intensity)[0, 1] > 0.998


def test_disorder_that_ase_read_from_a_cif_itself(tmp_path: Path) -> None:
    pytest.importorskip("ase")
    from ase.io import read

    (tmp_path / "a.cif").write_text(
        "data_a\n_cell_length_a 4.25\n_cell_length_b 4.25\n_cell_length_c 4.25\n"
        "_cell_angle_alpha 90\n_cell_angle_beta 90\n_cell_angle_gamma 90\n"
        "_symmetry_space_group_name_H-M 'F m -3 m'\nloop_\n_atom_site_label\n"
        "_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
        "_atom_site_occupancy\nFe1 Fe 0 0 0 .6\nMg1 Mg 0 0 0 .4\nO1 O .5 .5 .5 1\n"
    )
    taken = crystinet.to_structure(read(tmp_path / "a.cif", fractional_occupancies=True))
    assert len(taken.sites) == 8
    assert {site.species for site in taken.sites} == {
        (("Fe", 0.6), ("Mg", 0.4)),
        (("O", 1.0),),
    }
    found = crystinet.assign(taken).type
    assert found is not None
    assert "NaCl" in found.name


def test_displacement_parameters_of_diffpy() -> None:
    diffpy = pytest.importorskip("diffpy.structure")
    copper = diffpy.Structure(
        [diffpy.Atom("Cu", [0, 0, 0], Uisoequiv=0.0095)],
        lattice=diffpy.Lattice(3, 3, 3, 90, 90, 90),
    )
    assert crystinet.to_structure(copper).sites[0].b_iso == pytest.approx(0.75, abs=0.01)


def test_what_is_no_crystal_is_refused() -> None:
    with pytest.raises(InvalidStructureError, match=r"builtins\.dict is no crystal structure"):
        crystinet.to_structure({})
    ase = pytest.importorskip("ase")
    with pytest.raises(InvalidStructureError, match="not periodic"):
        crystinet.assign(ase.Atoms("OH2", positions=[[0, 0, 0], [0, 0, 1], [0, 1, 0]]))


def test_a_structure_is_given_back_as_it_is() -> None:
    assert crystinet.to_structure(MIXED) is MIXED
    assert not is_foreign(MIXED)

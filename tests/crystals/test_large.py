"""CIF files that are large or absurd: read in time, or refused with a reason."""

import os
import resource
from pathlib import Path

import numpy as np
import pytest

from crystinet.core.errors import FileMissingError, InvalidStructureError
from crystinet.crystals import cif as reading
from crystinet.crystals.assignment import assign
from crystinet.crystals.cif import read_structure, structures_of_cif
from crystinet.crystals.hall import operations_of
from crystinet.crystals.images import MOST_IMAGES, near_pairs
from crystinet.crystals.positions import first_on_position, plain_metric
from crystinet.crystals.structure import Site, Structure
from crystinet.crystals.symmetry import MOST_ATOMS
from crystinet.simulation.reflections import compute_reflections


def cell_of_atoms(count: int) -> str:
    """P 1 with so many atoms, 3 angstrom apart."""
    side = round(np.ceil(count ** (1 / 3)))
    places = np.stack(np.meshgrid(*[np.arange(side)] * 3), axis=-1).reshape(-1, 3)[:count] / side
    lengths = "".join(f"_cell_length_{axis} {3.0 * side}\n" for axis in "abc")
    columns = "".join(f"_atom_site_{name}\n" for name in ("label", "fract_x", "fract_y", "fract_z"))
    atoms = "\n".join(f"Si{i} {x:.6f} {y:.6f} {z:.6f}" for i, (x, y, z) in enumerate(places))
    return f"data_large\n{lengths}_symmetry_space_group_name_H-M 'P 1'\nloop_\n{columns}{atoms}\n"


def salt(*, atoms: str = "Na 0 0 0 1 0.5\nCl .5 .5 .5 1 0.5", block: str = "salt") -> str:
    names = ("type_symbol", "fract_x", "fract_y", "fract_z", "occupancy", "B_iso_or_equiv")
    return "\n".join(
        [
            f"data_{block}",
            *(f"_cell_length_{axis} 5.64" for axis in "abc"),
            "_symmetry_space_group_name_H-M 'F m -3 m'",
            "loop_",
            *(f"_atom_site_{name}" for name in names),
            f"{atoms}\n",
        ]
    )


def read(text: str) -> Structure:
    (structure,) = structures_of_cif(text.encode(), name="test.cif")
    return structure


def test_twenty_thousand_atoms_are_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.cif"
    path.write_text(cell_of_atoms(20_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    structure = read_structure(path)
    assert len(structure.sites) == 20_000
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 200_000, "kilobytes; a table of all pairs has 400,000"
    with pytest.raises(InvalidStructureError, match=f"20000 atoms; .* at most {MOST_ATOMS}"):
        assign(structure)
    with pytest.raises(InvalidStructureError, match="too many reflections"):
        compute_reflections(structure, d_min_angstrom=0.6)
    with pytest.raises(InvalidStructureError, match="reflections of 20000 atoms are too many"):
        compute_reflections(structure, d_min_angstrom=1.8)


def test_more_atoms_than_the_limit_are_refused_before_they_are_read() -> None:
    atom = "Na 0.1 0.2 0.3 1 0.5\n"
    with pytest.raises(InvalidStructureError, match=f"atoms are more than {MOST_IMAGES}"):
        read(salt(atoms=atom * (MOST_IMAGES + 1)))
    with pytest.raises(InvalidStructureError, match="2000 atoms under 192 operations"):
        read(salt(atoms=atom * 2000))


def test_a_heap_of_atoms_is_refused() -> None:
    text = cell_of_atoms(10).replace("P 1'", "P 1'\n") + "O 0.25 0.25 0.25\n" * 20_000
    with pytest.raises(InvalidStructureError, match="pairs of atoms are nearer"):
        read(text)


def test_of_many_blocks_a_few_are_named_and_none_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "many.cif"
    path.write_text("\n".join(salt(block=f"b{i}") for i in range(500)))
    built: list[str] = []
    monkeypatch.setattr(
        reading, "structure_of_block", lambda block, name: built.append(f"{name}: {block.name}")
    )
    with pytest.raises(
        InvalidStructureError, match=r"holds 500 structures: b0, b1, b2, b3, b4 and 495 more\.\n"
    ) as error:
        read_structure(path)
    assert len(error.value.message) < 400
    assert not built


@pytest.mark.parametrize("value", ["1e300", "-1e300", "1e16", "137.2"])
def test_coordinates_that_are_no_fractions_are_refused(value: str) -> None:
    with pytest.raises(InvalidStructureError, match="are no fractions of a cell"):
        read(salt(atoms=f"Na 0 {value} 0 1 0.5\nCl .5 .5 .5 1 0.5"))


@pytest.mark.parametrize(
    ("atoms", "message"),
    [
        ("Na 0 0 0 1 1e300", "more than any atom moves"),
        ("Na 0 0 0 1e300 0.5", "is filled 1e\\+300 times"),
        ("Na 0 0 0 -0.5 0.5", "occupancy of Na on site Na is -0.5"),
        (f"Na{'9' * 5000}+ 0 0 0 1 0.5", "is no chemical element"),
    ],
)
def test_absurd_numbers_of_an_atom_are_refused(atoms: str, message: str) -> None:
    with pytest.raises(InvalidStructureError, match=message):
        read(salt(atoms=atoms))


def test_thousands_of_operations_make_no_group() -> None:
    listed = "loop_\n_space_group_symop_operation_xyz\n" + "x,y,z\n" * 5000
    text = salt().replace("_symmetry_space_group_name_H-M 'F m -3 m'", listed.rstrip())
    with pytest.raises(InvalidStructureError, match="5000 symmetry operations make no space group"):
        read(text)


def test_a_flat_cell_needs_no_table_of_all_pairs() -> None:
    # In a cell of 900 x 900 x 0.6 angstrom, 0.5 angstrom are nearly a whole fraction of the last
    # axis, but next to nothing along the others.
    rng = np.random.default_rng(0)
    metric = plain_metric((900.0, 900.0, 0.6, 90.0, 90.0, 90.0))
    first, second, _ = near_pairs(
        rng.random((20_000, 3)),
        operations=operations_of("P 1"),
        metric=metric,
        within_angstrom=0.5,
    )
    assert len(first) < 100_000
    assert set(zip(second.tolist(), first.tolist(), strict=True)) == set(
        zip(first.tolist(), second.tolist(), strict=True)
    )


def test_a_chain_of_close_atoms_is_one_position() -> None:
    xyz = np.array([[0.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.004, 0.0, 0.0], [0.008, 0.0, 0.0]])
    metric = plain_metric((10.0, 10.0, 10.0, 90.0, 90.0, 90.0))
    leaders = first_on_position(xyz, operations=operations_of("P 1"), metric=metric)
    assert leaders.tolist() == [0, 1, 0, 0]


def test_sites_of_a_structure_made_by_hand_are_checked_too() -> None:
    structure = Structure((5, 5, 5, 90, 90, 90), "P 1", (Site((("Na", 1.0),), (0, 0, 1e300)),))
    with pytest.raises(InvalidStructureError, match="are no fractions of a cell"):
        assign(structure)


def test_no_distance_at_all_needs_no_cubes_beyond_number() -> None:
    xyz = np.random.default_rng(0).random((300, 3))
    found = near_pairs(
        xyz, operations=operations_of("P 1"), metric=np.diag([1600.0] * 3), within_angstrom=0.0
    )
    assert [len(part) for part in found] == [0, 0, 0]


def test_a_pipe_is_no_cif_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.cif")
    with pytest.raises(FileMissingError, match="a pipe"):
        read_structure(tmp_path / "pipe.cif")

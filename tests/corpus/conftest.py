"""Small CIF files of textbook structures."""

from collections.abc import Callable
from pathlib import Path

import pytest

WriteCif = Callable[..., Path]

#: Space group, cell and atoms; numbers of the usual textbooks.
STRUCTURES = {
    "halite": ("F m -3 m", "5.6402 5.6402 5.6402 90 90 90", "Na 1 0 0 0\nCl 1 .5 .5 .5"),
    "sylvite": ("F m -3 m", "6.293 6.293 6.293 90 90 90", "K 1 0 0 0\nCl 1 .5 .5 .5"),
    "mixed": (
        "F m -3 m",
        "5.9 5.9 5.9 90 90 90",
        "Na 0.6 0 0 0\nK 0.4 0 0 0\nCl 1 .5 .5 .5",
    ),
    "tungsten": ("I m -3 m", "3.165 3.165 3.165 90 90 90", "W 1 0 0 0"),
    "rutile": ("P 42/m n m", "4.594 4.594 2.959 90 90 90", "Ti 1 0 0 0\nO 1 .305 .305 0"),
    "odd": ("P 1", "3.9 3.9 3.9 90 90 90", "Si 1 .1 .2 .3\nO 1 .4 .7 .15\nK 1 .8 .4 .6"),
}


def cif_text(mineral: str, *, block: str = "", **tags: str) -> str:
    """Write a data block; ``tags`` are further items, without the first underscore."""
    group, cell, atoms = STRUCTURES[mineral]
    names = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    lines = [f"data_{block or mineral}"]
    lines += [f"_cell_{name} {value}" for name, value in zip(names, cell.split(), strict=True)]
    lines += [f"_symmetry_space_group_name_H-M '{group}'"]
    lines += [f"_{tag} '{value}'" for tag, value in tags.items()]
    lines += ["loop_", "_atom_site_type_symbol", "_atom_site_occupancy"]
    lines += [f"_atom_site_fract_{axis}" for axis in "xyz"]
    return "\n".join([*lines, atoms, ""])


@pytest.fixture
def write_cif(tmp_path: Path) -> WriteCif:
    """Return a function that writes a CIF file below ``tmp_path``."""

    def write(mineral: str, *, name: str = "", **tags: str) -> Path:
        path = tmp_path / (name or f"{mineral}.cif")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(cif_text(mineral, **tags), encoding="utf-8")
        return path

    return write


@pytest.fixture
def cif() -> Callable[..., str]:
    """Return `cif_text`."""
    return cif_text

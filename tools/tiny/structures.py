"""Write CIF files of simple salts and oxides, as a collection of structures that anybody may have.

    python tools/tiny/structures.py FOLDER

Cells follow from ionic radii, coordinates from textbooks: good enough to try the chain from
structures to a bundle on (`just rebuild-tiny`), and nobody's data. Nothing here is random.
"""

import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

#: Effective ionic radii in angstrom for six neighbours (R. D. Shannon, Acta Cryst. A32 (1976) 751),
#: with the charge where an element has two.
RADIUS = {
    **{"Li": 0.76, "Na": 1.02, "K": 1.38, "Rb": 1.52, "Cs": 1.67, "Tl": 1.50, "Ag": 1.15},
    **{"Mg": 0.72, "Ca": 1.00, "Sr": 1.18, "Ba": 1.35, "Mn": 0.83, "Fe": 0.78, "Co": 0.745},
    **{"Ni": 0.69, "Zn": 0.74, "Cd": 0.95, "Pb": 1.19, "Eu": 1.17, "Cu": 0.77},
    **{"Al": 0.535, "Ga": 0.62, "Cr": 0.615, "Fe3+": 0.645, "Rh": 0.665, "In": 0.80, "Sc": 0.745},
    **{"Ti": 0.605, "Sn": 0.69, "Zr": 0.72, "Hf": 0.71, "Ge": 0.53, "Mn4+": 0.53, "Ru": 0.62},
    **{"Pb4+": 0.775, "V": 0.58, "Ir": 0.625, "Nb": 0.64, "Ta": 0.64, "Ce": 0.87, "Th": 0.94},
    **{"U": 0.89, "Re": 0.55, "W": 0.60, "Mo": 0.59},
    **{"F": 1.33, "Cl": 1.81, "Br": 1.96, "I": 2.20, "O": 1.40, "S": 1.84, "Se": 1.98, "Te": 2.21},
}

#: Space group, and atoms: which of the elements, and where.
PROTOTYPES = {
    "rock salt": ("F m -3 m", "0 0 0 0\n1 .5 .5 .5"),
    "fluorite": ("F m -3 m", "0 0 0 0\n1 .25 .25 .25"),
    "caesium chloride": ("P m -3 m", "0 0 0 0\n1 .5 .5 .5"),
    "rutile": ("P 42/m n m", "0 0 0 0\n1 .305 .305 0"),
    "perovskite": ("P m -3 m", "0 .5 .5 .5\n1 0 0 0\n2 .5 0 0"),
    "spinel": ("F d -3 m :2", "0 .125 .125 .125\n1 .5 .5 .5\n2 .262 .262 .262"),
    # None of the 91 classes: what the networks must not take for one of theirs.
    "anatase": ("I 41/a m d :2", "0 0 .75 .125\n1 0 .25 .083"),
    "rhenium trioxide": ("P m -3 m", "0 0 0 0\n1 .5 0 0"),
    "cuprite": ("P n -3 m :2", "0 0 0 0\n1 .25 .25 .25"),
}


def compounds() -> Iterator[tuple[str, tuple[str, ...], tuple[float, float]]]:
    """Names of prototypes, elements in the order of its atoms, and the edges a and c."""
    alkali, earth, halogens, chalcogens = (
        ("Li", "Na", "K", "Rb"), ("Mg", "Ca", "Sr", "Ba", "Mn", "Cd"),
        ("F", "Cl", "Br", "I"), ("O", "S", "Se", "Te"),
    )  # fmt: skip
    for pair in (*product(alkali, halogens), *product(earth, chalcogens)):
        yield "rock salt", pair, _cubic(2.0 * _bond(pair))
    fluorites = (
        *product(("Ca", "Sr", "Ba", "Cd", "Pb", "Eu"), ("F",)),
        *product(("Ce", "Th", "U", "Zr", "Hf"), ("O",)),
        *((anion, cation) for cation, anion in product(alkali, chalcogens)),  # antifluorites
    )
    for pair in fluorites:
        yield "fluorite", pair, _cubic(4.0 / 3.0**0.5 * _bond(pair))
    for pair in product(("Cs", "Tl", "Rb"), ("Cl", "Br", "I")):
        yield "caesium chloride", pair, _cubic(1.12 * _bond(pair))
    rutiles = (
        *product(("Ti", "Sn", "Mn4+", "Ge", "Ru", "Pb4+", "V", "Ir", "Nb", "Ta"), ("O",)),
        *product(("Mg", "Mn", "Fe", "Co", "Ni", "Zn"), ("F",)),
    )
    for pair in rutiles:
        yield "rutile", pair, (2.291 * _bond(pair), 1.476 * _bond(pair))
    perovskites = (
        *product(("Ca", "Sr", "Ba", "Pb", "Eu"), ("Ti", "Zr", "Sn", "Hf"), ("O",)),
        *product(("Na", "K"), ("Nb", "Ta"), ("O",)),
        *product(("K", "Rb", "Cs"), ("Mg", "Mn", "Fe", "Co", "Ni", "Zn", "Cd"), ("F",)),
    )
    for three in perovskites:
        yield "perovskite", three, _cubic(2.0 * _bond(three[1:]))
    spinels = product(
        ("Mg", "Mn", "Co", "Ni", "Zn", "Cd"), ("Al", "Ga", "Cr", "Fe3+", "Rh", "In"), ("O",)
    )
    for three in spinels:
        yield "spinel", three, _cubic(4.18 * _bond(three[1:]))
    for pair in product(("Ti", "Sn", "Zr", "Hf", "Nb", "Ge", "V"), ("O",)):
        yield "anatase", pair, (1.888 * _bond(pair), 4.745 * _bond(pair))
    for pair in (
        *product(("Re", "W", "U", "Nb", "Mo"), ("O",)),
        *product(("Al", "Sc", "In", "Ga"), ("F",)),
    ):
        yield "rhenium trioxide", pair, _cubic(2.0 * _bond(pair))
    for cation, anion in product(("Cu", "Ag", "Tl", "Pb"), ("O", "S")):
        yield "cuprite", (cation, anion), _cubic(4.0 / 3.0**0.5 * 0.85 * _bond((cation, anion)))


def _bond(pair: tuple[str, ...]) -> float:
    """Length of a bond, angstrom."""
    return RADIUS[pair[0]] + RADIUS[pair[1]]


def _cubic(edge: float) -> tuple[float, float]:
    return edge, edge


def cif_text(name: str, elements: tuple[str, ...], edges: tuple[float, float]) -> str:
    """A data block; charges are left out of the symbols."""
    (group, atoms), (a, c) = PROTOTYPES[name], edges
    symbols = ["".join(letter for letter in element if letter.isalpha()) for element in elements]
    lines = [f"data_{''.join(symbols)}_{name.replace(' ', '_')}"]
    for axis, edge, angle in zip("abc", (a, a, c), ("alpha", "beta", "gamma"), strict=True):
        lines += [f"_cell_length_{axis} {edge:.4f}", f"_cell_angle_{angle} 90"]
    lines += [f"_symmetry_space_group_name_H-M '{group}'", "loop_", "_atom_site_type_symbol"]
    lines += [f"_atom_site_fract_{axis}" for axis in "xyz"]
    for atom in atoms.splitlines():
        number, place = atom.split(maxsplit=1)
        lines.append(f"{symbols[int(number)]} {place}")
    return "\n".join([*lines, ""])


def main() -> None:
    """Make the folder and the files."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, elements, edges) in enumerate(compounds()):
        file = folder / f"{number:03d}-{name.replace(' ', '-')}.cif"
        file.write_text(cif_text(name, elements, edges), encoding="utf-8")


if __name__ == "__main__":
    main()

"""CIF texts written for these tests; cells and coordinates are the literature's usual values."""

import importlib.util
import math
from pathlib import Path

import pytest

from crystinet.core.errors import FileMissingError, InvalidStructureError, UnreadableFileError
from crystinet.crystals.cif import MAX_CIF_BYTES, read_structure, read_structures, structures_of_cif
from crystinet.crystals.positions import positions_of
from crystinet.crystals.structure import Structure


def cif(
    cell: str,
    symmetry: str,
    atoms: str,
    *,
    columns: str = "label fract_x fract_y fract_z",
    more: str = "",
    block: str = "test",
) -> str:
    """One data block; ``cell`` is six words, ``atoms`` lines of words, one for each column."""
    names = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    lines = [f"data_{block}"]
    lines += [f"_cell_{name} {value}" for name, value in zip(names, cell.split(), strict=True)]
    lines += [symmetry, more, "loop_"]
    lines += [f"_atom_site_{name}" for name in columns.split()]
    return "\n".join([*lines, atoms.strip(), ""])


def operations(*triplets: str) -> str:
    quoted = "\n".join(f"'{triplet}'" for triplet in triplets)
    return f"loop_\n_space_group_symop_operation_xyz\n{quoted}"


def named(name: str) -> str:
    return f"_space_group_name_H-M_alt '{name}'"


def read(text: str) -> Structure:
    (structure,) = structures_of_cif(text.encode(), name="test.cif")
    return structure


def multiplicities(structure: Structure) -> list[int]:
    return positions_of(structure).multiplicity.tolist()


CUBIC = "5.6402(2) 5.6402(2) 5.6402(2) 90 90 90"
SALT_ATOMS = "Na1 0 0 0\nCl1 0.5 0.5 0.5"
SPINEL = "8.0806 8.0806 8.0806 90 90 90"
SPINEL_ORIGIN_2 = "Mg 0.125 0.125 0.125\nAl 0.5 0.5 0.5\nO 0.2624 0.2624 0.2624"
SPINEL_ORIGIN_1 = "Mg 0 0 0\nAl 0.625 0.625 0.625\nO 0.3874 0.3874 0.3874"


def test_salt_has_its_cell_without_esds_and_all_its_atoms() -> None:
    structure = read(cif(CUBIC, named("F m -3 m"), SALT_ATOMS))
    assert structure.cell == (5.6402, 5.6402, 5.6402, 90.0, 90.0, 90.0)
    assert [site.species for site in structure.sites] == [(("Na", 1.0),), (("Cl", 1.0),)]
    assert multiplicities(structure) == [4, 4]


@pytest.mark.parametrize(
    "symmetry",
    [
        named("Fm-3m"),
        named("F m 3 m"),
        "_symmetry_space_group_name_H-M 'F m -3 m'",
        "_symmetry_space_group_name_Hall '-F 4 2 3'",
        "_symmetry_Int_Tables_number 225",
        "_space_group.IT_number 225",
        "_space_group_name_H-M_alt ?\n_space_group_IT_number 225",
    ],
)
def test_every_way_to_name_a_space_group(symmetry: str) -> None:
    assert multiplicities(read(cif(CUBIC, symmetry, SALT_ATOMS))) == [4, 4]


def test_dotted_tags_of_newer_dictionaries() -> None:
    text = cif(CUBIC, "_space_group.name_H-M_alt 'F m -3 m'", SALT_ATOMS)
    text = text.replace("_cell_", "_cell.").replace("_atom_site_", "_atom_site.")
    assert multiplicities(read(text)) == [4, 4]


@pytest.mark.parametrize(
    ("name", "atoms"),
    [
        ("F d -3 m :1", SPINEL_ORIGIN_1),
        ("F d -3 m S", SPINEL_ORIGIN_1),
        ("F d -3 m :2", SPINEL_ORIGIN_2),
        ("F d -3 m Z", SPINEL_ORIGIN_2),
        ("Fd-3m O2", SPINEL_ORIGIN_2),
    ],
)
def test_origin_in_the_name(name: str, atoms: str) -> None:
    assert multiplicities(read(cif(SPINEL, named(name), atoms))) == [8, 16, 32]


@pytest.mark.parametrize("atoms", [SPINEL_ORIGIN_1, SPINEL_ORIGIN_2])
@pytest.mark.parametrize("symmetry", [named("F d -3 m"), "_space_group_IT_number 227"])
def test_formula_and_z_tell_the_origin(symmetry: str, atoms: str) -> None:
    more = "_chemical_formula_sum 'Al2 Mg O4'\n_cell_formula_units_Z 8"
    assert multiplicities(read(cif(SPINEL, symmetry, atoms, more=more))) == [8, 16, 32]


def test_origin_that_nothing_tells_is_refused() -> None:
    with pytest.raises(InvalidStructureError, match="two origins") as error:
        read(cif(SPINEL, named("F d -3 m"), SPINEL_ORIGIN_2))
    assert ":2" in error.value.hint


QUARTZ = "4.9134 4.9134 5.4052 90 90 120"


@pytest.mark.parametrize(
    ("operations_", "atoms"),
    [
        # International Tables' origin of P3(1)21, and the older one on the screw axis.
        (
            ("x,y,z", "-y,x-y,z+1/3", "-x+y,-x,z+2/3", "y,x,-z", "x-y,-y,-z+2/3", "-x,-x+y,-z+1/3"),
            "Si 0.4697 0 0.3333\nO 0.4135 0.2669 0.4524",
        ),
        (
            ("x,y,z", "-y,x-y,1/3+z", "y-x,-x,2/3+z", "x-y,-y,-z", "-x,y-x,2/3-z", "y,x,1/3-z"),
            "Si 0.4697 0 0\nO 0.4135 0.2669 0.1191",
        ),
    ],
)
def test_quartz_with_two_origins(operations_: tuple[str, ...], atoms: str) -> None:
    structure = read(cif(QUARTZ, operations(*operations_), atoms))
    assert sum(multiplicities(structure)) == 9


def test_operations_win_over_names() -> None:
    text = cif(CUBIC, named("F m -3 m") + "\n" + operations("x,y,z"), SALT_ATOMS)
    assert multiplicities(read(text)) == [1, 1]


def test_operations_of_no_tabulated_setting_are_written_out() -> None:
    # An inversion centre at (0.125, 0, 0), an origin that no table has.
    atoms = "Na1 0.125 0 0\nCl1 0.2 0.3 0.4"
    structure = read(cif("5 6 7 80 85 95", operations("x,y,z", "1/4-x,-y,-z"), atoms))
    assert structure.hall_symbol == "P 1"
    found = sorted((site.label, *(round(v, 6) for v in site.xyz)) for site in structure.sites)
    assert found == [("Cl1", 0.05, 0.7, 0.6), ("Cl1", 0.2, 0.3, 0.4), ("Na1", 0.125, 0.0, 0.0)]


def test_monoclinic_body_centred_setting() -> None:
    # Diopside in I2/a, an unconventional setting of C2/c: centring (1/2, 1/2, 1/2).
    structure = read(
        cif("9.75 8.9 5.25 90 106 90", named("I 1 2/a 1"), "Ca 0.25 0.3 0\nO 0.1 0.2 0.3")
    )
    assert multiplicities(structure) == [4, 8]


@pytest.mark.parametrize(
    ("cell", "name", "expected"),
    [
        ("4.989 4.989 17.06 90 90 120", "R -3 c", [6, 6, 18]),
        ("4.989 4.989 17.06 90 90 120", "R -3 c :H", [6, 6, 18]),
        ("6.375 6.375 6.375 46.07 46.07 46.07", "R -3 c", [2, 2, 6]),
        ("6.375 6.375 6.375 46.07 46.07 46.07", "R -3 c R", [2, 2, 6]),
    ],
)
def test_calcite_on_both_axes(cell: str, name: str, expected: list[int]) -> None:
    oxygen = "0.2568 0 0.25" if expected[0] == 6 else "0.5068 -0.0068 0.25"
    carbon = "0 0 0.25" if expected[0] == 6 else "0.25 0.25 0.25"
    structure = read(cif(cell, named(name), f"Ca 0 0 0\nC {carbon}\nO {oxygen}"))
    assert multiplicities(structure) == expected


def test_axes_that_contradict_the_space_group_are_refused() -> None:
    with pytest.raises(InvalidStructureError, match="does not have the symmetry"):
        read(cif("4.989 4.989 17.06 90 90 120", named("R -3 c :R"), "Ca 0 0 0"))


def test_few_digits_merge_on_special_positions() -> None:
    structure = read(cif("3.209 3.209 5.211 90 90 120", named("P 63/m m c"), "Mg 0.333 0.667 0.25"))
    assert multiplicities(structure) == [2]
    assert structure.sites[0].xyz == pytest.approx((1 / 3, 2 / 3, 0.25), abs=1e-12)


def test_atoms_on_one_position_become_a_mixed_site() -> None:
    atoms = "Zn1 0.125 0.125 0.125 0.8 0.5\nFe1 0.125 0.125 0.125 0.2 1.0\nO1 0.26 0.26 0.26 1 ."
    structure = read(
        cif(
            "8.44 8.44 8.44 90 90 90",
            named("F d -3 m :2"),
            atoms,
            columns="label fract_x fract_y fract_z occupancy B_iso_or_equiv",
        )
    )
    mixed, oxygen = structure.sites
    assert mixed.species == (("Zn", 0.8), ("Fe", 0.2))
    assert mixed.b_iso == pytest.approx(0.8 * 0.5 + 0.2 * 1.0)
    assert oxygen.b_iso is None


def test_mixed_atoms_on_equivalent_positions_become_one_site() -> None:
    atoms = "Fe 0.25 0.25 0.25 0.5\nNi 0.75 0.75 0.75 0.5"
    structure = read(
        cif(CUBIC, named("P -1"), atoms, columns="label fract_x fract_y fract_z occupancy")
    )
    assert [site.species for site in structure.sites] == [(("Fe", 0.5), ("Ni", 0.5))]


def test_overfilled_position_is_refused() -> None:
    atoms = "Fe1 0 0 0 0.8\nNi1 0 0 0 0.4"
    with pytest.raises(InvalidStructureError, match=r"filled 1\.2 times") as error:
        read(cif(CUBIC, named("P 1"), atoms, columns="label fract_x fract_y fract_z occupancy"))
    assert "test.cif" in error.value.message


@pytest.mark.parametrize(
    ("symbol", "species"),
    [
        ("Fe3+", "Fe3+"),
        ("Fe+3", "Fe3+"),
        ("O2-", "O2-"),
        ("Na+", "Na1+"),
        ("Cu0+", "Cu"),
        ("FE", "Fe"),
        ("D", "D"),
        ("D1+", "D1+"),
    ],
)
def test_type_symbols(symbol: str, species: str) -> None:
    text = cif(
        CUBIC,
        named("P 1"),
        f"x1 {symbol} 0 0 0",
        columns="label type_symbol fract_x fract_y fract_z",
    )
    assert read(text).sites[0].species == ((species, 1.0),)


@pytest.mark.parametrize(
    ("label", "formula", "species"),
    [
        ("Fe1", "", "Fe"),
        ("SiT1", "", "Si"),
        ("OH", "", "O"),
        ("AL1", "", "Al"),
        ("CA1", "'Ca C O3'", "Ca"),
        ("CO1", "'C O2'", "C"),
        ("Ow", "'H2 O'", "O"),
        ("D1", "'D2 O'", "D"),
    ],
)
def test_elements_from_labels(label: str, formula: str, species: str) -> None:
    more = f"_chemical_formula_sum {formula}" if formula else ""
    assert read(cif(CUBIC, named("P 1"), f"{label} 0 0 0", more=more)).sites[0].species == (
        (species, 1.0),
    )


@pytest.mark.parametrize("label", ["CA1", "Wat", "Ow", "M1", "Xx1", "Vac", "T1", "1"])
def test_labels_that_name_no_one_element_are_refused(label: str) -> None:
    with pytest.raises(InvalidStructureError, match=label) as error:
        read(cif(CUBIC, named("P 1"), f"{label} 0 0 0"))
    assert "type_symbol" in error.value.hint


def test_label_outside_the_formula_is_refused() -> None:
    with pytest.raises(InvalidStructureError, match="no element of the formula"):
        read(cif(CUBIC, named("P 1"), "Wat 0 0 0", more="_chemical_formula_sum 'H2 O'"))


@pytest.mark.parametrize("symbol", ["M", "X", "Vac", "Va", "Xx", "LN", "Fe3"])
def test_dummy_type_symbols_are_refused(symbol: str) -> None:
    columns = "label type_symbol fract_x fract_y fract_z"
    with pytest.raises(InvalidStructureError, match=f"atom A1: '{symbol}' is no chemical"):
        read(cif(CUBIC, named("P 1"), f"A1 {symbol} 0 0 0", columns=columns))


def test_dummy_flag_is_refused() -> None:
    columns = "label fract_x fract_y fract_z calc_flag"
    with pytest.raises(InvalidStructureError, match="atom O1 is a dummy"):
        read(cif(CUBIC, named("P 1"), "O1 0 0 0 dum", columns=columns))


@pytest.mark.parametrize("value", ["?", ".", "abc", "1/2"])
def test_atom_without_coordinates_is_refused(value: str) -> None:
    with pytest.raises(InvalidStructureError, match="fract_y of atom H1") as error:
        read(cif(CUBIC, named("P 1"), f"O1 0 0 0\nH1 0.1 {value} 0"))
    assert "test.cif, block 'test'" in error.value.message
    assert (f"is {value!r}, not" if value[0] in "a1" else "is not given.") in error.value.message


@pytest.mark.parametrize("value", ["?", "full", "-0.5"])
def test_bad_occupancy_is_refused(value: str) -> None:
    columns = "label fract_x fract_y fract_z occupancy"
    with pytest.raises(InvalidStructureError, match="occupancy of"):
        read(cif(CUBIC, named("P 1"), f"O1 0 0 0 {value}", columns=columns))


def test_empty_sites_are_left_out() -> None:
    columns = "label fract_x fract_y fract_z occupancy"
    structure = read(cif(CUBIC, named("P 1"), "O1 0 0 0 1\nO2 .5 0 0 0", columns=columns))
    assert [site.label for site in structure.sites] == ["O1"]
    with pytest.raises(InvalidStructureError, match="every atom has occupancy 0"):
        read(cif(CUBIC, named("P 1"), "O1 0 0 0 0", columns=columns))


@pytest.mark.parametrize(
    ("column", "value", "b_iso"),
    [
        ("B_iso_or_equiv", "0.75(3)", 0.75),
        ("U_iso_or_equiv", "0.01", 0.01 * 8 * math.pi**2),
        ("B_iso_or_equiv", "0", None),
        ("U_iso_or_equiv", "-0.002", None),
        ("U_iso_or_equiv", ".", None),
    ],
)
def test_displacement_parameters(column: str, value: str, b_iso: float | None) -> None:
    columns = f"label fract_x fract_y fract_z {column}"
    site = read(cif(CUBIC, named("P 1"), f"O1 0 0 0 {value}", columns=columns)).sites[0]
    assert site.b_iso == (None if b_iso is None else pytest.approx(b_iso))


@pytest.mark.parametrize(
    ("cell", "tensor", "u"),
    [
        ("5 6 7 90 90 90", "0.01 0.02 0.03 0 0 0", 0.02),
        # Isotropic U in a hexagonal cell: U12 = U / 2.
        ("5 5 9 90 90 120", "0.01 0.01 0.01 0 0 0.005", 0.01),
    ],
)
def test_anisotropic_displacement_becomes_its_equivalent(cell: str, tensor: str, u: float) -> None:
    names = "\n".join(f"_atom_site_aniso_U_{i}" for i in ("11", "22", "33", "23", "13", "12"))
    more = f"loop_\n_atom_site_aniso_label\n{names}\nO1 {tensor}"
    site = read(cif(cell, named("P 1"), "O1 0 0 0", more=more)).sites[0]
    assert site.b_iso == pytest.approx(8 * math.pi**2 * u, rel=1e-9)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("? 5 5 90 90 90", "_cell_length_a is missing"),
        ("5 abc 5 90 90 90", "_cell_length_b is 'abc'"),
        ("5 5 0 90 90 90", "cell edges 5, 5, 0"),
        ("5 5 5 90 90 190", "angles 90, 90, 190"),
        ("5 5 5 50 50 120", "angles 50, 50, 120"),
    ],
)
def test_bad_cells_are_refused(cell: str, message: str) -> None:
    with pytest.raises(InvalidStructureError, match=message):
        read(cif(cell, named("P 1"), "O1 0 0 0"))


@pytest.mark.parametrize(
    ("symmetry", "message"),
    [
        ("", "no symmetry"),
        (named("Q 5 z"), "'Q 5 z'"),
        ("_space_group_IT_number 0", "no space group '0'"),
        ("_space_group_IT_number 231", "no space group '231'"),
        ("_space_group_name_Hall 'P 5'", "Hall symbol"),
        (operations("x,y,z", "nonsense"), "operation 2, 'nonsense'"),
        (operations("x,y,z", "x,y,x"), "operation 2, 'x,y,x', does not keep"),
        (operations("x,y,z", "y,x,z", "x+y,z,x"), "make no space group"),
    ],
)
def test_bad_symmetry_is_refused(symmetry: str, message: str) -> None:
    with pytest.raises(InvalidStructureError, match=message):
        read(cif(CUBIC, symmetry, SALT_ATOMS))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "lists no atoms|cannot be read"),
        (b"\x7fELF\0\0\0", "binary"),
        (b"just some text\n", "expected block header"),
        (b"data_x\n_cell_length_a 5\n", "lists no atoms"),
        (b"data_x\nloop_\n_atom_site_fract_x\n_atom_site_fract_y\n0.1 0.2 0.3\n", "read as CIF"),
    ],
)
def test_files_that_are_no_structure_are_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "bad.cif"
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match=message) as error:
        read_structure(path)
    assert str(path) in error.value.message


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match=r"absent\.cif"):
        read_structures(tmp_path / "absent.cif")


def test_several_blocks(tmp_path: Path) -> None:
    path = tmp_path / "two.cif"
    head = "data_global\n_publ_section_title 'Größe'\n"
    texts = [
        cif(CUBIC, named("F m -3 m"), SALT_ATOMS, block=block) for block in ("first", "second")
    ]
    path.write_text(head + "\n".join(texts), encoding="utf-8")
    assert [structure.name for structure in read_structures(path)] == ["first", "second"]
    with pytest.raises(InvalidStructureError, match="holds 2 structures: first, second"):
        read_structure(path)
    path.write_text(head + texts[0], encoding="latin-1")
    assert read_structure(path).name == "first"


def test_structure_of_hydrogen_alone() -> None:
    text = cif("3.78 3.78 6.17 90 90 120", named("P 63/m m c"), "H1 0.3333 0.6667 0.25")
    assert multiplicities(read(text)) == [2]


def test_published_example() -> None:
    found = importlib.util.find_spec("rietx")
    if found is None or not found.submodule_search_locations:
        pytest.skip('needs rietx: pip install "crystinet[example]"')
    (package,) = found.submodule_search_locations
    folder = Path(package) / "data" / "examples"
    apatite = read_structure(folder / "fluorapatite.cif")
    assert sum(multiplicities(apatite)) == 42
    assert apatite.cell[0] == pytest.approx(9.37, abs=0.02)


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large.cif"
    with path.open("wb") as file:
        file.truncate(MAX_CIF_BYTES + 1)  # sparse: takes no room on the disk
    with pytest.raises(UnreadableFileError, match="larger than 50 MB") as error:
        read_structures(path)
    assert "Split it" in error.value.hint

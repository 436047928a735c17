"""Before a type is taught: which bundles know it already."""

from pathlib import Path

from crystinet.app.known_types import already_known

SALT = """data_salt
_cell_length_a 5.64
_cell_length_b 5.64
_cell_length_c 5.64
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'F m -3 m'
loop_
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Na 0 0 0
Cl 0.5 0.5 0.5
"""
MARCASITE = """data_marcasite
_cell_length_a 4.443
_cell_length_b 5.4245
_cell_length_c 3.3871
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'P n n m'
loop_
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Fe 0 0 0
S 0.2 0.378 0
"""


def test_a_type_that_a_bundle_knows_is_pointed_out(tmp_path: Path) -> None:
    salt, marcasite = tmp_path / "salt.cif", tmp_path / "marcasite.cif"
    salt.write_text(SALT)
    marcasite.write_text(MARCASITE)
    assert already_known("default", cifs=[("mine", salt)]) == (
        "The structure of 'mine' is of the type NaCl, which the bundle knows.",
    )
    said = already_known("default", cifs=[("mine", marcasite)])
    for sentence, bundle in zip(said, ("extended", "wide"), strict=True):
        assert sentence.startswith(
            f"Marcasite-FeS2 is known to the bundle {bundle!r} of the package"
        )
    assert already_known("default", types=["Marcasite-FeS2"]) == said
    assert already_known("extended", types=["Marcasite-FeS2"]) == ()
    assert already_known("default", types=["nothing like it"]) == ()

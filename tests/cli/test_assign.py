"""``crystinet assign``."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from crystinet.cli import app

CUBIC = """data_{name}
_cell_length_a {a}
_cell_length_b {a}
_cell_length_c {a}
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M '{group}'
loop_
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
{atoms}
"""


def write(path: Path, *, a: float, group: str, atoms: str) -> Path:
    path.write_text(CUBIC.format(name=path.stem, a=a, group=group, atoms=atoms), encoding="utf-8")
    return path


@pytest.fixture
def halite(tmp_path: Path) -> Path:
    return write(
        tmp_path / "halite.cif", a=5.64, group="F m -3 m", atoms="Na 0 0 0\nCl 0.5 0.5 0.5"
    )


@pytest.fixture
def tungsten(tmp_path: Path) -> Path:
    return write(tmp_path / "tungsten.cif", a=3.165, group="I m -3 m", atoms="W 0 0 0")


def assign(*words: object) -> Result:
    return CliRunner().invoke(app, ["assign", *map(str, words)])


def test_json(halite: Path) -> None:
    result = assign(halite, "--json")
    assert result.exit_code == 0
    ((entry),) = json.loads(result.stdout)["results"]
    assert entry.pop("evidence")
    assert entry.pop("distance") < entry.pop("limit")
    assert entry == {
        "file": str(halite),
        "ok": True,
        "type": "NaCl",
        "number": 15,
        "class": "NaCl",
        "space_group": 225,
        "pearson": "cF8",
        "wyckoff": "b a",
        "runner_up": None,
        "runner_up_distance": None,
        "isopointal_to": None,
    }


def test_a_merged_type_carries_the_number_of_its_class(tungsten: Path) -> None:
    (entry,) = json.loads(assign(tungsten, "--json").stdout)["results"]
    assert entry["type"] == "bcc-W"
    assert 1 <= entry["number"] <= 91
    assert entry["class"] != "bcc-W"


def test_none_is_an_answer(tmp_path: Path) -> None:
    path = write(
        tmp_path / "odd.cif", a=9.1, group="P 1", atoms="Si 0.1 0.2 0.3\nO 0.4 0.7 0.15\nK .8 .4 .6"
    )
    result = assign(path, "--json")
    assert result.exit_code == 0
    (entry,) = json.loads(result.stdout)["results"]
    assert (entry["type"], entry["number"], entry["class"]) == (None, None, None)
    assert entry["space_group"] == 1


def test_a_folder_with_a_bad_file(halite: Path, tungsten: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.cif").write_text("Dear colleague,\n", encoding="utf-8")
    result = assign(tmp_path, "--json")
    assert result.exit_code == 2
    results = json.loads(result.stdout)["results"]
    assert [Path(entry["file"]).name for entry in results] == [
        "halite.cif",
        "letter.cif",
        "tungsten.cif",
    ]
    assert [entry["ok"] for entry in results] == [True, False, True]
    assert results[1]["error"]["code"] == "unreadable-file"
    table = assign(tmp_path)
    assert table.exit_code == 2
    assert "NaCl" in table.stdout
    assert "letter.cif" in table.stderr
    assert "letter.cif" not in table.stdout

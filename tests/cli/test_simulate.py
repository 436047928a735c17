"""``crystinet simulate``."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from crystinet.cli import app
from crystinet.core.grid import TwoThetaGrid

RUTILE = """data_rutile
_cell_length_a 4.594
_cell_length_b 4.594
_cell_length_c 2.959
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'P 42/m n m'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Ti Ti 0 0 0
O O 0.305 0.305 0
"""


@pytest.fixture
def rutile(tmp_path: Path) -> Path:
    path = tmp_path / "rutile.cif"
    path.write_text(RUTILE, encoding="utf-8")
    return path


def simulate(*words: object) -> Result:
    return CliRunner().invoke(app, ["simulate", *map(str, words)])


def test_columns_on_standard_output(rutile: Path) -> None:
    result = simulate(rutile)
    assert result.exit_code == 0
    columns = np.loadtxt(result.stdout.splitlines())
    assert columns.shape == (5250, 2)
    assert columns[:, 1].max() == pytest.approx(100.0)
    strongest = columns[columns[:, 1].argmax(), 0]
    assert strongest == pytest.approx(27.44, abs=0.03)  # (110), d = 3.248 angstrom


@pytest.mark.parametrize("words", [("--anode", "Mo"), ("--wavelength", "Mo")])
def test_an_anode_is_a_wavelength(rutile: Path, tmp_path: Path, words: tuple[str, str]) -> None:
    from crystinet import read_pattern

    output = tmp_path / "rutile.xy"
    assert simulate(rutile, "-o", output, *words).exit_code == 0
    pattern = read_pattern(output)
    assert pattern.radiation.wavelength_angstrom == pytest.approx(0.7093, abs=1e-4)


def test_the_file_reads_back_with_its_wavelength(rutile: Path, tmp_path: Path) -> None:
    import crystinet

    output = tmp_path / "rutile.xy"
    result = simulate(rutile, "-o", output, "--wavelength", "0.7093")
    assert (result.exit_code, result.stdout) == (0, "")
    pattern = crystinet.read_pattern(output)
    assert pattern.radiation.wavelength_angstrom == pytest.approx(0.7093, abs=1e-4)
    assert not pattern.radiation.assumed
    assert pattern.warnings == ()
    strongest = pattern.two_theta_deg[pattern.intensity.argmax()]
    assert strongest == pytest.approx(12.54, abs=0.03)


def test_json(rutile: Path) -> None:
    document = json.loads(simulate(rutile, "--json").stdout)
    assert document["file"] == str(rutile)
    assert len(document["two_theta"]) == len(document["intensity"]) == 5250
    assert document["wavelengths_angstrom"][0] == pytest.approx(1.5406, abs=1e-4)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["gone.cif"], "Check the name"),
        (["RUTILE", "--wavelength", "-1"], "angstrom"),
        (["RUTILE", "-o", "no/such/folder/rutile.xy"], "folder that exists"),
    ],
)
def test_errors(rutile: Path, words: list[str], hint: str) -> None:
    result = simulate(*(rutile if word == "RUTILE" else word for word in words))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert hint in result.stderr


def test_a_text_that_is_no_cif(tmp_path: Path) -> None:
    path = tmp_path / "letter.cif"
    path.write_text("Dear colleague,\n", encoding="utf-8")
    result = simulate(path, "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["code"] == "unreadable-file"


def test_the_specimen_and_the_counting(rutile: Path, tmp_path: Path) -> None:
    import crystinet

    output, picture = tmp_path / "noisy.xy", tmp_path / "noisy.png"
    words = "--size-nm 40 --strain 0.002 --texture 0.7,0,0,1 --counts 5000 --seed 1".split()
    pytest.importorskip("matplotlib")
    result = simulate(rutile, "-o", output, *words, "--plot", picture)
    assert (result.exit_code, result.stdout) == (0, "")
    assert picture.read_bytes().startswith(b"\x89PNG")
    in_python = crystinet.simulate(
        rutile, size_nm=40, strain=0.002, texture=(0.7, 0, 0, 1), counts=5000, seed=1
    )
    columns = np.loadtxt(output)
    np.testing.assert_array_equal(columns[:, 1], in_python.intensity)
    assert 4500 < columns[:, 1].max() < 5500


def test_the_instrument(rutile: Path) -> None:
    import crystinet

    words = (
        "--range 20,60 --step 0.05 --fwhm 0.12 --caglioti 0.01,-0.002 --eta tch --ions Ti4+,O2- "
        "--anomalous --monochromator 26.6 --monochromatic --axial 0.04 --zero-shift 0.02 "
        "--displacement 0.1 --background 0.02 --b-iso 0.7"
    ).split()
    document = json.loads(simulate(rutile, *words, "--json").stdout)
    assert document["two_theta"][0] == 20.0
    assert document["two_theta"][-1] == pytest.approx(60.0)
    assert document["weights"] == [1.0]
    in_python = crystinet.simulate(
        rutile,
        grid=TwoThetaGrid(start_deg=20.0, step_deg=0.05, n_points=801),
        fwhm_deg=0.12,
        caglioti_u=0.01,
        caglioti_v=-0.002,
        eta=None,
        ions={"Ti": "Ti4+", "O": "O2-"},
        anomalous=True,
        monochromator_deg=26.6,
        monochromatic=True,
        axial=0.04,
        zero_shift_deg=0.02,
        displacement_mm=0.1,
        background=0.02,
        default_b_iso=0.7,
    )
    assert document["intensity"] == pytest.approx(in_python.intensity.tolist(), abs=1e-5)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--texture 0.7,0,0", "not 4 numbers"),
        ("--eta wide", "--eta is 'wide'"),
        ("--size-nm -3", "size_nm=-3.0"),
        ("--range 60,20", "no axis"),
        ("--range 5,110 --step 0", "no axis"),
        ("--ions Fe3+", "holds no Fe"),
        ("--ions Ti+O", "holds no Ti"),
        ("--plot pattern.nothing", "no picture format"),
        ("--plot no/such/folder/pattern.png", "Cannot write"),
    ],
)
def test_impossible_settings(rutile: Path, words: str, message: str) -> None:
    result = simulate(rutile, *words.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_a_picture_without_matplotlib(rutile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = simulate(rutile, "--plot", "pattern.png")
    assert result.exit_code == 2
    assert 'pip install "crystinet[report]"' in result.stderr

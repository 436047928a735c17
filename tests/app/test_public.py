"""The names that ``import crystinet`` offers."""

import inspect
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

import crystinet
from crystinet.core import errors
from crystinet.core.errors import InvalidStructureError
from crystinet.core.grid import TwoThetaGrid
from crystinet.crystals.structure import Site, Structure
from crystinet.simulation.config import SimulationConfig
from crystinet.simulation.profiles import PeakProfile

ROOT = Path(__file__).parents[2]

CAESIUM_CHLORIDE = Structure(
    cell=(4.123, 4.123, 4.123, 90.0, 90.0, 90.0),
    hall_symbol="-P 4 2 3",
    sites=(Site((("Cs", 1.0),), (0.0, 0.0, 0.0)), Site((("Cl", 1.0),), (0.5, 0.5, 0.5))),
    name="CsCl",
)


@pytest.mark.parametrize("name", [*crystinet.__all__])
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(crystinet, name) is not None
    assert name in dir(crystinet)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'identfy'"):
        crystinet.identfy  # noqa: B018


def test_the_project_file_takes_the_version_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    told = (ROOT / project["tool"]["hatch"]["version"]["path"]).read_text("utf-8")
    assert f'__version__ = "{crystinet.__version__}"' in told


def test_import_loads_nothing_heavy() -> None:
    code = "import sys, crystinet; print(sorted(m for m in sys.modules if 'crystinet' in m))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "['crystinet', 'crystinet.core', 'crystinet.core.version']"


def test_simulate_takes_a_structure() -> None:
    pattern = crystinet.simulate(CAESIUM_CHLORIDE)
    strongest = pattern.two_theta_deg[np.argmax(pattern.intensity)]
    assert strongest == pytest.approx(30.63, abs=0.05)  # (110), d = 2.915 angstrom


def test_simulate_has_every_setting_with_its_default() -> None:
    given = inspect.signature(crystinet.simulate).parameters
    config = {f.name: f.default for f in fields(SimulationConfig) if f.name != "profile"}
    settings = config | {f.name: f.default for f in fields(PeakProfile)}
    for name, default in settings.items():
        assert given[name].default == default, name
    others = {"source", "wavelength_angstrom", "anode", "radiation", "grid", "seed"}
    assert set(given) == {*settings, *others}


def test_simulate_passes_every_setting_on() -> None:
    plain = crystinet.simulate(CAESIUM_CHLORIDE)
    changes: dict[str, object] = {
        "wavelength_angstrom": 0.7093,
        "anode": "Co",
        "radiation": crystinet.Radiation((1.2,)),
        "monochromatic": True,
        "grid": TwoThetaGrid(20.0, 0.02, 3000),
        "fwhm_deg": 0.2,
        "eta": None,
        "caglioti_u": 0.05,
        "size_nm": 20.0,
        "strain": 0.002,
        "texture": (0.7, 0, 0, 1),
        "default_b_iso": 2.0,
        "ions": {"Cs": "Cs1+"},
        "anomalous": True,
        "monochromator_deg": 26.6,
        "axial": 0.05,
        "zero_shift_deg": 0.1,
        "displacement_mm": 0.2,
        "background": 0.1,
        "counts": 500.0,
    }
    for name, value in changes.items():
        changed = crystinet.simulate(CAESIUM_CHLORIDE, **{name: value})  # type: ignore[arg-type]
        assert not np.array_equal(changed.intensity, plain.intensity), name
    pairs: tuple[tuple[dict[str, float], dict[str, float]], ...] = (
        ({"caglioti_u": 0.05}, {"caglioti_u": 0.05, "caglioti_v": -0.01}),
        ({"displacement_mm": 0.2}, {"displacement_mm": 0.2, "radius_mm": 300.0}),
        ({"counts": 500.0}, {"counts": 500.0, "seed": 1}),
    )
    for few, more in pairs:
        one = crystinet.simulate(CAESIUM_CHLORIDE, **few)  # type: ignore[arg-type]
        other = crystinet.simulate(CAESIUM_CHLORIDE, **more)  # type: ignore[arg-type]
        assert not np.array_equal(one.intensity, other.intensity), more


def test_simulate_refuses_what_is_no_crystal() -> None:
    impossible = Structure((0.0,) * 6, "P 1", CAESIUM_CHLORIDE.sites)
    with pytest.raises(InvalidStructureError):
        crystinet.simulate(impossible)


SITES = CAESIUM_CHLORIDE.sites


@pytest.mark.parametrize(
    "make",
    [
        lambda: Structure((4.0, 4.0, 4.0), "P 1", SITES),  # type: ignore[arg-type]
        lambda: Structure("abcdef", "P 1", SITES),  # type: ignore[arg-type]
        lambda: Structure(None, "P 1", SITES),  # type: ignore[arg-type]
        lambda: Structure((4.0,) * 3 + (90.0,) * 3, 1, SITES),  # type: ignore[arg-type]
        lambda: Structure((4.0,) * 3 + (90.0,) * 3, "P 1", 3),  # type: ignore[arg-type]
        lambda: Structure((4.0,) * 3 + (90.0,) * 3, "P 1", ("Na",)),  # type: ignore[arg-type]
        lambda: Site("Na", (0.0, 0.0, 0.0)),  # type: ignore[arg-type]
        lambda: Site((("Na", "1"),), (0.0, 0.0, 0.0)),  # type: ignore[arg-type]
        lambda: Site((("Na", 1.0),), (0.0, 0.0)),  # type: ignore[arg-type]
        lambda: Site((("Na", 1.0),), "abc"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_a_structure_is_refused_when_it_is_made(make: Callable[[], object]) -> None:
    with pytest.raises(InvalidStructureError):
        make()


def test_a_list_of_sites_will_do() -> None:
    listed = Structure(CAESIUM_CHLORIDE.cell, "-P 4 2 3", list(SITES), "CsCl")  # type: ignore[arg-type]
    assert listed == CAESIUM_CHLORIDE


@pytest.mark.parametrize("name", ["assign", "simulate"])
def test_what_is_no_element_is_refused(name: str) -> None:
    strange = Structure(CAESIUM_CHLORIDE.cell, "-P 4 2 3", (Site((("Qq", 1.0),), (0.0,) * 3),))  # type: ignore[arg-type]
    with pytest.raises(InvalidStructureError, match="'Qq' is no chemical element"):
        getattr(crystinet, name)(strange)


@pytest.mark.parametrize(
    "setting",
    [{"radiation": "Cu"}, {"grid": (5, 90)}, {"ions": ["Cs1+"]}, {"ions": {"Cs": 1}}],
)
def test_simulate_refuses_settings_of_another_kind(setting: dict[str, object]) -> None:
    with pytest.raises(crystinet.ConfigError):
        crystinet.simulate(CAESIUM_CHLORIDE, **setting)  # type: ignore[arg-type]


@pytest.mark.parametrize("group", [0, 11, "x", True, 1.0])
def test_types_refuses_what_is_no_group(group: object) -> None:
    with pytest.raises(crystinet.ConfigError, match="group"):
        crystinet.types(group=group)  # type: ignore[arg-type]


X = np.arange(10.0, 90.0, 0.02)
SALT = crystinet.Pattern.from_arrays(
    X, 10.0 + 900.0 * np.exp(-(((X - 31.7) / 0.1) ** 2)), wavelength_angstrom=1.5406
)


@pytest.mark.parametrize("top", [0, -1, "x", 1.5])
def test_identify_refuses_an_impossible_top(top: object) -> None:
    with pytest.raises(crystinet.CrystinetError, match=r"^top is ") as caught:
        crystinet.identify(SALT, top=top)  # type: ignore[arg-type]
    assert caught.value.code == "invalid-configuration"


@pytest.mark.parametrize("elements", [[], "NaCl", 3, ["Xx"], [3]])
def test_identify_refuses_impossible_elements(elements: object) -> None:
    with pytest.raises(crystinet.CrystinetError, match="element") as caught:
        crystinet.identify(SALT, elements=elements)  # type: ignore[arg-type]
    assert caught.value.code == "invalid-configuration"


@pytest.mark.parametrize(
    "wavelength", ["abc", "1.54 furlong", float("nan"), -1.54, 0, [1.54], 154.06]
)
def test_identify_refuses_an_impossible_wavelength(wavelength: object, tmp_path: Path) -> None:
    file = tmp_path / "a.xy"
    np.savetxt(file, np.column_stack([SALT.two_theta_deg, SALT.intensity]))
    for call in (
        lambda: crystinet.identify(SALT, wavelength_angstrom=wavelength),  # type: ignore[arg-type]
        lambda: crystinet.identify(file, wavelength_angstrom=wavelength),  # type: ignore[arg-type]
        lambda: crystinet.read_pattern(file, wavelength_angstrom=wavelength),  # type: ignore[arg-type]
        lambda: crystinet.Pattern.from_arrays(X, X, wavelength_angstrom=wavelength),  # type: ignore[arg-type]
    ):
        with pytest.raises(crystinet.CrystinetError) as caught:
            call()
        assert caught.value.code == "invalid-wavelength"


@pytest.mark.parametrize("source", [None, 3, b"a.xy", [SALT], CAESIUM_CHLORIDE, "", "a\0b"])
@pytest.mark.parametrize(
    "name",
    [
        "identify",
        "explain",
        "nearest",
        "read_pattern",
        "read_patterns",
        "read_structure",
        "read_structures",
    ],
)
def test_what_is_no_file_is_our_error(name: str, source: object) -> None:
    with pytest.raises(crystinet.CrystinetError) as caught:
        getattr(crystinet, name)(source)
    assert caught.value.code in {"invalid-configuration", "file-missing"}


@pytest.mark.parametrize("source", [None, 3, SALT, "gone.cif", ""])
@pytest.mark.parametrize("name", ["assign", "simulate"])
def test_what_is_no_structure_is_our_error(name: str, source: object) -> None:
    with pytest.raises(crystinet.CrystinetError):
        getattr(crystinet, name)(source)


@pytest.mark.parametrize("model", [3, "", "gone", ["a"]])
def test_identify_refuses_an_impossible_model(model: object) -> None:
    with pytest.raises(crystinet.CrystinetError):
        crystinet.identify(SALT, model=model)  # type: ignore[arg-type]


CIF = """data_CsCl
_cell_length_a 4.123
_cell_length_b 4.123
_cell_length_c 4.123
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_space_group_name_H-M_alt 'P m -3 m'
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Cs 0 0 0
Cl .5 .5 .5
"""


def test_assign_and_simulate_take_a_structure_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "cscl.cif"
    path.write_text(CIF)
    for source in (str(path), path, CAESIUM_CHLORIDE):
        found = crystinet.assign(source)
        assert found.type is not None
        assert found.type.name == "CsCl"
        assert crystinet.simulate(source).intensity.max() > 0.0


def test_the_page_lists_the_public_names_and_no_others() -> None:
    page = (ROOT / "docs" / "reference" / "python.md").read_text("utf-8")
    told = {
        name
        for line in page.splitlines()
        if line.startswith(("| `crystinet.", "`crystinet.__version__`"))
        for name in re.findall(r"`crystinet\.(\w+)", line.split("|")[1 if line[0] == "|" else 0])
    }
    assert told == set(crystinet.__all__)


def test_every_error_is_public() -> None:
    found = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, crystinet.CrystinetError)
    }
    assert found <= set(crystinet.__all__)


def test_every_public_name_has_a_whole_docstring() -> None:
    for name in set(crystinet.__all__) - {"__version__"}:
        value = getattr(crystinet, name)
        text = inspect.getdoc(value) or ""
        assert "Examples\n--------\n>>> import crystinet" in text, name
        if inspect.isfunction(value):
            for heading in ("Parameters", "Returns"):
                assert f"\n{heading}\n---" in text, f"{heading} of {name}"
            assert name == "types" or "\nRaises\n---" in text, name
            for parameter in inspect.signature(value).parameters:
                documented = re.search(rf"^[\w, ]*\b{parameter}\b[\w, ]*$", text, re.MULTILINE)
                assert documented, f"{parameter} of {name}"

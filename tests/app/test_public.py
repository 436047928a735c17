"""The names that ``import crystinet`` offers."""

import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import crystinet
from crystinet.core.errors import InvalidStructureError
from crystinet.crystals.structure import Site, Structure

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


def test_version_is_that_of_the_project_file() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert crystinet.__version__ == project["version"]


def test_import_loads_nothing_heavy() -> None:
    code = "import sys, crystinet; print(sorted(m for m in sys.modules if 'crystinet' in m))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "['crystinet']"


def test_simulate_is_a_function_although_a_package_has_its_name() -> None:
    import crystinet.simulate.reflections  # binds crystinet.simulate to the package

    pattern = crystinet.simulate(CAESIUM_CHLORIDE)
    strongest = pattern.two_theta_deg[np.argmax(pattern.intensity)]
    assert strongest == pytest.approx(30.63, abs=0.05)  # (110), d = 2.915 angstrom


def test_simulate_refuses_what_is_no_crystal() -> None:
    impossible = Structure((0.0,) * 6, "P 1", CAESIUM_CHLORIDE.sites)
    with pytest.raises(InvalidStructureError):
        crystinet.simulate(impossible)

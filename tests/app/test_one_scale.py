"""One sample has one scale for one candidate, whoever reports it."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import crystinet
from crystinet.cli import app
from crystinet.core.grid import TwoThetaGrid
from crystinet.core.radiation import Radiation
from crystinet.crystals.catalogue import load_catalogue
from crystinet.fit.known import reference_of
from crystinet.patterns import Pattern

pytest.importorskip("matplotlib")
pytestmark = pytest.mark.slow

COPPER, SHORT = TwoThetaGrid(8.0, 0.02, 4500), TwoThetaGrid(5.0, 0.01, 4500)

#: Type, scale of its reference's edges, and how the pattern was measured.
SAMPLES: list[tuple[str, float, dict[str, Any]]] = [
    ("NaCl", 0.956, {}),
    ("NaCl", 1.41, {"counts": 2000, "background": 0.1}),
    ("NaCl", 1.567, {"counts": 8000}),
    ("NaCl", 1.74, {"displacement_mm": 0.1}),
    ("Fluorite-CaF2", 1.0, {"counts": 500, "background": 0.2}),
    ("Fluorite-CaF2", 0.97, {"radiation": Radiation.of_anode("Mo"), "grid": SHORT}),
    ("Sphalerite-ZnS(cF8)", 1.2, {"counts": 3000}),
    ("CsCl", 0.75, {"counts": 3000, "background": 0.05}),
    ("Perovskite-CaTiO3", 1.12, {"counts": 3000}),
    ("Spinel-Al2MgO4", 1.05, {"displacement_mm": -0.1, "counts": 5000}),
    ("Pyrite-FeS2(cP12)", 1.1, {"counts": 4000}),
    ("Rutile-TiO2", 1.0, {"counts": 8000, "background": 0.02}),
    ("Rutile-TiO2", 1.08, {"radiation": Radiation((0.8,)), "grid": SHORT}),
    ("Zircon-ZrSiO4", 1.06, {"counts": 3000, "zero_shift_deg": 0.05}),
    ("Wurtzite-ZnS(2H)", 0.86, {"counts": 3000}),
    ("Corundum-Al2O3", 1.05, {"counts": 3000, "background": 0.05}),
    ("Calcite-CaCO3(hR10)", 1.03, {"radiation": Radiation.of_anode("Co")}),
    ("Olivine-Mg2SiO4", 1.02, {"counts": 9000}),
    ("Perovskite-GdFeO3", 0.98, {"counts": 9000, "background": 0.02}),
    ("Pyroxene-CaMg(SiO3)2", 1.01, {"counts": 9000}),
]


def measured(name: str, scale: float, settings: dict[str, Any], seed: int) -> Pattern:
    structure = load_catalogue().by_name(name).reference
    larger = replace(structure, cell=structure.cell.scaled(scale))
    return crystinet.simulate(larger, **{"grid": COPPER, **settings}, seed=seed)


@pytest.fixture(scope="module")
def patterns() -> list[Pattern]:
    return [measured(*sample, seed=i) for i, sample in enumerate(SAMPLES)]


@pytest.fixture(scope="module")
def files(patterns: list[Pattern], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("samples")
    for i, pattern in enumerate(patterns):
        columns = np.column_stack([pattern.two_theta_deg, pattern.intensity])
        wavelength = pattern.radiation.wavelength_angstrom
        np.savetxt(folder / f"{i:02}.xy", columns, header=f"wavelength = {wavelength}")
    return sorted(folder.glob("*.xy"))


@pytest.fixture(scope="module")
def answers(files: list[Path]) -> list[dict[str, Any]]:
    """What one command says of each file, with the scale in the legend of its picture."""
    folder = files[0].parent
    words = ["--nearest", "3", "--lattice", "--plot", str(folder / "p.svg"), "--json"]
    result = CliRunner().invoke(app, ["identify", *map(str, files), *words])
    assert result.exit_code == 0, result.stderr
    found: list[dict[str, Any]] = json.loads(result.stdout)["results"]
    for i, answer in enumerate(found, start=1):
        name = f"p-{i}.svg" if i > 1 else "p.svg"
        (drawn,) = re.findall(r"edges x ([\d.]+)", (folder / name).read_text("utf-8"))
        answer["drawn"] = float(drawn)
    return found


def test_all_report_the_same_scale(files: list[Path], answers: list[dict[str, Any]]) -> None:
    for i, (file, answer) in enumerate(zip(files, answers, strict=True)):
        candidates = answer["candidates"][:3]
        assert answer["drawn"] == pytest.approx(candidates[0]["scale"], abs=6e-4)
        for candidate in candidates:
            if candidate["lattice"] is not None:
                assert candidate["lattice"]["scale"] == candidate["scale"]
            for implied in implied_by(candidate):
                assert implied == pytest.approx(candidate["scale"], rel=1e-5)
        asked = candidates[i % 3]  # each place in the ranking in its turn
        why = crystinet.explain(file, type=asked["type"])
        assert why.lattice_scale == pytest.approx(asked["scale"], abs=1e-6)


def implied_by(candidate: dict[str, Any]) -> Iterator[float]:
    """Scale relative to the reference, from that relative to each known compound like it."""
    reference = reference_of(candidate["type"])
    assert reference is not None
    for known in candidate["nearest"]:
        cell = reference.cell._make(known["cell"])
        same = known["space_group"] == reference.space_group
        if same and cell.hexagonal == reference.cell.hexagonal and not candidate["merged"]:
            yield known["scale"] * (cell.volume / reference.cell.volume) ** (1.0 / 3.0)


def test_the_scale_is_right_where_the_type_is(answers: list[dict[str, Any]]) -> None:
    right = 0
    for (name, scale, _), answer in zip(SAMPLES, answers, strict=True):
        best = answer["candidates"][0]
        if name in (best["type"], *best["merged"]):
            assert best["scale"] == pytest.approx(scale, rel=2e-3), name
            right += 1
    assert right >= 15

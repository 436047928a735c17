"""The bundle in the package, on patterns that nobody tuned it to: the whole path from a file."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import crystinet
from crystinet.core.notes import NoteCode, find_note
from crystinet.crystals.catalogue import find_type, load_catalogue
from crystinet.model.added_nets import unchanged_files
from crystinet.model.bundle_files import bundle_folder, default_bundle_folder, load_bundle


def test_it_knows_the_91_classes_of_the_catalogue() -> None:
    bundle = load_bundle()
    classes = {(kind.number, kind.name) for kind in load_catalogue().classes}
    assert {(entry.number, entry.name) for entry in bundle.types} == classes
    assert len(bundle.group_sizes) == 10


def test_it_is_small_and_its_card_speaks_of_it() -> None:
    folder = default_bundle_folder()
    assert sum(path.stat().st_size for path in folder.iterdir()) < 20e6
    card = (folder / "MODEL_CARD.md").read_text("utf-8")
    assert load_bundle().id in card


@pytest.mark.skipif(importlib.util.find_spec("rietx") is None, reason="needs the extra [example]")
def test_measured_fluorapatite_is_apatite() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "crystinet", "identify", "--example", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    (result,) = json.loads(done.stdout)["results"]
    assert result["candidates"][0]["number"] == 71
    assert result["candidates"][0]["type"] == "Apatite#-(HE,P63/m)"
    assert result["verdict"] == "known"


@pytest.mark.parametrize(
    "name", ["NaCl", "Rutile-TiO2", "Spinel-Al2MgO4", "CaB6", "Olivine-Mg2SiO4"]
)
def test_a_simulated_measurement_from_a_file(tmp_path: Path, name: str) -> None:
    ideal = crystinet.simulate(load_catalogue().by_name(name).reference)
    background = 60.0 + 400.0 * np.exp(-ideal.two_theta_deg / 12.0)
    counts = np.random.default_rng(0).poisson(30.0 * ideal.intensity + background)
    path = tmp_path / "scan.xy"
    kept = (ideal.two_theta_deg > 12.0) & (ideal.two_theta_deg < 90.0)
    np.savetxt(path, np.column_stack([ideal.two_theta_deg[kept], counts[kept]]))
    result = crystinet.identify(path)
    assert result.candidates[0].type == name
    assert sum(c.probability for c in result.candidates) == pytest.approx(1.0, abs=1e-6)
    assert find_note(result.notes, NoteCode.ASSUMED_WAVELENGTH)


def test_wavelength_does_not_decide(tmp_path: Path) -> None:
    structure = load_catalogue().by_name("Fluorite-CaF2").reference
    copper = crystinet.simulate(structure)
    d = 1.5405929 / (2.0 * np.sin(np.radians(copper.two_theta_deg) / 2.0))
    molybdenum = np.degrees(2.0 * np.arcsin(0.7093172 / (2.0 * d)))
    path = tmp_path / "mo.xy"
    np.savetxt(path, np.column_stack([molybdenum, 20.0 * copper.intensity + 5.0]))
    result = crystinet.identify(path, wavelength_angstrom=0.7093)
    assert result.candidates[0].type == "Fluorite-CaF2"
    assert not find_note(result.notes, NoteCode.ASSUMED_WAVELENGTH)


def test_the_second_bundle_is_the_first_and_more(tmp_path: Path) -> None:
    first, second = load_bundle(), load_bundle(bundle_folder(Path("extended")))
    assert unchanged_files(first, second)
    assert second.types[: len(first.types)] == first.types
    assert len(second.types) >= len(first.types) + 20
    own = {path.name for path in default_bundle_folder().with_name("extended").iterdir()}
    assert not own & (first.files.keys() - {"MODEL_CARD.md"})  # the package holds nothing twice
    structure = load_catalogue().by_name("Marcasite-FeS2").reference
    pattern = crystinet.simulate(structure)
    path = tmp_path / "marcasite.xy"
    np.savetxt(path, np.column_stack([pattern.two_theta_deg, 50.0 * pattern.intensity + 20.0]))
    assert crystinet.identify(path).verdict != "known"
    result = crystinet.identify(path, model="extended")
    assert result.candidates[0].type == "Marcasite-FeS2"
    assert result.verdict == "known"


@pytest.mark.parametrize("name", ["Anatase-TiO2", "Quartz-alpha", "Gypsum", "Sulfur-S8", "NaCl"])
def test_the_wide_bundle_names_what_laboratories_measure(name: str) -> None:
    wide = load_bundle(bundle_folder(Path("wide")))
    assert {kind.name for kind in load_bundle().types} < {kind.name for kind in wide.types}
    pattern = crystinet.simulate(find_type(name).reference, counts=10_000, size_nm=60, seed=1)
    answer = crystinet.identify(pattern, model="wide", beyond=False)
    assert answer.candidates[0].type == name
    assert answer.verdict != "unknown"

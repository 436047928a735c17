"""Inputs that are no measurement: an error with a hint, or an answer that does not say "known"."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import crystinet
from crystinet.cli import app
from crystinet.core.arrays import FloatArray
from crystinet.patterns import Pattern

X = np.arange(10.0, 90.0, 0.02)
N = len(X)
COPPER = crystinet.Radiation.of_anode("Cu")


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def peak(centre: float, width: float, height: float) -> FloatArray:
    curve: FloatArray = height * np.exp(-(((X - centre) / width) ** 2))
    return curve


PEAKS = peak(31.7, 0.1, 1000.0) + peak(45.5, 0.1, 600.0) + 30.0

#: Axis and intensity that must be refused, and the code of the error.
REFUSED: dict[str, tuple[FloatArray, FloatArray]] = {
    "constant": (X, np.full(N, 7.0)),
    "zeros": (X, np.zeros(N)),
    "negative counts": (X, -PEAKS),
    "straight line": (X, X),
    "1e300 counts": (X, 1e300 * PEAKS / PEAKS.max()),
    "largest numbers": (X, np.where(np.arange(N) % 2, 1.7e308, -1.7e308)),
    "nan": (X, np.where(np.arange(N) == 5, np.nan, PEAKS)),
    "infinity": (X, np.where(np.arange(N) == 5, np.inf, PEAKS)),
    "only nan": (X, np.full(N, np.nan)),
    "5 points": (X[:5], PEAKS[:5]),
    "tiny range": (np.linspace(30.0, 30.0 + 1e-6, N), PEAKS),
    "beyond 180 degrees": (X + 120.0, PEAKS),
    "three times each angle": (np.repeat(X, 3), np.repeat(PEAKS, 3) + np.tile([0, 1, 2], len(X))),
}
#: What can be read from a file, but not given as a pattern.
ONLY_FILES = {
    "decreasing": (X[::-1], PEAKS[::-1]),
    "each angle twice": (np.repeat(X, 2), np.repeat(PEAKS, 2)),
    "shuffled": (X[np.random.default_rng(0).permutation(N)], PEAKS),
}
SPIKE = np.where(np.arange(N) == 2000, 1e4, 0.0)
#: No crystal, or no more than one line: whatever is answered, it is not "known".
NOT_KNOWN: dict[str, Callable[[], FloatArray]] = {
    "single spike": lambda: SPIKE,
    "spike on noise": lambda: SPIKE + rng().poisson(100.0, N),
    "step": lambda: np.where(X > 50.0, 100.0, 0.0),
    "nearly no counts": lambda: rng().poisson(0.001, N).astype(float),
    "hump without noise": lambda: peak(24.0, 9.0, 1000.0) + 50.0,
    "nanocrystals": lambda: rng().poisson(peak(36.0, 3.0, 500.0) + peak(60.0, 3.0, 300.0) + 50.0),
}
#: These need the screening for signal that the networks do not do.
WITHOUT_SIGNAL: dict[str, Callable[[], FloatArray]] = {
    "poisson noise": lambda: rng().poisson(100.0, N),
    "gaussian noise": lambda: rng().normal(1000.0, 30.0, N),
    "noise around zero": lambda: rng().normal(0.0, 1.0, N),
    "noise on a slope": lambda: rng().poisson(200.0 + 1e5 / X**1.5),
    "amorphous hump": lambda: rng().poisson(peak(24.0, 9.0, 1000.0) + 50.0),
    "glass in air": lambda: rng().poisson(peak(24.0, 7.0, 3000.0) + 2e4 / X**1.5 + 50.0),
}


def run(files: list[Path]) -> list[dict[str, object]]:
    """Identify files with the real command; a fault of ours would be exit status 1."""
    result = CliRunner().invoke(app, ["identify", *map(str, files), "--json"])
    assert result.exit_code in (0, 2), result.stderr
    assert "Traceback" not in result.stderr
    entries: list[dict[str, object]] = json.loads(result.stdout)["results"]
    return entries


def write(folder: Path, name: str, x: FloatArray, y: FloatArray) -> Path:
    path = folder / f"{name}.xy"
    np.savetxt(path, np.column_stack([x, y]), fmt="%.10g")
    return path


@pytest.mark.parametrize("name", REFUSED)
def test_the_impossible_is_refused_in_python(name: str) -> None:
    x, y = REFUSED[name]
    with pytest.raises(crystinet.CrystinetError) as caught:
        crystinet.identify(Pattern.from_arrays(x, y, wavelength_angstrom=1.5406))
    assert caught.value.code == "invalid-pattern"
    assert len(caught.value.hint) > 10


@pytest.mark.parametrize("name", ONLY_FILES)
def test_unordered_arrays_are_refused_in_python(name: str) -> None:
    with pytest.raises(crystinet.CrystinetError, match="does not increase"):
        Pattern.from_arrays(*ONLY_FILES[name], wavelength_angstrom=1.5406)


def test_the_impossible_is_refused_by_the_command(tmp_path: Path) -> None:
    # One missing intensity in a file is left out with a note; in an array it is refused.
    refused = {name: pair for name, pair in REFUSED.items() if name != "nan"}
    files = [write(tmp_path, name, x, y) for name, (x, y) in refused.items()]
    for entry in run(files):
        assert entry["ok"] is False, entry["file"]
        assert entry["error"]["code"] == "invalid-pattern"  # type: ignore[index]


def test_unordered_files_are_put_in_order_aloud(tmp_path: Path) -> None:
    for name, (x, y) in ONLY_FILES.items():
        (entry,) = run([write(tmp_path, name, x, y)])
        assert entry["ok"] is True
        warnings = " ".join(entry["warnings"])  # type: ignore[arg-type]
        assert "sorted" in warnings or "averaged" in warnings


@pytest.mark.parametrize("name", NOT_KNOWN)
def test_what_is_no_diffraction_pattern_is_not_known(name: str) -> None:
    pattern = Pattern.from_arrays(X, NOT_KNOWN[name](), wavelength_angstrom=1.5406)
    assert crystinet.identify(pattern).verdict != "known"


@pytest.mark.parametrize("name", WITHOUT_SIGNAL)
def test_what_has_no_signal_is_not_known(name: str) -> None:
    pattern = Pattern.from_arrays(X, WITHOUT_SIGNAL[name](), wavelength_angstrom=1.5406)
    result = crystinet.identify(pattern)
    assert result.verdict != "known"
    assert result.warnings


@pytest.mark.parametrize("scale", [1e-300, 1e-320, 1e90])
def test_extreme_units_are_only_units(scale: float) -> None:
    pattern = Pattern.from_arrays(X, scale * PEAKS, wavelength_angstrom=1.5406)
    plain = crystinet.identify(Pattern.from_arrays(X, PEAKS, wavelength_angstrom=1.5406))
    assert crystinet.identify(pattern).candidates[0].type == plain.candidates[0].type


@pytest.mark.parametrize("measured", [0, 2, 99])
def test_hardly_a_measured_point(measured: int) -> None:
    mask = np.zeros(N, dtype=np.bool_)
    mask[np.linspace(0, N - 1, measured).astype(int)] = True
    with pytest.raises(crystinet.CrystinetError, match=f"^{measured} measured points"):
        crystinet.identify(crystinet.Pattern(X, PEAKS, COPPER, mask))


def test_a_million_points_are_many_but_no_fault() -> None:
    x = np.linspace(5.0, 110.0, 1_000_000)
    y = rng().poisson(50.0 + 1000.0 * np.exp(-(((x - 40.0) / 0.1) ** 2)))
    assert crystinet.identify(Pattern.from_arrays(x, y, wavelength_angstrom=1.5406)).candidates

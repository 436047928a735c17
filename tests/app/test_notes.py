"""Codes are documented, and no program looks at the text of a note."""

import re
from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
import pytest

import crystinet
from crystinet.app.models import load_model
from crystinet.core.errors import InvalidWavelengthError
from crystinet.core.notes import Note, NoteCode
from crystinet.model.identification import Identification, Verdict
from crystinet.patterns.pattern import Pattern
from crystinet.report.identified import plot_identification

X = np.arange(5.0, 90.0, 0.02)


def lines(*centres: float, fwhm: float = 0.12, height: float = 2000.0) -> np.ndarray:
    return sum(
        (height * np.exp(-4.0 * np.log(2) * ((X - c) / fwhm) ** 2) for c in centres), 0.0 * X
    )


def noisy(curve: np.ndarray) -> np.ndarray:
    return np.random.default_rng(5).poisson(30.0 + curve).astype(np.float64)


ROCK_SALT = lines(27.4, 31.7, 45.4, 53.9, 56.5, 66.2, 75.3, 84.0)
CURVES: dict[str, Callable[[], np.ndarray]] = {
    "no line": lambda: noisy(0.0 * X),
    "one line": lambda: noisy(lines(31.7)),
    "rock salt": lambda: noisy(ROCK_SALT),
    "direct beam": lambda: noisy(ROCK_SALT + 30_000.0 * np.exp(-(X - 5.0) / 0.3)),
    "spike": lambda: noisy(ROCK_SALT) + 9000.0 * (np.abs(X - 60.0) < 0.005),
}
CODES = {
    "no line": {NoteCode.NO_PEAKS, NoteCode.LOW_SIGNAL},
    "one line": {NoteCode.ONE_PEAK},
    "rock salt": set(),
    "direct beam": {NoteCode.DIRECT_BEAM_MASKED},
    "spike": {NoteCode.SPIKES_REMOVED},
}


@pytest.fixture
def reword(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Afterwards every note, made before or later, says something else."""

    def now() -> None:
        said = property(lambda note: f"{note.code.name} in other words", lambda note, text: None)
        monkeypatch.setattr(Note, "text", said)

    return now


def answers() -> dict[str, Identification]:
    model = load_model()
    patterns = [Pattern.from_arrays(X, curve(), name=name) for name, curve in CURVES.items()]
    return dict(zip(CURVES, model.identify([model.sample(p) for p in patterns]), strict=True))


def test_rewording_every_note_changes_no_answer(reword: Callable[[], None]) -> None:
    before = answers()
    for name, codes in CODES.items():
        assert {note.code for note in before[name].notes} == codes | {NoteCode.ASSUMED_WAVELENGTH}
    assert before["no line"].verdict is Verdict.UNKNOWN
    assert before["one line"].verdict is not Verdict.KNOWN
    said = {name: answer.warnings for name, answer in before.items()}
    reword()
    after = answers()
    for name in CURVES:
        first, second = before[name], after[name]
        assert set(second.warnings).isdisjoint(said[name])
        assert [n.code for n in second.notes] == [n.code for n in first.notes]
        assert second.verdict is first.verdict
        assert second.unknown_score == first.unknown_score
        assert second.candidates == first.candidates


def test_rewording_every_note_keeps_the_rule_of_calculated_angles(
    tmp_path: Path, reword: Callable[[], None]
) -> None:
    d = 1.5405929 / (2.0 * np.sin(np.radians(X) / 2.0))
    curve = noisy(ROCK_SALT)
    np.savetxt(tmp_path / "d.csv", np.column_stack([d, curve]), delimiter=",", header="d,intensity")
    np.savetxt(tmp_path / "a.xy", np.column_stack([X, curve]))
    reword()
    with pytest.raises(InvalidWavelengthError, match="another wavelength"):
        crystinet.identify(crystinet.read_pattern(tmp_path / "d.csv"), wavelength_angstrom=0.7)
    plain = crystinet.read_pattern(tmp_path / "a.xy")
    assert [note.code for note in plain.notes] == [NoteCode.ASSUMED_WAVELENGTH]
    given = crystinet.identify(plain, wavelength_angstrom=1.5406)
    assert not given.notes


def test_rewording_every_note_still_shades_the_direct_beam(
    tmp_path: Path, reword: Callable[[], None]
) -> None:
    reword()
    model = load_model()
    shaded = {}
    for name in ("direct beam", "rock salt"):
        pattern = Pattern.from_arrays(X, CURVES[name](), wavelength_angstrom=1.5406)
        sample = model.sample(pattern)
        (answer,) = model.identify([sample])
        path = tmp_path / f"{name}.svg"
        with matplotlib.rc_context({"svg.fonttype": "none"}):  # letters stay letters
            plot_identification(sample, answer, path, placement=None)
        shaded[name] = "direct beam, masked" in path.read_text("utf-8")
    assert shaded == {"direct beam": True, "rock salt": False}


def test_every_code_is_documented_once() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/notes.md").read_text("utf-8")
    headings = re.findall(r"^### (\S+)$", page, flags=re.MULTILINE)
    assert headings == [code.value for code in NoteCode]
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code.value) for code in NoteCode)

"""What an answer says beyond the types."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import crystinet
from crystinet.agent.roots import Roots
from crystinet.agent.tools import Tools
from crystinet.app.documents import xy_text
from crystinet.app.identify import Identifier
from crystinet.app.models import line_check, load_model
from crystinet.app.question import Question
from crystinet.cli import app
from crystinet.core.cell import Cell
from crystinet.core.diffraction import two_theta_of
from crystinet.core.progress import Enough, Patience
from crystinet.crystals.catalogue import find_type
from crystinet.fit.beyond_types import beyond_types
from crystinet.lines.indexing import search
from crystinet.lines.indexing.beyond import Beyond, look_beyond
from crystinet.model.symmetry import SPACE_GROUPS, symmetry_of


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may take its time."""
    monkeypatch.setattr("crystinet.lines.indexing.beyond.LONGEST_S", 600.0)


@pytest.fixture(scope="module")
def pattern() -> crystinet.Pattern:
    return crystinet.simulate(find_type("NaCl").reference, counts=5000, seed=1)


@pytest.fixture(scope="module")
def unknown() -> crystinet.Pattern:
    """Lines of a primitive tetragonal lattice with heights that no compound has."""
    cell = Cell(6.21, 6.21, 9.87, 90.0, 90.0, 90.0)
    hkl = np.array([(h, k, m) for h in range(4) for k in range(h + 1) for m in range(5)][1:])
    place = two_theta_of(cell.d_spacing(hkl) ** -2.0, 1.54056)
    place = place[place < 60.0]
    x = np.arange(10.0, 62.0, 0.02)
    height = 200.0 + 1000.0 * np.random.default_rng(4).random(len(place))
    y = 20.0 + (height * np.exp(-(((x[:, None] - place) / 0.06) ** 2))).sum(axis=1)
    return crystinet.Pattern.from_arrays(x, y, wavelength_angstrom=1.54056)


def write(path: Path, pattern: crystinet.Pattern) -> Path:
    path.write_text(xy_text(pattern))
    return path


def test_an_unknown_verdict_says_the_lattice_by_itself(unknown: crystinet.Pattern) -> None:
    answer = crystinet.identify(unknown, top=3)
    assert answer.verdict is crystinet.Verdict.UNKNOWN
    assert answer.beyond is not None
    assert answer.beyond.complete
    assert answer.beyond.best is not None
    assert answer.beyond.best.cell[:3] == pytest.approx((6.21, 6.21, 9.87), abs=0.01)
    said = "tetragonal primitive"
    assert said in answer.sentence
    assert said not in replace(answer, verdict=crystinet.Verdict.UNCERTAIN).sentence
    assert crystinet.identify(unknown, top=3, beyond=False).beyond is None
    (outcome,) = crystinet.identify_many([unknown])
    assert outcome.result.beyond is None
    (outcome,) = crystinet.identify_many([unknown], beyond=None)
    assert outcome.result.beyond == answer.beyond


def test_a_known_type_is_indexed_where_somebody_asks(pattern: crystinet.Pattern) -> None:
    answer = crystinet.identify(pattern, top=3)
    assert answer.beyond is None
    assert "beyond" not in answer.to_dict()
    asked = crystinet.identify(pattern, top=3, beyond=True)
    assert asked.beyond is not None
    assert asked.beyond.best is not None
    assert asked.beyond.best.words.startswith("cubic face-centred, a = 4.21")
    with pytest.raises(crystinet.ConfigError, match="beyond"):
        crystinet.identify(pattern, beyond="yes")  # type: ignore[arg-type]


def test_by_itself_one_pattern_of_a_file_is_indexed_and_not_many(
    unknown: crystinet.Pattern,
) -> None:
    identifier = Identifier(Question(beyond=None))
    one, two = (
        [outcome.result.identification.beyond for outcome in identifier.answers("a", lambda n=n: n)]  # type: ignore[misc]
        for n in ([unknown], [unknown, unknown])
    )
    assert one[0] is not None
    assert two == [None, None]


def test_a_search_that_is_refused_ends_with_what_it_has(unknown: crystinet.Pattern) -> None:
    def refuse(stage: str, done: int, total: int, *, note: str = "") -> None:
        if note == "hexagonal":
            raise Enough

    found = Identifier(Question(beyond=True), progress=refuse).answer(unknown).identification.beyond
    assert found is not None
    assert not found.complete
    assert found.best is not None
    assert found.best.system == "tetragonal"
    assert not found.to_dict()["complete"]


def test_patience_ends() -> None:
    told: list[int] = []
    patient = Patience(1000.0, lambda stage, done, total, note="": told.append(done))
    patient("Indexing", 1, 2)
    assert (told, patient.over) == ([1], False)
    patient = Patience(-1.0)
    with pytest.raises(Enough):
        patient("Indexing", 1, 2)
    assert patient.over


@contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C as in a terminal; tests may run where it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def test_ctrl_c_gives_the_answer_without_the_search(
    unknown: crystinet.Pattern, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = search.screen

    def interrupted(*args: Any, **options: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        return screen(*args, **options)

    monkeypatch.setattr(search, "screen", interrupted)
    path = write(tmp_path / "a.xy", unknown)
    with interruptible():
        shown = CliRunner().invoke(app, ["identify", str(path), "--json"])
    assert "Ctrl-C again" in shown.stderr
    assert shown.exit_code == 0
    (result,) = json.loads(shown.stdout)["results"]
    assert result["verdict"] == "unknown"
    assert not result["beyond"]["complete"]


def test_an_agent_and_a_watched_folder_get_the_lattice(
    unknown: crystinet.Pattern, tmp_path: Path
) -> None:
    write(tmp_path / "a.xy", unknown)
    tools = Tools(Roots({"here": tmp_path}))
    assert "beyond" not in tools.identify("here/a.xy")["answers"][0]
    (answer,) = tools.identify("here/a.xy", beyond=True)["answers"]
    assert answer["beyond"]["cells"][0]["name"] == "tetragonal primitive"
    words = ["watch", str(tmp_path), "--once", "--settle", "0", "--beyond"]
    assert "tetragonal primitive, a = 6.2" in CliRunner().invoke(app, words).stdout
    (result,) = json.loads((tmp_path / "a.xy.answer.json").read_text())["results"]
    assert result["beyond"]["system"] == "tetragonal"


def test_the_command_looks_for_the_lattice_of_one_unknown_file(
    unknown: crystinet.Pattern, tmp_path: Path
) -> None:
    one, two = (write(tmp_path / name, unknown) for name in ("a.xy", "b.xy"))
    lattice = "tetragonal primitive cell with a = 6.2"

    def said(*words: object) -> str:
        return CliRunner().invoke(app, ["identify", *map(str, words)]).stdout

    assert lattice in said(one)
    assert lattice not in said(one, "--no-beyond")
    assert lattice not in said(one, two, "--details")
    page = tmp_path / "page.html"
    said(one, "--report", page)
    text = page.read_text()
    assert lattice in text
    assert "<td>tetragonal primitive</td>" in text


def test_the_command_shows_cells_and_writes_them(
    pattern: crystinet.Pattern, tmp_path: Path
) -> None:
    path = tmp_path / "a.xy"
    path.write_text(xy_text(pattern))
    words = ["identify", str(path), "--beyond"]
    told = CliRunner().invoke(app, words).stdout
    assert "cubic face-centred cell with a = 4.21" in told
    assert "cubic face-centred, a = 4.21" in told
    assert "Space groups of the first cell, the most probable first: F m -3 m, " in told
    (result,) = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)["results"]
    assert result["beyond"]["system"] == "cubic"
    first = result["beyond"]["cells"][0]
    assert (first["centring"], first["lines"] >= first["indexed"] > 5) == ("F", True)


def test_where_networks_say_another_system_the_sentence_says_what_is_believed(
    unknown: crystinet.Pattern, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load_model(None)
    sample, check = model.sample(unknown), line_check(model)
    (found,) = model.identify([sample])
    lattice = look_beyond(sample)
    monkeypatch.setattr("crystinet.fit.beyond_types.look_beyond", lambda *_, **__: lattice)

    def beyond_with(space_group: int) -> Beyond:
        chance = np.eye(SPACE_GROUPS)[space_group - 1]
        said = replace(found, symmetry=symmetry_of(chance))
        return beyond_types(check.lines_on(sample), said)

    tetragonal, cubic = beyond_with(83), beyond_with(200)
    assert tetragonal.networks_say is None
    assert tetragonal.to_dict()["networks_say"] is None
    assert cubic.networks_say == ("cubic", 1.0)
    assert cubic.to_dict()["networks_say"] == {"system": "cubic", "probability": 1.0}
    assert "networks would say cubic" in cubic.sentence
    assert "the lattice is believed" in cubic.sentence
    assert "less symmetric" not in cubic.sentence
    assert "less symmetric" in beyond_with(62).sentence

"""A further type that is known is what every form of an answer says first."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import crystinet
from crystinet.agent.roots import Roots
from crystinet.agent.tools import Tools
from crystinet.cli import app
from crystinet.cli.watch import line_of
from crystinet.crystals.catalogue import find_type


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("patterns")
    for name in ("Quartz-alpha", "NaCl"):
        pattern = crystinet.simulate(find_type(name).reference, counts=20_000, seed=1)
        crystinet.write_pattern(pattern, folder / f"{name}.xy")
    return folder


def run(*words: object) -> Result:
    result = CliRunner().invoke(app, [*map(str, words), "--wavelength", "Cu"])
    assert result.exit_code == 0, result.stderr
    return result


def test_lines_of_many_files_say_further(folder: Path) -> None:
    told = run("identify", folder).stdout
    (line,) = [each for each in told.splitlines() if "Quartz-alpha.xy" in each]
    assert line.split(maxsplit=1)[1].startswith("further  ")
    assert line.endswith("%  Quartz-alpha, a further type")
    assert told.splitlines()[-1].endswith("1 known, 1 of a further type")


def test_no_lattice_is_looked_for_where_a_further_type_is_known(folder: Path) -> None:
    (entry,) = json.loads(run("identify", folder / "Quartz-alpha.xy", "--json").stdout)["results"]
    assert entry["verdict"] == "unknown"
    assert "beyond" not in entry
    assert entry["further"]["types"][0]["space_group"] in (152, 154)


def test_details_rank_all_types_and_name_no_endless_set(folder: Path) -> None:
    told = run("identify", folder / "Quartz-alpha.xy", "--details").stdout
    first = next(line for line in told.splitlines() if line.strip().startswith("1 "))
    assert "Quartz-alpha" in first
    assert "further" in first
    assert "any of" in told  # of dozens of types


def test_a_fit_of_other_types_says_where_to_ask(folder: Path) -> None:
    told = run("identify", folder / "Quartz-alpha.xy", "--lattice").stdout
    assert "About Quartz-alpha: --model wide" in told
    assert "--model wide" not in run("identify", folder / "NaCl.xy", "--lattice").stdout


def test_a_refinement_starts_from_the_further_type(folder: Path) -> None:
    fit = crystinet.refine(folder / "Quartz-alpha.xy", wavelength_angstrom="Cu")
    assert fit.phases[0].type == "Quartz-alpha"


def test_a_report_names_it(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("jinja2")
    page = tmp_path / "answers.html"
    run("identify", folder, "--report", page)
    text = page.read_text("utf-8")
    assert '<td class="verdict further">further</td><td>Quartz-alpha</td>' in text
    assert "identified as Quartz-alpha (a further type" in text
    assert "lines of Quartz-alpha at the lattice of the sample" in text
    assert "AlB2" not in text


def test_a_watched_folder_names_it(folder: Path) -> None:
    from crystinet.app.identify import identify_files
    from crystinet.app.question import Question

    question = Question.of(anode="Cu")
    (outcome,) = identify_files([folder / "Quartz-alpha.xy"], question)
    told = line_of(outcome, name="Quartz-alpha.xy")
    assert told.endswith("further  Quartz-alpha, a further type  99 %")


def test_tables_of_many_answers_name_it(folder: Path) -> None:
    answers = crystinet.identify_many([folder / "Quartz-alpha.xy"], anode="Cu")
    assert len(answers) == 1
    assert "further, Quartz-alpha, a further type, 9" in repr(answers)
    assert "AlB2" not in answers._repr_html_()


def test_a_language_model_is_told_the_sentence(folder: Path) -> None:
    (answer,) = Tools(Roots({"xrd": folder})).identify("xrd/Quartz-alpha.xy", wavelength="Cu")[
        "answers"
    ]
    assert answer["sentence"].startswith("It is one of 878 further types: Quartz-alpha")
    assert answer["further"]["known"] is True
    assert answer["symmetry"]["systems"][0]["system"] == "trigonal"
    assert answer["candidates"][0]["probability"] < 0.01  # among all types

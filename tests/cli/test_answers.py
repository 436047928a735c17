"""What ``crystinet identify`` prints for people, into files and spreadsheets, and out of pipes."""

import csv
import gzip
import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import crystinet
from crystinet.app.documents import xy_text
from crystinet.app.identifications import SUMMARY_COLUMNS
from crystinet.cli import app, tables
from crystinet.core.notes import Note, NoteCode
from crystinet.crystals.catalogue import find_type
from crystinet.model.identification import Candidate, Identification, Verdict

Write = Callable[..., Path]
Run = Callable[..., Result]


@pytest.fixture
def identify(bundle_folder: Path) -> Run:
    def run(*arguments: object, input: bytes | None = None) -> Result:
        words = ["identify", *map(str, arguments), "--model", str(bundle_folder)]
        return CliRunner().invoke(app, words, input=input)

    return run


def candidate(name: str, probability: float) -> Candidate:
    return Candidate(name, 18, (), 0.9, probability, 0.8, 0.7, 3)


def answer(verdict: Verdict, *, wavelength_from: str = "given") -> Identification:
    return Identification(
        candidates=(
            candidate("Rutile-TiO2", 0.9942),
            candidate("AlB2", 0.003),
            candidate("X", 1e-5),
        ),
        candidate_set=("Rutile-TiO2",),
        verdict=verdict,
        reason="" if verdict is Verdict.KNOWN else "Because.",
        unknown_score=0.1234,
        wavelength_angstrom=1.5405929,
        two_theta_range=(20.0, 80.0),
        notes=(Note(NoteCode.ASSUMED_WAVELENGTH, "Twice."), Note(NoteCode.ONE_PEAK, "One peak.")),
        steps=("resampled",),
        model_id="0" * 64,
        model_version="1",
        elapsed_s=0.01,
        wavelength_from=wavelength_from,
    )


def printed(shown: object, *, width: int = 100) -> str:
    console = tables.make_console(io.StringIO())
    console.width = width
    console.print(shown)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert isinstance(text, str)
    return text


def test_the_first_screen_is_a_sentence_what_was_assumed_and_a_number_a_candidate() -> None:
    text = printed(
        tables.first_screen("a.xy", answer(Verdict.KNOWN, wavelength_from="assumed"), top=5)
    )
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    assert lines[1] == "Known type: Rutile-TiO2 (no. 18), probability 99 %."
    assert "1.54059 angstrom (assumed): a Cu tube" in lines[2]
    assert "--anode" in lines[2]
    assert [line.split() for line in lines[3:] if line.endswith("%")] == [
        ["Rutile-TiO2", "99.4", "%"],
        ["AlB2", "0.3", "%"],
    ]
    assert "0.123" not in text
    assert ("Warning: One peak." in text, "Twice." in text) == (True, False)
    details = printed(tables.details_of_answer("a.xy", answer(Verdict.KNOWN), top=5))
    assert all(word in details for word in ("0.0 %", "0.12", "resampled", "000000000000"))


def test_a_reason_is_not_said_twice() -> None:
    doubt = replace(
        answer(Verdict.UNCERTAIN),
        reason="A line is none of it.",
        notes=(Note(NoteCode.UNEXPLAINED_LINES, "A line is none of it."),),
    )
    assert printed(tables.first_screen("a.xy", doubt, top=5)).count("A line is none of it.") == 1


def test_twins_are_named_in_both_forms() -> None:
    alone = answer(Verdict.KNOWN)
    twins = tuple(each for each in alone.candidates if each.type == "AlB2")
    pair = replace(alone, twins=twins, reason="Alike.")
    line = printed(tables.answer_line("a.xy", pair, width=4))
    assert "known" in line
    assert "Rutile-TiO2 (no. 18) or AlB2" in line
    assert "or AlB2 (0 %). Alike." in printed(tables.first_screen("a.xy", pair, top=5))


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_every_width_shows_whole_names(width: int) -> None:
    text = printed(tables.first_screen("a.xy", answer(Verdict.UNCERTAIN), top=5), width=width)
    assert "Rutile-TiO2" in text
    assert "99.4 %" in text
    assert "…" not in text


def test_many_files_are_a_line_each_and_their_notes_once(
    identify: Run, pattern_file: Write, tmp_path: Path
) -> None:
    files = [pattern_file(f"{name}.xy", header="") for name in "abc"]
    result = identify(*files, tmp_path / "gone.xy")
    rows = [line for line in result.stdout.splitlines() if line.startswith(str(tmp_path))]
    assert [Path(row.split()[0]).name for row in rows] == ["a.xy", "b.xy", "c.xy"]
    assert all(row.endswith("(Cu tube assumed)") for row in rows)
    assert result.stdout.count("was assumed. Give the wavelength") == 1
    assert "Warning, 3 files" in result.stdout
    assert "4 files in" in result.stdout
    assert "gone.xy: There is no file" in result.stderr
    assert identify(*files, "--details").stdout.count("Unknown score") == 3


def test_csv_is_a_line_a_pattern(identify: Run, pattern_file: Write, tmp_path: Path) -> None:
    strange = pattern_file('a, "b".xy', header="")
    result = identify(strange, tmp_path / "gone.xy", "--csv")
    assert result.exit_code == 2
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert list(rows[0]) == list(SUMMARY_COLUMNS)
    assert [row["file"] for row in rows] == [str(strange), str(tmp_path / "gone.xy")]
    assert [row["error_code"] for row in rows] == ["", "file-missing"]
    assert {row["crystal_system"] for row in rows} == {""}
    assert rows[0]["notes"] == "assumed-wavelength"
    (entry,) = json.loads(identify(strange, "--json").stdout)["results"]
    assert rows[0]["type"] == entry["candidates"][0]["type"]
    assert float(rows[0]["probability"]) == entry["candidates"][0]["probability"]
    assert "assumed" in result.stderr


@pytest.mark.parametrize(
    ("name", "words", "begins"),
    [
        ("out.json", (), "{"),
        ("out.csv", (), "file,ok,verdict"),
        ("out.txt", (), ""),
        ("out.dat", ("--json",), "{"),
        ("out.json", ("--csv",), "file,ok,verdict"),
    ],
)
def test_answers_go_into_a_file(
    identify: Run,
    pattern_file: Write,
    tmp_path: Path,
    name: str,
    words: tuple[str, ...],
    begins: str,
) -> None:
    out = tmp_path / "answers" / name
    out.parent.mkdir()
    result = identify(pattern_file(), "-o", out, *words)
    assert (result.exit_code, result.stdout) == (0, "")
    assert str(out) in result.stderr
    assert out.read_text("utf-8").startswith(begins)
    assert "good.xy" in out.read_text("utf-8")
    assert [path.name for path in out.parent.iterdir()] == [name]


def test_a_file_that_cannot_be_written_is_told_before_the_work(
    identify: Run, pattern_file: Write, tmp_path: Path
) -> None:
    result = identify(pattern_file(), "-o", tmp_path / "gone" / "out.json")
    assert result.exit_code == 2
    assert "there is no folder" in result.stderr
    assert identify(pattern_file(), "--json", "--csv").exit_code == 2


def test_an_old_file_stays_where_the_work_fails(
    identify: Run, pattern_file: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.txt"
    out.write_text("old")
    identify(pattern_file(), "-o", out, "--elements", "Xx")
    assert out.read_text() == "old"


def test_a_pattern_comes_through_a_pipe(identify: Run, pattern_file: Write) -> None:
    path = pattern_file()
    (expected,) = json.loads(identify(path, "--json").stdout)["results"]
    for data in (path.read_bytes(), gzip.compress(path.read_bytes())):
        (entry,) = json.loads(identify("-", "--json", input=data).stdout)["results"]
        assert entry["file"] == "-"
        assert entry["candidates"] == expected["candidates"]
    mixed = json.loads(identify(path, "-", "--json", input=path.read_bytes()).stdout)
    assert [entry["file"] for entry in mixed["results"]] == [str(path), "-"]


def test_an_empty_pipe_and_two_of_them_are_refused(identify: Run) -> None:
    result = identify("-", input=b"")
    assert result.exit_code == 2
    assert "standard input is empty" in result.stderr
    twice = identify("-", "-", input=b"1 2")
    assert twice.exit_code == 2
    assert "more than once" in twice.stderr


def test_a_closed_standard_input_is_told(bundle_folder: Path) -> None:
    words = f"identify - --model {bundle_folder} <&-"
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m crystinet {words}"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "standard input is empty" in done.stderr


def test_explain_reads_a_pipe_too(mapped_bundle: Path, pattern_file: Write) -> None:
    path = pattern_file()
    words = ["explain", "-", "--json", "--model", str(mapped_bundle)]
    result = CliRunner().invoke(app, words, input=path.read_bytes())
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["file"] == "-"
    found = crystinet.explain(path, model=mapped_bundle)
    assert document["candidate"]["type"] == found.candidate.type


def test_a_further_type_is_named_on_the_first_screen(tmp_path: Path) -> None:
    for name, further in (("Gypsum", True), ("NaCl", False)):
        pattern = crystinet.simulate(find_type(name).reference, counts=10_000, seed=1)
        path = tmp_path / f"{name}.xy"
        path.write_text(xy_text(pattern), encoding="utf-8")
        words = ["identify", str(path), "--wavelength", "Cu", "--no-beyond"]
        told = CliRunner().invoke(app, words).stdout
        assert ("further types: Gypsum" in told) is further, told
        for alone in ("wide", "published"):
            assert "further types" not in CliRunner().invoke(app, [*words, "--model", alone]).stdout

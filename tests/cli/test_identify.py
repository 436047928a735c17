"""``crystinet identify``: the contract of its JSON, its exit status and its errors."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from crystinet.cli import app
from crystinet.core.radiation import Radiation
from crystinet.patterns import Pattern
from crystinet.patterns.readers import registry

Write = Callable[..., Path]
Run = Callable[..., Result]

CANDIDATE_KEYS = {
    "type",
    "number",
    "merged",
    "reliability",
    "probability_of_all",
    "probability",
    "similarity",
    "confidence",
    "net",
}


@pytest.fixture
def identify(bundle_folder: Path) -> Run:
    """Return a function that runs ``crystinet identify`` with the small bundle."""

    def run(*arguments: object) -> Result:
        words = ["identify", *map(str, arguments), "--model", str(bundle_folder)]
        return CliRunner().invoke(app, words)

    return run


def document(result: Result) -> dict[str, Any]:
    """Parse all of standard output, refusing NaN."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} in JSON")

    parsed: dict[str, Any] = json.loads(result.stdout, parse_constant=refuse)
    return parsed


def test_json_has_the_shape_of_the_contract(identify: Run, pattern_file: Write) -> None:
    path = pattern_file()
    result = identify(path, "--json")
    assert result.exit_code == 0
    answer = document(result)
    assert answer.keys() == {"model", "results"}
    assert len(answer["model"]["id"]) == 64
    assert answer["model"]["version"] == "test"
    (entry,) = answer["results"]
    assert entry["file"] == str(path)
    assert entry["ok"] is True
    assert entry["verdict"] in {"known", "uncertain", "unknown"}
    assert 0.0 <= entry["unknown_score"] <= 1.0
    assert entry["wavelength_angstrom"] == pytest.approx(1.5406, abs=1e-4)
    assert entry["two_theta_range"] == [20.0, pytest.approx(79.95)]
    assert entry["warnings"] == []
    assert entry["elapsed_s"] > 0.0
    assert all(isinstance(step, str) for step in entry["preprocessing"])
    assert len(entry["candidates"]) == 5
    for candidate in entry["candidates"]:
        assert candidate.keys() == CANDIDATE_KEYS
        for score in ("reliability", "probability", "similarity", "confidence"):
            assert 0.0 <= candidate[score] <= 1.0
        assert 1 <= candidate["number"] <= 91
    ranking = [candidate["reliability"] for candidate in entry["candidates"]]
    assert ranking == sorted(ranking, reverse=True)


def test_top_is_at_least_five_in_json_and_exact_in_the_table(
    identify: Run, pattern_file: Write
) -> None:
    path = pattern_file()
    for top, expected in ((1, 5), (6, 6), (99, 7)):
        entry = document(identify(path, "--json", "--top", top))["results"][0]
        assert len(entry["candidates"]) == expected
    table = identify(path, "--top", "2", "--details").stdout
    assert "\n    2 " in table
    assert "\n    3 " not in table


def test_merged_classes_list_both_names(identify: Run, pattern_file: Write) -> None:
    entry = document(identify(pattern_file(), "--json", "--top", "7"))["results"][0]
    merged = {candidate["number"]: candidate["merged"] for candidate in entry["candidates"]}
    assert merged[65] == ["bcc-W"]
    assert merged[15] == []


def test_table_says_verdict_range_and_ranking(identify: Run, pattern_file: Write) -> None:
    result = identify(pattern_file())
    assert result.exit_code == 0
    assert "20.00 to 79.95 degrees 2theta" in result.stdout
    assert any(word in result.stdout for word in ("Known type", "Uncertain", "Unknown"))
    assert "probability" in result.stdout
    others = ("rank", "reliability", "similarity", "confidence", "unknown score", "Prepared")
    assert not [word for word in others if word.lower() in result.stdout.lower()]
    assert result.stderr == ""
    details = identify(pattern_file(), "--details").stdout.lower()
    assert not [word for word in others if word.lower() not in details]


def test_assumed_wavelength_is_a_warning_and_the_option_removes_it(
    identify: Run, pattern_file: Write
) -> None:
    path = pattern_file("bare.xy", header="")
    assumed = identify(path, "--json")
    (warning,) = document(assumed)["results"][0]["warnings"]
    assert "assumed" in warning
    assert warning in assumed.stderr
    assert "1.54059 angstrom (assumed): a Cu tube" in identify(path).stdout
    given = document(identify(path, "--json", "--wavelength", "0.7093"))["results"][0]
    assert given["wavelength_angstrom"] == pytest.approx(0.7093, abs=1e-4)
    assert not [text for text in given["warnings"] if "assumed" in text]


def few_points() -> str:
    return "".join(f"{20 + i} {i % 7}\n" for i in range(60))


def numbers(*, start: float = 20.0, step: float = 0.05, count: int = 600) -> list[str]:
    return [f"{start + step * i:.3f} {100 + (i * 37) % 91}" for i in range(count)]


BAD = {
    "empty": (b"", "unreadable-file"),
    "binary junk": (bytes(range(256)) * 40, "unreadable-file"),
    "no numbers": (b"Dear colleague,\nplease find the pattern attached.\n", "unreadable-file"),
    "few points": (few_points().encode(), "invalid-pattern"),
    "no angles": ("\n".join(f"20.0 {i}" for i in range(600)).encode(), "invalid-pattern"),
    "infinite": ("\n".join([*numbers(), "60.0 inf", "60.1 5"]).encode(), "invalid-pattern"),
    "short span": ("\n".join(numbers(step=0.01)).encode(), "invalid-pattern"),
    "no signal": ("\n".join(f"{20 + i / 20} 0" for i in range(600)).encode(), "invalid-pattern"),
    "wavelength in file": (
        "\n".join(["# wavelength = -1.5", *numbers()]).encode(),
        "invalid-wavelength",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_gets_its_error_and_the_others_their_answer(
    case: str, identify: Run, pattern_file: Write, tmp_path: Path
) -> None:
    content, code = BAD[case]
    bad = tmp_path / "bad.xy"
    bad.write_bytes(content)
    first, last = pattern_file("first.xy"), pattern_file("last.xy")
    result = identify(first, bad, last, "--json")
    assert result.exit_code == 2
    results = document(result)["results"]
    assert [entry["file"] for entry in results] == [str(first), str(bad), str(last)]
    assert [entry["ok"] for entry in results] == [True, False, True]
    error = results[1]["error"]
    assert results[1].keys() == {"file", "ok", "error"}
    assert error.keys() == {"code", "message", "hint"}
    assert error["code"] == code
    assert len(error["message"]) > 10
    assert len(error["hint"]) > 10
    assert error["hint"] in result.stderr


def test_missing_file_and_empty_folder_leave_the_others_alone(
    identify: Run, pattern_file: Write, tmp_path: Path
) -> None:
    good = pattern_file()
    (tmp_path / "void").mkdir()
    result = identify(tmp_path / "gone.xy", tmp_path / "void", good, "--json")
    assert result.exit_code == 2
    results = document(result)["results"]
    assert [entry["ok"] for entry in results] == [False, False, True]
    assert {entry["error"]["code"] for entry in results[:2]} == {"file-missing"}


@pytest.mark.parametrize(
    "words",
    [
        ("--wavelength", "0,7093"),
        ("--wavelength", "Mo"),
        ("--wavelength", "molybdenum K-alpha"),
        ("--wavelength", "0.07093 nm"),
        ("--wavelength", "17.48 keV"),
        ("--anode", "Mo"),
        ("--anode", "Molybdenum"),
    ],
)
def test_a_wavelength_in_the_words_of_people(
    identify: Run, pattern_file: Write, words: tuple[str, str]
) -> None:
    path = pattern_file("a.xy", header="# Cu tube\n")
    (entry,) = document(identify(path, "--json", *words))["results"]
    assert entry["wavelength_angstrom"] == pytest.approx(0.7093, abs=1e-4)
    assert entry["wavelength_from"] == "given"


def test_an_anode_beside_a_wavelength_is_refused(identify: Run, pattern_file: Write) -> None:
    result = identify(pattern_file(), "--anode", "Mo", "--wavelength", "0.7", "--json")
    assert result.exit_code == 2
    assert "Both a wavelength" in document(result)["error"]["message"]


@pytest.mark.parametrize(
    ("header", "told"),
    [("", "assumed"), ("# X-ray source: Mo\n", "the file says '# X-ray source: Mo'")],
)
def test_the_answer_says_where_the_wavelength_came_from(
    identify: Run, pattern_file: Write, header: str, told: str
) -> None:
    path = pattern_file("a.xy", header=header)
    (entry,) = document(identify(path, "--json"))["results"]
    assert entry["wavelength_from"] == told
    assert f"angstrom ({told})" in identify(path).stdout


@pytest.mark.parametrize("wavelength", ["-1.54", "0", "nan", "inf", "154.06"])
def test_impossible_wavelength(identify: Run, pattern_file: Write, wavelength: str) -> None:
    result = identify(pattern_file(), "--wavelength", wavelength, "--json")
    assert result.exit_code == 2
    (entry,) = document(result)["results"]
    assert entry["error"]["code"] == "invalid-wavelength"
    assert "angstrom" in entry["error"]["hint"]


def test_errors_are_readable_without_json(
    identify: Run, pattern_file: Write, tmp_path: Path
) -> None:
    result = identify(tmp_path / "gone.xy", pattern_file())
    assert result.exit_code == 2
    assert "gone.xy: There is no file" in result.stderr
    assert "Hint: Check the spelling" in result.stderr
    assert "Traceback" not in result.stderr
    assert "2 files in" in result.stdout
    assert "1 failed" in result.stdout


def test_a_folder_is_one_call_in_sorted_order(
    identify: Run, pattern_file: Write, tmp_path: Path
) -> None:
    names = ["run/b.xy", "run/a.xy", "run/sub/c.xy"]
    for name in names:
        pattern_file(name)
    result = identify(tmp_path / "run", "--json")
    assert result.exit_code == 0
    files = [entry["file"] for entry in document(result)["results"]]
    assert files == [str(tmp_path / name) for name in sorted(names)]


BANKS = ((1, 1000), (2, 50), (3, 800))


def gsas_bank(number: int, *, channels: int) -> str:
    counts = [f"{100 + 50 * (i % 97 == 0):8d}" for i in range(channels)]
    records = "\n".join("".join(counts[i : i + 10]) for i in range(0, channels, 10))
    return f"BANK {number} {channels} {channels // 10} CONST 1500 5 0 0 STD\n{records}\n"


def test_each_pattern_of_a_file_gets_an_answer_of_its_own(
    identify: Run, pattern_file: Write, tmp_path: Path
) -> None:
    path = tmp_path / "banks.gsas"
    path.write_text("title\n" + "".join(gsas_bank(n, channels=c) for n, c in BANKS), "utf-8")
    result = identify(path, pattern_file("one.xy"), "--json")
    results = document(result)["results"]
    assert [Path(entry["file"]).name for entry in results] == [
        "banks.gsas#1",
        "banks.gsas#2",
        "banks.gsas#3",
        "one.xy",
    ]
    assert [entry["ok"] for entry in results] == [True, False, True, True]
    assert "at least 100 are needed" in results[1]["error"]["message"]
    assert result.exit_code == 2


def test_the_same_pattern_gets_the_same_answer_alone_and_in_a_batch(
    identify: Run, pattern_file: Write
) -> None:
    names = [pattern_file(f"{i}.xy") for i in range(40)]
    batch = document(identify(*names, "--json"))["results"]
    alone = document(identify(names[0], "--json"))["results"][0]
    for entry in batch:
        for got, expected in zip(entry["candidates"], alone["candidates"], strict=True):
            assert got["type"] == expected["type"]
            assert got["reliability"] == pytest.approx(expected["reliability"], abs=1e-5)


WRONG_OPTIONS = {
    ("--wavelength", "abc"): "'abc', not a number and not an anode",
    ("--anode", "Xy"): "Unknown anode 'Xy'",
    ("--top", "0"): "not '0'",
    ("--top", "x"): "'x'",
    ("--nonsense",): "--nonsense",
    ("--example=3",): "--example",
    ("--top",): "--top",
}


@pytest.mark.parametrize("options", WRONG_OPTIONS)
@pytest.mark.parametrize("as_json", [True, False])
def test_wrong_options_are_one_error_with_a_hint(options: tuple[str, ...], as_json: bool) -> None:
    result = CliRunner().invoke(app, ["identify", "a.xy", *["--json"] * as_json, *options])
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr
    assert WRONG_OPTIONS[options] in result.stderr
    assert "Hint: " in result.stderr
    assert "'crystinet identify --help'" in result.stderr
    if not as_json:
        assert result.stdout == ""
        return
    answer = document(result)
    assert answer["results"] == []
    assert answer["error"]["code"] == "invalid-configuration"
    assert answer["error"]["message"] in result.stderr


def test_the_hint_says_what_the_option_means() -> None:
    result = CliRunner().invoke(app, ["identify", "a.xy", "--wavelength", "1.54 furlong"])
    assert "Hint: Wavelength of all files in angstrom" in result.stderr


def test_a_command_that_does_not_exist_gets_a_document_too() -> None:
    result = CliRunner().invoke(app, ["identfy", "a.xy", "--json"])
    assert result.exit_code == 2
    assert "Did you mean 'identify'" in document(result)["error"]["message"]


def test_no_command_shows_the_help() -> None:
    result = CliRunner().invoke(app, [])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "identify" in result.stderr


def test_either_files_or_the_example(identify: Run) -> None:
    result = identify("a.xy", "--example")
    assert result.exit_code == 2
    assert "Give either FILE or --example" in result.stderr


def test_without_a_file_it_says_so(identify: Run) -> None:
    result = identify()
    assert result.exit_code == 2
    assert "Which pattern? Name a file" in result.stderr
    assert "standard input" in result.stderr


def test_a_bad_bundle_is_one_error_for_all(pattern_file: Write, tmp_path: Path) -> None:
    words = ["identify", str(pattern_file()), "--json", "--model", str(tmp_path / "no-bundle")]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    answer = document(result)
    assert answer["results"] == []
    assert answer["error"]["code"] == "invalid-bundle"
    assert answer["error"]["hint"] in result.stderr


class FaultyReader:
    """A format whose reader has a fault."""

    name = "faulty"

    def accepts(self, head: bytes, suffix: str) -> bool:
        return True

    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        raise IndexError("list index out of range")


def test_a_fault_of_ours_does_not_pass_for_a_bad_file(
    identify: Run, pattern_file: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "MARKED", (FaultyReader(), *registry.MARKED))
    result = identify(tmp_path / "gone.xy", pattern_file(), "--json")
    assert result.exit_code == 1
    errors = [entry["error"] for entry in document(result)["results"]]
    assert [error["code"] for error in errors] == ["file-missing", "internal-fault"]
    assert "report" in errors[1]["hint"]
    assert "Traceback" not in result.stderr


def test_file_names_may_hold_markup_and_any_letters(identify: Run, pattern_file: Write) -> None:
    path = pattern_file("[red]größe [/] 粉末.xy")
    assert path.name in identify(path).stdout
    assert document(identify(path, "--json"))["results"][0]["file"] == str(path)

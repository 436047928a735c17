"""``crystinet refine``: the first screen, JSON, files and refusals."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import crystinet
from crystinet.cli import app
from crystinet.crystals.catalogue import load_catalogue
from crystinet.crystals.formulas import readable_formula


@pytest.fixture(scope="module")
def rutile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Counts of rutile in a file."""
    path: Path = tmp_path_factory.mktemp("refine") / "rutile.xy"
    reference = load_catalogue().by_name("Rutile-TiO2").reference
    made = crystinet.simulate(reference, counts=6000, background=0.03, seed=2)
    crystinet.write_pattern(made.within((18.0, 90.0)), path)
    return path


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["refine", *map(str, words)])


def test_a_person_gets_sentences_cell_and_files(rutile: Path, tmp_path: Path) -> None:
    cif = tmp_path / "r.cif"
    result = run(
        rutile, "--type", "Rutile-TiO2", "--formula", "TiO2", "-o", cif, "--export", "topas,gsas2"
    )
    assert result.exit_code == 0, result.stderr
    assert "The fit bears out Rutile-TiO2." in result.stdout
    assert "Cell: a = 4.59" in result.stdout
    assert "Rwp " in result.stdout
    assert "give --formula" not in result.stdout
    written = ["r.cif", "r.xye", "r.inp", "r.instprm"]
    assert [line for line in result.stderr.splitlines() if line.startswith("Wrote")] == [
        f"Wrote {tmp_path / name}" for name in written
    ]
    assert crystinet.assign(crystinet.read_structures(cif)[0]).type.name == "Rutile-TiO2"


def test_json_has_phases(rutile: Path) -> None:
    result = run(rutile, "--type", "Rutile-TiO2", "--json")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    (phase,) = document["phases"]
    assert (document["ok"], phase["type"], phase["verified"]) == (True, "Rutile-TiO2", "yes")
    assert phase["cell"][0] == pytest.approx(4.594, abs=0.01)
    assert len(phase["cell_esd"]) == 6
    assert phase["readable_formula"] == readable_formula(phase["start_formula"])
    assert phase["rwp"] == document["rwp"]
    assert phase["reasons"]


def test_a_picture_and_an_instrument(rutile: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture, lab = tmp_path / "fit.svg", tmp_path / "lab.instprm"
    result = run(rutile, "--type", "Rutile-TiO2", "-o", lab, "--plot", picture)
    assert result.exit_code == 0, result.stderr
    drawn = picture.read_text("utf-8")
    for text in ("observed", "calculated", "background", "Rutile-TiO2, Rwp", "110"):
        assert text in drawn
    again = run(rutile, "--type", "Rutile-TiO2", "--instrument", lab, "--json")
    assert json.loads(again.stdout)["phases"][0]["verified"] == "yes"


def test_a_wrong_type_is_not_borne_out(rutile: Path) -> None:
    result = run(rutile, "--type", "NaCl")
    assert result.exit_code == 0
    assert "The fit speaks against NaCl" in result.stdout
    assert "Lines that are not explained" in result.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "Give either FILE or --example"),
        (["FILE", "--type", "NaCl", "--cif", "a.cif"], "Both --type and --cif"),
        (["FILE", "--type", "Nobody"], "No structure type is called 'Nobody'"),
        (["FILE", "--export", "jana"], "no export for 'jana'"),
        (["FILE", "--export", "topas", "-o", "a.instprm"], "--export writes a CIF"),
        (["FILE", "-o", "a.txt"], "neither in .cif nor in .instprm"),
        (["FILE", "-o", "nowhere/a.cif"], "nowhere"),
        (["FILE", "--instrument", "FILE"], "no line with U"),
        (["FILE", "--formula", "Xx2"], "'Xx' in the formula"),
    ],
)
def test_refusals(rutile: Path, words: list[str], message: str) -> None:
    result = run(*(str(rutile) if word == "FILE" else word for word in words))
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Hint: " in result.stderr
    assert "Traceback" not in result.stderr


def test_identify_fits_its_candidates(rutile: Path) -> None:
    words = ["identify", str(rutile), "--fit", "--formula", "TiO2"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.stderr
    assert "Fits to the whole pattern:" in result.stdout
    assert "The fit bears out Rutile-TiO2" in result.stdout
    document = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    candidates = document["results"][0]["candidates"]
    assert candidates[0]["fit"]["phases"][0]["verified"] == "yes"
    assert ["fit" in candidate for candidate in candidates] == [True] * 3 + [False] * 2
    assert document["index"]["id"]


def test_a_formula_says_more_than_its_elements(rutile: Path) -> None:
    (first, *_) = crystinet.identify(rutile, formula="TiO2").candidates
    (by_elements, *_) = crystinet.identify(rutile, elements=["O", "Ti"]).candidates
    (of_no_rutile, *_) = crystinet.identify(rutile, formula="Ti3O").candidates
    assert first.type == by_elements.type == "Rutile-TiO2"
    assert first.probability >= by_elements.probability
    assert first.reliability > of_no_rutile.reliability
    with pytest.raises(crystinet.ConfigError, match="'Xx' in the formula"):
        crystinet.identify(rutile, formula="Xx2")


def test_ctrl_c_is_not_swallowed(rutile: Path) -> None:
    seen = []

    def interrupted(stage: str, done: int, total: int, *, note: str = "") -> None:
        seen.append(stage)
        if stage == "refine":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crystinet.refine(rutile, type="Rutile-TiO2", progress=interrupted)
    assert [seen[0], seen[-1]] == ["identify", "refine"]


def test_the_answer_is_given_though_there_is_nothing_to_export(
    rutile: Path, tmp_path: Path
) -> None:
    result = run(rutile, "--type", "NaCl", "-o", tmp_path / "a.cif", "--export", "topas")
    assert result.exit_code == 2
    assert "The fit speaks against NaCl" in result.stdout
    assert "no atoms to hand over" in result.stderr

"""A measurement is not replaced by what is made of it; a composition alone makes nothing known."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

import crystinet
from crystinet.app.convert import convert
from crystinet.app.question import Question
from crystinet.cli import app
from crystinet.core.errors import ConfigError


@pytest.fixture(scope="module")
def rutile() -> crystinet.Pattern:
    (kind,) = (kind for kind in crystinet.types() if kind.name == "Rutile-TiO2")
    return crystinet.simulate(kind.reference, counts=5000, background=0.02, seed=1)


@pytest.fixture
def sample(rutile: crystinet.Pattern, tmp_path: Path) -> Path:
    crystinet.write_pattern(rutile, tmp_path / "sample.xye")
    return tmp_path / "sample.xye"


@pytest.mark.parametrize(
    "command",
    [
        ["refine", "sample.xye", "--export", "gsas2"],
        ["refine", "sample.xye", "--export", "topas,fullprof"],
        ["identify", "sample.xye", "-o", "sample.xye"],
        ["convert", "sample.xye", "-o", "sample.xye"],
    ],
)
def test_commands_refuse_to_replace_what_they_read(
    sample: Path, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(sample.parent)
    before = sample.read_bytes()
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 2
    assert "would be replaced" in result.stderr
    assert sample.read_bytes() == before
    assert [file.name for file in sample.parent.iterdir()] == ["sample.xye"]


def test_a_link_to_the_measurement_is_the_measurement(sample: Path) -> None:
    link = sample.with_name("link.xye")
    link.symlink_to(sample)
    with pytest.raises(ConfigError, match="would be replaced"):
        convert(sample, link)


def test_a_formula_and_other_elements_are_refused() -> None:
    with pytest.raises(ConfigError, match="which differ"):
        Question(formula="TiO2", elements=("Fe", "O"))
    assert Question(formula="TiO2", elements=("O", "Ti")).elements == ("O", "Ti")


def test_a_wrong_formula_makes_no_other_type_known(rutile: crystinet.Pattern) -> None:
    assert crystinet.identify(rutile, formula="TiO2").verdict.value == "known"
    for wrong in ("Al2O3", "NaCl", "SrTiO3", "MgAl2O4", "ZnS"):
        answer = crystinet.identify(rutile, formula=wrong)
        right = answer.candidates[0].type == "Rutile-TiO2"
        assert right or answer.verdict.value != "known", wrong

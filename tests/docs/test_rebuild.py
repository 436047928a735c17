"""The page about rebuilding the bundle, and the recipe for a small one, are one chain."""

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

import crystinet

ROOT = Path(__file__).parents[2]
COMMAND = re.compile(r"crystinet ((?:corpus )?[a-z]+)\b")


def tool(name: str) -> ModuleType:
    spec = spec_from_file_location(name, ROOT / "tools" / "tiny" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_recipe_runs_the_commands_of_the_page() -> None:
    page = (ROOT / "docs/how-to/rebuild.md").read_text("utf-8")
    block = page.partition("## The chain")[2].partition("```bash\n")[2].partition("```")[0]
    recipe = (ROOT / "justfile").read_text("utf-8").partition("\nrebuild-tiny")[2]
    told = [COMMAND.search(line) for line in block.splitlines()]
    run = [
        re.search(r"\}\}/crystinet ((?:corpus )?[a-z]+)\b", line)
        for line in recipe.partition("\n\n")[0].splitlines()
    ]
    commands = [found[1] for found in told if found]
    assert commands == [found[1] for found in run if found]
    assert {"corpus add", "corpus build", "train", "evaluate"} < set(commands)


def test_the_page_names_the_identity_that_the_recipe_checks() -> None:
    page = (ROOT / "docs/how-to/rebuild.md").read_text("utf-8")
    assert f"| `just rebuild-tiny` | 217 | `{tool('check').IDENTITY}` |" in page


@pytest.mark.parametrize(
    ("prototype", "kind"),
    [
        ("rock salt", "NaCl"),
        ("fluorite", "Fluorite-CaF2"),
        ("caesium chloride", "CsCl"),
        ("rutile", "Rutile-TiO2"),
        ("perovskite", "Perovskite-CaTiO3"),
        ("spinel", "Spinel-Al2MgO4"),
        ("anatase", "Anatase-TiO2"),
        ("rhenium trioxide", "ReO3"),
        ("cuprite", "Cuprite-Cu2O"),
    ],
)
def test_structures_that_are_made_have_the_type_that_they_are_made_for(
    prototype: str, kind: str, tmp_path: Path
) -> None:
    made = tool("structures")
    elements, edges = next(rest for name, *rest in made.compounds() if name == prototype)
    path = tmp_path / "made.cif"
    path.write_text(made.cif_text(prototype, elements, edges), encoding="utf-8")
    found = crystinet.assign(crystinet.read_structure(path)).type
    assert found is not None
    assert found.name == kind

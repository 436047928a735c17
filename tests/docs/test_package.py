"""What describes the package elsewhere says the same as the package."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import crystinet

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
yaml = pytest.importorskip("yaml")


def test_one_version_everywhere() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    recipe = yaml.safe_load((ROOT / "recipe" / "recipe.yaml").read_text())
    about = json.loads((ROOT / "codemeta.json").read_text())
    said = {citation["version"], recipe["context"]["version"], about["version"]}
    assert said == {crystinet.__version__}
    assert "version" not in PROJECT  # it is read from core/version.py


def test_the_recipe_asks_for_what_the_package_asks_for() -> None:
    recipe = yaml.safe_load((ROOT / "recipe" / "recipe.yaml").read_text())
    asked = {need.replace(" ", "") for need in recipe["requirements"]["run"]} - {
        "python>=${{python_min}}"
    }
    assert asked == set(PROJECT["dependencies"])
    assert PROJECT["requires-python"] == f">={recipe['context']['python_min']}"
    entries = {f"{name} = {place}" for name, place in PROJECT["scripts"].items()}
    assert set(recipe["build"]["python"]["entry_points"]) == entries


def test_the_recipe_renders_as_conda_forge_renders_it() -> None:
    rattler_build = pytest.importorskip("rattler_build")
    recipe = rattler_build.Stage0Recipe.from_file(ROOT / "recipe" / "recipe.yaml")
    (variant,) = recipe.render()
    told = variant.recipe.to_dict()
    assert told["package"] == {"name": PROJECT["name"], "version": crystinet.__version__}
    needs = {need.replace(" ", "") for need in told["requirements"]["run"]}
    assert needs == {*PROJECT["dependencies"], f"python{PROJECT['requires-python']}"}
    assert told["build"]["noarch"] == "python"
    assert [ROOT / name for name in told["about"]["license_file"]] == [ROOT / "LICENSE"]


def test_codemeta_names_the_same_things() -> None:
    about = json.loads((ROOT / "codemeta.json").read_text())
    names = {re.split(r"[><=]", need)[0] for need in PROJECT["dependencies"]}
    assert set(about["softwareRequirements"]) == names
    assert about["license"].endswith(PROJECT["license"])
    assert about["description"] == PROJECT["description"]
    assert about["keywords"] == PROJECT["keywords"]


def test_workflows_call_recipes_that_there_are() -> None:
    lines = (ROOT / "justfile").read_text().splitlines()
    heads = [line for line in lines if re.match(r"[a-z-]+\b.*:(?!=)", line)]
    recipes = {line.split()[0].rstrip(":") for line in heads}
    for path in sorted((ROOT / ".github" / "workflows").glob("*.yml")):
        steps = [
            step.get("run", "")
            for job in yaml.safe_load(path.read_text())["jobs"].values()
            for step in job["steps"]
        ]
        called = [name for step in steps for name in re.findall(r"\bjust ([a-z-]+)", step)]
        assert called or ".ci/run" in steps, path.name
        assert set(called) <= recipes

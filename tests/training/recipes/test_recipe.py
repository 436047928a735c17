"""What every recipe must keep, and what is decided from what it says of itself alone."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from crystinet.core.config import from_table
from crystinet.core.errors import ConfigError
from crystinet.training.recipes.names import RecipeName
from crystinet.training.recipes.recipe import (
    Recipe,
    TrainingJob,
    check_options,
    check_run_folder,
)
from crystinet.training.recipes.table import RECIPES, recipe_of

each_recipe = pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)


def leave_checkpoint(recipe: Recipe[Any], folder: Path) -> None:
    (folder / recipe.checkpoints.replace("*", "03")).write_bytes(b"")


def test_names_and_recipes_are_the_same() -> None:
    assert [recipe.name for recipe in RECIPES] == [name.value for name in RecipeName]
    assert [recipe_of(name).name for name in RecipeName] == [name.value for name in RecipeName]


@each_recipe
def test_settings_come_from_a_table_and_take_the_common_options(recipe: Recipe[Any]) -> None:
    config = from_table(recipe.config_type, {"patterns": 7, "seed": 5, "workers": 0})
    assert (config.patterns, config.seed, config.workers) == (7, 5, 0)


@each_recipe
def test_what_a_recipe_does_not_take_are_options_of_a_job(recipe: Recipe[Any]) -> None:
    assert recipe.not_taken <= {field.name for field in fields(TrainingJob)}


@each_recipe
def test_a_run_of_its_own_is_gone_on_with_only_when_asked(
    recipe: Recipe[Any], tmp_path: Path
) -> None:
    check_run_folder(recipe, tmp_path / "new", resume=False, recipes=RECIPES)
    leave_checkpoint(recipe, tmp_path)
    check_run_folder(recipe, tmp_path, resume=True, recipes=RECIPES)
    with pytest.raises(ConfigError, match="holds a checkpoint") as caught:
        check_run_folder(recipe, tmp_path, resume=False, recipes=RECIPES)
    assert "--resume" in caught.value.hint


@each_recipe
def test_a_file_is_no_folder_for_a_run(recipe: Recipe[Any], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="is no folder"):
        check_run_folder(recipe, tmp_path / "file", resume=False, recipes=RECIPES)


@each_recipe
@pytest.mark.parametrize("resume", [True, False])
def test_the_run_of_another_recipe_is_left_alone(
    recipe: Recipe[Any], tmp_path: Path, resume: bool
) -> None:
    for other in RECIPES:
        if other is not recipe:
            leave_checkpoint(other, tmp_path)
    with pytest.raises(ConfigError, match="another recipe"):
        check_run_folder(recipe, tmp_path, resume=resume, recipes=RECIPES)


@each_recipe
def test_options_that_it_does_not_take_are_named(recipe: Recipe[Any], tmp_path: Path) -> None:
    check_options(recipe, start_from=None, tensorboard=False)
    for option, given in (
        ("start_from", {"start_from": tmp_path, "tensorboard": False}),
        ("tensorboard", {"start_from": None, "tensorboard": True}),
    ):
        if option in recipe.not_taken:
            with pytest.raises(ConfigError, match=f"--{option.replace('_', '-')}"):
                check_options(recipe, **given)  # type: ignore[arg-type]
        else:
            check_options(recipe, **given)  # type: ignore[arg-type]

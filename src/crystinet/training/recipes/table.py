"""All recipes."""

from typing import Any

from crystinet.training.recipes.default.recipe import DefaultRecipe
from crystinet.training.recipes.published.recipe import PublishedRecipe
from crystinet.training.recipes.recipe import Recipe

RECIPES: tuple[Recipe[Any], ...] = (DefaultRecipe(), PublishedRecipe())


def recipe_of(name: str) -> Recipe[Any]:
    """The recipe of that name, which is one of `crystinet.training.recipes.names.NAMES`."""
    return next(recipe for recipe in RECIPES if recipe.name == name)

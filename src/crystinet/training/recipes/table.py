"""All recipes."""

from typing import Any

from crystinet.training.recipes.default.recipe import DefaultRecipe
from crystinet.training.recipes.names import RecipeName
from crystinet.training.recipes.published.recipe import PublishedRecipe
from crystinet.training.recipes.recipe import Recipe

RECIPES: tuple[Recipe[Any], ...] = (DefaultRecipe(), PublishedRecipe())


def recipe_of(name: RecipeName) -> Recipe[Any]:
    """The recipe of a name."""
    return next(recipe for recipe in RECIPES if recipe.name == name)

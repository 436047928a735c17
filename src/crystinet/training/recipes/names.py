"""Names of the recipes, for who must not load PyTorch to list them; see `table`."""

from enum import StrEnum


class RecipeName(StrEnum):
    """How a bundle is built and trained: our way, or as published."""

    DEFAULT = "default"
    PAPER = "paper"

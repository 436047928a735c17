"""Names of the recipes, for who must not load PyTorch to list them; see `table`."""

DEFAULT, PAPER = "default", "paper"
NAMES = (DEFAULT, PAPER)

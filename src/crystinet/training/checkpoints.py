"""Checkpoints: what a run needs to go on, and nobody else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from crystinet.core.files import whole_file


def save_checkpoint(state: Mapping[str, Any], path: Path) -> None:
    """Write a checkpoint, whole or not at all; equal states give equal files."""
    # Into an open file: by its name, torch would write the temporary one's into the archive.
    with whole_file(path) as temporary, temporary.open("wb") as file:
        torch.save(dict(state), file)

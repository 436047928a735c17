"""Checkpoints: what a run needs to go on, and nobody else."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from crystinet.core.files import write_whole


def save_checkpoint(state: Mapping[str, Any], path: Path) -> None:
    """Write a checkpoint, whole or not at all; equal states give equal files.

    Raises
    ------
    FileMissingError
        The folder refuses the file, or the disk is full.
    """
    # In memory first: by its name, torch would write the temporary file's into the archive, and
    # its writer hides why a disk refuses.
    archive = io.BytesIO()
    torch.save(dict(state), archive)
    write_whole(path, archive.getvalue())

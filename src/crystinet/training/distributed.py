"""One training run in one process or in several, started by torch's own launcher.

`torchrun --nproc-per-node 2 -m crystinet train ...` starts as many processes; each draws its own
patterns, and gradients are averaged after every step. Only the first one validates and writes.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import distributed


@dataclass(frozen=True, slots=True)
class Workgroup:
    """Place of this process among those of the run.

    Attributes
    ----------
    rank, size
        Number of this process, and of all.
    device
        Where its networks live: its GPU where there is one, else the CPU.
    """

    rank: int = 0
    size: int = 1
    device: str = "cpu"

    @property
    def leads(self) -> bool:
        """Whether this process validates, reports and writes."""
        return self.rank == 0

    def mean(self, value: float) -> float:
        """Mean of a number over all processes."""
        if self.size == 1:
            return value
        total = torch.tensor(value, device=self.device, dtype=torch.float64)
        distributed.all_reduce(total)
        return float(total) / self.size

    def wait(self) -> None:
        """Wait for all processes."""
        if self.size > 1:
            distributed.barrier()


def join_workgroup(*, days_to_wait: float | None = None) -> Workgroup:
    """Join the processes that the launcher started, or be the only one.

    ``days_to_wait`` is how long one may wait for the others; None leaves it to torch (minutes).
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    local = int(os.environ.get("LOCAL_RANK", "0"))
    device = f"cuda:{local}" if torch.cuda.is_available() else "cpu"
    if size == 1:
        return Workgroup(device=device)
    if not distributed.is_initialized():
        distributed.init_process_group(
            "nccl" if device != "cpu" else "gloo",
            timeout=None if days_to_wait is None else timedelta(days=days_to_wait),
        )
    return Workgroup(rank=distributed.get_rank(), size=size, device=device)


def leave_workgroup() -> None:
    """The counterpart of `join_workgroup`."""
    if distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()


@contextmanager
def limited_threads(threads: int) -> Iterator[None]:
    """Let torch use so many threads of this process, as long as the block lasts."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)

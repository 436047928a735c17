"""Write the averaged weights of a training run as a small checkpoint that a new run can start from.

    python tools/compact_checkpoint.py RUN/checkpoint.pt OUT/checkpoint.pt

Half precision, without the state of the optimiser: a fifth to a tenth of the size. A run takes it
with ``crystinet train ... --start-from OUT``; its learning rate warms up anew.
"""

import argparse
from pathlib import Path

import torch

from crystinet.training.checkpoints import save_checkpoint


def main() -> None:
    """Read one checkpoint and write the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("output", type=Path)
    args = parser.parse_args()
    state = torch.load(args.checkpoint, weights_only=True, map_location="cpu")
    average = {
        name: value.half() if value.is_floating_point() else value
        for name, value in state["average"].items()
    }
    kept = ("groups", "config", "patterns", "earlier_patterns", "validation_top1")
    args.output.parent.mkdir(parents=True, exist_ok=True)
    save_checkpoint({"average": average, **{key: state[key] for key in kept}}, args.output)
    print(f"{args.output}: {args.output.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

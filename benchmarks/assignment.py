"""Speed of the assignment of structure types, single process.

Usage::

    python benchmarks/assignment.py [TABLE.parquet] [--sample 3000] [--seed 1] [--json]

Measures structures per second on a random sample of a table of structures; without a table, on the
reference structures of the catalogue, scaled and with small displacements, seeded. Reading is not
counted. Seconds are those of the processor, so that other work on the machine matters little; the
wall time is given too.
"""

import argparse
import itertools
import json
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from crystinet.core.errors import InvalidStructureError
from crystinet.corpus.intake.table import count_rows, read_values, structure_of_row
from crystinet.crystals.assignment import assign
from crystinet.crystals.catalogue import load_catalogue
from crystinet.crystals.expansion import expand
from crystinet.crystals.structure import Site, Structure

#: What the project wants on two cores.
TARGET_PER_S = 300.0


def varied(*, rng: np.random.Generator) -> Iterator[Structure]:
    """Yield references of random types without symmetry, displaced by some 0.005 angstrom."""
    references = [kind.reference for kind in load_catalogue()]
    while True:
        reference = references[rng.integers(len(references))]
        cell = expand(reference)
        steps = rng.normal(scale=0.003, size=cell.positions.shape) @ np.linalg.inv(cell.basis)
        moved = (cell.positions + steps).tolist()
        sites = (Site(kind, tuple(xyz)) for kind, xyz in zip(cell.species, moved, strict=True))
        yield replace(reference, hall_symbol="P 1", sites=tuple(sites))


def sample_of(table: Path | None, *, size: int, seed: int) -> list[Structure]:
    """Choose the structures."""
    if table is None:
        return list(itertools.islice(varied(rng=np.random.default_rng(seed)), size))
    rows = count_rows(table)
    chosen = set(random.Random(seed).sample(range(rows), min(size, rows)))  # noqa: S311
    values = (row for number, row in enumerate(read_values(table)) if number in chosen)
    return [structure_of_row(row) for row in values]


def measure(structures: list[Structure]) -> dict[str, float]:
    """Assign all once; the keys carry the units."""
    assign(load_catalogue().by_name("NaCl").reference)  # reads the tables
    typed = impossible = 0
    processor, wall = time.process_time(), time.perf_counter()
    for structure in structures:
        try:
            typed += assign(structure).type is not None
        except InvalidStructureError:
            impossible += 1
    processor, wall = time.process_time() - processor, time.perf_counter() - wall
    return {
        "structures": len(structures),
        "with a type": typed,
        "impossible": impossible,
        "per second of one processor": len(structures) / processor,
        "per second of wall time": len(structures) / wall,
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("table", type=Path, nargs="?")
    parser.add_argument("--sample", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = measure(sample_of(options.table, size=options.sample, seed=options.seed))
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:<28} {value:10.0f}")
    print(f"{'wanted, on two processors':<28} {TARGET_PER_S:10.0f}")


if __name__ == "__main__":
    main()

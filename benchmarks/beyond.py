"""What an answer is worth where no type is known: cell, system and space group, from end to end.

    python benchmarks/beyond.py --structures structures.parquet --split test --unknown 60

Held-out compounds that were made, of any type and system, as often as they are, are simulated as in
`benchmarks/indexing.py` and given to `crystinet.identify`. Where the verdict is *unknown* (at least
`--unknown` patterns), the lattice, what the networks say of the crystal system, where the two
differ, and the space groups are compared with the structure.
"""

import argparse
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import gemmi
import numpy as np

import crystinet
from crystinet.core.cell import crystal_system
from crystinet.core.errors import CrystinetError
from crystinet.corpus.compound import composition_of
from crystinet.corpus.intake.table import read_values, structure_of_row
from crystinet.corpus.splits import Split, compound_key, split_of
from crystinet.crystals.structure import Structure
from crystinet.lines.indexing import beyond
from crystinet.lines.indexing.extinction import SYSTEMS_OF_FAMILY
from crystinet.model.identification import Identification, Verdict
from indexing import is_average, is_right, simulated


def answers(
    path: Path, *, seed: int, split: Split
) -> Iterator[tuple[Structure, int, Identification]]:
    """Structures of one split with the number of their space group and the answer."""
    rows = [row for row in read_values(path) if row["known_experimentally"]]
    rng = np.random.default_rng(seed)
    for i in rng.permutation(len(rows)).tolist():
        if split_of(compound_key(composition_of(rows[i]["formula"]))) is not split:
            continue
        try:
            structure = structure_of_row(rows[i])
            found = crystinet.identify(simulated(structure, rng, seed=i))
        except CrystinetError:  # impossible structures are none of ours here
            continue
        yield structure, int(rows[i]["space_group"]), found


def judged(structure: Structure, group: int, found: Identification) -> list[str]:
    """What is true of an unknown answer, in words that are counted."""
    system, told = crystal_system(group), []
    likely = found.symmetry.systems[0][0] if found.symmetry else None
    told += ["networks: system right"] * (likely == system)
    if found.beyond is None or found.beyond.best is None:
        return [*told, "no cell named"]
    best = found.beyond.best
    lines = "6-9" if best.lines < 10 else "10-19" if best.lines < 20 else "20 or more"
    right = is_right(best, structure)
    word = "right" if right else "average" if is_average(best, structure) else "wrong"
    family = system in SYSTEMS_OF_FAMILY[best.family]
    told += ["cell named", f"cell {word}", f"{lines} lines: cell {word}"]
    told += ["lattice: system right"] * family
    if found.beyond.networks_say is not None:
        truth = "lattice" if family else "networks" if likely == system else "neither"
        told += ["differ", f"differ: {truth} right", f"differ: cell {word}"]
    if right and family and found.beyond.extinctions:
        sets = found.beyond.extinctions
        told += ["space groups asked"]
        told += ["right group among those named"] * any(group in each.numbers for each in sets)
        told += ["right group in the first set"] * (group in sets[0].numbers)
        told += ["right group first"] * (group == sets[0].numbers[0])
    told += ["relative named"] * (found.beyond.nearest_derivative is not None)
    return told


def main() -> None:
    """Print one line a pattern and how often what was true."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--structures", type=Path, required=True)
    parser.add_argument("--split", type=Split, default=Split.TEST)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--unknown", type=int, default=60)
    given = parser.parse_args()
    beyond.LONGEST_S = math.inf  # a busy machine would end searches early
    counts: Counter[str] = Counter()
    for structure, group, found in answers(given.structures, seed=given.seed, split=given.split):
        counts["patterns"] += 1
        if found.verdict is not Verdict.UNKNOWN or found.standing == "further":
            continue
        counts["unknown"] += 1
        told = judged(structure, group, found)
        counts.update(told)
        symbol = gemmi.find_spacegroup_by_number(group).hm
        print(f"{structure.name}  {symbol}: {found.sentence}\n    {', '.join(told)}", flush=True)
        if counts["unknown"] >= given.unknown:
            break
    for word, count in sorted(counts.items()):
        print(f"{count:>5}  {word}")


if __name__ == "__main__":
    main()

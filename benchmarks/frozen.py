"""Freeze the answers of one version of crystinet, and compare those of another with them.

    python benchmarks/frozen.py freeze DATA answers-before.json
    python benchmarks/frozen.py freeze DATA answers-after.json
    python benchmarks/frozen.py compare answers-before.json answers-after.json

DATA holds ``measured/``, ``field/`` and ``structures.parquet``. Only the command line and the
public functions are used, so that the same file runs with old versions:
``PYTHONPATH=../old/src python benchmarks/frozen.py freeze ...``.
"""

import argparse
import json
import math
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

MEASURED, FIELD, STRUCTURES = 90, 60, 300
SEED = 12
#: Left out of the comparison: these differ between any two runs or versions.
VOLATILE = frozenset({"elapsed_s", "version", "crystinet", "id"})
#: Largest relative difference of two numbers that count as equal.
TOLERANCE = 1e-4

_SIMULATE = """
import json, sys
import numpy as np
import crystinet
found = {}
for path in sys.argv[1:]:
    try:
        pattern = crystinet.simulate(crystinet.read_structure(path))
    except crystinet.CrystinetError as error:
        found[path.rsplit("/", 1)[-1]] = {"error": error.code}
        continue
    y = np.asarray(pattern.intensity)
    found[path.rsplit("/", 1)[-1]] = {
        "points": len(y), "sum": float(y.sum()), "sum_of_squares": float((y * y).sum()),
        "samples": [round(float(v), 6) for v in y[:: max(1, len(y) // 150)]],
    }
json.dump(found, sys.stdout)
"""


def freeze(data: Path, output: Path) -> None:
    """Ask for everything that crystinet answers about a fixed choice of files."""
    patterns = choose_patterns(data)
    with tempfile.TemporaryDirectory() as folder:
        structures = write_structures(data / "structures.parquet", Path(folder))
        answers = {
            "identify": by_file(
                command("identify", *patterns, "--nearest", "3", "--lattice", "--json")
            ),
            "assign": by_file(command("assign", *structures, "--json")),
            "simulate": python(_SIMULATE, *structures),
            "explain": {p.name: command("explain", p, "--json") for p in patterns},
        }
    output.write_text(json.dumps(answers, indent=1, sort_keys=True), encoding="utf-8")


def choose_patterns(data: Path) -> list[Path]:
    """Take files at even distances from the sorted lists of both folders."""

    def even(files: Sequence[Path], n: int) -> list[Path]:
        return [files[i] for i in np.linspace(0, len(files) - 1, n).round().astype(int)]

    measured = sorted((data / "measured").glob("*.xy"))
    field = sorted(p for p in (data / "field").rglob("*") if p.is_file() and p.suffix != ".csv")
    return even(measured, MEASURED) + even(field, FIELD)


def write_structures(table: Path, folder: Path) -> list[str]:
    """Write a random choice of the structures as CIF files, named by their identity."""
    import pyarrow.parquet as pq
    import spglib
    from gemmi import symops_from_hall

    rows = pq.read_table(table)
    chosen = np.sort(np.random.default_rng(SEED).choice(len(rows), STRUCTURES, replace=False))
    paths = []
    for row in rows.take(chosen).to_pylist():
        hall = spglib.get_spacegroup_type(row["hall_number"]).hall_symbol
        name = re.sub(r"\W+", "-", str(row["id"]))
        lines = [f"data_{name}"]
        lines += [f"_cell_length_{key} {row[key]:.6f}" for key in ("a", "b", "c")]
        lines += [f"_cell_angle_{key} {row[key]:.6f}" for key in ("alpha", "beta", "gamma")]
        lines += ["loop_", "_symmetry_equiv_pos_as_xyz"]
        lines += [f"'{op.triplet()}'" for op in symops_from_hall(hall)]
        lines += ["loop_", "_atom_site_label", "_atom_site_type_symbol", "_atom_site_occupancy"]
        lines += ["_atom_site_fract_x", "_atom_site_fract_y", "_atom_site_fract_z"]
        for i, (species, _, _, (x, y, z)) in enumerate(json.loads(row["sites"])):
            for element, part in species.items():
                lines.append(f"{element}{i} {element} {part} {x:.6f} {y:.6f} {z:.6f}")
        path = folder / f"{name}.cif"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        paths.append(str(path))
    return paths


def command(*words: str | Path) -> dict[str, Any]:
    """What a command prints as JSON; an error is printed as JSON too."""
    done = subprocess.run(
        [sys.executable, "-m", "crystinet", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def python(program: str, *words: str) -> dict[str, Any]:
    """What a program prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def by_file(document: Mapping[str, Any]) -> dict[str, Any]:
    """Results by the name of their file."""
    return {Path(result["file"]).name: result for result in document["results"]}


def compare(before: Path, after: Path) -> None:
    """Print every kind of difference with its number, and the first places of each."""
    old, new = (json.loads(path.read_text(encoding="utf-8")) for path in (before, after))
    for part in sorted({*old, *new}):
        found = [
            (name, *difference)
            for name in sorted({*old.get(part, {}), *new.get(part, {})})
            for difference in differences(old[part].get(name), new[part].get(name))
        ]
        touched = len({name for name, *_ in found})
        print(f"{part}: {len(old[part])} answers, {touched} differ")
        kinds = Counter(re.sub(r"\[\d+\]", "[]", place) for _, place, _, _ in found)
        for kind, n in kinds.most_common():
            print(f"  {kind}: {n}")
            same = [f for f in found if re.sub(r"\[\d+\]", "[]", f[1]) == kind]
            for name, place, a, b in same[:4]:
                print(f"      {name} {place}: {str(a)[:90]} -> {str(b)[:90]}")


def differences(a: Any, b: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Places at which two answers differ, with both values."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted({*a, *b}):
            if key not in VOLATILE:
                yield from differences(a.get(key), b.get(key), f"{place}.{key}")
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            yield from differences(x, y, f"{place}[{i}]")
    elif isinstance(a, int | float) and isinstance(b, int | float):
        if not math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=1e-5):
            yield place, a, b
    elif a != b and not (isinstance(a, str) and isinstance(b, str) and place.endswith(".file")):
        yield place, a, b


def main() -> None:
    """Run one of the two commands."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = parser.add_subparsers(dest="what", required=True)
    one = commands.add_parser("freeze")
    one.add_argument("data", type=Path)
    one.add_argument("output", type=Path)
    two = commands.add_parser("compare")
    two.add_argument("before", type=Path)
    two.add_argument("after", type=Path)
    given = parser.parse_args()
    if given.what == "freeze":
        freeze(given.data, given.output)
    else:
        compare(given.before, given.after)


if __name__ == "__main__":
    main()

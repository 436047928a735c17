"""How near the files of a fit are to where another program ends: rietx opens them and goes on.

Usage::

    python benchmarks/handover.py FILE=FORMULA [FILE=FORMULA ...] [--json]

Each measured file is fitted (`crystinet.refine` with the formula) and written as CIF, data and
instrument. rietx reads these, refines scale and background alone, which gives the Rwp of the
start, and then everything: zero, displacement, cell, widths, coordinates, displacement parameters
and preferred orientation. The ratio of both Rwp is what counts; at most 1.5 is wanted.
"""

import argparse
import json
import math
import tempfile
import warnings
from pathlib import Path
from typing import Any

import gemmi
import numpy as np

import crystinet

TARGET = 1.5
RADIUS_MM, BACKGROUND_TERMS = 200.0, 16
#: After scale and background.
STAGES = (
    ("instrument.geometry.sample_displacement",),
    ("phases.*.cell.*",),
    ("instrument.profile.w",),
    ("instrument.profile.u", "instrument.profile.v"),
    ("instrument.profile.x", "instrument.profile.y"),
    ("phases.*.atoms.*.dof.*",),
    ("phases.*.atoms.*.biso",),
)


def opened(folder: Path, fit: crystinet.Fit) -> tuple[Any, Any]:
    """What rietx makes of the files of a fit: a refinement and the data."""
    import rietx

    # rietx opens files of one block alone: the structure, without the pattern.
    document = gemmi.cif.read(str(folder / "fit.cif"))
    (folder / "phase.cif").write_text(f"data_phase\n{''.join(map(as_text, document[0]))}")
    structure = rietx.Structure.from_cif(folder / "phase.cif")
    path = folder / "fit.instprm"
    path.write_text(path.read_text() + f"Gonio. radius:{RADIUS_MM}\n")
    instrument = rietx.read_gsas2_instprm(path)
    # The CIF says the displacement in degrees; .instprm has no place for it.
    instrument.geometry.sample_displacement.value = -0.5 * math.radians(fit.shift_deg) * RADIUS_MM
    level = float(np.median(fit.background))
    coefficients = [rietx.Parameter(value=level * (i == 0)) for i in range(BACKGROUND_TERMS)]
    instrument.background = rietx.BackgroundChebyshev(coefficients=coefficients)
    data = rietx.read_pattern(folder / "fit.xye")
    return rietx.Refinement(structure, instrument, history=False), data


def as_text(item: gemmi.cif.Item) -> str:
    """One item of a CIF block as it stands in a file."""
    block = gemmi.cif.Document().add_new_block("x")
    block.add_item(item)
    return block.as_string().partition("\n")[2]


def compare(path: Path, formula: str) -> dict[str, Any]:
    """Rwp of rietx at the start and at the end, for one pattern."""
    from rietx.strategy.staged import Stage

    fit = crystinet.refine(path, formula=formula)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        crystinet.write_fit(fit, folder / "fit.cif", programs=["gsas2"])
        refinement, data = opened(folder, fit)
    free = ["phases.*.scale", "instrument.background.*"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stage = Stage(name="scale and background", turn_on=free)
        result = refinement.run_stage(data, stage, telemetry=False)
        start = end = result.statistics.rwp
        for number, names in enumerate(STAGES):
            stage = Stage(name=f"stage {number}", turn_on=[*names])
            result = refinement.run_stage(data, stage, telemetry=False)
            end = min(end, result.statistics.rwp)
    return {
        "file": path.name,
        "type": fit.phases[0].type,
        "verified": fit.phases[0].verified.value,
        "Rwp / %": 100.0 * fit.rwp,
        "rietx start / %": 100.0 * start,
        "rietx end / %": 100.0 * end,
        "ratio": start / end,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("patterns", nargs="+", metavar="FILE=FORMULA")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = []
    for word in options.patterns:
        path, _, formula = word.rpartition("=")
        rows.append(compare(Path(path), formula))
    ratio = float(np.median([row["ratio"] for row in rows]))
    if options.json:
        print(json.dumps({"rows": rows, "median ratio": ratio}, indent=1))
        return
    print(f"| {' | '.join(rows[0])} |\n|{' --- |' * len(rows[0])}")
    for row in rows:
        values = (f"{v:.3g}" if isinstance(v, float) else str(v) for v in row.values())
        print(f"| {' | '.join(values)} |")
    print(f"\nmedian ratio {ratio:.3g} (wanted: at most {TARGET:g})")


if __name__ == "__main__":
    main()

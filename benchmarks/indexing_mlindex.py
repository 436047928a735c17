"""mlindex at work in a process of its own: `benchmarks/indexing_rivals.py` starts it.

Its Boost libraries end a process that has loaded those of others, so nothing of crystinet is here.
Each line of standard input is a list of 1/d^2, the answer a line with cells, the best first, and
the processor time that they took: both JSON. The argument is a ceiling for that time; the lattices
are gone through until then, those of high symmetry, which take the least, first.
"""

import json
import math
import signal
import sys
import time

from cctbx import crystal, sgtbx, uctbx  # noqa: F401  (before all others, or the process ends)
from mlindex.command_line.run import _collect_results, _conventional_cell
from mlindex.optimization.AnalyticOptimizer import AnalyticOptimizer
from mlindex.optimization.MPOptimizer import LocalComm
from numpy import array

# Lattices that the analytical indexer is for, and places of their indices in its tables.
LATTICES = ("cF", "cI", "cP", "hP", "hR", "tI", "tP", "oP", "oI", "oF", "oC")
MOST = 5


class TimeIsOver(BaseException):
    """The ceiling is reached; no handler of the program takes it for an error of its own."""


def cells(q: list[float], wavelength_angstrom: float, seconds: float) -> list[dict[str, object]]:
    """Cells for lines with these 1/d^2, as the command ``mlindex.run_analytical`` finds them."""
    results: list[dict[str, object]] = []
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        for lattice in LATTICES:
            optimizer = AnalyticOptimizer(
                bravais_lattice=lattice,
                comm=LocalComm(n_ranks=1),
                n_peaks=len(q),
                n_ref_hkl_guess=10,
            )
            try:
                optimizer.run(q2=array(q), zero_error=True, wavelength=wavelength_angstrom)
            except (AssertionError, ArithmeticError, ValueError):  # its own, of one lattice
                continue
            results = _collect_results(optimizer, lattice, results)
    except TimeIsOver:
        pass  # what was found in the lattices before counts
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
    known = [each for each in _conventional_cell(results) if math.isfinite(float(each["M20"]))]
    known.sort(key=lambda each: -float(each["M20"]))
    names = ("a", "b", "c", "alpha", "beta", "gamma")
    return [
        {
            "cell": [float(each[name]) for name in names],
            "centring": str(each["bravais_lattice"])[1],
        }
        for each in known[:MOST]
    ]


def _stop(*_: object) -> None:
    raise TimeIsOver


def main() -> None:
    """Answer line by line; what it prints itself goes to standard error."""
    answers, sys.stdout = sys.stdout, sys.stderr
    signal.signal(signal.SIGPROF, _stop)
    seconds = float(sys.argv[1])
    for line in sys.stdin:
        asked = json.loads(line)
        started = time.process_time()
        found = cells(asked["q"], asked["wavelength_angstrom"], seconds)
        spent = time.process_time() - started
        print(json.dumps({"cells": found, "seconds": spent}), file=answers, flush=True)


if __name__ == "__main__":
    main()

"""Other programs that find cells from the places of lines, on the very lists that ours gets.

`benchmarks/indexing.py --rivals rietx,mlindex` asks them, as their documentation says and with what
they have against a displaced specimen:

* rietx 1.10 (an extra of crystinet), `rietx.indexing.index_pattern` with all three engines
  (dichotomy, trial and error, iterated SVD), of a list of places. It goes from cubic to monoclinic
  and gives what it has after so many seconds of processor time (`--seconds`; 120 of the clock are
  its own ceiling). Triclinic cells are left out, as ours are.
* mlindex 0.1.3, its analytical indexer, which has the eleven lattices of orthorhombic and higher
  symmetry, and gives what it has when the same ceiling is reached. ``--mlindex-python`` is the
  Python of a virtual environment with ``pip install mlindex``. Its other indexer, for all lattices,
  starts from networks whose weights are no part of the package on PyPI (545 MB on another site); it
  was not tried.
"""

import json
import math
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from crystinet.core.arrays import FloatArray
from crystinet.core.cell import Cell
from crystinet.core.diffraction import d_from_two_theta

#: Cells as a rival gives them, the best first, with the letter of their centring, and seconds.
Found = tuple[list[tuple[Cell, str]], float]
#: Places of lines in degrees, wavelength in angstrom.
Rival = Callable[[FloatArray, float], Found]
MOST = 5
_SYSTEMS = ("cubic", "tetragonal", "hexagonal", "trigonal", "orthorhombic", "monoclinic")
# Lines that mlindex looks at.
_LINES = 20


def rivals(names: Sequence[str], *, seconds: float, mlindex_python: str) -> dict[str, Rival]:
    """The rivals of these names; ``seconds`` is a ceiling for those that take one."""
    makers = {
        "rietx": lambda: _rietx(seconds),
        "mlindex": lambda: _mlindex(mlindex_python, seconds),
    }
    return {name: makers[name]() for name in names}


class _Spent:
    """A token that ends a search of rietx after so much processor time."""

    def __init__(self, seconds: float) -> None:
        self._end = time.process_time() + seconds

    def is_set(self) -> bool:
        return time.process_time() > self._end

    __bool__ = is_set


def _rietx(seconds: float) -> Rival:
    from rietx.indexing import SearchSpec, index_pattern
    from rietx.schemas.indexing import PeakList

    # Ceilings of its own are those of the clock, which a busy machine would shorten.
    spec = SearchSpec(systems=_SYSTEMS, budget_seconds=math.inf, max_candidates=20)

    def ask(two_theta_deg: FloatArray, wavelength_angstrom: float) -> Found:
        peaks = PeakList.from_positions(two_theta_deg, wavelength_angstrom)
        started = time.process_time()
        found = index_pattern(
            peaks, spec=spec, preset="full", validate=False, cancel=_Spent(seconds)
        )
        cells = [(Cell(*map(float, each.cell)), each.centring) for each in found.candidates[:MOST]]
        return cells, time.process_time() - started

    return ask


def _mlindex(python: str, seconds: float) -> Rival:
    worker = subprocess.Popen(
        [python, str(Path(__file__).with_name("indexing_mlindex.py")), str(seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    into, answers = worker.stdin, worker.stdout
    assert into is not None
    assert answers is not None  # both are pipes

    def ask(two_theta_deg: FloatArray, wavelength_angstrom: float) -> Found:
        q = d_from_two_theta(two_theta_deg[:_LINES], wavelength_angstrom) ** -2.0
        asked = {"q": q.tolist(), "wavelength_angstrom": wavelength_angstrom}
        print(json.dumps(asked), file=into, flush=True)
        answer = json.loads(answers.readline())
        cells = [(Cell(*each["cell"]), each["centring"]) for each in answer["cells"]]
        return cells, float(answer["seconds"])

    return ask

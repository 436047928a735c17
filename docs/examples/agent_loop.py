"""An agent that looks for a phase boundary in a library of compositions, in the suggest/report way.

Usage: python docs/examples/agent_loop.py [ADDRESS]   (of a running `crystinet serve`)

The diffractometer here is simulated: below x = 0.37 the sample has the NaCl type, above it the CsCl
type. The agent never sees this. It is told vectors of probabilities, always in the same order, and
halves the interval in which they change.
"""

import sys
from itertools import pairwise

import numpy as np

import crystinet

BOUNDARY = 0.37


class BoundaryAgent:
    """Suggests where to measure next, and learns from what is reported."""

    def __init__(self) -> None:
        self.seen: dict[float, np.ndarray] = {}

    def suggest(self) -> float:
        """Both ends first, then the middle of the interval whose ends differ most."""
        for end in (0.0, 1.0):
            if end not in self.seen:
                return end
        low, high = self.interval
        return (low + high) / 2.0

    def report(self, x: float, probabilities: np.ndarray) -> None:
        """Take in what was measured at a composition."""
        self.seen[x] = probabilities

    @property
    def interval(self) -> tuple[float, float]:
        """Neighbours whose vectors differ most."""
        places = sorted(self.seen)
        pairs = list(pairwise(places))
        change = [np.abs(self.seen[a] - self.seen[b]).sum() for a, b in pairs]
        return pairs[int(np.argmax(change))]


def measure(x: float) -> bytes:
    """Stand in for a diffractometer: the file that it would write for a composition."""
    name = "NaCl" if x < BOUNDARY else "CsCl"
    kind = next(kind for kind in crystinet.types() if kind.name == name)
    pattern = crystinet.simulate(kind.reference, counts=5000, background=0.02, seed=int(1e4 * x))
    rows = zip(pattern.two_theta_deg, pattern.intensity, strict=True)
    lines = ["# wavelength = 1.5406", *(f"{a:.4f} {b:.1f}" for a, b in rows)]
    return "\n".join(lines).encode()


def main(address: str = "http://127.0.0.1:8017") -> None:
    """Measure eight samples and say where the boundary is."""
    agent = BoundaryAgent()
    with crystinet.Client(address) as client:
        for _ in range(8):
            x = agent.suggest()
            found = client.probabilities(measure(x), filename=f"x-{x:.4f}.xy")
            agent.report(x, np.array(found))
    low, high = agent.interval
    print(f"The structure changes between x = {low:.3f} and {high:.3f}.")


if __name__ == "__main__":
    main(*sys.argv[1:])

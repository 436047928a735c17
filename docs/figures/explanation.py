"""Draw docs/figures/explanation.png: why a solid solution of olivine is called one.

Usage::

    python docs/figures/explanation.py [--model BUNDLE]

The pattern is simulated with counting noise from the structure of ``benchmarks/olivine.py``.
"""

import argparse
import runpy
from dataclasses import replace
from pathlib import Path

import crystinet
from crystinet.report.explanation import plot_explanation

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "olivine.py"


def main() -> None:
    """Explain the answer for one noisy pattern."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, help="bundle other than the one in the package")
    model = parser.parse_args().model
    benchmark = runpy.run_path(str(BENCHMARK))
    pattern = benchmark["measurement"](benchmark["olivine"](), seed=1)
    found = crystinet.explain(replace(pattern, name="Fe1.10Mg0.75Mn0.15SiO4"), model=model)
    plot_explanation(found, Path(__file__).with_suffix(".png"))


if __name__ == "__main__":
    main()

"""The published failure of confidence alone: olivine Fe1.10Mg0.75Mn0.15SiO4, whole range and 5-65.

Usage::

    python benchmarks/olivine.py [--model BUNDLE] [--patterns 100]

L. Chen et al., J. Am. Chem. Soc. 146 (2024) 8098, report that by confidence alone (alpha = 0) this
compound is taken for a GdFeO3 perovskite, because its lines at high angle resemble one, and that it
is recognised when only 5-65 degrees are kept. This builds its structure from published facts,
simulates ideal patterns and patterns with counting noise, and ranks the types with alpha = 0, with
the published 0.7, and with the bundle's own alpha.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from crystinet.app.models import load_model
from crystinet.core.arrays import FloatArray
from crystinet.crystals.structure import Site, Structure
from crystinet.model.inference import Model
from crystinet.patterns.pattern import Pattern
from crystinet.simulation.simulate import simulate

TRUTH, RIVAL = "Olivine-Mg2SiO4", "Perovskite-GdFeO3"
RANGES = ((5.0, 110.0), (5.0, 65.0))

#: Share of Mg, Fe and Mn in Fe1.10Mg0.75Mn0.15SiO4.
SHARES = {"Mg": 0.75 / 2.0, "Fe": 1.10 / 2.0, "Mn": 0.15 / 2.0}

#: Cell a, b, c in angstrom (Pbnm) and free coordinates of forsterite, fayalite and tephroite.
#: Sources: Fujino, Sasaki, Takeuchi & Sadanaga, Acta Cryst. B37 (1981) 513, for the cells and for
#: the atoms of fayalite and tephroite; Smyth & Hazen, Am. Mineral. 58 (1973) 588, for those of
#: forsterite. M1 is at the origin.
ENDS: dict[str, dict[str, tuple[float, ...]]] = {
    "Mg": {
        "cell": (4.7535, 10.1943, 5.9807),
        "M2": (0.9915, 0.2774, 0.25),
        "Si": (0.4262, 0.0940, 0.25),
        "O1": (0.7657, 0.0913, 0.25),
        "O2": (0.2215, 0.4474, 0.25),
        "O3": (0.2777, 0.1628, 0.0331),
    },
    "Fe": {
        "cell": (4.8195, 10.4788, 6.0873),
        "M2": (0.98598, 0.28026, 0.25),
        "Si": (0.43122, 0.09765, 0.25),
        "O1": (0.76814, 0.09217, 0.25),
        "O2": (0.20895, 0.45365, 0.25),
        "O3": (0.28897, 0.16563, 0.03643),
    },
    "Mn": {
        "cell": (4.9023, 10.5964, 6.2567),
        "M2": (0.98792, 0.28041, 0.25),
        "Si": (0.42755, 0.09643, 0.25),
        "O1": (0.75776, 0.09363, 0.25),
        "O2": (0.21088, 0.45369, 0.25),
        "O3": (0.28706, 0.16384, 0.0414),
    },
}


def interpolated(name: str) -> FloatArray:
    """Vegard's law between the three end members."""
    parts = [share * np.array(ENDS[element][name]) for element, share in SHARES.items()]
    mean: FloatArray = np.sum(parts, axis=0)
    return mean


def olivine() -> Structure:
    """Fe1.10Mg0.75Mn0.15SiO4 in Pbnm.

    All manganese is on M2, the larger site, as Francis & Ribbe, Am. Mineral. 65 (1980) 1263, found
    in the forsterite-tephroite series; Fe and Mg share the rest in one ratio, as Birle et al., Am.
    Mineral. 53 (1968) 807, found in natural olivines.
    """
    iron = SHARES["Fe"] / (SHARES["Fe"] + SHARES["Mg"])
    manganese = 2.0 * SHARES["Mn"]
    m1 = (("Fe", iron), ("Mg", 1.0 - iron))
    m2 = (
        ("Fe", (1.0 - manganese) * iron),
        ("Mg", (1.0 - manganese) * (1.0 - iron)),
        ("Mn", manganese),
    )
    a, b, c = (float(v) for v in interpolated("cell"))

    def place(name: str) -> tuple[float, float, float]:
        x, y, z = (float(v) for v in interpolated(name))
        return x, y, z

    return Structure(
        cell=(a, b, c, 90.0, 90.0, 90.0),
        hall_symbol="-P 2c 2ab",  # Pbnm
        sites=(
            Site(m1, (0.0, 0.0, 0.0)),
            Site(m2, place("M2")),
            Site((("Si", 1.0),), place("Si")),
            *(Site((("O", 1.0),), place(name)) for name in ("O1", "O2", "O3")),
        ),
        name="Fe1.10Mg0.75Mn0.15SiO4",
    )


def measurement(structure: Structure, seed: int) -> Pattern:
    """One pattern with noise, background, and a width and texture of its own."""
    rng = np.random.default_rng([1, seed])
    return simulate(
        structure,
        fwhm_deg=float(rng.uniform(0.06, 0.2)),
        texture=(float(rng.uniform(0.7, 1.3)), 0.0, 1.0, 0.0),
        background=float(rng.uniform(0.02, 0.3)),
        counts=float(10.0 ** rng.uniform(3.0, 4.5)),
        seed=seed,
    )


def rows(model: Model, drawn: list[Pattern], limits: tuple[float, float]) -> list[str]:
    """Make the rows of one range: the first of ``drawn`` is ideal, the others have noise."""
    ready = [model.sample(pattern.within(limits)).prepared for pattern in drawn]
    scores = model.score(model.network_input(ready))
    names = [entry.name for entry in model.bundle.types]
    truth, rival = names.index(TRUTH), names.index(RIVAL)
    found = []
    for alpha in sorted({0.0, model.bundle.calibration.alpha, 0.7}):
        r = scores.reliability(replace(model.bundle.calibration, alpha=alpha))
        first = [names[i] for i in r.argmax(axis=1)]
        cells = [
            f"{limits[0]:g}-{limits[1]:g}",
            f"{alpha:g}",
            first[0],
            f"{r[0, truth]:.3f}",
            f"{r[0, rival]:.3f}",
            f"{scores.confidence[0, truth]:.4f}",
            f"{scores.confidence[0, rival]:.4f}",
            f"{first[1:].count(TRUTH)} of {len(first) - 1}",
            f"{first[1:].count(RIVAL)}",
        ]
        found.append(f"| {' | '.join(cells)} |")
    return found


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, help="bundle other than the one in the package")
    parser.add_argument("--patterns", type=int, default=100, help="with noise")
    given = parser.parse_args()
    model = load_model(given.model)
    structure = olivine()
    drawn = [simulate(structure)] + [measurement(structure, i) for i in range(given.patterns)]
    print(f"bundle {model.bundle.version}, {model.bundle.id[:12]}\n")
    heads = ["degrees", "alpha", "answer", "R olivine", "R GdFeO3", "C olivine's net"]
    heads += ["C GdFeO3's net", "noisy: olivine", "GdFeO3"]
    print(f"| {' | '.join(heads)} |\n|{' --- |' * len(heads)}")
    for limits in RANGES:
        print("\n".join(rows(model, drawn, limits)))


if __name__ == "__main__":
    main()

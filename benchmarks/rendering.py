"""Speed of drawing fully augmented training patterns.

Usage::

    python benchmarks/rendering.py [--dataset FILE.npz] [--processes 2] [--seconds 20] [--json]

Without a data set the patterns are of the reference structures of the catalogue. Measured, in one
run and with one thread in each process:

- *raw*: patterns of 5250 points with every augmentation, as a diffractometer would record them;
- *prepared*: the same with the background removed and smoothed, as networks are trained on;
- *network inputs*: the same on the networks' logarithmic axis;
- *one by one*: the peer, a loop over patterns with NumPy, airPLS of pybaselines and Savitzky-Golay
  of SciPy, without most of the augmentations.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

BATCH = 64


def draw(kind: str, dataset: Path | None, seconds: float, seed: int) -> float:
    """Patterns a second of one process with one thread."""
    import torch

    torch.set_num_threads(1)
    step = {"one by one": one_by_one}.get(kind, batched)(kind, dataset, seed)
    step()  # compiles
    done, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        done += step()
    return done / elapsed


def batched(kind: str, dataset: Path | None, seed: int) -> Callable[[], int]:
    """A batch of patterns by the package's own means."""
    import numpy as np
    import torch

    from crystinet.model.representation import LogAxis
    from crystinet.training.draw.drawing import draw_patterns
    from crystinet.training.draw.source import PatternSource, RenderingConfig

    data = load(dataset)
    config = RenderingConfig()
    source = PatternSource(data, config, LogAxis(config.grid))
    rng = np.random.default_rng(seed)

    def step() -> int:
        chosen, impurities = rng.integers(len(data.members), size=(2, BATCH))
        if kind == "raw":
            draw_patterns(
                source._phases(np.concatenate([chosen, impurities]), rng, True),
                n_patterns=BATCH,
                grid=config.grid,
                config=config.augmentation,
                generator=torch.Generator().manual_seed(int(rng.integers(2**31))),
            )
        elif kind == "prepared":
            source.draw(chosen, impurities=impurities, rng=rng, variants=True)
        else:
            source.draw_inputs(chosen, impurities=impurities, rng=rng, variants=True)
        return BATCH

    return step


def one_by_one(kind: str, dataset: Path | None, seed: int) -> Callable[[], int]:
    """The peer: strain, widths, profiles, background, noise and preprocessing of one pattern."""
    import numpy as np
    from pybaselines.whittaker import airpls
    from scipy.signal import savgol_filter

    from crystinet.core.diffraction import lorentz_polarisation, two_theta_from_d
    from crystinet.core.grid import DEFAULT_GRID
    from crystinet.simulation.profiles import PeakProfile, add_peaks

    data, rng = load(dataset), np.random.default_rng(seed)
    axis = DEFAULT_GRID.two_theta_deg

    def step() -> int:
        lines = data.reflections(int(rng.integers(len(data.members))))
        d = lines.d_angstrom * (1.0 + rng.uniform(-0.03, 0.03))
        place = two_theta_from_d(d, DEFAULT_GRID.wavelength_angstrom)
        seen = np.isfinite(place)
        area = (lines.multiplicity * lines.f_squared)[seen] * lorentz_polarisation(place[seen])
        profile = PeakProfile(fwhm_deg=rng.uniform(0.05, 0.2), size_nm=rng.uniform(10, 150))
        width = profile.width_deg(place[seen], wavelength_angstrom=DEFAULT_GRID.wavelength_angstrom)
        curve = np.zeros(len(axis))
        add_peaks(
            curve,
            positions_deg=place[seen],
            areas=area,
            fwhm_deg=width,
            eta=rng.random(),
            start_deg=DEFAULT_GRID.start_deg,
            step_deg=DEFAULT_GRID.step_deg,
        )
        curve = curve / curve.max() + 0.1 * np.exp(-axis / rng.uniform(5.0, 60.0))
        counts = rng.poisson(curve * 1e4)
        background, _ = airpls(counts, lam=1e6, max_iter=15)
        np.maximum(savgol_filter(counts - background, 7, 2), 0.0)
        return 1

    return step


def load(path: Path | None):
    """The data set of a file, or one of the catalogue's reference structures."""
    from crystinet.corpus.datasets.dataset import Dataset, Member, pack
    from crystinet.corpus.splits import Split
    from crystinet.crystals.catalogue import load_catalogue
    from crystinet.simulation.reflections import compute_reflections

    if path is not None:
        return Dataset.load(path)
    kinds = list(load_catalogue())
    members = [Member(i, k.name, 0, Split.TRAIN, True, "catalogue") for i, k in enumerate(kinds)]
    lines = [compute_reflections(k.reference, d_min_angstrom=0.93) for k in kinds]
    return pack(members, lines, d_min_angstrom=0.93)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", type=Path)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    rates = {}
    with ProcessPoolExecutor(options.processes) as pool:
        for kind in ("raw", "prepared", "network inputs", "one by one"):
            jobs = [
                pool.submit(draw, kind, options.dataset, options.seconds, seed)
                for seed in range(options.processes)
            ]
            rates[kind] = sum(job.result() for job in jobs)
    report = {
        "processes": options.processes,
        "processor": platform.processor() or platform.machine(),
        "patterns per second": {kind: round(rate, 1) for kind, rate in rates.items()},
        "prepared over one by one": round(rates["prepared"] / rates["one by one"], 1),
    }
    if options.json:
        print(json.dumps(report))
        return
    for kind, rate in rates.items():
        print(f"{kind:16} {rate:8.0f} patterns a second")
    print(f"prepared / one by one: {report['prepared over one by one']}")


if __name__ == "__main__":
    main()

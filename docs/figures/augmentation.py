"""Draw docs/figures/augmentation.png: what each augmentation does to the pattern of rutile.

Usage::

    python docs/figures/augmentation.py
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import torch

from crystinet.core.grid import DEFAULT_GRID
from crystinet.crystals.catalogue import load_catalogue
from crystinet.patterns.config import PreprocessingConfig
from crystinet.simulation.reflections import compute_reflections
from crystinet.training.draw.augmentation import Phases
from crystinet.training.draw.augmentation_config import AugmentationConfig
from crystinet.training.draw.compiled import prepare_rows
from crystinet.training.draw.drawing import RawPatterns, draw_patterns

#: Three times as far as in training, where it hardly shows at the lines of rutile.
WIDE_OPEN = {"axial_share": 1.0, "axial_divergence": 0.1}

#: Title, what is switched on, and the range shown, degrees.
PANELS: list[tuple[str, dict[str, Any], tuple[float, float]]] = [
    ("isotropic lattice scale, 3 %", {"lattice_scale": 0.03}, (24, 60)),
    ("strain of each axis, 0.6 %", {"axis_strain": 0.006}, (24, 60)),
    ("extra B, -0.3 to 1.5 square angstrom", {"extra_b_iso": (-0.3, 1.5)}, (50, 110)),
    ("line jitter, up to 20 %", {"line_jitter": 0.2}, (24, 60)),
    ("plates: March-Dollase r = 0.45", {"texture_share": 1.0, "texture_r": (0.45, 0.45)}, (24, 60)),
    ("needles: r = 1.8", {"texture_share": 1.0, "texture_r": (1.8, 1.8)}, (24, 60)),
    ("crystallites of 8 nm", {"size_share": 1.0, "size_nm_log": (8.0, 8.0)}, (24, 60)),
    ("microstrain 0.4 %", {"microstrain_share": 1.0, "microstrain": (0.004, 0.004)}, (40, 110)),
    ("axial asymmetry, S/L = H/L up to 0.1", WIDE_OPEN, (25, 29)),
    ("zero shift and displacement", {"zero_shift_deg": 0.06, "displacement_deg": 0.12}, (26, 30)),
    ("K-alpha1 only", {"monochromatic_share": 1.0}, (68, 71)),
    ("K-beta, up to 2 %", {"beta_share": 1.0}, (22, 30)),
    ("counts 600 at the strongest line", {"counts_log": (600.0, 600.0)}, (24, 60)),
    ("background", {"background_log": (0.1, 0.5)}, (5, 110)),
    ("hump", {"hump_share": 1.0}, (5, 110)),
    ("impurity, up to 10 %", {"impurity_share": 1.0, "impurity_amount": 0.1}, (24, 60)),
    ("steps of 0.08 degrees", {"coarse_share": 1.0, "counts_log": (2e3, 2e3)}, (53, 57)),
    ("spikes", {"spike_share": 1.0}, (5, 110)),
]


def draw(config: AugmentationConfig, *, n: int = 3, seed: int = 4) -> RawPatterns:
    """Patterns of rutile, with spinel as the impurity."""
    catalogue = load_catalogue()
    rutile, spinel = (
        compute_reflections(catalogue.by_name(name).reference, d_min_angstrom=0.93)
        for name in ("Rutile-TiO2", "Spinel-Al2MgO4")
    )
    return draw_patterns(
        Phases.pack([rutile] * n + [spinel] * n),
        n_patterns=n,
        grid=DEFAULT_GRID,
        config=config,
        generator=torch.Generator().manual_seed(seed),
    )


def main() -> None:
    """Draw all panels, the last row with everything, raw and prepared."""
    still, x = AugmentationConfig.none(), DEFAULT_GRID.two_theta_deg
    plain = draw(still, n=1).intensity[0]
    figure, axes = plt.subplots(7, 3, figsize=(13, 16), layout="constrained")
    for axis, (title, changes, (low, high)) in zip(axes.flat, PANELS, strict=False):
        shown = (x >= low) & (x <= high)
        axis.plot(x[shown], plain[shown], color="black", linewidth=0.8)
        for curve in draw(replace(still, **changes)).intensity:
            axis.plot(x[shown], curve[shown], linewidth=0.7)
        axis.set_title(title, fontsize=9)
        if "up to 2 %" in title or "impurity" in title:
            axis.set_ylim(top=0.15)
    raw = draw(AugmentationConfig(), seed=11)
    rows, _ = prepare_rows(
        raw.intensity.numpy(),
        first=raw.first.numpy(),
        last=raw.last.numpy(),
        step_deg=DEFAULT_GRID.step_deg,
        config=PreprocessingConfig(),
    )
    for i, axis in enumerate(axes[-1]):
        axis.plot(x, raw.intensity[i], linewidth=0.6, color="tab:gray")
        axis.plot(x, np.where(rows[i] > 0.0, rows[i], np.nan), linewidth=0.6, color="tab:red")
        axis.set_title("all together: raw (grey) and prepared (red)", fontsize=9)
    for axis in axes.flat:
        axis.set_yticks([])
        axis.tick_params(labelsize=7)
    figure.savefig(Path(__file__).with_suffix(".png"), dpi=70)


if __name__ == "__main__":
    main()

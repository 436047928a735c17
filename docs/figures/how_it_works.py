"""Draw docs/figures/how-it-works-*.png: how a pattern becomes the name of a structure type.

Usage::

    python docs/figures/how_it_works.py

All patterns are simulated, from reference structures of the catalogue.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

import crystinet
from crystinet.crystals.catalogue import load_catalogue
from crystinet.patterns import preprocess

FOLDER = Path(__file__).parent
LAMBDA = 1.5406


def reference(name: str) -> crystinet.Structure:
    """The reference structure of a type."""
    return load_catalogue().by_name(name).reference


def rock_salt(metal: str, other: str, edge: float) -> crystinet.Structure:
    """A compound of the NaCl type."""
    sites = (
        crystinet.Site(((metal, 1.0),), (0.0, 0.0, 0.0)),
        crystinet.Site(((other, 1.0),), (0.5, 0.5, 0.5)),
    )
    cell = (edge, edge, edge, 90.0, 90.0, 90.0)
    return crystinet.Structure(cell, "-F 4 2 3", sites, name=metal + other)


def measured(name: str, seed: int) -> crystinet.Pattern:
    """What an ordinary laboratory would measure of the reference of a type."""
    structure = reference(name)
    pattern = crystinet.simulate(structure, counts=3000, background=0.1, fwhm_deg=0.12, seed=seed)
    return pattern.within((15.0, 100.0))


def save(figure: Any, number: int) -> None:
    """Write a figure, small enough for a page."""
    figure.savefig(FOLDER / f"how-it-works-{number}.png", dpi=70)
    plt.close(figure)


def draw_fingerprints() -> None:
    """Three compounds, two of one type: over 2theta, and over the logarithm of d."""
    compounds = [
        ("CaO, NaCl type", rock_salt("Ca", "O", 4.811)),
        ("NaBr, NaCl type", rock_salt("Na", "Br", 5.973)),
        ("CsCl, CsCl type", reference("CsCl")),
    ]
    figure, axes = plt.subplots(3, 2, figsize=(11, 5), layout="constrained", sharex="col")
    for (label, structure), (left, right) in zip(compounds, axes, strict=True):
        pattern = crystinet.simulate(structure, fwhm_deg=0.3)
        d = LAMBDA / (2.0 * np.sin(np.radians(pattern.two_theta_deg / 2.0)))
        left.plot(pattern.two_theta_deg, pattern.intensity, linewidth=0.8)
        right.plot(d, pattern.intensity, linewidth=0.8)
        left.set_title(label, fontsize=10, loc="left")
        right.set(xscale="log", xlim=(4.5, 0.95))
    axes[-1, 0].set_xlabel("2theta / degrees, Cu K-alpha")
    axes[-1, 1].set_xlabel("d / angstrom, logarithmic")
    axes[-1, 1].set_xticks([4, 3, 2, 1.5, 1], ["4", "3", "2", "1.5", "1"], minor=False)
    axes[-1, 1].set_xticks([], minor=True)
    for axis in axes.flat:
        axis.set_yticks([])
    save(figure, 1)


def draw_preparation() -> None:
    """A measurement, and what is left of it after the preparation."""
    raw = measured("Rutile-TiO2", seed=1)
    hump = 900.0 * np.exp(-(((raw.two_theta_deg - 24.0) / 7.0) ** 2))
    raw = replace(raw, intensity=raw.intensity + hump)
    ready = preprocess(raw)
    figure, (above, below) = plt.subplots(2, figsize=(11, 4), layout="constrained", sharex=True)
    above.plot(raw.two_theta_deg, np.where(raw.mask, raw.intensity, np.nan), linewidth=0.8)
    above.set_title("as measured: counts, noise, background, hump of a holder", fontsize=10)
    seen = np.where(ready.mask, ready.intensity, np.nan)
    below.plot(ready.two_theta_deg, seen, linewidth=0.8, color="tab:red")
    below.set_title("as it is compared: lines only, highest 1, not measured left out", fontsize=10)
    below.set(xlim=(5, 110), xlabel="2theta / degrees")
    save(figure, 2)


def draw_answers() -> None:
    """What comes out for a known type, for one that is like another, and for one never learned."""
    samples = [
        ("rutile", "Rutile-TiO2"),
        ("fluorite", "Fluorite-CaF2"),
        ("barite: no type that it has learned", "Barite-BaSO4"),
    ]
    figure, axes = plt.subplots(1, 3, figsize=(11, 2.6), layout="constrained")
    for (label, name), axis in zip(samples, axes, strict=True):
        answer = crystinet.identify(measured(name, seed=2), top=4)
        names = [each.type for each in answer.candidates][::-1]
        axis.barh(names, [each.probability for each in answer.candidates][::-1])
        axis.set(xlim=(0, 1))
        axis.set_title(f"{label}\nverdict: {answer.verdict.value}", fontsize=10)
        axis.tick_params(labelsize=8)
    figure.supxlabel("probability, if it is one of the learned types", fontsize=9)
    save(figure, 3)


def draw_proof() -> None:
    """The right type and a wrong one, each fitted to the whole pattern."""
    pattern = measured("Rutile-TiO2", seed=3)
    figure, axes = plt.subplots(1, 2, figsize=(11, 3.4), layout="constrained", sharey=True)
    for name, axis in zip(("Rutile-TiO2", "Corundum-Al2O3"), axes, strict=True):
        fit = crystinet.refine(pattern, type=name)
        axis.plot(fit.two_theta_deg, fit.observed, ".", markersize=2, color="black")
        axis.plot(fit.two_theta_deg, fit.calculated, linewidth=0.8, color="tab:red")
        axis.plot(fit.two_theta_deg, fit.difference - 800, linewidth=0.6, color="tab:gray")
        verdict = fit.phases[0].verified.value
        axis.set_title(f"fitted as {name}: borne out? {verdict}", fontsize=10)
        axis.set_xlabel("2theta / degrees")
    save(figure, 4)


if __name__ == "__main__":
    draw_fingerprints()
    draw_preparation()
    draw_answers()
    draw_proof()

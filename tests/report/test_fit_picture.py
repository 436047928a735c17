"""The picture of a fit."""

from dataclasses import replace
from pathlib import Path

import pytest

import crystinet
from crystinet.crystals.catalogue import load_catalogue
from crystinet.report.fit_picture import indices, plot_fit

pytest.importorskip("matplotlib")


def test_two_phases_with_their_shares(tmp_path: Path) -> None:
    reference = load_catalogue().by_name("NaCl").reference
    fit = crystinet.refine(crystinet.simulate(reference, counts=3000, seed=1), type="NaCl")
    phase = fit.phases[0]
    both = replace(
        fit,
        name="a & <b> $x$",
        phases=(replace(phase, share=0.75), replace(phase, share=0.25, refined=False)),
    )
    path = tmp_path / "fit.svg"
    plot_fit(both, path)
    drawn = path.read_text("utf-8")
    for text in ("75 % of the intensity", "25 % of the intensity", "starting model", "200"):
        assert text in drawn
    assert "observed − calculated" in drawn
    from matplotlib.figure import Figure

    figure = Figure()
    assert fit.plot(figure) is figure
    assert len(figure.axes) == 3


@pytest.mark.parametrize(
    ("hkl", "text"), [([1, 1, 0], "110"), ([1, 0, 10], "1 0 10"), ([-1, 1, 2], "-1 1 2")]
)
def test_indices(hkl: list[int], text: str) -> None:
    assert indices(hkl) == text

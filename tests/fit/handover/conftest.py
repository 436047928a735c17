"""One small fit, of a simulated perovskite, for all tests of what is handed over."""

from dataclasses import replace

import pytest

import crystinet

PEROVSKITE = crystinet.Structure(
    cell=(3.905, 3.905, 3.905, 90.0, 90.0, 90.0),
    hall_symbol="-P 4 2 3",
    sites=(
        crystinet.Site((("Sr", 1.0),), (0.5, 0.5, 0.5), "Sr1"),
        crystinet.Site((("Ti", 1.0),), (0.0, 0.0, 0.0), "Ti1"),
        crystinet.Site((("O", 1.0),), (0.5, 0.0, 0.0), "O1"),
    ),
    name="SrTiO3",
)


@pytest.fixture(scope="session")
def pattern() -> crystinet.Pattern:
    """Counts of SrTiO3 on a background."""
    made = crystinet.simulate(PEROVSKITE, counts=8000, background=0.02, seed=3, fwhm_deg=0.12)
    return replace(made.within((18.0, 100.0)), name="SrTiO3, 'as measured'")


@pytest.fixture(scope="session")
def fit(pattern: crystinet.Pattern) -> crystinet.Fit:
    """Its fit, with the composition."""
    return crystinet.refine(pattern, structure=PEROVSKITE, formula="SrTiO3")


@pytest.fixture(scope="session")
def open_fit(pattern: crystinet.Pattern) -> crystinet.Fit:
    """Its fit from another compound, without a composition."""
    other = replace(
        PEROVSKITE,
        sites=(
            crystinet.Site((("Ba", 1.0),), (0.5, 0.5, 0.5), "Ba1"),
            crystinet.Site((("Zr", 1.0),), (0.0, 0.0, 0.0), "Zr1"),
            PEROVSKITE.sites[2],
        ),
        name="BaZrO3",
    )
    return crystinet.refine(pattern, structure=other)

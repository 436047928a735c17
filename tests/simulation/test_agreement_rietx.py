"""Whole profiles against the Rietveld engine rietx: Caglioti width, size, strain and the rest.

rietx takes the form factors of Waasmaier & Kirfel (1995), crystinet those of the International
Tables C; a Lorentzian line ends at about 30 to 100 widths there (by area) and at 40 here. The
tails of lines beyond the last angle reach into the pattern in crystinet only, so that the last 15
degrees are left out. Nothing else should differ: both get the same cell, sites, widths and
aberrations, and one scale is fitted.
"""

from typing import Any

import numpy as np
import pytest

from crystinet.core.arrays import FloatArray
from crystinet.core.grid import TwoThetaGrid
from crystinet.core.radiation import Radiation
from crystinet.crystals.structure import Site, Structure
from crystinet.simulation.simulate import simulate

rietx = pytest.importorskip("rietx")

WAVELENGTHS, WEIGHTS = (1.5405929, 1.5444274), (1.0, 0.5)
GRID = TwoThetaGrid(start_deg=10.0, step_deg=0.02, n_points=5001)
RADIUS_MM = 200.0
U, V, FWHM = 0.010, -0.004, 0.08
#: Weighted as a measured pattern with a background of 1 % of the strongest point would be.
GAUSSIAN_TOLERANCE, LORENTZIAN_TOLERANCE = 0.002, 0.010

Atom = tuple[str, float, float, float, float, float]
PHASES: dict[str, tuple[tuple[float, ...], str, str, list[Atom]]] = {
    "rutile": (
        (4.594, 4.594, 2.959, 90.0, 90.0, 90.0),
        "P 42/m n m",
        "-P 4n 2n",
        [("Ti", 0.0, 0.0, 0.0, 1.0, 0.5), ("O", 0.305, 0.305, 0.0, 0.9, 0.6)],
    ),
    "LaB6": (
        (4.156826, 4.156826, 4.156826, 90.0, 90.0, 90.0),
        "P m -3 m",
        "-P 4 2 3",
        [("La", 0.0, 0.0, 0.0, 1.0, 0.4), ("B", 0.1993, 0.5, 0.5, 1.0, 0.3)],
    ),
    "corundum": (
        (4.759091, 4.759091, 12.991779, 90.0, 90.0, 120.0),
        "R -3 c:H",
        '-R 3 2"c',
        [("Al", 0.0, 0.0, 0.3522, 1.0, 0.3), ("O", 0.3063, 0.0, 0.25, 1.0, 0.35)],
    ),
}
SETTINGS: dict[str, dict[str, Any]] = {
    "instrument": {},
    "texture": {"texture": (0.6, 1, 0, 0)},
    "axial": {"axial": 0.05},
    "misaligned": {"zero_shift_deg": 0.03, "displacement_mm": 0.1},
    "anomalous": {"anomalous": True},
    "size": {"size_nm": 30.0},
    "size and strain": {"size_nm": 20.0, "strain": 0.001},
}


def ours(phase: str, settings: dict[str, Any]) -> FloatArray:
    cell, _, hall_symbol, atoms = PHASES[phase]
    sites = tuple(Site(((name, o),), (x, y, z), b_iso=b) for name, x, y, z, o, b in atoms)
    return simulate(
        Structure(cell, hall_symbol, sites),  # type: ignore[arg-type]
        radiation=Radiation(WAVELENGTHS, WEIGHTS),
        grid=GRID,
        fwhm_deg=FWHM,
        caglioti_u=U,
        caglioti_v=V,
        eta=None,
        radius_mm=RADIUS_MM,
        **settings,
    ).intensity


def theirs(phase: str, settings: dict[str, Any]) -> FloatArray:
    cell, space_group, _, atoms = PHASES[phase]

    def fixed(value: float) -> Any:
        return rietx.Parameter(value=float(value))

    size_nm, texture = settings.get("size_nm"), settings.get("texture")
    scherrer = 0.0 if size_nm is None else np.degrees(0.94 * WAVELENGTHS[0] / (10.0 * size_nm))
    described = rietx.Phase(
        name=phase,
        space_group=space_group,
        cell=rietx.Cell(
            **dict(zip(("a", "b", "c", "alpha", "beta", "gamma"), map(fixed, cell), strict=True))
        ),
        atoms=[
            rietx.Atom(
                label=f"{name}{i}",
                species=name,
                **{k: fixed(v) for k, v in zip(("x", "y", "z", "occ", "biso"), rest, strict=True)},
            )
            for i, (name, *rest) in enumerate(atoms)
        ],
        lor_size=fixed(scherrer),
        lor_strain=fixed(np.degrees(4.0 * settings.get("strain", 0.0))),
        preferred_orientation=texture
        and rietx.PreferredOrientation(r=fixed(texture[0]), axis=texture[1:]),
    )
    half = fixed(settings.get("axial", 0.0) / 2.0)
    instrument = rietx.Instrument(
        source=rietx.Source(
            lines=[
                rietx.EmissionLine(wavelength=wavelength, weight=fixed(weight))
                for wavelength, weight in zip(WAVELENGTHS, WEIGHTS, strict=True)
            ],
            polarization=fixed(0.5),
            dispersion=rietx.Dispersion() if settings.get("anomalous") else None,
        ),
        geometry=rietx.Geometry(
            kind="bragg_brentano",
            goniometer_radius_mm=RADIUS_MM,
            axial_sl=half,
            axial_hl=half,
            sample_displacement=fixed(settings.get("displacement_mm", 0.0)),
        ),
        zero_shift=fixed(settings.get("zero_shift_deg", 0.0)),
        profile=rietx.ProfileTCHZ.coarse(u=U, v=V, w=FWHM**2, x=1e-9, y=0.0),
        background=rietx.BackgroundChebyshev(coefficients=[fixed(0.0)]),
    )
    refinement = rietx.Refinement(rietx.Structure(phases=[described]), instrument, history=False)
    return np.asarray(refinement.predict(GRID.two_theta_deg))


@pytest.mark.filterwarnings("ignore")  # rietx and pydantic announce changes of their own
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("settings", SETTINGS)
def test_profile(phase: str, settings: str) -> None:
    compared = GRID.two_theta_deg < 95.0
    expected = theirs(phase, SETTINGS[settings])[compared]
    found = ours(phase, SETTINGS[settings])[compared]
    weights = 1.0 / (expected + 0.01 * expected.max())
    scale = (weights * expected @ found) / (weights * found @ found)
    difference = expected - scale * found
    residual = np.sqrt((weights @ difference**2) / (weights @ expected**2))
    lorentzian = "size_nm" in SETTINGS[settings]
    assert residual < (LORENTZIAN_TOLERANCE if lorentzian else GAUSSIAN_TOLERANCE)

"""Everything that makes a measured pattern differ from a calculated one, with random strength.

Each function is pure: parameters in physical units, arrays in, arrays out, randomness from a
numpy Generator. `draw_pattern` puts them together for one training pattern: the raw intensity that
a diffractometer would have recorded, before any preprocessing. The preprocessing that follows is
the very code that measured files go through, so both sides carry the same residue.
"""

from dataclasses import dataclass

import numpy as np

from crystinet.core.arrays import BoolArray, FloatArray
from crystinet.core.diffraction import lorentz_polarisation
from crystinet.core.grid import TwoThetaGrid
from crystinet.core.radiation import Radiation
from crystinet.simulate.lattice import crystal_system, d_spacing, strained_cell
from crystinet.simulate.reflections import Reflections
from crystinet.simulate.rendering import render_peaks

Range = tuple[float, float]


@dataclass(frozen=True)
class AugmentationConfig:
    """Ranges that the augmentations are drawn from (uniform unless the name says log).

    Attributes
    ----------
    lattice_scale
        Largest isotropic change of the cell, as a fraction.
    axis_strain
        Standard deviation of the independent strain of each axis the crystal system leaves free.
    angle_strain_deg
        Standard deviation of the change of each free cell angle.
    line_jitter
        Largest standard deviation of ln(intensity) of single lines (graininess, small shifts of
        atoms, mixed occupancies).
    extra_b_iso
        Range added to the isotropic displacement parameter B, square angstrom.
    texture_share, texture_r
        Share of patterns with preferred orientation; March-Dollase r drawn log-uniformly.
    instrument_fwhm_deg
        Constant part of the instrumental width.
    caglioti_slope
        Upper end of the part of FWHM^2 growing with tan^2(theta), square degrees.
    size_nm_log, size_share
        Crystallite size for the Scherrer width, log-uniform, and the share of patterns with it.
    microstrain, microstrain_share
        Range of the strain for the width 4 e tan(theta), and the share of patterns with it.
    lorentz_fraction
        Range of the pseudo-Voigt mixing.
    zero_shift_deg, displacement_deg
        Largest zero error, and largest specimen displacement error (times cos theta).
    monochromatic_share
        Share of patterns without the K-alpha2 line.
    counts_log
        Counts at the strongest line above background, log-uniform.
    background_log
        Mean background relative to the strongest line, log-uniform.
    hump_share
        Share of patterns with a broad hump (amorphous part, sample holder).
    impurity_share, impurity_amount
        Share of patterns with lines of another structure and their largest relative height.
    truncated_share, start_deg, stop_deg
        Share of patterns with a shorter range, and where it may start and stop.
    """

    lattice_scale: float = 0.03
    axis_strain: float = 0.006
    angle_strain_deg: float = 0.4
    line_jitter: float = 0.25
    extra_b_iso: Range = (-0.3, 1.5)
    texture_share: float = 0.5
    texture_r: Range = (0.45, 1.8)
    instrument_fwhm_deg: Range = (0.04, 0.16)
    caglioti_slope: float = 0.03
    size_nm_log: Range = (8.0, 150.0)
    size_share: float = 0.6
    microstrain: Range = (0.0, 0.004)
    microstrain_share: float = 0.4
    lorentz_fraction: Range = (0.1, 1.0)
    zero_shift_deg: float = 0.06
    displacement_deg: float = 0.12
    monochromatic_share: float = 0.25
    counts_log: Range = (400.0, 100_000.0)
    background_log: Range = (0.003, 0.8)
    hump_share: float = 0.35
    impurity_share: float = 0.3
    impurity_amount: float = 0.10
    truncated_share: float = 0.5
    start_deg: Range = (5.0, 25.0)
    stop_deg: Range = (50.0, 110.0)


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of one phase on the 2theta axis: positions (p,), degrees, and areas (p,)."""

    two_theta_deg: FloatArray
    area: FloatArray


def draw_strained_d(
    reflections: Reflections, *, config: AugmentationConfig, rng: np.random.Generator
) -> FloatArray:
    """D-spacings (p,) after a random strain that keeps the crystal system; |F|^2 stays valid."""
    scale = 1.0 + rng.uniform(-config.lattice_scale, config.lattice_scale)
    cell = strained_cell(
        reflections.cell,
        system=crystal_system(reflections.space_group),
        axis_strain=scale * (1.0 + config.axis_strain * rng.standard_normal(3)) - 1.0,
        angle_change_deg=config.angle_strain_deg * rng.standard_normal(3),
    )
    return d_spacing(reflections.hkl, cell)


def march_dollase(
    reflections: Reflections, *, r: float, axis: int, diagonal: bool = False
) -> FloatArray:
    r"""Preferred-orientation factor of each reflection, averaged over equivalents, shape (p,).

    :math:`P = \langle (r^2\cos^2\alpha + \sin^2\alpha / r)^{-3/2}\rangle`, with alpha the angle
    between the reflection and the texture axis (Dollase, J. Appl. Cryst. 19 (1986) 267); r < 1 for
    plates, r > 1 for needles. The axis is the reciprocal axis ``axis`` (0 a*, 1 b*, 2 c*). In cubic
    crystals the mean runs over the three axes <100>, or with ``diagonal`` over the four <111>, in
    rhombohedral and hexagonal ones the axis is always c*, so that every equivalent of a reflection
    has the same angle or is averaged over.
    """
    hkl = reflections.hkl.astype(np.float64)
    system = crystal_system(reflections.space_group)
    if system == "cubic":
        signs = np.array([[1, 1, 1], [1, 1, -1], [1, -1, 1], [-1, 1, 1]]) / np.sqrt(3.0)
        axes = signs if diagonal else np.eye(3)
        cosine = (hkl @ axes.T) / np.linalg.norm(hkl, axis=1, keepdims=True)
    else:
        index = 2 if system in ("tetragonal", "trigonal", "hexagonal") else axis
        reciprocal = np.linalg.inv(_orthogonalisation(reflections.cell))  # rows a*, b*, c*
        vectors = hkl @ reciprocal
        direction = reciprocal[index] / np.linalg.norm(reciprocal[index])
        cosine = (vectors @ direction / np.linalg.norm(vectors, axis=1))[:, None]
    squared = np.minimum(cosine**2, 1.0)
    factor: FloatArray = ((r**2 * squared + (1.0 - squared) / r) ** -1.5).mean(axis=1)
    return factor


def _orthogonalisation(cell: tuple[float, float, float, float, float, float]) -> FloatArray:
    """Matrix with the columns a, b, c in Cartesian coordinates, angstrom."""
    import gemmi

    matrix: FloatArray = np.array(gemmi.UnitCell(*cell).orth.mat.tolist())
    return matrix


def draw_intensities(
    reflections: Reflections,
    d_angstrom: FloatArray,
    *,
    config: AugmentationConfig,
    rng: np.random.Generator,
) -> FloatArray:
    """Line areas without Lorentz-polarisation, (p,): texture, displacement and jitter applied."""
    area = reflections.multiplicity * reflections.f_squared
    extra_b = rng.uniform(*config.extra_b_iso)
    area = area * np.exp(-extra_b / (2.0 * d_angstrom**2))  # exp(-2 B (sin theta / lambda)^2)
    if rng.random() < config.texture_share:
        r = float(np.exp(rng.uniform(*np.log(config.texture_r))))
        axis, diagonal = int(rng.integers(3)), bool(rng.random() < 0.5)
        area = area * march_dollase(reflections, r=r, axis=axis, diagonal=diagonal)
    sigma = rng.uniform(0.0, config.line_jitter)
    jittered: FloatArray = area * np.exp(sigma * rng.standard_normal(len(area)))
    return jittered


def draw_lines(
    reflections: Reflections,
    *,
    grid: TwoThetaGrid,
    config: AugmentationConfig,
    rng: np.random.Generator,
    keep: float = 2e-4,
) -> Lines:
    """Positions and areas of one phase; lines weaker than ``keep`` of the strongest are dropped."""
    d = draw_strained_d(reflections, config=config, rng=rng)
    sine = grid.wavelength_angstrom / (2.0 * d)
    visible = sine < np.sin(np.radians(0.5 * (grid.stop_deg + 1.0)))
    area = draw_intensities(reflections, d, config=config, rng=rng)[visible]
    two_theta = np.degrees(2.0 * np.arcsin(sine[visible]))
    area = area * lorentz_polarisation(two_theta)
    strong = area > keep * area.max(initial=0.0)
    return Lines(two_theta[strong], area[strong])


def draw_widths(
    *, config: AugmentationConfig, wavelength_angstrom: float, rng: np.random.Generator
) -> tuple[float, float, float, float]:
    """Coefficients (constant, slope, size, strain) of `line_width`, in degrees."""
    constant = rng.uniform(*config.instrument_fwhm_deg)
    slope = rng.uniform(0.0, config.caglioti_slope)
    size = strain = 0.0
    if rng.random() < config.size_share:
        length_angstrom = 10.0 * np.exp(rng.uniform(*np.log(config.size_nm_log)))
        size = float(np.degrees(0.94 * wavelength_angstrom / length_angstrom))
    if rng.random() < config.microstrain_share:
        strain = float(np.degrees(4.0 * rng.uniform(*config.microstrain)))
    return constant, slope, size, strain


def line_width(
    two_theta_deg: FloatArray, coefficients: tuple[float, float, float, float]
) -> FloatArray:
    """FWHM in degrees: instrument (Caglioti without V) and sample (Scherrer, microstrain) parts."""
    constant, slope, size, strain = coefficients
    theta = np.radians(two_theta_deg) / 2.0
    tangent = np.tan(theta)
    instrument = np.sqrt(constant**2 + slope * tangent**2)
    width: FloatArray = np.hypot(instrument, size / np.cos(theta) + strain * tangent)
    return width


def render_lines(
    lines: Lines,
    *,
    grid: TwoThetaGrid,
    config: AugmentationConfig,
    rng: np.random.Generator,
) -> FloatArray:
    """Profile on the grid, (n_points,), strongest point 1; zero where no line is in reach."""
    widths = draw_widths(config=config, wavelength_angstrom=grid.wavelength_angstrom, rng=rng)
    eta = rng.uniform(*config.lorentz_fraction)
    zero = rng.uniform(-config.zero_shift_deg, config.zero_shift_deg)
    displacement = rng.uniform(-config.displacement_deg, config.displacement_deg)
    radiation = Radiation.of_anode("Cu")
    n_lines = 1 if rng.random() < config.monochromatic_share else 2
    positions, areas = [], []
    for wavelength, weight in zip(
        radiation.wavelengths_angstrom[:n_lines], radiation.weights[:n_lines], strict=True
    ):
        sine = np.sin(np.radians(lines.two_theta_deg) / 2.0) * wavelength / grid.wavelength_angstrom
        positions.append(np.degrees(2.0 * np.arcsin(np.minimum(sine, 1.0))))
        areas.append(lines.area * weight)
    position = np.concatenate(positions)
    curve = render_peaks(
        two_theta_deg=position + zero + displacement * np.cos(np.radians(position) / 2.0),
        area=np.concatenate(areas),
        fwhm_deg=line_width(position, widths),
        lorentz_fraction=eta,
        start_deg=grid.start_deg,
        step_deg=grid.step_deg,
        n_points=grid.n_points,
    )
    top = curve.max()
    return curve / top if top > 0.0 else curve


def draw_background(
    grid: TwoThetaGrid, *, config: AugmentationConfig, rng: np.random.Generator
) -> FloatArray:
    """Smooth background (n_points,), relative to the strongest line: decay, slope, waves, humps."""
    x = np.linspace(0.0, 1.0, grid.n_points)
    level = float(np.exp(rng.uniform(*np.log(config.background_log))))
    shape = np.ones(grid.n_points)
    shape += rng.uniform(0.0, 4.0) * np.exp(-x / rng.uniform(0.02, 0.25))  # air and direct beam
    shape += rng.uniform(-0.6, 0.6) * x
    for _ in range(2):
        shape += rng.uniform(0.0, 0.15) * np.sin(
            2.0 * np.pi * (rng.uniform(0.5, 4.0) * x + rng.random())
        )
    background = level * np.maximum(shape, 0.05)
    if rng.random() < config.hump_share:
        centre = (rng.uniform(15.0, 40.0) - grid.start_deg) / (grid.stop_deg - grid.start_deg)
        width = rng.uniform(3.0, 9.0) / (grid.stop_deg - grid.start_deg)
        height = rng.uniform(0.02, 0.35)
        background += height * np.exp(-0.5 * ((x - centre) / width) ** 2)
    return background


def add_counting_noise(
    intensity: FloatArray, *, counts_at_one: float, rng: np.random.Generator
) -> FloatArray:
    """Poisson noise where intensity 1 expects ``counts_at_one`` counts; same scale as the input."""
    noisy: FloatArray = rng.poisson(np.maximum(intensity, 0.0) * counts_at_one) / counts_at_one
    return noisy


def draw_mask(
    grid: TwoThetaGrid, *, config: AugmentationConfig, rng: np.random.Generator
) -> BoolArray:
    """Measured part of the grid, (n_points,)."""
    start, stop = grid.start_deg, grid.stop_deg
    if rng.random() < config.truncated_share:
        if rng.random() < 0.8:
            start = rng.uniform(*config.start_deg)
        if rng.random() < 0.8:
            stop = rng.uniform(*config.stop_deg)
    mask: BoolArray = (grid.two_theta_deg >= start) & (grid.two_theta_deg <= stop)
    return mask


def draw_pattern(
    reflections: Reflections,
    *,
    grid: TwoThetaGrid,
    config: AugmentationConfig,
    rng: np.random.Generator,
    impurity: Reflections | None = None,
) -> tuple[FloatArray, BoolArray]:
    """One raw training pattern, (n_points,), and its measured mask.

    ``impurity`` lends its lines to a share ``config.impurity_share`` of the patterns.
    """
    mask = draw_mask(grid, config=config, rng=rng)
    lines = draw_lines(reflections, grid=grid, config=config, rng=rng)
    profile = render_lines(lines, grid=grid, config=config, rng=rng)
    if impurity is not None and rng.random() < config.impurity_share:
        other = draw_lines(impurity, grid=grid, config=config, rng=rng)
        amount = rng.uniform(0.0, config.impurity_amount)
        profile = profile + amount * render_lines(other, grid=grid, config=config, rng=rng)
    counts = float(np.exp(rng.uniform(*np.log(config.counts_log))))
    raw = profile + draw_background(grid, config=config, rng=rng)
    return add_counting_noise(raw, counts_at_one=counts, rng=rng), mask

"""How strongly training patterns are varied, in physical units.

See docs/explanation/augmentation.md.
"""

from dataclasses import dataclass, replace

from crystinet.core.arrays import Range


@dataclass(frozen=True)
class AugmentationConfig:
    """Ranges that the augmentations are drawn from (uniform unless the name says log).

    Attributes
    ----------
    lattice_scale
        Largest isotropic change of the cell, as a fraction: relaxed DFT cells are about 1 % off,
        and the cell of an unknown compound may differ by several percent.
    axis_strain
        Standard deviation of the independent strain of each axis the crystal system leaves free.
    angle_strain_deg
        Standard deviation of the change of each free cell angle.
    variant_share
        Share of training patterns from a variant of the structure with mixed occupancies and
        shifted atoms, where the data set has variants.
    line_jitter
        Largest standard deviation of ln(intensity) of single lines (graininess).
    extra_b_iso
        Range added to the isotropic displacement parameter B, square angstrom.
    texture_share, texture_r
        Share of phases with preferred orientation; March-Dollase r drawn log-uniformly.
    instrument_fwhm_deg
        Constant part of the instrumental width.
    caglioti_slope
        Upper end of the part of FWHM^2 growing with tan^2(theta), square degrees.
    size_nm_log, size_share
        Crystallite size for the Scherrer width, log-uniform, and the share of phases with it.
    microstrain, microstrain_share
        Range of the strain e for the width 4 e tan(theta), and the share of phases with it.
    lorentz_fraction
        Range of the pseudo-Voigt mixing.
    axial_divergence, axial_share
        Largest S/L = H/L (half heights of specimen and slit over the goniometer's radius) of the
        axial asymmetry, and the share of patterns with it.
    zero_shift_deg, displacement_deg
        Largest zero error, and largest specimen displacement error (times cos theta).
    wavelength_error
        Largest relative error of the wavelength.
    monochromatic_share
        Share of patterns without the K-alpha2 line.
    beta_share, beta_weight
        Share of patterns with a rest of K-beta, and its largest weight against K-alpha1.
    counts_log
        Counts at the strongest line above background, log-uniform.
    background_log
        Mean background relative to the strongest line, log-uniform.
    hump_share, hump_height
        Share of patterns with a broad hump (amorphous part, sample holder), and its height.
    impurity_share, impurity_amount
        Share of patterns with lines of another structure and their largest relative height.
    coarse_share, coarse_steps
        Share of patterns measured with wider steps than the grid, and the widest in grid steps.
    spike_share
        Share of patterns with a few single points far too high.
    truncated_share, start_deg, stop_deg
        Share of patterns with a shorter range, and where it may start and stop; what lies beyond
        the grid is cut.
    gap_share, gap_deg_log, most_gaps
        Share of patterns with parts cut out of the middle (a line of the specimen holder, a beam
        stop), the width of each, degrees, log-uniform, and how many there are at most.
    """

    lattice_scale: float = 0.03
    axis_strain: float = 0.006
    angle_strain_deg: float = 0.4
    variant_share: float = 0.5
    line_jitter: float = 0.2
    extra_b_iso: Range = (-0.3, 1.5)
    texture_share: float = 0.45
    texture_r: Range = (0.45, 1.8)
    instrument_fwhm_deg: Range = (0.04, 0.16)
    caglioti_slope: float = 0.03
    size_nm_log: Range = (8.0, 150.0)
    size_share: float = 0.6
    microstrain: Range = (0.0, 0.004)
    microstrain_share: float = 0.4
    lorentz_fraction: Range = (0.1, 1.0)
    axial_divergence: float = 0.03
    axial_share: float = 0.5
    zero_shift_deg: float = 0.06
    displacement_deg: float = 0.12
    wavelength_error: float = 3e-4
    monochromatic_share: float = 0.25
    beta_share: float = 0.1
    beta_weight: float = 0.02
    counts_log: Range = (600.0, 100_000.0)
    background_log: Range = (0.003, 0.5)
    hump_share: float = 0.35
    hump_height: Range = (0.02, 0.35)
    impurity_share: float = 0.3
    impurity_amount: float = 0.10
    coarse_share: float = 0.2
    coarse_steps: int = 4
    spike_share: float = 0.03
    truncated_share: float = 0.5
    start_deg: Range = (3.0, 25.0)
    stop_deg: Range = (50.0, 150.0)
    gap_share: float = 0.08
    gap_deg_log: Range = (0.5, 8.0)
    most_gaps: int = 2

    def whole_range(self) -> "AugmentationConfig":
        """The same without anything cut off or out."""
        return replace(self, truncated_share=0.0, gap_share=0.0)

    @classmethod
    def none(cls) -> "AugmentationConfig":
        """Nothing varies and nothing is added: the calculated pattern, lines 0.1 degrees wide."""
        return cls(
            lattice_scale=0.0,
            axis_strain=0.0,
            angle_strain_deg=0.0,
            variant_share=0.0,
            line_jitter=0.0,
            extra_b_iso=(0.0, 0.0),
            texture_share=0.0,
            instrument_fwhm_deg=(0.1, 0.1),
            caglioti_slope=0.0,
            size_share=0.0,
            microstrain_share=0.0,
            lorentz_fraction=(0.5, 0.5),
            axial_share=0.0,
            zero_shift_deg=0.0,
            displacement_deg=0.0,
            wavelength_error=0.0,
            monochromatic_share=0.0,
            beta_share=0.0,
            counts_log=(1e9, 1e9),
            background_log=(1e-9, 1e-9),
            hump_share=0.0,
            impurity_share=0.0,
            coarse_share=0.0,
            spike_share=0.0,
            truncated_share=0.0,
            gap_share=0.0,
        )

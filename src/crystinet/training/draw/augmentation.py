"""How the lines of a real specimen differ from calculated ones: strain, texture, intensities.

Works on the reflections of many phases at once, with torch tensors on the CPU or a GPU. Each
function is pure: physical parameters in, tensors out, randomness from a generator. The instrument
(`instrument`) and the statistics (`recording`) follow; `drawing` puts all of it together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Generator, Tensor

from crystinet.core.arrays import Range
from crystinet.core.cell import system_number
from crystinet.simulation.reflections import Reflections
from crystinet.training.draw.augmentation_config import AugmentationConfig

_TRICLINIC, _MONOCLINIC, _, _TETRAGONAL, _TRIGONAL, _HEXAGONAL, _CUBIC = range(7)
_CUBE_AXES = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
_CUBE_DIAGONALS = torch.tensor([[1.0, 1, 1], [1, 1, -1], [1, -1, 1], [-1, 1, 1]]) / 3.0**0.5


@dataclass(frozen=True, slots=True, eq=False)
class Phases:
    """Reflections of n phases in one piece, p in all.

    Attributes
    ----------
    phase
        Shape (p,): which phase a reflection belongs to.
    hkl
        Shape (p, 3).
    strength
        Shape (p,): multiplicity times |F|^2.
    cell
        Shape (n, 6), angstrom and degrees.
    system
        Shape (n,): index into `crystinet.core.cell.CRYSTAL_SYSTEMS`.
    """

    phase: Tensor
    hkl: Tensor
    strength: Tensor
    cell: Tensor
    system: Tensor

    @classmethod
    def pack(cls, phases: Sequence[Reflections], *, device: str | torch.device = "cpu") -> "Phases":
        """Put the reflections of several phases together."""
        lengths = torch.tensor([len(r.hkl) for r in phases])
        systems = [system_number(r.space_group) for r in phases]
        strength = np.concatenate([r.multiplicity * r.f_squared for r in phases])
        return cls(
            phase=torch.repeat_interleave(torch.arange(len(phases)), lengths).to(device),
            hkl=torch.from_numpy(np.concatenate([r.hkl for r in phases])).float().to(device),
            strength=torch.from_numpy(strength).float().to(device),
            cell=torch.tensor([r.cell for r in phases], dtype=torch.float32, device=device),
            system=torch.tensor(systems, device=device),
        )


def uniform(n: int, bounds: Range, *, like: Tensor, generator: Generator) -> Tensor:
    """Uniform numbers between two bounds, shape (n,)."""
    low, high = bounds
    unit = torch.rand(n, generator=generator, device=like.device, dtype=like.dtype)
    return low + (high - low) * unit


def log_uniform(n: int, bounds: Range, *, like: Tensor, generator: Generator) -> Tensor:
    """Numbers between two positive bounds whose logarithm is uniform, shape (n,)."""
    low, high = (float(np.log(bound)) for bound in bounds)
    return uniform(n, (low, high), like=like, generator=generator).exp()


def normal(n: int, *shape: int, like: Tensor, generator: Generator) -> Tensor:
    """Standard normal numbers, shape (n, *shape)."""
    return torch.randn(n, *shape, generator=generator, device=like.device, dtype=like.dtype)


def chance(n: int, share: float, *, like: Tensor, generator: Generator) -> Tensor:
    """True for about a ``share`` of n, shape (n,)."""
    return uniform(n, (0.0, 1.0), like=like, generator=generator) < share


def strain_cells(
    cell: Tensor, system: Tensor, *, axis_strain: Tensor, angle_change_deg: Tensor
) -> Tensor:
    """Cells (n, 6) after stretching the axes, obeying the crystal systems.

    Axes that symmetry makes equal take the strain of the first of them, angles that symmetry
    fixes stay. Rhombohedral axes (a = b = c, equal angles not 90 degrees) are recognised.

    Parameters
    ----------
    cell, system
        As in `Phases`.
    axis_strain
        Relative change of a, b and c, shape (n, 3).
    angle_change_deg
        Change of the free angles, shape (n, 3).
    """
    rhombohedral = (system == _TRIGONAL) & ((cell[:, 5] - 120.0).abs() > 1e-3)
    cubic = system == _CUBIC
    strain = axis_strain.clone()
    strain[:, 1] = torch.where(system >= _TETRAGONAL, strain[:, 0], strain[:, 1])
    strain[:, 2] = torch.where(cubic | rhombohedral, strain[:, 0], strain[:, 2])
    oblique = (cell[:, 3:] - 90.0).abs()
    # b is the unique axis by convention where all angles are 90 degrees.
    unique = torch.where(oblique.amax(dim=1) > 1e-3, oblique.argmax(dim=1), 1)
    free = torch.nn.functional.one_hot(unique, 3) * (system == _MONOCLINIC)[:, None]
    free = torch.where((system == _TRICLINIC)[:, None], 1, free)
    change = torch.where(
        rhombohedral[:, None], angle_change_deg[:, :1].expand(-1, 3), angle_change_deg * free
    )
    return torch.cat([cell[:, :3] * (1.0 + strain), cell[:, 3:] + change], dim=1)


def reciprocal_bases(cell: Tensor) -> Tensor:
    """Reciprocal axes a*, b*, c* as rows, Cartesian with a along x, 1/angstrom, (n, 3, 3)."""
    a, b, c, alpha, beta, gamma = cell.double().unbind(dim=1)
    cos_alpha, cos_beta = torch.cos(torch.deg2rad(alpha)), torch.cos(torch.deg2rad(beta))
    cos_gamma, sin_gamma = torch.cos(torch.deg2rad(gamma)), torch.sin(torch.deg2rad(gamma))
    zero = torch.zeros_like(a)
    c_y = (cos_alpha - cos_beta * cos_gamma) / sin_gamma
    c_z = torch.sqrt((1.0 - cos_beta**2 - c_y**2).clamp_min(1e-6))
    direct = torch.stack(
        [
            torch.stack([a, zero, zero], dim=1),
            torch.stack([b * cos_gamma, b * sin_gamma, zero], dim=1),
            torch.stack([c * cos_beta, c * c_y, c * c_z], dim=1),
        ],
        dim=1,
    )
    inverse: Tensor = torch.linalg.inv(direct)
    return inverse.transpose(1, 2).to(cell.dtype)


def scattering_vectors(phases: Phases, bases: Tensor) -> Tensor:
    """Scattering vectors h a* + k b* + l c*, Cartesian, length 1/d, (p, 3)."""
    vectors = phases.hkl[:, :1] * bases[:, 0][phases.phase]
    vectors += phases.hkl[:, 1:2] * bases[:, 1][phases.phase]
    vectors += phases.hkl[:, 2:] * bases[:, 2][phases.phase]
    return vectors


def draw_strain(phases: Phases, *, config: AugmentationConfig, generator: Generator) -> Tensor:
    """Random cells (n, 6): isotropic scale, axial strain and angles; |F|^2 stays valid."""
    n, cell = len(phases.cell), phases.cell
    bounds = (-config.lattice_scale, config.lattice_scale)
    scale = 1.0 + uniform(n, bounds, like=cell, generator=generator)[:, None]
    axes = config.axis_strain * normal(n, 3, like=cell, generator=generator)
    return strain_cells(
        cell,
        phases.system,
        axis_strain=scale * (1.0 + axes) - 1.0,
        angle_change_deg=config.angle_strain_deg * normal(n, 3, like=cell, generator=generator),
    )


def texture_axes(system: Tensor, bases: Tensor, *, axis: Tensor, diagonal: Tensor) -> Tensor:
    """Directions (n, 4, 3) that the texture factor is averaged over, zero where there are fewer.

    The reciprocal axis ``axis`` (0 a*, 1 b*, 2 c*); always c* in tetragonal, trigonal and hexagonal
    crystals. In cubic ones the three axes <100>, or where ``diagonal`` the four <111>.
    """
    n = len(system)
    unique = (system >= _TETRAGONAL) & (system <= _HEXAGONAL)
    index = torch.where(unique, 2, axis)
    single = bases[torch.arange(n, device=system.device), index]
    axes = bases.new_zeros(n, 4, 3)
    axes[:, 0] = single / single.norm(dim=1, keepdim=True)
    cubic = torch.where(diagonal[:, None, None], _CUBE_DIAGONALS.to(bases), _CUBE_AXES.to(bases))
    return torch.where((system == _CUBIC)[:, None, None], cubic, axes)


def march_dollase(vectors: Tensor, axes: Tensor, r: Tensor) -> Tensor:
    r"""Preferred-orientation factor averaged over symmetry-equivalent axes, shape (p,).

    :math:`P = \langle (r^2\cos^2\alpha + \sin^2\alpha / r)^{-3/2}\rangle`, with alpha the angle
    between the scattering vector and a texture axis (Dollase, J. Appl. Cryst. 19 (1986) 267);
    r < 1 for plates, r > 1 for needles.

    Parameters
    ----------
    vectors
        Scattering vectors, (p, 3).
    axes
        Unit vectors of each reflection's phase, (p, k, 3); zero vectors do not count.
    r
        Shape (p,).
    """
    squared = torch.einsum("pkc,pc->pk", axes, vectors).square()
    squared = (squared / vectors.square().sum(dim=1, keepdim=True)).clamp(max=1.0)
    used = axes.square().sum(dim=2) > 0.5
    base = r[:, None].square() * squared + (1.0 - squared) / r[:, None]
    factor = (base.rsqrt() / base) * used
    return factor.sum(dim=1) / used.sum(dim=1)


def draw_intensities(
    phases: Phases,
    vectors: Tensor,
    bases: Tensor,
    *,
    config: AugmentationConfig,
    generator: Generator,
) -> Tensor:
    """Line areas without Lorentz-polarisation, (p,): displacement, texture and jitter applied."""
    n, cell, phase = len(phases.cell), phases.cell, phases.phase
    extra_b = uniform(n, config.extra_b_iso, like=cell, generator=generator)
    inverse_d2 = vectors.square().sum(dim=1)
    area = phases.strength * torch.exp(-0.5 * extra_b[phase] * inverse_d2)  # exp(-2 B s^2)
    sigma = uniform(n, (0.0, config.line_jitter), like=cell, generator=generator)
    area = area * torch.exp(sigma[phase] * normal(len(phase), like=cell, generator=generator))
    textured = chance(n, config.texture_share, like=cell, generator=generator)
    r = log_uniform(n, config.texture_r, like=cell, generator=generator)
    axis = torch.randint(3, (n,), generator=generator, device=cell.device)
    diagonal = chance(n, 0.5, like=cell, generator=generator)
    axes = texture_axes(phases.system, bases, axis=axis, diagonal=diagonal)
    rows = textured[phase].nonzero()[:, 0]
    factor = march_dollase(vectors[rows], axes[phase[rows]], r[phase[rows]])
    return area.index_copy(0, rows, area[rows] * factor)

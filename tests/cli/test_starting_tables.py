"""How known compounds and lattices are printed."""

from crystinet.cli.starting_tables import cell_text, estimated_text
from crystinet.core.cell import Cell
from crystinet.fit.lattice import LatticeEstimate


def estimate(cell: Cell, uncertainty: tuple[float, ...], system: str) -> LatticeEstimate:
    return LatticeEstimate(
        source="MgO (x)",
        source_cell=cell,
        cell=cell,
        uncertainty=uncertainty,
        crystal_system=system,
        method="axial",
        scale=1.0,
        axial_scale=(1.0, 1.0, 1.0),
        shift_deg=0.0,
        rms_deg=0.01,
        explained=1.0,
        confirmed=1.0,
        peaks_used=5,
        peaks_found=5,
        quality=1.0,
    )


def test_only_what_symmetry_leaves_free_is_printed() -> None:
    cubic = Cell.of((3.8204, 3.8204, 3.8204, 90, 90, 90))
    assert estimated_text(estimate(cubic, (0.003,) * 3 + (0.0,) * 3, "cubic")) == "a = 3.820(3)"
    assert cell_text(cubic, 221) == "a 3.8204"
    clinic = Cell.of((9.746, 8.899, 5.251, 90, 105.63, 90))
    assert estimated_text(estimate(clinic, (0.01, 0.01, 0.01, 0, 0.05, 0), "monoclinic")) == (
        "a = 9.746(10), b = 8.899(10), c = 5.251(10), beta = 105.63(5)"
    )
    assert cell_text(clinic, 15) == "a 9.7460 b 8.8990 c 5.2510 beta 105.63"

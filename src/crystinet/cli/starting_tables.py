"""Starting points as people read them."""

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from crystinet.core.cell import Cell, crystal_system
from crystinet.core.su import with_su
from crystinet.crystals.formulas import readable_formula
from crystinet.fit.lattice import LatticeEstimate
from crystinet.fit.nearest import Neighbour
from crystinet.fit.starting_points import StartingPoint

# What stands at the end of a formula that comes out in no whole numbers, and what it says.
_PERCENT, _PERCENT_IN_WORDS = "at.%", "at.%: the numbers are percent of the atoms."


def starting_points_text(points: tuple[StartingPoint, ...], *, lattice: bool) -> Group:
    """Known compounds and lattice of each candidate."""
    parts: list[RenderableType] = []
    for point in points:
        if point.nearest is not None:
            parts += _nearest(point.type, point.nearest)
        if lattice:
            parts.append(Text(_lattice_sentence(point), style="" if point.lattice else "yellow"))
    return Group(*parts)


def _nearest(name: str, found: tuple[Neighbour, ...]) -> list[RenderableType]:
    if not found:
        return [Text(f"{name}: the index holds no known compound of this type.")]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("likeness", justify="right")
    table.add_column("formula", overflow="fold")
    table.add_column("cell", overflow="fold")
    table.add_column("group", justify="right")
    table.add_column("scale", justify="right")
    table.add_column("source", overflow="fold")
    for neighbour in found:
        compound = neighbour.compound
        table.add_row(
            f"{neighbour.likeness:.3f}",
            Text(readable_formula(compound.formula)),
            cell_text(compound.cell, compound.space_group),
            str(compound.space_group),
            f"{neighbour.scale:.4f}",
            Text(", ".join(filter(None, (compound.source_id, compound.kind)))),
        )
    parts: list[RenderableType] = [Text(f"Known compounds most like it, {name}:"), table]
    sources = "; ".join(dict.fromkeys(n.compound.source for n in found))
    parts.append(Text(f"Cells in angstrom and degrees, space groups by number. From: {sources}."))
    if any(readable_formula(n.compound.formula).endswith(_PERCENT) for n in found):
        parts.append(Text(_PERCENT_IN_WORDS))
    return parts


def _lattice_sentence(point: StartingPoint) -> str:
    found = point.lattice
    if found is None:
        text = f"Lattice as {point.type}: cannot be determined from this pattern."
        if point.scale is not None:
            text += f" Edges {point.scale:.3f} times those of the reference fit its lines best."
        return text
    how = "" if found.method == "axial" else " (one scale; ratios and angles of the source)"
    return (
        f"Lattice as {point.type}, {found.crystal_system}: {estimated_text(found)}{how}; from "
        f"{found.source}; {found.peaks_used} of {found.peaks_found} peaks, rms "
        f"{found.rms_deg:.3f} degrees, {100.0 * found.explained:.0f} % of the intensity; "
        f"displacement {found.shift_deg:+.3f} degrees; edges {found.scale:.4f} times those of the "
        "reference."
    )


def estimated_text(found: LatticeEstimate) -> str:
    """Free edges and angles with their uncertainties: ``a = 5.431(2)`` of a cubic cell."""
    cell = zip(Cell._fields, found.cell, found.uncertainty, strict=True)
    free = found.cell.free_names(found.crystal_system)
    return ", ".join(
        f"{name} = {with_su(value, error, digits=4)}" for name, value, error in cell if name in free
    )


def cell_text(cell: Cell, space_group: int) -> str:
    """What symmetry leaves free: ``a 3.8201`` of a cubic cell, ``a 4.5937 c 2.9587`` of rutile."""
    free = cell.free_names(crystal_system(space_group))
    return " ".join(
        f"{name} {value:.4f}" if name in "abc" else f"{name} {value:.5g}"
        for name, value in zip(Cell._fields, cell, strict=True)
        if name in free
    )

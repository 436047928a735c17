import math
from dataclasses import replace

import numpy as np
import pytest

from crystinet.corpus.imagined.family import Family, Relative, bond_size, with_positions
from crystinet.crystals.catalogue import load_catalogue
from crystinet.crystals.structure import Site, Structure
from crystinet.crystals.symmetry import analyse

#: a, c in angstrom and x of oxygen; textbook values.
RUTILES = {
    "Ti": (4.594, 2.959, 0.3050),
    "Sn": (4.737, 3.186, 0.3071),
    "Ge": (4.396, 2.863, 0.3059),
    "Pb": (4.957, 3.388, 0.3070),
    "Mn": (4.398, 2.874, 0.3046),
}


def rutile(metal: str) -> Relative:
    a, c, x = RUTILES[metal]
    sites = (Site(((metal, 1.0),), (0, 0, 0)), Site((("O", 1.0),), (x, x, 0)))
    structure = Structure((a, a, c, 90.0, 90.0, 90.0), "-P 4n 2n", sites)
    return Relative(analyse(structure), metal)


FAMILY = Family(load_catalogue().by_name("Rutile-TiO2"), tuple(map(rutile, RUTILES)))


def test_bond_size_is_the_sum_of_the_radii() -> None:
    size = bond_size({"Ti": 2, "O": 4}, charges={"Ti": 4, "O": -2}, ionic=True)
    assert size == pytest.approx(0.605 + 1.40)
    assert bond_size({"Ti": 2, "O": 4}, charges=None, ionic=True) == size  # the commonest charge
    mixed = bond_size({"Mg": 1, "Ca": 1, "O": 2}, charges=None, ionic=True)
    assert mixed == pytest.approx((0.72 + 1.00) / 2 + 1.40)
    assert bond_size({"Al": 1}, charges=None, ionic=False) == pytest.approx(2 * 1.43)
    assert bond_size({"He": 1}, charges=None, ionic=False) is None
    assert bond_size({"O": 1}, charges=None, ionic=True) is None


def test_the_volume_law_predicts_members_that_it_has_not_seen() -> None:
    for metal in RUTILES:
        others = tuple(r for r in FAMILY.relatives if r.code != metal)
        known = next(r for r in FAMILY.relatives if r.code == metal)
        slope, scatter = Family(FAMILY.kind, others).volume_law
        assert 2.0 < slope < 4.0
        assert 0.0 < scatter <= 0.05
        for other in others:
            sizes = [bond_size(r.amounts, charges=r.charges, ionic=True) for r in (known, other)]
            assert None not in sizes
            growth = slope * math.log(sizes[0] / sizes[1])  # type: ignore[operator]
            assert math.log(known.volume / other.volume) == pytest.approx(growth, abs=0.09)


def test_few_members_leave_the_law_at_its_prior() -> None:
    kind = load_catalogue().by_name("Faujasite-frame")
    assert Family(FAMILY.kind, FAMILY.relatives[:1]).volume_law[0] == pytest.approx(3.0)
    assert Family(kind, ()).volume_law[0] == pytest.approx(0.5)


def test_cells_grow_with_the_ions_and_keep_the_spread_of_the_axial_ratio() -> None:
    parent = FAMILY.relatives[0]
    ratios = [c / a for a, c, _ in RUTILES.values()]
    larger = {"Zr": 2.0, "O": 4.0}
    for seed in range(40):
        rng = np.random.default_rng(seed)
        towards = FAMILY.relatives[seed % len(FAMILY.relatives)]
        a, b, c, *angles = FAMILY.cell_of(
            parent, amounts=larger, charges={"Zr": 4, "O": -2}, towards=towards, rng=rng
        )
        assert a == pytest.approx(b)
        assert angles == pytest.approx([90.0] * 3)
        assert min(ratios) - 1e-9 <= c / a <= max(ratios) + 1e-9
        assert a * a * c > parent.volume


def test_coordinates_lie_between_those_of_two_members() -> None:
    parent, other = FAMILY.relatives[0], FAMILY.relatives[1]
    for seed in range(20):
        made = with_positions(
            parent.symmetry, towards=other, sigma_angstrom=0.0, rng=np.random.default_rng(seed)
        )
        (old,) = (o for o in parent.symmetry.orbits if dict(o.species) == {"O": 1.0})
        (new,) = (o for o in made.orbits if dict(o.species) == {"O": 1.0})
        moved = np.abs(np.array(new.xyz) - old.xyz).max()
        assert moved <= 0.0021 + 1e-6
        assert analyse(made.structure()).wyckoff == parent.symmetry.wyckoff


def test_other_settings_only_scatter_the_coordinates() -> None:
    kind = load_catalogue().by_name("Anatase-TiO2")
    anatase = Relative(analyse(kind.reference), "anatase")
    parent = FAMILY.relatives[0].symmetry
    still = with_positions(
        parent, towards=anatase, sigma_angstrom=0.0, rng=np.random.default_rng(0)
    )
    for old, new in zip(parent.orbits, still.orbits, strict=True):
        assert new.xyz == pytest.approx(old.xyz, abs=1e-6)
    empty = replace(FAMILY.relatives[1], symmetry=replace(parent, orbits=parent.orbits[:1]))
    alone = with_positions(parent, towards=empty, sigma_angstrom=0.0, rng=np.random.default_rng(0))
    assert alone.orbits[1].xyz == pytest.approx(parent.orbits[1].xyz, abs=1e-6)

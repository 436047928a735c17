"""Every type is recognised, in any setting, and nothing else is taken for it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crystinet.core.errors import InvalidStructureError
from crystinet.crystals.assignment import assign
from crystinet.crystals.catalogue import Catalogue, load_catalogue
from crystinet.crystals.expansion import expand
from crystinet.crystals.structure import Site, Structure
from crystinet.crystals.structure_type import StructureType
from crystinet.crystals.symmetry import analyse

CATALOGUE = load_catalogue()
every_type = pytest.mark.parametrize("kind", list(CATALOGUE), ids=lambda kind: kind.name)
LARGEST_CELL = 300  # atoms; larger references are tested in their own setting only


def name_of(structure: Structure) -> str | None:
    found = assign(structure).type
    return None if found is None else found.name


def all_atoms(
    structure: Structure,
    *,
    rng: np.random.Generator,
    repeat: tuple[int, int, int] = (1, 1, 1),
    noise_angstrom: float = 0.0,
) -> Structure:
    """Write a structure as P1: another origin, permuted axes, a supercell, displaced atoms."""
    cell = expand(structure)
    shifts = np.stack(np.meshgrid(*map(np.arange, repeat), indexing="ij"), axis=-1).reshape(-1, 3)
    points = (cell.positions[:, None, :] + shifts).reshape(-1, 3) / repeat
    species = [kind for kind in cell.species for _ in shifts]
    basis = cell.basis * np.array(repeat)[:, None]
    steps = rng.normal(size=points.shape) * noise_angstrom / np.sqrt(3)
    points = points + rng.uniform(0, 1, 3) + steps @ np.linalg.inv(basis)
    order = rng.permutation(3)
    lengths = np.linalg.norm(basis, axis=1)
    angles = np.array(structure.cell[3:])
    new_cell = (*lengths[order].tolist(), *angles[order].tolist())
    points = (points[:, order]) % 1.0
    sites = (Site(s, tuple(xyz)) for s, xyz in zip(species, points.tolist(), strict=True))
    return Structure(new_cell, "P 1", tuple(sites), structure.name)


def substituted(structure: Structure, amounts: dict[str, str]) -> Structure:
    """Replace a tenth of some elements by others, on all their sites."""
    sites = []
    for site in structure.sites:
        species = []
        for element, occupancy in site.species:
            other = amounts.get(element)
            share = 0.1 * occupancy if other else 0.0
            species.append((element, occupancy - share))
            if other:
                species.append((other, share))
        sites.append(replace(site, species=tuple(species)))
    return replace(structure, sites=tuple(sites))


def prototype(name: str) -> Structure:
    return CATALOGUE.by_name(name).reference


@every_type
def test_a_reference_is_recognised_and_the_answer_says_why(kind: StructureType) -> None:
    found = assign(kind.reference)
    assert found.type is kind
    assert found.runner_up is not kind
    own = analyse(kind.reference)
    assert (found.space_group, found.pearson) == (own.space_group, own.pearson_symbol)
    assert found.wyckoff == own.wyckoff
    assert "Wyckoff sequence" in found.evidence


@every_type
def test_no_other_type_takes_a_reference(kind: StructureType) -> None:
    others = Catalogue(tuple(other for other in CATALOGUE if other is not kind))
    assert assign(kind.reference, catalogue=others).type is None


@every_type
def test_a_given_symmetry_leads_to_the_same_type(kind: StructureType) -> None:
    assert assign(kind.reference, symmetry=analyse(kind.reference)).type is kind


@every_type
def test_origin_axes_and_cell_do_not_matter(kind: StructureType) -> None:
    rng = np.random.default_rng(kind.number or len(kind.name))
    atoms = len(expand(kind.reference).species)
    if atoms > LARGEST_CELL:
        pytest.skip("large cell")
    repeat = (2, 1, 1) if atoms < 60 else (1, 1, 1)
    assert name_of(all_atoms(kind.reference, rng=rng, repeat=repeat)) == kind.name


@every_type
def test_small_displacements_do_not_matter(kind: StructureType) -> None:
    rng = np.random.default_rng(kind.number or len(kind.name))
    if len(expand(kind.reference).species) > LARGEST_CELL:
        pytest.skip("large cell")
    assert name_of(all_atoms(kind.reference, rng=rng, noise_angstrom=0.01)) == kind.name


@settings(max_examples=20, deadline=None)
@given(
    name=st.sampled_from(["Spinel-Al2MgO4", "MnP", "ThCr2Si2", "Pyroxene-CaMg(SiO3)2", "La2O3"]),
    seed=st.integers(0, 2**32 - 1),
    scale=st.floats(0.85, 1.2),
)
def test_settings_and_size_do_not_matter(name: str, seed: int, scale: float) -> None:
    """Types know no unit of length: a larger ion in the same arrangement is the same type."""
    moved = all_atoms(prototype(name), rng=np.random.default_rng(seed))
    a, b, c, *angles = moved.cell
    assert name_of(replace(moved, cell=(a * scale, b * scale, c * scale, *angles))) == name


@pytest.mark.parametrize(
    ("name", "amounts"),
    [
        ("Olivine-Mg2SiO4", {"Mg": "Fe"}),
        ("Spinel-Al2MgO4", {"Mg": "Fe", "Al": "Cr"}),
        ("Garnet-Al2Ca3Si3O12", {"Mg": "Ca", "Al": "Fe"}),
        ("NaCl", {"Mg": "Fe"}),
        ("Perovskite-GdFeO3", {"Gd": "Sr"}),
        ("ThCr2Si2", {"Ge": "Si"}),
        ("Apatite#-(HE,P63/m)", {"P": "V", "Ca": "Sr"}),
        ("CaCu5", {"Cu": "Zn"}),
        ("Sphalerite-ZnS(cF8)", {"Ga": "In"}),
        ("fcc(ccp)-Cu", {"Cu": "Ni"}),
    ],
)
def test_solid_solutions_keep_their_type(name: str, amounts: dict[str, str]) -> None:
    assert name_of(substituted(prototype(name), amounts)) == name


def test_an_alloy_with_equal_sites_is_the_disordered_type() -> None:
    """Disorder moves CsCl to bcc-W, its merged partner, and L1_2 to fcc."""
    mixed = (("Cu", 0.5), ("Zn", 0.5))
    cell = (2.95, 2.95, 2.95, 90.0, 90.0, 90.0)
    ordered = Structure(
        cell, "-P 4 2 3", (Site((("Cu", 1),), (0, 0, 0)), Site((("Zn", 1),), (0.5,) * 3))
    )
    disordered = Structure(cell, "-P 4 2 3", (Site(mixed, (0, 0, 0)), Site(mixed, (0.5,) * 3)))
    assert (name_of(ordered), name_of(disordered)) == ("CsCl", "bcc-W")


def test_vacancies_decide_between_fluorite_and_its_defect_type() -> None:
    def ceria(oxygen: float) -> Structure:
        sites = (Site((("Ce4+", 1.0),), (0, 0, 0)), Site((("O2-", oxygen),), (0.25, 0.25, 0.25)))
        return Structure((5.41,) * 3 + (90.0,) * 3, "-F 4 2 3", sites)

    assert name_of(ceria(1.0)) == "Fluorite-CaF2"
    assert name_of(ceria(0.9)) == "Fluorite-CaF2(defect)"


def test_a_split_site_is_one_site() -> None:
    """Fluorapatite with its fluorine split along the channel, and the hydroxyl group with H."""
    apatite = prototype("Apatite#-(HE,P63/m)")
    core = tuple(site for site in apatite.sites if site.species[0][0] != "F")
    split = (Site((("F", 0.5),), (0, 0, 0.27)),)
    hydroxyl = (Site((("O", 0.5),), (0, 0, 0.21)), Site((("H", 0.5),), (0, 0, 0.08)))
    for channel in (split, hydroxyl):
        assert name_of(replace(apatite, sites=core + channel)) == "Apatite#-(HE,P63/m)"


@pytest.mark.parametrize("name", ["Sodalite-frame", "Amphibole-(MO,C12/m1)", "Tourmaline"])
def test_guests_of_a_framework_do_not_matter(name: str) -> None:
    """Other cations, hydrogen left out, a half-filled A site: the framework decides."""
    structure = prototype(name)
    guests = {"Na": "K", "Cl": "Br", "Ca": "Sr", "Mg": "Fe", "Fe": "Mg"}
    sites = tuple(
        replace(
            site,
            species=tuple(
                (guests.get(e, e), 0.8 * n if e in guests else n) for e, n in site.species
            ),
        )
        for site in structure.sites
        if site.species[0][0] != "H"
    )
    found = assign(replace(structure, sites=sites))
    assert found.type is not None
    assert found.type.name == name
    assert "framework" in found.evidence


def test_a_structure_far_from_all_types_has_none() -> None:
    rng = np.random.default_rng(4)
    elements = rng.choice(["Na", "Si", "O", "Fe", "S"], 14)
    sites = tuple(Site(((str(e), 1.0),), tuple(rng.uniform(0, 1, 3))) for e in elements)
    found = assign(Structure((7.1, 8.3, 9.7, 81.0, 97.0, 103.0), "P 1", sites, "random"))
    assert found.type is None
    assert found.space_group == 1
    assert "in no type" in found.evidence


def test_the_right_symmetry_with_other_coordination_is_not_enough() -> None:
    """FeB, MnP and GeS share space group and Wyckoff sequence; a fourth arrangement is none."""
    iron_boride = prototype("FeB")
    stretched = replace(iron_boride, cell=(5.0, 3.0, 12.0, 90.0, 90.0, 90.0))
    found = assign(stretched)
    assert found.type is None
    assert "the sites differ by" in found.evidence
    assert found.runner_up is not None


def test_the_right_arrangement_of_the_wrong_elements_is_not_enough() -> None:
    """A perovskite with metal on the anion site is none."""
    reference = prototype("Perovskite-GdFeO3")
    swap = {"O": "Cu"}
    sites = tuple(
        replace(site, species=tuple((swap.get(e, e), n) for e, n in site.species))
        for site in reference.sites
    )
    found = assign(replace(reference, sites=sites))
    assert found.type is None
    assert "Cu on site X" in found.evidence


def test_quartz_is_no_class_of_the_paper() -> None:
    found = assign(prototype("Quartz-alpha")).type
    assert found is not None
    assert (found.number, found.extension) == (None, True)


def test_an_impossible_structure_is_refused() -> None:
    site = Site((("Na", 1.0),), (0.0, 0.0, 0.0))
    with pytest.raises(InvalidStructureError, match="cell edges"):
        assign(Structure((0.0, 5.0, 5.0, 90.0, 90.0, 90.0), "P 1", (site,)))


#: Structures of textbooks and mineralogies (R. W. G. Wyckoff, Crystal Structures; Deer, Howie &
#: Zussman; first publications for the superconductors), rounded: cell, Hall symbol, sites, type.
FACTS = [
    ("halite", "5.640", "-F 4 2 3", "Na 0 0 0; Cl .5 .5 .5", "NaCl"),
    ("fluorite", "5.463", "-F 4 2 3", "Ca 0 0 0; F .25 .25 .25", "Fluorite-CaF2"),
    ("sphalerite", "5.409", "F -4 2 3", "Zn 0 0 0; S .25 .25 .25", "Sphalerite-ZnS(cF8)"),
    ("caesium chloride", "4.123", "-P 4 2 3", "Cs 0 0 0; Cl .5 .5 .5", "CsCl"),
    ("iron", "2.866", "-I 4 2 3", "Fe 0 0 0", "bcc-W"),
    ("gold", "4.078", "-F 4 2 3", "Au 0 0 0", "fcc(ccp)-Cu"),
    ("diamond", "3.567", "F 4d 2 3 -1d", "C 0 0 0", "Diamond-C"),
    ("strontium titanate", "3.905", "-P 4 2 3", "Sr .5 .5 .5; Ti 0 0 0; O .5 0 0",
     "Perovskite-CaTiO3"),
    ("pyrite", "5.418", "-P 2ac 2ab 3", "Fe 0 0 0; S .385 .385 .385", "Pyrite-FeS2(cP12)"),
    ("magnetite", "8.396", "-F 4vw 2vw 3", "Fe .125 .125 .125; Fe .5 .5 .5; O .2549 .2549 .2549",
     "Spinel-Al2MgO4"),
    ("silver iodide, wurtzite", "4.592 4.592 7.510 90 90 120", "P 6c -2c",
     "Ag .33333 .66667 0; I .33333 .66667 .375", "Wurtzite-ZnS(2H)"),
    ("rutile", "4.594 4.594 2.959 90 90 90", "-P 4n 2n", "Ti 0 0 0; O .305 .305 0", "Rutile-TiO2"),
    ("corundum", "4.759 4.759 12.991 90 90 120", '-R 3 2"c', "Al 0 0 .3522; O .3063 0 .25",
     "Corundum-Al2O3"),
    ("calcite", "4.990 4.990 17.061 90 90 120", '-R 3 2"c', "Ca 0 0 0; C 0 0 .25; O .2578 0 .25",
     "Calcite-CaCO3(hR10)"),
    ("anatase", "3.785 3.785 9.514 90 90 90", "-I 4bd 2", "Ti 0 .75 .125; O 0 .25 .0816",
     "Anatase-TiO2"),
    ("zircon", "6.604 6.604 5.979 90 90 90", "-I 4bd 2",
     "Zr 0 .75 .125; Si 0 .25 .375; O 0 .0661 .1953", "Zircon-ZrSiO4"),
    ("barium iron arsenide", "3.963 3.963 13.017 90 90 90", "-I 4 2",
     "Ba 0 0 0; Fe .5 0 .25; As 0 0 .3545", "ThCr2Si2"),
    ("magnesium diboride", "3.086 3.086 3.524 90 90 120", "-P 6 2",
     "Mg 0 0 0; B .33333 .66667 .5", "AlB2"),
    ("lithium cobaltate", "2.816 2.816 14.054 90 90 120", '-R 3 2"',
     "Li 0 0 .5; Co 0 0 0; O 0 0 .2396", "Delafossite-NaCrS2"),
    ("cementite", "5.091 6.743 4.526 90 90 90", "-P 2ac 2n",
     "Fe .036 .25 .852; Fe .186 .063 .328; C .89 .25 .45", "Cementite-Fe3C"),
    ("pyrope", "11.459", "-I 4bd 2c 3",
     "Mg .125 0 .25; Al 0 0 0; Si .375 0 .25; O .0329 .0502 .6534", "Garnet-Al2Ca3Si3O12"),
    ("copper sulfide of iron", "5.289 5.289 10.423 90 90 90", "I -4 2bw",
     "Cu 0 0 0; Fe 0 0 .5; S .2574 .25 .125", "Chalcopyrite-CuFeS2"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "cell", "hall", "sites", "name"), FACTS, ids=[f[0] for f in FACTS]
)
def test_facts(
    what: str,
    cell: str,
    hall: str,
    sites: str,
    name: str,
    structure_of: Callable[..., Structure],
) -> None:
    assert name_of(structure_of(cell, hall, sites, what)) == name

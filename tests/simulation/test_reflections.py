import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crystinet.core.diffraction import two_theta_from_d
from crystinet.core.errors import ConfigError, InvalidStructureError
from crystinet.crystals.hall import operations_of
from crystinet.crystals.structure import Site, Structure
from crystinet.simulation.reflections import Reflections, compute_reflections
from crystinet.simulation.scattering import anomalous_terms, form_factors

COPPER = 1.5405929


def cubic(a: float) -> tuple[float, float, float, float, float, float]:
    return (a, a, a, 90.0, 90.0, 90.0)


def atom(species: str, x: float, y: float, z: float, *, occupancy: float = 1.0) -> Site:
    return Site(((species, occupancy),), (x, y, z), b_iso=0.0)


SALT = Structure(cubic(5.6402), "-F 4 2 3", (atom("Na", 0, 0, 0), atom("Cl", 0.5, 0.5, 0.5)))
TRICLINIC = Structure(
    (5.1, 6.2, 7.3, 81.0, 97.0, 104.0),
    "P 1",
    (atom("Ca", 0.1, 0.2, 0.3), atom("Si", 0.45, 0.6, 0.15), atom("O", 0.8, 0.35, 0.7)),
)


def two_theta(structure: Structure, *, count: int) -> list[float]:
    reflections = compute_reflections(structure, d_min_angstrom=0.8)
    d = np.unique(np.round(reflections.d_angstrom, 9))[::-1][:count]
    return two_theta_from_d(d, COPPER).tolist()


class TestCertifiedCells:
    """Line positions of standard reference materials, Cu K-alpha1 of 1.5405929 angstrom."""

    def test_silicon(self) -> None:
        """NIST SRM 640c, a = 5.4311946: the positions of its certificate."""
        silicon = Structure(cubic(5.4311946), "F 4d 2 3 -1d", (atom("Si", 0, 0, 0),))
        expected = [28.441, 47.300, 56.119, 69.126, 76.372, 88.025, 94.946, 106.701]
        assert two_theta(silicon, count=8) == pytest.approx(expected, abs=0.0015)

    def test_lanthanum_hexaboride(self) -> None:
        """NIST SRM 660a, a = 4.1569162: the positions of its certificate."""
        boride = Structure(
            cubic(4.1569162), "-P 4 2 3", (atom("La", 0, 0, 0), atom("B", 0.1993, 0.5, 0.5))
        )
        expected = [21.357, 30.384, 37.441, 43.506, 48.957, 53.988, 63.218, 67.547, 71.745, 75.843]
        assert two_theta(boride, count=10) == pytest.approx(expected, abs=0.0015)

    def test_corundum(self) -> None:
        """Powder Diffraction File 46-1212, a = 4.7587, c = 12.9929: its measured d."""
        corundum = Structure(
            (4.7587, 4.7587, 12.9929, 90.0, 90.0, 120.0),
            '-R 3 2"c',
            (atom("Al", 0, 0, 0.3522), atom("O", 0.3063, 0, 0.25)),
        )
        reflections = compute_reflections(corundum, d_min_angstrom=1.37)
        expected = [3.4797, 2.5508, 2.3794, 2.1654, 2.0853, 1.9643, 1.7400, 1.6016, 1.5466]
        expected += [1.5148, 1.5109, 1.4045, 1.3737]
        assert reflections.d_angstrom.tolist() == pytest.approx(expected, abs=4e-4)
        assert reflections.hkl[:4].tolist() == [[0, 1, 2], [1, 0, 4], [1, 1, 0], [0, 0, 6]]

    @pytest.mark.parametrize(
        ("cell", "hall_symbol", "site", "lines"),
        [
            # SRM 640e, silicon.
            (
                (5.431179, 5.431179, 5.431179, 90.0, 90.0, 90.0),
                "F 4d 2 3 -1d",
                ("Si", 0, 0, 0),
                {(1, 1, 1): 28.441, (2, 2, 0): 47.300, (3, 1, 1): 56.120, (4, 0, 0): 69.127},
            ),
            # SRM 660c, lanthanum hexaboride.
            (
                (4.156826, 4.156826, 4.156826, 90.0, 90.0, 90.0),
                "-P 4 2 3",
                ("La", 0, 0, 0),
                {(1, 0, 0): 21.358, (1, 1, 0): 30.385, (1, 1, 1): 37.442, (2, 0, 0): 43.507},
            ),
            # SRM 676a, corundum.
            (
                (4.759091, 4.759091, 12.991779, 90.0, 90.0, 120.0),
                '-R 3 2"c',
                ("Al", 0, 0, 0.3522),
                {(0, 1, 2): 25.576, (1, 0, 4): 35.149},
            ),
        ],
        ids=["SRM 640e", "SRM 660c", "SRM 676a"],
    )
    def test_present_standards(
        self,
        cell: tuple[float, float, float, float, float, float],
        hall_symbol: str,
        site: tuple[str, float, float, float],
        lines: dict[tuple[int, int, int], float],
    ) -> None:
        """Certified cells at 22.5 degrees Celsius, and the first lines of the certificates."""
        reflections = compute_reflections(
            Structure(cell, hall_symbol, (atom(*site),)), d_min_angstrom=0.8, relative_minimum=0.0
        )
        found = two_theta_from_d(reflections.d_angstrom, COPPER)
        for hkl, expected in lines.items():
            i = reflections.hkl.tolist().index(list(hkl))
            assert found[i] == pytest.approx(expected, abs=0.0015)
        h, k, l = reflections.hkl.T  # noqa: E741
        a, c = cell[0], cell[2]
        inverse = (h**2 + h * k + k**2) * 4 / 3 / a**2 if cell[5] == 120.0 else (h**2 + k**2) / a**2
        np.testing.assert_allclose(
            reflections.d_angstrom, (inverse + l**2 / c**2) ** -0.5, rtol=1e-12
        )

    def test_silicon_intensities(self) -> None:
        """|F| of silicon: 8 f where h + k + l = 4n, 8 f / sqrt(2) for odd hkl, else 0."""
        silicon = Structure(cubic(5.4311946), "F 4d 2 3 -1d", (atom("Si", 0, 0, 0),))
        reflections = compute_reflections(silicon, d_min_angstrom=0.9)
        (f,) = form_factors(["Si"], stol_squared=0.25 / reflections.d_angstrom**2)
        odd = reflections.hkl[:, 0] % 2 == 1
        expected = np.where(odd, 32.0, 64.0) * f**2
        np.testing.assert_allclose(reflections.f_squared, expected, rtol=1e-5)


def test_multiplicities_of_the_cubic_holohedry() -> None:
    reflections = compute_reflections(SALT, d_min_angstrom=0.8)
    found = {
        tuple(h): int(m) for h, m in zip(reflections.hkl, reflections.multiplicity, strict=True)
    }
    assert found[1, 1, 1] == 8
    assert found[2, 0, 0] == 6
    assert found[2, 2, 0] == 12
    assert found[3, 1, 1] == 24
    assert found[5, 3, 1] == 48
    assert (2, 1, 0) not in found


def test_equivalents_and_friedel_mates_fill_the_sphere() -> None:
    reflections = compute_reflections(TRICLINIC, d_min_angstrom=1.0)
    assert set(reflections.multiplicity.tolist()) == {2}
    both = np.concatenate([reflections.hkl, -reflections.hkl])
    assert len(np.unique(both, axis=0)) == 2 * len(reflections.hkl)
    volume = 1.0 / math.sqrt(np.linalg.det(_reciprocal_metric(TRICLINIC)))
    assert len(both) == pytest.approx(4.0 / 3.0 * math.pi * volume, rel=0.05)


def _reciprocal_metric(structure: Structure) -> np.ndarray:
    a, b, c, *angles = structure.cell
    ca, cb, cg = np.cos(np.radians(angles))
    metric = np.outer((a, b, c), (a, b, c)) * np.array([[1, cg, cb], [cg, 1, ca], [cb, ca, 1]])
    return np.linalg.inv(metric)


def test_structure_factors_by_their_definition() -> None:
    """The plain sum over the atoms of a cell without symmetry."""
    structure = replace(
        TRICLINIC,
        sites=tuple(replace(site, b_iso=0.3 * i) for i, site in enumerate(TRICLINIC.sites)),
    )
    reflections = compute_reflections(structure, d_min_angstrom=0.9, relative_minimum=0.0)
    stol_squared = 0.25 / reflections.d_angstrom**2
    total = np.zeros(len(reflections.hkl), dtype=np.complex128)
    for site in structure.sites:
        (f,) = form_factors([site.species[0][0]], stol_squared=stol_squared)
        phase = np.exp(2j * np.pi * (reflections.hkl @ np.array(site.xyz)))
        total += f * np.exp(-(site.b_iso or 0.0) * stol_squared) * phase
    np.testing.assert_allclose(reflections.f_squared, np.abs(total) ** 2, rtol=1e-9)


HALL_SYMBOLS = [
    "P 1", "-P 1", "-P 2ybc", "-C 2yc", "-I 2ya", "P 2ac 2ab", "-P 2ac 2n", "F 2 -2d", "I -4",
    "-I 4bd 2", "I 4bw 2bw -1bw", "P 31 2\"", '-R 3 2"c', "-P 3* 2n", "P 6c -2c", "-P 6c 2c",
    "-P 2ac 2ab 3", "F -4 2 3", "F 4d 2 3 -1d", "-F 4vw 2vw 3", "-I 4bd 2c 3",
]  # fmt: skip


def cell_for(hall_symbol: str) -> tuple[float, float, float, float, float, float]:
    """A cell with just the symmetry of the group, from its rotations."""
    start = np.array([[36.0, 2.0, -3.0], [2.0, 49.0, 1.5], [-3.0, 1.5, 64.0]])
    rotations = operations_of(hall_symbol).rotations
    g = (rotations.transpose(0, 2, 1) @ start @ rotations).mean(axis=0)
    a, b, c = np.sqrt(np.diag(g))
    cosines = (g[1, 2] / (b * c), g[0, 2] / (a * c), g[0, 1] / (a * b))
    alpha, beta, gamma = (math.degrees(math.acos(v)) for v in cosines)
    return (a, b, c, alpha, beta, gamma)


def written_out(structure: Structure) -> Structure:
    """The same crystal in P 1."""
    rotations, translations = operations_of(structure.hall_symbol).all_operations()
    sites = [
        replace(site, xyz=tuple(rotation @ np.array(site.xyz) + translation))
        for site in structure.sites
        for rotation, translation in zip(rotations, translations, strict=True)
    ]
    return replace(structure, hall_symbol="P 1", sites=tuple(sites))


def lines(reflections: Reflections) -> tuple[np.ndarray, np.ndarray]:
    """Distinct d and the summed multiplicity times |F|^2 of each."""
    starts = np.flatnonzero(np.diff(reflections.d_angstrom, prepend=np.inf) < -1e-6)
    strength = np.add.reduceat(reflections.multiplicity * reflections.f_squared, starts)
    return reflections.d_angstrom[starts], strength


@pytest.mark.parametrize("hall_symbol", HALL_SYMBOLS)
def test_symmetry_changes_nothing_but_the_bookkeeping(hall_symbol: str) -> None:
    """Absences, multiplicities and centring: the same lines as of all atoms in P 1."""
    structure = Structure(
        cell_for(hall_symbol),
        hall_symbol,
        # Thin enough that images may come near each other.
        (atom("Fe", 0.13, 0.21, 0.34, occupancy=0.3), atom("O", 0.07, 0.44, 0.27, occupancy=0.2)),
    )
    with_symmetry = compute_reflections(structure, d_min_angstrom=1.3)
    without = compute_reflections(written_out(structure), d_min_angstrom=1.3)
    d, strength = lines(with_symmetry)
    expected_d, expected = lines(without)
    strongest = expected.max()
    kept = expected > 1e-5 * strongest
    found = np.interp(-expected_d[kept], -d, strength)
    np.testing.assert_allclose(found, expected[kept], rtol=1e-8, atol=1e-8 * strongest)
    assert strength.sum() == pytest.approx(expected.sum(), rel=1e-5)


fraction = st.floats(0.0, 1.0, exclude_max=True)


@settings(max_examples=30, deadline=None)
@given(shift=st.tuples(fraction, fraction, fraction))
def test_moving_the_origin_changes_no_intensity(shift: tuple[float, float, float]) -> None:
    moved = replace(
        TRICLINIC,
        sites=tuple(
            replace(site, xyz=tuple(np.add(site.xyz, shift).tolist())) for site in TRICLINIC.sites
        ),
    )
    before = compute_reflections(TRICLINIC, d_min_angstrom=1.2, relative_minimum=0.0)
    after = compute_reflections(moved, d_min_angstrom=1.2, relative_minimum=0.0)
    np.testing.assert_array_equal(before.hkl, after.hkl)
    np.testing.assert_allclose(
        after.f_squared, before.f_squared, rtol=1e-4, atol=1e-4 * before.f_squared.max()
    )


@settings(max_examples=30, deadline=None)
@given(share=st.floats(0.05, 1.0))
def test_intensity_goes_with_the_square_of_the_occupancy(share: float) -> None:
    part = replace(
        SALT,
        sites=tuple(replace(site, species=((site.species[0][0], share),)) for site in SALT.sites),
    )
    full = compute_reflections(SALT, d_min_angstrom=1.0).f_squared
    np.testing.assert_allclose(
        compute_reflections(part, d_min_angstrom=1.0).f_squared, share**2 * full, rtol=1e-9
    )


@settings(max_examples=30, deadline=None)
@given(
    cell=st.tuples(*[st.floats(3.0, 15.0)] * 3, *[st.floats(70.0, 110.0)] * 3),
    xyz=st.lists(st.tuples(fraction, fraction, fraction), min_size=1, max_size=5),
    b_iso=st.floats(0.0, 5.0),
)
def test_everything_is_finite_sorted_and_positive(
    cell: tuple[float, float, float, float, float, float],
    xyz: list[tuple[float, float, float]],
    b_iso: float,
) -> None:
    sites = tuple(Site((("Fe", 0.15),), position) for position in xyz)
    reflections = compute_reflections(
        Structure(cell, "-P 1", sites), d_min_angstrom=1.2, default_b_iso=b_iso
    )
    assert np.isfinite(reflections.f_squared).all()
    assert (reflections.f_squared >= 0.0).all()
    assert (np.diff(reflections.d_angstrom) <= 0.0).all()
    assert (reflections.d_angstrom >= 1.2).all()
    assert (reflections.multiplicity == 2).all()


def test_displacement_weakens_high_angles() -> None:
    still = compute_reflections(SALT, d_min_angstrom=0.9, default_b_iso=0.0)
    sites = tuple(replace(site, b_iso=1.5) for site in SALT.sites)
    warm = compute_reflections(replace(SALT, sites=sites), d_min_angstrom=0.9)
    expected = np.exp(-2.0 * 1.5 * 0.25 / still.d_angstrom**2)
    np.testing.assert_allclose(warm.f_squared / still.f_squared, expected, rtol=1e-6)


def test_mixed_site_scatters_as_the_mean_of_its_atoms() -> None:
    alloy = Structure(cubic(3.75), "-F 4 2 3", (Site((("Cu", 0.75), ("Au", 0.25)), (0, 0, 0)),))
    reflections = compute_reflections(alloy, d_min_angstrom=1.0, default_b_iso=0.0)
    stol_squared = 0.25 / reflections.d_angstrom**2
    copper, gold = form_factors(["Cu", "Au"], stol_squared=stol_squared)
    np.testing.assert_allclose(
        reflections.f_squared, (4.0 * (0.75 * copper + 0.25 * gold)) ** 2, rtol=1e-6
    )


def test_ions_scatter_with_their_own_form_factors() -> None:
    as_atoms = compute_reflections(SALT, d_min_angstrom=1.0)
    as_ions = compute_reflections(SALT, d_min_angstrom=1.0, ions={"Na": "Na1+", "Cl": "Cl1-"})
    sodium, chlorine = form_factors(["Na1+", "Cl1-"], stol_squared=0.25 / as_ions.d_angstrom**2)
    sign = np.where(as_ions.hkl[:, 0] % 2 == 0, 1.0, -1.0)
    np.testing.assert_allclose(as_ions.f_squared, 16.0 * (sodium + sign * chlorine) ** 2)
    # The transfer of an electron shows at low angles only.
    change = as_ions.f_squared / as_atoms.f_squared
    assert abs(change[0] - 1.0) > 0.04
    assert change[-1] == pytest.approx(1.0, abs=0.02)
    named = replace(SALT, sites=(atom("Na1+", 0, 0, 0), atom("Cl1-", 0.5, 0.5, 0.5)))
    np.testing.assert_array_equal(
        compute_reflections(named, d_min_angstrom=1.0).f_squared, as_ions.f_squared
    )
    with pytest.raises(ConfigError, match="holds no Fe that could be ions"):
        compute_reflections(SALT, d_min_angstrom=1.0, ions={"Fe": "Fe3+"})


@pytest.mark.parametrize("hall_symbol", ["P 1", "-P 1"])
def test_anomalous_terms_by_their_definition(hall_symbol: str) -> None:
    """The mean of Friedel mates of the plain sum with complex scattering factors."""
    structure = replace(TRICLINIC, hall_symbol=hall_symbol)
    found = compute_reflections(
        structure,
        d_min_angstrom=1.5,
        relative_minimum=0.0,
        anomalous_wavelength_angstrom=COPPER,
    )
    squares = []
    for mates in (found.hkl, -found.hkl):
        total = np.zeros(len(mates), dtype=np.complex128)
        for site in structure.sites:
            name = site.species[0][0]
            real, imaginary = anomalous_terms(name, wavelength_angstrom=COPPER)
            f = form_factors([name], stol_squared=0.25 / found.d_angstrom**2)[0] + real
            for sign in (1.0, -1.0)[: 1 + (hall_symbol == "-P 1")]:
                phase = 2.0 * math.pi * sign * (mates @ np.array(site.xyz))
                total += (f + 1j * imaginary) * np.exp(1j * phase)
        squares.append(np.abs(total) ** 2)
    if hall_symbol == "P 1":  # the mates do differ
        assert np.abs(squares[0] / squares[1] - 1.0).max() > 0.05
    np.testing.assert_allclose(found.f_squared, np.mean(squares, axis=0), rtol=1e-9)


def test_rounded_cells_of_the_symmetry_have_unsplit_lines() -> None:
    """Three decimals of a hexagonal cell: all six of a set keep one d."""
    rounded = Structure(
        (3.21, 3.209, 5.211, 90.0, 90.0, 120.0), "-P 6c 2c", (atom("Mg", 1 / 3, 2 / 3, 0.25),)
    )
    reflections = compute_reflections(rounded, d_min_angstrom=1.0)
    assert reflections.multiplicity[0] == 6
    assert reflections.hkl[0].tolist() == [1, 0, 0]


@settings(max_examples=20, deadline=None)
@given(scale=st.tuples(st.floats(0.95, 1.05), st.floats(0.95, 1.05)))
def test_intensities_outlast_strain_that_keeps_the_symmetry(scale: tuple[float, float]) -> None:
    """Without angle-dependent factors |F|^2 is that of hkl; d follows from the strained cell."""
    rutile = Structure(
        (4.594, 4.594, 2.959, 90.0, 90.0, 90.0),
        "-P 4n 2n",
        (atom("Ti", 0, 0, 0), atom("O", 0.305, 0.305, 0)),
    )
    a, c = 4.594 * scale[0], 2.959 * scale[1]
    strained = replace(rutile, cell=(a, a, c, 90.0, 90.0, 90.0))
    before = compute_reflections(rutile, d_min_angstrom=1.1, relative_minimum=1e-4)
    after = compute_reflections(strained, d_min_angstrom=1.0, relative_minimum=0.0)
    places = [after.hkl.tolist().index(h) for h in before.hkl.tolist()]
    np.testing.assert_array_equal(after.multiplicity[places], before.multiplicity)
    np.testing.assert_allclose(strained.cell.d_spacing(before.hkl), after.d_angstrom[places])
    relative = after.f_squared[places] / before.f_squared
    strong = before.f_squared > 0.05 * before.f_squared.max()
    assert (np.abs(relative[strong] - 1.0) < 0.15).all()


def test_limits_of_d() -> None:
    reflections = compute_reflections(SALT, d_min_angstrom=1.5, d_max_angstrom=3.0)
    assert reflections.hkl.tolist() == [[2, 0, 0], [2, 2, 0], [3, 1, 1], [2, 2, 2]]
    assert len(compute_reflections(SALT, d_min_angstrom=20.0).hkl) == 0


def test_negligible_reflections_are_left_out() -> None:
    # Potassium and chlorine ions have nearly the same number of electrons.
    sites = (atom("K1+", 0, 0, 0), atom("Cl1-", 0.5, 0.5, 0.5))
    sylvine = Structure(cubic(6.2917), "-F 4 2 3", sites)
    everything = compute_reflections(sylvine, d_min_angstrom=0.9, relative_minimum=0.0)
    strong = compute_reflections(sylvine, d_min_angstrom=0.9, relative_minimum=0.02)
    assert (everything.hkl[:, 0] % 2 == 1).any()
    assert (strong.hkl % 2 == 0).all()


def atoms_on_a_grid(n: int, *, seed: int) -> tuple[Site, ...]:
    """n^3 atoms, displaced by up to a fifth of their distance."""
    places = np.stack(np.meshgrid(*[np.arange(n)] * 3), axis=-1).reshape(-1, 3)
    places = (places + np.random.default_rng(seed).uniform(-0.2, 0.2, places.shape)) / n
    return tuple(atom(("O", "Si", "Na")[i % 3], *map(float, x)) for i, x in enumerate(places))


def test_large_triclinic_cell() -> None:
    """10,000 cubic angstrom; some reflections by the definition."""
    structure = Structure((20.0, 22.0, 23.6, 88.0, 93.0, 102.0), "P 1", atoms_on_a_grid(7, seed=0))
    volume = 1.0 / math.sqrt(np.linalg.det(_reciprocal_metric(structure)))
    assert volume > 10_000.0
    reflections = compute_reflections(structure, d_min_angstrom=0.93, relative_minimum=0.0)
    expected = 4.0 / 3.0 * math.pi * volume / 0.93**3 / 2.0
    assert len(reflections.hkl) == pytest.approx(expected, rel=0.01)
    names = [site.species[0][0] for site in structure.sites]
    for i in (0, 17, 400, len(reflections.hkl) - 1):
        f = form_factors(names, stol_squared=0.25 / reflections.d_angstrom[i : i + 1] ** 2)[:, 0]
        phase = 2.0 * math.pi * np.array([site.xyz for site in structure.sites])
        total = f @ np.exp(1j * phase @ reflections.hkl[i])
        assert reflections.f_squared[i] == pytest.approx(abs(total) ** 2, rel=1e-8)


def test_large_cubic_cell() -> None:
    """12,000 cubic angstrom with 192 operations, as a zeolite's; both settings of its group."""
    sites = (
        atom("Si", 0.125, 0.946, 0.036),
        atom("O", 0, 0.106, 0.894),
        atom("O", 0.253, 0.253, 0.143),
    )
    structure = Structure(cubic(22.9), "-F 4vw 2vw 3", sites)
    reflections = compute_reflections(structure, d_min_angstrom=0.93)
    sphere = 4.0 / 3.0 * math.pi * (22.9 / 0.93) ** 3
    # A quarter is left by the centring, some less by the glide planes.
    assert 0.9 < reflections.multiplicity.sum() / (sphere / 4.0) < 1.0
    assert np.isfinite(reflections.f_squared).all()


@pytest.mark.parametrize(
    ("structure", "message"),
    [
        (replace(SALT, cell=cubic(math.nan)), "cell edges nan"),
        (replace(SALT, cell=cubic(-5.0)), "cell edges -5"),
        (replace(SALT, cell=cubic(900.0)), "too many reflections"),
        (replace(SALT, cell=(5.0, 5.0, 5.5, 90.0, 90.0, 90.0)), "does not have the symmetry"),
        (replace(TRICLINIC, cell=(5.0, 5.0, 5.0, 30.0, 40.0, 80.0)), "no cell has the angles"),
        (replace(SALT, hall_symbol="F 7"), "Hall symbol 'F 7'"),
        (replace(SALT, sites=(atom("M", 0, 0, 0),)), "'M' is no chemical element"),
        (replace(SALT, sites=(atom("Na", 0, 0, math.inf),)), "are no fractions of a cell"),
        (replace(SALT, sites=(atom("Na", 0, 0, 0, occupancy=0.0),)), "every site is empty"),
        (replace(SALT, sites=(atom("Na", 0, 0, 0, occupancy=-0.1),)), "occupancy of Na"),
        (replace(SALT, sites=(atom("Na", 0, 0, 0, occupancy=math.nan),)), "occupancy of Na"),
        (replace(SALT, sites=(atom("Na", 0, 0, 0, occupancy=1.01),)), "filled 1.01 times"),
        (replace(SALT, sites=(*SALT.sites, atom("K", 0.5, 0.5, 0))), "filled 2 times"),
        (replace(SALT, sites=(*SALT.sites, atom("K", 0.05, 0, 0))), "0.28 angstrom apart"),
        (replace(SALT, sites=(atom("Na", 0.03, 0, 0),)), "both are there"),
    ],
)
def test_impossible_structures_are_refused(structure: Structure, message: str) -> None:
    with pytest.raises(InvalidStructureError, match=message) as error:
        compute_reflections(structure, d_min_angstrom=0.93)
    assert error.value.hint


def test_disordered_atoms_may_be_near_each_other() -> None:
    split = replace(SALT, sites=(atom("Na", 0.03, 0, 0, occupancy=1 / 6), SALT.sites[1]))
    assert len(compute_reflections(split, d_min_angstrom=1.0).hkl)


@pytest.mark.parametrize("d_min", [0.0, -1.0, math.nan, math.inf])
def test_impossible_limit_is_refused(d_min: float) -> None:
    with pytest.raises(ConfigError, match="smallest d"):
        compute_reflections(SALT, d_min_angstrom=d_min)

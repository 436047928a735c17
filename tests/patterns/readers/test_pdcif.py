import numpy as np
import pytest

from crystinet.core.errors import InvalidPatternError, InvalidWavelengthError, UnreadableFileError
from crystinet.core.notes import NoteCode
from crystinet.core.radiation import Radiation
from crystinet.patterns import Pattern
from crystinet.patterns.pattern import ASSUMED_WAVELENGTH
from crystinet.patterns.readers.formats.pdcif import PdcifReader

AXIS = np.round(10.0 + 0.1 * np.arange(501), 2)
COUNTS = np.random.default_rng(0).integers(1, 9999, 501)
D = 1.5405929 / (2.0 * np.sin(np.radians(AXIS) / 2.0))
CU = "_diffrn_radiation_wavelength 1.5406\n"
RANGE = "_pd_meas_2theta_range_min 10\n_pd_meas_2theta_range_max 60.0\n"
RANGE += "_pd_meas_2theta_range_inc 0.1\n"


def loop(*tags: str, columns: tuple[np.ndarray, ...], form: str = "{}") -> str:
    rows = (" ".join(form.format(v) for v in row) for row in zip(*columns, strict=True))
    return "loop_\n" + "\n".join(tags) + "\n" + "\n".join(rows) + "\n"


COUNTS_ONLY = loop("_pd_meas_counts_total", columns=(COUNTS,))
TABLE = loop("_pd_proc_2theta_corrected", "_pd_proc_intensity_total", columns=(AXIS, COUNTS))


def read_all(text: str, radiation: Radiation | None = None) -> list[Pattern]:
    return PdcifReader().read(text.encode(), name="a.cif", radiation=radiation)


def read(text: str, radiation: Radiation | None = None) -> Pattern:
    (pattern,) = read_all("data_a\n" + text, radiation)
    return pattern


@pytest.mark.parametrize(
    "text",
    [
        RANGE + COUNTS_ONLY,
        RANGE.replace("meas", "proc") + COUNTS_ONLY.replace("meas_counts", "proc_intensity"),
        RANGE + "_pd_meas_number_of_points 501\n" + loop(
            "_pd_calc_intensity_total", "_PD_MEAS_Counts_Total", columns=(COUNTS * 2, COUNTS)
        ),
        TABLE,
        "_pd_proc_number_of_points 501\n" + TABLE,
        # As FullProf writes what it does not know.
        "_diffrn_measurement_device_type?\n_exptl_crystal_description?  \n" + TABLE,
        loop("_pd_meas_2theta_scan", "_pd_meas_intensity_total", columns=(AXIS, COUNTS),
             form="{}(3)"),
        # Measured counts are taken before what was made of them.
        loop("_pd_meas_counts_total", "_pd_proc_intensity_net", "_pd_proc_2theta_corrected",
             columns=(COUNTS, COUNTS - 1, AXIS)),
    ],
)  # fmt: skip
def test_points_listed_or_given_by_a_range(text: str) -> None:
    pattern = read(CU + text)
    np.testing.assert_allclose(pattern.two_theta_deg, AXIS, atol=1e-9)
    np.testing.assert_array_equal(pattern.intensity, COUNTS)
    assert pattern.radiation == Radiation.of_anode("Cu")
    assert (pattern.name, pattern.warnings) == ("a.cif", ())


@pytest.mark.parametrize(
    ("tag", "values"), [("_pd_proc_d_spacing", D), ("_pd_proc_recip_len_Q", 2.0 * np.pi / D)]
)
def test_d_and_q_become_2theta(tag: str, values: np.ndarray) -> None:
    pattern = read(loop(tag, "_pd_proc_intensity_total", columns=(values, COUNTS)))
    np.testing.assert_allclose(pattern.two_theta_deg, AXIS, atol=1e-6)
    np.testing.assert_array_equal(pattern.intensity, COUNTS)
    assert pattern.notes[0].code is NoteCode.TWO_THETA_CONVERTED
    assert pattern.notes[1] == ASSUMED_WAVELENGTH


def test_points_that_were_not_measured_are_left_out() -> None:
    text = TABLE.replace(f"20.0 {COUNTS[100]}\n", "20.0 ?\n").replace("30.0 ", ". ")
    assert len(read(CU + text).intensity) == 499


DOUBLET = "loop_\n_diffrn_radiation_wavelength\n_diffrn_radiation_wavelength_wt\n"


@pytest.mark.parametrize(
    ("header", "radiation"),
    [
        (DOUBLET + "1.540598 1.000\n1.544390 0.380\n", Radiation((1.540598, 1.54439), (1.0, 0.38))),
        (DOUBLET + "1.79278 0.5\n1.78892 1.0\n", Radiation((1.78892, 1.79278), (1.0, 0.5))),
        (DOUBLET + "1.78892 ?\n1.79278 ?\n", Radiation((1.78892, 1.79278), (1.0, 0.5))),
        ("_diffrn_radiation_wavelength 0.41236(3)\n", Radiation((0.41236,))),
        ("_diffrn_radiation_type 'Mo K\\a'\n", Radiation.of_anode("Mo")),
        ("_diffrn_source_target Co\n", Radiation.of_anode("Co")),
        ("_diffrn_radiation_wavelength ?\n_diffrn_source_target Fe\n", Radiation.of_anode("Fe")),
    ],
)
def test_the_radiation(header: str, radiation: Radiation) -> None:
    assert read(header + TABLE).radiation == radiation
    assert read(header + TABLE, Radiation((0.5,))).radiation == Radiation((0.5,))
    # It may stand in another block, if that is the only one.
    (pattern,) = read_all(f"data_a\n{header}data_b\n{TABLE}")
    assert pattern.radiation == radiation


def test_blocks_that_disagree_about_the_radiation_leave_it_open() -> None:
    text = f"data_a\n{CU}data_b\n_diffrn_source_target Mo\ndata_c\n{TABLE}"
    assert read_all(text)[0].radiation.assumed


@pytest.mark.parametrize("value", ["0", "-1.54", "154.06", "copper"])
def test_an_impossible_wavelength_is_an_error(value: str) -> None:
    with pytest.raises(InvalidWavelengthError, match="A wavelength of"):
        read(f"_diffrn_radiation_wavelength {value}\n{TABLE}")


def test_every_block_with_a_pattern_is_one() -> None:
    text = f"data_cell\n_cell_length_a 4.1\ndata_1\n{CU}{TABLE}data_2\n{CU}{RANGE}{COUNTS_ONLY}"
    first, second = read_all(text)
    assert (first.name, second.name) == ("a.cif [1]", "a.cif [2]")
    (measured,) = read_all(f"data_x_meas\n{CU}{TABLE}data_x_calc\n{CU}{TABLE}")
    assert measured.warnings == ("1 of 2 scans were left out: a calculated pattern.",)


@pytest.mark.parametrize(
    "text",
    [
        f"_diffrn_radiation_probe neutron\n{CU}{TABLE}",
        f"_diffrn_radiation_type 'neutron, constant wavelength'\n{CU}{TABLE}",
        f"_diffrn_source 'nuclear reactor'\n{CU}{TABLE}",
        f"{CU}{TABLE}data_b\n_diffrn_radiation_probe neutron\n",
        loop("_pd_meas_time_of_flight", "_pd_meas_intensity_total", columns=(AXIS, COUNTS * 3))
        + TABLE,
    ],
)
def test_neutrons_are_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidPatternError, match="measured with neutrons") as caught:
        read(text)
    assert "X-rays" in caught.value.hint


def test_x_rays_beside_neutrons_are_read() -> None:
    neutrons = f"data_n\n_diffrn_radiation_probe neutron\n{CU}{TABLE}"
    (pattern,) = read_all(f"{neutrons}data_x\n_diffrn_radiation_probe x-ray\n{CU}{TABLE}")
    np.testing.assert_array_equal(pattern.intensity, COUNTS)
    assert pattern.warnings == ("1 of 2 scans were left out: a pattern of neutrons.",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("_cell_length_a 4.91\n", "is a CIF without a powder pattern"),
        (COUNTS_ONLY, "is a CIF without a powder pattern"),
        (
            loop("_pd_meas_time_of_flight", "_pd_meas_intensity_total", columns=(AXIS, COUNTS)),
            "is a CIF of time of flight only",
        ),
        (RANGE.replace("60.0", "70.0") + COUNTS_ONLY, "announces 601 points; there are 501"),
        (RANGE.replace("60.0", "x") + COUNTS_ONLY, "from 10 to nan"),
        (RANGE.replace("0.1", "0") + COUNTS_ONLY, "steps of 0"),
        ("_pd_proc_number_of_points 601\n" + TABLE, "announces 601 points; there are 501"),
        (TABLE.replace("20.0 ", "2O.0 "), r"'2O\.0' under _pd_proc_2theta_corrected, point 101"),
        (TABLE[:-3].rstrip() + "\n5.0\n", "cannot be read as CIF"),
        (CU + CU + TABLE, "cannot be read as CIF"),
        ("_a 'b\0'\n" + TABLE, "is binary"),
    ],
)
def test_damaged_files(text: str, message: str) -> None:
    with pytest.raises(UnreadableFileError, match=message) as caught:
        read(text)
    assert len(caught.value.hint) > 10


def test_d_must_be_positive() -> None:
    with pytest.raises(InvalidPatternError, match="column of d goes from -1"):
        read(loop("_pd_proc_d_spacing", "_pd_proc_intensity_total", columns=(AXIS - 11, COUNTS)))


@pytest.mark.parametrize(
    ("head", "accepted"),
    [
        (b"data_a\n", True),
        (b"\n# comment\r\nDATA_quartz\r\n", True),
        (b"data_ without a name\n10 5\n", False),
        (b"my data_set\n10 5\n", False),
        (b"data_a\n\x00", False),
    ],
)
def test_a_data_block_decides(head: bytes, accepted: bool) -> None:
    assert PdcifReader().accepts(head, ".cif") is accepted

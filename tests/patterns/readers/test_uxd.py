import numpy as np
import pytest

from crystinet.core.errors import InvalidPatternError, InvalidWavelengthError, UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns import Pattern
from crystinet.patterns.readers.formats.uxd import UxdReader

COUNTS = np.random.default_rng(0).integers(1, 99_999, 405)
AXIS = 15.985 + 0.03 * np.arange(405)
FILE = """; made
_FILEVERSION=1
_SAMPLE='a'
_WL1=1.540600
_WL2=1.544430
_WL3=1.392600
_WLRATIO=0.514000
_ANODE='Cu'
"""


def listed(counts: np.ndarray = COUNTS) -> str:
    return "".join(f"{y:10d}" + ("\n" if i % 8 == 7 else "") for i, y in enumerate(counts)) + "\n"


def rows(form: str = "{:10.4f} {:10.0f}\n") -> str:
    return "".join(form.format(x, y) for x, y in zip(AXIS, COUNTS, strict=True))


def range_(data: str, *, drive: str = "COUPLED", number: int = 1, more: str = "") -> str:
    return f"""; (Data for Range number {number})
_DRIVE='{drive}'
_STEPTIME=12.500000
_STEPSIZE=0.030000
_START=15.985000
_2THETA=15.985000
_THETA=7.992500
{more}{data}"""


def read(text: str, radiation: Radiation | None = None) -> list[Pattern]:
    return UxdReader().read(text.encode(), name="a.uxd", radiation=radiation)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "data",
    [
        "_COUNTS\n" + listed(),
        "_2THETACOUNTS\n" + rows(),
        "_2THETACOUNTSTIME\n" + rows("{:.4f} {:.0f} 2.0\n"),
        "_CPS\n" + "\n".join(f"{y / 12.5:.4f}" for y in COUNTS) + "\n",
        "_2THETACPS\n"
        + "".join(f"{x:.4f} {y / 12.5:.4f}\n" for x, y in zip(AXIS, COUNTS, strict=True)),
        "_STEPCOUNT=405\n_COUNTS\n" + listed(),
    ],
)  # fmt: skip
def test_every_way_to_list_the_data(data: str, end: str) -> None:
    (pattern,) = read((FILE + range_(data)).replace("\n", end))
    np.testing.assert_allclose(pattern.two_theta_deg, AXIS, atol=1e-9)
    np.testing.assert_allclose(pattern.intensity, COUNTS, rtol=1e-12)
    assert pattern.radiation == Radiation((1.5406, 1.54443), (1.0, 0.514))
    assert (pattern.name, pattern.warnings) == ("a.uxd", ())


def test_unequal_counting_times_are_made_equal() -> None:
    seconds = np.where(np.arange(405) < 200, 1.0, 5.0)
    data = "".join(
        f"{x:.4f} {y:.1f} {t}\n" for x, y, t in zip(AXIS, COUNTS * seconds, seconds, strict=True)
    )
    (pattern,) = read(FILE + range_("_2THETACOUNTSTIME\n" + data))
    np.testing.assert_allclose(pattern.intensity, 5.0 * COUNTS)
    assert "scaled to 5 s" in pattern.warnings[0]


def test_every_range_is_a_pattern_and_may_change_the_keys() -> None:
    second = "_WL1=0.709300\n_WL2=0.713590\n_STEPSIZE=0.060000\n_COUNTS\n"
    first, other = read(
        FILE + range_("_COUNTS\n" + listed()) + range_(second + listed(COUNTS[:99]), number=2)
    )
    assert (first.name, other.name) == ("a.uxd [1]", "a.uxd [2]")
    assert len(first.intensity) == 405
    np.testing.assert_allclose(other.two_theta_deg, 15.985 + 0.06 * np.arange(99))
    assert other.radiation.wavelengths_angstrom == (0.7093, 0.71359)


def test_a_number_of_points_holds_for_its_range_only() -> None:
    counted = range_("_STEPCOUNT=405\n_COUNTS\n" + listed())
    first, second = read(FILE + counted + range_("_COUNTS\n" + listed(COUNTS[:99]), number=2))
    assert (len(first.intensity), len(second.intensity)) == (405, 99)


def test_the_anode_stands_in_for_wavelengths_and_the_user_comes_first() -> None:
    text = "_FILEVERSION=2\n_ANODE='Co'\n" + range_("_COUNTS\n" + listed())
    assert read(text)[0].radiation == Radiation.of_anode("Co")
    assert read(text, Radiation((0.5,)))[0].radiation == Radiation((0.5,))
    silent = "_FILEVERSION=2\n" + range_("_COUNTS\n" + listed())
    assert read(silent)[0].radiation.assumed


@pytest.mark.parametrize("value", ["-1.5406", "nan", "154.06"])
def test_an_impossible_wavelength_is_an_error(value: str) -> None:
    with pytest.raises(InvalidWavelengthError, match="A wavelength of"):
        read(FILE.replace("1.540600", value) + range_("_COUNTS\n" + listed()))


@pytest.mark.parametrize(
    ("drive", "kind"),
    [("THETA", "a rocking curve"), ("PHI", "a phi scan"), ("KHI", "a chi scan"), ("Z", "position")],
)
def test_the_drive_tells_what_is_no_powder_scan(drive: str, kind: str) -> None:
    # The name of the data says 2THETA for every drive.
    other = range_("_2THETACOUNTS\n" + rows(), drive=drive)
    with pytest.raises(InvalidPatternError, match=rf"holds .*{kind}.*, not a powder pattern"):
        read(FILE + other)
    (pattern,) = read(FILE + other + range_("_COUNTS\n" + listed(), number=2))
    assert "1 of 2 scans were left out" in pattern.warnings[0]


def test_detector_scans_at_many_omegas_are_a_map() -> None:
    ranges = (
        range_(f"_THETA={20 + i}\n_COUNTS\n{listed()}", drive="2THETA", number=i) for i in range(9)
    )
    with pytest.raises(InvalidPatternError, match="map of reciprocal space"):
        read(FILE + "".join(ranges))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (FILE, "ends before the counts"),
        (FILE + range_("_COUNTS\n"), "Range 1 of .* has 0 numbers"),
        (FILE + range_("_COUNTS\n 12 x3\n"), "Line 17 holds '12 x3'"),
        (FILE + range_("_2THETACOUNTS\n" + rows() + "28.2\n"), "811 numbers for rows of 2"),
        (FILE + range_("_STEPCOUNT=9\n_COUNTS\n" + listed()), "announces 9 points; there are 405"),
        (FILE + range_("_STEPCOUNT=nan\n_COUNTS\n" + listed()), "_STEPCOUNT of Range 1 .* is nan"),
        (FILE + range_("_STEPSIZE=-1\n_COUNTS\n" + listed()), "steps of -1"),
        (FILE + range_("_STEPSIZE=x\n_COUNTS\n" + listed()), "_STEPSIZE in .* is 'x', not a"),
        (FILE + range_("_START=1e9\n_COUNTS\n" + listed()), r"starts at 1e\+09"),
        (FILE + "_COUNTS\n" + listed(), "lacks _START or _STEPSIZE"),
        (FILE + "10 20\n", "Line 9 of a.uxd is '10 20', no key"),
    ],
)
def test_damaged_files(text: str, message: str) -> None:
    with pytest.raises(UnreadableFileError, match=message) as caught:
        read(text)
    assert len(caught.value.hint) > 10


@pytest.mark.parametrize(
    ("head", "accepted"),
    [
        (FILE.encode(), True),
        (b"; c\r\n_DRIVE='COUPLED'\r\n", True),
        (b"_2THETACOUNTS\n10.0 5\n", True),
        (b"_COUNTS_PER_SECOND 5\n", False),
        (b"data_a\n_pd_meas_counts_total\n", False),
    ],
)
def test_which_content_is_accepted(head: bytes, accepted: bool) -> None:
    assert UxdReader().accepts(head, ".uxd") is accepted


def test_scans_of_strip_detectors_are_powder_scans() -> None:
    (pattern,) = UxdReader().read(
        (FILE + range_("_COUNTS\n" + listed(), drive="PSDSCAN")).encode(), name="a", radiation=None
    )
    np.testing.assert_allclose(pattern.two_theta_deg, AXIS)
    assert pattern.metadata["scan_type"] == "PSDSCAN"


def test_what_the_keys_say() -> None:
    more = "_+SAMPLE='light grind'\n_USER='E. Noether'\n_DATEMEASURED='28-Apr-2001 02:35:57'\n"
    more += "_KV=40\n_MA=35\n_GONIOMETER_RADIUS=217.500000\n_STEPMODE='C'\n"
    (pattern,) = UxdReader().read(
        (FILE + more + range_("_COUNTS\n" + listed())).encode(), name="a", radiation=None
    )
    assert dict(pattern.metadata) == {
        "format": "UXD 1",
        "sample": "a",
        "comment": "light grind",
        "operator": "E. Noether",
        "measured_at": "2001-04-28T02:35:57",
        "anode": "Cu",
        "scan_type": "COUPLED",
        "scan_mode": "continuous",
        "voltage_kv": 40.0,
        "current_ma": 35.0,
        "step_time_s": 12.5,
        "goniometer_radius_mm": 217.5,
    }

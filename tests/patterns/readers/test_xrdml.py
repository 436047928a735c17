from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crystinet.core.errors import InvalidPatternError, UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns import read_pattern, read_patterns

Save = Callable[[bytes, str], Path]


def numbers(values: Any) -> str:
    return " ".join(f"{value:g}" for value in values)


def test_a_scan(instrument_files: Any, save: Save) -> None:
    y = instrument_files.counts()
    pattern = read_pattern(
        save(instrument_files.xrdml([instrument_files.xrdml_scan(y)]), "a.xrdml")
    )
    np.testing.assert_array_equal(pattern.intensity, y)
    np.testing.assert_allclose(pattern.two_theta_deg, np.linspace(10.0, 39.95, 600))
    assert pattern.radiation == Radiation((1.540598, 1.544426), (1.0, 0.49))
    assert pattern.warnings == ()


def test_any_version_and_any_code(instrument_files: Any, save: Save) -> None:
    text = instrument_files.xrdml([instrument_files.xrdml_scan(instrument_files.counts())]).decode()
    variants = (
        text.replace("XRDMeasurement/1.5", "XRDMeasurement/2.3"),
        text.replace('xmlns="http://www.xrdml.com/XRDMeasurement/1.5"', ""),
        text.replace("<?xml version", "<!-- made by hand -->\n<?xml version").partition("\n")[2],
    )
    for variant in variants:
        assert len(read_pattern(save(variant.encode(), "a.xml")).intensity) == 600
    wide = text.replace("UTF-8", "UTF-16").encode("utf-16")
    assert len(read_pattern(save(wide, "a.xml")).intensity) == 600


def test_listed_positions(instrument_files: Any, save: Save) -> None:
    x = 10.0 + 0.04 * np.arange(600) + 1e-5 * np.arange(600) ** 2
    listed = "<listPositions>" + " ".join(f"{v:.6f}" for v in x) + "</listPositions>"
    scan = instrument_files.xrdml_scan(instrument_files.counts(), positions=listed)
    pattern = read_pattern(save(instrument_files.xrdml([scan]), "a.xrdml"))
    np.testing.assert_allclose(pattern.two_theta_deg, x, atol=1e-6)


def test_counts_are_multiplied_by_the_attenuation_and_intensities_are_not(
    instrument_files: Any, save: Save
) -> None:
    true = instrument_files.counts()
    factors = np.where(true > 500.0, 10.0, 1.0)
    more = f"<beamAttenuationFactors>{numbers(factors)}</beamAttenuationFactors>"
    raw = instrument_files.xrdml_scan(true / factors, counts="counts", more=more)
    pattern = read_pattern(save(instrument_files.xrdml([raw]), "a.xrdml"))
    np.testing.assert_allclose(pattern.intensity, true)
    assert "multiplied by 1 to 10" in pattern.warnings[0]
    done = instrument_files.xrdml_scan(true, counts="intensities", more=more)
    pattern = read_pattern(save(instrument_files.xrdml([done]), "a.xrdml"))
    np.testing.assert_array_equal(pattern.intensity, true)
    assert pattern.warnings == ()


def test_unequal_counting_times_are_scaled_to_a_common_one(
    instrument_files: Any, save: Save
) -> None:
    rate = instrument_files.counts()
    seconds = np.where(np.arange(600) > 400, 4.0, 2.0)
    more = f'<countingTimes unit="seconds">{numbers(seconds)}</countingTimes>'
    scan = instrument_files.xrdml_scan(rate * seconds, counts="counts", more=more)
    pattern = read_pattern(save(instrument_files.xrdml([scan]), "a.xrdml"))
    np.testing.assert_allclose(pattern.intensity, 2.0 * rate)
    assert pattern.warnings == ("Counting times from 2 to 4 s were scaled to 2 s.",)


def test_several_scans_are_several_patterns(instrument_files: Any, save: Save) -> None:
    made = [
        instrument_files.xrdml_scan(instrument_files.counts(n), axis=axis)
        for n, axis in ((300, "Gonio"), (400, "2Theta"), (350, "2Theta-Omega"))
    ]
    path = save(instrument_files.xrdml(made, kind="Repeated scan"), "a.xrdml")
    patterns = read_patterns(path)
    assert [len(pattern.intensity) for pattern in patterns] == [300, 400, 350]
    assert patterns[2].name == "a.xrdml [3]"


def test_scans_of_other_axes_are_left_out_with_a_warning(instrument_files: Any, save: Save) -> None:
    made = [
        instrument_files.xrdml_scan(instrument_files.counts(), axis=axis)
        for axis in ("Omega", "Gonio")
    ]
    (pattern,) = read_patterns(save(instrument_files.xrdml(made), "a.xrdml"))
    assert pattern.name == "a.xrdml"
    assert pattern.warnings == ("1 of 2 scans were left out: a rocking curve (omega scan).",)


@pytest.mark.parametrize(
    ("axis", "what"),
    [
        ("Omega", "a rocking curve"),
        ("Phi", "a phi scan"),
        ("Chi", "a chi scan"),
        ("Psi", "a chi scan"),
        ("Z", "position"),
        ("Reciprocal Space", "a map of reciprocal space"),
        ("Q", "a scan of the kind 'Q'"),
    ],
)
def test_a_scan_of_another_axis_is_refused(
    axis: str, what: str, instrument_files: Any, save: Save
) -> None:
    scan = instrument_files.xrdml_scan(instrument_files.counts(), axis=axis)
    with pytest.raises(InvalidPatternError, match=f"holds {what}|{what}"):
        read_pattern(save(instrument_files.xrdml([scan]), "a.xrdml"))


@pytest.mark.parametrize(
    ("kind", "more", "what"),
    [
        ("Area measurement", 'measurementStepAxis="Omega"', "a scan at each step of Omega"),
        ("Scan", 'measurementStepAxis="Phi"', "a scan at each step of Phi"),
        ("Pole figure", "", "a pole figure"),
        ("Stress", "", "a measurement of stress"),
    ],
)
def test_a_measurement_of_another_kind_is_refused(
    kind: str, more: str, what: str, instrument_files: Any, save: Save
) -> None:
    scans = [instrument_files.xrdml_scan(instrument_files.counts())] * 3
    path = save(instrument_files.xrdml(scans, kind=kind, more=more), "a.xrdml")
    with pytest.raises(InvalidPatternError, match=what):
        read_pattern(path)


def test_a_monochromator_in_the_incident_beam_leaves_k_alpha_1(
    instrument_files: Any, save: Save
) -> None:
    scans = [instrument_files.xrdml_scan(instrument_files.counts())]
    path = save(instrument_files.xrdml(scans, path="<monochromator />"), "a.xrdml")
    assert read_pattern(path).radiation == Radiation((1.540598,))


def test_the_anode_speaks_where_there_are_no_wavelengths(instrument_files: Any, save: Save) -> None:
    tube = "<xRayTube><anodeMaterial>Co</anodeMaterial></xRayTube>"
    scans = [instrument_files.xrdml_scan(instrument_files.counts())]
    text = instrument_files.xrdml(scans, path=tube).decode()
    start, stop = text.index("<usedWavelength"), text.index("<incidentBeamPath")
    path = save((text[:start] + text[stop:]).encode(), "a.xrdml")
    assert read_pattern(path).radiation == Radiation.of_anode("Co")


def test_an_aborted_measurement_is_read_with_a_warning(instrument_files: Any, save: Save) -> None:
    scan = instrument_files.xrdml_scan(instrument_files.counts(), status="Aborted")
    pattern = read_pattern(save(instrument_files.xrdml([scan]), "a.xrdml"))
    assert pattern.warnings == ("The file says that the measurement is 'aborted'.",)


@pytest.mark.parametrize(("end", "last"), [("99.95", 39.95), ("69.95", 39.95)])
def test_a_stopped_scan_with_its_planned_end_is_not_stretched(
    end: str, last: float, instrument_files: Any, save: Save
) -> None:
    counts = instrument_files.counts(600)
    positions = f"<startPosition>9.99</startPosition><endPosition>{end}</endPosition>"
    scan = instrument_files.xrdml_scan(counts, status="Aborted", positions=positions)
    pattern = read_pattern(save(instrument_files.xrdml([scan]), "a.xrdml"))
    assert pattern.two_theta_deg[-1] < last
    np.testing.assert_allclose(np.diff(pattern.two_theta_deg), 0.02, atol=1e-9)
    np.testing.assert_array_equal(pattern.intensity, counts)
    (said,) = pattern.warnings
    assert "was stopped after 600 points" in said
    assert "0.02 was assumed" in said


def test_the_tail_that_was_counted_for_no_time_is_left_out(
    instrument_files: Any, save: Save
) -> None:
    counts = instrument_files.counts(600)
    counts[400:] = 0.0
    times = " ".join(["2"] * 400 + ["0"] * 200)
    scan = instrument_files.xrdml_scan(counts, more=f"<countingTimes>{times}</countingTimes>")
    pattern = read_pattern(save(instrument_files.xrdml([scan]), "a.xrdml"))
    np.testing.assert_array_equal(pattern.intensity, counts[:400])
    assert pattern.two_theta_deg[-1] == pytest.approx(10.0 + 0.05 * 399)
    assert pattern.warnings == ("200 of 600 points have no intensity and were left out.",)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("</xrdMeasurements>", "", "not well-formed XML"),
        ("<endPosition>39.95</endPosition>", "", "endPosition of 2Theta in .* is '', not a number"),
        ("<startPosition>10.0<", "<startPosition>ten<", "is 'ten', not a number"),
        ("<intensities", "<nothing", "mismatched tag"),
        ('axis="2Theta" unit="deg"', 'axis="2Theta" unit="mm"', "2Theta in 'mm'"),
        ('positions axis="2Theta"', 'positions axis="Q"', "without positions of 2Theta"),
        ('">50 ', '">50 x ', "no list of numbers"),
    ],
)
def test_a_damaged_file(
    old: str, new: str, message: str, instrument_files: Any, save: Save
) -> None:
    scan = instrument_files.xrdml_scan(instrument_files.counts())
    text = instrument_files.xrdml([scan]).decode()
    assert old in text
    with pytest.raises(UnreadableFileError, match=message):
        read_pattern(save(text.replace(old, new).encode(), "a.xrdml"))


def test_factors_and_times_must_fit_the_points(instrument_files: Any, save: Save) -> None:
    y = instrument_files.counts()
    for more, message in (
        ("<beamAttenuationFactors>1 2</beamAttenuationFactors>", "2 beamAttenuationFactors for"),
        (f"<countingTimes>{numbers(0.0 * y)}</countingTimes>", "counting times go from 0 to 0"),
    ):
        scan = instrument_files.xrdml_scan(y, counts="counts", more=more)
        with pytest.raises(UnreadableFileError, match=message):
            read_pattern(save(instrument_files.xrdml([scan]), "a.xrdml"))

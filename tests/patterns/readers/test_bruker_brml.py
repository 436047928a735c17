from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crystinet.core.errors import InvalidPatternError, UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns import read_pattern, read_patterns

Save = Callable[[bytes, str], Path]


def brml(files: Any, *ranges: str, manifest: str = "") -> bytes:
    members = {f"Experiment0/RawData{n}.xml": text for n, text in enumerate(ranges)}
    if manifest:
        members["Experiment0/DataContainer.xml"] = manifest
    data: bytes = files.archive(members)
    return data


@pytest.mark.parametrize("views", [True, False], ids=["described", "by order"])
def test_a_range(views: bool, instrument_files: Any, save: Save) -> None:
    y = instrument_files.counts()
    path = save(brml(instrument_files, instrument_files.brml_range(y, views=views)), "a.brml")
    pattern = read_pattern(path)
    np.testing.assert_array_equal(pattern.intensity, y)
    np.testing.assert_allclose(pattern.two_theta_deg, 10.0 + 0.05 * np.arange(600))
    assert pattern.radiation == Radiation((1.5406, 1.54439), (1.0, 0.5))
    assert (pattern.name, pattern.warnings) == ("a.brml", ())


def test_the_order_of_the_axes_does_not_matter(instrument_files: Any, save: Save) -> None:
    made = instrument_files.brml_range(
        instrument_files.counts(), axes=("Phi", "TwoTheta", "Theta"), start=20.0, step=0.1
    )
    pattern = read_pattern(save(brml(instrument_files, made), "a.brml"))
    np.testing.assert_allclose(pattern.two_theta_deg, 10.0 + 0.05 * np.arange(600))


def test_the_ranges_come_in_the_order_of_their_numbers(instrument_files: Any, save: Save) -> None:
    made = [instrument_files.brml_range(instrument_files.counts(200 + n)) for n in range(12)]
    patterns = read_patterns(save(brml(instrument_files, *made), "a.brml"))
    assert [len(pattern.intensity) for pattern in patterns] == list(range(200, 212))
    assert patterns[10].name == "a.brml [11]"


def test_only_what_the_manifest_lists_was_measured(instrument_files: Any, save: Save) -> None:
    made = [instrument_files.brml_range(instrument_files.counts(n)) for n in (200, 300)]
    manifest = (
        "<DataContainer><RawDataReferenceList><string>Experiment0/RawData1.xml</string>"
        "</RawDataReferenceList></DataContainer>"
    )
    pattern = read_pattern(save(brml(instrument_files, *made, manifest=manifest), "a.brml"))
    assert len(pattern.intensity) == 300


def test_unequal_counting_times_are_scaled(instrument_files: Any, save: Save) -> None:
    rate = instrument_files.counts()
    made = instrument_files.brml_range(
        rate * np.where(np.arange(600) < 100, 1.0, 4.0), seconds=lambda i: 1.0 if i < 100 else 4.0
    )
    pattern = read_pattern(save(brml(instrument_files, made), "a.brml"))
    np.testing.assert_allclose(pattern.intensity, 4.0 * rate)
    assert pattern.warnings == ("Counting times from 1 to 4 s were scaled to 4 s.",)


@pytest.mark.parametrize(
    ("axes", "scan", "what"),
    [
        (("Theta",), "Rocking Curve", "a rocking curve"),
        (("Phi",), "PhiScan", "a phi scan"),
        (("Chi",), "ChiScan", "a chi scan"),
        (("Z",), "ZDriveScan", "position"),
        ((), "StillScan", "a measurement at one angle"),
    ],
)
def test_a_scan_of_another_axis_is_refused(
    axes: tuple[str, ...], scan: str, what: str, instrument_files: Any, save: Save
) -> None:
    made = instrument_files.brml_range(instrument_files.counts(), axes=axes, scan=scan)
    with pytest.raises(InvalidPatternError, match=f"holds .*{what}"):
        read_pattern(save(brml(instrument_files, made), "a.brml"))


def test_frames_of_a_detector_are_refused(instrument_files: Any, save: Save) -> None:
    made = instrument_files.brml_range(instrument_files.counts(), channels=1280)
    with pytest.raises(InvalidPatternError, match="frames of a detector with 1280 channels"):
        read_pattern(save(brml(instrument_files, made), "a.brml"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("</RawData>", "", "RawData0.xml in a.brml is not well-formed XML"),
        ("<Datum>", "<Nothing>", "mismatched tag"),
        ('Base="Counts"', 'Base="Volts"', "does not say which values are 2theta and counts"),
        ('Start="4"', 'Start="9"', "describes more values a point than the 5"),
        ('Start="4"', 'Start="-1"', "a column that starts at '-1'"),
        ("<Datum>2.0,1,10.0,", "<Datum>10.0,", "points of 3 to 5 values"),
        ("<Datum>2.0,1,10.0,", "<Datum>2.0,1,x,", "no list of numbers"),
        ("<Datum>2.0,1,10.0,", "<Datum>2.0,1,nan,", "the 2theta nan at point 1"),
        ("<Datum>2.0,1,10.0,", "<Datum>-2.0,1,10.0,", "counting times go from -2"),
        ('<WaveLengthAlpha1 Unit="A" Value="1.5406"', '<WaveLengthAlpha1 Value="x"', "'x', not a"),
    ],
)
def test_a_damaged_file(
    old: str, new: str, message: str, instrument_files: Any, save: Save
) -> None:
    text = instrument_files.brml_range(instrument_files.counts())
    assert old in text
    path = save(brml(instrument_files, text.replace(old, new)), "a.brml")
    with pytest.raises((UnreadableFileError, InvalidPatternError), match=message):
        read_pattern(path)


def test_a_range_without_points(instrument_files: Any, save: Save) -> None:
    made = instrument_files.brml_range(np.empty(0))
    with pytest.raises(UnreadableFileError, match="has no points"):
        read_pattern(save(brml(instrument_files, made), "a.brml"))

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crystinet.core.errors import InvalidPatternError, UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns import read_pattern, read_patterns

Save = Callable[[bytes, str], Path]
DOUBLET = Radiation((1.540593, 1.544414), (1.0, 0.5))


def test_a_scan_of_each_format(instrument_files: Any, save: Save) -> None:
    y = instrument_files.counts()
    for data in (instrument_files.ras([instrument_files.ras_scan(y)]), instrument_files.rasx([y])):
        pattern = read_pattern(save(data, "a.txt"))
        np.testing.assert_allclose(pattern.intensity, y)
        np.testing.assert_allclose(pattern.two_theta_deg, 10.0 + 0.05 * np.arange(600))
        assert (pattern.radiation, pattern.warnings) == (DOUBLET, ())


def test_counts_are_multiplied_by_the_attenuation(instrument_files: Any, save: Save) -> None:
    y = instrument_files.counts()
    scan = instrument_files.ras_scan(y, factors=lambda i: 8.0 if 150 < i < 200 else 1.0)
    pattern = read_pattern(save(instrument_files.ras([scan]), "a.ras"))
    np.testing.assert_allclose(pattern.intensity, y, rtol=1e-3)
    assert "multiplied by 1 to 8" in pattern.warnings[0]


@pytest.mark.parametrize(
    ("wave", "radiation"),
    [
        ("Ka", DOUBLET),
        ("Ka1", Radiation((1.540593,))),
        ("Kb", Radiation((1.39225,))),
        ("", DOUBLET),
    ],
)
def test_the_lines_that_reach_the_detector(
    wave: str, radiation: Radiation, instrument_files: Any, save: Save
) -> None:
    scan = instrument_files.ras_scan(instrument_files.counts(), wave=wave)
    assert read_pattern(save(instrument_files.ras([scan]), "a.ras")).radiation == radiation


def test_several_scans_are_several_patterns(instrument_files: Any, save: Save) -> None:
    ranges = [instrument_files.counts(n) for n in range(300, 311)]
    ras = instrument_files.ras([instrument_files.ras_scan(y) for y in ranges])
    for data in (ras, instrument_files.rasx(ranges)):
        patterns = read_patterns(save(data, "a.dat"))
        assert [len(pattern.intensity) for pattern in patterns] == list(range(300, 311))
        assert patterns[10].name == "a.dat [11]"


@pytest.mark.parametrize("axis", ["TwoTheta", "TwoThetaOmega", "TwoThetaChiPhi", "2θ/θ"])
def test_axes_on_which_2theta_moves(axis: str, instrument_files: Any, save: Save) -> None:
    scan = instrument_files.ras_scan(instrument_files.counts(), axis=axis)
    assert len(read_pattern(save(instrument_files.ras([scan]), "a.ras")).intensity) == 600


@pytest.mark.parametrize(
    ("axis", "what"),
    [
        ("Omega", "a rocking curve"),
        ("Theta", "a rocking curve"),
        ("Phi", "a phi scan"),
        ("Chi", "a chi scan"),
        ("Beta", "a pole figure"),
        ("Z", "position"),
    ],
)
def test_a_scan_of_another_axis_is_refused(
    axis: str, what: str, instrument_files: Any, save: Save
) -> None:
    y = instrument_files.counts()
    ras = instrument_files.ras([instrument_files.ras_scan(y, axis=axis)])
    for data in (ras, instrument_files.rasx([y], axis=axis)):
        with pytest.raises(InvalidPatternError, match=what):
            read_pattern(save(data, "a.dat"))


def test_scans_at_one_omega_after_the_other_are_a_map(instrument_files: Any, save: Save) -> None:
    y = instrument_files.counts()
    ras = instrument_files.ras([instrument_files.ras_scan(y, omega=20.0 + i) for i in range(8)])
    for data in (ras, instrument_files.rasx([y] * 8, omega_step=0.1)):
        with pytest.raises(InvalidPatternError, match=r"a map of reciprocal space \(8 scans"):
            read_patterns(save(data, "a.dat"))
    assert len(read_patterns(save(instrument_files.rasx([y] * 8), "a.rasx"))) == 8


def test_images_are_refused(instrument_files: Any, save: Save) -> None:
    data = instrument_files.archive({"Data0/Image0.bin": bytes(500), "root.xml": "<Root />"})
    with pytest.raises(InvalidPatternError, match="holds images of a detector"):
        read_pattern(save(data, "a.rasx"))


def test_rows_that_are_missing_or_damaged(instrument_files: Any, save: Save) -> None:
    y = instrument_files.counts()
    short = instrument_files.ras([instrument_files.ras_scan(y, announced=700)])
    with pytest.raises(UnreadableFileError, match=r"600 rows of .* announces 700 points"):
        read_pattern(save(short, "a.ras"))
    good = instrument_files.ras([instrument_files.ras_scan(y)])
    for old, new, message in (
        (b"10.5000 ", b"10.x000 ", "a row that is not made of numbers"),
        (b"*RAS_INT_END", b"", "ends inside scan 1"),
        (b'ALPHA1 "1.540593"', b'ALPHA1 "copper"', "K-alpha1 is 'copper', not a number"),
    ):
        assert old in good
        with pytest.raises(UnreadableFileError, match=message):
            read_pattern(save(good.replace(old, new), "a.ras"))


def test_more_points_than_any_pattern_has(instrument_files: Any, save: Save) -> None:
    rows = "10.0 5 1\n" * 1_000_001
    ras = f"*RAS_HEADER_START\n*RAS_HEADER_END\n*RAS_INT_START\n{rows}*RAS_INT_END\n".encode()
    conditions = "<MeasurementConditions />"
    rasx = instrument_files.archive(
        {"Data0/Profile0.txt": rows, "Data0/MesurementConditions0.xml": conditions}
    )
    for data in (ras, rasx):
        with pytest.raises(UnreadableFileError, match="more than 1000000 points"):
            read_pattern(save(data, "a.dat"))


def test_a_profile_without_conditions(instrument_files: Any, save: Save) -> None:
    data = instrument_files.archive({"Data0/Profile0.txt": "10.0 5 1\n"})
    with pytest.raises(UnreadableFileError, match="without its measurement conditions"):
        read_pattern(save(data, "a.rasx"))

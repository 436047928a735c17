import numpy as np
import pytest

from crystinet.core.errors import InvalidWavelengthError, UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns import Pattern
from crystinet.patterns.readers.formats.philips_udf import UdfReader

COUNTS = np.random.default_rng(0).integers(1, 9999, 503)


def udf(
    *, stop: str = "15.0400", step: str = "0.020", lines: str = "", counts: np.ndarray = COUNTS
) -> str:
    head = "SampleIdent,Sample5 ,/\nTitle1,a, b / c,/\nDiffrType,PW1710,/\nAnode,Cu,/\n"
    head += f"{lines}DataAngleRange,   5.0000, {stop},/\nScanStepSize,     {step},/\nRawScan\n"
    rows = [counts[i : i + 8] for i in range(0, len(counts), 8)]
    return head + ",\n".join(", ".join(f"{y:8d}" for y in row) for row in rows) + "/\n"


def read(text: str, radiation: Radiation | None = None) -> Pattern:
    (pattern,) = UdfReader().read(text.encode(), name="a.udf", radiation=radiation)
    return pattern


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_range_counts_and_anode(end: str) -> None:
    pattern = read(udf().replace("\n", end))
    np.testing.assert_allclose(pattern.two_theta_deg, 5.0 + 0.02 * np.arange(503))
    np.testing.assert_array_equal(pattern.intensity, COUNTS)
    assert pattern.radiation == Radiation.of_anode("Cu")
    assert pattern.warnings == ()


def test_the_radiation() -> None:
    lines = "LabdaAlpha1, 1.54060,/\nLabdaAlpha2, 1.54439,/\nRatioAlpha21, 0.50000,/\n"
    assert read(udf(lines=lines)).radiation == Radiation((1.5406, 1.54439), (1.0, 0.5))
    assert read(udf(lines="Anode,,/\n")).radiation.assumed
    wrong = udf(lines="LabdaAlpha1, -1.5,/\n")
    assert read(wrong, Radiation((0.5,))).radiation == Radiation((0.5,))
    with pytest.raises(InvalidWavelengthError, match=r"A wavelength of -1\.5"):
        read(wrong)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (udf()[:-200], "ends before the counts do"),
        (udf()[:60], "ends before the counts do"),
        (udf(counts=COUNTS[:400]), "announces 503 points; there are 400"),
        (udf(stop="x"), "The range or step of a.udf is 'x', not a number"),
        (udf(stop="1.0"), "from 5 to 1 degrees"),
        (udf(step="-0.02"), "steps of -0.02"),
        (udf().replace("ScanStepSize", "Step"), "lacks DataAngleRange or ScanStepSize"),
        (udf().replace(f"{COUNTS[8]:8d}", "five", 1), "Line 9 holds .* where counts"),
    ],
)
def test_damaged_files(text: str, message: str) -> None:
    with pytest.raises(UnreadableFileError, match=message) as caught:
        read(text)
    assert "again" in caught.value.hint


@pytest.mark.parametrize(
    ("head", "accepted"),
    [
        (udf().encode()[:300], True),
        (udf().replace("\n", "\r").encode()[:300], True),
        (b"10.0 5\n", False),
        (b"a RawScan, that is\n", False),
    ],
)
def test_the_keys_decide(head: bytes, accepted: bool) -> None:
    assert UdfReader().accepts(head, ".udf") is accepted


def test_what_the_header_says() -> None:
    lines = (
        "Title2,,/\nDivergenceSlit,Fixed, 1/2,/\nMonochromatorUsed,NO,/\nGeneratorVoltage,  40,/\n"
    )
    lines += "TubeCurrent,  15,/\nFileDateTime,03-jun-2025 15:55,/\nScanType,CONTINUOUS,/\n"
    assert dict(read(udf(lines=lines + "ScanStepTime, 18.87,/\n")).metadata) == {
        "format": "Philips UDF",
        "sample": "Sample5",
        "title": "a, b / c",
        "instrument": "PW1710",
        "anode": "Cu",
        "scan_mode": "continuous",
        "divergence_slit": "Fixed, 1/2",
        "voltage_kv": 40.0,
        "current_ma": 15.0,
        "step_time_s": 18.87,
    }

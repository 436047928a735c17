import numpy as np
import pytest

from crystinet.core.errors import UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns import Pattern
from crystinet.patterns.readers.formats.stepped import SteppedReader

COUNTS = np.random.default_rng(0).integers(1, 99_999, 4001)
AXIS = 16.0 + 0.03 * np.arange(4001)


def listed(counts: np.ndarray = COUNTS, *, per_line: int = 8, end: str = "\n") -> str:
    lines = range(0, len(counts), per_line)
    return end.join("".join(f"{y:8d}" for y in counts[i : i + per_line]) for i in lines) + end


def read(text: str, radiation: Radiation | None = None) -> Pattern:
    data = text.encode()
    reader = SteppedReader()
    assert reader.accepts(data[:16384], ".dat")
    (pattern,) = reader.read(data, name="a.dat", radiation=radiation)
    return pattern


@pytest.mark.parametrize(
    "text",
    [
        "16.000   0.030   136.000\n" + listed(),
        "16.000   0.030   136.000\r\n" + listed(end="\r\n"),
        "16.000   0.030   136.000\r" + listed(end="\r"),
        "  16.000   0.030 136.000 A title of DBWS 5 6 7\n" + listed(per_line=10),
        "! LiCoO2\n# Cu tube at night\n16 .03 136\n" + listed(per_line=1),
        "16 .03 136\n" + listed(per_line=5000),
        "16,0.03,136\n" + listed().replace("     ", ", "),
        # RIETAN: comments with an asterisk, then points, start and step.
        "* LiCoO2\n* 2 comments\n4001, 16.0, 0.03\n" + listed(per_line=10),
        # MAUD: title, then points, step, start, wavelength.
        "LiCoO2\r4001 .03 16 1.540598 1\r" + listed(per_line=1, end="\r"),
        "16.000 0.030 136.000\n" + listed() + "end of file\n\n",
        # The end is rounded down by less than a step.
        "16.000   0.030   135.99\n" + listed(),
        # Zeros fill the last line up.
        "16.000   0.030   136.000\n" + listed(np.append(COUNTS, [0] * 7)),
    ],
)
def test_the_range_and_the_counts(text: str) -> None:
    pattern = read(text, Radiation((1.54,)))
    np.testing.assert_allclose(pattern.two_theta_deg[:4000], AXIS[:4000], atol=1e-9)
    np.testing.assert_array_equal(pattern.intensity[:4000], COUNTS[:4000])
    assert len(pattern.intensity) in (4001, 4000 + ("135.99" not in text))
    assert pattern.warnings == ()


def test_the_wavelength() -> None:
    assert read("t\n4001 .03 16 0.7093 1\n" + listed()).radiation == Radiation.of_anode("Mo")
    assert read("! Co Ka\n16 .03 136\n" + listed()).radiation == Radiation.of_anode("Co")
    assert read("16 .03 136\n" + listed()).radiation.assumed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("16 .03 136\n" + listed(COUNTS[:3000]), "announces 4001 points; there are 3000 numbers"),
        ("16 .03 136\n" + listed() + listed(), "announces 4001 points; there are 8002 numbers"),
        ("t\n4001 .03 16 1.54 1\n" + listed(COUNTS[:-1]), "announces 4001 points; there are 4000"),
        ("16 .03 136\n" + listed() + "x\n5 6 7\n", "Line 503 holds 'x'"),
    ],
)
def test_damaged_files(text: str, message: str) -> None:
    with pytest.raises(UnreadableFileError, match=message) as caught:
        read(text)
    assert "again" in caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "words only\n",
        "10.0 60.0 0.05\n",
        # Tables, which begin with an axis.
        "16 .03 136\n" + "".join(f"{16 + 0.03 * i} 5\n" for i in range(99)),
        "5.0 0.3 60.0\n" + "".join(f"{5 + 0.02 * i} 0.3 60.0\n" for i in range(1, 99)),
        "".join(f"{90 - 0.02 * i} 0.3 60.0\n" for i in range(99)),
        "5 6\n16 .03 136\n" + listed(),
        # No diffractometer measures so.
        "16 300 136\n" + listed(),
        "16 nan 136\n" + listed(),
        "16 .03 inf\n" + listed(),
        "1e99 .03 5\n" + listed(),
        "16 .03 136\n1 2 3\nwords\n",
        "\x00\x01",
    ],
)
def test_other_content_is_left_to_other_readers(text: str) -> None:
    assert SteppedReader().accepts(text.encode()[:16384], ".dat") is False

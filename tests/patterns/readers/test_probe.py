"""Neutrons and times of flight are refused by name, in every format whose header can say so."""

from typing import Any

import numpy as np
import pytest

from crystinet.core.errors import InvalidPatternError
from crystinet.patterns.readers.parts.probe import refuse_neutrons
from crystinet.patterns.readers.reading import parse_patterns

AXIS = 10.0 + 0.05 * np.arange(1600)
COUNTS = np.random.default_rng(0).integers(100, 9999, 1600)
ROWS = "".join(f"{x:.2f} {y} {y**0.5:.2f}\n" for x, y in zip(AXIS, COUNTS, strict=True))
ROWS_OF_TWO = "".join(f"{x:.2f}, {y}\n" for x, y in zip(AXIS, COUNTS, strict=True))
RANGE = "10.0 0.05 89.95"
LISTED = "\n".join(" ".join(map(str, COUNTS[i : i + 10])) for i in range(0, 1600, 10)) + "\n"
BANK = "".join(f"{y:8d}" + "\n" * (n % 10 == 9) for n, y in enumerate(COUNTS))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# neutron powder diffraction\n" + ROWS, "'# neutron powder diffraction'"),
        ("# Source: neutrons, 1.909 A\n" + ROWS, "with neutrons"),
        ("# HRPT at SINQ, 1.494 A\n" + ROWS, "HRPT"),
        ("# File made by Mantid\n# X Y E\n" + ROWS, "Mantid"),
        ("# Time-of-flight Y E\n" + ROWS.replace("10.", "1000.", 1), "times of flight"),
        ("TOF,counts\n" + ROWS.replace(" ", ","), "times of flight"),
        ("XYDATA\n# X-axis unit is: Time-of-flight\n#\n#\n#\n# X Y E\n" + ROWS, "of flight"),
        ("XYDATA\n# Mantid\n# X: Time-of-flight\n#\n#\n# X Y E\n" + ROWS, "times of flight"),
        ("XYDATA\n! D20, ILL Grenoble\n! b\n! c\n! d\n! e\n" + ROWS, "D20, ILL"),
        (
            f"##TITLE=a\n##JCAMP-DX=4.24\n##DATA TYPE=NEUTRON DIFFRACTION\n##XUNITS=2THETA\n"
            f"##YUNITS=COUNTS\n##NPOINTS=1600\n##XYPOINTS=(XY..XY)\n{ROWS_OF_TWO}##END=\n",
            "NEUTRON DIFFRACTION",
        ),
        (f"{RANGE} PbSO4 D1A(ILL)\n{LISTED}", "D1A"),
        (f"DMC, a phase\nlambda= 1.7030, T= 300.0\n{RANGE}\n{LISTED}", "'DMC, a phase'"),
        (f"D2B La2NiO4 300 K\n{RANGE}\n{LISTED}", "'D2B La2NiO4 300 K'"),
        (ROWS + "Measured with neutrons at a reactor\n", "with neutrons"),
        (f"Neutron data of POWGEN\nBANK 1 1600 160 CONST 1000 5 0 0 STD\n{BANK}", "POWGEN"),
        (f"A title\nBANK 1 1600 160 SLOG 1000 5 0 0 STD\n{BANK}", "times of flight .*SLOG"),
    ],
)
def test_a_file_that_says_so_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidPatternError, match=message) as caught:
        parse_patterns(text.encode(), name="a.dat", wavelength_angstrom=1.5)
    assert "X-rays" in caught.value.hint


@pytest.mark.parametrize(
    "line",
    [
        "# X-ray data; the neutron data are in another file",
        "# not measured with neutrons",
        "# no time of flight",
        "# Sample: neutron irradiated steel",
        "# sample = TOF",
        "# steel, neutron-irradiated",
        "# neutron absorber B4C",
        "# DMC electrolyte",
        "D2B, Cu Ka",
        "# D2B-7 of the D1A series",
        "# illite from ILL",
        "# TOF-SIMS target, Cu Ka",
        "# HB-2 pencil",
        "# stuff TOFU",
    ],
)
def test_what_does_not_say_so_is_read(line: str) -> None:
    refuse_neutrons([line], name="a.xy")
    (pattern,) = parse_patterns(f"{line}\n{ROWS}".encode(), name="a.xy")
    np.testing.assert_array_equal(pattern.intensity, COUNTS)


@pytest.mark.parametrize(
    ("place", "text"), [("probe", "neutron"), ("type", "Spallation Neutron Source"),
                        ("definition", "NXtofnpd")]
)  # fmt: skip
def test_nexus_that_says_so_is_refused(place: str, text: str, instrument_files: Any) -> None:
    h5py: Any = pytest.importorskip("h5py")
    import io

    stream = io.BytesIO(instrument_files.nexus(instrument_files.counts()))
    with h5py.File(stream, "r+") as file:
        file[f"entry/{place}"] = text
    with pytest.raises(InvalidPatternError, match=f"/entry/{place} {text}"):
        parse_patterns(stream.getvalue(), name="a.nxs")

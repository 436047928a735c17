"""Instruments of GSAS-II and FullProf, written and read."""

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import crystinet
from crystinet.core.errors import ConfigError, FileMissingError, UnreadableFileError
from crystinet.fit.handover.instrument_files import HEADER, instprm_text
from crystinet.fit.whole_pattern.fitted_phase import FittedWidths

#: As GSAS-II writes it for a laboratory diffractometer.
INSTPRM = f"""{HEADER}
Type:PXC
Bank:1.0
Lam1:1.540593
Lam2:1.544427
Zero:0.01
I(L2)/I(L1):0.5
Polariz.:0.7
U:2.0
V:-2.0
W:5.0
X:1.5
Y:2.5
Z:0.0
SH/L:0.002
Azimuth:0.0
Source:CuKa
"""
IRF = """! Instrument of a laboratory
 Resolution of D8 with Cu tube
NPROF 7
WAVE  1.540560  1.544390  0.5000
ASYM 0.012 0.014
! U V W X Y Z
 0.004133 -0.007618 0.006255 0.018961 0.0113 0.0
"""


def write(folder: Path, text: str, name: str = "lab.instprm") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_gsas2_gives_variances_in_hundredths_of_a_degree(tmp_path: Path) -> None:
    found = crystinet.read_instrument(write(tmp_path, INSTPRM))
    # 8 ln 2 times the variance is the squared full width: W 5 is 0.0527 degrees.
    assert found.widths.w**0.5 == pytest.approx(0.05266, abs=1e-5)
    assert (found.widths.x, found.widths.y) == pytest.approx((0.015, 0.025))
    assert (found.axial, found.zero_deg) == (0.002, 0.01)
    assert found.radiation == crystinet.Radiation((1.540593, 1.544427), (1.0, 0.5))
    assert found.monochromator_deg == pytest.approx(49.1, abs=0.1)  # cos^2 is 3/7


def test_fullprof_gives_full_widths(tmp_path: Path) -> None:
    found = crystinet.read_instrument(write(tmp_path, IRF, "lab.irf"))
    assert found.widths == FittedWidths(u=0.004133, v=-0.007618, w=0.006255, x=0.0113, y=0.018961)
    assert found.axial == pytest.approx(0.026)
    assert found.radiation == crystinet.Radiation((1.54056, 1.54439), (1.0, 0.5))


@given(
    st.builds(
        FittedWidths,
        **dict.fromkeys("uwxy", st.floats(0.0, 1.0)),
        v=st.floats(-1.0, 1.0),
    ),
    st.floats(0.0, 0.2),
    st.floats(-0.2, 0.2),
    st.floats(0.0, 90.0),
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    widths: FittedWidths,
    axial: float,
    zero_deg: float,
    monochromator_deg: float,
) -> None:
    instrument = crystinet.InstrumentProfile(
        widths, axial, monochromator_deg=monochromator_deg, zero_deg=zero_deg
    )
    path = tmp_path_factory.getbasetemp() / "again.instprm"
    path.write_text(instprm_text(instrument))
    found = crystinet.read_instrument(path)
    for name in "uvwxy":
        assert getattr(found.widths, name) == pytest.approx(
            getattr(widths, name), rel=1e-6, abs=1e-12
        )
    assert (found.axial, found.zero_deg) == pytest.approx((axial, zero_deg), rel=1e-6, abs=1e-12)
    assert found.monochromator_deg == pytest.approx(monochromator_deg, abs=0.01)
    assert found.radiation == crystinet.Radiation.of_anode("Cu")


def test_rietx_reads_it(fit: crystinet.Fit, tmp_path: Path) -> None:
    rietx = pytest.importorskip("rietx")
    (path,) = crystinet.write_fit(fit, tmp_path / "lab.instprm")
    path.write_text(path.read_text() + "Gonio. radius:200.0\n")  # rietx asks for one
    read = rietx.read_gsas2_instprm(path)
    widths = fit.phases[0].widths
    profile = read.profile
    assert profile.w.value == pytest.approx(widths.w, rel=1e-4, abs=1e-9)
    assert profile.x.value == pytest.approx(widths.x, rel=1e-4, abs=1e-9)
    assert profile.y.value == pytest.approx(widths.y, rel=1e-4, abs=1e-9)
    lines = [line.wavelength.value for line in read.source.lines]
    assert lines == pytest.approx(fit.radiation.wavelengths_angstrom)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (INSTPRM.replace("PXC", "PNT"), "it is for PNT data"),
        (INSTPRM.replace("Lam1:", "Wave1:"), "names no wavelength"),
        (INSTPRM.replace("U:2.0", "U:two"), "U is 'two', no number"),
        (INSTPRM.replace("U:2.0", "U:nan"), "U is 'nan', no number"),
        (INSTPRM.replace("0.7", "1.7"), "polarisation of 1.7"),
        (INSTPRM.replace("1.540593", "154.0593"), "wavelength"),
        ("", "no line with U"),
        ("hello\nworld\n", "no line with U"),
        (IRF.replace("-0.007618", "inf"), "has what is no number"),
    ],
)
def test_what_is_no_instrument(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UnreadableFileError, match=words) as error:
        crystinet.read_instrument(write(tmp_path, text))
    assert ".instprm" in error.value.hint


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match="cannot be read"):
        crystinet.read_instrument(tmp_path / "absent.instprm")
    (tmp_path / "binary.irf").write_bytes(bytes(range(256)) * 10)
    with pytest.raises(UnreadableFileError):
        crystinet.read_instrument(tmp_path / "binary.irf")


def test_a_standard_teaches_the_instrument(
    fit: crystinet.Fit, pattern: crystinet.Pattern, tmp_path: Path
) -> None:
    (path,) = crystinet.write_fit(fit, tmp_path / "lab.instprm")
    instrument = crystinet.read_instrument(path)
    wrong = replace(pattern, radiation=crystinet.Radiation((1.6,)))
    again = crystinet.refine(wrong, type="Perovskite-CaTiO3", instrument=instrument)
    # The wavelengths of the instrument count, and its widths are those of the sample.
    assert again.radiation.wavelength_angstrom == pytest.approx(1.5405929, abs=1e-6)
    assert again.phases[0].cell[0] == pytest.approx(3.905, abs=0.002)


@pytest.mark.parametrize("name", ["a.txt", "a"])
def test_other_endings_are_refused(fit: crystinet.Fit, tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"neither in \.cif nor in \.instprm"):
        crystinet.write_fit(fit, tmp_path / name)


@pytest.mark.parametrize(
    ("name", "value"),
    [("Zero", "90"), ("W", "5e300"), ("U", "-1e8"), ("X", "1e6"), ("SH/L", "1e9"), ("V", "1e9")],
)
def test_numbers_that_no_diffractometer_has_are_refused(
    tmp_path: Path, name: str, value: str
) -> None:
    text = re.sub(rf"(?m)^{name}:.*$", f"{name}:{value}", INSTPRM)
    with pytest.raises(UnreadableFileError, match="no diffractometer"):
        crystinet.read_instrument(write(tmp_path, text))


def test_a_pipe_is_no_instrument(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.instprm")
    with pytest.raises(FileMissingError, match="a pipe"):
        crystinet.read_instrument(tmp_path / "pipe.instprm")

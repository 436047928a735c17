"""``crystinet convert``."""

from pathlib import Path

import numpy as np
from typer.testing import CliRunner

import crystinet
from crystinet.cli import app


def run(*words: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["convert", *map(str, words)])
    return result.exit_code, result.stdout, result.stderr


def table(folder: Path) -> Path:
    x = np.arange(10.0, 60.0, 0.05)
    columns = [
        x,
        5 + 90 * np.exp(-(((x - 31) / 0.2) ** 2)),
        7 + 50 * np.exp(-(((x - 40) / 0.2) ** 2)),
    ]
    np.savetxt(
        folder / "a.csv", np.transpose(columns), "%.4f", ",", header="2theta,cold,hot", comments=""
    )
    return folder / "a.csv"


def test_a_column_with_its_wavelength_and_range(tmp_path: Path) -> None:
    out = tmp_path / "b.cif"
    status, printed, told = run(
        table(tmp_path), "-o", out, "--anode", "Co", "--column", "hot", "--range", "20,50"
    )
    assert (status, printed, told) == (0, "", f"Wrote {out}\n")
    back = crystinet.read_pattern(out)
    assert back.radiation == crystinet.Radiation.of_anode("Co")
    assert back.measured_range_deg[0] >= 20.0
    assert back.two_theta_deg[back.intensity.argmax()] == 40.0


def test_every_pattern_of_a_file_gets_one(tmp_path: Path) -> None:
    blocks = [
        f"data_b{n}\n_pd_meas_2theta_range_min 10\n_pd_meas_2theta_range_max 12\n"
        "_pd_meas_2theta_range_inc 1\nloop_\n_pd_meas_counts_total\n"
        f"{n}\n5\n6\n"
        for n in (1, 2, 3)
    ]
    (tmp_path / "a.cif").write_text("".join(blocks))
    status, _, _ = run(tmp_path / "a.cif", "-o", tmp_path / "out.xye")
    assert status == 0
    written = sorted(place.name for place in tmp_path.glob("out*"))
    assert written == ["out-2.xye", "out-3.xye", "out.xye"]
    assert np.loadtxt(tmp_path / "out-3.xye")[0, 1] == 3.0


def test_an_ending_that_nobody_knows(tmp_path: Path) -> None:
    status, printed, told = run(table(tmp_path), "-o", tmp_path / "b.raw", "--column", "hot")
    assert (status, printed) == (2, "")
    assert "ends in none of .xy" in told

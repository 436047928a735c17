"""Headers of text files that describe the measurement."""

import pytest

from crystinet.patterns import read_pattern
from crystinet.patterns.readers.parts.described import first_title, header_metadata


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("# Sample: Fe3O4 #7", "sample", "Fe3O4 #7"),
        ("##NAMES=Corundum", "sample", "Corundum"),
        ("Sample identification,lot 12", "sample", "lot 12"),
        ("; Operator = E. Noether", "operator", "E. Noether"),
        ('Anode material,"Co"', "anode", "Co"),
        ("Generator voltage [kV];40", "voltage_kv", 40.0),
        ("# Voltage: 45 kV", "voltage_kv", 45.0),
        ("Tension,45", "voltage_kv", 45.0),
        ("# Current = 40,5 mA", "current_ma", 40.5),
        ("! Time per step (sec) =  0.1", "step_time_s", 0.1),
        ("# Temp (K) =              298.0 ", "temperature_k", 298.0),
        ("# Temperature: 25 °C", "temperature_k", 298.15),
        ("Goniometer radius [mm]\t240", "goniometer_radius_mm", 240.0),
        ("# Date: 2020-05-06 10:00", "measured_at", "2020-05-06T10:00:00"),
    ],
)
def test_a_line_that_names_a_thing(line: str, field: str, value: str | float) -> None:
    assert dict(header_metadata([line])) == {field: value}


@pytest.mark.parametrize(
    "line",
    [
        "# Temperature: 25",  # degrees of what?
        "# Voltage: 40000 V",
        "# Time per step: 500 ms",
        "# Date: 03/04/2010",
        "# Sample: unknown",
        "2theta,intensity",
        "# start: 5 stop: 90",
        "a sentence about the current state of the sample, which is good",
    ],
)
def test_what_cannot_be_told_is_left_out(line: str) -> None:
    assert dict(header_metadata([line])) == {}


def test_several_on_one_line_as_eva_writes_them() -> None:
    line = '\'Id: "" Comment: "as received" Operator: "E. Noether" Anode: "Cu" TimePerStep: "96" '
    assert dict(header_metadata([line])) == {
        "comment": "as received",
        "operator": "E. Noether",
        "anode": "Cu",
        "step_time_s": 96.0,
    }


def test_the_first_line_counts_and_what_the_reader_knows_takes_precedence() -> None:
    lines = ["# Sample: one", "# Sample: two", "# Comment: none"]
    assert header_metadata(lines)["sample"] == "one"
    assert header_metadata(lines, sample="three", title="")["sample"] == "three"


def test_a_title_is_the_first_line_that_says_something() -> None:
    assert first_title(["# \n", "  ! LaB6, run 3 \n", "other"]) == "LaB6, run 3"
    assert first_title([]) == ""


def test_hostile_headers_cost_no_time() -> None:
    lines = ["a" * 100_000, "#" * 100_000, "a: " * 50_000, '"' * 50_000, "a [" * 20_000]
    assert dict(header_metadata(lines * 100)) == {}


def test_a_file_keeps_what_its_header_says(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "a.xy"
    rows = "".join(f"{5.0 + 0.02 * n:.2f} {100 + n % 7}\n" for n in range(600))
    path.write_bytes(b"# Sample: Gr\xfcnerit\n# wavelength = 1.5406\n" + rows.encode())
    assert dict(read_pattern(path).metadata) == {
        "format": "text with columns",
        "sample": "Grünerit",
    }

"""What each reader takes for metadata of a file made here; real files are in `test_facts.py`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crystinet.patterns import read_pattern, read_patterns

Save = Callable[[bytes, str], Path]


def metadata_of(data: bytes, name: str, save: Save) -> dict[str, str | float]:
    return dict(read_pattern(save(data, name)).metadata)


def put(data: bytes, at: int, text: bytes) -> bytes:
    return data[:at] + text + data[at + len(text) :]


def test_every_made_file_names_its_format(instrument_files: Any, save: Save) -> None:
    for name, data in instrument_files.one_of_each().items():
        for pattern in read_patterns(save(data, name)):
            assert len(str(pattern.metadata["format"])) > 2


def test_raw_3(instrument_files: Any, save: Save) -> None:
    data = instrument_files.raw_3([instrument_files.counts()])
    for at, text in ((16, b"10/13/03"), (26, b"18:50:59"), (36, b"user\0"), (326, b"lot \xfc\x01")):
        data = put(data, at, text)
    found = metadata_of(data, "a.raw", save)
    assert found["measured_at"] == "2003-10-13T18:50:59"
    assert (found["operator"], found["sample"]) == ("user", "lot \xfc")
    assert (found["scan_type"], found["scan_mode"]) == ("locked coupled", "step")
    assert "voltage_kv" not in found  # 0: not said


def test_raw_4(instrument_files: Any, save: Save) -> None:
    found = metadata_of(instrument_files.raw_4([instrument_files.counts()]), "a.raw", save)
    assert found == {
        "format": "Bruker RAW 4",
        "sample": "made",
        "measured_at": "2024-01-02",
        "anode": "Cu",
        "scan_type": "Locked Coupled",
    }


def test_xrdml(instrument_files: Any, save: Save) -> None:
    head = "<header><startTimeStamp>2021-03-16T13:10:14+03:00</startTimeStamp>"
    head += "<author><name>XRD</name></author></header>"
    path = '<radius unit="mm">240.00</radius><xRayTube><tension unit="kV">45</tension>'
    path += '<current unit="A">1</current><anodeMaterial>Cu</anodeMaterial></xRayTube>'
    path += '<divergenceSlit name="Fixed slit 1/8\u00b0" /><filter name="Nickel" />'
    scan = instrument_files.xrdml_scan(instrument_files.counts())
    data = instrument_files.xrdml([scan.replace("<dataPoints>", head + "<dataPoints>")], path=path)
    sample = b"<sample><id>7</id><name>lot 12</name></sample><xrdMeasurement "
    data = data.replace(b"<xrdMeasurement ", sample, 1)
    assert metadata_of(data, "a.xrdml", save) == {
        "format": "PANalytical XRDML 1.5",
        "sample": "lot 12",
        "operator": "XRD",
        "measured_at": "2021-03-16T13:10:14+03:00",
        "anode": "Cu",
        "scan_type": "Gonio",
        "divergence_slit": "Fixed slit 1/8\u00b0",
        "filter": "Nickel",
        "voltage_kv": 45.0,
        "goniometer_radius_mm": 240.0,
    }  # the current is not in mA, and the counting time has no unit


def test_brml(instrument_files: Any, save: Save) -> None:
    inner = instrument_files.brml_range(instrument_files.counts())
    more = "<TimeStampStarted>2025-02-26T10:47:52.87+00:00</TimeStampStarted>"
    more += '<InfoItem Name="SampleName" Value="TiOF" /><InfoItem Name="Comment" Value="" />'
    more += (
        '<Generator><Voltage Unit="kV" Value="30" /><Current Unit="mA" Value="10" /></Generator>'
    )
    inner = inner.replace("<RawData>", "<RawData>" + more)
    data = instrument_files.archive({"Experiment0/RawData0.xml": inner})
    found = metadata_of(data, "a.brml", save)
    assert found["sample"] == "TiOF"
    assert found["measured_at"] == "2025-02-26T10:47:52+00:00"
    assert (found["voltage_kv"], found["current_ma"], found["anode"]) == (30.0, 10.0, "Cu")
    assert "comment" not in found


@pytest.mark.parametrize("code", ["utf-8", "cp932"])
def test_ras_in_two_codes(instrument_files: Any, save: Save, code: str) -> None:
    more = '*FILE_SAMPLE "\u8a66\u6599 7"\n*MEAS_SCAN_START_TIME "08/05/19 18:32:54"\n'
    more += '*HW_GONIOMETER_NAME "\u53f0|MiniFlex"\n*MEAS_SCAN_MODE "STEP"\n'
    more += '*MEAS_SCAN_SPEED "2.5"\n*MEAS_SCAN_SPEED_UNIT "sec"\n'
    scan = instrument_files.ras_scan(instrument_files.counts())
    text = instrument_files.ras([scan]).decode().replace("*MEAS_DATA", more + "*MEAS_DATA")
    found = metadata_of(text.encode(code), "a.ras", save)
    assert found["sample"] == "\u8a66\u6599 7"
    assert found["instrument"] == "MiniFlex"
    assert found["measured_at"] == "2019-08-05T18:32:54"
    assert (found["scan_mode"], found["step_time_s"]) == ("step", 2.5)


def test_nexus(save: Save, instrument_files: Any) -> None:
    h5py = pytest.importorskip("h5py")
    path = save(instrument_files.nexus(instrument_files.counts()), "a.nxs")
    with h5py.File(path, "a") as file:
        entry = file["entry"]
        entry["start_time"] = "2020-05-06T07:08:09Z"
        sample = entry.create_group("sample")
        sample.attrs["NX_class"] = "NXsample"
        sample["name"] = "lot 12"
        sample["temperature"] = 25.0
        sample["temperature"].attrs["units"] = "degC"
        source = entry.create_group("source")
        source.attrs["NX_class"] = "NXsource"
        source["xray_tube_voltage"] = 40_000.0
        source["xray_tube_voltage"].attrs["units"] = "V"
        entry.create_group("user")["name"] = "not of a class"
    assert dict(read_pattern(path).metadata) == {
        "format": "NeXus",
        "sample": "lot 12",
        "measured_at": "2020-05-06T07:08:09Z",
        "voltage_kv": 40.0,
        "temperature_k": 298.15,
    }


def test_pdcif_takes_what_other_blocks_agree_about(save: Save) -> None:
    rows = "".join(f"{10 + 0.05 * n:.2f} {50 + n % 9}\n" for n in range(300))
    loop = "loop_\n_pd_meas_2theta_scan\n_pd_meas_counts_total\n" + rows
    text = "data_all\n_diffrn_ambient_temperature 293(2)\n_diffrn_source_target Mo\n"
    text += "data_one\n_chemical_name_common ' ?'\n_chemical_formula_sum 'Na Cl'\n"
    text += f"_pd_meas_datetime_initiated 2020-05-06\n{loop}data_two\n_diffrn_source_target Cu\n"
    text += f"_chemical_formula_sum 'K Cl'\n{loop}"
    one, two = read_patterns(save(text.encode(), "a.cif"))
    shared = {"format": "pdCIF", "measured_at": "2020-05-06", "temperature_k": 293.0}
    assert dict(one.metadata) == {"sample": "Na Cl", **shared}  # two anodes: which one is not said
    assert dict(two.metadata) == {"sample": "K Cl", "anode": "Cu", **shared}


def test_sietronics_writes_the_day_first(save: Save) -> None:
    counts = "".join(f"{100 + n % 7}\n" for n in range(751))
    head = "SIETRONICS XRD SCAN\n5.00\n20.00\n0.02\nCu\n1.54056\n{}\n0.600\nHH117\nSCANDATA\n"
    found = metadata_of((head.format("3-4-2002") + counts).encode(), "a.cpi", save)
    assert (found["sample"], found["measured_at"]) == ("HH117", "2002-04-03")
    found = metadata_of((head.format("1-1-1900") + counts).encode(), "a.cpi", save)
    assert "measured_at" not in found


def test_xydata_and_titles_of_lists(save: Save) -> None:
    rows = "".join(f"{10 + 0.05 * n:.2f} {50 + n % 9} 7\n" for n in range(300))
    head = "XYDATA\nTITLE NaCl, run 3\n! comment\nTEMP 12.5\n! comment\n! comment\n"
    found = metadata_of((head + rows).encode(), "a.dat", save)
    assert found == {"format": "FullProf XYDATA", "title": "NaCl, run 3", "temperature_k": 12.5}
    counts = "".join(f"{100 + n % 7}\n" for n in range(751))
    for text in (f"NaCl, run 3\n5.0 0.02 20.0\n{counts}", f"5.0 0.02 20.0 NaCl, run 3\n{counts}"):
        assert metadata_of(text.encode(), "b.dat", save)["title"] == "NaCl, run 3"

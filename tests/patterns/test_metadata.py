"""Metadata: a fixed vocabulary, cleaned values, and none that was made up."""

import copy
import pickle
import re
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crystinet.core.errors import InvalidPatternError
from crystinet.patterns import Pattern, preprocess
from crystinet.patterns.metadata import (
    MOST_CHARACTERS,
    NUMBERS,
    TEXTS,
    Metadata,
    clean_text,
    kelvin,
    to_iso,
)

X = np.arange(10.0, 80.0, 0.02)
Y = 50.0 + 1000.0 * np.exp(-((((X % 7.0) - 3.5) / 0.06) ** 2))


def test_it_is_an_immutable_mapping_in_the_order_of_the_vocabulary() -> None:
    metadata = Metadata({"voltage_kv": 40, "sample": "A", "format": "B"})
    assert list(metadata) == ["format", "sample", "voltage_kv"]
    assert dict(metadata) == {"format": "B", "sample": "A", "voltage_kv": 40.0}
    with pytest.raises(TypeError):
        metadata["sample"] = "C"  # type: ignore[index]


def test_equal_metadata_have_the_same_hash_and_survive_copies() -> None:
    metadata = Metadata.of(sample="A", current_ma=40.0)
    assert metadata == Metadata({"current_ma": "40", "sample": " A "})
    assert hash(metadata) == hash(Metadata({"current_ma": "40", "sample": " A "}))
    assert metadata != Metadata.of(sample="A")
    assert pickle.loads(pickle.dumps(metadata)) == metadata  # noqa: S301 (our own)
    assert copy.deepcopy(metadata) == metadata


def test_a_name_outside_the_vocabulary_is_refused() -> None:
    with pytest.raises(InvalidPatternError, match="'colour' is no metadata") as caught:
        Metadata({"colour": "red"})
    assert "sample" in caught.value.hint


@pytest.mark.parametrize(
    "nothing", [None, "", "  ", "-", "None", "unknown", "N/A", "\0\0", "�" * 4]
)
def test_what_says_nothing_is_left_out(nothing: object) -> None:
    assert not Metadata.of(sample=nothing, voltage_kv=nothing, measured_at=nothing)


@pytest.mark.parametrize(
    ("name", "value"),
    [("voltage_kv", 0.0), ("voltage_kv", "nan"), ("voltage_kv", 40_000), ("current_ma", "x"),
     ("step_time_s", -1), ("temperature_k", 65535), ("temperature_k", 10**400),
     ("goniometer_radius_mm", True), ("anode", "Xx"), ("anode", "Copper"),
     ("scan_mode", "line"), ("measured_at", "yesterday")],
)  # fmt: skip
def test_what_cannot_be_right_is_left_out(name: str, value: object) -> None:
    assert dict(Metadata({name: value})) == {}


@pytest.mark.parametrize("text", ["Cu", "CU", "cu", "Cu K-alpha", "CuKa1", " Cu\0\0"])
def test_an_anode_is_an_element_symbol(text: str) -> None:
    assert Metadata.of(anode=text)["anode"] == "Cu"


def test_numbers_of_four_bytes_are_written_as_they_were_meant() -> None:
    assert Metadata.of(step_time_s=float(np.float32(0.3)))["step_time_s"] == 0.3
    assert Metadata.of(voltage_kv="40,5")["voltage_kv"] == 40.5


def test_text_loses_control_characters_tricks_and_length() -> None:
    assert clean_text("a\x00b\r\n\tc\x1b[31m") == "a b c [31m"
    assert clean_text("safe\u202egnp.exe\u200b") == "safe gnp.exe"  # right-to-left override
    assert clean_text("\ud800x") == "x"
    assert clean_text("SampleID________") == "SampleID"
    assert len(clean_text("x" * 10_000)) == MOST_CHARACTERS


@given(st.text())
def test_any_text_becomes_one_printable_line_that_json_takes(text: str) -> None:
    cleaned = clean_text(text)
    assert len(cleaned) <= MOST_CHARACTERS
    assert cleaned.isprintable() or not cleaned
    assert cleaned == cleaned.strip()
    cleaned.encode("utf-8")


ANYTHING = st.one_of(st.text(), st.floats(), st.integers(), st.none(), st.binary())


@given(st.dictionaries(st.sampled_from([*TEXTS, *NUMBERS]), ANYTHING))
def test_metadata_can_be_made_of_anything(values: dict[str, object]) -> None:
    metadata = Metadata(values)
    assert Metadata(metadata) == metadata  # cleaning what is clean changes nothing
    assert all(isinstance(value, float) == (name in NUMBERS) for name, value in metadata.items())


@pytest.mark.parametrize(
    ("text", "order", "iso"),
    [
        ("2021-03-16T13:10:14+03:00", "", "2021-03-16T13:10:14+03:00"),
        ("2025-02-26T10:47:52.8708798Z", "", "2025-02-26T10:47:52Z"),
        ("2002-12-22T17:32", "", "2002-12-22T17:32:00"),
        ("2018/07/11", "", "2018-07-11"),
        ("20-Jul-2022 15:27:56", "", "2022-07-20T15:27:56"),
        ("22-Sep-20 17:18", "", "2020-09-22T17:18:00"),
        ("NOV 29, 2012 18:07:11.025644", "", "2012-11-29T18:07:11"),
        ("10/13/03 18:50:59", "", "2003-10-13T18:50:59"),  # there is no thirteenth month
        ("13.10.1997", "", "1997-10-13"),
        ("4/4/2019", "", "2019-04-04"),
        ("03/04/10 20:59:14", "MD", "2010-03-04T20:59:14"),
        ("03/04/10 20:59:14", "DM", "2010-04-03T20:59:14"),
        ("5/6/2020 1:02:03 PM", "MD", "2020-05-06T13:02:03"),
        ("03/04/2010", "", ""),  # March or April?
        ("1-nov-:0,  21:06", "", ""),
        ("0001-01-01T00:00:00", "", ""),
        ("2020-02-30", "", ""),
        ("2020-01-01T25:00:00", "", ""),
        ("2020-01-01T10:00:00+99:99", "", ""),
    ],
)
def test_dates_become_iso_or_nothing(text: str, order: str, iso: str) -> None:
    assert to_iso(text, order=order) == iso


@given(st.datetimes(datetime(1970, 1, 1), datetime(2068, 12, 31)))
def test_every_date_of_a_known_order_comes_back(when: datetime) -> None:
    when = when.replace(microsecond=0)
    for form, order in (("%m/%d/%y %H:%M:%S", "MD"), ("%d-%m-%Y %H:%M:%S", "DM"),
                        ("%d-%b-%Y %H:%M:%S", ""), ("%Y-%m-%dT%H:%M:%S", "")):  # fmt: skip
        assert to_iso(when.strftime(form), order=order) == when.isoformat()


def test_a_temperature_needs_its_unit() -> None:
    assert kelvin("298", "K") == 298.0
    assert kelvin(25, "°C") == pytest.approx(298.15)
    assert kelvin(25, "") is None
    assert kelvin("warm", "K") is None


def test_a_pattern_takes_metadata_and_keeps_them_through_everything() -> None:
    pattern = Pattern.from_arrays(X, Y, wavelength_angstrom=0.7093, metadata={"sample": "A\n"})
    assert dict(pattern.metadata) == {"sample": "A"}
    assert preprocess(pattern).metadata is pattern.metadata
    assert pickle.loads(pickle.dumps(pattern)).metadata == pattern.metadata  # noqa: S301
    assert dict(Pattern.from_arrays(X, Y).metadata) == {}


def test_the_page_on_formats_lists_the_whole_vocabulary(pytestconfig: pytest.Config) -> None:
    page = (pytestconfig.rootpath / "docs/reference/formats.md").read_text("utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == {*TEXTS, *NUMBERS}


def test_what_is_no_mapping_is_refused() -> None:
    with pytest.raises(InvalidPatternError, match="no metadata"):
        Metadata(3)  # type: ignore[arg-type]

"""Tables, inline pictures and the page, of figures made here."""

import csv
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from crystinet.core.files import make_folder
from crystinet.report.evaluation.figure import Figure, Table
from crystinet.report.evaluation.page import DOCUMENT, PAGE, value_text, write_report
from crystinet.report.evaluation.pictures import INK, dots_with_intervals, heat_map
from crystinet.report.evaluation.svg import inline_svg


def draw(canvas: Any) -> None:
    left, right = canvas.subplots(1, 2)
    dots_with_intervals(left, ["a & <b>"], {"x": [(0.5, 0.4, 0.6)]})
    heat_map(right, np.array([[0.5, np.nan]]), rows=["r"], columns=["c", "d"])


def figure_of(key: str, cell: object = 1.5) -> Figure:
    table = Table.of(f"{key}-table", "Numbers", ("name", "value"), [("a & <b>", cell)])
    return Figure(key, f"Title {key}", "Says <what>.", "Patterns.", "", (table,), draw)


def test_tables_hold_plain_numbers() -> None:
    row = (np.int64(3), np.float64(0.123456789), float("nan"), None, "a,b", True)
    table = Table.of("t", "T", tuple("abcdef"), [row])
    assert table.rows == ((3, 0.123457, None, None, "a,b", True),)
    (found,) = csv.DictReader(table.csv_text().splitlines())
    assert (found["a"], found["b"], found["c"], found["e"]) == ("3", "0.123457", "", "a,b")
    assert json.loads(json.dumps(table.to_dict()))["rows"][0][2] is None
    with pytest.raises(TypeError, match="ndarray"):
        Table.of("t", "T", ("a",), [(np.zeros(2),)])


def test_cells_for_people() -> None:
    assert [value_text(c) for c in (None, 0.98765, 12, "x")] == ["–", "0.9877", "12", "x"]


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314  # our own


def test_pictures_take_the_colour_of_the_page_and_do_not_meet() -> None:
    one, two = inline_svg(figure_of("one")), inline_svg(figure_of("two"))
    ids = [{e.get("id") for e in parsed(s).iter()} - {None} for s in (one, two)]
    assert not ids[0] & ids[1]
    for svg in (one, two):
        root = parsed(svg)
        own = {element.get("id") for element in root.iter()}
        for element in root.iter():
            for name, value in element.attrib.items():
                if name.endswith("href") and value.startswith("#"):
                    assert value[1:] in own
        assert INK not in svg
        assert "currentColor" in svg
        assert "a &amp; &lt;b&gt;" in svg
    assert inline_svg(figure_of("one")) == one


def test_the_page_escapes_and_earlier_tables_go(tmp_path: Path) -> None:
    make_folder(tmp_path / "deep" / "er", of="the report")
    folder = tmp_path / "deep" / "er"
    write_report(folder, [figure_of("old")], title="T", provenance={})
    (folder / DOCUMENT).write_text(
        json.dumps({"figures": [{"csv": ["old-table.csv", "../x.csv"]}]})
    )
    (folder.parent / "x.csv").write_text("not ours")
    write_report(folder, [figure_of("one"), figure_of("two")], title="<T>", provenance={"a": "<b>"})
    assert {p.name for p in folder.glob("*.csv")} == {"one-table.csv", "two-table.csv"}
    assert (folder.parent / "x.csv").exists()
    page = (folder / PAGE).read_text("utf-8")
    assert "&lt;T&gt;" in page
    assert "<b>" not in page.replace("<b>Computed", "").replace("<b>Paper", "").replace(
        "<b>Numbers", ""
    )
    assert page.count("<svg") == 2

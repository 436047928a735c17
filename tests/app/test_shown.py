"""How results show themselves: short, escaped in notebooks, drawn, and as tables."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import crystinet

Write = Callable[..., Path]


@pytest.fixture(scope="module")
def salt() -> crystinet.Pattern:
    kind = next(kind for kind in crystinet.types() if kind.name == "NaCl")
    return crystinet.simulate(kind.reference, counts=5000, seed=1)


@pytest.fixture(scope="module")
def results(salt: crystinet.Pattern, mapped_bundle: Path) -> dict[str, Any]:
    kind = next(kind for kind in crystinet.types() if kind.name == "NaCl")
    (point,) = crystinet.nearest(salt, neighbours=2, candidates=1)
    return {
        "pattern": salt,
        "identification": crystinet.identify(salt),
        "explanation": crystinet.explain(salt, model=mapped_bundle),
        "assignment": crystinet.assign(kind.reference),
        "point": point,
        "neighbour": point.nearest[0] if point.nearest else None,
        "lattice": point.lattice,
        "type": kind,
        "outcomes": crystinet.identify_many([salt, "gone.xy"]),
    }


def test_every_result_is_a_few_lines(results: dict[str, Any]) -> None:
    for name, result in results.items():
        assert len(repr(result)) < 600, name
        assert repr(result).count("\n") < 8, name
    assert repr(results["identification"]).splitlines()[1].startswith("  1. NaCl (no. 15): 9")
    assert "wavelength 1.54059 angstrom" in repr(results["pattern"])
    assert len(repr(results["outcomes"][0])) < 600


def test_a_structure_is_a_line(results: dict[str, Any]) -> None:
    assert repr(results["type"].reference) == (
        "Structure 'NaCl': 4.211 4.211 4.211 90 90 90, -F 4 2 3, 2 sites"
    )


def test_rows_of_no_probability_are_left_out(results: dict[str, Any]) -> None:
    answer = results["identification"]
    assert 1 <= len(answer.likely) < len(answer.candidates)
    assert all(candidate.probability >= 0.0005 for candidate in answer.likely[1:])
    assert " 0.0 %" not in repr(answer)


def test_every_result_gives_plain_data(results: dict[str, Any]) -> None:
    for name, result in results.items():
        assert json.loads(json.dumps(result.to_dict(), allow_nan=False)), name
    document = results["outcomes"].to_dict()
    assert [entry["ok"] for entry in document["results"]] == [True, False]
    point = results["point"].to_dict()
    assert point["nearest"][0]["readable_formula"] == "NaCl" or point["nearest"][0]["formula"]
    assert point["lattice"]["crystal_system"] == "cubic"


def test_a_notebook_shows_names_and_no_markup_of_theirs(
    pattern_file: Write, bundle_folder: Path
) -> None:
    path = pattern_file("<b>&.xy", header="# sample: <script>\n")
    shown = (
        crystinet.identify(path, model=bundle_folder),
        crystinet.read_pattern(path),
        crystinet.identify_many([path], model=bundle_folder),
    )
    for each in shown:
        html = each._repr_html_()
        assert "&lt;b&gt;&amp;.xy" in html
        assert "<b>" not in html
    assert "<table>" in shown[0]._repr_html_()


def test_notebook_forms_of_the_others(results: dict[str, Any]) -> None:
    for name in ("explanation", "assignment", "point", "outcomes"):
        assert results[name]._repr_html_().startswith("<p><strong>"), name


def test_tables(results: dict[str, Any]) -> None:
    pytest.importorskip("pandas")
    answer = results["identification"].to_dataframe()
    assert list(answer["rank"][:3]) == [1, 2, 3]
    assert answer["type"][0] == "NaCl"
    pattern = results["pattern"].to_dataframe()
    assert list(pattern.columns) == ["two_theta_deg", "intensity"]
    back = crystinet.Pattern.from_arrays(pattern)
    assert (back.intensity == results["pattern"].intensity).all()
    part = results["pattern"].within((20, 60)).to_dataframe()
    assert part["intensity"].isna().any()
    assert len(results["explanation"].to_dataframe()) == len(results["explanation"].heat)


def test_drawings(results: dict[str, Any]) -> None:
    pytest.importorskip("matplotlib").use("agg")
    from matplotlib import pyplot as plt

    axes = results["pattern"].plot()
    assert len(axes.lines[0].get_xdata()) == len(results["pattern"].two_theta_deg)
    assert results["pattern"].plot(axes) is axes
    assert len(axes.lines) == 2
    bars = results["identification"].plot()
    assert len(bars.patches) == len(results["identification"].likely[:10])
    assert bars.get_yticklabels()[0].get_text() == "NaCl"
    figure = results["explanation"].plot()
    assert len(figure.axes) == 3  # two panels and the scale of the heat
    plt.close("all")


@pytest.mark.parametrize(
    ("library", "call", "extra"),
    [("pandas", "to_dataframe", "pandas"), ("matplotlib", "plot", "report")],
)
def test_without_the_library_the_error_says_what_to_install(
    library: str, call: str, extra: str
) -> None:
    code = f"""
import importlib.util, crystinet
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == {library!r} else found(name, *rest)
pattern = crystinet.Pattern.from_arrays([1.0, 2.0], [1.0, 2.0])
try:
    pattern.{call}()
except crystinet.MissingExtraError as error:
    print(error.hint)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"crystinet[{extra}]" in done.stdout

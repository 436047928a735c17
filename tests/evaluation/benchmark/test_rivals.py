"""Rivals of a bundle on patterns whose answer is plain, and the table of all of them."""

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from crystinet.app.models import load_index
from crystinet.core.arrays import FloatArray
from crystinet.core.cell import Cell
from crystinet.core.errors import ConfigError, CorpusError
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.corpus.index.index import CompoundIndex
from crystinet.crystals.catalogue import load_catalogue
from crystinet.evaluation.benchmark.cases import PosedPattern, measured_cases
from crystinet.evaluation.benchmark.drawn import simulated_cases
from crystinet.evaluation.benchmark.rivals import (
    BundleRival,
    LibraryRival,
    OneNearest,
    PeakListRival,
    Rival,
    Way,
)
from crystinet.evaluation.benchmark.table import Benchmark, absent, judged_rows
from crystinet.evaluation.simulated import evaluate_simulated
from crystinet.model.inference import Model
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.peaks import Peaks
from crystinet.simulation.simulate import simulate

#: Of these types the library of the tests has compounds, a few of each.
TYPES = ("NaCl", "Rutile-TiO2", "Spinel-Al2MgO4", "Zircon-ZrSiO4")


@pytest.fixture(scope="module")
def columns(model: Model) -> dict[str, int]:
    return {entry.name: column for column, entry in enumerate(model.bundle.types)}


def case_of(model: Model, name: str, *, key: str = "", scale: float = 1.0) -> PosedPattern:
    """The reference of a type as measured, its cell made larger."""
    reference = load_catalogue().by_name(name).reference
    a, b, c, *angles = reference.cell
    larger = replace(reference, cell=Cell(a * scale, b * scale, c * scale, *angles))
    sample = model.sample(simulate(larger, counts=20_000, seed=4))
    column = [entry.name for entry in model.bundle.types].index(name)
    return PosedPattern(sample.prepared, sample.peaks, column, key)


def asked(case: PosedPattern) -> tuple[Pattern, PosedPattern]:
    assert case.prepared is not None
    return case.prepared, case


@pytest.mark.parametrize("kind", [OneNearest, PeakListRival])
@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("scale", [1.0, 1.06])
def test_a_library_names_the_type_of_its_compounds_at_any_scale(
    kind: type[LibraryRival], name: str, scale: float, model: Model, columns: dict[str, int]
) -> None:
    library = library_of(TYPES)
    rival = kind("library", library, judge=model.bundle)
    (whole, _) = rival.answer([asked(case_of(model, name, scale=scale))])
    assert whole[0].argmax() == columns[name]
    absent_types = [c for other, c in columns.items() if other not in TYPES]
    assert (whole[0, absent_types] == -1.0).all()


def library_of(names: Sequence[str]) -> CompoundIndex:
    """The compounds of the index in the package of some types only."""
    index = load_index()
    rows = index.of_types(names)
    lines = [np.arange(index.offsets[row], index.offsets[row + 1]) for row in rows]
    chosen = np.concatenate(lines)
    return replace(
        index,
        compounds=tuple(index.compounds[row] for row in rows),
        offsets=np.cumsum([0, *map(len, lines)]),
        hkl=index.hkl[chosen],
        strength=index.strength[chosen],
    )


def test_compounds_of_the_same_elements_are_left_out_where_that_is_asked(
    model: Model, columns: dict[str, int]
) -> None:
    rival = OneNearest("1-NN", library_of(("NaCl",)), judge=model.bundle)
    salt = case_of(model, "NaCl")
    plain, known = (replace(salt, key=key) for key in ("", "Mg-O"))  # the reference is MgO
    (whole, without) = rival.answer([asked(plain), asked(known)])
    column = columns["NaCl"]
    assert whole[0, column] == whole[1, column] == without[0, column]
    assert 0.0 < without[1, column] < whole[1, column]


def test_a_library_of_other_types_is_refused(model: Model) -> None:
    with pytest.raises(CorpusError, match="no compound of the types"):
        OneNearest("1-NN", library_of(("Barite-BaSO4",)), judge=model.bundle)


def test_a_bundle_with_fewer_types_never_names_the_others(
    model: Model, bundle_folder: Path, columns: dict[str, int]
) -> None:
    from crystinet.app.models import load_model

    small = load_model(bundle_folder)
    rival = BundleRival("small", small, judge=model.bundle)
    (scores,) = rival.answer([asked(case_of(model, "NaCl"))])
    known = {entry.name for entry in small.bundle.types}
    for name, column in columns.items():
        assert np.isfinite(scores[0, column]) == (name in known)


def test_a_bundle_that_prepares_patterns_in_another_way_is_refused(model: Model) -> None:
    other = replace(
        model.bundle, preprocessing=replace(model.bundle.preprocessing, smoothing_window_deg=0.3)
    )
    with pytest.raises(ConfigError, match="prepares patterns in another way"):
        BundleRival("published design", Model(other), judge=model.bundle)


def test_simulated_patterns_are_those_of_the_evaluation(model: Model, two_sided: Dataset) -> None:
    cases = simulated_cases(model, two_sided, seed=5, patterns=100)
    (row,) = judged_rows("simulated", cases, [BundleRival("b", model, judge=model.bundle)])
    told = evaluate_simulated(model, two_sided, seed=5, max_patterns=100).accuracy
    assert (row.patterns, row.classes) == (told.patterns, told.classes) == (6, 3)
    assert (row.top1, row.top3) == (told.top1, told.top3)
    scores = BundleRival("b", model, judge=model.bundle).answer([asked(c) for c in cases])[0]
    again = simulated_cases(model, two_sided, seed=5, patterns=100)
    same = BundleRival("b", model, judge=model.bundle).answer([asked(c) for c in again])[0]
    np.testing.assert_array_equal(scores, same)


class Stubborn(Rival):
    """Always says the first class; needs the elements for the second way to say so."""

    ways = (Way("stubborn"), Way("stubborn with elements", needs_elements=True))

    def answer(self, cases: Sequence[tuple[Pattern, PosedPattern]]) -> list[FloatArray]:
        scores = np.tile([0.9, 0.5, 0.1], (len(cases), 1))
        return [scores, scores]


def test_rows_count_what_they_can_and_refused_files_as_wrong(model: Model) -> None:
    readable = case_of(model, "NaCl")
    nothing = PosedPattern(None, Peaks(np.zeros(0), np.zeros(0), 0.0), 0, "Cl-Na")
    cases = [
        replace(readable, target=0, key="Cl-Na"),
        replace(readable, target=0),
        replace(readable, target=1, key="Mg-O"),
        nothing,
    ]
    first, second = judged_rows("set", cases, [Stubborn()])
    assert (first.patterns, first.classes, first.top1, first.top3) == (4, 2, 0.5, 0.75)
    assert first.mean_over_classes == pytest.approx((2 / 3 + 0.0) / 2)
    assert first.low < first.top1 < first.high
    assert (second.patterns, second.top1) == (3, pytest.approx(1 / 3))
    only_refused = judged_rows("set", [nothing], [Stubborn()])
    assert [row.top1 for row in only_refused] == [0.0, 0.0]
    unknown = judged_rows("set", [cases[1]], [Stubborn()])[1]
    assert (unknown.patterns, unknown.note) == (0, "no pattern counts")


def test_the_table_for_people_and_programs(model: Model) -> None:
    rows = judged_rows("set, of two", [replace(case_of(model, "NaCl"), target=0)], [Stubborn()])
    table = Benchmark((*rows, absent("set, of two", "published", "not given")), {"seed": "3"})
    told = table.to_dict()
    assert told["provenance"] == {"seed": "3"}
    assert told["rows"][0]["top1"] == 1.0
    assert told["rows"][-1]["top1"] is None
    heading, *lines = csv.reader(
        line for line in table.to_csv().splitlines() if not line.startswith("#")
    )
    assert [dict(zip(heading, line, strict=True))["rival"] for line in lines] == [
        row["rival"] for row in told["rows"]
    ]
    assert lines[0][0] == "set, of two"
    page = table.to_markdown().splitlines()
    assert {line.count("|") for line in page[: 2 + len(told["rows"])]} == {8}
    assert "published: not given" in page[4]
    assert page[-1] == "* seed: 3"


def test_measured_cases_are_single_phases_of_the_classes(model: Model, tmp_path: Path) -> None:
    pattern = simulate(load_catalogue().by_name("NaCl").reference)
    np.savetxt(tmp_path / "a.xy", np.column_stack([pattern.two_theta_deg, pattern.intensity + 5.0]))
    (tmp_path / "noise.xy").write_text("no numbers here")
    (tmp_path / "manifest.csv").write_text(
        "id,file,phase,structure_type,in_catalogue,quality,wavelength_angstrom\n"
        "salt,a.xy,MgO,NaCl,yes,ok,1.5406\n"
        "bad,noise.xy,a mineral,bcc-W,yes,ok,\n"
        "mixed,a.xy,,,no,mixture,1.5406\n"
        "other,a.xy,,,no,ok,1.5406\n"
        "further,a.xy,,Barite-BaSO4,extended,ok,1.5406\n"
        "poor,a.xy,MgO,NaCl,yes,poor,1.5406\n"
    )
    cases = measured_cases(model, tmp_path)
    names = [model.bundle.types[case.target].name for case in cases]
    assert names == ["NaCl", "CsCl"]  # bcc-W is merged into it
    assert [case.key for case in cases] == ["Mg-O", ""]
    assert [case.prepared is None for case in cases] == [False, True]

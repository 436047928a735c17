"""Plans of groups: files, and what becomes of them on a data set."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crystinet.core.errors import ConfigError, CorpusError
from crystinet.corpus.datasets.dataset import OUTSIDE, Dataset
from crystinet.corpus.splits import Split
from crystinet.training.plan import (
    GroupPlan,
    PlannedGroup,
    PlannedType,
    fit_plan,
    load_plan,
    published_plan,
    read_plan,
)

Change = Callable[[dict[str, Any]], object]

PLAN = GroupPlan(
    groups=(
        PlannedGroup(1, (PlannedType(15, "NaCl", (0.5, 1.0)), PlannedType(39, "AlB2"))),
        PlannedGroup(4, (PlannedType(101, "Quartz-alpha"),)),
    ),
    left_out=(PlannedType(18, "Rutile-TiO2"),),
    provenance={"seed": 3},
)


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(PLAN.to_json(), "utf-8")
    assert read_plan(path) == PLAN
    plan, origin = load_plan(str(path))
    assert plan == PLAN
    assert origin.startswith("plan.json, SHA-256 ")


def test_the_published_groups_are_a_plan() -> None:
    plan, origin = load_plan("published")
    assert origin == "published"
    assert [len(group.types) for group in plan.groups] == [9, 5, 13, 11, 13, 10, 8, 7, 9, 6]
    assert plan.names[91] == "Faujasite-frame"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.update(schema=9), "schema 1"),
        (lambda t: t.pop("groups"), "lacks 'groups'"),
        (lambda t: t.update(groups=[]), "no groups"),
        (lambda t: t["groups"][0].update(types=[]), "Group 1 has no types"),
        (lambda t: t["groups"][0].update(number="one"), "not a whole number"),
        (lambda t: t["groups"].append(t["groups"][0]), "group 1 is there twice"),
        (lambda t: t["groups"][1].update(types=t["groups"][0]["types"]), "is there twice"),
        (lambda t: t["groups"][0]["types"][0].update(name="NaCI"), "Number 15 is 'NaCl'"),
        (lambda t: t["groups"][0]["types"][0].update(number=0), "number 0"),
        (lambda t: t["groups"][0]["types"][0].update(place=[1.0]), r"not \(x, y\)"),
        (lambda t: t["groups"][0]["types"][0].update(number=99, name="bcc-W"), "merged into"),
        (lambda t: t["groups"][1]["types"][0].update(name=" "), "has no name"),
    ],
)
def test_what_is_no_plan_is_refused(change: Change, message: str, tmp_path: Path) -> None:
    table = json.loads(PLAN.to_json())
    change(table)
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(table), "utf-8")
    with pytest.raises(ConfigError, match=message):
        read_plan(path)


@pytest.mark.parametrize("text", [None, "{", "[]", "\xff"])
def test_what_is_no_json_is_refused(text: str | None, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    if text is not None:
        path.write_text(text, "latin-1")
    with pytest.raises(ConfigError, match=r"plan\.json"):
        read_plan(path)


def with_numbers(dataset: Dataset, number: Callable[[str, int], int]) -> Dataset:
    members = tuple(
        replace(m, class_number=number(m.type_name, m.class_number)) for m in dataset.members
    )
    return replace(dataset, members=members)


def test_types_without_training_compounds_are_left_out(dataset: Dataset) -> None:
    members = tuple(
        replace(m, split=Split.TEST) if m.class_number in (39, 40) else m for m in dataset.members
    )
    groups, fitted, warnings = fit_plan(published_plan(), replace(dataset, members=members))
    assert groups.columns == (15, 16, 18)
    assert groups.numbers == (3,)  # group 5 has nothing left
    assert {m.class_number for m in fitted.members} == {OUTSIDE, 15, 16, 18}
    (warning,) = warnings
    assert "No training compound" in warning
    assert "83 more" in warning


def test_types_that_are_not_in_the_plan_are_outside(dataset: Dataset) -> None:
    plan = GroupPlan((PlannedGroup(1, (PlannedType(15, "NaCl"), PlannedType(39, "AlB2"))),))
    groups, fitted, warnings = fit_plan(plan, dataset)
    assert groups.columns == (15, 39)
    assert len(fitted.select(Split.TRAIN)) == 2
    assert len(fitted.select_outside(Split.TRAIN)) == 5
    assert warnings == [
        "Not in the plan, so outside the types: Fluorite-CaF2, Rutile-TiO2, Wurtzite-ZnS(2H)."
    ]


def test_the_published_groups_do_not_have_other_types(dataset: Dataset) -> None:
    other = with_numbers(dataset, lambda name, number: 101 if name == "AlB2" else number)
    with pytest.raises(ConfigError, match="AlB2") as caught:
        fit_plan(published_plan(), other)
    assert "crystinet group" in caught.value.hint


def test_a_plan_of_nothing_that_is_there_is_refused(dataset: Dataset) -> None:
    plan = GroupPlan((PlannedGroup(1, (PlannedType(31, "Garnet-Al2Ca3Si3O12"),)),))
    with pytest.raises(ConfigError, match="no training compound"):
        fit_plan(plan, dataset)


def test_without_validation_compounds_nothing_could_be_calibrated(dataset: Dataset) -> None:
    members = tuple(replace(m, split=Split.TRAIN) for m in dataset.members)
    with pytest.raises(CorpusError, match="no validation compound"):
        fit_plan(published_plan(), replace(dataset, members=members))

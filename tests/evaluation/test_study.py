"""All figures of a small study with the bundle of the package."""

from pathlib import Path

import pytest

from crystinet.core.errors import BundleError
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.evaluation.scoring import ScoreStore
from crystinet.evaluation.simulated import SimulatedReport, evaluate_simulated, summarise_simulated
from crystinet.evaluation.study import Study, run_study
from crystinet.model.inference import Model
from crystinet.report.evaluation.contents import report_figures
from crystinet.report.evaluation.figure import Figure
from crystinet.report.evaluation.svg import inline_svg


@pytest.fixture(scope="module")
def study(model: Model, two_sided: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return run_study(
        model,
        two_sided,
        dataset_sha256="d" * 64,
        store=ScoreStore(tmp_path_factory.mktemp("scores")),
        seed=3,
        max_patterns=6,
        pattern_split=model,
    )


@pytest.fixture(scope="module")
def simulated(study: Study) -> SimulatedReport:
    return summarise_simulated(
        study.model, study.dataset, study.simulated, dataset_sha256=study.dataset_sha256
    )


@pytest.fixture(scope="module")
def figures(study: Study, simulated: SimulatedReport) -> dict[str, Figure]:
    found = report_figures(study.model.bundle, study=study, simulated=simulated, measured=None)
    return {figure.key: figure for figure in found}


def table(figure: Figure, name: str) -> list[dict[str, object]]:
    (wanted,) = (t for t in figure.tables if t.name == name)
    return [dict(zip(wanted.columns, row, strict=True)) for row in wanted.rows]


def test_a_report_has_the_numbers_of_a_plain_evaluation(
    study: Study, simulated: SimulatedReport, model: Model, two_sided: Dataset
) -> None:
    assert simulated == evaluate_simulated(
        model, two_sided, dataset_sha256="d" * 64, seed=3, max_patterns=6
    )


def test_every_figure_of_the_paper_is_there(figures: dict[str, Figure], model: Model) -> None:
    expected = {"summary", "inside-nets", "alpha", "classes", "confusion", "groups", "confidence"}
    expected |= {"reliability", "screening", "calibration", "two-theta-range", "ablation"}
    averages = {f"averages-{net}" for net in model.bundle.group_sizes}
    assert set(figures) == expected | {"leakage"} | averages
    names = [t.name for figure in figures.values() for t in figure.tables]
    assert len(set(names)) == len(names)
    for figure in figures.values():
        assert model.bundle.id[:12] in figure.computed_on
        assert figure.caption
        assert all(t.rows for t in figure.tables)


def test_numbers_agree_with_the_summary(
    figures: dict[str, Figure], simulated: SimulatedReport
) -> None:
    alphas = {row["alpha"]: row["top-1"] for row in table(figures["alpha"], "alpha")}
    assert len(alphas) == 21
    for alpha, top1 in simulated.by_alpha.items():
        assert alphas[float(alpha)] == pytest.approx(top1, abs=1e-6)
    rows = table(figures["classes"], "classes")
    assert len(rows) == 91
    seen = {row["type"]: (row["patterns"], row["top-1"]) for row in rows if row["patterns"]}
    assert seen.keys() == simulated.per_class.keys()
    for name, found in simulated.per_class.items():
        assert seen[name] == pytest.approx(found, abs=1e-6)
    every = table(figures["inside-nets"], "inside-nets")[-1]
    assert every["union"] == pytest.approx(simulated.accuracy.top1, abs=1e-6)
    score = table(figures["screening"], "screening")[-1]
    assert score["AUROC"] == pytest.approx(simulated.screening.auroc, abs=1e-6)
    whole = table(figures["two-theta-range"], "two-theta-range")
    assert len(whole) == 12
    averages = table(figures["averages-3"], "averages-3")
    assert averages[0]["2theta / degrees"] == pytest.approx(5.0, abs=0.1)
    assert averages[-1]["2theta / degrees"] == pytest.approx(110.0, abs=0.5)


def test_the_same_bundle_leaks_as_much_as_itself(figures: dict[str, Figure]) -> None:
    mine, twins, other, other_twins = table(figures["leakage"], "leakage")
    assert (mine["patterns of"], twins["patterns of"]) == (
        "held-out compounds",
        "training compounds",
    )
    assert mine["top-1"] == other["top-1"]
    assert twins["top-1"] == other_twins["top-1"]


@pytest.mark.parametrize("key", ["alpha", "confusion", "screening", "ablation", "averages-1"])
def test_pictures_can_be_drawn(figures: dict[str, Figure], key: str) -> None:
    assert inline_svg(figures[key]).startswith("<svg")


def test_a_bundle_of_other_types_cannot_be_compared(
    model: Model, two_sided: Dataset, tmp_path: Path
) -> None:

    other = Model(model.bundle.changed(types=model.bundle.types[:-1]))
    with pytest.raises(BundleError, match="other types"):
        run_study(
            model,
            two_sided,
            dataset_sha256="",
            store=ScoreStore(tmp_path),
            pattern_split=other,
        )

"""A small bundle learns a further type from one structure; nothing that it had changes."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from crystinet.core.errors import ConfigError, CorpusError, UnknownTypeError
from crystinet.corpus.datasets.dataset import OUTSIDE, Dataset, Member
from crystinet.corpus.imagined.relatives import GivenType
from crystinet.corpus.splits import Split
from crystinet.corpus.store.store import Store
from crystinet.crystals.catalogue import load_catalogue
from crystinet.evaluation.regression import regression_report
from crystinet.model.added_nets import remove_net
from crystinet.model.bundle import Bundle
from crystinet.model.inference import Model
from crystinet.report.evaluation.extension import extension_lines
from crystinet.training.extension.data import assemble
from crystinet.training.extension.extend import Extended, ExtensionConfig, extend_bundle
from crystinet.training.extension.features import CHUNK, FeatureConfig
from crystinet.training.extension.head import HeadConfig
from crystinet.training.extension.sources import DataConfig, ExtensionSources
from crystinet.training.recipes.default.export import export_bundle
from crystinet.training.recipes.default.loop import Trainer

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

MARCASITE = load_catalogue().by_name("Marcasite-FeS2").reference
GIVEN = GivenType("Marcasite-FeS2", (MARCASITE,))
QUICK = ExtensionConfig(
    data=DataConfig(hypothetical=12, workers=1),
    features=FeatureConfig(patterns=2 * CHUNK),
    head=HeadConfig(epochs=6, batch_size=32),
    average_patterns=8,
    calibration_patterns=20,
)


@pytest.fixture(scope="module")
def dataset_path(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "dataset.npz"
    dataset.save(path)
    return path


@pytest.fixture(scope="module")
def base(trained: Trainer, dataset_path: Path) -> Bundle:
    return export_bundle(trained, load_catalogue(), version="t", dataset_path=dataset_path)


@pytest.fixture(scope="module")
def sources(dataset_path: Path) -> ExtensionSources:
    return ExtensionSources(given=(GIVEN,), dataset=dataset_path)


@pytest.fixture(scope="module")
def extended(
    base: Bundle, sources: ExtensionSources, tmp_path_factory: pytest.TempPathFactory
) -> Extended:
    work = tmp_path_factory.mktemp("extended") / "work"
    return extend_bundle(base, sources, config=QUICK, work=work)


def test_the_new_type_joins_and_the_old_files_stay(base: Bundle, extended: Extended) -> None:
    bundle = extended.bundle
    assert bundle.types[:-1] == base.types
    new = bundle.types[-1]
    assert (new.name, new.number, new.net) == ("Marcasite-FeS2", 101, 6)
    assert extended.unchanged == {
        name: hashlib.sha256(data).hexdigest() for name, data in base.files.items()
    }
    assert bundle.averages.shape[0] == len(bundle.types)
    (facts,) = bundle.training["extensions"]  # type: ignore[attr-defined]
    assert facts["base"] == base.id
    assert facts["compounds"] == {"Marcasite-FeS2": facts["compounds"]["Marcasite-FeS2"]}


def test_old_nets_answer_as_before(base: Bundle, extended: Extended) -> None:
    shape = (3, base.axis.n_channels, base.axis.n_bins)
    x = np.random.default_rng(1).random(shape, dtype=np.float32)
    old, new = Model(base).score(x), Model(extended.bundle).score(x)
    for name in ("log_share", "similarity", "confidence", "squared_distance"):
        np.testing.assert_allclose(
            getattr(new, name)[:, :5], getattr(old, name), rtol=1e-5, atol=1e-5
        )


def test_removing_it_gives_the_former_answers(base: Bundle, extended: Extended) -> None:
    former, exact = remove_net(extended.bundle, "extension-1")
    assert exact
    assert (former.id, former.files) == (base.id, base.files)


def test_the_report_compares_before_and_after(base: Bundle, extended: Extended) -> None:
    report = regression_report(base, extended, old_patterns=5)
    assert report.base == base.id
    assert report.extended == extended.bundle.id
    assert report.before.old.patterns == report.after.old.patterns == 5
    assert report.loss == report.before.old.top1 - report.after.old.top1
    new = report.new["Marcasite-FeS2"]
    assert (new.compounds, new.simulated) == (1, True)
    assert 0 < new.held_out < 12
    assert new.patterns >= 20
    text = "\n".join(extension_lines(report))
    assert "| Marcasite-FeS2 | 1 |" in text
    assert "5 patterns of held-out compounds" in text


def test_it_goes_on_where_it_was_cut_off(
    base: Bundle, sources: ExtensionSources, extended: Extended, tmp_path: Path
) -> None:
    seen: list[tuple[str, int]] = []

    def interrupt(stage: str, done: int, total: int) -> None:
        seen.append((stage, done))
        if stage == "training" and done == 40:
            raise KeyboardInterrupt

    def listen(stage: str, done: int, total: int) -> None:
        seen.append((stage, done))

    work = tmp_path / "work"
    with pytest.raises(KeyboardInterrupt):
        extend_bundle(base, sources, config=QUICK, work=work, report=interrupt)
    drawn = {path: path.stat().st_mtime_ns for path in (tmp_path / "work/features").iterdir()}
    seen.clear()
    again = extend_bundle(base, sources, config=QUICK, work=work, report=listen)
    assert drawn == {path: path.stat().st_mtime_ns for path in drawn}
    first = next(done for stage, done in seen if stage == "training")
    assert first == 33  # two of the six epochs of 16 steps were kept
    assert again.bundle.id == extended.bundle.id


def test_the_folder_of_another_call_is_refused(
    base: Bundle, sources: ExtensionSources, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    (work / "features").mkdir(parents=True)
    (work / "settings.json").write_text("{}")
    with pytest.raises(ConfigError, match="other settings"):
        extend_bundle(base, sources, config=QUICK, work=work)


def test_a_refused_call_does_not_stand_in_the_way_of_another(
    base: Bundle, sources: ExtensionSources, tmp_path: Path
) -> None:
    for name in ("NaCl", "Fluorite-CaF2(defect)"):
        wrong = replace(sources, given=(GivenType(name, (MARCASITE,)),))
        with pytest.raises(ConfigError, match="known"):
            extend_bundle(base, wrong, config=QUICK, work=tmp_path / "work")


@pytest.mark.parametrize("name", ["NaCl", "Fluorite-CaF2(defect)", " "])
def test_known_and_nameless_types_are_refused(
    base: Bundle, sources: ExtensionSources, tmp_path: Path, name: str
) -> None:
    wrong = replace(sources, given=(GivenType(name, (MARCASITE,)),))
    with pytest.raises(ConfigError, match=r"known|no name"):
        assemble(base, wrong, QUICK.data, work=tmp_path)


def test_sources_must_make_sense(dataset_path: Path) -> None:
    with pytest.raises(ConfigError, match="No type"):
        ExtensionSources(dataset=dataset_path)
    with pytest.raises(ConfigError, match="corpus"):
        ExtensionSources(types=("Cr2AlC",), dataset=dataset_path)


def test_compounds_of_new_types_are_no_examples_of_foreign_ones(
    base: Bundle, dataset: Dataset, tmp_path: Path
) -> None:
    """Neither by name nor as the same compound may they serve as negatives."""
    outside = [i for i, m in enumerate(dataset.members) if m.class_number == OUTSIDE]
    changed: list[Member] = list(dataset.members)
    changed[outside[0]] = replace(changed[outside[0]], type_name="Marcasite-FeS2")
    same = outside[1]
    changed[same] = replace(changed[same], type_name="", formula="FeS2")
    groups = dataset.space_groups.copy()
    groups[same] = 58
    path = tmp_path / "d.npz"
    replace(dataset, members=tuple(changed), space_groups=groups).save(path)
    data = assemble(base, ExtensionSources(given=(GIVEN,), dataset=path), QUICK.data, work=tmp_path)
    left = {m.row_id for m in data.dataset.members if m.class_number == OUTSIDE}
    expected = {changed[i].row_id for i in outside[2:]}
    assert left == expected


def test_a_like_structure_of_the_same_space_group_is_no_foreign_one(
    base: Bundle, dataset: Dataset, sources: ExtensionSources, tmp_path: Path
) -> None:
    from crystinet.corpus.datasets.dataset import join, pack
    from crystinet.simulation.reflections import compute_reflections
    from crystinet.training.draw.source import PatternSource, RenderingConfig
    from crystinet.training.extension.lookalikes import without_lookalikes

    data = assemble(base, sources, QUICK.data, work=tmp_path)
    unnamed = Member(999, "", OUTSIDE, Split.TRAIN, True, "catalogue", "Os8Te16")
    lines = compute_reflections(MARCASITE, d_min_angstrom=0.93)
    more = join([data.dataset, pack([unnamed], [lines], d_min_angstrom=0.93)])
    data = replace(data, dataset=more)
    rendering = RenderingConfig(preprocessing=base.preprocessing, grid=base.axis.grid)
    kept = without_lookalikes(base, PatternSource(more, rendering, base.axis), data)
    assert len(kept.members) == len(more.members) - 1
    assert 999 not in {m.row_id for m in kept.members}


def test_types_of_a_store(
    base: Bundle, dataset_path: Path, small_store: Path, tmp_path: Path
) -> None:
    sources = ExtensionSources(types=("Cr2AlC", "W5Si3"), corpus=small_store, dataset=dataset_path)
    config = replace(QUICK.data, thin=0, types_per_net=1)
    data = assemble(base, sources, config, work=tmp_path)
    assert data.names == {101: "Cr2AlC", 102: "W5Si3"}
    assert data.groups.numbers == (6, 7)
    assert data.groups.classes == ((101,), (102,))
    numbers = {m.type_name: m.class_number for m in data.dataset.members}
    assert (numbers["Cr2AlC"], numbers["W5Si3"]) == (101, 102)
    with pytest.raises(UnknownTypeError):
        assemble(base, replace(sources, types=("Nope",)), config, work=tmp_path)
    with pytest.raises(ConfigError, match="knows NaCl already"):
        assemble(base, replace(sources, types=("NaCl",)), config, work=tmp_path)


def test_without_a_corpus_the_references_stand_in(tmp_path: Path, base: Bundle) -> None:
    """The small bundle lacks most classes: all these are structures outside it."""
    data = assemble(base, ExtensionSources(given=(GIVEN,)), QUICK.data, work=tmp_path)
    assert data.only_references
    classes = {m.class_number for m in data.dataset.members}
    assert classes == {OUTSIDE, 101, *(entry.number for entry in base.types)}
    named = {m.type_name for m in data.dataset.members if m.class_number == OUTSIDE}
    assert "CsCl" in named
    assert "Marcasite-FeS2" not in named


def test_a_type_without_training_compounds_is_an_error(
    base: Bundle, sources: ExtensionSources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    impossible = replace(MARCASITE, cell=(0.5, 0.5, 0.5, 90.0, 90.0, 90.0))
    with pytest.raises(CorpusError):
        assemble(
            base,
            replace(sources, given=(GivenType("tiny", (impossible,)),)),
            QUICK.data,
            work=tmp_path,
        )


@pytest.fixture(scope="module")
def small_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of reference structures."""
    from crystinet.corpus.compound import Entry
    from crystinet.corpus.labels.analysis import compound_of
    from crystinet.corpus.store.store import Reading

    path = tmp_path_factory.mktemp("store") / "corpus.sqlite"
    readings = []
    for name in ("Cr2AlC", "W5Si3", "NaCl"):
        structure = load_catalogue().by_name(name).reference
        entry = Entry("test", name, "", "experimental", True, "", "", structure)
        compound = compound_of(entry)
        readings.append(Reading(name.encode(), name, (compound,), ()))
    with Store.create(path) as store:
        store.add(readings)
    return path


def test_the_bundle_keeps_the_structure_that_taught_the_type(extended: Extended) -> None:
    (kept,) = extended.bundle.given["Marcasite-FeS2"]
    np.testing.assert_allclose(kept.cell, MARCASITE.cell, atol=1e-6)
    assert [site.species for site in kept.sites] == [site.species for site in MARCASITE.sites]

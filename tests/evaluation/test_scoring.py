"""Scores are kept, found again, and never taken for those of something else."""

from pathlib import Path

import numpy as np
import pytest

from crystinet.core.errors import FileMissingError
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.corpus.splits import Split
from crystinet.evaluation import scoring
from crystinet.evaluation.sampling import full_range_source
from crystinet.evaluation.scoring import ScoreStore
from crystinet.model.inference import Model
from crystinet.model.scores import Scores
from crystinet.training.draw.source import PatternSource


@pytest.fixture(scope="module")
def source(model: Model, two_sided: Dataset) -> PatternSource:
    return full_range_source(model.bundle, two_sided)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "CHUNK", 2)


def same(a: Scores, b: Scores) -> bool:
    return np.array_equal(a.log_share, b.log_share) and np.array_equal(a.similarity, b.similarity)


def files(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.npz")}


def test_a_run_that_was_cut_off_ends_with_the_numbers_of_a_whole_one(
    model: Model, source: PatternSource, tmp_path: Path
) -> None:
    indices = source.dataset.select(Split.TEST)  # six, so three chunks
    whole = ScoreStore().score("a", model, source, indices, seed=(1,))

    def interrupt(stage: str, done: int, total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    store = ScoreStore(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        store.score("a", model, source, indices, seed=(1,), report=interrupt)
    before = files(tmp_path)
    assert len(before) == 2
    assert same(store.score("a", model, source, indices, seed=(1,)), whole)
    after = files(tmp_path)
    assert len(after) == 3
    assert before.items() <= after.items()  # what was done was not done again


def test_a_damaged_file_is_computed_anew(
    model: Model, source: PatternSource, tmp_path: Path
) -> None:
    indices = source.dataset.select(Split.TEST)[:5]
    store = ScoreStore(tmp_path)
    whole = store.score("a", model, source, indices, seed=(1,))
    first, second, third = sorted(files(tmp_path))
    first.write_bytes(first.read_bytes()[:100])
    second.write_text("no archive")
    third.write_bytes(second.read_bytes())
    assert same(store.score("a", model, source, indices, seed=(1,)), whole)


def test_scores_of_something_else_are_not_taken(
    model: Model, source: PatternSource, tmp_path: Path
) -> None:
    indices = source.dataset.select(Split.TEST)[:1]
    other_bundle = Model(model.bundle.changed(version="another"))
    calls = (
        (ScoreStore(tmp_path), model, source, indices, (1,)),
        (ScoreStore(tmp_path), model, source, indices, (2,)),
        (ScoreStore(tmp_path), model, source, indices + 1, (1,)),
        (ScoreStore(tmp_path), model, source.cut(20.0, 60.0), indices, (1,)),
        (ScoreStore(tmp_path), other_bundle, source, indices, (1,)),
        (ScoreStore(tmp_path, {"dataset": "b"}), model, source, indices, (1,)),
    )
    for number, (store, judge, drawn, chosen, seed) in enumerate(calls, start=1):
        store.score("a", judge, drawn, chosen, seed=seed)
        assert len(files(tmp_path)) == number


def test_scores_of_nothing(model: Model, source: PatternSource) -> None:
    scores = ScoreStore().score("a", model, source, np.array([], dtype=np.int64), seed=(1,))
    assert scores.log_share.shape == (0, len(model.bundle.types))


def test_a_folder_that_cannot_be_made(model: Model, source: PatternSource, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileMissingError, match="Cannot write scores"):
        ScoreStore(tmp_path / "file").score(
            "a", model, source, np.array([0], dtype=np.int64), seed=(1,)
        )

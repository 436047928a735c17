"""What is asked is checked once, before any file is read."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from crystinet.app.question import Question
from crystinet.core.errors import ConfigError, CrystinetError, InvalidWavelengthError
from crystinet.fit.starting_points import StartOptions


def test_it_asks_for_nothing_special() -> None:
    assert Question() == Question.of() == Question(None, None, None, None, None, None, None)


def test_what_people_give_becomes_one_form() -> None:
    question = Question.of(
        wavelength_angstrom=np.float64(1.5406),
        elements=["o", "Fe"],
        two_theta_range=np.array([5.0, 65.0]),
        top=np.int64(3),
        model="some/bundle",
        index="known.npz",
        starts=StartOptions(nearest=2),
    )
    assert question == Question(
        1.5406, ("Fe", "O"), (5.0, 65.0), 3, Path("some/bundle"), StartOptions(nearest=2),
        Path("known.npz"),
    )  # fmt: skip
    assert type(question.top) is int
    assert hash(question) == hash(pickle.loads(pickle.dumps(question)))  # noqa: S301 (our own)


@pytest.mark.parametrize(
    "wrong",
    [
        {"elements": []},
        {"elements": "NaCl"},
        {"elements": ["Xx"]},
        {"two_theta_range": (50, 20)},
        {"two_theta_range": 20},
        {"top": 0},
        {"top": "3"},
        {"model": 3},
        {"index": 3},
    ],
)
def test_what_is_impossible_is_refused(wrong: dict[str, object]) -> None:
    (name,) = wrong
    with pytest.raises(ConfigError, match=name.removesuffix("s")):
        Question(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wavelength", [0, -1.54, float("nan"), 154.06, "1.54 furlong", True])
def test_an_impossible_wavelength_is_refused(wavelength: object) -> None:
    with pytest.raises(InvalidWavelengthError):
        Question(wavelength_angstrom=wavelength)  # type: ignore[arg-type]


def test_an_empty_name_is_no_model() -> None:
    with pytest.raises(CrystinetError, match="model is ''"):
        Question.of(model="")

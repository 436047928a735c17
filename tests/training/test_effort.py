"""How many patterns are drawn for what is fitted after the training."""

import pytest

pytest.importorskip("torch")

from crystinet.training.export import ExportEffort


def test_few_types_get_all_they_ask_for() -> None:
    assert ExportEffort().for_types(91) == ExportEffort()
    assert ExportEffort(averaged_per_class=5).for_types(10).averaged_per_class == 5


def test_hundreds_of_types_share_what_there_is() -> None:
    effort = ExportEffort().for_types(969)
    assert effort.averaged_per_class * 969 <= 30_000
    assert (
        effort.features_per_class
        == ExportEffort(features_per_class=30).for_types(969).features_per_class
    )
    assert ExportEffort().for_types(100_000).averaged_per_class == 20
    assert effort.calibration_patterns == ExportEffort().calibration_patterns

"""A known answer does not become another known answer because every second point is left out."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import crystinet
from crystinet.core.errors import CrystinetError
from crystinet.crystals.catalogue import load_catalogue
from crystinet.model.identification import Identification
from crystinet.patterns.pattern import Pattern

#: A folder of measured patterns with a manifest, for whoever has one.
MEASURED = os.environ.get("CRYSTINET_MEASURED")
CLASSES = tuple(kind.name for kind in load_catalogue().classes)


def every_second(pattern: Pattern) -> Pattern:
    return Pattern(
        pattern.two_theta_deg[::2],
        pattern.intensity[::2],
        pattern.radiation,
        pattern.mask[::2],
    )


def assert_no_flip(pattern: Pattern) -> None:
    whole, half = crystinet.identify(pattern), crystinet.identify(every_second(pattern))
    if whole.verdict == half.verdict == "known":
        assert named(whole) & named(half), (whole, half)


def named(found: Identification) -> set[str]:
    return {found.candidates[0].type, *found.ambiguous_with}


@pytest.mark.parametrize("name", CLASSES[::4])
def test_simulated_patterns(name: str) -> None:
    reference = load_catalogue().by_name(name).reference
    assert_no_flip(crystinet.simulate(reference, counts=2000, background=0.05, seed=5))


def measured() -> Iterator[Pattern]:
    """Patterns of the folder that can be read."""
    from crystinet.evaluation.manifest import read_manifest, read_measured

    folder = Path(MEASURED or "")
    for row in read_manifest(folder, types=CLASSES):
        try:
            yield read_measured(folder, row)
        except CrystinetError:
            continue


@pytest.mark.skipif(MEASURED is None, reason="CRYSTINET_MEASURED names no folder of patterns")
@pytest.mark.slow
def test_measured_patterns() -> None:
    for pattern in measured():
        try:
            assert_no_flip(pattern)
        except CrystinetError:  # too few points are left, or no pattern at all
            continue

"""A small data set of references of the catalogue, with compounds on both sides of the split."""

import pytest

from crystinet.corpus.datasets.dataset import OUTSIDE, Dataset, Member, pack
from crystinet.corpus.splits import Split
from crystinet.crystals.catalogue import load_catalogue
from crystinet.model.bundle_files import load_bundle
from crystinet.model.inference import Model
from crystinet.simulation.reflections import compute_reflections

NAMES = ("NaCl", "Spinel-Al2MgO4", "Rutile-TiO2", "Quartz-alpha")


@pytest.fixture(scope="session")
def two_sided() -> Dataset:
    """One training and two test compounds of each type; quartz is none of the classes."""
    catalogue = load_catalogue()
    members, lines = [], []
    for name in NAMES:
        kind = catalogue.by_name(name)
        number = OUTSIDE if kind.extension else catalogue.class_of(kind).number
        assert number is not None
        reflections = compute_reflections(kind.reference, d_min_angstrom=0.93)
        for split in (Split.TRAIN, Split.TEST, Split.TEST):
            members.append(Member(len(members), name, number, split, True, "catalogue"))
            lines.append(reflections)
    return pack(members, lines, d_min_angstrom=0.93)


@pytest.fixture(scope="session")
def model() -> Model:
    return Model(load_bundle())

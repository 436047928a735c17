"""For all tests: no deadlines, and a bundle that can be explained.

Its networks are real with random weights, its average patterns are real.
"""

import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from crystinet.core.grid import DEFAULT_GRID
from crystinet.crystals.catalogue import load_catalogue
from crystinet.model.bundle import NetEntry, TypeEntry
from crystinet.model.bundle_files import write_bundle
from crystinet.model.composition import WIDTH
from crystinet.model.reliability import Calibration
from crystinet.model.representation import LogAxis
from crystinet.model.similarity import SimilarityConfig, coarse
from crystinet.patterns import PreprocessingConfig, preprocess
from crystinet.simulate.simulation import simulate

# How long an example takes says more about the machine than about the code.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

MAPPED_NUMBERS = {3: (15, 16, 18), 5: (39, 40)}


@pytest.fixture(scope="session")
def mapped_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bundle of five types in two nets that gives out its last feature maps."""
    import torch

    from crystinet.training.export import NETS, export_networks
    from crystinet.training.rcnet import RCNetConfig, UnionNet

    config = RCNetConfig(stages=((8, 1), (8, 4), (8, 4)), own_channels=4)
    sizes = tuple(len(numbers) for numbers in MAPPED_NUMBERS.values())
    catalogue, preparation = load_catalogue(), PreprocessingConfig()
    axis = LogAxis(DEFAULT_GRID, n_bins=config.n_bins, area_bins=config.area_bins)
    similarity = SimilarityConfig()
    types = tuple(
        TypeEntry(catalogue.by_number(number).name, number, (), group)
        for group, numbers in MAPPED_NUMBERS.items()
        for number in numbers
    )
    averages = []
    for entry in types:
        pattern = simulate(catalogue.by_name(entry.name).reference)
        prepared = preprocess(pattern, grid=DEFAULT_GRID, config=preparation)
        knee = preparation.intensity_knee
        inputs = axis.network_input(prepared.intensity[None], prepared.mask[None], knee=knee)
        averages.append(coarse(inputs, factor=similarity.coarsen)[0][0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the exporter
        torch.manual_seed(3)
        files = export_networks(UnionNet(config, sizes).eval(), config)
    rng = np.random.default_rng(0)
    arrays = {
        "averages.npy": np.stack(averages),
        "whitening.npy": rng.uniform(0.1, 0.9, (2 * config.stages[-1][0], 3)),
        "centroids.npy": rng.uniform(0.1, 0.9, (len(types), 3)),
        "composition.npy": rng.uniform(0.1, 0.9, (len(types), WIDTH)),
    }
    folder = tmp_path_factory.mktemp("mapped")
    for name, array in arrays.items():
        np.save(folder / name, array.astype(np.float32))
        files[name] = (folder / name).read_bytes()
    write_bundle(
        folder,
        version="mapped",
        types=types,
        nets=(NetEntry(NETS, tuple(MAPPED_NUMBERS)),),
        axis=axis,
        preprocessing=preparation,
        similarity=similarity,
        calibration=Calibration(),
        files=files,
        training={},
    )
    return folder

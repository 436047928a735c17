"""Use case: measure which structure types powder diffraction can not tell apart."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crystinet.core.extras import DRAWING, need_extra
from crystinet.core.files import sha256_of_file
from crystinet.core.plain import Document, plain
from crystinet.core.progress import Progress, silent

if TYPE_CHECKING:
    from crystinet.evaluation.pairs import PairsReport


@dataclass(frozen=True, slots=True)
class PairsOfTypes:
    """How well pairs of structure types are told apart.

    Attributes
    ----------
    report
        The pairs, the least told apart first.
    """

    report: "PairsReport"

    def to_dict(self) -> Document:
        """The document of ``pairs --json``."""
        told: Document = plain(self.report.to_dict())
        return told


def measure_pairs(
    dataset: Path,
    *,
    model: str | Path | None = None,
    nearest: int = 2,
    threshold: float = 0.9,
    compounds: int = 60,
    seed: int = 1,
    report: Progress = silent,
) -> PairsOfTypes:
    """Measure which pairs of structure types a powder pattern tells apart.

    Parameters
    ----------
    dataset
        File of `crystinet.app.datasets.build_dataset`.
    model
        The bundle, as in `crystinet.identify`; its average patterns say which types are alike.
    nearest
        Types most alike that each type is paired with, besides the published pairs.
    threshold
        Balanced accuracy below which a pair counts as not told apart.
    compounds
        Compounds of each type at most, on each side of the split.
    seed
        Of compounds, augmentation and intervals.
    report
        Told what is done.

    Raises
    ------
    MissingExtraError
        The extra ``train`` is not installed.
    BundleError, CorpusError
        The bundle or the data set cannot be used.
    """
    need_extra("train", *DRAWING, what="Measuring pairs")
    from crystinet.app.models import load_model
    from crystinet.corpus.datasets.dataset import Dataset
    from crystinet.evaluation import pairs

    config = pairs.PairsConfig(nearest=nearest, most=compounds, threshold=threshold, seed=seed)
    return PairsOfTypes(
        pairs.measure_pairs(
            load_model(model).bundle,
            Dataset.load(dataset),
            config,
            dataset_sha256=sha256_of_file(dataset),
            report=report,
        )
    )

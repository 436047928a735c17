"""What every recipe needs to make a bundle of trained nets: ONNX, composition, entries, facts."""

import io
import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from crystinet.core.files import sha256_of_file
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.corpus.labels.selection import FIRST_OWN_NUMBER
from crystinet.corpus.splits import Split
from crystinet.crystals.catalogue import Catalogue
from crystinet.model.composition import CompositionTable
from crystinet.model.manifest import TypeEntry
from crystinet.training.groups import Groups

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

#: Patterns of all types together that are drawn for averages, and for features; but so many of
#: each type at least.
_MOST_IN_ALL, _FEWEST_PER_CLASS = 30_000, 20


@dataclass(frozen=True, slots=True)
class ExportEffort:
    """How many patterns are drawn for what is fitted after the training.

    Attributes
    ----------
    averaged_per_class, features_per_class
        For the average pattern of each type, and for its place in the space of the features.
    calibration_patterns
        Of validation compounds; half as many of other structures, and a quarter of mixtures.
    """

    averaged_per_class: int = 120
    features_per_class: int = 40
    calibration_patterns: int = 3_000

    def for_types(self, n: int) -> "ExportEffort":
        """The effort for so many types: no more in all than hundreds of types are worth waiting."""
        return replace(
            self,
            averaged_per_class=_shared(self.averaged_per_class, n),
            features_per_class=_shared(self.features_per_class, n),
        )


def _shared(per_class: int, n_types: int) -> int:
    return min(per_class, max(_FEWEST_PER_CLASS, _MOST_IN_ALL // max(1, n_types)))


def to_onnx(module: nn.Module, example: Tensor, *, outputs: tuple[str, ...]) -> bytes:
    """ONNX graph of a module with one input, batch size free."""
    buffer = io.BytesIO()
    axes = {name: {0: "batch"} for name in ("input", *outputs)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own deprecation and tracing
        torch.onnx.export(
            module.eval(),
            (example,),
            buffer,  # type: ignore[arg-type]  # a file object is documented
            input_names=["input"],
            output_names=list(outputs),
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
    return buffer.getvalue()


def composition_table(dataset: Dataset, groups: Groups) -> CompositionTable:
    """Which elements the training compounds of each type have, as far as the data set says."""
    column_of = groups.column_of()
    members = [dataset.members[i] for i in dataset.select(Split.TRAIN)]
    members = [member for member in members if member.elements]
    return CompositionTable.count(
        [member.elements for member in members],
        [column_of[member.class_number][0] for member in members],
        n_types=len(groups.columns),
    )


def type_entries(
    groups: Groups, catalogue: Catalogue, *, names: Mapping[int, str]
) -> tuple[TypeEntry, ...]:
    """The classes in the order of the columns, with their merged names and nets.

    ``names`` are those of the data set, for classes that are none of the 91.
    """
    return tuple(
        TypeEntry(
            name=names[number] if number >= FIRST_OWN_NUMBER else catalogue.by_number(number).name,
            number=number,
            merged=tuple(t.name for t in catalogue if t.merged_into == number),
            net=group,
        )
        for group, numbers in zip(groups.numbers, groups.classes, strict=True)
        for number in numbers
    )


def training_facts(
    dataset: Dataset,
    config: "DataclassInstance",
    *,
    recipe: str,
    patterns: int,
    outside: int,
    seed: int,
    dataset_path: Path,
    groups_from: str,
) -> dict[str, object]:
    """What a bundle says of its training.

    ``outside`` counts the structures outside the types that it was trained on, ``dataset_path`` is
    the file of the data set, of which it names the SHA-256, and ``groups_from`` says where the
    groups of types come from.
    """
    return {
        "recipe": recipe,
        "patterns": patterns,
        "compounds": len(dataset.select(Split.TRAIN)),
        "outside": outside,
        "sources": dict(Counter(m.source for m in dataset.members if m.split is Split.TRAIN)),
        "dataset_sha256": sha256_of_file(dataset_path),
        "groups": groups_from,
        "seed": seed,
        "torch": torch.__version__,
        "config": asdict(config),
    }

"""Use case: show what the recognition of a structure type rests on, over all its compounds."""

from pathlib import Path
from typing import TYPE_CHECKING

from crystinet.app.pictures import check_picture
from crystinet.core.errors import FileMissingError
from crystinet.core.extras import TRAINING, need_extra
from crystinet.core.files import sha256_of_file
from crystinet.core.progress import Progress, silent

if TYPE_CHECKING:
    from crystinet.model.type_map import TypeMap


def explain_type(
    type: str,
    dataset: Path,
    *,
    model: str | Path | None = None,
    score: str = "logit",
    seed: int = 1,
    picture: Path | None = None,
    report: Progress = silent,
) -> "TypeMap":
    """Average the heat of patterns of all compounds of a type in a data set.

    Parameters
    ----------
    type
        Its name.
    dataset
        File of `crystinet.app.datasets.build_dataset`.
    model
        The bundle, as in `crystinet.identify`.
    score
        What is differentiated: "logit" or "share", see `crystinet.model.heat.Score`.
    seed
        Of the patterns.
    picture
        Where to draw it; the suffix names the format.
    report
        Told what is done.

    Raises
    ------
    MissingExtraError
        The extra ``train``, or for a picture ``report``, is not installed.
    CrystinetError
        The model does not know the type or cannot be explained, or the data set cannot be used.
    """
    from crystinet.app.models import load_model
    from crystinet.model.explanation import column_of
    from crystinet.model.heat import HeatMapper, as_score

    explained = load_model(model)
    # What cannot be explained is refused before the data set is read.
    if picture is not None:
        check_picture(picture)
    HeatMapper(explained.bundle)
    as_score(score)
    name = explained.bundle.types[column_of(explained.bundle, type)].name
    need_extra("train", *TRAINING, what="Averaging over a type")
    from crystinet.corpus.datasets.dataset import Dataset
    from crystinet.evaluation.type_maps import average_heat

    if not dataset.is_file():
        raise FileMissingError(f"{dataset} is no file.", hint="Give a data set of `corpus build`.")
    found = average_heat(
        explained,
        Dataset.load(dataset),
        name,
        dataset_sha256=sha256_of_file(dataset),
        score=score,
        seed=seed,
        report=report,
    )
    if picture is not None:
        from crystinet.report.explanation import plot_type_map

        plot_type_map(found, picture, model=explained)
    return found

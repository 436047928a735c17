"""Use cases: teach a bundle further types, or take them away again.

Both write a new bundle; that which is extended stays as it is. `extend` needs the extra ``train``.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from crystinet.core.config import read_settings
from crystinet.core.errors import ConfigError, FileMissingError
from crystinet.core.extras import TRAINING, need_extra
from crystinet.core.files import write_whole
from crystinet.core.plain import Document, json_text, plain
from crystinet.core.progress import Progress, silent

if TYPE_CHECKING:
    from crystinet.evaluation.regression import RegressionReport
    from crystinet.model.bundle import Bundle
    from crystinet.training.extension.extend import Extended, ExtensionConfig
    from crystinet.training.extension.sources import ExtensionSources

#: Files that an extension leaves in the new bundle's folder, beside the bundle's own.
REPORT, CARD = "extension.json", "MODEL_CARD.md"
#: Held-out patterns of old types that the report judges at most.
TEST_PATTERNS = 1_500


@dataclass(frozen=True, slots=True)
class Extension:
    """A bundle that was extended, and what became of its accuracy.

    Attributes
    ----------
    bundle
        The new one.
    folder
        Where it is, with the report in `REPORT` and `CARD`.
    report
        Old and new bundle compared on held-out compounds.
    summary
        The report for people, as Markdown.
    """

    bundle: "Bundle"
    folder: Path
    report: "RegressionReport"
    summary: str

    def to_dict(self) -> Document:
        """The document of ``extend --json``."""
        told: Document = plain({"model": _model(self.bundle), **self.report.to_dict()})
        return told


@dataclass(frozen=True, slots=True)
class Reduction:
    """A bundle that lost an extension.

    Attributes
    ----------
    bundle, folder
        The new one, and where it is.
    former
        Whether it is the bundle that was extended, to the last bit; else its calibration is still
        that of the larger one.
    """

    bundle: "Bundle"
    folder: Path
    former: bool

    def to_dict(self) -> Document:
        """The document of ``extend --remove --json``."""
        return {"model": _model(self.bundle), "former": self.former}


def extend(
    bundle: str | Path,
    output: Path,
    *,
    types: Sequence[str] = (),
    cifs: Sequence[tuple[str, Path]] = (),
    corpus: Path | None = None,
    dataset: Path | None = None,
    settings: "ExtensionConfig | Path | None" = None,
    patterns: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    test_patterns: int = TEST_PATTERNS,
    version: str | None = None,
    report: Progress = silent,
) -> Extension:
    """Train one more set of RCNets for new structure types, and write a larger bundle.

    The work happens in the folder ``output`` + ".partial"; ``output`` appears when the new bundle
    is complete. A call that was cut off goes on when it is repeated.

    Parameters
    ----------
    bundle
        Folder of the bundle to extend, or the name of one in the package ("default").
    output
        Folder of the new bundle: new, or empty.
    types
        Types of ``corpus`` to learn: names, ranks, or files of these.
    cifs
        Name of a type and its CIF file, or a folder of such files.
    corpus
        Store of `crystinet.app.corpus.add_structures`.
    dataset
        The data set that the bundle was trained with; None makes one of the corpus, or of the
        catalogue's reference structures.
    settings
        An ``ExtensionConfig``, or a TOML file of its fields; None takes the default ones.
    patterns, seed, workers
        Patterns to train on, seed of all that is random, and processes that compute reflections;
        they win over the settings.
    test_patterns
        Held-out patterns of old types at most in the report.
    version
        To write into the bundle; None names the old one and the new nets.
    report
        Told what is done.

    Raises
    ------
    MissingExtraError
        The extra ``train`` is not installed.
    ConfigError
        The folder holds something, a setting is wrong, a type is known already, or what is left of
        another call lies beside ``output``.
    CrystinetError
        The bundle or a source cannot be used.
    """
    from crystinet.model.bundle_files import bundle_folder, load_bundle, save_bundle

    _check_new(output)
    base = load_bundle(bundle_folder(Path(bundle)))
    need_extra("train", *TRAINING, what="Training")
    from crystinet.corpus.imagined.relatives import read_given_type
    from crystinet.training.distributed import limited_threads
    from crystinet.training.extension.sources import ExtensionSources

    sources = ExtensionSources(
        types=tuple(types),
        given=tuple(read_given_type(name, path) for name, path in cifs),
        corpus=corpus,
        dataset=dataset,
    )
    config = _settings(settings, patterns=patterns, seed=seed, workers=workers)
    work = output.with_name(output.name + ".partial")
    finished = work / "bundle"
    shutil.rmtree(finished, ignore_errors=True)
    with limited_threads(1):
        extended, compared = _extend_and_compare(
            base,
            sources,
            config,
            work=work,
            test_patterns=test_patterns,
            version=version,
            report=report,
        )
    save_bundle(extended.bundle, finished)
    summary = _write_report(base, extended, compared, finished)
    if output.exists():
        output.rmdir()
    finished.rename(output)
    shutil.rmtree(work, ignore_errors=True)
    return Extension(extended.bundle, output, compared, summary)


def remove(bundle: str | Path, net: str, output: Path) -> Reduction:
    """Take an extension away from a bundle, and write the smaller one.

    Parameters
    ----------
    bundle
        As in `extend`.
    net
        "extension-1" for the first extension, or the number of a net of it.
    output
        Folder of the new bundle: new, or empty.

    Raises
    ------
    ConfigError
        The folder holds something, or there is no such extension.
    BundleError
        The bundle cannot be used.
    """
    from crystinet.model.added_nets import remove_net
    from crystinet.model.bundle_files import bundle_folder, load_bundle, save_bundle

    _check_new(output)
    smaller, former = remove_net(load_bundle(bundle_folder(Path(bundle))), net)
    save_bundle(smaller, output)
    return Reduction(smaller, output, former)


def _check_new(output: Path) -> None:
    """Refuse a folder that holds something."""
    try:
        if output.exists() and any(output.iterdir()):
            raise ConfigError(f"{output} exists already.", hint="Name a new folder.")
    except OSError as error:
        raise FileMissingError(
            f"{output} is no folder that can be written to.", hint="Name a new folder."
        ) from error


def _settings(
    given: "ExtensionConfig | Path | None",
    *,
    patterns: int | None,
    seed: int | None,
    workers: int | None,
) -> "ExtensionConfig":
    from crystinet.training.extension.extend import ExtensionConfig

    config = (
        given if isinstance(given, ExtensionConfig) else read_settings(ExtensionConfig, given, {})
    )
    if seed is not None:
        config = config.with_seed(seed)
    if patterns is not None:
        config = replace(config, features=replace(config.features, patterns=patterns))
    if workers is not None:
        config = replace(config, data=replace(config.data, workers=workers))
    return config


def _extend_and_compare(
    base: "Bundle",
    sources: "ExtensionSources",
    config: "ExtensionConfig",
    *,
    work: Path,
    test_patterns: int,
    version: str | None,
    report: Progress,
) -> "tuple[Extended, RegressionReport]":
    from crystinet.evaluation.regression import regression_report
    from crystinet.training.extension.extend import extend_bundle

    extended = extend_bundle(
        base, sources, config=config, work=work, version=version, report=report
    )
    compared = regression_report(
        base, extended, seed=config.data.seed, old_patterns=test_patterns, report=report
    )
    return extended, compared


def _write_report(
    base: "Bundle", extended: "Extended", compared: "RegressionReport", folder: Path
) -> str:
    """Write the report beside the bundle's files, and return it for people."""
    from crystinet.report.evaluation.extension import extension_lines

    summary = "\n".join(extension_lines(compared))
    title = f"# Extension of the bundle {base.version} ({base.id[:12]})"
    write_whole(folder / REPORT, json_text(plain(compared.to_dict())))
    write_whole(folder / CARD, f"{title}\n\nId {extended.bundle.id}\n\n{summary}\n")
    return summary


def _model(bundle: "Bundle") -> Document:
    return {"id": bundle.id, "version": bundle.version}

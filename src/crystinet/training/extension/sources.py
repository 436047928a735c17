"""What a further RCNet is made from, and how much of it."""

from dataclasses import dataclass
from pathlib import Path

from crystinet.core.errors import ConfigError
from crystinet.corpus.imagined.relatives import GivenType


@dataclass(frozen=True)
class ExtensionSources:
    """Where compounds come from.

    Attributes
    ----------
    types
        Types of the store: names, ranks or files of these, see `select_isotypes`.
    given
        Types given by CIF files.
    corpus
        The store.
    dataset
        Data set of the types that the bundle knows.
    """

    types: tuple[str, ...] = ()
    given: tuple[GivenType, ...] = ()
    corpus: Path | None = None
    dataset: Path | None = None

    def __post_init__(self) -> None:
        if not self.types and not self.given:
            raise ConfigError(
                "No type to learn is given.",
                hint="Give --types NAME with --corpus STORE, or --cif FILE with --name NAME.",
            )
        if self.types and self.corpus is None:
            raise ConfigError(
                "The types are to be learned from a corpus, but there is none.",
                hint="Name a store: --corpus corpus.sqlite.",
            )

    @property
    def only_references(self) -> bool:
        """Whether nothing but the catalogue's reference structures stands for the old types."""
        return self.corpus is None and self.dataset is None


@dataclass(frozen=True)
class DataConfig:
    """How much of what.

    Attributes
    ----------
    per_class, outside
        At most so many training compounds of each old class, and of structures of other types.
    hypothetical
        Relatives invented of a type with few compounds.
    thin
        Types of the corpus with fewer compounds than this get invented relatives.
    types_per_net
        At most so many new types share an RCNet.
    seed
        Decides on everything random.
    workers
        Processes that compute reflections.
    """

    per_class: int = 150
    outside: int = 5_000
    hypothetical: int = 160
    thin: int = 100
    types_per_net: int = 10
    seed: int = 1
    workers: int = 2

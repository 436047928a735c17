"""Which structure types a data set is about: chosen by rank, by name or from a file."""

import difflib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from crystinet.core.errors import ConfigError, UnknownTypeError
from crystinet.core.files import read_plain
from crystinet.corpus.datasets.dataset import OUTSIDE
from crystinet.corpus.store.queries import Isotype
from crystinet.crystals.catalogue import load_catalogue, load_further

#: Class numbers of chosen types that are none of the 91 classes start here.
FIRST_OWN_NUMBER = 101

#: The word for all types of the catalogue and all further types.
NAMED = "named"

_MOST_BYTES = 2**20
_RANKS = re.compile(r"(\d+)(?:-(\d+))?")


def select_isotypes(words: Iterable[str], ranked: Sequence[Isotype]) -> list[Isotype]:
    """Choose isoconfigurational classes.

    Parameters
    ----------
    words
        Each is a rank (``"7"``), a range of ranks (``"1-100"``), the key of a class, `NAMED` for
        all that crystinet has a name for, or a text file with one of these a line (``#`` starts a
        comment line).
    ranked
        All classes by rank.

    Raises
    ------
    UnknownTypeError
        No class has that name; with the most similar ones.
    ConfigError
        A rank is not among the classes, or a file holds nothing.
    """
    by_key = {isotype.key: isotype for isotype in ranked}
    chosen: dict[str, Isotype] = {}
    for word in _flattened(words, by_key):
        ranks = _RANKS.fullmatch(word)
        if word in by_key:
            chosen[word] = by_key[word]
        elif word == NAMED:
            chosen |= {key: by_key[key] for key in by_key if key in _names()}
        elif ranks:
            first, last = int(ranks[1]), int(ranks[2] or ranks[1])
            if not 1 <= first <= last <= len(ranked):
                raise ConfigError(
                    f"The ranks {word} are not among 1-{len(ranked)}.",
                    hint="`crystinet corpus types` shows the ranks.",
                )
            chosen |= {isotype.key: isotype for isotype in ranked[first - 1 : last]}
        else:
            close = difflib.get_close_matches(word, by_key, n=3, cutoff=0.4)
            raise UnknownTypeError(
                f"No structure type of the store is called {word!r}, and no file either.",
                hint=f"Did you mean {' or '.join(close)}?"
                if close
                else "`crystinet corpus types` lists all names.",
            )
    return list(chosen.values())


def class_numbers(chosen: Iterable[Isotype]) -> dict[str, int]:
    """Class number by key: the method's own where there is one, else from 101 on in order."""
    numbers: dict[str, int] = {}
    own = FIRST_OWN_NUMBER
    for isotype in chosen:
        if isotype.class_number == OUTSIDE:
            numbers[isotype.key] = own
            own += 1
        else:
            numbers[isotype.key] = isotype.class_number
    return numbers


def _names() -> frozenset[str]:
    return frozenset(kind.name for kind in (*load_catalogue(), *load_further()))


def _flattened(words: Iterable[str], known: Iterable[str]) -> list[str]:
    """Replace the name of a file by its lines."""
    flat: list[str] = []
    for word in words:
        path = Path(word)
        if word in known or word == NAMED or _RANKS.fullmatch(word) or not path.is_file():
            flat.append(word.strip())
            continue
        try:
            lines = read_plain(path, most_bytes=_MOST_BYTES).decode().splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"{path} cannot be read: {error}.", hint="Give a text file, one type a line."
            ) from error
        named = [line for line in map(str.strip, lines) if line and not line.startswith("#")]
        if not named:
            raise ConfigError(f"{path} names no type.", hint="Write one name or rank a line.")
        flat += named
    return flat

"""Train, validation and test split by compound, the same on every machine and in every run."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum


class Split(StrEnum):
    """Which part of the corpus a compound belongs to."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


def compound_key(composition: Mapping[str, float], *, minor: float = 0.05) -> str:
    """What makes two entries the same compound: their elements, without minor ones.

    Elements below the atomic fraction ``minor`` are left out, so that a lightly doped variant
    (La1.85Sr0.15CuO4 and La2CuO4) never stands on the other side of the split. Stricter than the
    formula: all compounds of one chemical system go together.
    """
    total = sum(composition.values())
    major = sorted(element for element, n in composition.items() if n >= minor * total)
    return "-".join(major)


def split_of(
    key: str, *, salt: str = "crystinet-1", test: float = 0.2, validation: float = 0.1
) -> Split:
    """Split of a compound by a hash of its key: 7 : 1 : 2, independent of all other compounds."""
    digest = hashlib.sha256(f"{salt}:{key}".encode()).digest()
    u = int.from_bytes(digest[:8], "big") / 2**64
    if u < test:
        return Split.TEST
    return Split.VALIDATION if u < test + validation else Split.TRAIN


def splits_of_patterns(row_id: int, *, patterns: int = 10) -> tuple[Split, ...]:
    """Every split that a pattern of a compound falls into when patterns are shuffled one by one.

    The published method splits so: with 10 patterns a compound, nearly every compound is in the
    training data and in the test data as well. Only for comparison with the split by compound.
    """
    drawn = {split_of(f"{row_id}:{i}", salt="crystinet-patterns-1") for i in range(patterns)}
    return tuple(split for split in Split if split in drawn)

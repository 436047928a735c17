"""Wyckoff sequences that do not depend on the choice of origin and axes.

The affine normaliser of a space group maps the group onto itself and thereby permutes its Wyckoff
letters: rock salt is "b a" with either ion at the origin, fluorite is "c a" or "c b". Of all
equivalent sequences the lexicographically smallest (of the sorted letters) is the canonical one.
The permutations are a table, derived from the operations of each group (see its header).
"""

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

from crystinet.core.errors import InvalidStructureError

#: The right-handed of each enantiomorphic pair and its mirror image, which gives the same powder
#: pattern; the two have the same Wyckoff letters.
_MIRROR_IMAGES = {
    78: 76, 95: 91, 96: 92, 145: 144, 153: 151, 154: 152, 170: 169, 172: 171, 179: 178, 181: 180,
    213: 212,
}  # fmt: skip


def without_hand(space_group: int) -> int:
    """Give one number to both of an enantiomorphic pair: 154 (P3221) gives 152 (P3121)."""
    return _MIRROR_IMAGES.get(space_group, space_group)


@lru_cache(maxsize=1)
def _table() -> dict[int, tuple[str, tuple[str, ...]]]:
    text = files("crystinet.crystals").joinpath("data/wyckoff_normalizer.txt").read_text("utf-8")
    table = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            number, letters, *others = line.split()
            table[int(number)] = (letters, (letters, *others))
    return table


def arrangements(space_group: int, letters: str) -> Iterator[str]:
    """Yield the letters of the sites, in their order, in each equivalent setting; itself first.

    Raises
    ------
    InvalidStructureError
        There is no such space group, or it has no such letter.
    """
    known, permutations = _table().get(space_group, ("", ()))
    if not permutations or not set(letters) <= set(known):
        raise InvalidStructureError(
            f"Space group {space_group} with Wyckoff letters {''.join(sorted(set(letters)))!r}.",
            hint="Space groups are 1 to 230; letters are those of International Tables A.",
        )
    seen = set()
    for permutation in permutations:
        renamed = letters.translate(str.maketrans(known, permutation))
        if renamed not in seen:
            seen.add(renamed)
            yield renamed


@lru_cache(maxsize=100_000)
def _canonical(space_group: int, letters: str) -> str:
    return min("".join(sorted(renamed)) for renamed in arrangements(space_group, letters))


def canonical_letters(space_group: int, letters: str) -> str:
    """Sorted letters of the smallest equivalent setting: ``(225, "cb")`` gives ``"ac"``."""
    return _canonical(space_group, "".join(sorted(letters)))


def sequence(letters: str) -> str:
    """Write letters the way the field does, last letter first: ``"abbe"`` gives ``"e b2 a"``."""
    counts = Counter(letters)
    return " ".join(
        letter + (str(counts[letter]) if counts[letter] > 1 else "")
        for letter in sorted(counts, key=lambda letter: (letter == "A", letter), reverse=True)
    )

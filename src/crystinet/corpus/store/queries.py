"""Questions to a store: counts, and the isoconfigurational classes by popularity."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from crystinet.core.files import sha256_of_parts
from crystinet.corpus.compound import composition_of
from crystinet.corpus.store.store import Store, translated


@dataclass(frozen=True, slots=True)
class Isotype:
    """One isoconfigurational class: the compounds of a structure type, or of one symmetry key.

    Attributes
    ----------
    rank
        By number of compounds, from 1.
    key
        Name of the structure type; where there is none, space group, Pearson symbol, Wyckoff
        sequence and ANX formula, separated by " | ".
    class_number
        1 to 91 for a type of the method, else 0.
    compounds
        Distinct formulas.
    known
        Those of them that were made.
    structures
        Entries.
    space_group, pearson, wyckoff, anx
        Of the representative.
    formula, source, code, id
        The representative: made rather than calculated, measured rather than calculated, ordered
        rather than disordered, with few sites, and the first of these.
    """

    rank: int
    key: str
    class_number: int
    compounds: int
    known: int
    structures: int
    space_group: int
    pearson: str
    wyckoff: str
    anx: str
    formula: str
    source: str
    code: str
    id: int


_RANKED = """
WITH counted AS (
    SELECT isotype, count(*) AS structures, count(DISTINCT formula) AS compounds,
        count(DISTINCT CASE WHEN known_experimentally THEN formula END) AS known
    FROM structure WHERE known_experimentally >= :known GROUP BY isotype
), best AS (
    SELECT isotype, id, row_number() OVER (
        PARTITION BY isotype
        ORDER BY known_experimentally DESC, kind <> 'experimental', disordered,
            json_array_length(sites), id
    ) AS place FROM structure WHERE known_experimentally >= :known
)
SELECT row_number() OVER (ORDER BY compounds DESC, structures DESC, counted.isotype),
    counted.isotype, class_number, compounds, known, structures, space_group, pearson, wyckoff,
    anx, formula, source.name, code, structure.id
FROM counted
JOIN best ON best.isotype = counted.isotype AND best.place = 1
JOIN structure ON structure.id = best.id
JOIN source ON source.id = structure.source
ORDER BY 1
"""


def ranked_isotypes(store: Store, *, top: int = -1, known_only: bool = False) -> list[Isotype]:
    """Rank the isoconfigurational classes by number of distinct compounds; -1 ranks all.

    ``known_only`` counts only compounds that were made.
    """
    with translated(store.path):
        rows = store.database.execute(
            f"{_RANKED} LIMIT :top", {"top": top, "known": int(known_only)}
        )
        return [Isotype(*row) for row in rows]


def labels(store: Store) -> Iterator[tuple[int, str, str, int, bool, str, str, str, str, str]]:
    """Yield what decides on a place in a data set, for every structure in order.

    Number, isotype, structure type, class number, whether it was made, kind, source, licence,
    formula, and the type that it is isopointal to.
    """
    with translated(store.path):
        for row in store.database.execute(
            "SELECT structure.id, isotype, type_name, class_number, known_experimentally, kind, "
            "source.name, source.licence, formula, isopointal_to "
            "FROM structure JOIN source ON source.id = structure.source ORDER BY structure.id"
        ):
            number, isotype, name, class_number, known, *rest = row
            yield number, isotype, name, class_number, bool(known), *rest


@dataclass(frozen=True, slots=True)
class Counts:
    """How many structures there are of what.

    Attributes
    ----------
    structures, compounds, isotypes
        Entries, distinct formulas, isoconfigurational classes.
    disordered, known_experimentally
        Entries.
    problems
        Rejected inputs.
    sources
        Entries by (source, licence, kind).
    types
        Entries by structure type; "" for those without.
    origins
        Entries by where the type comes from: "source", "assigned" or "".
    splits
        Entries by split.
    elements
        Entries by element.
    """

    structures: int
    compounds: int
    isotypes: int
    disordered: int
    known_experimentally: int
    problems: int
    sources: dict[tuple[str, str, str], int]
    types: dict[str, int]
    origins: dict[str, int]
    splits: dict[str, int]
    elements: dict[str, int]


def counts(store: Store) -> Counts:
    """Count what a store holds."""
    with translated(store.path):
        totals = store.database.execute(
            "SELECT count(*), count(DISTINCT formula), count(DISTINCT isotype), "
            "total(disordered), total(known_experimentally), (SELECT count(*) FROM problem) "
            "FROM structure"
        ).fetchone()
        sources = store.database.execute(
            "SELECT source.name, licence, kind, count(*) FROM structure "
            "JOIN source ON source.id = structure.source GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3"
        ).fetchall()
        structures, compounds, isotypes, disordered, known, problems = map(int, totals)
        return Counts(
            structures,
            compounds,
            isotypes,
            disordered,
            known,
            problems,
            sources={(name, licence, kind): n for name, licence, kind, n in sources},
            types=_by(store, "type_name"),
            origins=_by(store, "type_origin"),
            splits=_by(store, "split"),
            elements=_by_element(store),
        )


def _by(store: Store, column: str) -> dict[str, int]:
    rows = store.database.execute(
        f"SELECT {column}, count(*) FROM structure GROUP BY 1 ORDER BY 2 DESC, 1"  # noqa: S608
    )
    return dict(rows.fetchall())


def _by_element(store: Store) -> dict[str, int]:
    elements: Counter[str] = Counter()
    formulas = store.database.execute("SELECT formula, count(*) FROM structure GROUP BY 1")
    for formula, number in formulas:
        if not isinstance(formula, str):
            raise sqlite3.DatabaseError(f"the formula {formula!r} is no text")
        for element in composition_of(formula):
            elements[element] += number
    return dict(sorted(elements.items(), key=lambda item: (-item[1], item[0])))


def content_digest(store: Store) -> str:
    """SHA-256 over the content hashes in order: equal for stores of equal structures."""
    with translated(store.path):
        rows = store.database.execute("SELECT content_hash FROM structure ORDER BY content_hash")
        return sha256_of_parts(content for (content,) in rows)

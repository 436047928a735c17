"""The data card: what a store or a data set holds, where it comes from, and under which terms."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from crystinet.core.files import sha256_of_file
from crystinet.core.sqlite import is_sqlite
from crystinet.core.version import __version__
from crystinet.corpus.datasets.dataset import OUTSIDE, Dataset
from crystinet.corpus.datasets.identity import identity_of
from crystinet.corpus.datasets.stats import counts_by_class
from crystinet.corpus.splits import Split
from crystinet.corpus.store.queries import Counts, content_digest, counts, ranked_isotypes
from crystinet.corpus.store.store import Store

#: Isoconfigurational classes that the card of a store names.
_TOP = 100

_SPLIT_NOTE = (
    "Split by compound with a hash of its elements (those below 5 % of the atoms left out): train, "
    "validation and test in the ratio 7 : 1 : 2. All structures of a formula, and lightly doped "
    "variants of it, are on one side."
)
_PATTERN_NOTE = (
    "**Split pattern by pattern, for comparison only:** nearly every compound has patterns in the "
    "training data and in the test data. Accuracies on this test data say nothing about compounds "
    "that were never seen."
)


def data_card(path: Path) -> str:
    """Write the data card of a store or a data set, as Markdown.

    The card has no date: equal data give an equal card.

    Raises
    ------
    CrystinetError
        The file is neither.
    """
    if is_sqlite(path):
        with Store.open(path) as store:
            return _card_of_store(store)
    return _card_of_dataset(path)


def _card_of_store(store: Store) -> str:
    found = counts(store)
    facts = [
        ("structures", f"{found.structures:,}"),
        ("compounds (distinct formulas)", f"{found.compounds:,}"),
        ("isoconfigurational classes", f"{found.isotypes:,}"),
        ("disordered", f"{found.disordered:,}"),
        ("of compounds that were made", f"{found.known_experimentally:,}"),
        ("structure type named by the source", f"{found.origins.get('source', 0):,}"),
        ("structure type assigned by crystinet", f"{found.origins.get('assigned', 0):,}"),
        ("without structure type", f"{found.origins.get('', 0):,}"),
        ("rejected inputs", f"{found.problems:,}"),
        ("SHA-256 over the structures", f"`{content_digest(store)}`"),
        ("crystinet", __version__),
    ]
    ranked = [
        (i.rank, i.key.replace(" | ", ", "), i.class_number or "", i.compounds, i.known, i.formula)
        for i in ranked_isotypes(store, top=_TOP)
    ]
    return "\n".join(
        [
            f"# Data card of {store.path.name}",
            "",
            *_table(("", "value"), facts),
            *_source_lines((*key, number) for key, number in found.sources.items()),
            "## Splits",
            "",
            _SPLIT_NOTE,
            "",
            *_table(("split", "structures"), ((s.value, found.splits.get(s, 0)) for s in Split)),
            "## Elements",
            "",
            _element_line(found),
            "",
            f"## The {len(ranked)} most populated isoconfigurational classes",
            "",
            *_table(("rank", "type or key", "class", "compounds", "made", "example"), ranked),
        ]
    )


def _card_of_dataset(path: Path) -> str:
    dataset = Dataset.load(path)
    told = dataset.provenance
    settings = told.get("settings", {})
    facts = [
        ("compounds", f"{len({m.row_id for m in dataset.members}):,}"),
        ("lines", f"{len(dataset.hkl):,}"),
        ("smallest d", f"{dataset.d_min_angstrom:g} angstrom"),
        ("made of", told.get("origin", "not recorded")),
        ("SHA-256 of that", f"`{told['origin_sha256']}`" if told else "not recorded"),
        ("identity, equal on every processor", f"`{identity_of(dataset)}`"),
        ("SHA-256 of this file", f"`{sha256_of_file(path)}`"),
        ("crystinet", told.get("crystinet", "not recorded")),
        *((f"setting `{name}`", _plain(value)) for name, value in settings.items()),
    ]
    sources = told.get("sources") or [
        (name, "not recorded", "not recorded", number)
        for name, number in Counter(m.source for m in dataset.members).items()
    ]
    classes = [
        (row["number"] if row["number"] != OUTSIDE else "", *list(row.values())[1:])
        for row in counts_by_class(dataset)
    ]
    return "\n".join(
        [
            f"# Data card of {path.name}",
            "",
            "Compounds with their reflections; patterns are rendered from these while training.",
            "",
            *_table(("", "value"), facts),
            *_source_lines(sources),
            "## Classes and splits",
            "",
            _PATTERN_NOTE if settings.get("split_patterns") else _SPLIT_NOTE,
            "A class without any training compound has its most frequent one moved to training.",
            "",
            *_table(("class", "type", "train", "validation", "test", "made"), classes),
        ]
    )


def _plain(value: object) -> str:
    return "; ".join(map(str, value)) or "-" if isinstance(value, list) else str(value)


def _source_lines(rows: Iterable[Sequence[object]]) -> list[str]:
    table = _table(
        ("source", "licence", "kind", "structures"),
        ((source, licence or "not stated", kind, number) for source, licence, kind, number in rows),
    )
    return ["## Sources and licences", "", *table]


def _element_line(found: Counts) -> str:
    return ", ".join(f"{element} {number:,}" for element, number in found.elements.items()) + "."


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Lines of a Markdown table, with an empty line after it."""
    cells = [header, ["---"] * len(header), *rows]
    lines = [
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in cells
    ]
    return [*lines, ""]

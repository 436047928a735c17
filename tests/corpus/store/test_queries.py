from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crystinet.app.corpus import Contents
from crystinet.cli.corpus_text import contents_lines
from crystinet.core.errors import ConfigError, CrystinetError, UnknownTypeError
from crystinet.corpus.compound import Entry
from crystinet.corpus.datasets.card import data_card
from crystinet.corpus.labels.analysis import compound_of
from crystinet.corpus.labels.selection import class_numbers, select_isotypes
from crystinet.corpus.store.queries import content_digest, counts, ranked_isotypes
from crystinet.corpus.store.store import Reading, Store
from crystinet.crystals.structure import Site, Structure

Entries = Callable[..., Entry]


def rock_salt(cation: str, a: float, *, code: str = "", kind: str = "experimental") -> Entry:
    sites = (Site(((cation, 1.0),), (0.0, 0.0, 0.0)), Site((("Cl", 1.0),), (0.5, 0.5, 0.5)))
    structure = Structure((a, a, a, 90.0, 90.0, 90.0), "-F 4 2 3", sites, f"{cation}Cl")
    return Entry("salts", code or cation, "CC0", kind, kind != "dft", "", "", structure)


def chain(first: str, second: str, *, shift: float = 0.0) -> Entry:
    """Make a triclinic compound of no type of the catalogue."""
    sites = (
        Site(((first, 1.0),), (0.1, 0.2, 0.3)),
        Site(((second, 1.0),), (0.6, 0.7 + shift, 0.15)),
        Site((("O", 1.0),), (0.33, 0.9, 0.61)),
    )
    structure = Structure((7.0, 8.0, 9.0, 80.0, 95.0, 101.0), "P 1", sites)
    return Entry("chains", f"{first}{second}", "", "dft", False, "", "", structure)


ENTRIES = (
    rock_salt("Na", 5.64, kind="dft"),
    rock_salt("Na", 5.65, code="Na2"),
    rock_salt("K", 6.29),
    chain("K", "Ni"),
    chain("Rb", "Ni"),
    chain("Cs", "Ni"),
    chain("Cs", "Ni", shift=0.02),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "corpus.sqlite") as opened:
        compounds = tuple(compound_of(entry) for entry in ENTRIES)
        opened.add([Reading(b"1", "made here", compounds, ())])
        yield opened


CHAINS = "1 | aP3 | a3 | ABX"


def test_classes_rank_by_distinct_compounds_with_or_without_a_name(store: Store) -> None:
    chains, salts = ranked_isotypes(store)
    assert (chains.rank, chains.key, chains.compounds, chains.structures) == (1, CHAINS, 3, 4)
    assert (chains.class_number, chains.known) == (0, 0)
    assert (salts.rank, salts.key, salts.compounds, salts.structures) == (2, "NaCl", 2, 3)
    assert (salts.class_number, salts.known) == (15, 2)
    assert (salts.space_group, salts.pearson, salts.wyckoff, salts.anx) == (225, "cF8", "b a", "AX")
    assert ranked_isotypes(store, top=1) == [chains]


def test_the_representative_is_one_that_was_made(store: Store) -> None:
    _, salts = ranked_isotypes(store)
    assert (salts.code, salts.formula) == ("Na2", "ClNa")


def test_known_compounds_alone(store: Store) -> None:
    (salts,) = ranked_isotypes(store, known_only=True)
    assert (salts.rank, salts.key, salts.compounds, salts.structures) == (1, "NaCl", 2, 2)


def test_counts(store: Store) -> None:
    found = counts(store)
    assert (found.structures, found.compounds, found.isotypes) == (7, 5, 2)
    assert (found.disordered, found.known_experimentally, found.problems) == (0, 2, 0)
    assert found.sources == {
        ("chains", "", "dft"): 4,
        ("salts", "CC0", "experimental"): 2,
        ("salts", "CC0", "dft"): 1,
    }
    assert found.types == {"": 4, "NaCl": 3}
    assert found.elements["Ni"] == 4
    assert sum(found.splits.values()) == 7
    document = Contents(found).to_dict()
    assert document["types"] == {"NaCl": 3}
    assert document["without_type"] == 4
    assert document["type_origins"] == {"assigned": 3}
    assert any("licence not stated" in line for line in contents_lines(Contents(found)))


def test_all_structures_of_a_formula_are_in_one_split(store: Store) -> None:
    sides: dict[str, set[str]] = {}
    for compound in store.compounds():
        sides.setdefault(compound.entry.formula, set()).add(compound.split)
    assert {len(splits) for splits in sides.values()} == {1}


def test_the_digest_is_of_the_structures_and_not_of_their_order(
    store: Store, tmp_path: Path
) -> None:
    compounds = tuple(compound_of(entry) for entry in reversed(ENTRIES))
    with Store.create(tmp_path / "other.sqlite") as other:
        other.add([Reading(b"1", "", compounds[:-1], ())])
        assert content_digest(other) != content_digest(store)
        other.add([Reading(b"2", "", compounds[-1:], ())])
        assert content_digest(other) == content_digest(store)


def test_types_are_chosen_by_rank_name_and_file(store: Store, tmp_path: Path) -> None:
    ranked = ranked_isotypes(store)
    chains, salts = ranked
    names = tmp_path / "types.txt"
    names.write_text(f"# a comment\n\n{CHAINS}\n2\n")
    assert select_isotypes(["1-2"], ranked) == [chains, salts]
    assert select_isotypes(["NaCl", "1"], ranked) == [salts, chains]
    assert select_isotypes(["2", str(names)], ranked) == [salts, chains]
    assert class_numbers([salts, chains]) == {"NaCl": 15, CHAINS: 101}


@pytest.mark.parametrize(
    ("word", "error", "message"),
    [
        ("0-1", ConfigError, "ranks 0-1 are not among 1-2"),
        ("3", ConfigError, "ranks 3 are not among 1-2"),
        ("2-1", ConfigError, "not among"),
        ("NaCI", UnknownTypeError, "called 'NaCI'"),
    ],
)
def test_types_that_are_not_there(
    store: Store, word: str, error: type[CrystinetError], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        select_isotypes([word], ranked_isotypes(store))
    assert caught.value.hint


def test_a_file_without_types(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "types.txt"
    path.write_text("# nothing\n")
    with pytest.raises(ConfigError, match="names no type"):
        select_isotypes([str(path)], ranked_isotypes(store))
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        select_isotypes([str(path)], ranked_isotypes(store))


def test_the_card_of_a_store(store: Store) -> None:
    card = data_card(store.path)
    assert card == data_card(store.path)
    assert "| salts | CC0 | experimental | 2 |" in card
    assert "| chains | not stated | dft | 4 |" in card
    assert content_digest(store) in card
    assert "| 1 | 1, aP3, a3, ABX |  | 3 | 0 |" in card
    assert "7 : 1 : 2" in card

from collections.abc import Callable

import pytest

from crystinet.corpus.compound import Entry, Problem
from crystinet.corpus.intake.cif_entries import Overrides, entries_of_cif

Cif = Callable[..., str]


def only(text: str, *, origin: str = "a/b/file.cif", **told: str) -> Entry:
    (entry,) = entries_of_cif(text.encode(), origin=origin, overrides=Overrides(**told))
    assert isinstance(entry, Entry)
    return entry


@pytest.mark.parametrize(
    ("tag", "value", "source", "kind"),
    [
        ("database_code_ICSD", "18189", "Inorganic Crystal Structure Database", "experimental"),
        ("cod_database_code", "9006376", "Crystallography Open Database", "experimental"),
        (
            "database_code_amcsd",
            "0005914",
            "American Mineralogist Crystal Structure Database",
            "experimental",
        ),
        ("materials_project_id", "mp-22862", "Materials Project", "dft"),
    ],
)
def test_databases_show_in_their_codes(
    cif: Cif, tag: str, value: str, source: str, kind: str
) -> None:
    entry = only(cif("halite", **{tag: value}))
    assert (entry.source, entry.code, entry.kind) == (source, value, kind)
    assert entry.licence
    assert entry.known_experimentally == (kind == "experimental")


def test_materials_project_numbers_may_stand_in_the_name_of_file_or_block(cif: Cif) -> None:
    for entry in (
        only(cif("halite"), origin="export/NaCl_mp-22862_symmetrized.cif"),
        only(cif("halite", block="mp-22862")),
    ):
        assert (entry.source, entry.code) == ("Materials Project", "mp-22862")
    assert only(cif("halite"), origin="lamp-3.cif").source == "CIF files"


def test_a_plain_file_is_known_by_its_name(cif: Cif) -> None:
    entry = only(cif("halite"))
    assert (entry.source, entry.code, entry.licence) == ("CIF files", "file.cif", "")


def test_blocks_keep_their_names_and_a_bad_one_does_not_stop_the_others(cif: Cif) -> None:
    bad = cif("rutile").replace("4.594 ", "none ").replace("_cell_length_a 4.594", "")
    text = cif("halite") + "data_publication\n_journal_year 1999\n" + bad + cif("tungsten")
    found = list(entries_of_cif(text.encode(), origin="all.cif", overrides=Overrides()))
    assert [type(entry) for entry in found] == [Entry, Problem, Entry]
    assert isinstance(found[0], Entry)
    assert found[0].code == "all.cif, block halite"
    assert isinstance(found[1], Problem)
    assert (found[1].part, found[1].code) == ("rutile", "invalid-structure")


def test_labels_of_icsd(cif: Cif) -> None:
    text = cif("halite", database_code_ICSD="1", chemical_name_structure_type="NaCl")
    assert only(text).label == "NaCl"
    assert only(text.replace("structure_type 'NaCl'", "structure_type ?")).label == ""


def test_the_user_knows_better(cif: Cif) -> None:
    entry = only(cif("halite", cod_database_code="1"), source="mine", licence="", kind="dft")
    assert (entry.source, entry.code, entry.licence) == ("mine", "1", "")
    assert not entry.known_experimentally


def test_what_is_no_cif() -> None:
    (problem,) = entries_of_cif(b"Dear colleague,", origin="letter.cif", overrides=Overrides())
    assert isinstance(problem, Problem)
    assert problem.code == "unreadable-file"
    assert "letter.cif" in problem.message

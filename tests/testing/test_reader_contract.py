"""The kit itself: the reader of the guide passes, and every fault is found by the test for it."""

import inspect
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crystinet.core.notes import Note, NoteCode
from crystinet.core.radiation import Radiation
from crystinet.patterns.pattern import Pattern
from crystinet.testing import ReaderContract
from crystinet.testing.damage import damaged_copies
from crystinet.testing.heads import HEADS

GUIDE = (Path(__file__).parents[2] / "docs/how-to/file-formats.md").read_text("utf-8")
READER, TESTS = re.findall(r"^```python\n(.*?)^```$", GUIDE, flags=re.MULTILINE | re.DOTALL)
Acme: Any = {}
exec(READER, Acme)  # noqa: S102 (the guide is ours)
AcmeReader: Any = Acme["AcmeReader"]

COUNTS = "\n".join(str(50 + 900 * (i % 40 == 20) + i % 7) for i in range(200))
GOOD = {"a.acme": f"ACME-XRD\n1.5406 10.0 0.1\n{COUNTS}".encode()}


class Contract(ReaderContract):
    """Of any reader of the format of the guide."""

    def __init__(self, make: Callable[[], Any], files: Mapping[str, bytes] = GOOD) -> None:
        self.make, self.files = make, files

    def make_reader(self) -> Any:
        return self.make()

    def samples(self) -> Mapping[str, bytes]:
        return self.files


@pytest.fixture
def broken(request: pytest.FixtureRequest) -> Callable[[ReaderContract], set[str]]:
    """Names of the tests of a contract that fail."""

    def run(contract: ReaderContract) -> set[str]:
        failed = set()
        for name, test in inspect.getmembers(contract, inspect.ismethod):
            if not name.startswith("test_"):
                continue
            needed = {p: request.getfixturevalue(p) for p in inspect.signature(test).parameters}
            try:
                test(**needed)
            except (Exception, pytest.fail.Exception):
                failed.add(name.removeprefix("test_"))
        return failed

    return run


Broken = Callable[[ReaderContract], set[str]]


def test_the_reader_of_the_guide_keeps_the_contract(broken: Broken) -> None:
    assert broken(Contract(AcmeReader)) == set()


def test_the_tests_of_the_guide_run_and_pass(tmp_path: Path) -> None:
    (tmp_path / "acme_xrd.py").write_text(READER, "utf-8")
    (tmp_path / "test_acme.py").write_text(TESTS, "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\nfilterwarnings = error\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert re.search(r"^1\d passed", done.stdout, flags=re.MULTILINE)


def changed(change: Callable[[Pattern], Pattern]) -> Callable[[], Any]:
    """A reader that changes its patterns before it gives them."""

    class Changing(AcmeReader):  # type: ignore[misc]
        def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
            return [change(p) for p in super().read(data, name=name, radiation=radiation)]

    return Changing


class Nameless(AcmeReader):  # type: ignore[misc]
    name = ""


class Starred(AcmeReader):  # type: ignore[misc]
    suffixes = ("*.acme",)


class Greedy(AcmeReader):  # type: ignore[misc]
    def accepts(self, head: bytes, suffix: str) -> bool:
        return True


class BySuffix(AcmeReader):  # type: ignore[misc]
    def accepts(self, head: bytes, suffix: str) -> bool:
        return suffix == ".acme"


class Matching(AcmeReader):  # type: ignore[misc]
    def accepts(self, head: bytes, suffix: str) -> Any:
        return re.match(rb"ACME-XRD\n", head)


class Trusting(AcmeReader):  # type: ignore[misc]
    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        int(data[-3:])  # a ValueError where the file is damaged
        return super().read(data, name=name, radiation=radiation)  # type: ignore[no-any-return]


class Deaf(AcmeReader):  # type: ignore[misc]
    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        return super().read(data, name=name, radiation=None)  # type: ignore[no-any-return]


class Talking(AcmeReader):  # type: ignore[misc]
    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        print("reading", name)
        return super().read(data, name=name, radiation=radiation)  # type: ignore[no-any-return]


class Littering(AcmeReader):  # type: ignore[misc]
    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        Path("last.log").write_text(name, "utf-8")
        return super().read(data, name=name, radiation=radiation)  # type: ignore[no-any-return]


class Generous(AcmeReader):  # type: ignore[misc]
    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> Any:
        return iter(super().read(data, name=name, radiation=radiation))


RNG = np.random.default_rng(0)
SILENT = Radiation.of_anode("Cu", assumed=True)
READING = {
    "patterns_make_sense",
    "arrays_are_read_only",
    "nothing_is_prepared",
    "reading_again_gives_the_same",
    "the_radiation_of_the_user_comes_first",
    "an_assumed_wavelength_is_said",
    "the_name_is_handed_on",
    "notes_and_metadata_have_their_types",
}
DAMAGED = {"files_cut_short_are_refused_or_make_sense", "damaged_files_are_refused_or_make_sense"}

FAULTS: dict[str, tuple[Callable[[], Any], set[str]]] = {
    "no name": (Nameless, {"it_has_a_name_in_words"}),
    "suffixes with stars": (Starred, {"its_suffixes_if_it_has_some_look_like_suffixes"}),
    "takes everything": (Greedy, {"it_leaves_the_files_of_others_alone"}),
    "goes by the suffix": (BySuffix, {"it_leaves_the_files_of_others_alone"}),
    "answers with a match": (
        Matching,
        {"it_accepts_its_own_files", "it_leaves_the_files_of_others_alone"},
    ),
    "trusts the file": (Trusting, DAMAGED),
    "ignores the user": (Deaf, {"the_radiation_of_the_user_comes_first"}),
    "prints": (Talking, {"it_prints_nothing"}),
    "writes": (Littering, {"it_leaves_no_file_behind"}),
    "gives no list": (Generous, READING | DAMAGED),
    "adds noise": (
        changed(lambda p: replace(p, intensity=p.intensity + RNG.random(len(p.intensity)))),
        {"reading_again_gives_the_same"},
    ),
    "begins at zero": (
        changed(lambda p: replace(p, two_theta_deg=p.two_theta_deg - p.two_theta_deg[0])),
        {"patterns_make_sense", *DAMAGED},
    ),
    "prepares": (
        changed(lambda p: replace(p, steps=("maximum scaled to 1",))),
        {"nothing_is_prepared"},
    ),
    "assumes in silence": (
        changed(lambda p: replace(p, radiation=SILENT)),
        {"an_assumed_wavelength_is_said", "the_radiation_of_the_user_comes_first"},
    ),
    "forgets the name": (changed(lambda p: replace(p, name="scan")), {"the_name_is_handed_on"}),
    "notes say nothing": (
        changed(lambda p: replace(p, notes=(Note(NoteCode.READER_REMARK, " "),))),
        {"notes_and_metadata_have_their_types"},
    ),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_by_the_test_for_it(
    fault: str,
    broken: Broken,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("litter"))  # one of them leaves files behind
    make, expected = FAULTS[fault]
    assert broken(Contract(make)) == expected


def test_a_format_that_crystinet_reads_already_is_found() -> None:
    bank = "\nBANK 1 100 10 CONST 1000 20 0 0 STD\n" + ("     100" * 10 + "\n") * 10
    contract = Contract(AcmeReader, {"a.acme": GOOD["a.acme"] + bank.encode()})
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        contract.test_no_reader_of_crystinet_reads_its_files_first()
    contract.files = GOOD
    contract.test_no_reader_of_crystinet_reads_its_files_first()


def test_a_contract_without_files_or_reader_says_what_is_missing() -> None:
    with pytest.raises(AssertionError, match="at least one good file"):
        Contract(AcmeReader, {}).test_it_accepts_its_own_files()
    with pytest.raises(NotImplementedError, match="define make_reader"):
        ReaderContract().test_it_has_a_name_in_words()
    with pytest.raises(NotImplementedError, match="define samples"):
        ReaderContract().samples()


def test_a_misspelled_head_is_named() -> None:
    contract = Contract(AcmeReader)
    contract.takes = frozenset({"zip"})
    with pytest.raises(AssertionError, match="takes names none of"):
        contract.test_it_leaves_the_files_of_others_alone()
    assert "ZIP archive" in HEADS


def test_damage_is_the_same_for_the_same_seed_and_changes_the_file() -> None:
    data = GOOD["a.acme"]
    first = list(damaged_copies(data, count=60, seed=3))
    assert first == list(damaged_copies(data, count=60, seed=3))
    assert first != list(damaged_copies(data, count=60, seed=4))
    assert sum(copy != data for copy in first) > 50


def test_crystinet_itself_needs_no_pytest() -> None:
    code = (
        "import sys; sys.modules['pytest'] = None\n"
        "import crystinet.cli, crystinet.app.identify, crystinet.patterns.readers\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

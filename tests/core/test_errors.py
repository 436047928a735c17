import copy
import pickle
import re
from pathlib import Path

import pytest

from crystinet.core.errors import CrystinetError, UnreadableFileError

ERRORS_PAGE = Path(__file__).parents[2] / "docs" / "reference" / "errors.md"


@pytest.mark.parametrize("kind", [CrystinetError, *CrystinetError.__subclasses__()])
def test_errors_travel_between_processes(kind: type[CrystinetError]) -> None:
    error = kind("What was wrong.", hint="What to do.")
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 (our own)
        assert type(other) is kind
        assert (other.message, other.hint) == ("What was wrong.", "What to do.")
        assert str(other) == str(error)
    with pytest.raises(UnreadableFileError, match="Hint: b"):
        raise pickle.loads(pickle.dumps(UnreadableFileError("a", hint="b")))  # noqa: S301


def test_every_error_code_is_documented_once() -> None:
    page = ERRORS_PAGE.read_text("utf-8")
    pending, classes = [CrystinetError], set()
    while pending:
        error = pending.pop()
        classes.add(error)
        pending.extend(error.__subclasses__())
    # Those of the service carry the codes of problems over HTTP, which its own pages list.
    ours = {error for error in classes if error.__module__ == "crystinet.core.errors"}
    codes = [error.code for error in ours]
    assert len(set(codes)) == len(codes), "two errors share a code"
    headings = re.findall(r"^## (\S+)$", page, flags=re.MULTILINE)
    assert sorted(headings) == sorted(codes)
    for error in ours:
        assert f"## {error.code}\n\n`{error.__name__}`" in page

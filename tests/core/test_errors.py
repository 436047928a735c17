import copy
import pickle

import pytest

from crystinet.core.errors import CrystinetError, UnreadableFileError


@pytest.mark.parametrize("kind", [CrystinetError, *CrystinetError.__subclasses__()])
def test_errors_travel_between_processes(kind: type[CrystinetError]) -> None:
    error = kind("What was wrong.", hint="What to do.")
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 (our own)
        assert type(other) is kind
        assert (other.message, other.hint) == ("What was wrong.", "What to do.")
        assert str(other) == str(error)
    with pytest.raises(UnreadableFileError, match="Hint: b"):
        raise pickle.loads(pickle.dumps(UnreadableFileError("a", hint="b")))  # noqa: S301

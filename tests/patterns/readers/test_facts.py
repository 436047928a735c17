"""Real files against independent readings of them; the files are looked for, not shipped."""

import hashlib
import os
import tomllib
from pathlib import Path
from typing import Any

import pytest

from crystinet.core.errors import CrystinetError
from crystinet.patterns import Pattern, read_patterns

FACTS: list[dict[str, Any]] = [
    fact
    for table in sorted(Path(__file__).parent.glob("facts*.toml"))
    for fact in tomllib.loads(table.read_text("utf-8"))["file"]
]


@pytest.fixture(scope="module")
def real_files() -> dict[str, Path]:
    """Files of the folder that the environment names, by their SHA-256."""
    folder = os.environ.get("CRYSTINET_FORMATS")
    if not folder:
        pytest.skip("CRYSTINET_FORMATS does not name a folder with instrument files")
    return {
        hashlib.sha256(path.read_bytes()).hexdigest(): path
        for path in sorted(Path(folder).iterdir())
        if path.is_file()
    }


def facts_of(pattern: Pattern) -> list[float]:
    x, y = pattern.two_theta_deg, pattern.intensity
    return [len(x), x[0], x[-1], y.max(), x[y.argmax()], y.sum()]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact["name"])
def test_a_real_file_is_read_as_others_read_it(
    fact: dict[str, Any], real_files: dict[str, Path]
) -> None:
    path = real_files.get(fact["sha256"])
    if path is None:
        pytest.skip(f"{fact['name']} is not in the folder")
    if "refused" in fact:
        with pytest.raises(CrystinetError, match=fact["refused"]):
            read_patterns(path)
        return
    patterns = read_patterns(path)
    assert len(patterns) == len(fact["patterns"])
    for pattern, expected in zip(patterns, fact["patterns"], strict=True):
        assert facts_of(pattern) == pytest.approx(expected, rel=1e-7, abs=2e-6)
        lines = pattern.radiation.wavelengths_angstrom
        assert lines == pytest.approx(fact.get("radiation", lines), abs=2e-6)
        assert pattern.radiation.assumed == ("radiation" not in fact)
    described = [dict(pattern.metadata) for pattern in patterns[: len(fact["metadata"])]]
    assert described == fact["metadata"]


def test_every_fact_says_where_it_comes_from_and_is_listed_once() -> None:
    assert all(fact["read_by"] for fact in FACTS)
    assert all("refused" in fact or (fact["patterns"] and fact["metadata"]) for fact in FACTS)
    assert len({fact["sha256"] for fact in FACTS}) == len(FACTS) > 0

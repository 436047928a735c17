"""Memory that is free goes back to the system."""

import ctypes
import os
from pathlib import Path

import pytest

from crystinet.service import memory


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="another C library")
def test_what_is_free_between_what_is_used_is_given_back() -> None:
    used = [bytes(1000) for _ in range(100_000)]
    del used[1::2], used[:-1]  # the last one keeps the end of the heap where it is
    before = resident_mb()
    memory.give_back()
    assert before - resident_mb() > 50.0
    assert len(used) == 1


def test_without_such_a_c_library_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    memory._of_c_library.cache_clear()
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: object())
    try:
        memory.share_heaps()
        memory.give_back()
        assert memory._of_c_library("malloc_trim") is None
    finally:
        memory._of_c_library.cache_clear()

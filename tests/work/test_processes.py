import errno
import json
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from crystinet.work.processes import chunked, map_chunks

SOURCE = Path(__file__).parents[2] / "src"

#: A program of its own, since worker processes import the functions that they are given.
PROGRAM = """
import json, os, sys
from crystinet.work.processes import chunked, map_chunks

def squares(numbers):
    return [number**2 for number in numbers]

def deadly(numbers):
    if any(number % 10 == 7 for number in numbers):
        os._exit(3)  # as a fault in compiled code would
    return squares(numbers)

def negative(number):
    return -number

def run(function, **settings):
    chunks = chunked(range(20), 3)
    print(json.dumps(list(map_chunks(function, chunks, workers=2, **settings))))
"""


@pytest.fixture
def program(tmp_path: Path) -> Any:
    """Return a function that runs a call in the program and gives back status and output."""

    def run(call: str, *, guard: str = 'if __name__ == "__main__":') -> tuple[int, str, str]:
        path = tmp_path / "program.py"
        path.write_text(f"{PROGRAM}\n{guard}\n    {call}\n")
        done = subprocess.run(
            [sys.executable, path],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    return run


def squares(numbers: list[int]) -> list[int]:
    return [number**2 for number in numbers]


def test_one_process_maps_in_order() -> None:
    found = list(map_chunks(squares, chunked(range(8), 3), workers=1))
    assert found == [([0, 1, 2], [0, 1, 4]), ([3, 4, 5], [9, 16, 25]), ([6, 7], [36, 49])]


def test_two_processes_map_in_order(program: Any) -> None:
    status, stdout, stderr = program("run(squares)")
    assert status == 0, stderr
    found = json.loads(stdout)
    assert [n for chunk, _ in found for n in chunk] == list(range(20))
    assert [n for _, results in found for n in results] == squares(list(range(20)))


def test_an_item_that_kills_its_process_costs_only_itself(program: Any) -> None:
    status, stdout, stderr = program("run(deadly, on_crash=negative)")
    assert status == 0, stderr
    results = [result for _, part in json.loads(stdout) for result in part]
    assert results == [-n if n % 10 == 7 else n**2 for n in range(20)]


def test_a_pool_that_breaks_while_it_starts_a_process_is_a_new_one_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    submit, calls = ProcessPoolExecutor.submit, []

    def first_fails(pool: ProcessPoolExecutor, *args: Any) -> Any:
        calls.append(args)
        if len(calls) == 1:
            raise OSError(errno.EBADF, "Bad file descriptor")
        return submit(pool, *args)

    monkeypatch.setattr(ProcessPoolExecutor, "submit", first_fails)
    chunks = [[2, 1], [3]]
    found = list(map_chunks(sorted, chunks, workers=2, on_crash=lambda item: -item))
    assert found == [([2, 1], [2, 1]), ([3], [3])]  # the first, item by item
    assert len(calls) > 2


def test_without_a_handler_a_crash_is_an_error(program: Any) -> None:
    status, _, stderr = program("run(deadly)")
    assert status == 1
    assert "BrokenProcessPool" in stderr


def test_where_no_process_can_start_no_item_is_blamed(program: Any) -> None:
    status, stdout, stderr = program("run(squares, on_crash=negative)", guard="if True:")
    assert status == 1
    assert stdout == ""
    assert "BrokenProcessPool" in stderr

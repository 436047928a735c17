import os
from concurrent.futures.process import BrokenProcessPool

import pytest

from crystinet.corpus.parallel import chunked, map_chunks


def squares(numbers: list[int]) -> list[int]:
    return [number**2 for number in numbers]


def deadly(numbers: list[int]) -> list[int]:
    if any(number % 10 == 7 for number in numbers):
        os._exit(3)  # as a fault in compiled code would
    return squares(numbers)


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_order(workers: int) -> None:
    found = list(map_chunks(squares, chunked(range(25), 4), workers=workers))
    assert [n for chunk, _ in found for n in chunk] == list(range(25))
    assert [n for _, results in found for n in results] == squares(list(range(25)))


def test_an_item_that_kills_its_process_costs_only_itself() -> None:
    found = map_chunks(deadly, chunked(range(20), 3), workers=2, on_crash=lambda n: -n)
    results = [result for _, part in found for result in part]
    assert results == [-n if n % 10 == 7 else n**2 for n in range(20)]


def test_without_a_handler_a_crash_is_an_error() -> None:
    with pytest.raises(BrokenProcessPool):
        list(map_chunks(deadly, chunked(range(20), 3), workers=2))

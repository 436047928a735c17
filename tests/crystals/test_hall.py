import moyopy
import numpy as np
import pytest

from crystinet.core.errors import InvalidStructureError
from crystinet.crystals.hall import TRANSLATION_UNIT, operations_of
from crystinet.crystals.symmetry import hall_symbol_of


def as_set(rotations: np.ndarray, translations: np.ndarray) -> set[tuple[int, ...]]:
    units = np.rint(np.asarray(translations) * TRANSLATION_UNIT).astype(int) % TRANSLATION_UNIT
    rows = np.concatenate([np.asarray(rotations).reshape(-1, 9), units], axis=1)
    return {tuple(row) for row in rows.tolist()}


@pytest.mark.parametrize("hall_number", range(1, 531))
def test_every_setting_has_the_operations_of_moyo(hall_number: int) -> None:
    operations = operations_of(hall_symbol_of(hall_number))
    number = moyopy.HallSymbolEntry(hall_number).number
    expected = moyopy.operations_from_number(
        number, setting=moyopy.Setting.hall_number(hall_number)
    )
    assert operations.space_group == number
    assert operations.order == len(expected.rotations)
    assert as_set(*operations.all_operations()) == as_set(expected.rotations, expected.translations)


def test_both_spellings_of_a_screw_along_the_diagonal() -> None:
    assert as_set(*operations_of("P 3 2=").all_operations()) == as_set(
        *operations_of('P 3 2"').all_operations()
    )


@pytest.mark.parametrize("symbol", ["", "F m -3 m", "P 5", "Q 1"])
def test_what_is_no_hall_symbol_is_refused(symbol: str) -> None:
    with pytest.raises(InvalidStructureError, match="Hall symbol"):
        operations_of(symbol)


@pytest.mark.parametrize("number", [0, -1, 531, 10**12])
def test_what_is_no_hall_number_is_refused(number: int) -> None:
    with pytest.raises(InvalidStructureError, match=f"no Hall number {number}"):
        hall_symbol_of(number)

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from crystinet.corpus.compound import composition_of
from crystinet.corpus.splits import Split, compound_key, split_of


def test_shares_are_seven_to_one_to_two() -> None:
    count = Counter(split_of(f"A{i}-B{i % 7}") for i in range(20_000))
    assert abs(count[Split.TEST] / 20_000 - 0.2) < 0.015
    assert abs(count[Split.VALIDATION] / 20_000 - 0.1) < 0.015


def test_split_is_the_same_on_every_machine() -> None:
    # Written down once: a change of the hash would silently move compounds between splits.
    keys = ("Ca-F", "Cl-Na", "Al-Mg-O", "Fe-O", "O-Ti")
    assert [split_of(key).value for key in keys] == EXPECTED


EXPECTED = ["validation", "train", "test", "train", "train"]


@given(st.dictionaries(st.sampled_from(["Fe", "O", "Mg", "Si"]), st.floats(0.1, 9), min_size=1))
def test_key_does_not_depend_on_order_or_amount_scale(amounts: dict[str, float]) -> None:
    backwards = {k: 2.0 * amounts[k] for k in reversed(amounts)}
    assert compound_key(amounts) == compound_key(backwards)


def test_light_doping_does_not_make_another_compound() -> None:
    pure = composition_of("La2CuO4")
    doped = composition_of("Cu14.29La26.43O57.14Sr2.14%")
    assert compound_key(pure) == compound_key(doped) == "Cu-La-O"


def test_composition_of_plain_and_percent_formulas() -> None:
    assert composition_of("LiFePO4") == {"Li": 1.0, "Fe": 1.0, "P": 1.0, "O": 4.0}
    assert composition_of("Fe0.5Mg49.5O50%") == {"Fe": 0.5, "Mg": 49.5, "O": 50.0}

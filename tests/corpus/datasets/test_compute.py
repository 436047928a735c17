import pytest

from crystinet.corpus.datasets.compute import (
    LineLimits,
    LinesWanted,
    compute_lines,
    dataset_of_lines,
)
from crystinet.corpus.datasets.dataset import Member
from crystinet.corpus.splits import Split
from crystinet.crystals.catalogue import load_catalogue

LIMITS = LineLimits(d_min_angstrom=0.95, max_lines=40)
NAMES = ("NaCl", "CsCl", "Rutile-TiO2")
#: Beyond the first line of NaCl, so that it has none.
NO_LINES = LineLimits(d_min_angstrom=3.3, max_lines=40)


def wanted(name: str, *, variants: int = 0) -> LinesWanted:
    reference = load_catalogue().by_name(name).definitions[0].reference
    structure = load_catalogue().by_name(name).reference
    return LinesWanted(structure, reference.space_group, variants=variants, seed=3)


@pytest.mark.parametrize("workers", [1, 2])
def test_every_structure_comes_back_with_its_own_lines(workers: int) -> None:
    seen: list[tuple[str, int, int]] = []

    def listen(stage: str, done: int, total: int, *, note: str = "") -> None:
        seen.append((stage, done, total))

    computed = list(
        compute_lines(
            ((name, wanted(name, variants=1)) for name in NAMES),
            LIMITS,
            workers=workers,
            chunk=2,
            stage="lines",
            total=3,
            report=listen,
        )
    )
    assert [name for name, _ in computed] == list(NAMES)
    for name, lines in computed:
        assert lines.reflections.space_group == wanted(name).space_group
        assert lines.variants.shape == (1, len(lines.reflections.hkl))
    assert seen == [("lines", 2, 3), ("lines", 3, 3)]


def test_what_has_no_lines_is_left_out() -> None:
    pairs = [(name, wanted(name)) for name in NAMES]
    assert "NaCl" not in [name for name, _ in compute_lines(pairs, NO_LINES, workers=1)]


def test_members_and_lines_become_a_data_set() -> None:
    pairs = [(name, wanted(name, variants=i)) for i, name in enumerate(NAMES)]
    compounds = [
        (Member(i, name, i, Split.TRAIN, True, "catalogue"), lines)
        for i, (name, lines) in enumerate(compute_lines(pairs, LIMITS, workers=1), start=1)
    ]
    dataset = dataset_of_lines(compounds, d_min_angstrom=LIMITS.d_min_angstrom)
    assert [member.type_name for member in dataset.members] == list(NAMES)
    assert dataset.f_squared.shape[0] == 3  # the structure itself and two variants
    assert dataset.offsets[-1] == sum(len(lines.reflections.hkl) for _, lines in compounds)

"""The cosine of patterns with templates over shifts."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from crystinet.lines.shifts import Shifts, energy_of, shifted_cosines, vertices


@given(
    n=st.integers(3, 12),
    length=st.integers(2, 20),
    first=st.integers(-6, 6),
    more=st.integers(0, 6),
    before=st.integers(0, 8),
    seed=st.integers(0, 999),
    kept=st.booleans(),
)
def test_every_shift_is_the_cosine_over_what_both_have(
    n: int, length: int, first: int, more: int, before: int, seed: int, kept: bool
) -> None:
    rng = np.random.default_rng(seed)
    mask = (rng.random((2, n)) < 0.7).astype(np.float32)
    x = rng.random((2, n)).astype(np.float32) * mask
    templates = rng.random((3, length)).astype(np.float32)
    shifts = Shifts(first, first + more, before)
    energy = energy_of(templates) if kept else None
    found = shifted_cosines(x, mask, templates, shifts=shifts, energy=energy)
    assert found.shape == (2, 3, len(shifts))
    for b, t, s in np.ndindex(*found.shape):
        pairs = [
            (x[b, k], templates[t, k + before + first + s])
            for k in range(n)
            if mask[b, k] and 0 <= k + before + first + s < length
        ]
        a, c = np.array(pairs).reshape(-1, 2).T
        norm = np.sqrt((a**2).sum() * (c**2).sum())
        expected = (a * c).sum() / norm if norm > 1e-9 else 0.0
        np.testing.assert_allclose(found[b, t, s], expected, rtol=1e-4, atol=1e-6)


def test_a_pattern_measured_in_many_pieces_has_the_same_cosines_with_energies() -> None:
    rng = np.random.default_rng(4)
    mask = (np.arange(60) % 3 > 0).astype(np.float32)[None]
    x, templates = (rng.random((n, 60)).astype(np.float32) for n in (1, 5))
    shifts = Shifts(-4, 4, before=2)
    alone = shifted_cosines(x * mask, mask, templates, shifts=shifts)
    kept = shifted_cosines(x * mask, mask, templates, shifts=shifts, energy=energy_of(templates))
    np.testing.assert_allclose(kept, alone, rtol=1e-5)


@given(length=st.integers(1, 300), first=st.integers(-320, 320), seed=st.integers(0, 99))
def test_long_templates_have_the_same_cosines_with_energies(
    length: int, first: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    begin, end = sorted(rng.integers(0, 200, 2))
    mask = ((np.arange(200) >= begin) & (np.arange(200) < end)).astype(np.float32)[None]
    x = rng.random((1, 200)).astype(np.float32) * mask
    templates = rng.random((3, length)).astype(np.float32)
    shifts = Shifts(first, first + 20, before=5)
    alone = shifted_cosines(x, mask, templates, shifts=shifts)
    kept = shifted_cosines(x, mask, templates, shifts=shifts, energy=energy_of(templates))
    np.testing.assert_allclose(kept, alone, rtol=1e-4, atol=1e-6)


def test_the_vertex_of_a_parabola() -> None:
    places = np.arange(9.0)
    values = np.array([1.0 - 0.01 * (places - 3.3) ** 2, places / 8.0, np.zeros(9)])
    top, offset = vertices(values, values.argmax(axis=1))
    np.testing.assert_allclose(top, [1.0, 1.0, 0.0])
    np.testing.assert_allclose(offset, [0.3, 0.0, 0.0], atol=1e-12)

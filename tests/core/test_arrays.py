"""The median of short arrays."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from crystinet.core.arrays import median_of

NUMBERS = st.floats(-1e6, 1e6)


@given(st.lists(NUMBERS, min_size=1, max_size=40))
def test_the_median_is_numpys(values: list[float]) -> None:
    assert median_of(np.array(values)) == np.median(values)

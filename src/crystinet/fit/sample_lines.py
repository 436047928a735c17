"""Known lines on one sample, worked out when the first check asks and kept for the others.

An answer is checked in several ways, and most of them lay the lines of the same known compounds on
the same pattern.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice

from crystinet.core.arrays import FloatArray
from crystinet.fit.lattice import LaidLines, Start
from crystinet.fit.starting_points import NEAREST_STARTS, StartingPoints
from crystinet.lines.overlap import Overlap
from crystinet.patterns.sample import Sample


class SampleLines:
    """Lines of known compounds and references of types, laid on one sample.

    Parameters
    ----------
    points
        Give the lines.
    sample
        Prepared for the model.
    """

    def __init__(self, points: StartingPoints, sample: Sample) -> None:
        self._points, self.sample = points, sample
        self._likeness: dict[tuple[str, ...], tuple[FloatArray, FloatArray]] = {}
        self._laid: dict[tuple[str, ...], tuple[list[LaidLines], Iterator[Start]]] = {}

    @cached_property
    def overlap(self) -> Overlap:
        """The sample, ready to be compared with lines."""
        return Overlap.of_sample(self.sample)

    def likeness(self, names: Sequence[str]) -> tuple[FloatArray, FloatArray]:
        """As `StartingPoints.likeness`."""
        types = tuple(names)
        if types not in self._likeness:
            self._likeness[types] = self._points.likeness(self.sample, types)
        return self._likeness[types]

    def laid(self, names: Sequence[str]) -> Iterator[LaidLines]:
        """Lines of types, the most like compounds first, then the references.

        Parameters
        ----------
        names
            The type and what is merged into it.
        """
        types = tuple(names)
        if types not in self._laid:
            starts = self._points.starts(self.sample, types, compared=self.likeness(types))
            self._laid[types] = [], starts
        kept, coming = self._laid[types]
        place = 0
        while True:
            if place == len(kept):
                start = next(coming, None)
                if start is None:
                    return
                kept.append(LaidLines(start, self.sample, self.overlap))
            yield kept[place]
            place += 1

    def nearest(self, names: Sequence[str]) -> Iterator[LaidLines]:
        """As `laid`, but the references only where there is no known compound.

        References take long to work out, and lie no better than the compounds that are most like
        the sample.
        """
        known = min(len(self.likeness(names)[0]), NEAREST_STARTS)
        return islice(self.laid(names), known or None)

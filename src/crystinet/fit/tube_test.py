"""Where nobody said which tube it was, the lattice tells whether the assumed one can be right.

Another wavelength makes every d-spacing larger or smaller by one factor, so that a pattern that was
read with the wrong one shows the same type in a cell of another size, or other types. Only the size
can tell: most samples are compounds that somebody knows, so that the lattice of a right answer is
mostly that of a known compound of its type, and by chance it is only as often as such lattices lie
close. Together with the unknown score, Bayes' rule says what an answer is worth. One that is not
worth enough loses its certainty, and the other usual tubes are tried.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.diffraction import d_from_two_theta
from crystinet.core.errors import InvalidPatternError
from crystinet.core.notes import Note, NoteCode, find_note
from crystinet.core.radiation import ANODE_LINES, Radiation
from crystinet.fit.derivatives import ARE_KNOWN
from crystinet.fit.sample_lines import SampleLines
from crystinet.fit.starting_points import StartingPoints
from crystinet.model.identification import Identification, Verdict
from crystinet.patterns.sample import Sample

#: The lattice is that of a known compound where its edges agree to this part and its pattern is
#: nearly as like the sample as that of any compound of the type.
SAME_EDGES, NEARLY_AS_LIKE = 0.008, 0.97
#: Odds that an answer needs: those of an unknown score of 0.1 where the lattice is no known one.
NEEDED = 3.0
#: Odds from which another tube is named; there are several, and nobody asked for them.
NAMED_FROM = 10.0
#: ... and so many times those with the tube that was assumed, which is by far the commonest.
ASSUMED_FIRST = 10.0
#: Patterns that were measured from the second d on have a line of the first or a larger one,
#: angstrom: of 12,169 known compounds all but eight zeolites do, with a tenth of the highest.
LEAST_D, SEEN_FROM = 1.75, 3.3
# Over how far, in the logarithm of the edges, is counted how often lattices agree by chance, in so
# many steps.
_SCATTER, _STEPS = 0.14, 57
_LEAST_CHANCE = 0.03
# Fewer known compounds than this say nothing.
_FEWEST = 5

UNCONFIRMED = (
    "Nobody said which X-ray tube it was, and the lattice that follows with a Cu tube is that of "
    "no known compound of this type. Give the wavelength or the anode."
)


@dataclass(frozen=True, slots=True)
class OtherTube:
    """A tube with which a pattern is known that is not, or hardly, with the one assumed.

    Attributes
    ----------
    anode
        Of the tube.
    answer
        What the pattern is with it.
    odds
        That it is right, against an unknown structure.
    """

    anode: str
    answer: Identification
    odds: float


def has_known_lattice(lines: SampleLines, names: Sequence[str]) -> bool:
    """Whether the lattice of a sample is that of a known compound of a type, or of its reference.

    Parameters
    ----------
    lines
        Known lines on the sample.
    names
        The type and what is merged into it.
    """
    for laid in lines.laid(names):
        estimate = laid.estimate
        if estimate and np.abs(np.log(estimate.axial_scale)).max() < SAME_EDGES:
            return True
    return False


def was_assumed(sample: Sample) -> bool:
    """Whether all d-spacings of a sample hang on a wavelength that nobody gave."""
    converted = find_note(sample.raw.notes, NoteCode.TWO_THETA_CONVERTED)
    return sample.raw.radiation.assumed and converted is None


class TubeTest:
    """Weighs answers for patterns whose tube was assumed.

    Parameters
    ----------
    points
        Compare samples with the known compounds.
    identify
        Gives answers that nobody has checked, for samples whose wavelength counts as given.
    checked
        Checks one of them that is known; none becomes known by it.
    """

    def __init__(
        self,
        points: StartingPoints,
        identify: Callable[[Sequence[Sample]], list[Identification]],
        checked: Callable[[SampleLines, Identification], Identification],
    ) -> None:
        self._points, self._identify, self._checked = points, identify, checked

    def checked(self, lines: SampleLines, found: Identification) -> Identification:
        """The answer, no longer known where nothing bears the assumed tube out.

        An answer that is not known names the tube with which it would be.

        Parameters
        ----------
        lines
            On the sample, which was prepared for the model; its tube was assumed.
        found
            Checked in all other ways.
        """
        known = found.verdict is Verdict.KNOWN
        sample = lines.sample
        own, is_known_lattice = _odds(lines, found)
        if known and is_known_lattice and own >= NEEDED:
            return found
        other = self._other(sample, least=max(NAMED_FROM, ASSUMED_FIRST * own))
        if other is not None:
            note = _note(other)
            found = replace(found, notes=(*found.notes, note))
            return replace(found, verdict=Verdict.UNCERTAIN, reason=note.text) if known else found
        if not known or own >= NEEDED:
            return found
        note = Note(NoteCode.TUBE_NOT_CONFIRMED, UNCONFIRMED)
        return replace(
            found, verdict=Verdict.UNCERTAIN, reason=note.text, notes=(*found.notes, note)
        )

    def _other(self, sample: Sample, *, least: float) -> OtherTube | None:
        """The tube, of those not assumed, with which the pattern is known best; with such odds."""
        anodes, samples = [], []
        for anode, lines in ANODE_LINES.items():
            if lines[0] == sample.wavelength_angstrom or rules_out(lines[0], sample):
                continue
            try:
                samples.append(sample.with_radiation(Radiation.of_anode(anode)))
            except InvalidPatternError:  # too little is left of the range
                continue
            anodes.append(anode)
        likely: list[tuple[float, str, SampleLines, Identification]] = []
        for anode, each, answer in zip(anodes, samples, self._identify(samples), strict=True):
            if answer.verdict is Verdict.KNOWN:
                on_sample = SampleLines(self._points, each)
                likely.append((_odds(on_sample, answer)[0], anode, on_sample, answer))
        for odds, anode, on_sample, answer in sorted(likely, key=lambda each: -each[0]):
            if odds < least:
                break
            found = self._checked(on_sample, answer)
            if found.verdict is Verdict.KNOWN:
                return OtherTube(anode, found, odds)
        return None


def rules_out(wavelength_angstrom: float, sample: Sample) -> bool:
    """Whether a sample has no line where, with this wavelength, nearly every compound has one.

    Only where it was measured from there on, and all that was measured lies on the axis.
    """
    first = float(sample.raw.measured_range_deg[0])
    if first < sample.grid.start_deg or not len(sample.peaks):
        return False
    seen_from = d_from_two_theta(np.array(first), wavelength_angstrom)
    lowest = np.array(sample.peaks.two_theta_deg[0])
    largest = d_from_two_theta(lowest, sample.grid.wavelength_angstrom)
    largest *= wavelength_angstrom / sample.wavelength_angstrom
    return bool(seen_from >= SEEN_FROM and largest < LEAST_D)


def _odds(lines: SampleLines, found: Identification) -> tuple[float, bool]:
    """Odds that the first candidate is right with this wavelength, against an unknown type.

    Also whether the lattice is that of a known compound.
    """
    best = found.candidates[0]
    lattice, agrees = _lattice_odds(*lines.likeness((best.type, *best.merged)))
    # By the bundle itself: whoever knows many types is surer of one, whatever the lattice.
    score = found.further.unknown_alone if found.further else found.unknown_score
    unknown = float(np.clip(score, 1e-6, 1.0 - 1e-6))
    return (1.0 - unknown) / unknown * lattice, agrees


def _lattice_odds(cosine: FloatArray, log_scale: FloatArray) -> tuple[float, bool]:
    """How much the lattice speaks for a type, and whether it is a known compound's.

    Parameters
    ----------
    cosine, log_scale
        Likeness of each known compound at its best scale, and the logarithm of this, (n,).
    """
    if len(cosine) < _FEWEST:
        return 1.0, True
    moved = np.append(0.0, np.linspace(-_SCATTER, _SCATTER, _STEPS))
    near = np.abs(log_scale - moved[:, None]) < SAME_EDGES
    agrees = (near & (cosine >= NEARLY_AS_LIKE * cosine.max())).any(axis=1)
    chance = float(np.clip(agrees[1:].mean(), _LEAST_CHANCE, 1.0 - _LEAST_CHANCE))
    if agrees[0]:
        return ARE_KNOWN / chance, True
    return (1.0 - ARE_KNOWN) / (1.0 - chance), False


def _note(other: OtherTube) -> Note:
    best = other.answer.candidates[0]
    return Note(
        NoteCode.ANOTHER_TUBE,
        f"A Cu tube was assumed; with a {other.anode} tube this is a known pattern of {best.type}, "
        f"with a lattice of another size. If it was one, ask again with the anode {other.anode} "
        f'(--anode {other.anode}, anode="{other.anode}").',
    )

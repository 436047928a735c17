"""What a person should know about an answer: a code for programs and a text for people.

Programs look at the code, never at the text, so that a reworded sentence changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from crystinet.core.plain import printable


class NoteCode(StrEnum):
    """What a note is about, see docs/reference/notes.md; codes stay, texts may change."""

    # Of reading.
    ASSUMED_WAVELENGTH = "assumed-wavelength"
    TWO_THETA_CONVERTED = "two-theta-converted"
    POINTS_OUT_OF_REACH = "points-out-of-reach"
    POINTS_SORTED = "points-sorted"
    POINTS_AVERAGED = "points-averaged"
    POINTS_BELOW_ZERO = "points-below-zero"
    POINTS_NOT_MEASURED = "points-not-measured"
    COUNTING_TIMES_SCALED = "counting-times-scaled"
    ATTENUATION_UNDONE = "attenuation-undone"
    SCANS_LEFT_OUT = "scans-left-out"
    SCAN_TYPE_UNKNOWN = "scan-type-unknown"
    MEASUREMENT_NOT_COMPLETED = "measurement-not-completed"
    PERHAPS_CUT_OFF = "perhaps-cut-off"
    COLUMNS_GUESSED = "columns-guessed"
    READER_LEFT_OUT = "reader-left-out"
    READER_REMARK = "reader-remark"
    # Of preparing.
    SPIKES_REMOVED = "spikes-removed"
    COUNTS_RESTORED = "counts-restored"
    DEAD_POINTS_MASKED = "dead-points-masked"
    SATURATED = "saturated"
    MUCH_SATURATED = "much-saturated"
    PERHAPS_COMPRESSED = "perhaps-compressed"
    DIRECT_BEAM_MASKED = "direct-beam-masked"
    NO_PEAKS = "no-peaks"
    ONE_PEAK = "one-peak"
    ONE_HIGH_PEAK = "one-high-peak"
    SHORT_RANGE = "short-range"
    LOW_SIGNAL = "low-signal"
    # Of the answer.
    UNEXPLAINED_LINES = "unexplained-lines"
    DERIVATIVE = "derivative"
    PARENT_AS_WELL = "parent-as-well"
    TUBE_NOT_CONFIRMED = "tube-not-confirmed"
    ANOTHER_TUBE = "another-tube"


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that a person should know.

    Attributes
    ----------
    code
        What it is about.
    text
        A sentence or two.

    Examples
    --------
    >>> import crystinet
    >>> pattern = crystinet.Pattern.from_arrays([10.0, 10.1, 10.2], [1.0, 5.0, 1.0])
    >>> [note.code.value for note in pattern.notes]
    ['assumed-wavelength']
    >>> sorted(pattern.notes[0].to_dict())
    ['code', 'text']
    """

    code: NoteCode
    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", printable(self.text))  # it may quote a file

    def to_dict(self) -> dict[str, str]:
        """Code and text, as the JSON documents have them."""
        return {"code": self.code.value, "text": self.text}


#: Nothing to say.
NO_NOTES: tuple[Note, ...] = ()


def find_note(notes: Iterable[Note], code: NoteCode) -> Note | None:
    """The first note with a code; None where there is none."""
    return next((note for note in notes if note.code is code), None)


def texts_of(notes: Iterable[Note]) -> tuple[str, ...]:
    """Texts of the notes, in order, to be shown to a person."""
    return tuple(note.text for note in notes)

"""What a person should know about an answer: a code for programs and a text for people.

Programs look at the code, never at the text, so that a reworded sentence changes nothing.
"""

from dataclasses import dataclass
from enum import StrEnum


class NoteCode(StrEnum):
    """What a note is about; listed in docs/reference/notes.md. Codes stay, texts may change."""


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that a person should know.

    Attributes
    ----------
    code
        What it is about.
    text
        A sentence or two.
    """

    code: NoteCode
    text: str

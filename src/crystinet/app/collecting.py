"""Use case: keep patterns that are judged unknown, one by one, and name what stands for a group."""

from pathlib import Path

from crystinet.app.identify import Identifier
from crystinet.app.question import Question
from crystinet.app.unknowns import Collector, pattern_id
from crystinet.patterns.pattern import Pattern


class UnknownFolder:
    """A folder of unknown patterns that grows by single patterns.

    Parameters
    ----------
    folder
        As `crystinet.app.unknowns.Collector` makes it.
    model
        Folder of a bundle, or the name of one in the package; None takes its default.
    """

    def __init__(self, folder: Path, *, model: Path | None = None) -> None:
        self.folder = folder
        question = Question.of(top=10, model=model)
        collector = Collector(folder, Identifier(question).model)
        self._identifier = Identifier(
            question, observers=[lambda sample, answer: collector(sample, answer.identification)]
        )

    def add(self, pattern: Pattern) -> str:
        """Keep a pattern where the model calls it unknown; its id, or nothing where it does not.

        Raises
        ------
        InvalidPatternError
            It cannot be prepared.
        """
        self._identifier.answer(pattern)
        name = pattern_id(pattern)
        return name if self.has(name) else ""

    def has(self, name: str) -> bool:
        """Whether a pattern is in the folder, by its id."""
        return (self.folder / f"{name}.json").is_file()

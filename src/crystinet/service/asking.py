"""What a client asks about a pattern: text in, checked options out, and the ids of the answers."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Self

from crystinet.app.documents import FEWEST_CANDIDATES
from crystinet.app.question import FITTED, Question, start_options
from crystinet.core.errors import ConfigError
from crystinet.core.files import sha256_of_parts
from crystinet.core.plain import Document, plain
from crystinet.core.radiation import parse_wavelength

#: Longest name of a file that is kept.
_NAME_LENGTH = 200
#: Known compounds of a candidate, at most.
_MOST_NEAREST = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of ``identify``; checked when it is made.

    Attributes
    ----------
    wavelength
        In angstrom; None believes the file.
    elements
        Symbols of the elements of the sample, sorted; None where they are not known.
    range
        First and last 2theta that count, degrees.
    top
        Candidates that are wanted.
    nearest
        Known compounds of the first candidates.
    lattice
        Whether their lattices are estimated.
    fit
        Whether the first candidates are fitted to the whole pattern.
    formula
        Of the sample, where it is known: which types can hold it, and what sites may hold in a fit.
    beyond
        Whether the lattice is looked for where no type is found.
    column
        Name or number, from 1, of the column with the intensity, in tables that have several.
    model
        Name of one of the service's bundles.
    """

    wavelength: float | None = None
    elements: tuple[str, ...] | None = None
    range: tuple[float, float] | None = None
    top: int = FEWEST_CANDIDATES
    nearest: int = 0
    lattice: bool = False
    column: str | None = None
    model: str = "default"
    fit: bool = False
    formula: str | None = None
    beyond: bool = False

    @classmethod
    def of_texts(
        cls,
        *,
        wavelength: str | None = None,
        anode: str | None = None,
        elements: str | None = None,
        formula: str | None = None,
        range: str | None = None,
        top: int | None = None,
        nearest: int = 0,
        lattice: bool = False,
        column: str | None = None,
        model: str = "default",
        fit: bool = False,
        beyond: bool = False,
    ) -> Self:
        """Options of what people type, as on the command line.

        Raises
        ------
        ConfigError, InvalidWavelengthError
            A value is none.
        """
        question = Question.of(
            wavelength_angstrom=None if wavelength is None else parse_wavelength(wavelength),
            anode=anode,
            elements=None if elements is None else elements.replace(",", " ").split(),
            formula=formula,
            two_theta_range=None if range is None else _two_numbers(range),
            column=column,
        )
        return cls(
            wavelength=question.wavelength_angstrom,
            elements=question.elements,
            range=question.two_theta_range,
            top=max(FEWEST_CANDIDATES, FEWEST_CANDIDATES if top is None else top),
            nearest=_at_most(nearest, _MOST_NEAREST, name="nearest"),
            lattice=lattice,
            column=question.column,
            model=model,
            fit=fit,
            formula=question.formula,
            beyond=beyond,
        )

    @property
    def takes_seconds(self) -> bool:
        """Whether an answer takes so long that a job has to work it out."""
        return self.fit or self.beyond

    @classmethod
    def of_dict(cls, document: Document) -> Self:
        """Options that `to_dict` gave."""
        given = dict(document)
        for name in ("elements", "range"):
            given[name] = None if given[name] is None else tuple(given[name])
        return cls(**given)

    @classmethod
    def of_json(cls, text: str) -> Self:
        """Options that `to_json` wrote."""
        return cls.of_dict(json.loads(text))

    def to_dict(self) -> Document:
        """Plain data, for clients."""
        return plain(asdict(self))  # type: ignore[no-any-return]  # a table stays one

    def to_json(self) -> str:
        """One text for equal options."""
        return json.dumps(self.to_dict(), sort_keys=True)

    def question(self, model: Path | None) -> Question:
        """The question that a use case understands; ``model`` is what the name stands for."""
        return Question.of(
            wavelength_angstrom=self.wavelength,
            elements=self.elements,
            two_theta_range=self.range,
            top=self.top,
            column=self.column,
            model=model,
            starts=start_options(nearest=self.nearest, lattice=self.lattice),
            formula=self.formula,
            fits=FITTED if self.fit else 0,
            beyond=None if self.beyond else False,
        )


def ask_id(*, sha256: str, file: str, asked: Asked, model_id: str, index_id: str) -> str:
    """Hash of all that the answers to a file rest on: its bytes and name, options and bundle."""
    parts = (sha256, file, asked.to_json(), model_id, index_id)
    return sha256_of_parts(f"{len(part)}:{part};".encode() for part in parts)


def result_id(ask: str, number: int) -> str:
    """Id of the answer for one pattern of a file, counted from 1."""
    return sha256_of_parts([f"{ask}#{number}".encode()])


def file_name(text: str | None, *, usual: str = "upload") -> str:
    """A client's name of a file, without folders, control characters and what is too long.

    It is shown and never used on a disk.
    """
    name = PureWindowsPath(PurePosixPath(text or "").name).name
    name = "".join(c for c in name if c.isprintable()).strip()
    if len(name) > _NAME_LENGTH:  # the suffix says something about the format
        suffix = PurePosixPath(name).suffix[:20]
        name = name[: _NAME_LENGTH - len(suffix)] + suffix
    return name or usual


def _two_numbers(text: str) -> tuple[float, float]:
    try:
        first, last = (float(part) for part in text.split(","))
    except ValueError:
        raise ConfigError(
            f"range is {text[:60]!r}, not two numbers.", hint="Separate them by a comma: 5,65."
        ) from None
    return first, last


def _at_most(value: int, most: int, *, name: str) -> int:
    if not 0 <= value <= most:
        raise ConfigError(f"{name} is {value}.", hint=f"Give 0 to {most}.")
    return value

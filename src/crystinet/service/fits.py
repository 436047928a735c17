"""Fits of the whole pattern of a kept answer: worked out by a job, then kept with it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlencode

from crystinet.app.documents import fit_curves, fit_document
from crystinet.app.handover import fit_cif
from crystinet.app.reading import pattern_in
from crystinet.app.refine import check_fit, refine
from crystinet.app.told import told_in_short
from crystinet.core.plain import Document
from crystinet.core.progress import Progress
from crystinet.service.asking import Asked
from crystinet.service.state.results import Results, StoredResult

#: Kind of what is worked out from an answer.
FIT = "fit"


@dataclass(frozen=True, slots=True)
class FitAsked:
    """What is fitted.

    Attributes
    ----------
    type
        Structure type; None takes the one that the answer names first, or of several phases what
        is found.
    formula
        Of the sample, where it is known; None takes that of the question.
    phases
        How many the sample has.
    """

    type: str | None = None
    formula: str | None = None
    phases: int = 1

    def checked(self, model: Path | None = None) -> Self:
        """The same, refused where no pattern could be fitted so.

        Parameters
        ----------
        model
            The bundle that answered, which may have been taught types of its own.

        Raises
        ------
        ConfigError, UnknownTypeError
            As `crystinet.app.refine.check_fit`.
        """
        check_fit(type=self.type, formula=self.formula, phases=self.phases, model=model)
        return self

    @classmethod
    def of_dict(cls, options: Document) -> Self:
        """What `to_dict` gave."""
        return cls(**options)

    def to_dict(self) -> Document:
        """Plain data: the options of the job."""
        return asdict(self)

    @classmethod
    def of_key(cls, key: str) -> Self:
        """What has this `key`."""
        return cls.of_dict(json.loads(key))

    @property
    def query(self) -> str:
        """The same as parameters of an address."""
        given = {name: value for name, value in self.to_dict().items() if value is not None}
        return urlencode(given)

    @property
    def key(self) -> str:
        """Tells fits of one answer apart."""
        return json.dumps(self.to_dict(), sort_keys=True)


def fit_of(
    result: StoredResult,
    content: bytes,
    wanted: FitAsked,
    *,
    model: Path | None,
    progress: Progress,
) -> Document:
    """Fit the pattern of an answer: the document of ``refine --json``, the curves, and a CIF.

    Raises
    ------
    CrystinetError
        As `crystinet.refine`.
    """
    asked = Asked.of_json(result.options)
    pattern = pattern_in(
        content, name=result.file, question=asked.question(None), number=result.number
    )
    # With several phases a formula of the question may be that of any one of them.
    formula = wanted.formula or (asked.formula if wanted.phases == 1 else None)
    found = refine(
        pattern,
        type=wanted.type or (_first(result) if wanted.phases == 1 else None),
        formula=formula,
        elements=None if formula else asked.elements,
        phases=wanted.phases,
        two_theta_range=asked.range,
        model=model,
        progress=progress,
    )
    return {
        "document": fit_document(result.document["file"], found),
        "curves": fit_curves(found),
        "cif": fit_cif(found),
    }


def _first(result: StoredResult) -> str:
    return told_in_short(result.document).names[0]


def kept_fits(results: Results, result: StoredResult) -> list[tuple[FitAsked, Document]]:
    """All fits of an answer that are kept, the one that is worth most first.

    That is one whose formula somebody gave, else one of the type that is named first.
    """
    best = _first(result)
    asked = [FitAsked.of_key(key) for key in results.derived_keys(result.id, FIT)]
    asked.sort(key=lambda each: (each.formula is None, each.type not in (best, None)))
    kept = [(each, results.derived(result.id, FIT, each.key)) for each in asked]
    return [(each, document) for each, document in kept if document is not None]

"""Shapes of what goes in and out, for the description of the API (/openapi.json).

The documents of the command line are sent as they are; their shapes name what a client can rely on.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Open(BaseModel):
    """More fields may come with a later version."""

    model_config = ConfigDict(extra="allow")


class ProblemDetails(_Open):
    """Why a request was refused (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str = Field(description="What was wrong and where.")
    code: str = Field(description="What kind of error it is, for programs.")
    hint: str = Field(description="What can be done about it.")


class ModelId(_Open):
    """Which bundle answered."""

    id: str = Field(description="SHA-256 of its manifest.")
    version: str


class ErrorEntry(_Open):
    """Why one file failed."""

    code: str
    message: str
    hint: str


class CandidateEntry(_Open):
    """A structure type in the ranking."""

    type: str
    number: int
    probability: float
    reliability: float


class FurtherTypeEntry(_Open):
    """A type beyond those of the model."""

    type: str
    probability: float


class FurtherEntry(_Open):
    """Types beyond those of the model, from another one."""

    known: bool
    sentence: str
    types: list[FurtherTypeEntry]


class AnswerEntry(_Open):
    """What became of one pattern; an answer where ``ok``, else an error."""

    file: str
    ok: bool
    id: str | None = Field(default=None, description="Of the result, where ok.")
    verdict: Literal["known", "uncertain", "unknown"] | None = None
    unknown_score: float | None = None
    candidates: list[CandidateEntry] | None = Field(default=None, description="The best first.")
    further: FurtherEntry | None = Field(
        default=None, description="Types beyond those of the model that it may be of."
    )
    error: ErrorEntry | None = None


class IdentifyDocument(_Open):
    """The document of `crystinet identify --json`, with ``id`` in each answer."""

    model: ModelId
    results: list[AnswerEntry]


class ResultDocument(_Open):
    """A kept answer: the model, and the entry of the pattern."""

    id: str
    model: ModelId
    created: float = Field(description="Seconds since 1970, UTC.")
    options: dict[str, Any]
    result: AnswerEntry


class ResultList(_Open):
    """Kept answers, the newest first."""

    results: list[ResultDocument]


class PatternDocument(_Open):
    """A powder pattern; angles in degrees 2theta."""

    file: str
    wavelengths_angstrom: list[float]
    weights: list[float]
    two_theta: list[float | None]
    intensity: list[float | None]


class ExplanationDocument(_Open):
    """The document of `crystinet explain --json`."""

    model: ModelId
    file: str
    rank: int
    curves: dict[str, list[float | None]]


class FitDocument(_Open):
    """The document of `crystinet refine --json`, with the curves of the fit."""

    file: str
    phases: list[dict[str, Any]]
    rwp: float | None
    curves: dict[str, list[float | None]]


class BeyondDocument(_Open):
    """The lattice from the lines alone: `beyond` of `crystinet identify --beyond --json`."""

    system: str | None = Field(description="Of the first cell, where that is to be believed.")
    sentence: str
    complete: bool = Field(description="Whether the search went to its end.")
    cells: list[dict[str, Any]] = Field(description="The best first.")
    space_groups: list[dict[str, Any]] = Field(
        description="Of the first cell, by its absences and by networks, with probabilities."
    )
    nearest_derivative: dict[str, Any] | None = Field(
        default=None,
        description="The relative of a known type that pattern and cell are closest to.",
    )
    networks_say: dict[str, Any] | None = Field(
        default=None,
        description="`system` and `probability`, where networks name another system.",
    )


class LinesDocument(_Open):
    """Lines of candidates, as they lie on a pattern."""

    candidates: list[dict[str, Any]]


class StructureDocument(_Open):
    """A structure of a type, its cell filled with atoms."""

    type: str
    name: str = Field(description="Of the compound.")
    origin: Literal["fit", "compound", "reference"]
    source: str = Field(description="Of a known compound: database and name of the entry.")
    cell: list[float]
    basis: list[list[float]] = Field(description="Edges of the cell, vectors in angstrom.")
    atoms: list[dict[str, Any]] = Field(
        description="Main `element`, `species` with occupancies, `xyz` in angstrom; those on the "
        "boundary are on each face, edge or corner."
    )
    bonds: list[list[int]] = Field(description="Pairs of atoms, numbered from 0.")


class AssignDocument(_Open):
    """The document of `crystinet assign --json`."""

    results: list[dict[str, Any]]


class TypesDocument(_Open):
    """The document of `crystinet types --json`."""

    types: list[dict[str, Any]]


class ModelEntry(_Open):
    """A bundle of the service."""

    name: str = Field(description="For the parameter ``model``.")
    id: str
    version: str
    default: bool
    learned: bool = Field(description="By a job of this service: it can be deleted.")
    types: list[dict[str, Any]] = Field(
        description="All classes in the order of the bundle, which never changes for this id: so "
        "that answers become vectors of one shape."
    )


class ModelsDocument(_Open):
    """The bundles of the service."""

    models: list[ModelEntry]


class UnknownGroup(_Open):
    """Unknown patterns that are alike."""

    id: str = Field(description="Of the pattern that stands for the group.")
    name: str | None = Field(description="That somebody gave it.")
    likeness: float
    nearest: list[str] = Field(description="Known types that were named most often.")
    members: list[dict[str, Any]]


class UnknownsDocument(_Open):
    """Unknown patterns in groups, the largest first."""

    groups: list[UnknownGroup]
    resolved: list[dict[str, Any]] = Field(description="That the model of today knows.")
    problems: int = Field(description="Patterns that cannot be read any more.")


class GroupComparison(_Open):
    """Whether the lines of a structure are those of a group of unknown patterns."""

    id: str = Field(description="Of the pattern that stands for the group.")
    members: int = Field(description="Patterns of the group; 10 of them are compared at most.")
    verified: str | None = Field(
        description="yes, doubtful or no, as most patterns say; null where none could be compared."
    )
    text: str = Field(description="The same in a sentence.")
    patterns: list[dict[str, Any]] = Field(
        description="`verified` with `reasons`, `explained`, `confirmed` and `cell` for each."
    )


class GroupName(BaseModel):
    """A name for a group."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")


class UploadEntry(_Open):
    """A file that is kept."""

    upload: str = Field(description="SHA-256 of its bytes.")
    file: str
    size: int


class UploadsDocument(_Open):
    """Files that are kept for jobs."""

    uploads: list[UploadEntry]


class JobInputEntry(BaseModel):
    """An input of a job: an upload, or a result of this service. Never a path."""

    model_config = ConfigDict(extra="forbid")

    upload: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    result: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    file: str | None = Field(default=None, max_length=1000, description="Name of an uploaded file.")


class JobOptions(BaseModel):
    """Options of a job; which of them count depends on its kind."""

    model_config = ConfigDict(extra="forbid")

    wavelength: str | float | None = Field(default=None, description="batch: as in identify.")
    anode: str | None = None
    elements: str | None = None
    range: str | None = None
    top: int | None = Field(default=None, ge=1, le=10_000)
    nearest: int = Field(default=0, ge=0, le=50)
    lattice: bool = False
    fit: bool = Field(default=False, description="batch: also fit the first three candidates.")
    beyond: bool = Field(
        default=False, description="batch: also find the lattice where the type is unknown."
    )
    column: str | int | None = None
    model: str | None = None
    type: str | None = Field(
        default=None,
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="explain, refine: this candidate, not the answer; learn: name of the new type.",
    )
    formula: str | None = Field(
        default=None, max_length=200, description="batch, refine: of the sample, where it is known."
    )
    phases: int = Field(default=1, ge=1, le=5, description="refine: how many the sample has.")
    score: Literal["logit", "share"] = "logit"
    patterns: int | None = Field(
        default=None, ge=1, le=1_000_000, description="learn: so many are drawn to train on."
    )
    seed: int | None = Field(default=None, ge=0, le=2**32 - 1, description="learn.")


class JobRequest(BaseModel):
    """A job to be done."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["batch", "explain", "refine", "learn"]
    inputs: list[JobInputEntry] = Field(min_length=1)
    options: JobOptions = JobOptions()


class JobDocument(_Open):
    """A job as it stands."""

    id: str
    kind: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    cancelling: bool
    created: float
    started: float | None
    finished: float | None
    total: int
    done: int
    failed: int
    stage: str
    fraction: float | None
    options: dict[str, Any]
    error: ErrorEntry | None


class JobList(_Open):
    """Jobs, the newest first."""

    jobs: list[JobDocument]


class Health(_Open):
    """Whether the service lives, or is ready."""

    status: str

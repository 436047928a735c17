"""How a service is run: where it listens, what it keeps, what it refuses."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from crystinet.app.models import further_bundles, id_of_bundle, pinned_bundle
from crystinet.core.arguments import as_count
from crystinet.core.errors import ConfigError
from crystinet.service.learned import learned_models

DAY_S = 86_400.0
#: Addresses that only this machine reaches.
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
#: File in the folder of the service that holds all of its state.
STATE_FILE = "service.sqlite"
#: Digits of the id of a bundle that name it, at least; as on the command line.
SHORTEST_PIN = 8
#: Each process that identifies takes 200 MB of memory: more of them only where somebody says so.
MOST_BY_DEFAULT = 4


@dataclass(frozen=True, slots=True)
class Limits:
    """What a service takes before it refuses.

    Attributes
    ----------
    body_bytes
        Of one request.
    files
        Files of one request of several parts.
    job_inputs
        Inputs of one job.
    queued_jobs
        Jobs that wait; one more is refused.
    waiting
        Requests that wait for an answer; one more is refused.
    connections
        Open at a time.
    idle_s
        Longest silence of a client that has something to say, seconds.
    least_bytes_per_s
        A slower body is given up after the first ``idle_s``.
    """

    body_bytes: int = 100 * 2**20
    files: int = 50
    job_inputs: int = 10_000
    queued_jobs: int = 256
    waiting: int = 128
    connections: int = 512
    idle_s: float = 20.0
    least_bytes_per_s: float = 1_000.0


@dataclass(frozen=True, slots=True)
class Retention:
    """What is kept, and for how long; what is over it goes, the oldest first.

    Attributes
    ----------
    days
        Age of results and of finished jobs. Uploads that no result uses are kept for a day.
    results
        Number of results.
    bytes
        Of uploads and documents together.
    """

    days: float = 90.0
    results: int = 100_000
    bytes: int = 20 * 2**30


@dataclass(frozen=True, slots=True)
class Learning:
    """What jobs that teach a bundle a type use, besides the CIF files.

    Attributes
    ----------
    corpus
        Store of compounds of the types that the bundle knows; None takes the catalogue's
        reference structures.
    settings
        TOML file of the fields of an ``ExtensionConfig``; None takes the default ones.

    Raises
    ------
    ConfigError
        There is no such file.
    """

    corpus: Path | None = None
    settings: Path | None = None

    def __post_init__(self) -> None:
        for path in (self.corpus, self.settings):
            if path is not None and not path.is_file():
                raise ConfigError(f"There is no file {path}.", hint="Check the spelling.")


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """How a service is run; checked when it is made.

    Attributes
    ----------
    data
        Folder of its state.
    host, port
        Where it listens.
    tokens
        File of tokens; None asks for none, which only an address of this machine may.
    models
        Bundles that clients may name, by that name; the first is what they get without a name. An
        empty mapping offers those of the package, its default as "default".
    further
        Those of the package that are offered besides, and loaded when somebody asks for them.
    allowed_hosts
        Names that clients may call the service by, beside those of this machine and ``host``.
    processes
        That identify, one pattern at a time each: the service's own and helpers, which are started
        when something waits; 0 takes as many as there are cores, `MOST_BY_DEFAULT` at most.
    workers
        Processes for short jobs (explain, refine), and as many for long ones (batch, learn).
    cluster
        Address of a Dask scheduler that batches are handed to.
    limits, retention, learning
        See there.

    Raises
    ------
    ConfigError
        It would listen to other machines without tokens, or a number is impossible.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 8017
    tokens: Path | None = None
    models: Mapping[str, Path | None] = field(default_factory=dict)
    allowed_hosts: frozenset[str] = frozenset()
    processes: int = 0
    workers: int = 1
    cluster: str | None = None
    limits: Limits = Limits()
    retention: Retention = Retention()
    learning: Learning = Learning()
    further: Mapping[str, Path | None] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        as_count(self.port, name="port", least=0)
        as_count(self.workers, name="workers")
        if self.host not in LOOPBACK and self.tokens is None:
            raise ConfigError(
                f"{self.host} can be reached by other machines, and no tokens are asked for.",
                hint="Make a token (crystinet service token FILE NAME), and give --tokens FILE; "
                "or leave --host out, and only this machine reaches the service.",
            )
        as_count(self.processes, name="processes", least=0)
        usual = min(usable_cores(), MOST_BY_DEFAULT)
        object.__setattr__(self, "processes", self.processes or usual)
        if not self.models:
            object.__setattr__(self, "further", further_bundles())
        object.__setattr__(self, "models", dict(self.models) or {"default": None})

    @property
    def state(self) -> Path:
        """The SQLite file."""
        return self.data / STATE_FILE

    @property
    def default_model(self) -> str:
        """Name of the bundle that clients get who name none."""
        return next(iter(self.models))

    @property
    def given(self) -> dict[str, Path | None]:
        """Bundles that clients may name from the start on."""
        return {**self.models, **self.further}

    @property
    def offered(self) -> dict[str, Path | None]:
        """All bundles that clients may name: those that were given, then those learned here."""
        given, learned = self.given, learned_models(self.data)
        return {**given, **{n: p for n, p in learned.items() if n not in given}}

    def model_of(self, name: str | None) -> tuple[str, Path | None]:
        """Name and bundle that a client means; a name, never a path.

        Parameters
        ----------
        name
            "default", or with the beginning of the bundle's id "default@5be5fa59a45e": then the
            bundle answers alone, as everywhere.

        Raises
        ------
        ConfigError
            The service has no such model, or has it with another id.
        """
        wanted, at, pin = (self.default_model if name is None else name).partition("@")
        if at:
            path = self.model_of(wanted)[1]
            here, pin = id_of_bundle(path) or "", pin.lower()
            if len(pin) < SHORTEST_PIN:
                raise ConfigError(
                    f"{pin!r} is too short for the id of a bundle.",
                    hint=f"Give its first {SHORTEST_PIN} digits or more: {wanted}@{here[:12]}.",
                )
            if not here.startswith(pin):
                raise ConfigError(
                    f"The model {wanted} of this service has the id {here[:12]}, not {pin[:64]}.",
                    hint="Another bundle gives other answers; without the id the one here is used.",
                )
            return f"{wanted}@{pin}", pinned_bundle(path, here)
        if wanted in (given := self.given):
            return wanted, given[wanted]
        offered = self.offered
        if wanted not in offered:
            raise ConfigError(
                f"This service has no model {wanted[:60]!r}.",
                hint=f"It has: {', '.join(offered)}.",
            )
        return wanted, offered[wanted]


def usable_cores() -> int:
    """Cores that this process may use."""
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1

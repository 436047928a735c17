"""All parts of a running service, and how a route gets at them."""

import logging
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from crystinet.core.errors import CrystinetError
from crystinet.service.desk import Desk
from crystinet.service.guard import need_scope
from crystinet.service.jobs.crew import Crew
from crystinet.service.learned import clear, forget, unfinished_folders
from crystinet.service.memory import give_back
from crystinet.service.metrics import Metrics
from crystinet.service.problems import Refusal
from crystinet.service.settings import ServiceSettings
from crystinet.service.state.backups import unpack
from crystinet.service.state.database import Database
from crystinet.service.state.leases import Leases
from crystinet.service.state.queue import Queue
from crystinet.service.state.results import Results
from crystinet.service.state.retention import prune
from crystinet.service.tokens import Caller, Tokens
from crystinet.service.unknowns import Unknowns

#: How often what is over the limits is deleted, seconds.
_TIDY_S = 3600.0

_LOG = logging.getLogger(__name__)


class Office:
    """The parts of a service.

    Parameters
    ----------
    settings
        Of the service.

    Raises
    ------
    ConfigError, FileMissingError, BundleError
        The folder, the tokens or a bundle cannot be used.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        self.settings = settings
        self.tokens = None if settings.tokens is None else Tokens(settings.tokens)
        self.database = Database(settings.state)
        unpack(self.database, settings.data)
        self.results, self.queue = Results(self.database), Queue(self.database)
        self.desk = Desk(settings, self.results)
        self.unknowns = Unknowns(settings, self.results)
        self.crew = Crew(settings, self.queue, Leases(self.database))
        self.metrics = Metrics()
        self.ready = False
        self._closing = threading.Event()
        #: Says whether the server is about to end: streams end then too.
        self.stopping: Callable[[], bool] = lambda: False
        #: Told when everything is loaded.
        self.when_ready: Callable[[], None] = lambda: None

    def open(self) -> None:
        """Load the bundles and begin with what waits."""
        for name in self.settings.models:
            self.desk.identifier(name)
        self.crew.start()
        threading.Thread(target=self._tidy, name="tidy", daemon=True).start()
        self.ready = True
        self.when_ready()
        give_back()
        self.crew.get_ready()  # a process more, which would only slow down who loads the bundles

    def forget_model(self, name: str) -> None:
        """Delete a model that this service has learned; what was answered with it stays.

        Raises
        ------
        Refusal
            404: there is no such model. 409: it was not learned here, or a job needs it.
        """
        if name in self.settings.given:
            raise Refusal(
                409,
                f"The model {name!r} was given to the service when it was started.",
                hint="Start it without the model; only what was learned here can be deleted.",
            )
        if self.queue.uses(name):
            raise Refusal(409, f"A job that is not finished uses the model {name[:60]!r}.")
        if not forget(self.settings.data, name):
            raise Refusal(
                404, f"This service has learned no model {name[:60]!r}.", hint="See /models."
            )
        self.unknowns.forget(name)
        self.desk.forget_models()

    def _tidy(self) -> None:
        """Delete what is over the limits, now and then."""
        while True:
            try:
                prune(self.database, self.settings.retention)
                left = unfinished_folders(self.settings.data)  # before it is known what goes on
                clear(left, going_on=self.queue.going_on("learn"))
            except (CrystinetError, sqlite3.Error) as error:  # the next time may do
                _LOG.warning("Tidying up failed: %s", error)
            if self._closing.wait(_TIDY_S):
                return

    def close(self) -> None:
        """Put everything away."""
        self.ready = False
        self._closing.set()
        self.crew.stop()
        self.desk.close()
        self.database.close()


async def office_of(request: Request) -> Office:
    """The parts of the service that a request came to.

    Asynchronous as all that only looks something up: else each takes a thread for a moment.
    """
    office: Office = request.app.state.office
    return office


def _caller(scope: str) -> Callable[[Request], Awaitable[Caller]]:
    async def check(request: Request) -> Caller:
        caller: Caller = request.scope["state"]["caller"]
        need_scope(caller, scope)
        return caller

    return check


InOffice = Annotated[Office, Depends(office_of)]
Reader = Annotated[Caller, Depends(_caller("read"))]
Submitter = Annotated[Caller, Depends(_caller("submit"))]
Admin = Annotated[Caller, Depends(_caller("admin"))]

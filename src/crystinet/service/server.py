"""A running server: uvicorn with limits of our own, and a graceful end."""

import asyncio
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from crystinet.app.models import limit_threads
from crystinet.core.errors import ConfigError
from crystinet.service.application import create_app
from crystinet.service.memory import share_heaps
from crystinet.service.settings import ServiceSettings

#: Open requests are given this time when the service ends, seconds.
_GRACE_S = 5
#: The head of a request is complete within this time, or the connection is closed, seconds.
_HEAD_S = 15.0
#: Connections that wait to be taken.
_BACKLOG = 512
#: The thread that speaks HTTP and those that hand files to helpers wait so long for one that
#: computes, seconds. Python's own 5 ms, some times a request, leave helpers without work.
_SWITCH_S = 0.0005
#: Bytes of the head of a request.
_HEAD_BYTES = 16 * 2**10


class ImpatientProtocol(H11Protocol):
    """HTTP, where a client that does not finish the head of a request loses its connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to count the time."""
        super().connection_made(transport)
        self._patience = asyncio.get_running_loop().call_later(_HEAD_S, self._give_up)

    def data_received(self, data: bytes) -> None:
        """Count anew where a request begins after another one."""
        super().data_received(data)
        if self.cycle is not None:
            self._patience.cancel()
            if self.cycle.response_complete:
                self._patience = asyncio.get_running_loop().call_later(_HEAD_S, self._give_up)

    def _give_up(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count no more."""
        self._patience.cancel()
        super().connection_lost(exc)


class Server(uvicorn.Server):
    """A server that a signal ends in good order: that is no failure."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let SIGINT and SIGTERM end the server, and nothing else."""
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def bound_socket(settings: ServiceSettings) -> socket.socket:
    """The socket where the service listens, so that a taken port is told before anything is loaded.

    Raises
    ------
    ConfigError
        It cannot be had.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(_BACKLOG)  # who comes before all is loaded waits
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"Cannot listen on {settings.host}, port {settings.port}: {error.strerror}.",
            hint="Another program may have the port: choose another one with --port.",
        ) from error
    return listener


def serve(settings: ServiceSettings, *, started: Callable[[str], None]) -> None:
    """Run a service until SIGINT or SIGTERM.

    Parameters
    ----------
    settings
        Of the service.
    started
        Told the address when the service is ready.

    Raises
    ------
    CrystinetError
        It cannot be started.
    """
    listener = bound_socket(settings)
    share_heaps()
    sys.setswitchinterval(_SWITCH_S)
    if settings.processes > 1:
        limit_threads(1)
    try:
        app = create_app(settings)
        config = uvicorn.Config(
            app,
            http=ImpatientProtocol,
            ws="none",
            log_level="warning",
            access_log=False,
            server_header=False,
            backlog=_BACKLOG,
            limit_concurrency=settings.limits.connections,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=_GRACE_S,
            h11_max_incomplete_event_size=_HEAD_BYTES,
            proxy_headers=False,
        )
        server = Server(config)
        office = app.state.office
        office.stopping = lambda: server.should_exit
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        office.when_ready = lambda: started(f"http://{host}:{listener.getsockname()[1]}/")
        server.run(sockets=[listener])
    finally:
        listener.close()

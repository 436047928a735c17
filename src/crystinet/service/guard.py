"""What stands before every address: who asks, from where, and how much at a time.

Plain ASGI, so that limits hold while bytes arrive and streams are not buffered.
"""

import asyncio
import ipaddress
import logging
import socket
import time
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crystinet.core.errors import ConfigError, CrystinetError
from crystinet.service.problems import Refusal, problem_response
from crystinet.service.settings import Limits, ServiceSettings
from crystinet.service.tokens import LOCAL, Caller, Tokens

#: Cookie with a token, for browsers: they send no header with a link or an event stream.
TOKEN_COOKIE = "crystinet-token"  # noqa: S105 (a name)
#: Addresses that anybody may ask who reaches the service: whether it lives, and how to log in.
_OPEN = frozenset({"/healthz", "/readyz", "/login"})
_OPEN_FOLDER = "/static/"

#: The rest of the body of a refused request is taken: so long, seconds, and so many bytes.
_LINGER_S, _LINGER_BYTES = 2.0, 2**26
#: Addresses that stand for all of the machine: it is not called by them.
_ALL_ADDRESSES = frozenset({"0.0.0.0", "::"})  # noqa: S104

_LOG = logging.getLogger(__name__)

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """Checks Host, Origin and token, counts the body, and adds the headers of safety."""

    def __init__(self, app: ASGIApp, settings: ServiceSettings, tokens: Tokens | None) -> None:
        self._app, self._limits, self._tokens = app, settings.limits, tokens
        self._hosts = frozenset(
            {"localhost", "127.0.0.1", "::1", settings.host.lower()}
            | {name.lower() for name in settings.allowed_hosts}
        )
        self._any_address = settings.host in _ALL_ADDRESSES
        if self._any_address:
            self._hosts |= {socket.gethostname().lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answered = False
        headers = Headers(scope=scope)
        body = Body(receive, headers, self._limits)

        async def send_safely(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                sent = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    sent.setdefault(name, value)
                if not body.whole:  # nobody reads what is left of it
                    sent["Connection"] = "close"
            elif not body.whole and not message.get("more_body", False):
                await send({**message, "more_body": True})
                await body.run_out()
                message = {"type": "http.response.body"}
            await send(message)

        try:
            body.check_length()
            self._check_host(headers)
            self._check_origin(scope["method"], headers)
            scope.setdefault("state", {})["caller"] = self._caller(scope["path"], headers)
            await self._app(scope, body.receive, send_safely)
        except CrystinetError as error:
            if answered:
                raise
            await _response_to(scope, headers, error)(scope, receive, send_safely)
        except asyncio.CancelledError:  # by the server, which ends and waits no longer
            if not answered:
                refusal = Refusal(503, "The service ends.", hint="Ask again when it runs again.")
                await problem_response(refusal)(scope, receive, send_safely)

    def _check_host(self, headers: Headers) -> None:
        """Refuse other names than ours: somebody else's name may lead to this machine.

        An address is nobody's name, so one of ours that we listen to may stand there.
        """
        host = headers.get("host", "")
        name = _name_of(host)
        known = name in self._hosts or (self._any_address and _is_address(name))
        if len(headers.getlist("host")) > 1 or not known:
            raise Refusal(421, f"This service is not called {host[:80]!r}.")

    def _check_origin(self, method: str, headers: Headers) -> None:
        """Refuse what a page of another origin sends."""
        origin = headers.get("origin")
        if origin is not None:
            parts = urlsplit(origin)
            if parts.scheme not in ("http", "https") or parts.netloc != headers["host"]:
                raise Refusal(
                    403,
                    f"A page of {origin[:80]!r} may not ask this service.",
                    hint="Use the page of the service itself, or a program.",
                )
        elif method not in _SAFE and headers.get("sec-fetch-site", "none") not in (
            "none",
            "same-origin",
        ):
            raise Refusal(
                403,
                "A page of another site may not ask this service.",
                hint="Use the page of the service itself, or a program.",
            )

    def _caller(self, path: str, headers: Headers) -> Caller:
        if self._tokens is None:
            return LOCAL
        token = token_of(headers)
        caller = None if token is None else caller_of(self._tokens, token)
        if caller is not None:
            return caller
        if path in _OPEN or path.startswith(_OPEN_FOLDER):
            return Caller("nobody", frozenset())
        raise Refusal(401, "This service needs a token." if token is None else "No such token.")


def _response_to(scope: Scope, headers: Headers, error: CrystinetError) -> Response:
    """The refusal; a browser that opens a page without a token is sent where it can show one."""
    opens_page = scope["method"] == "GET" and "text/html" in headers.get("accept", "")
    if opens_page and isinstance(error, Refusal) and error.status == 401:
        return RedirectResponse("/login", status_code=303)
    return problem_response(error)


def token_of(headers: Headers) -> str | None:
    """The token that a request carries, in its header or, from a browser, in its cookie."""
    kind, _, value = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(TOKEN_COOKIE)
    except CookieError:
        return None
    return None if cookie is None else cookie.value


def caller_of(tokens: Tokens, token: str) -> Caller | None:
    """Who has a token; None for one that is not known.

    Raises
    ------
    Refusal
        503: the file of tokens is gone or broken, which is no fault of who asks.
    """
    try:
        return tokens.caller_of(token)
    except ConfigError as error:
        _LOG.error("No token can be checked: %s", error.message)
        raise Refusal(
            503,
            "The service cannot check tokens at the moment.",
            hint="Whoever runs it finds the reason in its log.",
        ) from error


def need_scope(caller: Caller, scope: str) -> None:
    """Refuse a caller whose token does not allow something.

    Raises
    ------
    Refusal
        403.
    """
    if scope not in caller.scopes:
        raise Refusal(403, f"The token {caller.name!r} does not allow to {_MEANING[scope]}.")


_MEANING = {"read": "look at answers", "submit": "ask", "admin": "delete, name or teach"}


class Body:
    """The body of a request, counted and timed as it arrives; ``whole`` when all of it is there."""

    def __init__(self, receive: Receive, headers: Headers, limits: Limits) -> None:
        self._receive, self._limits = receive, limits
        self._got, self._started, self._ended = 0, time.monotonic(), False
        self._told = headers.get("content-length", "0")
        self.whole = self._told == "0" and "transfer-encoding" not in headers

    def check_length(self) -> None:
        """Refuse a body that says itself that it is too large.

        Raises
        ------
        Refusal
            413.
        """
        if self._told.isdecimal() and int(self._told) > self._limits.body_bytes:
            raise _too_large(self._limits)

    async def receive(self) -> Message:
        """The next part of it.

        Raises
        ------
        Refusal
            413: it is too large. 408: it comes too slowly, or not at all.
        """
        if self._ended:  # only whether the client is still there
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), self._limits.idle_s)
        except TimeoutError:
            raise Refusal(408, f"Nothing came for {self._limits.idle_s:g} seconds.") from None
        self._got += len(message.get("body", b""))
        self._ended = self.whole = not message.get("more_body", False)
        if self._got > self._limits.body_bytes:
            raise _too_large(self._limits)
        spent = time.monotonic() - self._started
        least = (spent - self._limits.idle_s) * self._limits.least_bytes_per_s
        if not self.whole and self._got < least:
            raise Refusal(408, f"Only {self._got} bytes came in {spent:.0f} s.")
        return message

    async def run_out(self) -> None:
        """Take what is left of it, for a while, behind the answer.

        A connection that is closed over bytes that nobody has read is reset, and a client that is
        still sending never sees the answer. That the service ends ends it too.
        """
        left = _LINGER_BYTES
        with suppress(TimeoutError, asyncio.CancelledError):
            async with asyncio.timeout(_LINGER_S):
                while not self.whole and left > 0:
                    message = await self._receive()
                    if message["type"] == "http.disconnect":
                        return
                    left -= len(message.get("body", b""))
                    self._ended = self.whole = not message.get("more_body", False)


def _too_large(limits: Limits) -> Refusal:
    return Refusal(413, f"The request is larger than {limits.body_bytes / 2**20:g} MB.")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _name_of(host: str) -> str:
    """The name in a Host header, without the port: "[::1]:8017" is "::1"."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()

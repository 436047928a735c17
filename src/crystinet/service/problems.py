"""Errors over HTTP: problem details (RFC 9457) with our code and hint, never a traceback."""

from http import HTTPStatus

from starlette.responses import JSONResponse

from crystinet.core.errors import CrystinetError
from crystinet.core.plain import Document

#: Media type of problem details.
PROBLEM_JSON = "application/problem+json"

#: Our codes by their status. A code that is not here is a fault of the server: 500.
_STATUS_OF_CODE = {
    "unreadable-file": 422,
    "reader-failed": 422,
    "invalid-pattern": 422,
    "invalid-wavelength": 422,
    "invalid-structure": 422,
    "invalid-configuration": 400,
    "unknown-type": 400,
    "missing-extra": 409,
    "cluster-unavailable": 503,
    "service-busy": 503,
}
#: What only a service refuses, by status: the code, and what its hint says where none is given.
_REFUSALS = {
    400: ("invalid-request", "See /openapi.json for what is understood."),
    401: ("not-authenticated", "Send a token: Authorization: Bearer TOKEN."),
    403: ("not-allowed", "Ask whoever runs this service for a token with the scope."),
    404: ("not-found", "Results and jobs are kept for a limited time; ask again."),
    405: ("method-not-allowed", "See /openapi.json for the methods of this address."),
    408: ("too-slow", "Send the request again over a faster connection."),
    409: ("conflict", "Change the request, or wait until the other one is done."),
    411: ("length-required", "Send the length of the body, or send it in chunks."),
    413: ("too-large", "Send fewer or smaller files at a time."),
    415: ("unsupported-media-type", "See /openapi.json for the media types of this address."),
    421: ("wrong-host", "Whoever runs this service can allow the name: --allow-host NAME."),
    429: ("queue-full", "Wait, and send the request again."),
    431: ("headers-too-large", "Send fewer or smaller headers."),
    503: ("service-busy", "Wait, and send the request again."),
}
#: Seconds after which a request that was refused because of the load may come again.
RETRY_AFTER_S = 2


class Refusal(CrystinetError):
    """A request that the service refuses for a reason of its own; carries the HTTP status.

    Parameters
    ----------
    status
        HTTP status, 4xx or 503.
    message, hint
        As for every error; without a hint the usual one of the status.
    headers
        To send with it.
    """

    code = "refused"

    def __init__(
        self,
        status: int,
        message: str,
        *,
        hint: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        code, usual = _REFUSALS[status]
        super().__init__(message, hint=usual if hint is None else hint)
        self.status, self.code = status, code
        self.headers = dict(headers or {})
        if status in (429, 503):
            self.headers.setdefault("Retry-After", str(RETRY_AFTER_S))
        if status == 401:
            self.headers.setdefault("WWW-Authenticate", 'Bearer realm="crystinet"')


def status_of(error: CrystinetError) -> int:
    """HTTP status of an error."""
    return error.status if isinstance(error, Refusal) else _STATUS_OF_CODE.get(error.code, 500)


def problem_document(error: CrystinetError) -> Document:
    """Problem details of an error; ``code`` and ``hint`` are ours."""
    status = status_of(error)
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": error.message,
        "code": error.code,
        "hint": error.hint,
    }


def problem_response(error: CrystinetError) -> JSONResponse:
    """The response to a request that failed."""
    headers = dict(error.headers) if isinstance(error, Refusal) else {}
    if status_of(error) == 503:
        headers.setdefault("Retry-After", str(RETRY_AFTER_S))
    return JSONResponse(
        problem_document(error),
        status_code=status_of(error),
        headers=headers,
        media_type=PROBLEM_JSON,
    )


def of_status(status: int, detail: str) -> Refusal:
    """The refusal that stands for a status that the framework chose."""
    return Refusal(status if status in _REFUSALS else 400, detail)


class EntryError(CrystinetError):
    """The error of one file that is that of the whole request, made of its document."""

    def __init__(self, document: Document) -> None:
        super().__init__(document["message"], hint=document["hint"])
        self.code = document["code"]

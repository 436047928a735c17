"""What the routes of the API share: documents as JSON, and the errors that each may answer."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from crystinet.core.files import sha256_of
from crystinet.core.plain import Document
from crystinet.service.problems import PROBLEM_JSON
from crystinet.service.schemas import ProblemDetails

_MEANING = {
    400: "An option or the request is wrong.",
    401: "The service asks for a token.",
    403: "The token does not allow it, or a page of another site asks.",
    404: "There is no such thing, or no longer.",
    408: "The body came too slowly.",
    409: "In conflict with another request, or an extra is not installed.",
    413: "Too large, or too many.",
    415: "Of another media type.",
    421: "The service is not called by this name.",
    422: "The file or its wavelength cannot be used.",
    429: "Too many jobs wait.",
    503: "The service is busy or full.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors of an address, for its description; some are those of all."""
    return {
        status: {
            "description": _MEANING[status],
            "model": ProblemDetails,
            "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
        }
        for status in sorted({400, 401, 403, 408, 421, 503, *statuses})
    }


def json_response(
    document: Document, *, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """A document as JSON without NaN; the bytes of equal documents are equal."""
    text = json.dumps(document, allow_nan=False, separators=(",", ":"))
    return Response(text, status_code=status, media_type="application/json", headers=headers)


#: What an address answers that tells an ETag, for its description.
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "As in If-None-Match."}}


def tagged(request: Request, response: Response, *, tag: str | None = None) -> Response:
    """The response with an ETag, or only that it is still the one that the client has.

    Parameters
    ----------
    request
        What the client says that it has (If-None-Match).
    response
        To send.
    tag
        Tells it from others; None takes its bytes.
    """
    content = bytes(response.body) if tag is None else tag.encode()
    etag = f'"{sha256_of(content)[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    tags = request.headers.get("if-none-match", "").split(",")
    known = {each.strip().removeprefix("W/") for each in tags}
    if etag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return response


#: The body of an address that takes a file, for its description.
FILE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "file": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "description": "One part a file, whatever the parts are called.",
                        }
                    },
                    "required": ["file"],
                }
            },
        },
    }
}

#: The body of an address that takes one CIF file, for its description.
CIF_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}

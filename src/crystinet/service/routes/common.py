"""What the routes of the API share: documents as JSON, and the errors that each may answer."""

import json
from typing import Any

from starlette.responses import Response

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

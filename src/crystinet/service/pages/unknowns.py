"""The page of patterns that have none of the known types."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from crystinet.service.office import InOffice, Reader
from crystinet.service.pages.rendering import page

router = APIRouter(include_in_schema=False)


@router.get("/unknowns")
def unknowns_page(request: Request, office: InOffice, caller: Reader) -> Response:
    """Groups, their overlay, and a name by a CIF file; the groups are asked for by the page."""
    return page(request, "unknowns.html")

"""The pages of one pattern: drop it, and see the answer."""

from io import BytesIO
from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from crystinet.app.example import fluorapatite_example
from crystinet.app.told import told_in_short, told_types
from crystinet.core.errors import MissingExtraError
from crystinet.core.files import sha256_of
from crystinet.core.notes import NoteCode
from crystinet.service.asking import Asked
from crystinet.service.office import InOffice, Office, Reader, Submitter
from crystinet.service.pages.rendering import page
from crystinet.service.problems import EntryError
from crystinet.service.routes.results import ResultId
from crystinet.service.state.results import StoredResult
from crystinet.service.uploads import Received

router = APIRouter(include_in_schema=False)

#: Tubes that are offered where the wavelength was assumed.
TUBES = ("Cu", "Co", "Mo", "Fe", "Cr", "Ag")
_RECENT = 8
#: Types that are shown, besides those of the short list.
_SHOWN = 5


@router.get("/")
def first_page(request: Request, office: InOffice, caller: Reader) -> Response:
    """Where a file is dropped."""
    return page(
        request,
        "drop.html",
        recent=office.results.recent(limit=_RECENT),
        example=_has_example(),
        tubes=TUBES,
    )


def _has_example() -> bool:
    try:
        fluorapatite_example()
    except MissingExtraError:
        return False
    return True


@router.post("/example")
async def ask_example(office: InOffice, caller: Submitter) -> Response:
    """Ask about the pattern that comes with the extra ``example``."""
    found = fluorapatite_example()
    content = await run_in_threadpool(found.path.read_bytes)
    asked = Asked(wavelength=found.wavelength_angstrom, model=office.settings.default_model)
    return await _ask(office, content, found.path.name, asked)


@router.get("/results/{id}")
def answer_page(request: Request, office: InOffice, caller: Reader, id: ResultId) -> Response:
    """The answer."""
    result = office.results.get(id)
    return page(request, "answer.html", **shown(office, result), tubes=TUBES)


@router.post("/results/{id}/ask")
async def ask_again(
    office: InOffice,
    caller: Submitter,
    id: ResultId,
    tube: Annotated[str, Form(max_length=200)] = "",
    wavelength: Annotated[str, Form(max_length=200)] = "",
    elements: Annotated[str, Form(max_length=500)] = "",
    formula: Annotated[str, Form(max_length=200)] = "",
    range: Annotated[str, Form(max_length=200)] = "",
    column: Annotated[str, Form(max_length=200)] = "",
    model: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """The same file with another question: of another tube, with elements, in a range."""
    result = await run_in_threadpool(office.results.get, id)
    content = await run_in_threadpool(office.results.content, result.upload)
    asked = Asked.of_texts(
        wavelength=wavelength.strip() or tube or None,
        elements=elements.strip() or None,
        formula=formula.strip() or None,
        range=range.strip() or None,
        column=column.strip() or None,
        model=model or Asked.of_json(result.options).model,
    )
    return await _ask(office, content, result.file, asked, number=result.number)


async def _ask(
    office: Office, content: bytes, name: str, asked: Asked, *, number: int = 1
) -> Response:
    """Identify a file and go to the answer for one of its patterns."""
    file = Received(name, BytesIO(content), len(content), sha256_of(content))
    document = await office.desk.identify([file], asked)
    entries = document["results"]
    entry = entries[min(number, len(entries)) - 1]
    if not entry["ok"]:
        raise EntryError(entry["error"])
    return RedirectResponse(f"/results/{entry['id']}", status_code=303)


def shown(office: Office, result: StoredResult) -> dict[str, Any]:
    """What every page of a result needs."""
    entry = result.document
    notes = entry["notes"]
    others = office.results.answers(result.ask) if result.patterns > 1 else []
    told = told_types(entry)
    return {
        "id": result.id,
        "result": result,
        "entry": entry,
        "standing": told_in_short(entry).standing,
        "best": told[0],
        "own": [candidate["type"] for candidate in entry["candidates"]],
        "asked": Asked.of_json(result.options),
        "assumed": any(n["code"] == NoteCode.ASSUMED_WAVELENGTH for n in notes),
        "notes": [n for n in notes if n["code"] != NoteCode.ASSUMED_WAVELENGTH],
        "others": [(each.number, each.id) for each in others],
        "leading": [
            each
            for rank, each in enumerate(told)
            if rank < _SHOWN or each.type in entry["candidate_set"]
        ],
        "types": [each.type for each in told],
        "told": told,
    }

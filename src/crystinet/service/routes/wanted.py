"""Parameters that say which fit is meant."""

from pathlib import Path
from typing import Annotated

from fastapi import Depends, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from crystinet.app.refine import MOST_PHASES
from crystinet.core.errors import UnknownTypeError
from crystinet.service.asking import Asked
from crystinet.service.fits import FitAsked
from crystinet.service.office import InOffice, Office


def model_of_result(office: Office, id: str) -> Path | None:
    """The bundle that an answer is of.

    Raises
    ------
    Refusal, ConfigError
        There is no such answer, or no such bundle any more.
    """
    return office.settings.model_of(Asked.of_json(office.results.get(id).options).model)[1]


async def _wanted(
    request: Request,
    office: InOffice,
    type: Annotated[
        str | None,
        Query(max_length=200, description="Structure type; what the answer names first if not."),
    ] = None,
    formula: Annotated[
        str | None, Query(max_length=200, description="Of the sample, where known: SrTiO3.")
    ] = None,
    phases: Annotated[int, Query(ge=1, le=MOST_PHASES, description="How many the sample has.")] = 1,
) -> FitAsked:
    asked = FitAsked(type or None, formula or None, phases)
    try:
        return asked.checked()
    except UnknownTypeError:  # unless it is one that the model of the answer was taught
        model = await run_in_threadpool(model_of_result, office, request.path_params["id"])
        return await run_in_threadpool(asked.checked, model)


Wanted = Annotated[FitAsked, Depends(_wanted)]

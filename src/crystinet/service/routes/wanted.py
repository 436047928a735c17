"""Parameters that say which fit is meant."""

from typing import Annotated

from fastapi import Depends, Query

from crystinet.app.refine import MOST_PHASES
from crystinet.service.fits import FitAsked


async def _wanted(
    type: Annotated[
        str | None,
        Query(max_length=200, description="Structure type; what the answer names first if not."),
    ] = None,
    formula: Annotated[
        str | None, Query(max_length=200, description="Of the sample, where known: SrTiO3.")
    ] = None,
    phases: Annotated[int, Query(ge=1, le=MOST_PHASES, description="How many the sample has.")] = 1,
) -> FitAsked:
    return FitAsked(type or None, formula or None, phases).checked()


Wanted = Annotated[FitAsked, Depends(_wanted)]

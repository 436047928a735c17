"""The step of a scan that was stopped, where its header still holds the planned end."""

import math

from crystinet.core.notes import Note, NoteCode

# Steps that people choose, and those of the pixels of usual detectors (PIXcel, X'Celerator), in
# the order in which they are met.
_CHOSEN_DEG = (0.02, 0.01, 0.05, 0.04, 0.03, 0.025, 0.015, 0.005, 0.1)
_PIXELS_DEG = (0.0131303, 0.0262606, 0.0167113, 0.0334226, 0.0083556, 0.0065651)
_CHOSEN_GRID_DEG = 0.001
_SAME = 1e-4


def stopped_at(
    start: float, planned: float, *, n: int, status: str
) -> tuple[float, tuple[Note, ...]]:
    """Last angle that was measured, degrees, and a note where it had to be found out.

    Some programs write the last angle that was reached, others leave the planned one. If ``n``
    points up to ``planned`` have a step that people or detectors have, it was reached. Otherwise
    the points would be stretched over a range that was not measured: the usual step that divides
    the planned range is taken.

    Parameters
    ----------
    start, planned
        First and last angle of the header, degrees.
    n
        Number of points.
    status
        What the file says about the end, for the note.
    """
    if n < 2 or not (math.isfinite(start) and math.isfinite(planned) and planned > start):
        return planned, ()
    stretched = (planned - start) / (n - 1)
    if _is_usual(stretched):
        return planned, ()
    fitting = [
        step
        for step in (*_CHOSEN_DEG, *_PIXELS_DEG)
        if step < stretched and _divides(step, planned - start)
    ]
    if not fitting:
        text = (
            f"The measurement is {status!r}: {n} points up to {planned:g} degrees would have the "
            f"unusual step {stretched:.5g}. If it was stopped before, the angles are wrong."
        )
        return planned, (Note(NoteCode.MEASUREMENT_NOT_COMPLETED, text),)
    step = fitting[0]
    last = start + step * (n - 1)
    others = ", ".join(f"{other:g}" for other in fitting[1:4])
    text = (
        f"The scan was stopped after {n} points, and the file holds the planned end, {planned:g}. "
        f"Its step is not in the file: {step:g} was assumed, so that it ends at {last:.2f}"
        + (f" (others that fit: {others})." if others else ".")
    )
    return last, (Note(NoteCode.MEASUREMENT_NOT_COMPLETED, text),)


def _is_usual(step: float) -> bool:
    """Whether people choose a step or a detector has it."""
    chosen = round(step / _CHOSEN_GRID_DEG) * _CHOSEN_GRID_DEG
    return any(abs(step - usual) <= _SAME * usual for usual in (chosen, *_PIXELS_DEG) if usual)


def _divides(step: float, length: float) -> bool:
    steps = length / step
    return abs(steps - round(steps)) <= 0.05

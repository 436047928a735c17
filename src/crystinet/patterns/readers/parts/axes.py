"""From columns of d or Q to 2theta."""

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.diffraction import two_theta_from_d
from crystinet.core.errors import InvalidPatternError
from crystinet.core.notes import Note, NoteCode
from crystinet.core.radiation import Radiation
from crystinet.patterns.readers.parts.quantities import Quantity

# No d and no Q is beyond these, in any of their units.
_LEAST, _MOST = 1e-6, 1e6
# Many write theta and mean 2theta. Hardly a pattern goes beyond 145 degrees 2theta, so a "theta"
# that goes further than half of it is 2theta; one that ends early is what it says.
_SURELY_TWO_THETA_DEG = 72.5
_SURELY_THETA_DEG = 45.0
# These quantities times d.
_TIMES_D = {Quantity.Q: 2.0 * np.pi, Quantity.S: 1.0, Quantity.SINE: 0.5}


def to_two_theta(
    axis: FloatArray,
    intensity: FloatArray,
    *,
    quantity: Quantity,
    radiation: Radiation | None,
    per_nm: bool = False,
    radians: bool = False,
) -> tuple[FloatArray, FloatArray, tuple[Note, ...]]:
    """Convert an axis to degrees 2theta; points beyond the reach of the wavelength are dropped.

    Parameters
    ----------
    axis, intensity
        Shape (n,), in any order.
    quantity
        What ``axis`` is: D, Q, 1/d, sin(theta)/lambda or theta; TWO_THETA in degrees passes
        unchanged.
    radiation
        None stands for Cu K-alpha, of which `pattern_from_scan` makes a note.
    per_nm
        d is in nanometres or Q in 1 / nanometre instead of angstrom.
    radians
        Angles are in radians.

    Returns
    -------
    2theta and intensity, shape (m,), from low to high angles if the axis ran one way, and notes.

    Raises
    ------
    InvalidPatternError
        If the axis cannot be d or Q, or no point is within reach.
    """
    if not len(axis):
        return axis, intensity, ()
    if quantity in (Quantity.TWO_THETA, Quantity.THETA):
        two_theta, notes_of_angle = _degrees(axis, quantity=quantity, radians=radians)
        return two_theta, intensity, notes_of_angle
    if not ((axis >= _LEAST) & (axis <= _MOST)).all():
        raise InvalidPatternError(
            f"The column of {quantity} goes from {axis.min():g} to {axis.max():g}.",
            hint=f"{quantity} must be positive; remove the points that cannot be right.",
        )
    unit = 10.0 if per_nm else 1.0
    d_angstrom = axis * unit if quantity is Quantity.D else _TIMES_D[quantity] * unit / axis
    wavelength = (radiation or Radiation.of_anode("Cu")).wavelength_angstrom
    two_theta = two_theta_from_d(d_angstrom, wavelength)
    reached = np.isfinite(two_theta)
    notes = [note_of_conversion(quantity)]
    if not reached.any():
        raise InvalidPatternError(
            f"{quantity} from {axis.min():g} to {axis.max():g} is beyond the reach of "
            f"{wavelength:.5g} angstrom.",
            hint="Give the wavelength, or check the unit of the column.",
        )
    if not reached.all():
        text = (
            f"{np.count_nonzero(~reached)} points lie beyond the reach of {wavelength:.5g} "
            "angstrom and were left out."
        )
        notes.append(Note(NoteCode.POINTS_OUT_OF_REACH, text))
    two_theta, intensity = two_theta[reached], intensity[reached]
    if (np.diff(two_theta) <= 0.0).all():  # d rises where 2theta falls
        two_theta, intensity = two_theta[::-1], intensity[::-1]
    return two_theta, intensity, tuple(notes)


def _degrees(
    angle: FloatArray, *, quantity: Quantity, radians: bool
) -> tuple[FloatArray, tuple[Note, ...]]:
    """2theta in degrees from an angle that may be theta, in radians, or both."""
    most = float(angle.max())
    if radians:
        if most > np.pi:
            raise InvalidPatternError(
                f"The angle is said to be in radians and goes up to {most:g}.",
                hint="Correct the name of the column if it is in degrees.",
            )
        angle, most = np.degrees(angle), float(np.degrees(most))
    if quantity is Quantity.TWO_THETA:
        return angle, ()
    if most > _SURELY_TWO_THETA_DEG:
        text = f"The column of theta goes up to {most:g} degrees: it was taken as 2theta."
        return angle, (Note(NoteCode.COLUMNS_GUESSED, text),)
    if most > _SURELY_THETA_DEG:
        raise InvalidPatternError(
            f"The column is called theta and goes up to {most:g} degrees: that may be theta, so "
            f"that 2theta goes up to {2.0 * most:g}, or 2theta itself.",
            hint='Call the column "2theta", and double its numbers if they are theta.',
        )
    text = "The axis is theta; it was doubled. Call it 2theta if it is that already."
    return 2.0 * angle, (Note(NoteCode.COLUMNS_GUESSED, text),)


def note_of_conversion(quantity: Quantity) -> Note:
    """Say that the angles hold for one wavelength only, the one that they were calculated with."""
    return Note(NoteCode.TWO_THETA_CONVERTED, f"2theta was calculated from {quantity}.")

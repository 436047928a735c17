"""Patterns as labelled arrays of xarray; the way back is `Pattern.from_arrays`."""

from typing import Any

from crystinet.core.errors import MissingExtraError
from crystinet.patterns.pattern import Pattern


def to_xarray(pattern: Pattern) -> Any:
    """Make an ``xarray.DataArray``: intensity over ``two_theta`` in degrees.

    Points that were not measured are left out. Wavelengths in angstrom and their weights, and what
    the file said of the measurement, are attributes, so that the array can be saved as netCDF.

    Parameters
    ----------
    pattern
        As measured or simulated.

    Returns
    -------
    xarray.DataArray
        Shape (n,), its one dimension is ``two_theta``.

    Raises
    ------
    MissingExtraError
        xarray is not installed.

    Examples
    --------
    >>> import crystinet
    >>> pattern = crystinet.Pattern.from_arrays([20.0, 20.1, 20.2], [3, 9, 4], anode="Mo")
    >>> crystinet.to_xarray(pattern).idxmax().item()
    20.1
    """
    try:
        import xarray
    except ImportError as error:
        raise MissingExtraError(
            "xarray is not installed.", hint="Install it with: pip install xarray"
        ) from error
    axis = xarray.Variable("two_theta", pattern.two_theta_deg[pattern.mask], {"units": "degree"})
    attributes = {
        **pattern.metadata,
        "wavelengths_angstrom": list(pattern.radiation.wavelengths_angstrom),
        "weights": list(pattern.radiation.weights),
        "wavelength_assumed": int(pattern.radiation.assumed),
        "name": pattern.name,
    }
    return xarray.DataArray(
        pattern.intensity[pattern.mask],
        coords={"two_theta": axis},
        dims="two_theta",
        name="intensity",
        attrs=attributes,
    )

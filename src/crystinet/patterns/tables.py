"""The two columns of a pattern, out of what scientists hold: pandas, xarray, polars, NumPy, pairs.

Nothing of these libraries is imported: their values are known by what they can do. A column or an
axis that its name calls d, Q or theta is not taken for 2theta, and an axis that only numbers its
points is none.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import InvalidPatternError
from crystinet.core.notes import Note
from crystinet.core.radiation import Radiation
from crystinet.patterns.readers.parts.axes import to_two_theta
from crystinet.patterns.readers.parts.quantities import (
    ANY_AXIS,
    Quantity,
    is_in_radians,
    is_measured_curve,
    is_per_nm,
    quantity_of,
)

#: What `columns_of` takes.
Table: TypeAlias = Any

_DEGREES = ("", "deg", "degree", "degrees", "°", "degree 2theta", "degrees 2theta", "deg 2theta")
_HINT = "Give both: Pattern.from_arrays(two_theta_deg, intensity)."


@dataclass(frozen=True, eq=False)
class TwoColumns:
    """An axis and the intensities on it, as they stand in a table.

    Attributes
    ----------
    axis, intensity
        Anything that becomes numbers, n of them each.
    axis_name
        What the axis is called, with its unit; empty where nobody says.
    name
        Of the intensities; empty where nobody says.
    radiation
        Where the table says it, as arrays of `to_xarray` do; None else.
    """

    axis: Any
    intensity: Any
    axis_name: str = ""
    name: str = ""
    radiation: Radiation | None = None

    def two_theta(
        self, radiation: Radiation | None
    ) -> tuple[FloatArray | Any, FloatArray | Any, tuple[Note, ...]]:
        """2theta in degrees and intensity, (n,) each, and notes on what was converted.

        Raises
        ------
        InvalidPatternError
            The axis is none of diffraction, or what cannot be what it is called.
        """
        quantity = quantity_of(self.axis_name) if self.axis_name else None
        if quantity in (Quantity.OTHER_AXIS, Quantity.TIME, Quantity.INTENSITY):
            raise InvalidPatternError(
                f"The axis is called {self.axis_name!r}, which is no axis of diffraction.",
                hint="Give 2theta in degrees (or d, or Q, called so).",
            )
        radians = is_in_radians(self.axis_name)
        if quantity in (None, Quantity.TWO_THETA) and not radians:
            return self.axis, self.intensity, ()
        axis, intensity = (np.asarray(c, dtype=np.float64) for c in (self.axis, self.intensity))
        if axis.shape != intensity.shape or axis.ndim != 1 or not np.isfinite(axis).all():
            return axis, intensity, ()  # the pattern says what is wrong with them
        return to_two_theta(
            axis,
            intensity,
            quantity=quantity or Quantity.TWO_THETA,
            radiation=radiation,
            per_nm=is_per_nm(self.axis_name),
            radians=radians,
        )


def is_table(source: object) -> bool:
    """Whether something may hold both columns: a table, a labelled array, or a pair."""
    if isinstance(source, np.ndarray) or hasattr(source, "columns") or _is_xarray(source):
        return True
    if _is_series(source):
        return True
    return (
        isinstance(source, tuple | list)
        and len(source) == 2
        and all(isinstance(part, Sequence) or hasattr(part, "__array__") for part in source)
        and not any(isinstance(part, str | bytes) for part in source)
    )


def columns_of(source: object) -> TwoColumns:
    """Find 2theta and intensity in one value.

    Parameters
    ----------
    source
        A pair (x, y), an array of two columns or two rows, a table with named columns (pandas,
        polars), a Series or an xarray.DataArray or Dataset whose index or coordinate is the axis.

    Raises
    ------
    InvalidPatternError
        There is no axis, or there are several curves.
    """
    if hasattr(source, "data_vars"):
        return _of_dataset(source)
    if _is_xarray(source):
        return _of_labelled_array(source)
    if hasattr(source, "columns"):
        return _of_frame(source)
    if _is_series(source):
        return _of_series(source)
    if isinstance(source, np.ndarray):
        return _of_array(source)
    if is_table(source) and isinstance(source, tuple | list):
        return pair_of(*source)
    raise InvalidPatternError(
        f"{type(source).__name__} is one thing, and no table of 2theta and intensity.", hint=_HINT
    )


def pair_of(axis: object, intensity: object) -> TwoColumns:
    """Axis and intensities, with the names that two Series or labelled arrays bring with them."""
    unit = getattr(axis, "attrs", {}).get("units", "") if _is_xarray(axis) else ""
    named = [getattr(column, "name", None) for column in (axis, intensity)]
    return TwoColumns(axis, intensity, _with_unit(_label(named[0]), unit), _label(named[1]))


def _is_xarray(source: object) -> bool:
    return hasattr(source, "dims") and hasattr(source, "coords")


def _is_series(source: object) -> bool:
    return hasattr(source, "index") and hasattr(source, "to_numpy")


def _with_unit(name: str, unit: object) -> str:
    """Name and unit of an axis; refuses a unit that its name does not explain."""
    text = str(unit).strip()
    if text.lower() in _DEGREES:
        return name
    both = f"{name} ({text})"
    if quantity_of(name) in (None, Quantity.TWO_THETA) and not is_in_radians(both):
        raise InvalidPatternError(
            f"The axis {name!r} is in {text!r}, not in degrees.",
            hint="Call it d, Q or 2theta, whichever it is.",
        )
    return both


def _of_array(array: Any) -> TwoColumns:
    if array.ndim == 2 and 2 in array.shape:
        pair = array.T if array.shape[1] == 2 else array
        return TwoColumns(pair[0], pair[1])
    shape = " x ".join(map(str, array.shape))
    raise InvalidPatternError(
        f"An array of {shape or 'no'} numbers is no table of 2theta and intensity.", hint=_HINT
    )


def _of_series(series: Any) -> TwoColumns:
    axis = np.asarray(series.index)
    if axis.dtype.kind not in "fiu" or _only_numbers_points(axis):
        raise InvalidPatternError(
            "The index of the Series is not 2theta: it only numbers or names the points.",
            hint="Give both: Pattern.from_arrays(two_theta_deg, series).",
        )
    name = "" if series.name is None else str(series.name)
    return TwoColumns(axis, series.to_numpy(), _label(series.index.name), name)


def _only_numbers_points(axis: Any) -> bool:
    """Whether an index is 0, 1, 2, ... or 1, 2, 3, ..."""
    return bool(
        len(axis) and axis[0] in (0, 1) and np.array_equal(axis, np.arange(len(axis)) + axis[0])
    )


def _of_frame(frame: Any) -> TwoColumns:
    names: list[Hashable] = list(frame.columns)
    axes = [name for name in names if quantity_of(str(name)) in ANY_AXIS]
    if len(names) == 1 and hasattr(frame, "index"):
        return _of_series(frame[names[0]])
    if not axes and len(names) < 2:
        raise InvalidPatternError("The table has no column of 2theta.", hint=_HINT)
    best = next((n for n in axes if quantity_of(str(n)) is Quantity.TWO_THETA), None)
    axis = best if best is not None else (axes or names)[0]
    curve = _curve_of([name for name in names if name != axis and name not in axes])
    return TwoColumns(_column(frame, axis), _column(frame, curve), _label(axis), _label(curve))


def _curve_of(names: Sequence[Hashable]) -> Hashable:
    """The column of the intensities among those that are no axis."""
    named = [name for name in names if quantity_of(str(name)) is Quantity.INTENSITY]
    curves = named or [name for name in names if is_measured_curve(str(name))]
    if len(curves) != 1 and len(names) != 1:
        raise InvalidPatternError(
            f"The columns {', '.join(map(str, curves or names))} could all be the intensity."
            if names
            else "The table has no column of intensities.",
            hint="Give the two that are meant: Pattern.from_arrays(table[x], table[y]).",
        )
    return curves[0] if curves else names[0]


def _column(frame: Any, name: Hashable) -> Any:
    column = frame[name]
    return column.to_numpy() if hasattr(column, "to_numpy") else np.asarray(column)


def _label(name: object) -> str:
    return "" if name is None or isinstance(name, int) else str(name)


def _of_labelled_array(array: Any) -> TwoColumns:
    if len(array.dims) != 1 or array.dims[0] not in array.coords:
        raise InvalidPatternError(
            f"The DataArray has the dimensions {tuple(array.dims)}, not one with coordinates.",
            hint="Select one pattern, and give its dimension 2theta as coordinates.",
        )
    axis = array.coords[array.dims[0]]
    axis_name = _with_unit(str(array.dims[0]), axis.attrs.get("units", ""))
    attributes = dict(getattr(array, "attrs", {}))
    return TwoColumns(
        axis.values, array.values, axis_name, _label(array.name), _radiation_of(attributes)
    )


def _radiation_of(attributes: Mapping[str, Any]) -> Radiation | None:
    """What `to_xarray` wrote, also after a way through a file; None where it was assumed."""
    if "wavelengths_angstrom" not in attributes or attributes.get("wavelength_assumed"):
        return None
    lines, weights = (
        tuple(np.atleast_1d(np.asarray(attributes.get(name, 1.0))).tolist())
        for name in ("wavelengths_angstrom", "weights")
    )
    return Radiation(lines, weights, origin="the array")


def _of_dataset(dataset: Any) -> TwoColumns:
    curve = _curve_of(list(dataset.data_vars))
    return _of_labelled_array(dataset[curve])

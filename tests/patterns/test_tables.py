"""Tables, labelled arrays and pairs as patterns: the axis is what it is called."""

from typing import Any

import numpy as np
import pytest

import crystinet
from crystinet.core.notes import NoteCode, find_note
from crystinet.patterns.tables import is_table

pd = pytest.importorskip("pandas")

X = np.arange(10.0, 90.0, 0.05)
Y = 20.0 + 900.0 * np.exp(-(((X - 38.0) / 0.1) ** 2))
D = 1.5405929 / (2.0 * np.sin(np.radians(X) / 2.0))
FRAME = pd.DataFrame({"two_theta": X, "counts": Y})


class Labelled:
    """What is needed of an xarray.DataArray."""

    def __init__(self, values: Any, dim: str, coordinate: Any, units: str = "") -> None:
        self.values, self.dims, self.name = values, (dim,), "sample A"
        self.coords: dict[str, Any] = {}
        if coordinate is not None:
            self.coords[dim] = Labelled(coordinate, dim, None)
        self.attrs: dict[str, str] = {}
        if coordinate is not None and units:
            self.coords[dim].attrs["units"] = units


GOOD = {
    "pair": (X, Y),
    "lists": [X.tolist(), Y.tolist()],
    "two columns": np.column_stack([X, Y]),
    "two rows": np.stack([X, Y]),
    "frame": FRAME,
    "frame in the other order": FRAME[["counts", "two_theta"]],
    "frame with more columns": FRAME.assign(esd=np.sqrt(Y), background=1.0),
    "frame without names": pd.DataFrame(np.column_stack([X, Y])),
    "frame with an index": FRAME.set_index("two_theta"),
    "series": pd.Series(Y, index=X, name="rutile"),
    "two series": (FRAME["two_theta"], FRAME["counts"]),
    "labelled": Labelled(Y, "two_theta", X, "degrees"),
    "labelled in radians": Labelled(Y, "two_theta", np.radians(X), "rad"),
    "d": pd.DataFrame({"d (Angstrom)": D, "I": Y}),
    "Q": pd.Series(Y, index=pd.Index(2.0 * np.pi / D, name="q")),
    "Q per nm": Labelled(Y, "Q", 20.0 * np.pi / D, "1/nm"),
    "theta": pd.DataFrame({"theta (deg)": X / 2.0, "I": Y}),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_pattern_of_what_scientists_hold(name: str) -> None:
    pattern = crystinet.Pattern.from_arrays(GOOD[name], wavelength_angstrom=1.5406)
    np.testing.assert_allclose(pattern.two_theta_deg, X, atol=1e-9)
    np.testing.assert_array_equal(pattern.intensity, Y)
    converted = find_note(pattern.notes, NoteCode.TWO_THETA_CONVERTED)
    assert (converted is not None) is (name in {"d", "Q", "Q per nm"})
    assert is_table(GOOD[name])


def test_names_come_along() -> None:
    assert crystinet.Pattern.from_arrays(GOOD["series"]).name == "rutile"
    assert crystinet.Pattern.from_arrays(GOOD["labelled"]).name == "sample A"
    assert crystinet.Pattern.from_arrays(GOOD["series"], name="mine").name == "mine"


BAD = {
    "one row of numbers": (Y, "no table"),
    "three columns": (np.ones((5, 3)), "5 x 3"),
    "a series by number": (pd.Series(Y), "only numbers"),
    "a series from one": (pd.Series(Y, index=np.arange(1, len(Y) + 1)), "only numbers"),
    "a frame by number": (pd.DataFrame({"counts": Y}), "only numbers"),
    "several curves": (FRAME.assign(a=Y, b=Y, counts=Y).drop(columns="counts"), "a, b"),
    "energy": (pd.DataFrame({"Energy (keV)": X, "counts": Y}), "'Energy .keV.'"),
    "channels": (pd.Series(Y, index=pd.Index(X, name="channel")), "'channel'"),
    "a strange unit": (Labelled(Y, "x", X, "1/angstrom"), "not in degrees"),
    "no coordinates": (Labelled(Y, "x", None), "coordinates"),
    "a word": ("abc", "one thing"),
    "unequal": ((X, Y[:-1]), "Shapes differ"),
    "unequal d": (pd.Series([1.0], index=pd.Index([float("nan")], name="d")), "finite"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_pattern_is_refused(name: str) -> None:
    source, told = BAD[name]
    with pytest.raises(crystinet.InvalidPatternError, match=told) as caught:
        crystinet.Pattern.from_arrays(source)
    assert caught.value.hint


def test_an_anode_or_words_are_the_wavelength() -> None:
    for words in (
        {"anode": "Mo"},
        {"wavelength_angstrom": "Mo"},
        {"wavelength_angstrom": "0,7093"},
        {"wavelength_angstrom": "17.48 keV"},
    ):
        pattern = crystinet.Pattern.from_arrays(X, Y, **words)
        assert pattern.radiation.wavelength_angstrom == pytest.approx(0.7093, abs=1e-4)
        assert (pattern.radiation.origin, pattern.notes) == ("given", ())
    with pytest.raises(crystinet.ConfigError, match="Both a wavelength"):
        crystinet.Pattern.from_arrays(X, Y, anode="Mo", wavelength_angstrom=0.7)


def test_the_use_cases_take_them(bundle_folder: Any) -> None:
    expected = crystinet.identify(
        crystinet.Pattern.from_arrays(X, Y, anode="Cu"), model=bundle_folder
    )
    for source in ((X, Y), FRAME):
        found = crystinet.identify(source, anode="Cu", model=bundle_folder)
        assert found.candidates == expected.candidates
    by_q = crystinet.identify(GOOD["Q"], wavelength_angstrom="1,5406", model=bundle_folder)
    assert by_q.candidates[0].type == expected.candidates[0].type

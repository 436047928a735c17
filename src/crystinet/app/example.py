"""A real measured pattern for the first try: one that the package ``rietx`` carries."""

from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from crystinet.core.errors import MissingExtraError


@dataclass(frozen=True, slots=True)
class Example:
    """A measured pattern whose structure type is known.

    Attributes
    ----------
    path
        The pattern file.
    wavelength_angstrom
        What the file was measured with; it does not say so itself.
    origin
        Compound, instrument and source.
    type, number
        The right answer.
    """

    path: Path
    wavelength_angstrom: float
    origin: str
    type: str
    number: int

    @property
    def answer(self) -> str:
        """The right answer in words."""
        return f"{self.type} (no. {self.number})"


def fluorapatite_example() -> Example:
    """Return the laboratory pattern of fluorapatite that ``rietx`` carries.

    The wavelength is the K-alpha1 line in the instrument record (``ICONS``) of ``FAP.EXP``, the
    GSAS experiment file beside the pattern.

    Raises
    ------
    MissingExtraError
        ``rietx`` is not installed, or its version carries no such pattern.
    """
    spec = find_spec("rietx")  # does not import it
    folders = (spec.submodule_search_locations or []) if spec else []
    found = [path for folder in folders if (path := Path(folder, *_INSIDE)).is_file()]
    if not found:
        raise MissingExtraError(
            "The example pattern comes with the package rietx, which is not installed."
            if spec is None
            else f"The installed rietx {version('rietx')} carries no {'/'.join(_INSIDE)}.",
            hint='Install it with: pip install "crystinet[example]"',
        )
    return Example(
        path=found[0],
        wavelength_angstrom=1.5405,
        origin=f"fluorapatite Ca5(PO4)3F, measured with a Cu tube on a laboratory diffractometer; "
        f"GSAS tutorial data, carried by rietx {version('rietx')} (MIT licence)",
        type="Apatite#-(HE,P63/m)",
        number=71,
    )


_INSIDE = ("data", "examples", "FAP.XRA")

"""Numbers and text at known places of a binary file, never read beyond its end."""

import struct
from dataclasses import dataclass

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import UnreadableFileError
from crystinet.patterns.readers.parts.scans import MOST_POINTS


@dataclass(frozen=True, slots=True)
class Fields:
    """A binary file with little-endian fields.

    Attributes
    ----------
    data
        The whole file.
    what
        The format in words, for messages.
    """

    data: bytes
    what: str

    def __len__(self) -> int:
        return len(self.data)

    def numbers(self, form: str, at: int) -> tuple[float, ...]:
        """Read numbers in the notation of `struct`, from byte ``at`` on.

        Raises
        ------
        UnreadableFileError
            If the file ends before.
        """
        self._check(at, struct.calcsize("<" + form))
        return struct.unpack_from("<" + form, self.data, at)

    def number(self, form: str, at: int) -> float:
        """Read one number."""
        return self.numbers(form, at)[0]

    def count(self, form: str, at: int) -> int:
        """Read one whole number."""
        return int(self.numbers(form, at)[0])

    def text(self, at: int, length: int) -> str:
        """Read text of fixed width, up to the first NUL; these formats use 8-bit codes."""
        self._check(at, length)
        return self.data[at : at + length].split(b"\0")[0].decode("latin-1").strip()

    def column(self, kind: str, at: int, *, count: int, stride: int) -> FloatArray:
        """Read the number that begins each of ``count`` records; shape (count,).

        Parameters
        ----------
        kind
            NumPy's name of the number, ``"<f4"``.
        at
            First byte of the first record.
        count, stride
            Number of records, and bytes of each.

        Raises
        ------
        UnreadableFileError
            If the file is too short for the records that its header announces.
        """
        if not 1 <= count <= MOST_POINTS or stride < np.dtype(kind).itemsize:
            raise UnreadableFileError(
                f"The {self.what} announces {count} points of {stride} bytes (header before byte "
                f"{at}).",
                hint="The file is damaged or holds no finished measurement; export it again.",
            )
        if at < 0 or at + count * stride > len(self.data):
            raise UnreadableFileError(
                f"The {self.what} announces {count} points of {stride} bytes from byte {at} on, "
                f"and has {len(self.data)} bytes.",
                hint="The file was cut off or is damaged; copy or export it again.",
            )
        values = np.ndarray((count,), dtype=kind, buffer=self.data, offset=at, strides=(stride,))
        with np.errstate(invalid="ignore"):  # damaged numbers; who reads them checks them
            return values.astype(np.float64)

    def axis(self, start: float, step: float, *, count: int) -> FloatArray:
        """Angles of ``count`` equal steps, degrees; shape (count,).

        Raises
        ------
        UnreadableFileError
            If no diffractometer goes there, or the file cannot hold so many points.
        """
        possible = abs(start) <= 360.0 and 1e-5 <= abs(step) <= 10.0
        if not possible or not 1 <= count <= MOST_POINTS:
            raise self.damaged(
                f"a range starts at {start:g} with {count} steps of {step:g} degrees"
            )
        return start + step * np.arange(count, dtype=np.float64)

    def damaged(self, what: str) -> UnreadableFileError:
        """Make the error of a header that cannot be right."""
        return UnreadableFileError(
            f"The {self.what} is damaged: {what}.",
            hint="Copy or export the file again.",
        )

    def _check(self, at: int, length: int) -> None:
        if at < 0 or length < 0 or at + length > len(self.data):
            raise UnreadableFileError(
                f"The {self.what} ends at byte {len(self.data)}, inside its header.",
                hint="The file was cut off or is damaged; copy or export it again.",
            )

"""Reader of measurements that are ZIP archives: Bruker BRML and Rigaku RASX."""

from dataclasses import dataclass
from typing import ClassVar

from crystinet.core.errors import UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.readers.formats.bruker_brml import is_brml, scans_of_brml
from crystinet.patterns.readers.formats.rigaku_rasx import is_rasx, scans_of_rasx
from crystinet.patterns.readers.formats.xlsx import is_workbook, patterns_of_workbook
from crystinet.patterns.readers.parts.archive import open_archive
from crystinet.patterns.readers.parts.scans import patterns_of_scans


@dataclass(frozen=True, slots=True)
class ZippedReader:
    """Bruker BRML and Rigaku RASX, told apart by the files in the archive.

    ``column`` is for the tables of workbooks; see `TextReader`.
    """

    column: str | None = None
    name: ClassVar[str] = "Bruker BRML, Rigaku RASX and Excel workbooks"

    def accepts(self, head: bytes, suffix: str) -> bool:
        """The signature decides: what the archive holds stands at its end."""
        return head.startswith(b"PK\x03\x04")

    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        """Read every range; see `PatternReader.read`."""
        archive = open_archive(data, name=name)
        if is_brml(archive.members):
            scans = scans_of_brml(archive)
        elif is_rasx(archive.members):
            scans = scans_of_rasx(archive)
        elif is_workbook(archive.members):
            return patterns_of_workbook(archive, name=name, radiation=radiation, column=self.column)
        else:
            raise UnreadableFileError(
                f"{name} is a ZIP archive with {_listed(archive.members)}, "
                "and no measurement that can be read.",
                hint=f"Give the measured file itself. {self.name} are read.",
            )
        return patterns_of_scans(scans, name=name, radiation=radiation)


def _listed(members: tuple[str, ...]) -> str:
    shown = ", ".join(members[:3])[:120]
    return f"{shown} and more" if len(members) > 3 else shown or "nothing in it"

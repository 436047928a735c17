"""Every reader of ours keeps the contract that it asks of others."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from crystinet.patterns.readers import registry
from crystinet.patterns.readers.formats.bruker_raw import BrukerRawReader
from crystinet.patterns.readers.formats.gsas import GsasReader
from crystinet.patterns.readers.formats.jade_mdi import JadeMdiReader
from crystinet.patterns.readers.formats.jcamp_dx import JcampReader
from crystinet.patterns.readers.formats.json_arrays import JsonReader
from crystinet.patterns.readers.formats.nexus import NexusReader
from crystinet.patterns.readers.formats.pdcif import PdcifReader
from crystinet.patterns.readers.formats.philips_udf import UdfReader
from crystinet.patterns.readers.formats.rigaku_ascii import RigakuAsciiReader
from crystinet.patterns.readers.formats.rigaku_ras import RasReader
from crystinet.patterns.readers.formats.sietronics import CpiReader
from crystinet.patterns.readers.formats.stepped import SteppedReader
from crystinet.patterns.readers.formats.stoe_raw import StoeRawReader
from crystinet.patterns.readers.formats.text import TextReader
from crystinet.patterns.readers.formats.uxd import UxdReader
from crystinet.patterns.readers.formats.xrdml import XrdmlReader
from crystinet.patterns.readers.formats.xydata import XydataReader
from crystinet.patterns.readers.formats.zipped import ZippedReader
from crystinet.patterns.readers.protocol import PatternReader
from crystinet.testing import ReaderContract


class OurReader(ReaderContract):
    """Of a reader without arguments; the fixture makes the good files of some names."""

    reader: ClassVar[type]
    names: ClassVar[tuple[str, ...]] = ()

    @pytest.fixture(autouse=True)
    def take_writers(self, instrument_files: Any) -> None:
        self.files = instrument_files

    def make_reader(self) -> PatternReader:
        made: PatternReader = self.reader()
        return made

    def samples(self) -> Mapping[str, bytes]:
        made = self.files.one_of_each()
        return {name: made[name] for name in self.names}


class TestBrukerRaw(OurReader):
    reader = BrukerRawReader
    names = ("version 1.raw", "version 2.raw", "version 3.raw", "version 4.raw")
    copies = 150

    def samples(self) -> Mapping[str, bytes]:
        y = self.files.counts(150)
        return {**super().samples(), "several ranges.raw": self.files.raw_3([y, y, y])}


class TestStoeRaw(OurReader):
    reader = StoeRawReader
    names = ("stoe.raw",)


class TestZipped(OurReader):
    reader = ZippedReader
    names = ("a.brml", "a.rasx")
    takes = frozenset({"ZIP archive"})


class TestNexus(OurReader):
    reader = NexusReader
    takes = frozenset({"HDF5"})
    copies, cuts = 6, 3  # a process reads each

    def samples(self) -> Mapping[str, bytes]:
        return {"a.nxs": self.files.nexus(self.files.counts(150))}  # needs h5py


class TestXrdml(OurReader):
    reader = XrdmlReader
    names = ("a.xrdml",)


class TestRas(OurReader):
    reader = RasReader
    names = ("a.ras",)

    def samples(self) -> Mapping[str, bytes]:
        scan = self.files.ras_scan(self.files.counts(150))
        return {**super().samples(), "several ranges.ras": self.files.ras([scan] * 3)}


class TestRigakuAscii(OurReader):
    reader = RigakuAsciiReader
    names = ("a.asc",)


class TestJadeMdi(OurReader):
    reader = JadeMdiReader
    names = ("a.mdi",)


class TestJcamp(OurReader):
    reader = JcampReader
    names = ("a.jdx",)


class TestUxd(OurReader):
    reader = UxdReader
    names = ("a.uxd",)


class TestUdf(OurReader):
    reader = UdfReader
    names = ("a.udf",)


class TestCpi(OurReader):
    reader = CpiReader
    names = ("a.cpi",)


class TestXydata(OurReader):
    reader = XydataReader
    names = ("ins10.dat",)


class TestPdcif(OurReader):
    reader = PdcifReader
    names = ("a.cif",)
    takes = frozenset({"crystal structure (CIF)"})


class TestGsas(OurReader):
    reader = GsasReader
    names = ("a.gsas",)


class TestJson(OurReader):
    reader = JsonReader
    names = ("a.json",)
    takes = frozenset({"JSON"})


class TestStepped(OurReader):
    reader = SteppedReader
    names = ("ins0.dat", "maud.dat")
    takes = frozenset({"range and counts"})


class TestText(OurReader):
    reader = TextReader
    names = ("a.xy", "a.csv", "q.csv", "rruff.txt", "a.chi", "a.int")
    takes = frozenset(
        {"prose", "two columns", "two columns with a header", "comma separated", "UTF-16", "JSON",
         "range and counts"}
    )  # fmt: skip


def test_every_reader_of_ours_is_tested() -> None:
    tested = {
        case.reader
        for case in globals().values()
        if isinstance(case, type) and issubclass(case, OurReader) and hasattr(case, "reader")
    }
    assert tested == {type(reader) for reader in (*registry.MARKED, *registry.UNMARKED)}

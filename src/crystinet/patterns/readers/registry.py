"""Which formats are read, and in which order their readers are asked.

The first reader that accepts a file reads it. Asked are

1. our own readers of formats with a mark of their own: first bytes, an opening keyword, the name of
   the outermost element. First, so that no installed package changes how such a file is read;
2. readers of other packages (`plug_ins`), in the alphabetical order of their entry points;
3. our own readers of text without a mark, the least specific last. They take whatever looks like a
   table of numbers, so every text format of another package has to come before them.

A mark may be that of a container - ZIP, HDF5 - that other formats use too. A file that a reader of
the first kind cannot make sense of is therefore offered to the readers of other packages.
"""

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

#: Asked before the readers of other packages.
MARKED: tuple[PatternReader, ...] = (
    BrukerRawReader(),
    StoeRawReader(),
    ZippedReader(),
    NexusReader(),
    XrdmlReader(),
    RasReader(),
    RigakuAsciiReader(),
    JadeMdiReader(),
    JcampReader(),
    UxdReader(),
    UdfReader(),
    CpiReader(),
    XydataReader(),
    PdcifReader(),
    GsasReader(),
    JsonReader(),
)

#: Asked after them.
UNMARKED: tuple[PatternReader, ...] = (SteppedReader(), TextReader())

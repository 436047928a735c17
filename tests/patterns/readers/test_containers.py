"""ZIP archives and XML that were made to do harm, or hold something else."""

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crystinet.core.errors import UnreadableFileError
from crystinet.patterns import read_pattern
from crystinet.patterns.readers.parts.archive import MAX_MEMBER_BYTES, open_archive
from crystinet.patterns.readers.parts.xml import MAX_XML_BYTES, parse_xml

Save = Callable[[bytes, str], Path]


def zipped(name: str, content: bytes, *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as opened:
        opened.writestr(name, content)
    return stream.getvalue()


def test_a_member_may_not_inflate_without_limit(save: Save) -> None:
    bomb = zipped("Experiment0/RawData0.xml", bytes(MAX_MEMBER_BYTES + 10))
    assert len(bomb) < 100_000
    with pytest.raises(UnreadableFileError, match="inflates to more than 64 MB"):
        read_pattern(save(bomb, "a.brml"))


def test_members_may_not_inflate_without_limit_together() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as opened:
        for number in range(3):
            opened.writestr(f"Experiment0/RawData{number}.xml", bytes(45 * 2**20))
    with pytest.raises(UnreadableFileError, match="3 files, with 135 MB of XML"):
        open_archive(stream.getvalue(), name="a.zip")


def test_a_size_that_is_a_lie_does_not_matter() -> None:
    data = bytearray(zipped("a.dat", b"x" * 1000))
    directory = data.index(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = (2**32 - 2).to_bytes(4, "little")
    assert open_archive(bytes(data), name="a.zip").read("a.dat") == b"x" * 1000


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_whose_output_cannot_be_limited_are_refused(method: int) -> None:
    archive = open_archive(zipped("a.txt", b"x" * 1000, method=method), name="a.zip")
    with pytest.raises(UnreadableFileError, match="an unusual method"):
        archive.read("a.txt")


def test_an_archive_with_too_many_members() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as opened:
        for number in range(10_001):
            opened.writestr(str(number), b"")
    with pytest.raises(UnreadableFileError, match="a ZIP archive of 10001 files"):
        open_archive(stream.getvalue(), name="a.zip")


def test_an_archive_of_another_kind_is_named_by_its_members(
    instrument_files: Any, save: Save
) -> None:
    book = instrument_files.archive({"[Content_Types].xml": "", "xl/workbook.xml": ""})
    with pytest.raises(
        UnreadableFileError, match=r"a ZIP archive with .*xl/workbook\.xml"
    ) as caught:
        read_pattern(save(book, "a.xlsx"))
    assert "Bruker BRML, Rigaku RASX and Excel workbooks" in caught.value.hint


ENTITIES = '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><r>&b;</r>'


@pytest.mark.parametrize(
    "document",
    [
        ENTITIES.encode(),
        ENTITIES.encode("utf-16"),
        b"<?xml version='1.0'?>\n<!doctype r SYSTEM 'file:///etc/passwd'><r/>",
        b"<!DOCTYPE r><r/>",
    ],
)
def test_document_types_and_their_entities_are_refused(document: bytes) -> None:
    with pytest.raises(UnreadableFileError, match="a document type declaration"):
        parse_xml(document, what="a.xml")


def test_codes_that_could_hide_a_declaration_are_read_as_text() -> None:
    head = b'<?xml version="1.0" encoding="cp037"?>'
    with pytest.raises(UnreadableFileError, match="not well-formed XML"):
        parse_xml(head + ENTITIES.encode("cp037"), what="a.xml")


@pytest.mark.parametrize(
    "make",
    [
        lambda: b"<r>" + b" " * MAX_XML_BYTES + b"</r>",
        lambda: b"<r>" + b"<a/>" * 1_000_001 + b"</r>",
        lambda: b"<r " + b"a='' " * 500_001 + b"/>",
    ],
    ids=["text", "elements", "attributes"],
)
def test_documents_of_many_megabytes_are_refused(make: Callable[[], bytes]) -> None:
    with pytest.raises(UnreadableFileError, match=r"too much|too many attributes"):
        parse_xml(make(), what="a.xml")


def test_deep_documents_do_not_exhaust_the_stack() -> None:
    depth = 100_000
    root = parse_xml(b"<a>" * depth + b"</a>" * depth, what="a.xml")
    assert sum(1 for _ in root.iter()) == depth


def test_elements_lose_their_namespace() -> None:
    root = parse_xml(b"<x:r xmlns:x='http://somewhere'><x:a>1</x:a></x:r>", what="a.xml")
    assert (root.tag, root[0].tag) == ("r", "a")


TABLE = "".join(f"{10 + 0.05 * i:.2f} {100 + i % 7 * 50}\n" for i in range(400)).encode()


def test_one_layer_of_gzip_is_taken_off(save: Save) -> None:
    assert len(read_pattern(save(gzip.compress(TABLE), "a.xy.gz")).intensity) == 400


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (gzip.compress(gzip.compress(TABLE)), "a.xy.gz", "compressed by gzip twice"),
        (zipped("a.xy", TABLE), "a.zip", "a ZIP archive with a.xy"),
        (zipped("a.xy.gz", gzip.compress(TABLE)), "a.zip", "a ZIP archive with a.xy.gz"),
        (zipped("in.zip", zipped("a.xy", TABLE)), "a.zip", "a ZIP archive with in.zip"),
        (gzip.compress(zipped("a.xy", TABLE)), "a.zip.gz", "a ZIP archive with a.xy"),
        (zipped("in.brml", zipped("a.xy", TABLE)), "a.brml", "in.brml"),
    ],
    # Archives hold the time, and every process that runs tests must collect the same names.
    ids=["gzip twice", "zip", "gzip in zip", "zip in zip", "zip in gzip", "zip in brml"],
)
def test_nothing_is_unpacked_twice(save: Save, content: bytes, name: str, told: str) -> None:
    with pytest.raises(UnreadableFileError, match=told):
        read_pattern(save(content, name))


def test_a_name_that_repeats_is_refused(save: Save) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as opened:
        opened.writestr("Experiment0/RawData0.xml", b"<a/>")
        with pytest.warns(UserWarning, match="Duplicate"):
            opened.writestr("Experiment0/RawData0.xml", b"<b/>")
    with pytest.raises(UnreadableFileError, match=r"RawData0\.xml more than once"):
        read_pattern(save(stream.getvalue(), "a.brml"))

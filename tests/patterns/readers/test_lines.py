import pytest

from crystinet.core.errors import UnreadableFileError
from crystinet.patterns.readers.parts.lines import looks_like_text, open_text, text_lines

TEXT = "# Grünes λ\n10.0 5\n10.1 6\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_read_whole(encoding: str) -> None:
    data = TEXT.encode(encoding)
    assert looks_like_text(data)
    assert "".join(open_text(data)) == TEXT


def test_other_8_bit_codes_keep_the_numbers() -> None:
    data = "# Grün\n10.0 5\n".encode("latin-1")
    assert list(open_text(data)) == ["# Grün\n", "10.0 5\n"]
    shift_jis = "# 日本\n10.0 5\n".encode("shift-jis")
    assert looks_like_text(shift_jis)
    assert list(open_text(shift_jis))[-1] == "10.0 5\n"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_all_line_ends_are_the_same(end: str) -> None:
    assert list(open_text(end.join(["10.0 5", "10.1 6"]).encode())) == ["10.0 5\n", "10.1 6"]


@pytest.mark.parametrize("data", [b"", b" \n", b"RAW\x00\x01", bytes(range(256))])
def test_binary_and_empty_data_is_no_text(data: bytes) -> None:
    assert not looks_like_text(data)


def test_lines_and_their_number_are_limited() -> None:
    assert list(text_lines(b"a\r\nb\rc")) == ["a\n", "b\n", "c"]
    with pytest.raises(UnreadableFileError, match="Line 2 has more than 1000000 characters"):
        list(text_lines(b"a\n" + b"1" * 1_000_001))
    with pytest.raises(UnreadableFileError, match="more than 2000000 lines"):
        list(text_lines(b"\n" * 2_000_001))

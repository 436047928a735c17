import pytest

from crystinet.patterns.readers.lines import looks_like_text, open_text

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

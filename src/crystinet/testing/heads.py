"""Beginnings of files that a reader of one format must leave to others."""

from collections.abc import Mapping
from types import MappingProxyType

_ROWS = "".join(f"{10.0 + 0.02 * i:.2f} {100 + i % 7}\n" for i in range(200))

#: By what they are.
HEADS: Mapping[str, bytes] = MappingProxyType(
    {
        "nothing": b"",
        "zeros": bytes(4096),
        "all bytes": bytes(range(256)) * 16,
        "blanks": b" \r\n\t\n" * 50,
        "prose": b"The quick brown fox jumps over the lazy dog.\n" * 20,
        "picture": b"\x89PNG\r\n\x1a\n" + bytes(200),
        "PDF document": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        "Office document": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(200),
        "web page": b"<!DOCTYPE html>\n<html><body>10.0 153</body></html>\n",
        "XML": b"<?xml version='1.0' encoding='UTF-8'?>\n<measurement><point/></measurement>\n",
        "JSON": b'{"two_theta": [10.0, 10.02], "intensity": [153, 150]}\n',
        "ZIP archive": b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + bytes(200),
        "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(200),
        "RAW of an unknown version": b"RAW9.00\x00" + bytes(500),
        "crystal structure (CIF)": b"data_a\n_cell_length_a 4.91\nloop_\n_atom_site_label\nO\n",
        "two columns": _ROWS.encode(),
        "two columns with a header": b"# 2theta intensity\n" + _ROWS.encode(),
        "comma separated": b"2theta,intensity\n" + _ROWS.replace(" ", ",").encode(),
        "UTF-16": _ROWS.encode("utf-16"),
        "range and counts": b"10.0 0.02 13.98 title\n" + b"".join(
            f"{100 + i % 7:8d}".encode() + b"\n" * (i % 10 == 9) for i in range(200)
        ),
    }
)  # fmt: skip

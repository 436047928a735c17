"""Damaged copies of files, as broken copies, faulty disks and careless editors leave them."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator

import numpy as np

Mutation = Callable[[bytes, np.random.Generator], bytes]

_NUMBER = re.compile(rb"[-+]?\d+(\.\d+)?")
_WORDS = (
    b"nan", b"inf", b"-inf", b"-1", b"0", b"1e999", b"1e300", b"1e-300", b"9" * 400, b"99999999999",
    b"4294967295", b"-2147483648", b"?", b"1_0", b"x", b"", b"1e", b"--5", b"0x10", b"1.5.5", b"'",
    b";", b"\0",
)  # fmt: skip
_SUFFIXES = (b"e5", b"e-5", b"e95", b"E+308", b"d3", b"-", b"%")
_FIELDS = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\xc0\x7f", b"\0\0\0\x80")
_PIECES = (b"lambda ", b"5 ", b"wavelength k", b"1.0,", b"\0", b"energy ", b"'")
# Where headers are.
_HEADER = 1200
_FIRST_NUMBERS = 12
# Of a larger file, numbers are looked for in the first part only.
_LARGE = 1_000_000


def damaged_copies(data: bytes, *, count: int, seed: int) -> Iterator[bytes]:
    """Yield damaged copies of a file, the same for the same seed.

    In an archive, every other copy is a good archive with a damaged member.

    Parameters
    ----------
    data
        A good file, not empty.
    count, seed
        How many copies, and what they are drawn with.
    """
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield _damaged(data, rng)


def _damaged(data: bytes, rng: np.random.Generator) -> bytes:
    if data.startswith(b"PK") and rng.random() < 0.5:
        return _with_damaged_member(data, rng)
    copy = _one_of(MUTATIONS, rng)(data, rng)
    return _one_of(MUTATIONS, rng)(copy or data, rng) if rng.random() < 0.2 else copy


def _with_damaged_member(data: bytes, rng: np.random.Generator) -> bytes:
    mutate, stream = _one_of(MUTATIONS, rng), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as good, zipfile.ZipFile(stream, "w") as bad:
        names = good.namelist()
        victim = names[rng.integers(len(names))]
        for name in names:
            content = good.read(name)
            bad.writestr(name, mutate(content, rng) if name == victim and content else content)
    return stream.getvalue()


def _one_of(choices: tuple[Mutation, ...], rng: np.random.Generator) -> Mutation:
    return choices[rng.integers(len(choices))]


def cut(data: bytes, rng: np.random.Generator) -> bytes:
    """End too early."""
    return data[: int(rng.integers(0, len(data)))]


def flip(data: bytes, rng: np.random.Generator) -> bytes:
    """Some bits anywhere."""
    changed = bytearray(data)
    for at in rng.integers(0, len(data), rng.integers(1, 12)):
        changed[at] ^= 1 << int(rng.integers(0, 8))
    return bytes(changed)


def flip_header(data: bytes, rng: np.random.Generator) -> bytes:
    """Some bits near the beginning."""
    return flip(data[:_HEADER], rng) + data[_HEADER:]


def overwrite(data: bytes, rng: np.random.Generator) -> bytes:
    """A binary field of the header with an extreme value."""
    at = int(rng.integers(0, min(len(data), _HEADER)))
    field = _FIELDS[rng.integers(len(_FIELDS))] * int(rng.integers(1, 3))
    return data[:at] + field + data[at + len(field) :]


def remove(data: bytes, rng: np.random.Generator) -> bytes:
    """A piece is missing."""
    start, stop = sorted(rng.integers(0, len(data), 2).tolist())
    return data[:start] + data[stop:]


def repeat(data: bytes, rng: np.random.Generator) -> bytes:
    """A piece is there many times."""
    start = int(rng.integers(0, len(data)))
    stop = start + int(rng.integers(1, 2000))
    return data[:stop] + data[start:stop] * int(rng.integers(1, 20)) + data[stop:]


def change_number(data: bytes, rng: np.random.Generator) -> bytes:
    """A word where a number was; every other time among the first, which belong to the header."""
    found = list(_NUMBER.finditer(data[:_LARGE]))
    if not found:
        return flip(data, rng)
    most = min(len(found), _FIRST_NUMBERS) if rng.random() < 0.5 else len(found)
    number = found[rng.integers(most)]
    return data[: number.start()] + _WORDS[rng.integers(len(_WORDS))] + data[number.end() :]


def change_size(data: bytes, rng: np.random.Generator) -> bytes:
    """Another sign or exponent for a number."""
    found = list(_NUMBER.finditer(data[:_LARGE]))
    if not found:
        return flip(data, rng)
    number = found[rng.integers(len(found))]
    changed = b"-" * int(rng.integers(2)) + number[0] + _SUFFIXES[rng.integers(len(_SUFFIXES))]
    return data[: number.start()] + changed + data[number.end() :]


def join_lines(data: bytes, rng: np.random.Generator) -> bytes:
    """Other separators from some line on."""
    lines = data.split(b"\n")
    at = int(rng.integers(0, len(lines)))
    return b"\n".join(lines[:at]) + (b" ", b"", b"\0", b"\n\n\n")[rng.integers(4)].join(lines[at:])


def move_lines(data: bytes, rng: np.random.Generator) -> bytes:
    """Lines are missing, or there several times."""
    lines = data.split(b"\n")
    first, last = sorted(rng.integers(0, len(lines), 2).tolist())
    if rng.random() < 0.5:
        return b"\n".join(lines[:first] + lines[last:])
    return b"\n".join(lines[:last] + lines[first:last] * int(rng.integers(1, 5)) + lines[last:])


def lengthen_a_line(data: bytes, rng: np.random.Generator) -> bytes:
    """A line of up to 300 kB."""
    at = int(rng.integers(0, len(data) + 1))
    piece = _PIECES[rng.integers(len(_PIECES))]
    return data[:at] + piece * int(rng.integers(100, 30_000)) + data[at:]


MUTATIONS: tuple[Mutation, ...] = (
    cut,
    flip,
    flip_header,
    overwrite,
    remove,
    repeat,
    change_number,
    change_number,
    change_size,
    join_lines,
    move_lines,
    lengthen_a_line,
)

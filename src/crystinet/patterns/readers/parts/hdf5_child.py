"""Program that lists the content of an HDF5 file, run in a process of its own by `nexus`.

The HDF5 library may loop for ever or crash on a damaged file, and cannot be interrupted: the
process can. It takes the file on standard input, and writes one line of JSON and then the numbers
to standard output. It imports nothing of crystinet, to start fast.
"""

import io
import json
import sys
from typing import Any

# Larger arrays are images, and deeper or larger trees are damaged or malicious.
MOST_VALUES, MOST_NODES, DEEPEST = 2_000_000, 1000, 12
# Numbers of all arrays together, so that the answer stays small too.
MOST_NUMBERS = 8_000_000
SECONDS, BYTES = 3, 900 * 2**20
# What h5py raises for damaged files.
DAMAGES = (OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError, OverflowError)


def main() -> None:
    """Answer with {"nodes": [...]} and the numbers, or with {"error": text}."""
    limit_resources()
    try:
        nodes, arrays = content_of(sys.stdin.buffer.read())
    except DAMAGES as error:
        nodes, arrays = [], []
        answer: dict[str, Any] = {"error": f"{error}"[:300]}
    else:
        answer = {"nodes": nodes}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + b"".join(arrays))


def limit_resources() -> None:
    """Let the system end this process when it takes too much."""
    try:
        import resource
    except ImportError:  # Windows: the parent's clock is the only limit
        return
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_DATA, (BYTES, BYTES))


def content_of(data: bytes) -> tuple[list[dict[str, Any]], list[bytes]]:
    """Groups and data sets of a file, parents first, and the numbers of the latter in order.

    A group that several links lead to is taken once, so links that go in circles end.
    """
    import h5py

    nodes: list[dict[str, Any]] = []
    arrays: list[bytes] = []
    numbers = 0
    with h5py.File(io.BytesIO(data), "r") as file:
        pending = [(file, "", 0)]
        groups = {address(file)}
        while pending:
            parent, path, depth = pending.pop()
            for name in parent:
                if isinstance(parent.get(name, getlink=True), h5py.ExternalLink):
                    continue
                item = parent.get(name)
                if item is None:  # a link that leads nowhere
                    continue
                if isinstance(item, h5py.Group):
                    if address(item) in groups:
                        continue
                    groups.add(address(item))
                if len(nodes) == MOST_NODES:
                    raise ValueError(f"more than {MOST_NODES} groups and data sets")
                node, values = described(item, f"{path}/{name}")
                numbers += len(values) // 8
                if numbers > MOST_NUMBERS:
                    raise ValueError(f"more than {MOST_NUMBERS} numbers")
                nodes.append(node)
                arrays.append(values)
                if node["shape"] is None and depth < DEEPEST:
                    pending.append((item, node["path"], depth + 1))
    return nodes, arrays


def address(group: Any) -> tuple[int, int]:
    """What tells a group from every other, whatever the link that leads to it."""
    import h5py

    info = h5py.h5o.get_info(group.id)
    return info.fileno, info.addr


def described(item: Any, path: str) -> tuple[dict[str, Any], bytes]:
    """What an item is: path, attributes, shape (None for a group), text; and its numbers."""
    import numpy as np

    node: dict[str, Any] = {
        "path": path,
        "attributes": {key: [text(v) for v in np.ravel(value)] for key, value in items(item)},
        "shape": list(item.shape) if hasattr(item, "shape") and item.shape is not None else None,
        "text": "",
        "n": 0,
    }
    if node["shape"] is None:
        return node, b""
    if item.is_virtual or item.external:
        node["unread"] = "keeps its values in another file"
    elif item.size > MOST_VALUES:
        node["unread"] = f"holds {item.size} values"
    elif item.dtype.kind in "iuf" and is_profile(item.shape):
        values = np.asarray(item[()], dtype="<f8").ravel()
        node["n"] = len(values)
        return node, values.tobytes()
    elif item.size == 1 and item.dtype.kind in "OS":
        node["text"] = text(np.ravel(item[()])[0])
    return node, b""


def items(item: Any) -> list[tuple[str, Any]]:
    """Attributes of NeXus that matter; others may hold anything."""
    known = ("NX_class", "signal", "axes", "units", "default")
    return [(key, item.attrs[key]) for key in known if key in item.attrs]


def is_profile(shape: tuple[int, ...]) -> bool:
    """Whether an array is a number or a list of numbers, whatever its dimensions."""
    return sum(n > 1 for n in shape) <= 1


def text(value: Any) -> str:
    """Text of an attribute or a string."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


if __name__ == "__main__":
    main()

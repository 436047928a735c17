"""No file imports itself by way of others: not at its top, not in a function, not for types."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in SOURCE.rglob("*.py")}


def imports_of(text: str, modules: set[str]) -> Iterator[str]:
    """Modules that a file names in an import: at its top, in a function, or for types alone."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module in modules and not node.level:
            for alias in node.names:
                below = f"{node.module}.{alias.name}"
                yield below if below in modules else node.module


def circle_among(graph: dict[str, set[str]]) -> list[str]:
    """The files of one circle; none where there is no circle."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle
    return []


def test_no_circle_of_files() -> None:
    modules = set(FILES)
    graph = {
        name: set(imports_of(path.read_text("utf-8"), modules)) - {name}
        for name, path in FILES.items()
    }
    assert sum(map(len, graph.values())) > 1_000  # the files were read
    assert circle_among(graph) == []


def test_a_circle_for_types_alone_is_found() -> None:
    texts = {
        "a": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from b import B",
        "b": "def lazily():\n    import c",
        "c": "from a import A",
    }
    graph = {name: set(imports_of(text, set(texts))) for name, text in texts.items()}
    assert set(circle_among(graph)) == {"a", "b", "c"}

"""What import-linter cannot say: no circle of files, and no extra is loaded before its use."""

import ast
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
#: Rows that may be imported with nothing but the dependencies of the base installation, and what
#: the extras bring.
LIGHT_ROWS = (
    "core", "work", "patterns", "crystals", "simulation", "lines", "corpus", "model", "fit", "app",
    "cli",
)  # fmt: skip
OF_EXTRAS = (
    "torch", "numba", "onnx", "pyarrow", "sklearn", "umap", "tensorboard", "matplotlib", "jinja2",
    "h5py", "distributed", "dask", "rietx", "fastapi", "starlette", "uvicorn", "httpx",
    "prometheus_client", "mcp",
)  # fmt: skip


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in SOURCE.rglob("*.py")}
#: Rows that need extras.
HEAVY_ROWS = ("training", "evaluation", "report")


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


def test_the_contract_of_daily_use_names_every_use_case_that_needs_no_extra() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (daily,) = (
        contract
        for contract in project["tool"]["importlinter"]["contracts"]
        if contract["name"].startswith("Daily use")
    )
    named = set(daily["source_modules"])
    unnamed = {name for name in FILES if name.startswith("crystinet.app.")} - named
    for name in unnamed:
        imports = imports_of(FILES[name].read_text("utf-8"), set(FILES))
        rows = {module.split(".")[1] for module in imports}
        assert rows & set(HEAVY_ROWS), f"{name} belongs into the contract {daily['name']!r}"
    rows = {name.split(".")[1] for name in named}
    assert rows == set(LIGHT_ROWS) - {"cli"}


def private_imports(text: str) -> list[str]:
    """Names with an underscore that a file takes from another file of ours."""
    return [
        alias.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("crystinet")
        for alias in node.names
        if alias.name.startswith("_") and not alias.name.startswith("__")
    ]


def test_no_file_takes_a_private_name_of_another() -> None:
    folders = ("src", "tests", "benchmarks", "tools", "docs")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 400
    found = {path: private_imports(path.read_text("utf-8")) for path in files}
    assert {path: names for path, names in found.items() if names} == {}
    assert private_imports("from crystinet.a import _b, c") == ["_b"]


def loaded_after(code: str, *, names: tuple[str, ...]) -> list[str]:
    """Which of some libraries a new process has loaded after some work."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"{code}\nimport sys\n"
            f"print('loaded:', *[name for name in {names!r} if name in sys.modules])",
        ],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )
    return done.stdout.splitlines()[-1].split()[1:]


def test_no_extra_is_needed_to_import_what_is_below_and_above_training() -> None:
    """So what app imports of training, evaluation and report is imported inside functions."""
    modules = [name for name in FILES if name.split(".")[1:2] and name.split(".")[1] in LIGHT_ROWS]
    code = f"import importlib\nfor name in {modules!r}:\n    importlib.import_module(name)"
    assert len(modules) > 150
    assert loaded_after(code, names=OF_EXTRAS) == []
    assert loaded_after("import h5py", names=OF_EXTRAS) == ["h5py"]  # an extra would be seen


def test_daily_use_loads_no_extra(tmp_path: Path, halite: str) -> None:
    cif, pattern = tmp_path / "salt.cif", tmp_path / "salt.xy"
    cif.write_text(halite)
    commands = (
        ("simulate", cif, "-o", pattern),
        ("identify", pattern, "--json", "--nearest", 1, "--lattice"),
        ("explain", pattern, "--json"),
        ("assign", cif),
        ("types",),
    )
    code = (
        "from crystinet.cli import app\n"
        "from typer.testing import CliRunner\n"
        f"for words in {[[str(word) for word in words] for words in commands]!r}:\n"
        "    result = CliRunner().invoke(app, words)\n"
        "    assert result.exit_code == 0, result.output\n"
    )
    assert loaded_after(code, names=OF_EXTRAS) == []
